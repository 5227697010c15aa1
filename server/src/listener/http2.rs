//! HTTP/2 within TLS, with the same limits as HTTP/1.1, and requests in the form that all behind it knows.
//!
//! hyper has a time limit for heads of HTTP/1.1 only. Here a connection on which nobody has asked for anything for so
//! long is ended: that covers heads that never end, too. What runs is left alone.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{COOKIE, HOST};
use http::{HeaderValue, Uri};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower::{Service as _, ServiceExt as _};

use super::{Error, HEADER_TIMEOUT, MAX_HEADER_BYTES, Service};

/// Requests at once on a connection.
const MAX_STREAMS: u32 = 32;
/// Bytes of an answer that wait for a slow reader: a block is on its way and no more is asked for.
const SEND_BUFFER: usize = 48 * 1024;
/// How often a silent peer is asked whether it is there, and how long it has to answer: one that has gone without a
/// word in the middle of an answer would hold its place for ever, since it is owed a window and not an acknowledgement.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes of a request that are still taken in when it has its answer, and for how long.
const MAX_REST: usize = 256 * 1024;
const REST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection that was told to end may go on without a request: the last bytes of an answer may still be on
/// their way to a slow reader.
const LAST_BYTES: Duration = Duration::from_mins(2);

/// Until the peer has enough or asks for nothing; once `stopping`, until the running requests are answered.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: Service,
    stopping: CancellationToken,
) -> Result<(), Error> {
    let activity = Arc::new(Activity::default());
    let watched = Arc::clone(&activity);
    let service = tower::service_fn(move |request: http::Request<Incoming>| {
        let request = request.map(|body| Body::new(Asked(Some(body))));
        let running = Running::begin(&watched);
        let mut service = service.clone();
        async move {
            let response = service.ready().await?.call(as_in_http1(request)).await?;
            Ok::<_, std::convert::Infallible>(running.until_the_end_of(response))
        }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES.into())
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    let mut is_ending = false;
    loop {
        let patience = if is_ending {
            LAST_BYTES
        } else {
            HEADER_TIMEOUT
        };
        tokio::select! {
            ended = connection.as_mut() => return Ok(ended?),
            () = stopping.cancelled(), if !is_ending => {}
            () = activity.is_idle_for(patience) => {
                // It never asked for anything, or was told already and does not go.
                if is_ending || activity.begun.load(SeqCst) == 0 {
                    return Ok(());
                }
            }
        }
        is_ending = true;
        connection.as_mut().graceful_shutdown();
    }
}

/// The same request with the host in `Host`, a path as its target, and one line of cookies (RFC 9113 8.3.1, 8.2.3):
/// what looks at requests behind us, whoever wrote it, must not miss what stands elsewhere.
fn as_in_http1<B>(mut request: http::Request<B>) -> http::Request<B> {
    let uri = request.uri();
    let authority = uri
        .authority()
        .and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    let target = uri
        .path_and_query()
        .and_then(|target| Uri::try_from(target.as_str()).ok());
    let headers = request.headers_mut();
    // SECURITY: one that differs is kept beside it, and the request is refused for having two.
    if let Some(authority) = authority
        && headers.get(HOST) != Some(&authority)
    {
        headers.append(HOST, authority);
    }
    let cookies: Vec<&[u8]> = headers
        .get_all(COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if cookies.len() > 1
        && let Ok(line) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
    {
        headers.insert(COOKIE, line);
    }
    if let Some(target) = target {
        *request.uri_mut() = target;
    }
    request
}

/// The body of a request. Of one that nobody reads to its end, the rest is taken in all the same for a while: else the
/// stream is reset, which RFC 9113 8.1 permits, and which some clients (curl 7.88) take for a failure of their request
/// instead of reading the answer.
struct Asked(Option<Incoming>);

impl http_body::Body for Asked {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.0 {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0
            .as_ref()
            .map_or_else(SizeHint::new, Incoming::size_hint)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let rest = self.0.take().filter(|body| !body.is_end_stream());
        // Without a runtime the process ends, and the connection with it.
        if let (Some(rest), Ok(runtime)) = (rest, Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(REST_TIMEOUT, take_in(rest)));
        }
    }
}

async fn take_in(mut rest: Incoming) {
    let mut taken = 0;
    while taken < MAX_REST {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut rest).poll_frame(cx)).await;
        let Some(Ok(frame)) = frame else { return };
        taken += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// Which requests run on a connection.
#[derive(Debug, Default)]
struct Activity {
    running: AtomicUsize,
    begun: AtomicU64,
    /// The last of those that ran has ended.
    rests: Notify,
}

impl Activity {
    /// Resolves when no request has run for so long.
    async fn is_idle_for(&self, limit: Duration) {
        loop {
            let begun = self.begun.load(SeqCst);
            if self.running.load(SeqCst) > 0 {
                self.rests.notified().await;
                continue;
            }
            tokio::time::sleep(limit).await;
            if self.running.load(SeqCst) == 0 && self.begun.load(SeqCst) == begun {
                return;
            }
        }
    }
}

/// A request, from its head to the last byte of its answer.
struct Running(Arc<Activity>);

impl Running {
    fn begin(activity: &Arc<Activity>) -> Self {
        activity.begun.fetch_add(1, SeqCst);
        activity.running.fetch_add(1, SeqCst);
        Self(Arc::clone(activity))
    }

    fn until_the_end_of(self, response: Response) -> Response {
        response.map(|body| {
            Body::new(Answer {
                body,
                _running: self,
            })
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, SeqCst) == 1 {
            self.0.rests.notify_one();
        }
    }
}

struct Answer {
    body: Body,
    _running: Running,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
