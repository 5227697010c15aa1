//! The bytes of an answer, read from a file block by block. Knows neither HTTP headers nor accounts.
//!
//! A large stretch that lies in the page cache goes past us, where the connection can do that
//! ([`crate::listener::sendfile`]). Else it is read in blocks.
//!
//! A block that lies in the page cache is read where we are: handing it to another thread costs more than the copy,
//! and a small answer leaves in one packet with its headers. What must come from the disk is read on the blocking
//! pool, so that a slow disk never holds up a worker. `preadv2` with `RWF_NOWAIT` tells the two apart.
//!
//! At most one block is in memory for a body, however slow its reader is, and a large one only for a reader who has
//! been quick ([`Pace`]).

use std::collections::VecDeque;
use std::fs::File;
use std::future::Future as _;
use std::io::{self, IoSliceMut};
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use rustix::io::{ReadWriteFlags, preadv2};
use tokio::task::{JoinHandle, spawn_blocking};

use self::block::{LARGE, SMALL};
use super::range::ByteRange;
use crate::listener::sendfile::{LARGEST, Outlet};

mod block;

/// Bytes read at once at most.
pub const BLOCK: usize = LARGE;

/// A piece of a body.
#[derive(Debug)]
pub enum Part {
    /// Bytes that are in memory, such as the header of a part.
    Text(Bytes),
    /// Bytes of the file.
    Stretch(ByteRange),
}

/// Parts of one file, one after the other.
#[derive(Debug)]
pub struct FileBody {
    file: Arc<File>,
    parts: VecDeque<Part>,
    /// Bytes still to come; the answer's `Content-Length` promised them.
    remaining: u64,
    /// A block that is being read on the blocking pool, of the stretch that is first in `parts`.
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    pace: Pace,
    outlet: Option<Outlet>,
}

/// How quickly the reader takes what it is given, and so how much it is given at once.
#[derive(Debug)]
struct Pace {
    since: Instant,
    /// Bytes that were taken without a pause.
    taken: u64,
}

impl Pace {
    /// The kernel's buffers of both sides take so much of an answer whose reader has not even begun.
    const PROVEN: u64 = 16 * 1024 * 1024;
    /// Between two blocks; whoever needs longer is slow.
    const PAUSE: Duration = Duration::from_millis(100);

    fn start() -> Self {
        Self {
            since: Instant::now(),
            taken: 0,
        }
    }

    /// The last block was taken.
    fn take(&mut self, bytes: usize) {
        let now = Instant::now();
        if now - self.since > Self::PAUSE {
            self.taken = 0;
        }
        self.taken += bytes as u64;
        self.since = now;
    }

    const fn block(&self) -> usize {
        if self.taken < Self::PROVEN {
            SMALL
        } else {
            LARGE
        }
    }
}

impl FileBody {
    pub fn new(file: File, outlet: Option<Outlet>, parts: impl IntoIterator<Item = Part>) -> Self {
        let parts: VecDeque<Part> = parts.into_iter().collect();
        let remaining = parts.iter().map(length).sum();
        Self {
            file: Arc::new(file),
            parts,
            remaining,
            reading: None,
            pace: Pace::start(),
            outlet,
        }
    }

    /// Bytes in all that are still to come.
    pub const fn len(&self) -> u64 {
        self.remaining
    }

    pub const fn is_empty(&self) -> bool {
        self.remaining == 0
    }

    /// A stand-in for the beginning of a large stretch that lies in the page cache, if the connection takes such.
    fn past_us(&self, stretch: ByteRange) -> Option<Bytes> {
        let outlet = self.outlet.as_ref()?;
        let length = length_of(stretch, LARGEST);
        // A small answer leaves in one piece with its headers.
        if length <= SMALL {
            return None;
        }
        // `sendfile` would wait for the disk on this thread. Both ends are cached: so is what lies between, or the
        // kernel is fetching it already.
        let last = stretch.first + length as u64 - 1;
        let is_cached = is_cached(&self.file, stretch.first) && is_cached(&self.file, last);
        is_cached.then(|| outlet.stand_in(&self.file, stretch.first, length))
    }

