//! What values of parameters say: booleans, numbers, lists, moments. Pure.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone as _, Timelike as _, Utc};
use chrono_tz::Tz;

use super::errors::{Code, Refused};
use super::parameters::Parameters;

/// How moments are written, both ways.
pub(super) const TIMESTAMP: &str = "%Y-%m-%d %H:%M:%S";

/// Ids in one list at most, as the hosted service has it.
const MAX_IDS: usize = 1000;

impl Parameters {
    /// `true`, `false`, `1` or `0`, in any case.
    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, Refused> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            _ => Err(Refused::parameter(name, "must be true or false.")),
        }
    }

    /// An id.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Refused> {
        let read = |text| id(text).ok_or_else(|| Refused::parameter(name, "must be a number."));
        self.text(name).map(read).transpose()
    }

    /// A number that is not above a limit.
    pub(super) fn number_up_to(&self, name: &str, most: u32) -> Result<Option<u32>, Refused> {
        let Some(number) = self.number(name)? else {
            return Ok(None);
        };
        match u32::try_from(number) {
            Ok(number) if number <= most => Ok(Some(number)),
            _ => Err(Refused::parameter(name, &format!("is {most} at most."))),
        }
    }

    /// Texts with semicolons between them. Empty if there is no such parameter.
    pub(super) fn list(&self, name: &str) -> Result<Vec<&str>, Refused> {
        let parts = self.text(name).unwrap_or_default().split(';');
        let found: Vec<&str> = parts
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        if found.len() > MAX_IDS {
            return Err(Refused::parameter(name, "holds 1000 values at most."));
        }
        if found.is_empty() && self.text(name).is_some() {
            return Err(Refused::parameter(name, "holds no value."));
        }
        Ok(found)
    }

    /// Ids with semicolons between them.
    pub(super) fn numbers(&self, name: &str) -> Result<Vec<i64>, Refused> {
        let ids = self.list(name)?.into_iter().map(id);
        ids.collect::<Option<_>>().ok_or_else(|| {
            Refused::parameter(name, "must be numbers with semicolons between them.")
        })
    }

    /// The zone that moments of the request and the answer are in: UTC unless another one is named.
    pub(super) fn zone(&self) -> Result<Tz, Refused> {
        match self.text("timezone") {
            // The account of a vault has no place of its own.
            None | Some("auto") => Ok(Tz::UTC),
            Some(name) => name.parse().map_err(|_| {
                Refused::parameter(
                    "timezone",
                    "must be a name of the IANA database, such as Europe/Berlin.",
                )
            }),
        }
    }

    /// `YYYY-MM-DD HH:MM:SS` in the zone. What the clocks passed twice is the first time; what they left out begins when
    /// they went on.
    pub(super) fn moment(&self, name: &str, zone: Tz) -> Result<Option<DateTime<Utc>>, Refused> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        local(text, zone).map(Some).ok_or_else(|| {
            Refused::new(
                Code::DateFormat,
                format!("'{name}' must be written YYYY-MM-DD HH:MM:SS."),
            )
        })
    }
}

