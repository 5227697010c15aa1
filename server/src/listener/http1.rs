//! HTTP/1.1 on a connection, plain or within TLS.

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{Error, HEADER_TIMEOUT, MAX_HEADER_BYTES, Service};

const MAX_HEADERS: usize = 100;
/// Bytes of an answer after which hyper writes before it asks for more: less than a block of a body, so that a slow
/// reader holds one block and not several. It bounds what is read of a head too, so it is more than that may have.
const WRITE_BUFFER: usize = 48 * 1024;

/// Until the peer has enough; once `stopping`, until the running request is answered.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: Service,
    stopping: CancellationToken,
) -> Result<(), Error> {
    let service = service.map_request(|request: http::Request<Incoming>| request.map(Body::new));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEADER_BYTES.into())
        .max_buf_size(WRITE_BUFFER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return Ok(ended?),
        () = stopping.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    Ok(connection.await?)
}
