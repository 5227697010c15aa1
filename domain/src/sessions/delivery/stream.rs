//! From a stream to the disk: two blocks in memory, one that is read while the other is hashed and written.

use std::fs::File;
use std::io;

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::files::vault::Appender;
use crate::uploads::Checksum;

/// Bytes of a block.
const BLOCK: usize = 256 << 10;

/// Where bytes go.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) appender: Appender,
    /// A further sum, where somebody asks for one.
    also: Option<Also>,
}

/// Sums of the bytes that went through a sink, not of those that were there before.
#[derive(Debug)]
enum Also {
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
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
            also: with_sha512.then(|| Also::Sha512(Sha512::new())),
        }
    }

    /// Sums up what goes through as this checksum does.
    pub(crate) fn checked(mut self, checksum: &Checksum) -> Self {
        self.also = Some(match checksum {
            Checksum::Sha1(_) => Also::Sha1(Sha1::new()),
            Checksum::Sha256(_) => Also::Sha256(Sha256::new()),
        });
        self
    }

    /// Whether what went through since [`Sink::checked`] is what the checksum says.
    pub(crate) fn is_as_said(&mut self, checksum: &Checksum) -> bool {
        match (self.also.take(), checksum) {
            (Some(Also::Sha1(sum)), Checksum::Sha1(said)) => sum.finalize()[..] == said[..],
            (Some(Also::Sha256(sum)), Checksum::Sha256(said)) => sum.finalize()[..] == said[..],
            _ => false,
        }
    }

    fn append(&mut self, block: &[u8]) -> io::Result<()> {
        match &mut self.also {
            Some(Also::Sha1(sum)) => sum.update(block),
            Some(Also::Sha256(sum)) => sum.update(block),
            Some(Also::Sha512(sum)) => sum.update(block),
            None => {}
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
            sha512: match self.also {
                Some(Also::Sha512(sum)) => Some(sum.finalize().into()),
                _ => None,
            },
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
