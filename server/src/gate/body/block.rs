//! Blocks of memory that answers are read into, used again and again.
//!
//! A fresh block is zeroed first, and its pages are mapped in one by one: for a large answer that costs more than the
//! copy. The block that came back last is handed out first, since it is still in the processor's cache.

use std::io;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// Bytes of a large block, for readers who keep up.
pub(super) const LARGE: usize = 256 * 1024;
/// Bytes of a small block, for the others: so much of memory does a slow download hold.
pub(super) const SMALL: usize = 64 * 1024;

/// Shorter answers are not worth the pool.
const TINY: usize = 8 * 1024;
/// Blocks of each size that are kept when nobody uses them: 6 MiB.
const KEPT: usize = 20;

static LARGE_BLOCKS: Pool = Pool::new(LARGE);
static SMALL_BLOCKS: Pool = Pool::new(SMALL);

struct Pool {
    size: usize,
    free: Mutex<Vec<Vec<u8>>>,
}

impl Pool {
    const fn new(size: usize) -> Self {
        Self {
            size,
            free: Mutex::new(Vec::new()),
        }
    }

    fn take(&'static self) -> Vec<u8> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = free.pop();
        drop(free);
        kept.unwrap_or_else(|| vec![0; self.size])
    }

    fn give_back(&self, bytes: Vec<u8>) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
            free.push(bytes);
        }
    }
}

/// What was read into a block. The block returns to its pool with the last reader of the bytes.
struct Filled {
    bytes: Vec<u8>,
    length: usize,
    pool: &'static Pool,
}

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        // SECURITY: behind it are bytes of other answers.
        &self.bytes[..self.length]
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        self.pool.give_back(std::mem::take(&mut self.bytes));
    }
}

/// Bytes that `read` wrote into a block of this length, at most [`LARGE`]; as many as it says.
pub(super) fn fill(
    length: usize,
    read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
) -> io::Result<Bytes> {
    if length <= TINY {
        let mut bytes = vec![0; length];
        let length = read(&mut bytes)?;
        bytes.truncate(length);
        return Ok(bytes.into());
    }
    let pool = if length <= SMALL {
        &SMALL_BLOCKS
    } else {
        &LARGE_BLOCKS
    };
    let mut filled = Filled {
        bytes: pool.take(),
        length: 0,
        pool,
    };
    let length = length.min(filled.bytes.len());
    // Never more than there is, whatever it says.
    filled.length = read(&mut filled.bytes[..length])?.min(length);
    Ok(Bytes::from_owner(filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_read_is_seen() {
        for length in [1, TINY, TINY + 1, SMALL, SMALL + 1, LARGE] {
            let old = fill(length, |block| {
                block.fill(b'x');
                Ok(block.len())
            });
            assert_eq!(old.unwrap(), vec![b'x'; length]);
            let new = fill(length, |block| {
                block[0] = b'y';
                Ok(1)
            });
            assert_eq!(new.unwrap(), "y", "{length}");
        }
    }

    #[test]
    fn a_block_lives_as_long_as_its_last_reader() {
        let whole = fill(LARGE, |block| {
            block.fill(b'z');
            Ok(block.len())
        });
        let end = whole.unwrap().slice(LARGE - 1..);
        let other = fill(LARGE, |block| {
            block.fill(b'w');
            Ok(block.len())
        });
        assert_eq!(other.unwrap()[0], b'w');
        assert_eq!(end, "z");
    }

    #[test]
    fn a_failed_read_loses_no_block() {
        let failed = fill(LARGE, |_| Err(io::ErrorKind::Other.into()));
        assert!(failed.is_err());
        assert!(!LARGE_BLOCKS.free.lock().unwrap().is_empty());
    }
}
