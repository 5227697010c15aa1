//! The `Content-Disposition` of a session file: a name that every client can read and none can misuse. Pure.
//!
//! RFC 6266 section 4.3 and RFC 8187: a quoted ASCII name for clients that know no other, and `filename*` with the
//! real one. A name never holds a path, never starts with a dot and never turns the direction of the text around it.

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a browser is to do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Show or play it.
    Inline,
    /// Save it.
    Attachment,
}

/// The header for a file of this name.
pub fn content_disposition(disposition: Disposition, name: &str) -> HeaderValue {
    let kind = match disposition {
        Disposition::Inline => "inline",
        Disposition::Attachment => "attachment",
    };
    let name = safe_name(name);
    let value = format!(
        "{kind}; filename=\"{}\"; filename*=UTF-8''{}",
        ascii(&name),
        utf8_percent_encode(&name, NOT_ATTR_CHAR)
    );
    HeaderValue::try_from(value)
        .expect("printable ASCII only: the name is replaced or percent-encoded to that")
}

/// The name without what a file system or a screen could be tricked by; never empty.
pub(super) fn safe_name(name: &str) -> String {
    let mut safe: String = name
        .chars()
        .map(|c| if is_dangerous(c) { '_' } else { c })
        .collect();
    let dots = safe.len() - safe.trim_start_matches('.').len();
    safe.replace_range(..dots, &"_".repeat(dots));
    if safe.is_empty() {
        "file".to_owned()
    } else {
        safe
    }
}

/// Separators of paths, control characters, and marks that reorder text (`gpj.exe` shown as `exe.jpg`).
const fn is_dangerous(c: char) -> bool {
    matches!(c, '/' | '\\' | '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}')
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// The name for clients that do not know `filename*`. No quote, and no `%`, which some would decode (RFC 6266 app. D).
fn ascii(safe: &str) -> String {
    safe.chars()
        .map(|c| {
            if matches!(c, ' '..='~') && !matches!(c, '"' | '%') {
                c
            } else {
                '_'
            }
        })
        .collect()
}

/// Everything but `attr-char` of RFC 8187 section 3.2.1.
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str) -> String {
        content_disposition(Disposition::Attachment, name)
            .to_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn a_plain_name_stays() {
        assert_eq!(
            header("live 1.mp4"),
            "attachment; filename=\"live 1.mp4\"; filename*=UTF-8''live%201.mp4"
        );
        assert!(
            content_disposition(Disposition::Inline, "x")
                .to_str()
                .unwrap()
                .starts_with("inline; ")
        );
    }

    /// R107.
    #[test]
    fn odd_names_survive_safely() {
        for (name, fallback, full) in [
            ("a\"b.mp4", "a_b.mp4", "a%22b.mp4"),
            ("a\\b.mp4", "a_b.mp4", "a_b.mp4"),
            (
                "a\r\nSet-Cookie: x=1.mp4",
                "a__Set-Cookie: x=1.mp4",
                "a__Set-Cookie%3A%20x%3D1.mp4",
            ),
            ("100%41.mp4", "100_41.mp4", "100%2541.mp4"),
            ("🦀.mp4", "_.mp4", "%F0%9F%A6%80.mp4"),
            ("../x", "___x", "___x"),
            ("..\\..\\x", "___.._x", "___.._x"),
            (".htaccess", "_htaccess", "_htaccess"),
            ("mañana's;.mp4", "ma_ana's;.mp4", "ma%C3%B1ana%27s%3B.mp4"),
            ("photo\u{202e}gpj.exe", "photo_gpj.exe", "photo_gpj.exe"),
            ("", "file", "file"),
        ] {
            let expected = format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{full}");
            assert_eq!(header(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_name_of_300_bytes_is_kept() {
        let name = format!("{}.mp4", "é".repeat(148));
        assert!(header(&name).ends_with(&format!("{}.mp4", "%C3%A9".repeat(148))));
    }

    proptest::proptest! {
        #[test]
        fn any_name(name in "\\PC*|[\\x00-\\xff]{0,40}|[./\\\\\"%]{0,8}[a-z]{0,4}") {
            super::super::properties::disposition(&name);
        }
    }
}
