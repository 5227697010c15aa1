//! Bytes of files go from the page cache to the socket without passing through this process: `sendfile`.
//!
//! hyper knows bodies only as bytes in memory. So a body that wants a stretch of a file sent hands over a *stand-in*: a
//! slice of memory that nobody ever reads or writes, as long as the stretch. [`FileStream`], the connection below hyper,
//! knows it by its address when it is to be written, and sends the stretch in its place.
//!
//! SECURITY: a stand-in that went out as it is, or the wrong stretch for it, would be a corrupt recording that looks
//! whole. So each stand-in has an address of its own among those of its connection, and what is to be written must be
//! exactly the unsent rest of the next stretch in line; anything else breaks the connection. Only a body that was
//! handed the connection's own [`Outlet`] makes stand-ins, so none ever leaves by another way.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// Bytes of a file that one stand-in is for, at most.
pub const LARGEST: usize = 256 * 1024;

/// Stand-ins of one connection whose addresses differ. hyper holds one or two at a time.
const PLACES: usize = 16;

/// Addresses, not memory: no page of it is ever touched.
static STAND_IN: LazyLock<&'static [u8]> = LazyLock::new(|| vec![0; PLACES * LARGEST].leak());

/// A stretch of a file that is to be sent, and the stand-in for it.
#[derive(Debug)]
struct Stretch {
    file: Arc<File>,
    offset: u64,
    /// Where its stand-in begins.
    address: usize,
    length: usize,
}

#[derive(Debug, Default)]
struct Line {
    stretches: VecDeque<Stretch>,
    next_place: usize,
}

/// Where bodies hand in stretches of files, in the extensions of every request of its connection. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Outlet(Arc<Mutex<Line>>);

impl Outlet {
    /// The stand-in for a stretch of at most [`LARGEST`] bytes. Whoever takes it must write all of it, in turn.
    pub fn stand_in(&self, file: &Arc<File>, offset: u64, length: usize) -> Bytes {
        let length = length.min(LARGEST);
        let mut line = self.line();
        let place = line.next_place * LARGEST;
        line.next_place = (line.next_place + 1) % PLACES;
        let stand_in = &STAND_IN[place..place + length];
        line.stretches.push_back(Stretch {
            file: Arc::clone(file),
            offset,
            address: stand_in.as_ptr().addr(),
            length,
        });
        Bytes::from_static(stand_in)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends of the next stretch in line, whose unsent rest `stand_in` must be.
    fn send(
        &self,
        stand_in: &[u8],
        send: impl FnOnce(&File, u64, usize) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut line = self.line();
        let next = line.stretches.front_mut().filter(|next| {
            (next.address, next.length) == (stand_in.as_ptr().addr(), stand_in.len())
        });
        let Some(next) = next else {
            tracing::error!("an answer and the stretches of its file are out of step");
            return Err(io::Error::other("out of step"));
        };
        let sent = send(&next.file, next.offset, next.length)?;
        if sent == 0 {
            tracing::error!("a session file ended before its end");
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        next.offset += sent as u64;
        next.address += sent;
        next.length -= sent.min(next.length);
        if next.length == 0 {
            line.stretches.pop_front();
        }
        Ok(sent)
    }
}

fn is_stand_in(slice: &[u8]) -> bool {
    STAND_IN.as_ptr_range().contains(&slice.as_ptr())
}

/// A connection that sends stretches of files in place of their stand-ins.
#[derive(Debug)]
pub struct FileStream {
    tcp: TcpStream,
    outlet: Outlet,
}

impl FileStream {
    pub fn new(tcp: TcpStream) -> Self {
        Self {
            tcp,
            outlet: Outlet::default(),
        }
    }

    /// For the bodies of this connection's answers.
    pub fn outlet(&self) -> Outlet {
        self.outlet.clone()
    }

    fn poll_send(&self, cx: &mut Context<'_>, stand_in: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.tcp.poll_write_ready(cx))?;
            let sent = self.tcp.try_io(Interest::WRITABLE, || {
                self.outlet.send(stand_in, |file, mut offset, length| {
                    let sent = rustix::fs::sendfile(&self.tcp, file, Some(&mut offset), length)?;
                    Ok(sent)
                })
            });
            match sent {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                sent => return Poll::Ready(sent),
            }
        }
    }
}

impl AsyncWrite for FileStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stand_in = slices.iter().position(|slice| is_stand_in(slice));
        let before = &slices[..stand_in.unwrap_or(slices.len())];
        match stand_in {
            Some(at) if before.iter().all(|slice| slice.is_empty()) => {
                self.poll_send(cx, &slices[at])
            }
            _ => Pin::new(&mut self.tcp).poll_write_vectored(cx, before),
        }
    }

    fn is_write_vectored(&self) -> bool {
        // SECURITY: otherwise hyper would copy what it writes, and so read the stand-ins.
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

impl AsyncRead for FileStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buffer)
    }
}

#[cfg(test)]
mod tests;
