//! What a one-time link holds: a random text whose hash is all that the database knows.

use sha2::{Digest, Sha256};

use crate::{Backend, Secret, hashing};

/// Characters of a token: 186 bits in the alphabet of `hashing::random_text` (R028 asks for 128).
const LENGTH: usize = 32;

/// The secret part of a one-time link. Masked in `Debug`.
#[derive(Debug, Clone)]
pub struct LinkToken(Secret);

impl LinkToken {
    pub(crate) fn random() -> Self {
        Self(hashing::random_text(LENGTH))
    }

    /// As it came back from a browser.
    pub fn new(typed: &str) -> Self {
        Self(Secret::new(typed))
    }

    /// SHA-256: a text of that many random bits needs no slow hash.
    pub(crate) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.reveal().as_bytes()).to_vec()
    }

    /// The whole address below the installation's own, whatever host the request named (R029).
    pub fn link(&self, backend: &Backend, path: &str) -> Secret {
        Secret::new(format!(
            "{}{path}?token={}",
            backend.public_url,
            self.0.reveal()
        ))
    }
}
