//! JSON Web Tokens signed with HS256 (RFC 7515, RFC 7519): all that our senders use.
//!
//! Verified with the HMAC and SHA-256 that are here already: one algorithm, no choice of it by the sender, and no
//! further library to trust.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::Secret;

/// Seconds that the clocks of two machines differ at most.
const LEEWAY: i64 = 60;

/// What a token says, once its signature is right.
pub(super) type Claims = Map<String, Value>;

/// The claims of a token that was signed with this key, and is valid now where it says when it is.
pub(super) fn verify(
    token: &str,
    key: &Secret,
    now: DateTime<Utc>,
) -> Result<Claims, &'static str> {
    const MALFORMED: &str = "the token is malformed";
    let (signed, signature) = token.rsplit_once('.').ok_or(MALFORMED)?;
    let (header, payload) = signed.split_once('.').ok_or(MALFORMED)?;
    // SECURITY: the algorithm is ours to say; `none` and public-key ones are refused before anything is computed.
    let header = object(header).ok_or(MALFORMED)?;
    if header.get("alg").and_then(Value::as_str) != Some("HS256") {
        return Err("the token is not signed with HS256");
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| MALFORMED)?;
    // In constant time.
    mac(signed, key)?
        .verify_slice(&signature)
        .map_err(|_| "the signature is wrong")?;
    let claims = object(payload).ok_or(MALFORMED)?;
    // In seconds, as they come: not all of them are dates of a calendar.
    let (moment, now) = (
        |name: &str| claims.get(name).and_then(seconds),
        now.timestamp(),
    );
    if moment("exp").is_some_and(|end| end.saturating_add(LEEWAY) < now) {
        return Err("the token has expired");
    }
    if moment("nbf").is_some_and(|start| start.saturating_sub(LEEWAY) > now) {
        return Err("the token is not valid yet");
    }
    Ok(claims)
}

/// A token with these claims.
pub(crate) fn sign(claims: &Value, key: &Secret) -> Result<Secret, &'static str> {
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(&header), encode(claims));
    let signature = mac(&signed, key)?.finalize().into_bytes();
    Ok(Secret::new(format!(
        "{signed}.{}",
        URL_SAFE_NO_PAD.encode(signature)
    )))
}

fn mac(text: &str, key: &Secret) -> Result<Hmac<Sha256>, &'static str> {
    // SECURITY: a key that was never set would make every token right that anybody signs with nothing.
    if key.reveal().is_empty() {
        return Err("no secret is set for this source");
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key.reveal().as_bytes())
        .map_err(|_| "the secret cannot be used")?;
    mac.update(text.as_bytes());
    Ok(mac)
}

fn object(part: &str) -> Option<Claims> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// A NumericDate, which may have a fraction.
fn seconds(value: &Value) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a date far away saturates, and stays far away"
    )]
    let of_fraction = |seconds: f64| seconds as i64;
    value.as_i64().or_else(|| value.as_f64().map(of_fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap()
    }

    fn token(claims: Value) -> String {
        sign(&claims, &Secret::new("key"))
            .unwrap()
            .reveal()
            .to_owned()
    }

    /// The example of RFC 7515 A.1, whose key is octets; here the same with a text as key, checked by another program.
    #[test]
    fn a_token_of_another_program_is_read() {
        let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0Ijox\
                     NTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
        let claims = verify(token, &Secret::new("your-256-bit-secret"), now()).unwrap();
        assert_eq!(claims["name"], "John Doe");
    }

    #[test]
    fn wrong_keys_times_and_algorithms_are_refused() {
        let key = Secret::new("key");
        let good = token(json!({ "exp": now().timestamp() - 30, "nbf": now().timestamp() + 30 }));
        assert!(verify(&good, &key, now()).is_ok());
        let unsigned = {
            let part = |text| URL_SAFE_NO_PAD.encode(text);
            format!("{}.{}.", part(r#"{"alg":"none"}"#), part("{}"))
        };
        let (signed, _) = good.rsplit_once('.').unwrap();
        let table = [
            (good.clone(), Secret::new("other"), "the signature is wrong"),
            (
                good.clone(),
                Secret::new(""),
                "no secret is set for this source",
            ),
            (format!("{signed}."), key.clone(), "the signature is wrong"),
            (
                token(json!({ "exp": now().timestamp() - 61 })),
                key.clone(),
                "the token has expired",
            ),
            (
                token(json!({ "exp": -1e300 })),
                key.clone(),
                "the token has expired",
            ),
            (
                token(json!({ "nbf": u64::MAX })),
                key.clone(),
                "the token is not valid yet",
            ),
            (
                token(json!({ "nbf": now().timestamp() + 61 })),
                key.clone(),
                "the token is not valid yet",
            ),
            (unsigned, key.clone(), "the token is not signed with HS256"),
            ("x".to_owned(), key.clone(), "the token is malformed"),
            ("a.b.c".to_owned(), key.clone(), "the token is malformed"),
            (String::new(), key, "the token is malformed"),
        ];
        for (token, key, why) in table {
            assert_eq!(verify(&token, &key, now()), Err(why), "{token}");
        }
    }

    /// Whoever knows the key may write any number: it is no reason to fall over.
    #[test]
    fn times_beyond_every_calendar_are_far_away() {
        for claims in [
            json!({ "exp": 8_210_266_876_799_i64 }),
            json!({ "exp": i64::MAX, "nbf": i64::MIN }),
            json!({ "exp": 1e300, "nbf": -8_334_601_228_800_i64 }),
        ] {
            let token = token(claims);
            assert!(
                verify(&token, &Secret::new("key"), now()).is_ok(),
                "{token}"
            );
        }
    }
}
