//! The client's address: the peer's, or what trusted proxies say of it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName};

use crate::config::Network;
use crate::state::HttpSettings;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Where a request comes from, for throttling, the audit and the log. In the extensions of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The address in the extensions of a request.
    pub fn of(extensions: &http::Extensions) -> Self {
        // Without a listener, as in tests of the bare router, there is no peer.
        extensions
            .get()
            .copied()
            .unwrap_or(Self(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)))
    }
}

/// Puts [`ClientAddress`] into the request.
pub async fn layer(
    State(settings): State<Arc<HttpSettings>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let address = client_address(peer.ip(), request.headers(), &settings.trusted_proxies);
        request.extensions_mut().insert(ClientAddress(address));
    }
    next.run(request).await
}

/// SECURITY: anyone can send the header, so it is read from its right end, the one that our proxies wrote, and only
/// as far as they did: the first hop that is not one of them is the client (R044).
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = peer.to_canonical();
    let lines: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    while is_trusted(address) {
        match hops.next().and_then(parse_hop) {
            Some(hop) => address = hop,
            None => break,
        }
    }
    address
}

/// Some proxies write the port too.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text
        .parse()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    let address = address.or_else(|_| text.trim_start_matches('[').trim_end_matches(']').parse());
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, lines: &[&str], trusted: &str) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted: Vec<_> = trusted
            .split_whitespace()
            .map(|text| text.parse().unwrap())
            .collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    /// R044.
    #[test]
    fn the_header_counts_only_from_trusted_proxies_and_only_its_right_end() {
        assert_eq!(
            seen("203.0.113.9", &["1.2.3.4"], ""),
            "203.0.113.9",
            "nobody is trusted"
        );
        assert_eq!(
            seen("203.0.113.9", &["1.2.3.4"], "10.0.0.0/8"),
            "203.0.113.9",
            "the peer is not a proxy"
        );
        assert_eq!(
            seen("10.0.0.1", &["6.6.6.6, 1.2.3.4"], "10.0.0.0/8"),
            "1.2.3.4",
            "the left end is the client's"
        );
        assert_eq!(
            seen("10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.0.0.2"], "10.0.0.0/8"),
            "1.2.3.4",
            "two proxies"
        );
        assert_eq!(
            seen("10.0.0.1", &["6.6.6.6", "1.2.3.4"], "10.0.0.0/8"),
            "1.2.3.4",
            "two lines are one list"
        );
        assert_eq!(
            seen("10.0.0.1", &["1.2.3.4, junk"], "10.0.0.0/8"),
            "10.0.0.1",
            "what cannot be read ends it"
        );
        assert_eq!(seen("10.0.0.1", &[], "10.0.0.0/8"), "10.0.0.1", "no header");
        assert_eq!(
            seen("::ffff:10.0.0.1", &["[2001:db8::1]:443"], "10.0.0.0/8"),
            "2001:db8::1",
            "with a port"
        );
    }
}
