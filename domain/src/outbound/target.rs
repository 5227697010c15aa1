//! An address that Reelgate is asked to call, as far as it can be judged before its name is looked up (R161, R163).

use std::fmt;

use url::{Host, Url};

use super::OutboundError;
use super::reach::Reach;

/// Longer ones fail at servers and proxies anyway.
const MAX_LENGTH: usize = 2000;

/// Ports above 1023 on which something else than HTTP listens by convention: the blocked ports of the Fetch standard.
const OTHER_PROTOCOLS: &[u16] = &[
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669,
    6679, 6697, 10080,
];

/// A sound http or https address. Prints without path and query, which may hold a secret of the other side's.
#[derive(Clone, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    pub(super) fn parse(text: &str, reach: &Reach) -> Result<Self, OutboundError> {
        let wrong = |why: &str| OutboundError::Address(why.to_owned());
        if text.len() > MAX_LENGTH {
            return Err(wrong(
                "This address is too long: use at most 2,000 characters.",
            ));
        }
        let mut url = Url::parse(text.trim()).map_err(|_| {
            wrong("This is no address. Use one such as https://example.com/reelgate.")
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(
                "Use an address that begins with https:// or http://.",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong(
                "Leave user name and password out of the address: addresses end up in logs.",
            ));
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if !is_for_http(port) {
            return Err(wrong(
                "Use port 80 or 443, or one from 1024 on that is not another protocol's.",
            ));
        }
        let is_reachable = match url.host() {
            Some(Host::Ipv4(address)) => reach.allows(address.into()),
            Some(Host::Ipv6(address)) => reach.allows(address.into()),
            Some(Host::Domain(name)) if is_this_machine(name) => reach.allows_loopback(),
            Some(Host::Domain(_)) => true,
            None => return Err(wrong("The address names no host.")),
        };
        if !is_reachable {
            return Err(OutboundError::Refused);
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// The whole address, with what its query holds.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Scheme, host and port: what two addresses share when a credential for one may be shown to the other (R166).
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Whether what is sent there is encrypted on its way.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(super) const fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.origin())
    }
}

fn is_for_http(port: u16) -> bool {
    matches!(port, 80 | 443) || (port >= 1024 && !OTHER_PROTOCOLS.contains(&port))
}

/// RFC 6761 section 6.3: these names never leave the machine.
fn is_this_machine(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Target, OutboundError> {
        Target::parse(text, &Reach::new(Vec::new()))
    }

    #[test]
    fn good_addresses_are_taken_as_browsers_read_them() {
        for (text, expected) in [
            (
                "https://example.com/hook?a=b",
                "https://example.com/hook?a=b",
            ),
            (
                " http://Example.COM:8080/x#part ",
                "http://example.com:8080/x",
            ),
            ("https://8.8.8.8/", "https://8.8.8.8/"),
            ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ] {
            assert_eq!(parse(text).unwrap().as_str(), expected);
        }
        assert_eq!(
            format!("{:?}", parse("https://example.com/a?token=secret").unwrap()),
            "Target(https://example.com)"
        );
    }

    /// R161, R163: whatever spelling, the address is what counts.
    #[test]
    fn every_spelling_of_a_private_address_is_refused() {
        for text in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://017700000001/",
            "http://127.0.0.1./",
            "http://%31%32%37.0.0.1/",
            "http://\u{ff11}27.0.0.1/",
            "http://127\u{3002}0\u{3002}0\u{3002}1/",
            "http://0/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:7f00:1]/",
            "http://[0:0:0:0:0:ffff:127.0.0.1]/",
            "http://[64:ff9b::127.0.0.1]/",
            "http://[fe80::1]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://10.0.0.5/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://reelgate.localhost:8080/",
        ] {
            assert!(
                matches!(parse(text), Err(OutboundError::Refused)),
                "{text}: {:?}",
                parse(text)
            );
        }
    }

    #[test]
    fn what_is_no_address_for_us_is_said_in_words() {
        for text in [
            "",
            "example.com/hook",
            "https://",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "https://user@example.com/",
            "https://user:secret@example.com/",
            "https://:secret@example.com/",
            "http://example.com:22/",
            "http://example.com:25/",
            "http://example.com:0/",
            "http://example.com:6667/",
            "http://exa mple.com/",
            "http://[::1/",
            "http://256.256.256.256/",
            &format!("https://example.com/{}", "a".repeat(2000)),
        ] {
            let Err(OutboundError::Address(why)) = parse(text) else {
                panic!("{text}: {:?}", parse(text));
            };
            assert!(!why.contains("secret") && why.ends_with('.'), "{why}");
        }
    }
}
