//! Codes of authenticator apps (RFC 6238): HMAC-SHA-1, six digits, steps of 30 seconds. Every app has these.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use crate::{Secret, hashing};

/// Bytes of a secret: as long as the hash (RFC 4226 section 4, R6).
const SECRET_BYTES: usize = 20;
const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
/// Steps that a clock may be off, either way (RFC 6238 section 5.2).
const DRIFT: i64 = 1;

/// RFC 4648.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What app and server share, in base32 as apps take it.
#[derive(Debug, Clone)]
pub(crate) struct SharedSecret(Secret);

impl SharedSecret {
    pub(super) fn random() -> Self {
        Self(Secret::new(
            encode(&hashing::random_bytes::<SECRET_BYTES>()),
        ))
    }

    pub(crate) const fn from_base32(text: Secret) -> Self {
        Self(text)
    }

    pub(super) const fn base32(&self) -> &Secret {
        &self.0
    }

    /// For people who type it: in groups of four.
    pub(super) fn grouped(&self) -> Secret {
        let groups: Vec<&str> = self
            .0
            .reveal()
            .as_bytes()
            .chunks(4)
            .map(|group| std::str::from_utf8(group).unwrap_or_default())
            .collect();
        Secret::new(groups.join(" "))
    }

    /// What the QR code says. Labelled with the installation's name, so that several are told apart in the app.
    pub(super) fn address(&self, issuer: &str, email: &str) -> Secret {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let (issuer, email) = (encoded(issuer), encoded(email));
        Secret::new(format!(
            "otpauth://totp/{issuer}:{email}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
            self.0.reveal()
        ))
    }

    /// The time step whose code this is, if it is one of now and after `last`: each counts once (RFC 6238 section 5.2).
    pub(super) fn step_of(&self, code: &str, now: DateTime<Utc>, last: i64) -> Option<i64> {
        let key = decode(self.0.reveal())?;
        let current = now.timestamp().div_euclid(STEP_SECONDS);
        (current - DRIFT..=current + DRIFT)
            .find(|step| *step > last && is_same(&code_at(&key, *step), code))
    }

    /// The code of a moment, for tests that stand in for an app.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn code(&self, at: DateTime<Utc>) -> Option<String> {
        let step = at.timestamp().div_euclid(STEP_SECONDS);
        Some(code_at(&decode(self.0.reveal())?, step))
    }
}

/// The digits of what somebody typed; None if it cannot be a code.
pub(super) fn read(typed: &str) -> Option<String> {
    let digits: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect();
    let is_code = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then_some(digits)
}

fn is_same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// RFC 4226 section 5.3, with the time step as the counter.
fn code_at(key: &[u8], step: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[hash.len() - 1] & 0x0f);
    let word: [u8; 4] = std::array::from_fn(|index| hash[offset + index]);
    let number = u32::from_be_bytes(word) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(char::from(BASE32[(bits >> count & 31) as usize]));
        }
    }
    // No padding: twenty bytes are 32 characters exactly.
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for character in text.bytes() {
        let value = BASE32.iter().position(|known| *known == character)?;
        bits = bits << 5 | u32::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn secret() -> SharedSecret {
        SharedSecret(Secret::new(encode(b"12345678901234567890")))
    }

    /// RFC 6238 appendix B, the last six of its eight digits.
    #[test]
    fn the_vectors_of_the_standard() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(
                secret().code(at(seconds)).as_deref(),
                Some(code),
                "{seconds}"
            );
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off_and_a_code_counts_once() {
        let code = secret().code(at(1_111_111_111)).unwrap();
        let step = 1_111_111_111 / 30;
        for (now, last, taken) in [
            (1_111_111_111, 0, true),
            (1_111_111_111 + 30, 0, true),
            (1_111_111_111 - 30, 0, true),
            (1_111_111_111 + 60, 0, false),
            (1_111_111_111 - 60, 0, false),
            (1_111_111_111, step - 1, true),
            (1_111_111_111, step, false),
            (1_111_111_111, step + 1, false),
        ] {
            let found = secret().step_of(&code, at(now), last);
            assert_eq!(found, taken.then_some(step), "{now} after {last}");
        }
    }

    #[test]
    fn base32_is_the_one_of_the_standard_and_reads_back() {
        // RFC 4648 section 10, without padding.
        for (bytes, text) in [
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            let whole = encode(bytes.as_bytes());
            assert!(text.starts_with(&whole), "{text}");
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
        let random = SharedSecret::random();
        assert_eq!(random.0.reveal().len(), 32);
        assert_eq!(decode(random.0.reveal()).unwrap().len(), SECRET_BYTES);
        assert_eq!(
            random.grouped().reveal().replace(' ', ""),
            random.0.reveal()
        );
        assert_eq!(decode("a1"), None);
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        for typed in ["123456", " 123 456 ", "123-456", "12 34 56"] {
            assert_eq!(read(typed).as_deref(), Some("123456"), "{typed}");
        }
        for typed in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert_eq!(read(typed), None, "{typed}");
        }
    }

    #[test]
    fn the_address_escapes_names_and_debug_shows_nothing() {
        let address = secret().address("Reelgate (a: b)", "a+b@example.com");
        assert_eq!(
            address.reveal(),
            "otpauth://totp/Reelgate%20%28a%3A%20b%29:a%2Bb%40example%2Ecom?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Reelgate%20%28a%3A%20b%29&algorithm=SHA1&digits=6&period=30"
        );
        assert!(!format!("{:?}", secret()).contains("GEZD"));
    }
}
