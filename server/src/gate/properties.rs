//! What holds for every input of the gate's parsers. The property tests and the fuzz targets (`fuzz/`) both call these.
//!
//! Each panics when its property is broken. They share no code with what they judge.

use super::basic;
use super::disposition::{Disposition, content_disposition};
use super::range::{ByteRange, MAX_RANGES, Selection, select};

/// `range::select` never panics, never leaves the file, and never selects a byte twice.
pub fn range(header: &[u8], size: u64) {
    let selected = select(header, size);
    assert_eq!(
        selected,
        select(header, size),
        "the same question has the same answer"
    );
    let found: Vec<ByteRange> = match selected {
        Selection::Whole => return,
        Selection::Unsatisfiable => {
            assert!(
                header.contains(&b'-'),
                "only a well-formed header can be unsatisfiable"
            );
            return;
        }
        Selection::One(one) => vec![one],
        Selection::Several(several) => {
            assert!((2..=MAX_RANGES).contains(&several.len()));
            several
        }
    };
    let mut next = 0;
    let mut sent = 0_u64;
    for ByteRange { first, last } in found {
        assert!(first >= next, "ascending and without overlap");
        assert!(
            first <= last && last < size,
            "not empty and within the file"
        );
        next = last + 1;
        sent += last - first + 1;
    }
    assert!(sent <= size);
    assert!(
        header.to_ascii_lowercase().starts_with(b"bytes")
            || header.starts_with(b" ")
            || header.starts_with(b"\t")
    );
}

/// `basic::parse` never panics, and what it returns is what was encoded.
pub fn basic(value: &[u8]) {
    let Ok(found) = basic::parse(value) else {
        return;
    };
    assert!(
        !found.username.contains(&b':'),
        "the first colon ends the user name"
    );
    let text = [found.username.as_slice(), b":", found.password.as_slice()].concat();
    assert!(!text.iter().any(u8::is_ascii_control));
    let again = basic::parse(format!("Basic {}", base64_of(&text)).as_bytes());
    assert_eq!(again, Ok(found), "what was read can be sent again");
    let sent = value.trim_ascii();
    let encoded = String::from_utf8_lossy(sent)
        .split_ascii_whitespace()
        .last()
        .map(str::to_owned)
        .unwrap_or_default();
    assert_eq!(
        encoded.trim_end_matches('='),
        base64_of(&text).trim_end_matches('='),
        "nothing is changed on the way"
    );
}

/// `content_disposition` never panics; its two names are safe, agree, and are the file's where the file's is safe.
pub fn disposition(name: &str) {
    let value = content_disposition(Disposition::Attachment, name);
    let value = value.to_str().expect("printable ASCII");
    let rest = value
        .strip_prefix("attachment; filename=\"")
        .expect("a quoted name comes first");
    let (fallback, full) = rest
        .split_once("\"; filename*=UTF-8''")
        .expect("the full name comes second");
    assert!(!fallback.contains(['"', '\\', '%', '/']), "{fallback}");
    assert!(
        full.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~%".contains(&byte)),
        "{full}"
    );
    let full = percent_decoded(full);
    assert!(
        !full.is_empty() && !full.starts_with('.') && !full.contains(['/', '\\']),
        "{full}"
    );
    assert!(!full.chars().any(char::is_control));
    assert_eq!(
        fallback.chars().count(),
        full.chars().count(),
        "one character stands for one"
    );
    if !name.is_empty() {
        assert_eq!(full.chars().count(), name.chars().count());
        for (kept, original) in full.chars().zip(name.chars()) {
            assert!(
                kept == original || kept == '_',
                "replaced by an underscore or kept"
            );
        }
    }
}

/// Base64 as RFC 4648 section 4 spells it, written out to be independent of the decoder.
fn base64_of(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = u32::from(chunk[0]) << 16
            | u32::from(*chunk.get(1).unwrap_or(&0)) << 8
            | u32::from(*chunk.get(2).unwrap_or(&0));
        for position in 0..4 {
            if position <= chunk.len() {
                text.push(char::from(
                    ALPHABET[(group >> (18 - 6 * position) & 63) as usize],
                ));
            } else {
                text.push('=');
            }
        }
    }
    text
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [
                rest.next().expect("two digits"),
                rest.next().expect("two digits"),
            ];
            let digits = std::str::from_utf8(&digits).expect("ASCII");
            bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("UTF-8, as announced")
}
