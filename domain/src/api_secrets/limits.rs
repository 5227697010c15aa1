//! From where the APIs may be called, and how often.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::credentials::Network;

/// Requests of an account in an hour that nothing can be set beyond.
pub const MAX_HOURLY_QUOTA: u32 = 100_000;

/// Addresses that may call the APIs. Nobody may while it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AllowList {
    /// `0.0.0.0` stands in it.
    is_open: bool,
    networks: Vec<Network>,
}

/// The entry that lets every address in, as SecureVideo has it.
const ANY: &str = "0.0.0.0";

impl AllowList {
    /// Addresses and networks, one a line or parted by commas; `0.0.0.0` is any address.
    pub fn parse(text: &str) -> Result<Self, String> {
        // Kept in place, so that a problem names the right line.
        let networks = Network::parse_list(text)?;
        let any: Network = ANY.parse()?;
        Ok(Self {
            is_open: networks.contains(&any),
            networks: networks
                .into_iter()
                .filter(|network| *network != any)
                .collect(),
        })
    }

    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    pub fn admits(&self, address: IpAddr) -> bool {
        self.is_open
            || self
                .networks
                .iter()
                .any(|network| network.contains(address))
    }

    /// As [`AllowList::parse`] reads them.
    pub fn entries(&self) -> Vec<String> {
        let any = self.is_open.then(|| ANY.to_owned());
        any.into_iter()
            .chain(self.networks.iter().map(ToString::to_string))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_zeros_is_any_and_an_empty_list_is_nobody() {
        let admits = |list: &str, address: &str| {
            AllowList::parse(list)
                .unwrap()
                .admits(address.parse().unwrap())
        };
        assert!(admits("0.0.0.0", "203.0.113.7"));
        assert!(admits("0.0.0.0", "2001:db8::1"));
        assert!(admits("10.0.0.0/8, 2001:db8::/32", "::ffff:10.1.2.3"));
        assert!(!admits("10.0.0.0/8, 2001:db8::/32", "11.0.0.0"));
        assert!(!admits("", "127.0.0.1"));
        assert_eq!(
            AllowList::parse("10.0.0.0/8\n0.0.0.0").unwrap().entries(),
            ["0.0.0.0", "10.0.0.0/8"]
        );
        assert!(
            AllowList::parse("10.0.0.0/8\nintranet")
                .unwrap_err()
                .starts_with("Line 2")
        );
    }
}
