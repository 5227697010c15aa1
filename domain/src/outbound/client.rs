//! The HTTP client itself: what it must not do on its own is switched off here.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, redirect};
use rustls::{ClientConfig, RootCertStore};

use super::resolver::{NoWay, Vetting};
use super::{CONNECT_WITHIN, OutboundError};

/// How we name ourselves to others.
const USER_AGENT: &str = concat!("Reelgate/", env!("CARGO_PKG_VERSION"));

/// An open connection may be used again for so long. It leads where it was vetted to.
const KEEP_IDLE: Duration = Duration::from_secs(15);

/// A client that follows no redirect and no proxy of the environment, and unpacks nothing (R163, R164).
pub(super) fn build(resolver: Vetting) -> Result<Client, OutboundError> {
    Client::builder()
        .user_agent(USER_AGENT)
        .tls_backend_preconfigured(tls()?)
        .http1_only()
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .retry(reqwest::retry::never())
        .dns_resolver(resolver)
        .connect_timeout(CONNECT_WITHIN)
        .pool_idle_timeout(KEEP_IDLE)
        .pool_max_idle_per_host(2)
        .build()
        .map_err(|error| OutboundError::Internal(error.to_string()))
}

/// TLS 1.2 and later; the authorities that this machine trusts, so that an operator's own one counts, or Mozilla's
/// where there are none.
fn tls() -> Result<ClientConfig, OutboundError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OutboundError::Internal(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// What the client's error means for somebody who reads a log. The client's own words name addresses.
pub(super) fn meaning(error: &reqwest::Error) -> OutboundError {
    if let Some(no_way) = find::<NoWay>(error) {
        return match no_way {
            NoWay::Unknown => OutboundError::UnknownHost,
            NoWay::Refused => OutboundError::Refused,
        };
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return OutboundError::Tls(tls.to_string());
    }
    if error.is_timeout() {
        OutboundError::Timeout
    } else if error.is_connect() {
        OutboundError::Connect
    } else if error.is_builder() {
        OutboundError::Internal("a header or the address could not be sent".to_owned())
    } else {
        OutboundError::Broken
    }
}

/// Looks for an error of type `T` in the chain, also within I/O errors, which skip what they wrap.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}
