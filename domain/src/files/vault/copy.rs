//! Copying and hashing in blocks: flat in memory, stoppable, and a hole stays a hole.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use rustix::fs::SeekFrom;
use rustix::io::Errno;
use sha2::{Digest, Sha256};

/// Why a copy did not come about. Nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("stopped")]
    Cancelled,
    /// The source was written to meanwhile.
    #[error("it changed while it was read")]
    Changed,
    /// The source's fault: other files may do better.
    #[error("it cannot be read: {0}")]
    Read(#[source] io::Error),
    /// The vault's fault (no room, a broken disk): every other file would meet it as well.
    #[error("the vault cannot be written: {0}")]
    Write(#[source] io::Error),
}

const BLOCK: usize = 1 << 20;

/// SHA-256 of a file without copying it. `more` hears the bytes of each block, and stops the work by saying false.
pub fn hash(source: &File, more: &mut dyn FnMut(u64) -> bool) -> Result<[u8; 32], CopyError> {
    run(source, None, more).map(|(_, sha256)| sha256)
}

/// Copies `source` into the empty file `target`; gives the size in bytes and the SHA-256.
pub(crate) fn copy(
    source: &File,
    target: &File,
    more: &mut dyn FnMut(u64) -> bool,
) -> Result<(u64, [u8; 32]), CopyError> {
    run(source, Some(target), more)
}

fn run(
    source: &File,
    target: Option<&File>,
    more: &mut dyn FnMut(u64) -> bool,
) -> Result<(u64, [u8; 32]), CopyError> {
    let before = source.metadata().map_err(CopyError::Read)?;
    let size = before.len();
    let mut work = Work {
        source,
        target,
        digest: Sha256::new(),
        block: vec![0; usize::try_from(size).unwrap_or(BLOCK).clamp(1, BLOCK)],
        more,
    };
    let mut position = 0;
    while position < size {
        let data = next_data(source, position)?
            .unwrap_or(size)
            .clamp(position, size);
        work.hole(data - position)?;
        let hole = if data < size {
            next_hole(source, data, size)?
        } else {
            size
        };
        work.data(data, hole)?;
        position = hole;
    }
    if let Some(target) = target {
        // A hole at the end is no write: the length makes it.
        target.set_len(size).map_err(CopyError::Write)?;
    }
    let after = source.metadata().map_err(CopyError::Read)?;
    let state = |file: &std::fs::Metadata| (file.len(), file.mtime(), file.mtime_nsec());
    if state(&before) != state(&after) {
        return Err(CopyError::Changed);
    }
    Ok((size, work.digest.finalize().into()))
}

struct Work<'a> {
    source: &'a File,
    target: Option<&'a File>,
    digest: Sha256,
    block: Vec<u8>,
    more: &'a mut dyn FnMut(u64) -> bool,
}

impl Work<'_> {
    /// A hole of the source: zeros to the hash, nothing to the target.
    fn hole(&mut self, length: u64) -> Result<(), CopyError> {
        if length > 0 {
            self.block.fill(0);
        }
        let mut left = length;
        while left > 0 {
            let step = self.step(left);
            self.digest.update(&self.block[..step]);
            self.tell(step)?;
            left -= step as u64;
        }
        Ok(())
    }

    fn data(&mut self, from: u64, to: u64) -> Result<(), CopyError> {
        let mut position = from;
        while position < to {
            let step = self.step(to - position);
            let block = &mut self.block[..step];
            self.source
                .read_exact_at(block, position)
                .map_err(|error| match error.kind() {
                    // Shorter than it said it was.
                    io::ErrorKind::UnexpectedEof => CopyError::Changed,
                    _ => CopyError::Read(error),
                })?;
            self.digest.update(&*block);
            if let Some(target) = self.target {
                target
                    .write_all_at(block, position)
                    .map_err(CopyError::Write)?;
            }
            self.tell(step)?;
            position += step as u64;
        }
        Ok(())
    }

    fn step(&self, left: u64) -> usize {
        usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(self.block.len())
    }

    fn tell(&mut self, bytes: usize) -> Result<(), CopyError> {
        if (self.more)(bytes as u64) {
            Ok(())
        } else {
            Err(CopyError::Cancelled)
        }
    }
}

/// Where the next data at or after `position` begins; None if only a hole is left.
fn next_data(file: &File, position: u64) -> Result<Option<u64>, CopyError> {
    match rustix::fs::seek(file, SeekFrom::Data(position)) {
        Ok(data) => Ok(Some(data)),
        Err(Errno::NXIO) => Ok(None),
        // A file system that knows no holes: everything is data.
        Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::NOTTY) => Ok(Some(position)),
        Err(error) => Err(CopyError::Read(error.into())),
    }
}

fn next_hole(file: &File, position: u64, size: u64) -> Result<u64, CopyError> {
    match rustix::fs::seek(file, SeekFrom::Hole(position)) {
        // At least one byte of progress, whatever the file system claims.
        Ok(hole) => Ok(hole.clamp(position + 1, size)),
        Err(Errno::NXIO | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOTTY) => Ok(size),
        Err(error) => Err(CopyError::Read(error.into())),
    }
}
