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

    /// What comes of blocks of these sizes, with a pause before each.
    async fn outcomes(blocks: &[(usize, Duration)], window: Duration) -> Vec<Option<usize>> {
        let blocks = stream::iter(blocks.to_vec()).then(|(size, pause)| async move {
            tokio::time::sleep(pause).await;
            Ok::<_, io::Error>(Bytes::from(vec![1; size]))
        });
        let bytes = Body::from_stream(blocks).into_data_stream();
        let watched = watched(bytes, window, LEAST);
        let outcomes: Vec<_> = watched.collect().await;
        outcomes
            .into_iter()
            .map(|block| match block {
                Ok(block) => Some(block.len()),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
                    None
                }
            })
            .collect()
    }

    #[tokio::test]
    async fn a_body_may_be_slow_and_must_not_stand_still() {
        let window = Duration::from_millis(20);
        let (soon, later, never) = (Duration::ZERO, window * 5 / 4, Duration::MAX);
        // Enough in each window, however long it takes in all.
        let slow = [(LEAST, soon), (LEAST, later), (LEAST, later)];
        assert_eq!(outcomes(&slow, window).await, [Some(LEAST); 3]);
        // Little, but at once.
        assert_eq!(outcomes(&[(1, soon); 3], window).await, [Some(1); 3]);
        let still = [(LEAST, soon), (LEAST, never)];
        assert_eq!(outcomes(&still, window).await, [Some(LEAST), None]);
        assert_eq!(
            outcomes(&[(1, soon), (LEAST, never)], window).await,
            [Some(1), None]
        );
    }
}
