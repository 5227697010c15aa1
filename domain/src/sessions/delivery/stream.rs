//! From a stream to the disk: two blocks in memory, one that is read while the other is hashed and written.

use std::fs::File;
use std::io;

use sha2::{Digest as _, Sha512};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::files::vault::Appender;

/// Bytes of a block.
const BLOCK: usize = 256 << 10;

/// Where bytes go.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) appender: Appender,
    sha512: Option<Sha512>,
}

/// What was written in the end.
pub(crate) struct Sums {
    pub(crate) file: File,
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
    /// Where it was asked for.
    pub(crate) sha512: Option<[u8; 64]>,
}

impl Sink {
    pub(crate) fn new(appender: Appender, with_sha512: bool) -> Self {
        Self {
            appender,
            sha512: with_sha512.then(Sha512::new),
        }
    }

    fn append(&mut self, block: &[u8]) -> io::Result<()> {
        if let Some(sha512) = &mut self.sha512 {
            sha512.update(block);
        }
        self.appender.append(block)
    }

    /// When this is done everything is on the disk. Blocks.
    pub(crate) fn finish(self) -> io::Result<Sums> {
        let size = self.appender.position();
        let (file, sha256) = self.appender.finish()?;
        Ok(Sums {
            file,
            size,
            sha256,
            sha512: self.sha512.map(|sha512| sha512.finalize().into()),
        })
    }
}

/// Why a stream ended before its end.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The sender's side. What came before is written.
    Read(io::Error),
    /// Our side: what is on the disk is not certain.
    Write(io::Error),
    /// More came than was allowed. What was allowed is written.
    TooMuch,
}

/// Writes all that comes, at most `most` bytes. The sink comes back unless the disk failed.
pub(crate) async fn pump(
    sink: Sink,
    mut bytes: impl AsyncRead + Unpin,
    most: u64,
) -> (Option<Sink>, Result<(), Broken>) {
    let mut left = most;
    let mut writing = Writing::Idle(Box::new(sink), Vec::new());
    let mut block = Vec::new();
    loop {
        let read = fill(&mut bytes, &mut block).await;
        let (sink, mut spare) = match writing.idle().await {
            Ok(idle) => idle,
            Err(error) => return (None, Err(Broken::Write(error))),
        };
        let allowed = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let is_too_much = allowed < block.len();
        block.truncate(allowed);
        left -= allowed as u64;
        let end = match read {
            _ if is_too_much => Some(Err(Broken::TooMuch)),
            Ok(More::Yes) => None,
            Ok(More::No) => Some(Ok(())),
            Err(error) => Some(Err(Broken::Read(error))),
        };
        std::mem::swap(&mut block, &mut spare);
        block.clear();
        writing = Writing::start(sink, spare);
        if let Some(outcome) = end {
            return match writing.idle().await {
                Ok((sink, _)) => (Some(*sink), outcome),
                Err(error) => (None, Err(Broken::Write(error))),
            };
        }
    }
}

/// A sink and a block to spare, or both at work.
enum Writing {
    Idle(Box<Sink>, Vec<u8>),
    Busy(JoinHandle<io::Result<(Box<Sink>, Vec<u8>)>>),
}

impl Writing {
    fn start(mut sink: Box<Sink>, block: Vec<u8>) -> Self {
        if block.is_empty() {
            return Self::Idle(sink, block);
        }
        Self::Busy(spawn_blocking(move || {
            sink.append(&block)?;
            Ok((sink, block))
        }))
    }

    async fn idle(self) -> io::Result<(Box<Sink>, Vec<u8>)> {
        match self {
            Self::Idle(sink, block) => Ok((sink, block)),
            Self::Busy(task) => task.await.map_err(io::Error::other)?,
        }
    }
}

enum More {
    Yes,
    No,
}

/// Reads until the block is full or the stream ends.
async fn fill(bytes: &mut (impl AsyncRead + Unpin), block: &mut Vec<u8>) -> io::Result<More> {
    block.reserve_exact(BLOCK.saturating_sub(block.len()));
    while block.len() < BLOCK {
        let room = (BLOCK - block.len()) as u64;
        if (&mut *bytes).take(room).read_buf(block).await? == 0 {
            return Ok(More::No);
        }
    }
    Ok(More::Yes)
}
