//! Who asks: the project's application behind an API identifier and secret over Basic (RFC 7617).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::ConnectInfo;
use domain::api_secrets::lying;
use domain::api_secrets::verification::{NotAdmitted, admit, expose};
use domain::{Actor, Backend, Error};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderName, Uri};
use percent_encoding::percent_decode_str;

use crate::gate::basic;
use crate::layers::address::ClientAddress;
use crate::state::HttpSettings;

/// What an API challenges with.
pub const CHALLENGE: &str = r#"Basic realm="Reelgate API", charset="UTF-8""#;

/// Why a request goes no further. Each API says it in its own words.
#[derive(Debug)]
pub enum Refusal {
    /// No identifier and secret, or ones that cannot be read.
    Missing,
    /// An identifier and secret that are not right together.
    Wrong,
    /// A secret stood in the address, in its path or query.
    InQuery,
    /// Too many wrong secrets came from there.
    Throttled {
        retry_after: Duration,
    },
    /// Not from this address.
    Address,
    /// No requests are left in this hour.
    Quota {
        retry_after: Duration,
    },
    Failed(Error),
}

impl From<NotAdmitted> for Refusal {
    fn from(refused: NotAdmitted) -> Self {
        match refused {
            NotAdmitted::Wrong => Self::Wrong,
            NotAdmitted::Throttled { retry_after } => Self::Throttled { retry_after },
            NotAdmitted::Address => Self::Address,
            NotAdmitted::Quota { retry_after } => Self::Quota { retry_after },
            NotAdmitted::Failed(error) => Self::Failed(error),
        }
    }
}

/// The application that sent this request. Counts the request against its account's quota, so it is asked once.
pub async fn authenticate(backend: &Backend, parts: &Parts) -> Result<Actor, Refusal> {
    let address = ClientAddress::of(&parts.extensions).0;
    // SECURITY: before anything else, also where the header is right: an address stands in logs and histories (R148).
    if is_secret_in(backend, &parts.uri, address)
        .await
        .map_err(Refusal::Failed)?
    {
        return Err(Refusal::InQuery);
    }
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Refusal::Missing);
    };
    let sent = basic::parse(&unfolded(value.as_bytes())).map_err(|_| Refusal::Missing)?;
    Ok(admit(backend, &sent.username, &sent.password, address).await?)
}

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Whether the secret of this request crossed a network that anybody could read along, though the portal is reached by
/// https (R149). A redirect would come too late: the secret has been sent, and would be sent so again.
///
/// The machine itself is no network. A trusted proxy is believed, and one that says nothing about it is taken to speak
/// https, since the public address does; anybody else who comes here without a proxy comes in the clear.
pub fn came_in_the_clear(settings: &HttpSettings, parts: &Parts) -> bool {
    if !settings.public_url.is_https() {
        return false;
    }
    let said = parts.headers.get_all(FORWARDED_PROTO).iter().next_back();
    let said = said.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    let is_said_plain = said.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("http"));
    // Without a listener, as in tests of the bare router, there is no peer.
    let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
        return is_said_plain;
    };
    let peer = peer.ip().to_canonical();
    let is_proxy = settings
        .trusted_proxies
        .iter()
        .any(|network| network.contains(peer));
    is_said_plain || !(peer.is_loopback() || is_proxy)
}

/// The value without blanks in its base64. RFC 2045 breaks that into lines of 76 characters, which an identifier and a
/// secret exceed, and a proxy makes the folded header one line with blanks (RFC 9112 section 5.2).
fn unfolded(value: &[u8]) -> Vec<u8> {
    let value = value.trim_ascii();
    let end = value.iter().position(u8::is_ascii_whitespace);
    let (scheme, rest) = value.split_at(end.unwrap_or(value.len()));
    let rest = rest.iter().filter(|byte| !byte.is_ascii_whitespace());
    [scheme, b" "]
        .concat()
        .into_iter()
        .chain(rest.copied())
        .collect()
}

/// Texts of one address that are looked up. Whoever sends more of them sends no secret by mistake.
const MOST_LOOKED_UP: usize = 16;

/// Whether a secret stands in the path or the query, in whatever place of it. It is marked then.
async fn is_secret_in(backend: &Backend, uri: &Uri, address: IpAddr) -> Result<bool, Error> {
    let text = uri.path_and_query().map_or("", |text| text.as_str());
    let text = percent_decode_str(text).decode_utf8_lossy();
    let found: Vec<&str> = lying::find(&text)
        .map(|place| &text[place])
        .take(MOST_LOOKED_UP)
        .collect();
    if found.is_empty() {
        return Ok(false);
    }
    expose(backend, &found, address).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTPS: &str = "https://rec.example.com";

    /// R149.
    #[test]
    fn a_secret_that_anybody_could_read_is_refused() {
        let is_clear = |public: &str, peer: &str, said: Option<&str>| {
            let settings = HttpSettings {
                public_url: public.parse().unwrap(),
                listen: "0.0.0.0:3000".parse().unwrap(),
                trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
                site_dir: std::path::PathBuf::new(),
            };
            let mut request = http::Request::get("/api/v1/usage");
            if let Some(value) = said {
                request = request.header(FORWARDED_PROTO, value);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let peer: SocketAddr = peer.parse().unwrap();
            parts.extensions.insert(ConnectInfo(peer));
            came_in_the_clear(&settings, &parts)
        };
        assert!(is_clear(HTTPS, "203.0.113.7:5000", None));
        assert!(
            is_clear(HTTPS, "203.0.113.7:5000", Some("https")),
            "a stranger is not believed"
        );
        assert!(!is_clear(HTTPS, "10.0.0.1:5000", Some("https")));
        assert!(!is_clear(HTTPS, "10.0.0.1:5000", None));
        assert!(is_clear(HTTPS, "10.0.0.1:5000", Some("http")));
        assert!(is_clear(HTTPS, "10.0.0.1:5000", Some("https, http")));
        assert!(!is_clear(HTTPS, "127.0.0.1:5000", None));
        assert!(is_clear(HTTPS, "127.0.0.1:5000", Some("HTTP")));
        assert!(!is_clear(
            "http://rec.example.com",
            "203.0.113.7:5000",
            None
        ));
    }
}
