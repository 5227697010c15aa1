//! The ways in which files write times: RFC 3339, seconds or milliseconds since 1970, `h:mm:ss` since the beginning.

use chrono::{DateTime, NaiveDateTime, TimeZone as _, Utc};
use serde_json::Value;

/// RFC 3339, or seconds or milliseconds since 1970 as a number or a string of digits (compat.md 1.7 and 7.3).
pub(crate) fn clock(value: &Value) -> Option<DateTime<Utc>> {
    let number = match value {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => match text.parse::<i64>() {
            Ok(number) => number,
            Err(_) => {
                return DateTime::parse_from_rfc3339(text)
                    .ok()
                    .map(|time| time.to_utc())
                    .filter(is_sensible);
            }
        },
        _ => return None,
    };
    // 10^11 seconds are the year 5138, 10^11 milliseconds 1973: there is no overlap that matters.
    let time = if number > 100_000_000_000 {
        Utc.timestamp_millis_opt(number)
    } else {
        Utc.timestamp_opt(number, 0)
    };
    time.single().filter(is_sensible)
}

/// A time of a line by the clock: as above, or a date and time that leaves its zone unsaid, which then is UTC. A small
/// number is no date but an offset.
pub(super) fn clock_time(value: &Value) -> Option<DateTime<Utc>> {
    let unzoned = || {
        let text = value.as_str()?;
        ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
            .into_iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .map(|time| time.and_utc())
            .filter(is_sensible)
    };
    clock(value)
        .filter(|time| time.timestamp() >= FIRST_DATE)
        .or_else(unzoned)
}

/// Numbers below count seconds of a recording, not of the clock: three years.
const FIRST_DATE: i64 = 100_000_000;

/// Milliseconds since the beginning, from seconds as a number, or from `12:34`, `1:02:03.450`, `00:12,5`.
pub(super) fn offset(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => seconds(number.as_f64()?),
        Value::String(text) => moment(text),
        _ => None,
    }
}

/// Milliseconds of a moment as people write it into an address: `83`, `83.5`, `1:23`, `1:02:03`.
pub fn moment(text: &str) -> Option<u64> {
    text.parse().map_or_else(|_| stamp(text), seconds)
}

/// Milliseconds of a number of seconds, if it is below [`FIRST_DATE`].
fn seconds(seconds: f64) -> Option<u64> {
    #[expect(clippy::cast_precision_loss, reason = "the bound is far below 2^52")]
    let is_offset = (0.0..FIRST_DATE as f64).contains(&seconds);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the bound, as just asked"
    )]
    is_offset.then(|| (seconds * 1000.0).round() as u64)
}

/// Milliseconds of `h:mm:ss.mmm`; hours and fractions may be missing, a comma may stand for the point.
pub(super) fn stamp(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let mut total: u64 = 0;
    let mut count = 0;
    for part in parts.by_ref().take(3) {
        let is_number = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let number: u64 = is_number.then(|| part.parse().ok())??;
        if count > 0 && number >= 60 {
            return None;
        }
        total = total * 60 + number;
        count += 1;
    }
    if count < 2 || parts.next().is_some() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let milliseconds = fraction.get(..fraction.len().min(3))?;
    let scale = [1000, 100, 10, 1][milliseconds.len()];
    Some(total * 1000 + milliseconds.parse::<u64>().unwrap_or(0) * scale)
}

/// Not before computers kept time, not beyond what the database and the screens show.
fn is_sensible(time: &DateTime<Utc>) -> bool {
    (0..7_258_118_400).contains(&time.timestamp())
}
