//! A download as a stream of bytes. One that breaks off is an error, never an end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc::{Receiver, channel};

use crate::outbound::Fetch;

/// What came, piece by piece.
pub(super) struct Download {
    pieces: Receiver<io::Result<Option<Vec<u8>>>>,
    piece: Vec<u8>,
    read: usize,
    is_over: bool,
}

/// Reads on while the pieces before are used; two at most wait.
pub(super) fn of(mut fetch: Fetch) -> Download {
    let (sender, pieces) = channel(2);
    tokio::spawn(async move {
        loop {
            let piece = tokio::select! {
                piece = fetch.chunk() => piece.map_err(io::Error::other),
                // Nobody listens any more: the connection ends with this task.
                () = sender.closed() => return,
            };
            let is_last = !matches!(piece, Ok(Some(_)));
            if sender.send(piece).await.is_err() || is_last {
                return;
            }
        }
    });
    Download {
        pieces,
        piece: Vec::new(),
        read: 0,
        is_over: false,
    }
}

impl AsyncRead for Download {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.read == self.piece.len() {
            if self.is_over {
                return Poll::Ready(Ok(()));
            }
            match ready!(self.pieces.poll_recv(context)) {
                Some(Ok(Some(piece))) => {
                    self.piece = piece;
                    self.read = 0;
                }
                Some(Ok(None)) => self.is_over = true,
                Some(Err(error)) => return Poll::Ready(Err(error)),
                // The task died without a word.
                None => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            }
        }
        let rest = &self.piece[self.read..];
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..count]);
        self.read += count;
        Poll::Ready(Ok(()))
    }
}
