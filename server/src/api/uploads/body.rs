//! The bytes of a request as they come: as slowly as a line needs, but never standing still (R111, R112).

use std::io;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use tokio::io::AsyncRead;
use tokio::time::{Instant, timeout_at};
use tokio_util::io::StreamReader;

/// In this time something must come, and altogether at least [`LEAST`].
const WINDOW: Duration = Duration::from_mins(1);
/// Bytes. A modem does better.
const LEAST: usize = 32 * 1024;

/// The body for reading. An error of the kind `TimedOut` when it stands still.
pub(super) fn reader(body: Body) -> impl AsyncRead + Send + Unpin + 'static {
    StreamReader::new(Box::pin(watched(body.into_data_stream(), WINDOW, LEAST)))
}

struct Watched {
    bytes: BodyDataStream,
    ends: Instant,
    came: usize,
}

fn watched(
    bytes: BodyDataStream,
    window: Duration,
    least: usize,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let start = Watched {
        bytes,
        ends: Instant::now() + window,
        came: 0,
    };
    stream::try_unfold(start, move |mut watched| async move {
        loop {
            match timeout_at(watched.ends, watched.bytes.next()).await {
                Ok(Some(Ok(block))) => {
                    watched.came += block.len();
                    return Ok(Some((block, watched)));
                }
                Ok(Some(Err(error))) => return Err(io::Error::other(error)),
                Ok(None) => return Ok(None),
                // Enough came in this window: the next one begins.
                Err(_) if watched.came >= least => {
                    watched.ends = Instant::now() + window;
                    watched.came = 0;
                }
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_may_be_slow_and_must_not_stand_still() {
        let slow = |blocks: usize, size: usize, pause: Duration| {
            let blocks = stream::iter(0..blocks).then(move |_| async move {
                tokio::time::sleep(pause).await;
                Ok::<_, io::Error>(Bytes::from(vec![1; size]))
            });
            let bytes = Body::from_stream(blocks).into_data_stream();
            Box::pin(watched(bytes, WINDOW, LEAST))
        };
        // Ten minutes, at a thousand bytes a second.
        let whole = slow(600, 1000, Duration::from_secs(1));
        let blocks: Vec<_> = whole.collect().await;
        assert!(blocks.len() == 600 && blocks.iter().all(Result::is_ok));
        for (size, pause) in [(1, 1), (1 << 20, 61)] {
            let still = slow(600, size, Duration::from_secs(pause));
            let blocks: Vec<_> = still.collect().await;
            let last = blocks.last().unwrap().as_ref().unwrap_err();
            assert_eq!(last.kind(), io::ErrorKind::TimedOut);
            assert!(blocks.len() <= 60, "{}", blocks.len());
        }
    }
}
