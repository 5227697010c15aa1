//! `Content-Digest` (RFC 9530): what the sender says its bytes come to. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// The sums that are understood; others are passed over (RFC 9530 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Digests {
    pub(super) sha256: Option<[u8; 32]>,
    pub(super) sha512: Option<[u8; 64]>,
}

/// None if it is there and cannot be read.
pub(super) fn read(headers: &HeaderMap) -> Option<Digests> {
    let mut digests = Digests::default();
    for line in headers.get_all(CONTENT_DIGEST) {
        for member in line.to_str().ok()?.split(',') {
            let (name, value) = member.trim().split_once('=')?;
            match name {
                "sha-256" => digests.sha256 = Some(sum(value)?),
                "sha-512" => digests.sha512 = Some(sum(value)?),
                // SECURITY: a name or a value that is none could be a slip in one that was meant to be checked.
                _ if is_key(name) && sum_of_any(value).is_some() => {}
                _ => return None,
            }
        }
    }
    Some(digests)
}

/// A byte sequence of this length.
fn sum<const N: usize>(value: &str) -> Option<[u8; N]> {
    sum_of_any(value)?.try_into().ok()
}

/// A byte sequence (RFC 9651 section 3.3.5).
fn sum_of_any(value: &str) -> Option<Vec<u8>> {
    let encoded = value.strip_prefix(':')?.strip_suffix(':')?;
    STANDARD.decode(encoded).ok()
}

/// RFC 9651 section 3.1.2.
fn is_key(name: &str) -> bool {
    let is_first = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'*';
    let is_later = |byte: u8| {
        byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || matches!(byte, b'_' | b'-' | b'.' | b'*')
    };
    name.as_bytes().first().is_some_and(is_first) && name.bytes().all(is_later)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&'static str]) -> Option<Digests> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_DIGEST, http::HeaderValue::from_static(value));
        }
        read(&headers)
    }

    #[test]
    fn sums_that_are_understood_are_read_and_others_passed_over() {
        // The example of RFC 9530 section 2.
        let known = of(&["sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"]).unwrap();
        assert_eq!(
            known.sha256.map(|sum| sum[..2].to_vec()),
            Some(vec![0x44, 0xaf])
        );
        let both = of(&[
            "sha=:AAAA:, sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
            "unixsum=:AA==:",
        ]);
        assert_eq!(both, Some(known));
        assert_eq!(of(&[]), Some(Digests::default()));
        for broken in [
            "sha-256",
            "sha-256=RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=",
            "sha-256=:AAAA:",
            "sha-512=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
            "sha-256=:!!!:",
            // Slips of sums that were meant.
            "SHA-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
            "sha-256 =:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
            "md5=abc",
            "",
        ] {
            assert_eq!(of(&[broken]), None, "{broken}");
        }
    }
}
