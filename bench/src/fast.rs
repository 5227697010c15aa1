//! As many requests as the server can answer, each connection with a thread and one request at a time.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::answer::Answers;
use crate::options::Fast;

/// Before anything is counted: hashes are computed, caches filled, windows opened.
const WARM_UP: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
struct Counters {
    bytes: AtomicU64,
    stop: AtomicBool,
}

/// The line to print.
pub(crate) fn run(options: &Fast) -> io::Result<String> {
    let counters = Counters::default();
    let (seconds, bytes, mut latencies) = thread::scope(|scope| {
        let threads: Vec<_> = (0..options.connections)
            .map(|number| {
                let counters = &counters;
                scope.spawn(move || ask(options, number as u64, counters))
            })
            .collect();
        thread::sleep(WARM_UP);
        let started = Instant::now();
        let before = counters.bytes.load(Ordering::Relaxed);
        thread::sleep(options.duration);
        let bytes = counters.bytes.load(Ordering::Relaxed) - before;
        let seconds = started.elapsed().as_secs_f64();
        counters.stop.store(true, Ordering::Relaxed);
        let mut latencies = Vec::new();
        for thread in threads {
            latencies.extend(
                thread
                    .join()
                    .map_err(|_| io::Error::other("a thread panicked"))??,
            );
        }
        Ok::<_, io::Error>((seconds, bytes, latencies))
    })?;
    // Answers that ended within the measured time.
    let window = WARM_UP..WARM_UP + options.duration;
    latencies.retain(|(ended, _)| window.contains(ended));
    let count = latencies.len();
    let mut times: Vec<Duration> = latencies.into_iter().map(|(_, time)| time).collect();
    times.sort_unstable();
    let micros = |part: usize| {
        let at = (count * part / 1000).min(count.saturating_sub(1));
        times.get(at).map_or(0, Duration::as_micros)
    };
    Ok(format!(
        r#"{{"seconds": {seconds:.3}, "bytes": {bytes}, "answers": {count}, "median_us": {}, "p99_us": {}}}"#,
        micros(500),
        micros(990)
    ))
}

/// One connection; when each answer ended since the start, and how long it took.
fn ask(options: &Fast, number: u64, counters: &Counters) -> io::Result<Vec<(Duration, Duration)>> {
    let started = Instant::now();
    let mut stream = TcpStream::connect(options.target.address)?;
    stream.set_nodelay(true)?;
    let mut answers = Answers::of(stream.try_clone()?);
    let head = options.target.head();
    let mut offsets = Offsets(number + 1);
    let mut times = Vec::new();
    let mut request = Vec::new();
    while !counters.stop.load(Ordering::Relaxed) {
        request.clear();
        request.extend_from_slice(head.as_bytes());
        if let Some((length, size)) = options.ranges {
            let first = offsets.next(size - length);
            write!(request, "Range: bytes={first}-{}\r\n", first + length - 1)?;
        }
        request.extend_from_slice(b"\r\n");
        let asked = Instant::now();
        stream.write_all(&request)?;
        let (status, length) = answers.next(|bytes| {
            counters.bytes.fetch_add(bytes, Ordering::Relaxed);
        })?;
        let expected = options
            .ranges
            .map_or((200, length), |(length, _)| (206, length));
        if (status, length) != expected {
            return Err(io::Error::other(format!(
                "answered {status} with {length} bytes"
            )));
        }
        times.push((started.elapsed(), asked.elapsed()));
    }
    Ok(times)
}

/// Offsets that are the same for every server: xorshift64.
struct Offsets(u64);

impl Offsets {
    fn next(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
