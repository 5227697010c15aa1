//! Chat scripts in plain text and captions: they must be UTF-8, and captions must be WebVTT.

use super::{Broken, Facts, Source};
use crate::sessions::script::is_webvtt;

/// Captions of a day of talking have about 4 MB.
const LIMIT: u64 = 64 << 20;
/// Bytes that are judged at a time.
const STEP: u64 = 1 << 20;

pub(super) fn read(source: Source<'_>) -> Result<Facts, Broken> {
    if source.size > LIMIT {
        return Err(Broken(format!(
            "{} bytes are more than a chat or captions file can have",
            source.size
        )));
    }
    let mut position = 0;
    while position < source.size {
        let bytes = source.up_to(position, STEP)?;
        let read = match std::str::from_utf8(&bytes) {
            Ok(_) => bytes.len(),
            // A character may lie across the step; at the end of the file it is a broken one.
            Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
                error.valid_up_to()
            }
            Err(_) => return Err(Broken("it is not UTF-8".to_owned())),
        };
        position += u64::try_from(read).unwrap_or(u64::MAX);
    }
    Ok(Facts::default())
}

pub(super) fn read_captions(source: Source<'_>) -> Result<Facts, Broken> {
    let beginning = source.up_to(0, 64)?;
    let beginning = beginning
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(&beginning);
    if !is_webvtt(&String::from_utf8_lossy(beginning)) {
        return Err(Broken("it does not begin with WEBVTT".to_owned()));
    }
    read(source)
}
