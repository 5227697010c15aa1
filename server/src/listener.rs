//! The accept loop: one limit for each thing that a peer can use up, and an orderly end.

pub mod sendfile; // files, without a copy

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use self::sendfile::FileStream;

/// Open connections at most; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 4096;
/// A peer that does not finish its request line and headers in this time is cut off.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_HEADERS: usize = 100;
/// Bytes of request line and headers together; more is answered 431.
const MAX_HEADER_BYTES: usize = 32 * 1024;
/// Bytes of an answer after which hyper writes before it asks for more: less than a block of a body, so that a slow
/// reader holds one block and not several. It bounds what is read of a head too, so it is more than that may have.
const WRITE_BUFFER: usize = 48 * 1024;
/// How long accepting pauses when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The address of our own side of the connection, in the extensions of every request.
#[derive(Debug, Clone, Copy)]
pub struct LocalAddress(pub SocketAddr);

/// Serves until `shutdown` resolves, then lets running requests finish for `grace` at most.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
    grace: Duration,
) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            let place = Arc::clone(&places)
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            (place, listener.accept().await)
        };
        let (place, (stream, peer)) = tokio::select! {
            () = &mut shutdown => break,
            (place, accepted) = accepted => match accepted {
                Ok(connection) => (place, connection),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let Some(connection) = connection(stream, peer, router.clone()) else {
            continue;
        };
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, %error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(grace, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time and are cut off");
    }
}

type Connection = http1::Connection<
    TokioIo<FileStream>,
    TowerToHyperService<tower::util::BoxCloneService<Request, Response, Never>>,
>;
type Request = http::Request<hyper::body::Incoming>;
type Response = axum::response::Response;
type Never = std::convert::Infallible;

/// HTTP/1.1 only: one parser of framing to trust. HTTP/2 is the business of the proxy with TLS.
fn connection(stream: TcpStream, peer: SocketAddr, router: Router) -> Option<Connection> {
    // The peer may be gone by now.
    let local = stream.local_addr().ok()?;
    // Without this, small answers wait for the acknowledgement of earlier ones.
    stream.set_nodelay(true).ok()?;
    let stream = FileStream::new(stream);
    let outlet = stream.outlet();
    let service = router.map_request(move |mut request: Request| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(LocalAddress(local));
        request.extensions_mut().insert(outlet.clone());
        request.map(axum::body::Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(WRITE_BUFFER)
        .serve_connection(
            TokioIo::new(stream),
            TowerToHyperService::new(service.boxed_clone()),
        );
    Some(connection)
}
