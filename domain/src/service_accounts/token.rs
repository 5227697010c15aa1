//! Tokens of service accounts: JSON Web Tokens (RFC 7515, RFC 7519), read as strictly as RFC 8725 advises. Pure.
//!
//! SECURITY: a token says which key it is of, and nothing about how it is to be judged. The algorithm is the key's, no
//! member of the header is ever an address or a key to use, and what is written twice or loosely is no token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::{MAX_TOKEN_LIFE, ServiceAccountKeyId};

/// Longer tokens are refused unread (R140).
pub(super) const MAX_BYTES: usize = 8 * 1024;

/// Members of a header that would say how to judge the token, or that it is none of ours (R136).
const REFUSED: [&str; 10] = [
    "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "enc", "zip",
];

/// The last second of the year 9999: no moment of a token lies beyond.
const LAST_SECOND: i64 = 253_402_300_799;

/// Not a token as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// A token whose form is right, and of which nothing is proved.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// What was signed.
    pub(super) signed: &'a str,
    pub(super) signature: Vec<u8>,
    /// None: no key that could be ours.
    pub(super) key: Option<ServiceAccountKeyId>,
    payload: Vec<u8>,
}

/// What a token claims. Seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claims {
    /// Number of the account on whose behalf it is.
    pub(super) issuer: i64,
    /// The later of `iat` and `nbf`: not valid before.
    pub(super) begins_at: i64,
    pub(super) expires_at: i64,
}

impl<'a> Token<'a> {
    /// Reads the form and the header.
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, Malformed> {
        if text.len() > MAX_BYTES {
            return Err(Malformed);
        }
        let text = std::str::from_utf8(text).map_err(|_| Malformed)?;
        let (signed, signature) = text.rsplit_once('.').ok_or(Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Malformed)?;
        let header = object(&decode(header)?)?;
        if REFUSED.iter().any(|name| header.contains_key(*name)) {
            return Err(Malformed);
        }
        if header.get("alg").and_then(Value::as_str) != Some("RS256") {
            return Err(Malformed);
        }
        if !is_kind_jwt(header.get("typ")) {
            return Err(Malformed);
        }
        let key = header.get("kid").and_then(Value::as_str).ok_or(Malformed)?;
        Ok(Self {
            signed,
            signature: decode(signature)?,
            key: key.parse().ok(),
            payload: decode(payload)?,
        })
    }

    /// The claims, for whoever has proved the signature. `audience` is what tokens may call us.
    pub(super) fn claims(&self, audience: &str) -> Result<Claims, Malformed> {
        let claims = object(&self.payload)?;
        let moment = |name: &str| claims.get(name).map(seconds);
        let expires_at = moment("exp").ok_or(Malformed)??;
        let issued_at = moment("iat").ok_or(Malformed)??;
        let not_before = moment("nbf").transpose()?.unwrap_or(issued_at);
        if !(0..=MAX_TOKEN_LIFE).contains(&(expires_at - issued_at)) {
            return Err(Malformed);
        }
        if !claims.get("aud").is_none_or(|aud| names(aud, audience)) {
            return Err(Malformed);
        }
        Ok(Claims {
            issuer: claims.get("iss").and_then(number).ok_or(Malformed)?,
            begins_at: issued_at.max(not_before),
            expires_at,
        })
    }
}

/// Absent, or `JWT` (RFC 7519 section 5.1), so that a token made for something else is none here (R139).
fn is_kind_jwt(typ: Option<&Value>) -> bool {
    typ.is_none_or(|typ| {
        typ.as_str()
            .is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"))
    })
}

/// A text or a list of texts that has ours in it.
fn names(aud: &Value, audience: &str) -> bool {
    match aud {
        Value::String(one) => one == audience,
        Value::Array(many) => many.iter().any(|one| one.as_str() == Some(audience)),
        _ => false,
    }
}

/// An account's number, as a number or as its digits.
fn number(iss: &Value) -> Option<i64> {
    match iss {
        Value::Number(number) => number.as_i64(),
        Value::String(digits) => {
            let number: i64 = digits.parse().ok()?;
            (number.to_string() == *digits).then_some(number)
        }
        _ => None,
    }
}

/// A NumericDate; a fraction is dropped.
fn seconds(value: &Value) -> Result<i64, Malformed> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a date far away saturates, and is refused"
    )]
    let whole = value
        .as_i64()
        .or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64));
    whole
        .filter(|seconds| (0..=LAST_SECOND).contains(seconds))
        .ok_or(Malformed)
}

/// Base64url as RFC 7515 has it: without padding, blanks, or bits to spare.
fn decode(part: &str) -> Result<Vec<u8>, Malformed> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed)
}

fn object(json: &[u8]) -> Result<Map<String, Value>, Malformed> {
    let Unique(members) = serde_json::from_slice(json).map_err(|_| Malformed)?;
    Ok(members)
}

/// An object in which no name comes twice: which of two would count is a matter of taste (RFC 7515 section 4).
struct Unique(Map<String, Value>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Unique;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Unique, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name comes twice"));
                    }
                }
                Ok(Unique(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
