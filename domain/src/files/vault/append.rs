//! Writing bytes as they come: hashed on the way, on the disk when asked, and a block of zeros stays a hole.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};

/// What is written between two syncs, bytes: so that the last one does not have to wait for gigabytes.
const UNSYNCED: u64 = 64 << 20;

/// A file that grows at its end. Its calls block on the disk.
#[derive(Debug)]
pub struct Appender {
    file: File,
    sha256: Sha256,
    position: u64,
    /// Up to here everything is on the disk.
    synced: u64,
    zeros: Vec<u8>,
}

impl Appender {
    /// Of an empty file.
    pub fn new(file: File) -> Self {
        Self {
            file,
            sha256: Sha256::new(),
            position: 0,
            synced: 0,
            zeros: Vec::new(),
        }
    }

    /// The state ([`Appender::state`]) of one that has nothing yet.
    pub fn initial_state() -> Vec<u8> {
        Sha256::new().serialize().to_vec()
    }

    /// Goes on behind `position`, where the hash was in this state ([`Appender::state`]). What a killed process wrote
    /// behind it is cut off. `InvalidData` if the file or the state is not what it was.
    pub fn resume(file: File, position: u64, state: &[u8]) -> io::Result<Self> {
        let state = SerializedState::<Sha256>::try_from(state)
            .ok()
            .and_then(|state| Sha256::deserialize(&state).ok())
            .ok_or(io::ErrorKind::InvalidData)?;
        if file.metadata()?.len() < position {
            return Err(io::ErrorKind::InvalidData.into());
        }
        file.set_len(position)?;
        Ok(Self {
            file,
            sha256: state,
            position,
            synced: position,
            zeros: Vec::new(),
        })
    }

    /// Bytes so far.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// What [`Appender::resume`] needs. No secret: the bytes lie beside it.
    pub fn state(&self) -> Vec<u8> {
        self.sha256.serialize().to_vec()
    }

    pub fn append(&mut self, block: &[u8]) -> io::Result<()> {
        self.sha256.update(block);
        if self.zeros.len() < block.len() {
            self.zeros.resize(block.len(), 0);
        }
        // One comparison of memory; bytes of media differ at once.
        if block != &self.zeros[..block.len()] {
            self.file.write_all_at(block, self.position)?;
        }
        self.position += block.len() as u64;
        if self.position - self.synced >= UNSYNCED {
            self.sync()?;
        }
        Ok(())
    }

    /// Everything so far is on the disk when this is done. After an error nothing is certain, and it must not be
    /// tried again (R186).
    pub fn sync(&mut self) -> io::Result<()> {
        // A hole at the end is no write: the length makes it.
        if self.file.metadata()?.len() < self.position {
            self.file.set_len(self.position)?;
        }
        self.file.sync_all()?;
        self.synced = self.position;
        Ok(())
    }

    /// The file and the SHA-256 of what was appended.
    pub fn finish(mut self) -> io::Result<(File, [u8; 32])> {
        self.sync()?;
        Ok((self.file, self.sha256.finalize().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_interrupted_goes_on_where_it_was_with_the_same_hash() {
        let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let file = tempfile::tempfile().unwrap();
        let mut first = Appender::new(file.try_clone().unwrap());
        first.append(&bytes[..70_001]).unwrap();
        first.sync().unwrap();
        let (position, state) = (first.position(), first.state());
        first.append(&bytes[70_001..90_000]).unwrap();
        drop(first);
        let mut second = Appender::resume(file, position, &state).unwrap();
        second.append(&bytes[70_001..]).unwrap();
        second.append(&[0; 5000]).unwrap();
        let (file, sha256) = second.finish().unwrap();
        let mut expected = bytes;
        expected.extend([0; 5000]);
        let mut written = vec![0; expected.len()];
        file.read_exact_at(&mut written, 0).unwrap();
        assert_eq!(file.metadata().unwrap().len(), expected.len() as u64);
        assert!(written == expected);
        assert_eq!(sha256[..], Sha256::digest(&expected)[..]);
    }

    #[test]
    fn a_file_that_lost_bytes_is_not_gone_on_with() {
        let file = tempfile::tempfile().unwrap();
        let mut appender = Appender::new(file.try_clone().unwrap());
        appender.append(b"abc").unwrap();
        let state = appender.state();
        file.set_len(2).unwrap();
        assert!(Appender::resume(file.try_clone().unwrap(), 3, &state).is_err());
        assert!(Appender::resume(file, 2, b"no state").is_err());
    }
}
