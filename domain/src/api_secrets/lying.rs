//! Secrets that were left lying in a text: found by how they look, and masked (R058, R148).

use std::borrow::Cow;
use std::ops::Range;

use super::actions::{LENGTH, PREFIX};

/// Where something in the text looks like a secret, whatever stands around it.
pub fn find(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.match_indices(PREFIX).filter_map(|(start, _)| {
        let end = start + PREFIX.len() + LENGTH;
        let rest = text.as_bytes().get(start + PREFIX.len()..end)?;
        rest.iter()
            .all(u8::is_ascii_alphanumeric)
            .then_some(start..end)
    })
}

/// The text without what looks like secrets.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut at = 0;
    for found in find(text) {
        masked.push_str(&text[at..found.start + PREFIX.len()]);
        masked.push_str("***");
        at = found.end;
    }
    if at == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[at..]);
    Cow::Owned(masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_anywhere_and_nothing_else() {
        let secret = format!("{PREFIX}{}", "aB3".repeat(20).get(..LENGTH).unwrap());
        for (text, masked) in [
            (secret.clone(), "rgs_***".to_owned()),
            (format!("/api/v1/{secret}"), "/api/v1/rgs_***".to_owned()),
            (
                format!("x=abc:{secret}&y=1"),
                "x=abc:rgs_***&y=1".to_owned(),
            ),
            (
                format!("{secret}=1;rgs_{secret}z"),
                "rgs_***=1;rgs_rgs_***z".to_owned(),
            ),
        ] {
            assert_eq!(mask(&text), masked);
        }
        for text in [
            "",
            "rgs_",
            "rgs_short",
            "rgs_0123456789012345678901234567890123456-78",
            "ärgs_ä",
        ] {
            assert_eq!(mask(text), text);
        }
        assert_eq!(&secret[find(&secret).next().unwrap()], secret);
    }
}
