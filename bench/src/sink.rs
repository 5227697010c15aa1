//! Takes whatever is posted: counts, keeps the first body, and answers with nothing.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// What came since the last look.
#[derive(Debug, Default)]
struct Seen {
    first: Option<Instant>,
    last: Option<Instant>,
    count: u64,
    /// Of the first one.
    body: Vec<u8>,
}

/// Prints its address; then, for each line on standard input, what came since the line before. Ends with the input.
pub(crate) fn run() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut out = io::stdout();
    writeln!(out, "{}", listener.local_addr()?)?;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let shared = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&shared);
            // A connection that breaks off ends its thread; what it had brought is counted.
            thread::spawn(move || take(stream, &seen));
        }
    });
    for line in io::stdin().lines() {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if line?.trim() == "forget" {
            *seen = Seen::default();
        }
        let seconds = match (seen.first, seen.last) {
            (Some(first), Some(last)) => (last - first).as_secs_f64(),
            _ => 0.0,
        };
        let body: String = seen.body.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(
            out,
            r#"{{"count": {}, "seconds": {seconds:.6}, "body": "{body}"}}"#,
            seen.count
        )?;
        out.flush()?;
    }
    Ok(String::new())
}

/// Requests of one connection, one after the other.
fn take(stream: TcpStream, seen: &Mutex<Seen>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        let now = Instant::now();
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.first.is_none() {
            seen.first = Some(now);
            seen.body.clone_from(&body);
        }
        seen.last = Some(now);
        seen.count += 1;
    }
}
