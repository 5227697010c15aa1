//! What was said in a session, line by line: chat scripts and captions, read from bytes that nobody vouches for.
//!
//! - Reading is pure and bounded: so many lines, so many characters of each. What is beyond is left out and said.
//! - A damaged file gives the lines before the damage.
//! - Nothing here is made safe to show: texts are as they came, and whoever renders them escapes them.

mod captions;
mod chat;
mod time;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::captions::{is_webvtt, read_captions};
pub use self::chat::read_chat;
pub(crate) use self::time::clock;
pub use self::time::moment;
use self::time::{clock_time, offset};

/// Bytes of a chat or captions file that are worth reading: some ten thousand lines.
pub const MAX_BYTES: usize = 4 << 20;
/// Lines that are kept of a file.
pub const MAX_LINES: usize = 20_000;
/// Characters that are kept of one line's text.
const MAX_TEXT: usize = 4_000;
/// Characters that are kept of a name.
const MAX_NAME: usize = 200;

/// One thing that was said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When, by the clock.
    pub at: Option<DateTime<Utc>>,
    /// When, in milliseconds since the recording began.
    pub offset_ms: Option<u64>,
    /// Who said it; empty where the file does not say.
    pub from: String,
    pub text: String,
}

impl Line {
    /// When it was said, in milliseconds since the recording began. None where that is unknown, or earlier.
    ///
    /// The clock counts where it is known when the recording began; else what the file itself says.
    pub fn since(&self, beginning: Option<DateTime<Utc>>) -> Option<u64> {
        match (self.at.zip(beginning), self.offset_ms) {
            (Some((at, beginning)), _) => u64::try_from((at - beginning).num_milliseconds()).ok(),
            (None, offset) => offset,
        }
    }
}

/// How much of a file its lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extent {
    Whole,
    /// The file goes on beyond what is read.
    Cut,
    /// The file makes no sense from some place on.
    Damaged,
}

/// The lines of one file, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    pub lines: Vec<Line>,
    pub extent: Extent,
}

/// At most so many characters, with an ellipsis in place of the rest.
fn shortened(text: &str, most: usize) -> String {
    let text = text.trim();
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The first of these keys that an object has with something other than null.
pub(super) fn field<'a>(object: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter()
        .filter_map(|key| object.get(key))
        .find(|value| !value.is_null())
}

/// A name: a text, or an object that has one.
pub(super) fn name(value: &Value) -> Option<String> {
    const NAMES: [&str; 5] = ["name", "display_name", "displayName", "username", "id"];
    let text = match value {
        Value::String(text) => text,
        Value::Object(_) => field(value, &NAMES)?.as_str()?,
        _ => return None,
    };
    let text = shortened(text, MAX_NAME);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests;