fn id(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn local(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    // chrono also reads signs, blanks and shorter numbers.
    let is_form = text.len() == 19
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            10 => byte == b' ',
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
    if !is_form {
        return None;
    }
    let moment = NaiveDateTime::parse_from_str(text, TIMESTAMP).ok()?;
    let found = match zone.from_local_datetime(&moment) {
        LocalResult::Single(found) | LocalResult::Ambiguous(found, _) => Some(found),
        LocalResult::None => went_on(&moment, zone),
    };
    Some(found?.with_timezone(&Utc))
}

/// When the clocks went on that left out this moment: a minute after the last one that they showed. Some zones have left
/// out a whole day.
fn went_on(moment: &NaiveDateTime, zone: Tz) -> Option<DateTime<Tz>> {
    const MINUTES: i64 = 25 * 60;
    let minute = moment.with_second(0)?;
    (1..=MINUTES)
        .find_map(|back| {
            let before = minute.checked_sub_signed(TimeDelta::minutes(back))?;
            zone.from_local_datetime(&before).latest()
        })
        .map(|last| last + TimeDelta::minutes(1))
}

/// A moment as answers have it.
pub(super) fn written(moment: DateTime<Utc>, zone: Tz) -> String {
    moment.with_timezone(&zone).format(TIMESTAMP).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_of_every_client_are_read() {
        for (text, expected) in [
            ("true", true),
            ("True", true),
            ("TRUE", true),
            ("1", true),
            ("false", false),
            ("False", false),
            ("0", false),
        ] {
            let parameters = Parameters::given(&[("x", text)]);
            assert_eq!(parameters.boolean("x").unwrap(), Some(expected), "{text}");
        }
        assert_eq!(Parameters::default().boolean("x").unwrap(), None);
        for wrong in ["yes", "2", "tru", " true", "on"] {
            let refused = Parameters::given(&[("x", wrong)]).boolean("x");
            assert_eq!(
                refused.unwrap_err().code(),
                Code::InvalidArguments,
                "{wrong}"
            );
        }
    }

    #[test]
    fn numbers_and_lists_are_exactly_that() {
        let read = |text| Parameters::given(&[("x", text)]).numbers("x").ok();
        assert_eq!(read("1"), Some(vec![1]));
        assert_eq!(read("1;2; 3;"), Some(vec![1, 2, 3]));
        assert_eq!(Parameters::default().numbers("x").unwrap(), [0; 0]);
        for wrong in [
            "-1",
            "+1",
            "1,2",
            "all",
            ";",
            "9223372036854775808",
            "\u{664}",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        let long = vec!["1"; 1001].join(";");
        assert_eq!(read(&long), None);
        let up_to = |text| {
            Parameters::given(&[("x", text)])
                .number_up_to("x", 1000)
                .ok()
                .flatten()
        };
        assert_eq!((up_to("1000"), up_to("1001")), (Some(1000), None));
    }

    #[test]
    fn moments_are_of_the_zone() {
        let read = |text: &str, zone: &str| {
            let parameters = Parameters::given(&[("x", text), ("timezone", zone)]);
            let moment = parameters.moment("x", parameters.zone().unwrap());
            moment
                .map_err(|refused| refused.code())
                .map(|moment| moment.map_or_else(String::new, |moment| written(moment, Tz::UTC)))
        };
        let at = |text: &str| Ok(text.to_owned());
        assert_eq!(read("2026-03-04 05:06:07", ""), at("2026-03-04 05:06:07"));
        assert_eq!(
            read("2026-03-04 05:06:07", "auto"),
            at("2026-03-04 05:06:07")
        );
        assert_eq!(
            read("2026-07-04 05:06:07", "Europe/Berlin"),
            at("2026-07-04 03:06:07")
        );
        // Left out, and passed twice.
        assert_eq!(
            read("2026-03-29 02:30:00", "Europe/Berlin"),
            at("2026-03-29 01:00:00")
        );
        assert_eq!(
            read("2011-12-30 12:00:00", "Pacific/Apia"),
            at("2011-12-30 10:00:00")
        );
        assert_eq!(
            read("2026-10-25 02:30:00", "Europe/Berlin"),
            at("2026-10-25 00:30:00")
        );
        for wrong in [
            "2026-03-04",
            "2026-3-4 5:6:7",
            "2026-03-04T05:06:07",
            "2026-02-30 00:00:00",
            "2026-03-04 25:00:00",
            "2026-03-04 05:06:07Z",
            "+026-03-04 05:06:07",
        ] {
            assert_eq!(read(wrong, ""), Err(Code::DateFormat), "{wrong}");
        }
        let nowhere = Parameters::given(&[("timezone", "Mars/Base")]).zone();
        assert_eq!(nowhere.unwrap_err().code(), Code::InvalidArguments);
    }
}
