//! The value of an `Authorization` header, read as Basic (RFC 7617). Pure.
//!
//! Read leniently, because clients are (reference: RFC 9110 section 11.4): the scheme in any case, more blanks than
//! one, base64 without its padding. The bytes of user name and password are kept as they came: which characters they
//! are is for `domain::credentials::verification` to try.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Longer values are refused unread.
pub const MAX_BYTES: usize = 8 * 1024;

/// A user name and a password as a client sent them. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct UserPass {
    /// Holds no colon: the first one ends it.
    pub username: Vec<u8>,
    pub password: Vec<u8>,
}

impl std::fmt::Debug for UserPass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // SECURITY: people type passwords into the field of the user name (R047).
        f.write_str("UserPass(***)")
    }
}

/// Why a value is no user name and password. For the log; the caller learns only that it was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Than [`MAX_BYTES`].
    TooLong,
    /// Not Basic.
    OtherScheme,
    NotBase64,
    /// Nothing says where the password begins.
    NoColon,
    /// RFC 7617 section 2 forbids them, and the database could not hold a NUL.
    ControlCharacter,
}

/// The user name and password in the value of an `Authorization` header.
pub fn parse(value: &[u8]) -> Result<UserPass, Malformed> {
    if value.len() > MAX_BYTES {
        return Err(Malformed::TooLong);
    }
    let value = value.trim_ascii();
    let scheme_end = value
        .iter()
        .position(|byte| BLANKS.contains(byte))
        .ok_or(Malformed::OtherScheme)?;
    let (scheme, rest) = value.split_at(scheme_end);
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return Err(Malformed::OtherScheme);
    }
    let mut username = LENIENT
        .decode(rest.trim_ascii())
        .map_err(|_| Malformed::NotBase64)?;
    let colon = username
        .iter()
        .position(|&byte| byte == b':')
        .ok_or(Malformed::NoColon)?;
    if username.iter().any(u8::is_ascii_control) {
        return Err(Malformed::ControlCharacter);
    }
    let password = username.split_off(colon + 1);
    username.truncate(colon);
    Ok(UserPass { username, password })
}

const BLANKS: &[u8] = b" \t";

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<(String, String), Malformed> {
        parse(value.as_bytes()).map(|found| {
            let text = |bytes| String::from_utf8(bytes).unwrap();
            (text(found.username), text(found.password))
        })
    }

    fn encoded(text: &[u8]) -> String {
        base64::engine::general_purpose::STANDARD.encode(text)
    }

    fn aladdin() -> (String, String) {
        ("Aladdin".to_owned(), "open sesame".to_owned())
    }

    /// R090; the pair is the example of RFC 7617 section 2.
    #[test]
    fn what_clients_send_is_read() {
        for value in [
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "BASIC  \t QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "  Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==  ",
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ",
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=",
        ] {
            assert_eq!(read(value), Ok(aladdin()), "{value}");
        }
    }

    /// R090.
    #[test]
    fn odd_values_are_told_apart() {
        let long = format!("Basic {}", "A".repeat(100_000));
        for (value, reason) in [
            ("", Malformed::OtherScheme),
            ("Basic", Malformed::OtherScheme),
            ("Basic ", Malformed::OtherScheme),
            (
                "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
                Malformed::OtherScheme,
            ),
            ("QWxhZGRpbjpvcGVuIHNlc2FtZQ==", Malformed::OtherScheme),
            ("BasicQWxhZGRpbjpvcGVuIHNlc2FtZQ==", Malformed::OtherScheme),
            ("Basic %%%", Malformed::NotBase64),
            ("Basic QWxh ZGRp", Malformed::NotBase64),
            ("Basic QWxhZGRpbg==", Malformed::NoColon),
            (long.as_str(), Malformed::TooLong),
        ] {
            assert_eq!(
                read(value),
                Err(reason),
                "{}",
                &value[..value.len().min(40)]
            );
        }
        let raw = |text: &[u8]| parse(format!("Basic {}", encoded(text)).as_bytes());
        assert_eq!(raw(b"user\0:password"), Err(Malformed::ControlCharacter));
        assert_eq!(raw(b"user:pass\r\nword"), Err(Malformed::ControlCharacter));
    }

    /// R014 and http-auth: a colon belongs to the password, and nothing is percent-decoded.
    #[test]
    fn the_first_colon_splits_and_nothing_is_decoded() {
        let raw = |text: &[u8]| parse(format!("Basic {}", encoded(text)).as_bytes()).unwrap();
        let found = raw(b"user:p:a:ss%40");
        assert_eq!(
            (found.username.as_slice(), found.password.as_slice()),
            (&b"user"[..], &b"p:a:ss%40"[..])
        );
        assert_eq!(raw(b":").username, b"");
        assert_eq!(raw(b"user:").password, b"");
        assert_eq!(raw(b"user:  two  ").password, b"  two  ", "R012");
        assert_eq!(raw("user:mañana".as_bytes()).password, "mañana".as_bytes());
        assert_eq!(
            raw(b"user:ma\xf1ana").password,
            b"ma\xf1ana",
            "Latin-1 is kept as it came"
        );
    }

    #[test]
    fn debug_shows_nothing() {
        let shown = format!("{:?}", parse(b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        assert_eq!(shown, "Ok(UserPass(***))");
    }

    proptest::proptest! {
        #[test]
        fn any_value(value in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            super::super::properties::basic(&value);
            super::super::properties::basic(&[b"Basic ", value.as_slice()].concat());
        }

        #[test]
        fn any_pair_survives(pair in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            super::super::properties::basic(format!("Basic {}", encoded(&pair)).as_bytes());
        }
    }
}
