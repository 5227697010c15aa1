//! The types of settings that need more than a number, each with the sentence for a wrong value.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// The address that people and programs use: scheme, host and port, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    is_https: bool,
    /// Host and port as browsers write them: lower case, without the scheme's own port.
    authority: String,
}

impl PublicUrl {
    /// What to use when nothing was set.
    pub fn of_listener(listen: SocketAddr, is_https: bool) -> Self {
        let host = match listen.ip() {
            ip if ip.is_unspecified() => "localhost".to_owned(),
            IpAddr::V6(ip) => format!("[{ip}]"),
            IpAddr::V4(ip) => ip.to_string(),
        };
        Self {
            is_https,
            authority: without_default_port(&format!("{host}:{}", listen.port()), is_https),
        }
    }

    pub const fn is_https(&self) -> bool {
        self.is_https
    }

    /// As in a `Host` header.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Without the port, and of an IPv6 address without the brackets.
    pub fn host(&self) -> &str {
        let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let host = match self.authority.rsplit_once(':') {
            Some((host, port)) if is_port(port) => host,
            _ => &self.authority,
        };
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// As in an `Origin` header; the prefix of every address.
    pub fn origin(&self) -> String {
        format!(
            "{}://{}",
            if self.is_https { "https" } else { "http" },
            self.authority
        )
    }
}

/// Lower case, and without the port that the scheme implies.
pub fn without_default_port(authority: &str, is_https: bool) -> String {
    let authority = authority.to_ascii_lowercase();
    let port = if is_https { ":443" } else { ":80" };
    authority
        .strip_suffix(port)
        .map(ToOwned::to_owned)
        .unwrap_or(authority)
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            "use http:// or https:// with a host and nothing after it, such as https://recordings.example.com".to_owned()
        };
        let uri: http::Uri = text.parse().map_err(|_| wrong())?;
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().ok_or_else(wrong)?;
        let has_more = !matches!(uri.path(), "" | "/")
            || uri.query().is_some()
            || authority.as_str().contains('@');
        if has_more || authority.host().is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            is_https,
            authority: without_default_port(authority.as_str(), is_https),
        })
    }
}

/// Where the certificate for HTTPS and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// PEM: the server's own certificate, then those of its authority.
    pub certificate: PathBuf,
    /// PEM, without a password.
    pub key: PathBuf,
}

/// An address or a block of them, as in `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// Leading bits that count.
    prefix: u8,
}

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        // An IPv4 peer of a dual-stack socket arrives as ::ffff:a.b.c.d.
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(ip)) => {
                same_bits(network.to_bits(), ip.to_bits(), 32 - self.prefix)
            }
            (IpAddr::V6(network), IpAddr::V6(ip)) => {
                network.to_bits().checked_shr(128 - u32::from(self.prefix))
                    == ip.to_bits().checked_shr(128 - u32::from(self.prefix))
            }
            _ => false,
        }
    }
}

fn same_bits(network: u32, ip: u32, ignored: u8) -> bool {
    network.checked_shr(ignored.into()) == ip.checked_shr(ignored.into())
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            "use addresses or networks such as 127.0.0.1, 10.0.0.0/8 or fd00::/8, separated by commas".to_owned()
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(bits);
        if prefix > bits {
            Err(wrong())
        } else {
            Ok(Self { address, prefix })
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("use text or json".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_an_origin_and_nothing_more() {
        let origin = |text: &str| text.parse::<PublicUrl>().map(|url| url.origin());
        assert_eq!(
            origin("https://Example.com:443/"),
            Ok("https://example.com".to_owned())
        );
        assert_eq!(
            origin("http://[::1]:3000"),
            Ok("http://[::1]:3000".to_owned())
        );
        for wrong in [
            "example.com",
            "ftp://example.com",
            "https://example.com/portal",
            "https://a@b",
            "https://x?y",
            "",
        ] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
        let listen =
            |text: &str, is_https| PublicUrl::of_listener(text.parse().unwrap(), is_https).origin();
        assert_eq!(listen("0.0.0.0:80", false), "http://localhost");
        assert_eq!(listen("[::1]:3000", false), "http://[::1]:3000");
        assert_eq!(listen("127.0.0.1:443", true), "https://127.0.0.1");
        let host = |text: &str| text.parse::<PublicUrl>().unwrap().host().to_owned();
        assert_eq!(host("https://rec.example.com"), "rec.example.com");
        assert_eq!(host("https://rec.example.com:8443"), "rec.example.com");
        assert_eq!(host("https://[2001:db8::1]"), "2001:db8::1");
        assert_eq!(host("https://[2001:db8::1]:8443"), "2001:db8::1");
    }

    #[test]
    fn a_network_contains_its_addresses_and_no_others() {
        let contains = |network: &str, ip: &str| {
            network
                .parse::<Network>()
                .unwrap()
                .contains(ip.parse().unwrap())
        };
        assert!(contains("10.0.0.0/8", "10.255.0.1") && !contains("10.0.0.0/8", "11.0.0.1"));
        assert!(
            contains("10.0.0.0/8", "::ffff:10.1.2.3"),
            "an IPv4 peer of a dual-stack socket"
        );
        assert!(contains("127.0.0.1", "127.0.0.1") && !contains("127.0.0.1", "127.0.0.2"));
        assert!(contains("0.0.0.0/0", "8.8.8.8") && !contains("0.0.0.0/0", "::1"));
        assert!(
            contains("fd00::/8", "fd12::1")
                && contains("::/0", "fe80::1")
                && !contains("::1", "::2")
        );
        for wrong in ["10.0.0.0/33", "10.0.0", "::/129", "", "10.0.0.0/-1", "all"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
