//! Secrets and signatures of Standard Webhooks 1.0 (R155, R156).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{Secret, hashing};

/// What every secret begins with.
pub const PREFIX: &str = "whsec_";

/// A new secret: `whsec_` and 32 random bytes in Base64.
pub fn new_secret() -> Secret {
    let bytes = hashing::random_bytes::<32>();
    Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// `v1,<Base64 of HMAC-SHA256>` over `id.timestamp.body`, one for each secret, with a space between them. A secret that
/// is none signs nothing.
pub fn sign(secrets: &[Secret], id: &str, at: DateTime<Utc>, body: &str) -> String {
    let signatures: Vec<String> = secrets
        .iter()
        .filter_map(|secret| STANDARD.decode(secret.reveal().strip_prefix(PREFIX)?).ok())
        .filter_map(|key| Hmac::<Sha256>::new_from_slice(&key).ok())
        .map(|mut mac| {
            mac.update(format!("{id}.{}.{body}", at.timestamp()).as_bytes());
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        })
        .collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification's own libraries.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let at = DateTime::from_timestamp(1_614_265_330, 0).unwrap();
        let one = sign(
            std::slice::from_ref(&secret),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at,
            "{\"test\": 2432232314}",
        );
        assert_eq!(one, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let two = sign(&[secret, new_secret()], "a", at, "b");
        assert_eq!(two.split(' ').count(), 2);
    }

    /// R156: 32 random bytes, another each time.
    #[test]
    fn secrets_are_long_and_differ() {
        let (one, other) = (new_secret(), new_secret());
        assert_ne!(one, other);
        let bytes = STANDARD
            .decode(one.reveal().strip_prefix(PREFIX).unwrap())
            .unwrap();
        assert_eq!(bytes.len(), 32);
    }
}
