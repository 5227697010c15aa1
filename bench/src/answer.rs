//! Reads answers off a connection and keeps nothing of their bodies.

use std::io::{self, Read};
use std::net::TcpStream;

/// A connection and what was read of it ahead of time.
#[derive(Debug)]
pub(crate) struct Answers {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Where unread bytes begin and end in `buffer`.
    unread: std::ops::Range<usize>,
}

impl Answers {
    pub(crate) fn of(stream: TcpStream) -> Self {
        Self {
            stream,
            buffer: vec![0; 128 * 1024],
            unread: 0..0,
        }
    }

    /// The status of the next answer and the bytes of its body, which `passed` is told of as they come.
    pub(crate) fn next(&mut self, mut passed: impl FnMut(u64)) -> io::Result<(u16, u64)> {
        let (status, length) = self.head()?;
        let mut missing = length;
        while missing > 0 {
            if self.unread.is_empty() {
                self.fill()?;
            }
            let taken = (self.unread.len() as u64).min(missing);
            self.unread.start += usize::try_from(taken).map_err(io::Error::other)?;
            missing -= taken;
            passed(taken);
        }
        Ok((status, length))
    }

    fn head(&mut self) -> io::Result<(u16, u64)> {
        loop {
            let unread = &self.buffer[self.unread.clone()];
            if let Some(end) = unread.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&unread[..end]).to_ascii_lowercase();
                self.unread.start += end + 4;
                return parse(&head).ok_or_else(|| io::Error::other(format!("strange: {head}")));
            }
            self.fill()?;
        }
    }

    /// Reads once, behind what is unread.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        let read = self.stream.read(&mut self.buffer[self.unread.end..])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.unread.end += read;
        Ok(())
    }
}

/// Status and `Content-Length` of a head in lower case.
fn parse(head: &str) -> Option<(u16, u64)> {
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let length = lines.find_map(|line| line.strip_prefix("content-length:"))?;
    Some((status, length.trim().parse().ok()?))
}
