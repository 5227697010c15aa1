//! Reads what somebody pasted of a request: a header, an address, a curl command, a pair. Pure.
//!
//! Besides what the program sends as it stands, it collects what it might have meant to send. Which of those is right
//! says what is wrong.

mod address;
mod command; // curl
mod header; // Authorization
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode;

use self::address::address;
use self::command::command;
use self::header::header;
use super::Finding;

/// User name and password as bytes. `Debug` shows neither, and they are wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) username: Vec<u8>,
    pub(super) password: Vec<u8>,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pair(***)")
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.username);
        zeroize::Zeroize::zeroize(&mut self.password);
    }
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Scheme and host, with the port if there is one; lower case.
    pub(super) origin: String,
    pub(super) path: String,
}

/// What was pasted, read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// What reaches the server as it stands; None if nothing does.
    pub(super) sent: Option<Pair>,
    /// What may have been meant, each with what would be wrong then.
    pub(super) meant: Vec<(Finding, Pair)>,
    /// What can be said without knowing the password.
    pub(super) findings: Vec<Finding>,
    pub(super) target: Option<Target>,
    /// It is curl, which sends its password at once.
    pub(super) is_curl: bool,
}

/// Reads a text of any of the kinds.
pub(super) fn read(text: &str) -> Reading {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let mut reading = if lower.starts_with("curl ") || lower.starts_with("curl.exe ") {
        command(text)
    } else if let Some(at) = lower.find("authorization:") {
        let value = &text[at + "authorization:".len()..];
        header(value.lines().next().unwrap_or_default())
    } else if lower.starts_with("basic ")
        || lower.starts_with("bearer ")
        || lower.starts_with("digest ")
    {
        header(text)
    } else if text.contains("://") {
        address(text.lines().next().unwrap_or_default().trim())
    } else if text.contains(':') {
        pair_of_text(text)
    } else if decode(text).is_some_and(|bytes| bytes.contains(&b':')) {
        let mut reading = header(&format!("Basic {text}"));
        reading.findings.push(Finding::SchemeMissing);
        reading
    } else {
        Reading::default()
    };
    reading.also_meant();
    reading
}

/// Reads the two fields. Blanks at their ends are kept: they are what is looked for.
pub(super) fn read_fields(username: &str, password: &str) -> Reading {
    let mut reading = Reading {
        sent: Some(Pair {
            username: username.into(),
            password: password.into(),
        }),
        ..Reading::default()
    };
    reading.also_meant();
    reading
}

/// What people do to both halves of a pair.
type Change = fn(&[u8]) -> Vec<u8>;

impl Reading {
    /// Adds what people mean in whatever form they send it.
    fn also_meant(&mut self) {
        let Some(sent) = self.sent.clone() else {
            return;
        };
        if std::str::from_utf8(&sent.password).is_err() {
            self.findings.push(Finding::Latin1);
        }
        let changes: [(Finding, Change); 3] = [
            (Finding::BlankAround, |bytes| bytes.trim_ascii().to_vec()),
            (Finding::PercentEncoded, |bytes| {
                percent_decode(bytes).collect()
            }),
            (Finding::EncodedTwice, mended),
        ];
        for (finding, change) in changes {
            let meant = Pair {
                username: change(&sent.username),
                password: change(&sent.password),
            };
            if meant != sent {
                self.meant.push((finding, meant));
            }
        }
    }
}

/// UTF-8 that was taken for Latin-1 and encoded once more, undone; anything else as it is.
fn mended(bytes: &[u8]) -> Vec<u8> {
    let undone = std::str::from_utf8(bytes).ok().and_then(|text| {
        text.chars()
            .map(|c| u8::try_from(u32::from(c)).ok())
            .collect::<Option<Vec<u8>>>()
    });
    undone
        .filter(|undone| std::str::from_utf8(undone).is_ok())
        .unwrap_or_else(|| bytes.to_vec())
}

fn pair_of_text(text: &str) -> Reading {
    Reading {
        sent: split(text.as_bytes()),
        ..Reading::default()
    }
}

/// RFC 7617 section 2: the first colon ends the user name.
fn split(bytes: &[u8]) -> Option<Pair> {
    let colon = bytes.iter().position(|&byte| byte == b':')?;
    Some(Pair {
        username: bytes[..colon].to_vec(),
        password: bytes[colon + 1..].to_vec(),
    })
}

fn decode(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT.decode(text).ok().filter(|bytes| !bytes.is_empty())
}
