//! Days as foreign APIs write them in addresses: `2026-03-04`, in UTC.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// The first moment of a day, if this is exactly one.
pub(super) fn start(text: &str) -> Option<DateTime<Utc>> {
    day(text).map(first_moment)
}

/// The first moment after a day, so that the day itself is within.
pub(super) fn end(text: &str) -> Option<DateTime<Utc>> {
    Some(first_moment(day(text)?.checked_add_days(Days::new(1))?))
}

fn first_moment(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn day(text: &str) -> Option<NaiveDate> {
    // chrono also reads signs, blanks and shorter numbers.
    let is_form = text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_form
        .then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_exactly_ten_characters_of_the_calendar() {
        assert_eq!(
            start("2026-03-04").unwrap().to_rfc3339(),
            "2026-03-04T00:00:00+00:00"
        );
        assert_eq!(
            end("2026-12-31").unwrap().to_rfc3339(),
            "2027-01-01T00:00:00+00:00"
        );
        assert!(start("2024-02-29").is_some());
        for wrong in [
            "",
            "2026-3-4",
            "2026-02-29",
            "2026-13-01",
            "04-03-2026",
            "2026/03/04",
            "+026-03-04",
            "2026-03-04T00:00:00Z",
            "2026-03-0\u{664}",
            " 026-03-04",
            "20260304",
        ] {
            assert_eq!((start(wrong), end(wrong)), (None, None), "{wrong}");
        }
    }
}
