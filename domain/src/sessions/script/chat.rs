//! Chat scripts: JSON as calling services write it, and plain text with a time before each line.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{
    Extent, Line, MAX_LINES, MAX_TEXT, Script, clock_time, field, name, offset, shortened,
};

/// Reads a chat script. `is_cut`: the bytes are only the beginning of the file.
///
/// - JSON: a list of messages, or an object that holds one (`messages`, `chat`, `data`, …), however deep. Of each
///   message, who (`from`, `sender`, `name`, …), what (`text`, `message`, …) and when (`at`, `timestamp`, … by the
///   clock; `offset_ms`, `offset`, … since the beginning).
/// - Text: a line each, `00:12:34 Name: words`, with tabs or brackets or without, as conferencing programs save it.
///   A line without a time belongs to the one before.
pub fn read_chat(bytes: &[u8], is_cut: bool) -> Script {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    // `[00:12] Ada: hello` is text, though it begins as a list does.
    let is_stamped = || {
        let line = bytes
            .split(|&byte| byte == b'\n')
            .next()
            .unwrap_or_default();
        text_line(&String::from_utf8_lossy(line)).is_some()
    };
    match first {
        Some(b'{') => json(bytes, is_cut),
        Some(b'[') if !is_stamped() => json(bytes, is_cut),
        _ => text(bytes, is_cut),
    }
}

fn json(bytes: &[u8], is_cut: bool) -> Script {
    let mut lines = Vec::new();
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let read = Messages(&mut lines).deserialize(&mut source);
    let extent = if is_cut || lines.len() >= MAX_LINES {
        Extent::Cut
    } else if read.and_then(|()| source.end()).is_err() {
        Extent::Damaged
    } else {
        Extent::Whole
    };
    Script { lines, extent }
}

/// Collects messages while the file is read, so that those before a damage are there.
struct Messages<'a>(&'a mut Vec<Line>);

/// Keys of an object that lead to messages.
const LISTS: [&str; 9] = [
    "messages",
    "chat",
    "chats",
    "chatdata",
    "chat_data",
    "data",
    "items",
    "entries",
    "result",
];

impl<'de> DeserializeSeed<'de> for Messages<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Messages<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while self.0.len() < MAX_LINES {
            let Some(value) = list.next_element::<Value>()? else {
                return Ok(());
            };
            self.0.extend(message(&value));
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<String>()? {
            if LISTS.contains(&key.to_ascii_lowercase().as_str()) && self.0.len() < MAX_LINES {
                object.next_value_seed(Messages(self.0))?;
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The message in an element of a list, if it says anything.
fn message(value: &Value) -> Option<Line> {
    const TEXTS: [&str; 6] = ["text", "message", "body", "content", "msg", "chat"];
    const NAMES: [&str; 10] = [
        "from",
        "sender",
        "sender_name",
        "senderName",
        "author",
        "user",
        "name",
        "username",
        "display_name",
        "displayName",
    ];
    const CLOCKS: [&str; 11] = [
        "at",
        "timestamp",
        "time",
        "sent_at",
        "sentAt",
        "created_at",
        "createdAt",
        "date",
        "ts",
        "datetime",
        "timeStamp",
    ];
    const MILLISECONDS: [&str; 4] = ["offset_ms", "elapsed_ms", "start_ms", "time_ms"];
    const SECONDS: [&str; 5] = ["offset", "elapsed", "start", "offset_seconds", "seconds"];
    let text = field(value, &TEXTS)?;
    // Some put the words one level deeper.
    let text = text
        .as_str()
        .or_else(|| field(text, &TEXTS)?.as_str())
        .map(|text| shortened(text, MAX_TEXT))
        .filter(|text| !text.is_empty())?;
    let when = field(value, &CLOCKS);
    let at = when.and_then(clock_time);
    let offset_ms = field(value, &MILLISECONDS)
        .and_then(Value::as_u64)
        .or_else(|| offset(field(value, &SECONDS)?))
        .or_else(|| if at.is_none() { offset(when?) } else { None });
    Some(Line {
        at,
        offset_ms,
        from: field(value, &NAMES).and_then(name).unwrap_or_default(),
        text,
    })
}

fn text(bytes: &[u8], is_cut: bool) -> Script {
    let mut lines: Vec<Line> = Vec::new();
    let mut is_full = false;
    for line in String::from_utf8_lossy(bytes).lines() {
        if line.trim().is_empty() {
            continue;
        }
        if let Some(line) = text_line(line) {
            if lines.len() == MAX_LINES {
                is_full = true;
                break;
            }
            lines.push(line);
        } else if let Some(last) = lines.last_mut() {
            if last.text.len() < MAX_TEXT {
                last.text = shortened(&format!("{}\n{}", last.text, line.trim()), MAX_TEXT);
            }
        } else {
            lines.push(spoken(line, None));
        }
    }
    let extent = if is_cut || is_full {
        Extent::Cut
    } else {
        Extent::Whole
    };
    Script { lines, extent }
}

/// A line that begins with its time.
fn text_line(line: &str) -> Option<Line> {
    let line = line.trim_start();
    let line = line.strip_prefix('[').unwrap_or(line);
    let (when, rest) = line.split_once([' ', '\t', ']'])?;
    let offset = super::time::stamp(when)?;
    Some(spoken(
        rest.trim_start_matches([']', ' ', '\t', '-']),
        Some(offset),
    ))
}

/// `Name: words`, `From Name to Everyone: words`, or words alone.
fn spoken(line: &str, offset_ms: Option<u64>) -> Line {
    let line = line.trim();
    let (from, text) = match line.split_once(':') {
        // A name is short and has no address in it.
        Some((from, text)) if from.chars().count() <= 80 && !text.starts_with("//") => (from, text),
        _ => ("", line),
    };
    let from = from.trim();
    let from = from.strip_prefix("From ").unwrap_or(from);
    let from = from.split_once(" to ").map_or(from, |(from, _)| from);
    Line {
        at: None,
        offset_ms,
        from: shortened(from, super::MAX_NAME),
        text: shortened(text, MAX_TEXT),
    }
}
