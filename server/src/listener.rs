//! The accept loop: one limit for each thing that a peer can use up, and an orderly end.

mod http1; // one request after the other
pub mod sendfile; // files, without a copy
pub mod tls; // the certificate, and how connections begin with it

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tower::util::BoxCloneService;

use self::sendfile::{FileStream, Outlet};
use self::tls::Tls;

/// Open connections at most; more wait in the kernel's queue.
const MAX_CONNECTIONS: u32 = 4096;
/// A peer that does not finish its handshake, or its request line and headers, in this time is cut off.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of request line and headers together; more is answered 431.
const MAX_HEADER_BYTES: u16 = 32 * 1024;
/// How long accepting pauses when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Our own side of the connection, in the extensions of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalSide {
    pub address: SocketAddr,
    /// Whether the connection ends in TLS of ours. Behind a proxy it is the proxy's, and this is false.
    pub is_tls: bool,
}

/// Where connections come in.
#[derive(Debug)]
pub struct Listener {
    pub tcp: TcpListener,
    /// With it HTTPS is spoken, and nothing else.
    pub tls: Option<Arc<Tls>>,
}

impl From<TcpListener> for Listener {
    fn from(tcp: TcpListener) -> Self {
        Self { tcp, tls: None }
    }
}

/// Serves until `shutdown` resolves, then lets running requests finish for `grace` at most.
pub async fn serve(
    listener: impl Into<Listener>,
    router: Router,
    shutdown: impl Future<Output = ()>,
    grace: Duration,
) {
    let Listener { tcp, tls } = listener.into();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS as usize));
    let stopping = CancellationToken::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            let place = Arc::clone(&places)
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            (place, tcp.accept().await)
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
        let (tls, router, stopping) = (tls.clone(), router.clone(), stopping.clone());
        tokio::spawn(async move {
            if let Err(error) = connection(stream, peer, tls.as_deref(), router, stopping).await {
                tracing::debug!(%peer, %error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(tcp);
    stopping.cancel();
    // All places are free when the last connection has ended.
    if tokio::time::timeout(grace, places.acquire_many(MAX_CONNECTIONS))
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time and are cut off");
    }
}

type Error = Box<dyn std::error::Error + Send + Sync>;
type Request = http::Request<Body>;
type Service = BoxCloneService<Request, Response, Infallible>;

/// One connection to its end. Once `stopping`, it takes no further request.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<&Tls>,
    router: Router,
    stopping: CancellationToken,
) -> Result<(), Error> {
    let address = stream.local_addr()?;
    // Without this, small answers wait for the acknowledgement of earlier ones.
    stream.set_nodelay(true)?;
    let is_tls = tls.is_some();
    let local = LocalSide { address, is_tls };
    let Some(tls) = tls else {
        let stream = FileStream::new(stream);
        let service = service(router, peer, local, Some(stream.outlet()));
        return http1::serve(stream, service, stopping).await;
    };
    let begun = tokio::select! {
        begun = tls.begin(stream) => begun?,
        // Nobody has asked for anything yet.
        () = stopping.cancelled() => return Ok(()),
    };
    // SECURITY: no outlet. Files that went past us would go past the encryption too.
    let service = service(router, peer, local, None);
    match begun {
        Some(stream) => http1::serve(stream, service, stopping).await,
        None => Ok(()),
    }
}

/// The router, told of the connection that a request came by.
fn service(router: Router, peer: SocketAddr, local: LocalSide, outlet: Option<Outlet>) -> Service {
    let service = router.map_request(move |mut request: Request| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(local);
        if let Some(outlet) = &outlet {
            request.extensions_mut().insert(outlet.clone());
        }
        request
    });
    service.boxed_clone()
}
