//! What a session file says of itself: duration and dimensions of media from its header, well-formedness of JSON and text.
//!
//! - Only headers are read, and never more of one than a fixed bound; the pictures and the sound themselves are skipped.
//! - The containers' outer structure is walked here; what is inside of a header is left to a library.
//! - Files are hostile input: whatever is wrong with one is a [`Broken`] with its reason, never a panic.

mod ebml;
mod fragments;
mod json;
mod matroska;
mod mp4;
mod tail;
mod text;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};

/// What a file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// Milliseconds. None for text, and for media that say nowhere how long they are.
    pub duration_ms: Option<u64>,
    /// Pixels, width and height of the first picture track; None for sound and text.
    pub dimensions: Option<(u32, u32)>,
    /// When the session began, as its metadata has it.
    pub started_at: Option<DateTime<Utc>>,
    /// When the session ended, as its metadata has it.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Why a file is not what its name says, in words for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Broken(String);

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self("it ends in the middle".to_owned()),
            _ => Self(error.to_string()),
        }
    }
}

/// Reads what a file of this content type (as `FileKind::classify` gives it) says of itself.
pub fn probe(file: &File, content_type: &str) -> Result<Facts, Broken> {
    let size = file.metadata()?.len();
    if size == 0 {
        return Err(Broken("it is empty".to_owned()));
    }
    let source = Source { file, size };
    let (format, read): (&str, Reader) = match content_type {
        "video/mp4" => ("MP4", mp4::read),
        "video/quicktime" => ("MOV", mp4::read),
        "video/x-matroska" => ("MKV", matroska::read),
        "video/webm" => ("WebM", matroska::read),
        "application/json" => ("JSON", json::read),
        "text/plain" => ("text", text::read),
        "text/vtt" => ("WebVTT", text::read_captions),
        other => {
            return Err(Broken(format!(
                "{other} is no content type of a session file"
            )));
        }
    };
    // SECURITY: the libraries are used to well-made files; a panic of theirs is one more kind of broken.
    catch_unwind(AssertUnwindSafe(|| read(source)))
        .unwrap_or_else(|_| Err(Broken("its header is nonsense".to_owned())))
        .map_err(|Broken(reason)| Broken(format!("not a readable {format}: {reason}")))
}

/// Reads the facts of one format.
type Reader = fn(Source<'_>) -> Result<Facts, Broken>;

/// A file that is read in pieces, at positions.
#[derive(Clone, Copy)]
struct Source<'a> {
    file: &'a File,
    /// Bytes.
    size: u64,
}

impl Source<'_> {
    /// These bytes exactly; refused when they are not all there or are more than `limit`.
    fn bytes(&self, position: u64, length: u64, limit: u64) -> Result<Vec<u8>, Broken> {
        if length > limit {
            return Err(Broken(format!(
                "a header of {length} bytes is more than any real file has"
            )));
        }
        if position
            .checked_add(length)
            .is_none_or(|end| end > self.size)
        {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let mut bytes =
            vec![0; usize::try_from(length).map_err(|_| Broken("it is too large".to_owned()))?];
        self.file.read_exact_at(&mut bytes, position)?;
        Ok(bytes)
    }

    /// Up to this many bytes, fewer at the end of the file.
    fn up_to(&self, position: u64, length: u64) -> Result<Vec<u8>, Broken> {
        self.bytes(
            position,
            length.min(self.size.saturating_sub(position)),
            length,
        )
    }
}

/// `units` of a second's `per_second`-th part in milliseconds, rounded. None when nothing sensible comes out.
fn milliseconds(units: u64, per_second: u64) -> Option<u64> {
    if per_second == 0 {
        return None;
    }
    let rounded = (u128::from(units) * 1000 + u128::from(per_second) / 2) / u128::from(per_second);
    // A century: beyond it there is only damage, and sums of it must fit a bigint.
    u64::try_from(rounded)
        .ok()
        .filter(|&ms| ms <= 100 * 366 * 86_400_000)
}
