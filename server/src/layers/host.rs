//! Refuses requests whose target, host or framing we do not serve, before anything else looks at them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{HOST, TRANSFER_ENCODING};
use http::{StatusCode, Version};
use percent_encoding::percent_decode_str;

use super::refusal::refuse_and_close;
use crate::api::platform::takes_forms;
use crate::api::uploads::brings_a_file;
use crate::config::without_default_port;
use crate::listener::LocalSide;
use crate::state::HttpSettings;

/// Bytes of path and query.
const MAX_TARGET: usize = 8 * 1024;

/// The origin that this request was sent to, one of ours. In the extensions of every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnOrigin(pub String);

/// Lets a sound request through.
pub async fn layer(
    State(settings): State<Arc<HttpSettings>>,
    mut request: Request,
    next: Next,
) -> Response {
    match check(&settings, &request) {
        Ok(origin) => {
            request.extensions_mut().insert(origin);
            next.run(request).await
        }
        Err((status, why)) => refuse_and_close(status, why),
    }
}

type Refusal = (StatusCode, &'static str);

fn check(settings: &HttpSettings, request: &Request) -> Result<OwnOrigin, Refusal> {
    check_framing(request)?;
    check_target(request.uri())?;
    let host = host_of(request)?;
    let local = request.extensions().get::<LocalSide>().copied();
    own_origin(settings, local, &host).ok_or((
        StatusCode::MISDIRECTED_REQUEST,
        "This host name is not served here.",
    ))
}

/// SECURITY: hyper drops a Content-Length beside a Transfer-Encoding before we see it, and a proxy in front may have
/// believed the other one. So a body of unknown length is taken only where files and forms of that API come in, and there the connection ends
/// with the answer (R119, RFC 9112 6.1).
fn check_framing(request: &Request) -> Result<(), Refusal> {
    let mut encodings = request.headers().get_all(TRANSFER_ENCODING).iter();
    match (encodings.next(), encodings.next()) {
        (None, _) => Ok(()),
        (Some(only), None)
            if only.as_bytes().eq_ignore_ascii_case(b"chunked")
                && may_be_of_unknown_length(request) =>
        {
            Ok(())
        }
        _ => Err((
            StatusCode::BAD_REQUEST,
            "Send the body with Content-Length, not with Transfer-Encoding.",
        )),
    }
}

/// Files, and the forms of a client that cannot send them otherwise.
fn may_be_of_unknown_length(request: &Request) -> bool {
    let (method, path) = (request.method(), request.uri().path());
    brings_a_file(method, path) || takes_forms(method, path)
}

fn check_target(uri: &http::Uri) -> Result<(), Refusal> {
    let length = uri
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    if length > MAX_TARGET {
        return Err((StatusCode::URI_TOO_LONG, "The address is too long."));
    }
    if is_sound_path(uri.path()) {
        Ok(())
    } else {
        Err((StatusCode::BAD_REQUEST, "The path is not valid."))
    }
}

/// Whole percent triplets, that decode to UTF-8 without NUL.
fn is_sound_path(path: &str) -> bool {
    let bytes = path.as_bytes();
    let has_whole_triplets = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'%')
        .all(|(at, _)| {
            bytes
                .get(at + 1..at + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        });
    let decoded = percent_decode_str(path).decode_utf8();
    path.starts_with('/') && has_whole_triplets && decoded.is_ok_and(|text| !text.contains('\0'))
}

/// Exactly one host (R120). A target in absolute form replaces it (RFC 9112 3.2.2).
fn host_of(request: &Request) -> Result<String, Refusal> {
    const WRONG: Refusal = (
        StatusCode::BAD_REQUEST,
        "The request needs exactly one valid Host.",
    );
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host.to_str().map_err(|_| WRONG)?),
        (None, None) if request.version() == Version::HTTP_2 => None,
        _ => return Err(WRONG),
    };
    let authority = match (request.uri().authority(), host) {
        (Some(authority), _) => authority.clone(),
        (None, Some(host)) => host.parse().map_err(|_| WRONG)?,
        (None, None) => return Err(WRONG),
    };
    // `user@host` is an authority, but never a host; in an absolute target it is dropped.
    let (user, host) = authority
        .as_str()
        .rsplit_once('@')
        .map_or((None, authority.as_str()), |(user, host)| {
            (Some(user), host)
        });
    if user.is_some() && request.uri().authority().is_none() {
        Err(WRONG)
    } else {
        Ok(host.to_owned())
    }
}

