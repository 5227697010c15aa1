//! Key pairs: made with OpenSSL, used with ring.

use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use crate::{Error, Secret};

/// Bits of a new key's modulus (R142; NIST SP 800-57 part 1, to 2030).
const BITS: u32 = 2048;

/// Both halves of a new key.
pub(super) struct KeyPair {
    /// PEM, PKCS #8.
    pub(super) private: Secret,
    /// RSAPublicKey of PKCS #1, DER.
    pub(super) public: Vec<u8>,
}

/// A new key pair. Takes a tenth of a second and more, so it runs where it holds nobody up.
pub(super) async fn generate() -> Result<KeyPair, Error> {
    tokio::task::spawn_blocking(make)
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)
}

fn make() -> Result<KeyPair, Box<dyn std::error::Error + Send + Sync>> {
    let key = Rsa::generate(BITS)?;
    let public = key.public_key_to_der_pkcs1()?;
    let pem = PKey::from_rsa(key)?.private_key_to_pem_pkcs8()?;
    Ok(KeyPair {
        private: Secret::new(String::from_utf8(pem)?),
        public,
    })
}

/// Whether this is the signature of the text by the private half of this key (RSASSA-PKCS1-v1_5 with SHA-256). Keys
/// below 2048 bits sign nothing.
pub(super) fn is_signature(public: &[u8], text: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
        .verify(text, signature)
        .is_ok()
}
