//! Names to addresses, every answer judged: the connection can only go where this led (R161, R162).

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::reach::Reach;

/// The answer of a look-up.
pub type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Asks for the addresses of a name. The machine's own resolver, or one that a test writes.
pub type Lookup = Arc<dyn Fn(String) -> Answer + Send + Sync>;

/// The machine's own resolver.
pub(super) fn system() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// Why a name led nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoWay {
    Unknown,
    /// SECURITY: not said of which address, or the error would tell what the network inside looks like.
    Refused,
}

impl fmt::Display for NoWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown host",
            Self::Refused => "refused address",
        })
    }
}

impl StdError for NoWay {}

/// What the HTTP client asks before each new connection.
pub(super) struct Vetting {
    pub(super) reach: Arc<Reach>,
    pub(super) lookup: Lookup,
}

impl Resolve for Vetting {
    fn resolve(&self, name: Name) -> Resolving {
        let asked = (self.lookup)(name.as_str().to_owned());
        let reach = Arc::clone(&self.reach);
        Box::pin(async move {
            let found = asked.await.map_err(|_| NoWay::Unknown)?;
            if found.is_empty() {
                return Err(NoWay::Unknown.into());
            }
            // One bad address among good ones is how a door is tried: all or none.
            if !found.iter().all(|address| reach.allows(*address)) {
                return Err(NoWay::Refused.into());
            }
            // Port 0: the client puts in the address's own.
            let addresses: Addrs =
                Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
