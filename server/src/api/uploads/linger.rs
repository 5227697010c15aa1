//! Refusals that a sender can hear: who answers before the body is there must not cut the line under the sender's feet.
//!
//! A sender that asked with `Expect: 100-continue` waits for the answer and has sent nothing. Others are in the middle
//! of sending, and many read the answer only when they are done: closing on them would reset the connection and lose
//! the answer (RFC 9112 section 9.6). So a little more is read and thrown away.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CONNECTION, EXPECT, TRANSFER_ENCODING};
use http_body::{Body as _, Frame, SizeHint};

/// Bytes that are read for nothing.
const MOST: usize = 64 << 20;
/// And how long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Puts the request's body into one that is emptied when nobody wants it.
pub async fn layer(request: Request, next: Next) -> Response {
    let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let waits = request.headers().contains_key(EXPECT);
    let request = request.map(|body| {
        Body::new(Unhurried {
            body: Some(body),
            was_asked_for: !waits,
        })
    });
    let mut response = next.run(request).await;
    if is_chunked {
        // SECURITY: hyper drops a Content-Length beside a Transfer-Encoding before we see it, and a proxy in front may
        // have believed the other one: what follows on this connection is nobody's request (RFC 9112 section 6.1).
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

struct Unhurried {
    /// None: it went to whoever empties it.
    body: Option<Body>,
    /// The sender sends.
    was_asked_for: bool,
}

impl http_body::Body for Unhurried {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.was_asked_for = true;
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for Unhurried {
    fn drop(&mut self) {
        let Some(body) = self.body.take() else {
            return;
        };
        if self.was_asked_for
            && !body.is_end_stream()
            && tokio::runtime::Handle::try_current().is_ok()
        {
            tokio::spawn(tokio::time::timeout(PATIENCE, empty(body)));
        }
    }
}

async fn empty(mut body: Body) {
    let mut came = 0;
    while came < MOST {
        let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        match next.await {
            Some(Ok(frame)) => came += frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) | None => return,
        }
    }
}
