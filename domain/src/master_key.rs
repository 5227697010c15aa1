//! The master key: seals the secrets that must be shown again. It lies outside the database.
//!
//! Sealed texts are XChaCha20-Poly1305 with the purpose, the owner's id and the key's id as associated data:
//! a ciphertext moved to another row, column or key does not open (R051).

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use crate::Secret;

const NONCE_BYTES: usize = 24;
const KEY_BYTES: usize = 32;

/// Why the process does not start. Nothing is lost: with the right file it starts again.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    #[error(
        "the master key file {0} is missing, but this database holds secrets that were sealed with it. \
         Put the file back from your backup, or set REELGATE_MASTER_KEY_FILE to where it is"
    )]
    Missing(PathBuf),
    #[error(
        "the master key file {0} must hold 64 hexadecimal digits (32 random bytes). \
         Put the file back from your backup; for a new installation, make one with `openssl rand -hex 32`"
    )]
    Malformed(PathBuf),
    #[error(
        "the master key in {0} is not random. \
         Put the file back from your backup; for a new installation, make one with `openssl rand -hex 32`"
    )]
    Weak(PathBuf),
    #[error(
        "the master key file {path} can be read by others (mode {mode:04o}): run `chmod 600 {path}`"
    )]
    Exposed { path: PathBuf, mode: u32 },
    #[error(
        "the master key in {0} is not the one that this database was set up with. \
         Put the right file back from your backup, or set REELGATE_MASTER_KEY_FILE to where it is"
    )]
    Wrong(PathBuf),
    #[error("cannot read or write the master key file {path}")]
    Io { path: PathBuf, source: io::Error },
}

/// Cheap to clone. Prints as a mask.
#[derive(Clone)]
pub struct MasterKey(Arc<Inner>);

struct Inner {
    cipher: XChaCha20Poly1305,
    id: String,
    path: PathBuf,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({}, ***)", self.0.id)
    }
}

impl MasterKey {
    /// Reads the key, and refuses a file that others can read, that is short, or that is no random key (R061).
    pub fn load(path: &Path) -> Result<Self, MasterKeyError> {
        let io_error = |source| MasterKeyError::Io {
            path: path.to_owned(),
            source,
        };
        let file = match fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(MasterKeyError::Missing(path.to_owned()));
            }
            Err(error) => return Err(io_error(error)),
        };
        let mode = file.metadata().map_err(io_error)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(MasterKeyError::Exposed {
                path: path.to_owned(),
                mode,
            });
        }
        let mut text = String::new();
        file.take(1024)
            .read_to_string(&mut text)
            .map_err(|_| MasterKeyError::Malformed(path.to_owned()))?;
        let key =
            from_hex(text.trim()).ok_or_else(|| MasterKeyError::Malformed(path.to_owned()))?;
        let mut distinct = key.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() < 12 {
            return Err(MasterKeyError::Weak(path.to_owned()));
        }
        Ok(Self::from_bytes(&key, path))
    }

    /// Makes a new key file with mode 0600; never replaces one.
    pub fn create(path: &Path) -> Result<Self, MasterKeyError> {
        let io_error = |source| MasterKeyError::Io {
            path: path.to_owned(),
            source,
        };
        let mut key = [0_u8; KEY_BYTES];
        crate::hashing::fill_random(&mut key);
        let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        // Written under another name first: a process killed here must not leave half a key behind. A name of its own,
        // since another process may be doing the same at this moment, and must not put this one's key in place.
        let part = path.with_extension(format!("part-{}", std::process::id()));
        let _ = fs::remove_file(&part);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part)
            .map_err(io_error)?;
        writeln!(file, "{text}")
            .and_then(|()| file.sync_all())
            .map_err(io_error)?;
        let linked = fs::hard_link(&part, path);
        fs::remove_file(&part).map_err(io_error)?;
        linked.map_err(io_error)?;
        if let Some(folder) = path.parent() {
            fs::File::open(if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            })
            .and_then(|folder| folder.sync_all())
            .map_err(io_error)?;
        }
        Ok(Self::from_bytes(&key, path))
    }

    fn from_bytes(key: &[u8; KEY_BYTES], path: &Path) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"reelgate master key id");
        hasher.update(key);
        let id = hasher
            .finalize()
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(Arc::new(Inner {
            cipher: XChaCha20Poly1305::new(key.into()),
            id,
            path: path.to_owned(),
        }))
    }

    /// Names the key without telling anything of it.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Seals a text for one purpose and owner.
    pub fn seal(&self, purpose: &str, owner: &str, secret: &Secret) -> Vec<u8> {
        let mut nonce = [0_u8; NONCE_BYTES];
        crate::hashing::fill_random(&mut nonce);
        let payload = Payload {
            msg: secret.reveal().as_bytes(),
            aad: &self.associated(purpose, owner),
        };
        let sealed = self
            .0
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a short text can always be sealed");
        [&nonce[..], &sealed].concat()
    }

    /// The text, if it was sealed by this key for this purpose and owner.
    pub fn unseal(&self, purpose: &str, owner: &str, sealed: &[u8]) -> Option<Secret> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: sealed,
            aad: &self.associated(purpose, owner),
        };
        let text = self.0.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
        String::from_utf8(text).ok().map(Secret::new)
    }

    fn associated(&self, purpose: &str, owner: &str) -> Vec<u8> {
        format!("{purpose}\0{owner}\0{}", self.0.id).into_bytes()
    }
}

fn from_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    if text.len() != KEY_BYTES * 2 || !text.is_ascii() {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// R061.
    #[test]
    fn a_missing_short_weak_or_exposed_key_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        assert!(matches!(
            MasterKey::load(&path),
            Err(MasterKeyError::Missing(_))
        ));
        write(&path, "abcd", 0o600);
        assert!(matches!(
            MasterKey::load(&path),
            Err(MasterKeyError::Malformed(_))
        ));
        write(&path, &"zz".repeat(32), 0o600);
        assert!(matches!(
            MasterKey::load(&path),
            Err(MasterKeyError::Malformed(_))
        ));
        write(&path, &"00".repeat(32), 0o600);
        assert!(matches!(
            MasterKey::load(&path),
            Err(MasterKeyError::Weak(_))
        ));
        fs::remove_file(&path).unwrap();
        MasterKey::create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            MasterKey::load(&path),
            Err(MasterKeyError::Exposed { mode: 0o644, .. })
        ));
    }

    #[test]
    fn a_new_key_is_private_never_replaces_one_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let made = MasterKey::create(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
            0o600
        );
        assert!(MasterKey::create(&path).is_err());
        assert_eq!(MasterKey::load(&path).unwrap().id(), made.id());
    }

    /// R051 and R060.
    #[test]
    fn a_sealed_text_opens_only_where_it_belongs() {
        let folder = tempfile::tempdir().unwrap();
        let key = MasterKey::create(&folder.path().join("a")).unwrap();
        let other = MasterKey::create(&folder.path().join("b")).unwrap();
        let sealed = key.seal("preset", "row 1", &Secret::new("hunter2"));
        assert_eq!(
            key.unseal("preset", "row 1", &sealed).unwrap().reveal(),
            "hunter2"
        );
        assert!(key.unseal("preset", "row 2", &sealed).is_none());
        assert!(key.unseal("other", "row 1", &sealed).is_none());
        assert!(other.unseal("preset", "row 1", &sealed).is_none());
        assert!(key.unseal("preset", "row 1", &sealed[..20]).is_none());
        assert!(format!("{key:?}").ends_with("***)"));
    }
}
