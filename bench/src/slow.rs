//! Many downloads at once that each read a little now and then, until standard input ends.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::options::Slow;

const TICK: Duration = Duration::from_millis(100);

/// The line to print at the end. Prints `open` when every download has begun.
pub(crate) fn run(options: &Slow) -> io::Result<String> {
    let head = format!("{}\r\n", options.target.head());
    let mut buffer = vec![0; options.bytes];
    let mut downloads = Vec::new();
    for _ in 0..options.connections {
        let mut stream = TcpStream::connect(options.target.address)?;
        stream.write_all(head.as_bytes())?;
        let read = stream.read(&mut buffer)?;
        if !buffer[..read].starts_with(b"HTTP/1.1 200 ") {
            return Err(io::Error::other("a download was refused"));
        }
        stream.set_nonblocking(true)?;
        downloads.push(stream);
    }
    let ended = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&ended);
    // Left behind at the end: it waits for standard input only.
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        told.store(true, Ordering::Relaxed);
    });
    writeln!(io::stdout(), "open")?;
    io::stdout().flush()?;
    let mut bytes = 0;
    while !ended.load(Ordering::Relaxed) {
        for stream in &mut downloads {
            match stream.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => bytes += read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        thread::sleep(TICK);
    }
    Ok(format!(
        r#"{{"downloads": {}, "bytes": {bytes}}}"#,
        downloads.len()
    ))
}