/// The public address; on the machine itself also the loopback names; and the very address that the connection
/// came to, which no foreign DNS name can pretend to be.
fn own_origin(settings: &HttpSettings, local: Option<LocalSide>, host: &str) -> Option<OwnOrigin> {
    let public = &settings.public_url;
    if without_default_port(host, public.is_https()) == public.authority() {
        return Some(OwnOrigin(public.origin()));
    }
    let is_tls = local.is_some_and(|local| local.is_tls);
    let local = local.map(|local| local.address);
    let host = without_default_port(host, is_tls);
    let is_same =
        |name: &str, port: u16| host == without_default_port(&format!("{name}:{port}"), is_tls);
    let port = local.unwrap_or(settings.listen).port();
    let is_loopback = |ip: IpAddr| ip.is_loopback() || ip.is_unspecified();
    let names = [
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
    ]
    .map(name_of);
    let is_local_name = is_loopback(local.unwrap_or(settings.listen).ip().to_canonical())
        && names
            .iter()
            .map(String::as_str)
            .chain(["localhost"])
            .any(|name| is_same(name, port));
    let is_local_address =
        local.is_some_and(|local| is_same(&name_of(local.ip().to_canonical()), local.port()));
    let scheme = if is_tls { "https" } else { "http" };
    (is_local_name || is_local_address).then(|| OwnOrigin(format!("{scheme}://{host}")))
}

fn name_of(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_decodes_to_text() {
        for sound in ["/", "/a%20b", "/%F0%9F%A6%80", "/files/a/b/c.mp4"] {
            assert!(is_sound_path(sound), "{sound}");
        }
        for wrong in ["/%00", "/a%0", "/%", "/%zz", "/%FF", "/%C0%AE", "*", ""] {
            assert!(!is_sound_path(wrong), "{wrong}");
        }
    }

    /// R120.
    #[test]
    fn only_our_own_hosts_are_served() {
        let settings = |public: &str, listen: &str| HttpSettings {
            public_url: public.parse().unwrap(),
            listen: listen.parse().unwrap(),
            trusted_proxies: Vec::new(),
            site_dir: std::path::PathBuf::new(),
        };
        let at = |settings: &HttpSettings, address: &str, is_tls, host: &str| {
            let address = address.parse().unwrap();
            own_origin(settings, Some(LocalSide { address, is_tls }), host).map(|origin| origin.0)
        };
        let origin =
            |settings: &HttpSettings, address: &str, host: &str| at(settings, address, false, host);
        let public = settings("https://rec.example.com", "127.0.0.1:3000");
        assert_eq!(
            origin(&public, "127.0.0.1:3000", "REC.example.com"),
            Some("https://rec.example.com".to_owned())
        );
        assert_eq!(
            origin(&public, "127.0.0.1:3000", "localhost:3000"),
            Some("http://localhost:3000".to_owned())
        );
        for foreign in [
            "evil.example.com",
            "rec.example.com.evil.com",
            "rec.example.com:3000",
            "localhost",
            "",
            "[::1]",
        ] {
            assert_eq!(
                origin(&public, "127.0.0.1:3000", foreign),
                None,
                "{foreign}"
            );
        }
        let open = settings("http://localhost:3000", "0.0.0.0:3000");
        assert_eq!(
            origin(&open, "192.0.2.7:3000", "192.0.2.7:3000"),
            Some("http://192.0.2.7:3000".to_owned())
        );
        assert_eq!(origin(&open, "192.0.2.7:3000", "192.0.2.8:3000"), None);
        let own = settings("https://rec.example.com", "0.0.0.0:443");
        assert_eq!(
            at(&own, "127.0.0.1:443", true, "localhost"),
            Some("https://localhost".to_owned()),
            "over TLS of ours, its port is the usual one"
        );
        assert_eq!(at(&own, "127.0.0.1:443", true, "localhost:80"), None);
    }
}
