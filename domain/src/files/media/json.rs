//! Chat scripts and session metadata: they must be JSON; of the metadata, when the session began and ended.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Broken, Facts, Source};
use crate::sessions::script::clock;

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
        .find_map(clock);
    let ended_at = metadata.ended_at.as_ref().and_then(clock);
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
