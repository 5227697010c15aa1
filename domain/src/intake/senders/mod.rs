//! The senders: how each proves who it is, and what its words mean. Pure: nothing here reads or writes anything.

pub mod bigbluebutton;
pub mod enablex;
pub mod livekit;
pub mod vonage;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::redaction::redact_text;
use super::{SourceKind, SourceSecrets, SourceSettings, Verdict};
use crate::Secret;
use crate::files::FileKind;

/// What a receiver was sent. The body is as it came: signatures are over its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub authorization: Option<&'a str>,
    /// The secret part of the address.
    pub key: Option<&'a str>,
    /// Of the query: which recording format it is about.
    pub format: Option<&'a str>,
    pub body: &'a [u8],
}

/// Why a call is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It does not prove that it comes from the sender.
    Unproven(&'static str),
    /// It comes from the sender and cannot be read.
    Unreadable(&'static str),
}

/// A sender with what is known of it.
#[derive(Debug)]
pub struct Sender<'a> {
    pub kind: SourceKind,
    pub settings: &'a SourceSettings,
    pub secrets: &'a SourceSecrets,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq)]
pub struct Announced {
    /// What makes this one event the same when it is told again.
    pub key: String,
    /// The sender's word for it.
    pub name: String,
    pub external_id: String,
    /// As it came; its secrets are still in it.
    pub payload: Value,
    pub verdict: Verdict,
    /// Why nothing is to be fetched, in words.
    pub reason: Option<String>,
    pub files: Vec<Expected>,
}

/// A file that should be somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub external_id: String,
    /// Its name in the session.
    pub name: String,
    pub room: String,
    pub conference_number: String,
    /// Where the name does not say it.
    pub kind: Option<FileKind>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// Path on the sender's disk, or key in its bucket.
    pub path: Option<String>,
    /// Its address. May let somebody in.
    pub address: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Proves the call and reads it.
pub fn read(sender: &Sender<'_>, call: Call<'_>, now: DateTime<Utc>) -> Result<Announced, Refusal> {
    match sender.kind {
        SourceKind::Livekit => livekit::read(sender, call, now),
        SourceKind::Bigbluebutton => bigbluebutton::read(sender, call, now),
        SourceKind::Vonage => vonage::read(sender, call, now),
        SourceKind::Enablex => enablex::read(sender, call, now),
        SourceKind::Folder => Err(Refusal::Unproven("a watched folder takes no calls")),
    }
}

/// The secret part of the address, and Basic where the source has it.
fn prove_by_address(sender: &Sender<'_>, call: Call<'_>) -> Result<(), Refusal> {
    let key = call.key.unwrap_or_default();
    if sender.secrets.address.reveal().is_empty() || !is_same(key, &sender.secrets.address) {
        return Err(Refusal::Unproven(
            "the secret part of the address is missing or wrong",
        ));
    }
    if sender.settings.callback_user.is_empty() {
        return Ok(());
    }
    let wanted = format!(
        "{}:{}",
        sender.settings.callback_user,
        sender.secrets.callback.reveal()
    );
    match call.authorization.and_then(basic) {
        Some(given) if is_same(&given, &Secret::new(wanted)) => Ok(()),
        Some(_) => Err(Refusal::Unproven("user name or password is wrong")),
        None => Err(Refusal::Unproven("user name and password are missing")),
    }
}

fn basic(authorization: &str) -> Option<String> {
    let (scheme, value) = authorization.split_once(' ')?;
    let is_basic = scheme.eq_ignore_ascii_case("basic");
    let bytes = STANDARD.decode(value.trim()).ok().filter(|_| is_basic)?;
    String::from_utf8(bytes).ok()
}

/// In constant time.
fn is_same(given: &str, wanted: &Secret) -> bool {
    given.as_bytes().ct_eq(wanted.reveal().as_bytes()).into()
}

fn json(body: &[u8]) -> Result<Value, Refusal> {
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(Refusal::Unreadable("the body is no JSON object")),
    }
}

/// A text member; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A number that may be written as a text, as protobuf-JSON does with 64 bits.
pub(super) fn number(value: &Value, name: &str) -> Option<i64> {
    let value = value.get(name)?;
    value
        .as_i64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// A moment in milliseconds since 1970; None for nothing and for zero.
fn millis(value: &Value, name: &str) -> Option<DateTime<Utc>> {
    let millis = number(value, name).filter(|&millis| millis > 0)?;
    DateTime::from_timestamp_millis(millis).and_then(believed)
}

/// A moment that a recording can have. Others are a mistake of the sender, and not every part of the program can write
/// them.
pub(super) fn believed(moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (1970..=9999).contains(&moment.year()).then_some(moment)
}

/// A moment or two of which the second is later; whatever else is not believed.
pub(super) fn in_order(
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    (
        start,
        end.filter(|&end| start.is_none_or(|start| end >= start)),
    )
}

/// The sender's name for a room or session, made fit for one of ours, without what was secret in it (X16).
pub(super) fn label(text: &str) -> String {
    let fit = |character: char| {
        let is_bad = crate::accounts::actions::is_deceptive(character)
            || matches!(character, '/' | '\\' | '\u{AD}' | '\u{FFFD}');
        if is_bad { '_' } else { character }
    };
    let mut label = String::new();
    let text = redact_text(text);
    for character in text.trim().chars().map(fit) {
        if label.len() + character.len_utf8() > LABEL_BYTES {
            break;
        }
        label.push(character);
    }
    // A name that begins with a dot is hidden, or a folder's.
    label.trim_start_matches('.').trim().to_owned()
}

/// Bytes of a name at most.
const LABEL_BYTES: usize = 200;

/// The last part of a path or address, made fit for a file's name.
pub(super) fn base_name(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let last = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let decoded = percent_encoding::percent_decode_str(last).decode_utf8_lossy();
    label(decoded.trim_start_matches('.'))
}

/// How long vendors keep their copy (compat.md 5.6; EnableX the same).
const VENDOR_KEEPS: TimeDelta = TimeDelta::hours(72);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_senders_become_names_of_ours() {
        assert_eq!(label(" board / meeting\u{202E} "), "board _ meeting_");
        assert_eq!(label("..x "), "x");
        assert_eq!(label(".."), "");
        assert_eq!(label(&"ü".repeat(150)).len(), 200);
        assert_eq!(base_name("rec/a%20b.mp4"), "a b.mp4");
        assert_eq!(
            base_name("https://h.example/x/..%2Fa.mp4?sig=1#t"),
            "_a.mp4"
        );
        assert_eq!(base_name("/"), "");
    }
}