    /// The block at the front was read: it leaves, and the stretch begins behind it.
    fn hand_over(&mut self, block: Bytes) -> Frame<Bytes> {
        let read = block.len() as u64;
        match self.parts.pop_front() {
            Some(Part::Stretch(stretch)) if read < stretch.len() => {
                let rest = ByteRange {
                    first: stretch.first + read,
                    last: stretch.last,
                };
                self.parts.push_front(Part::Stretch(rest));
            }
            _ => {}
        }
        self.remaining -= read;
        self.pace.take(block.len());
        Frame::data(block)
    }

    /// SECURITY: an error breaks the connection. A short body that ended well would pass for the whole file (R108).
    fn give_up(&mut self, error: io::Error) -> io::Error {
        tracing::error!(error = %error, missing = self.remaining, "a session file could not be read to its end");
        self.parts.clear();
        error
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let block = if let Some(reading) = &mut this.reading {
            let read = ready!(Pin::new(reading).poll(cx));
            this.reading = None;
            read.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
        } else {
            match this.parts.front() {
                None => return Poll::Ready(None),
                Some(Part::Text(text)) => Ok(text.clone()),
                Some(Part::Stretch(stretch)) => {
                    let stretch = *stretch;
                    if let Some(stand_in) = this.past_us(stretch) {
                        return Poll::Ready(Some(Ok(this.hand_over(stand_in))));
                    }
                    let (offset, length) = (stretch.first, length_of(stretch, this.pace.block()));
                    if let Some(outcome) = read_cached(&this.file, offset, length) {
                        outcome
                    } else {
                        let file = Arc::clone(&this.file);
                        let mut reading = spawn_blocking(move || read_block(&file, offset, length));
                        // The first poll registers who is to be woken.
                        let polled = Pin::new(&mut reading).poll(cx);
                        let Poll::Ready(read) = polled else {
                            this.reading = Some(reading);
                            return Poll::Pending;
                        };
                        read.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
                    }
                }
            }
        };
        Poll::Ready(Some(match block {
            Ok(block) => Ok(this.hand_over(block)),
            Err(error) => Err(this.give_up(error)),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.parts.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

fn length(part: &Part) -> u64 {
    match part {
        Part::Text(text) => text.len() as u64,
        Part::Stretch(stretch) => stretch.len(),
    }
}

fn length_of(stretch: ByteRange, block: usize) -> usize {
    usize::try_from(stretch.len()).map_or(block, |length| length.min(block))
}

/// What of a block is in the page cache, without waiting; None if that cannot be had or cannot be told.
fn read_cached(file: &File, offset: u64, length: usize) -> Option<io::Result<Bytes>> {
    let read = block::fill(length, |block| {
        let slices = &mut [IoSliceMut::new(block)];
        Ok(preadv2(file, slices, offset, ReadWriteFlags::NOWAIT)?)
    });
    match read {
        Ok(block) if block.is_empty() => Some(Err(io::ErrorKind::UnexpectedEof.into())),
        Ok(block) => Some(Ok(block)),
        // Not cached, or a file system that cannot tell. A real error comes again on the pool.
        Err(_) => None,
    }
}

fn is_cached(file: &File, offset: u64) -> bool {
    let mut byte = [0];
    let slices = &mut [IoSliceMut::new(&mut byte)];
    preadv2(file, slices, offset, ReadWriteFlags::NOWAIT).is_ok_and(|read| read == 1)
}

fn read_block(file: &File, offset: u64, length: usize) -> io::Result<Bytes> {
    block::fill(length, |block| {
        file.read_exact_at(block, offset)?;
        Ok(block.len())
    })
}

#[cfg(test)]
mod tests;
