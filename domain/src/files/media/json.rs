//! Chat scripts and session metadata: they must be JSON; of the metadata, when the session began and ended.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};

use chrono::{DateTime, TimeZone as _, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Broken, Facts, Source};

/// A chat of a hundred thousand messages has about 30 MB.
const LIMIT: u64 = 64 << 20;

/// What some system may have written about a session. Everything else in the file is passed over.
#[derive(Deserialize)]
struct Metadata {
    started_at: Option<Value>,
    ended_at: Option<Value>,
    /// EnableX and its white labels.
    trans_date: Option<Value>,
}

pub(super) fn read(source: Source<'_>) -> Result<Facts, Broken> {
    if source.size > LIMIT {
        return Err(Broken(format!(
            "{} bytes are more than a chat or metadata file can have",
            source.size
        )));
    }
    parse::<IgnoredAny>(source.file).map_err(|error| Broken(error.to_string()))?;
    // Any JSON is fine: what is no object, or says times in a way of its own, says nothing to us.
    let Ok(metadata) = parse::<Metadata>(source.file) else {
        return Ok(Facts::default());
    };
    let started_at = [&metadata.started_at, &metadata.trans_date]
        .into_iter()
        .flatten()
        .find_map(time);
    let ended_at = metadata.ended_at.as_ref().and_then(time);
    Ok(Facts {
        started_at,
        ended_at: ended_at.filter(|&end| started_at.is_none_or(|start| start <= end)),
        ..Facts::default()
    })
}

fn parse<T: serde::de::DeserializeOwned>(mut file: &File) -> Result<T, serde_json::Error> {
    file.rewind().map_err(serde_json::Error::io)?;
    serde_json::from_reader(BufReader::new(file.take(LIMIT)))
}

/// RFC 3339, or seconds or milliseconds since 1970 as a number or a string of digits (compat.md 1.7 and 7.3).
fn time(value: &Value) -> Option<DateTime<Utc>> {
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

/// Not before computers kept time, not beyond what the database and the screens show.
fn is_sensible(time: &DateTime<Utc>) -> bool {
    (0..7_258_118_400).contains(&time.timestamp())
}
