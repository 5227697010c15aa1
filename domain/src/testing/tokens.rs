//! What tests are given: service accounts, and tokens as clients sign them, good and bad.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde_json::{Value, json};

use crate::service_accounts::actions::{ServiceAccountDraft, create};
use crate::service_accounts::{MadeKey, role_text};
use crate::{Actor, Backend, Role};

/// A service account of the actor's account, and its key.
pub async fn given_service_account(
    backend: &Backend,
    actor: &Actor,
    name: &str,
    role: Option<Role>,
) -> MadeKey {
    let draft = ServiceAccountDraft {
        name: name.to_owned(),
        role: role_text(role).to_owned(),
    };
    create(backend, actor, draft)
        .await
        .expect("the actor may create it")
}

/// The header of every client's tokens.
pub fn header(key: &MadeKey) -> Value {
    json!({ "alg": "RS256", "typ": "JWT", "kid": key.key })
}

/// A token as the Python client signs it: good for half a minute.
pub fn token(backend: &Backend, key: &MadeKey) -> String {
    let now = backend.clock.now().timestamp();
    let claims = json!({ "iss": key.account_number.to_string(), "iat": now - 5, "exp": now + 24 });
    signed(key, &header(key), &claims)
}

/// A token with this header and these claims, rightly signed.
pub fn signed(key: &MadeKey, header: &Value, claims: &Value) -> String {
    signed_texts(key, &header.to_string(), &claims.to_string())
}

/// The same with JSON that need not be one.
pub fn signed_texts(key: &MadeKey, header: &str, claims: &str) -> String {
    let text = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let signature = signature(key, MessageDigest::sha256(), &text);
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The signature of a text, with this digest.
pub fn signature(key: &MadeKey, digest: MessageDigest, text: &str) -> Vec<u8> {
    let key = PKey::private_key_from_pem(key.private_key.reveal().as_bytes())
        .expect("the PEM of a key that was just made");
    let mut signer = Signer::new(digest, &key).expect("an RSA key signs");
    signer
        .sign_oneshot_to_vec(text.as_bytes())
        .expect("an RSA key signs")
}
