//! A bare loop of POSTs: the same body over and over, each connection with a thread and one request at a time.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Instant;

use crate::answer::Answers;
use crate::options::Post;

/// The line to print.
pub(crate) fn run(options: &Post) -> io::Result<String> {
    let mut body = Vec::new();
    io::stdin().read_to_end(&mut body)?;
    let mut request = options.target.head_of("POST").into_bytes();
    write!(
        request,
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )?;
    request.extend_from_slice(&body);
    let each = options.requests.div_ceil(options.connections);
    let started = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..options.connections)
            .map(|_| scope.spawn(|| post(options, &request, each)))
            .collect();
        for thread in threads {
            thread
                .join()
                .map_err(|_| io::Error::other("a thread panicked"))??;
        }
        Ok::<_, io::Error>(())
    })?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(format!(
        r#"{{"seconds": {seconds:.6}, "requests": {}}}"#,
        each * options.connections
    ))
}

fn post(options: &Post, request: &[u8], count: usize) -> io::Result<()> {
    let mut stream = TcpStream::connect(options.target.address)?;
    stream.set_nodelay(true)?;
    let mut answers = Answers::of(stream.try_clone()?);
    for _ in 0..count {
        stream.write_all(request)?;
        let (status, _) = answers.next(|_| ())?;
        if status != 200 {
            return Err(io::Error::other(format!("answered {status}")));
        }
    }
    Ok(())
}
