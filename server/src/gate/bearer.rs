//! The value of an `Authorization` header, read as Bearer (RFC 6750). Pure.
//!
//! The scheme is read as leniently as that of Basic. The token is not: what it is worth is for
//! `domain::service_accounts::verification` to say, which is handed the bytes as they came.

/// The token, if the scheme is Bearer; empty if there is none behind it.
pub fn token(value: &[u8]) -> Option<&[u8]> {
    let value = value.trim_ascii();
    let end = value
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t'))
        .unwrap_or(value.len());
    let (scheme, rest) = value.split_at(end);
    scheme
        .eq_ignore_ascii_case(b"bearer")
        .then(|| rest.trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_read_in_any_case_and_the_token_as_it_came() {
        let read = |value: &'static str| token(value.as_bytes());
        for value in [
            "Bearer a.b.c",
            "bearer a.b.c",
            "BEARER \t a.b.c",
            " Bearer a.b.c ",
        ] {
            assert_eq!(read(value), Some(&b"a.b.c"[..]), "{value}");
        }
        assert_eq!(read("Bearer a b"), Some(&b"a b"[..]), "judged as one token");
        for nothing in ["Bearer", "Bearer ", "bearer\t"] {
            assert_eq!(read(nothing), Some(&b""[..]), "{nothing}");
        }
        for other in [
            "",
            " ",
            "Basic a.b.c",
            "BearerToken x",
            "a.b.c",
            "Bear er x",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
