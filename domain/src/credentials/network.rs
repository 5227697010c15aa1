//! Addresses and blocks of them, as an allow-list has them: `203.0.113.7`, `10.0.0.0/8`, `2001:db8::/32`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An address or a block of them (CIDR, RFC 4632). No bit is set behind the prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Network {
    address: IpAddr,
    /// Leading bits that count.
    prefix: u8,
}

impl Network {
    /// Entries of one allow-list at most.
    pub const MAX: usize = 100;

    /// Whether the address lies in the block. An IPv4 address mapped into IPv6 counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()) & mask32(self.prefix) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()) & mask128(self.prefix) == 0
            }
            _ => false,
        }
    }

    /// The entries of a list, one on each line or separated by commas. What is wrong with the first bad one is told
    /// with the number of its line; what was typed is not repeated.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        let mut networks: Vec<Self> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            for entry in line.split(',').map(str::trim).filter(|e| !e.is_empty()) {
                let network = entry
                    .parse()
                    .map_err(|problem: String| format!("Line {}: {problem}", index + 1))?;
                if !networks.contains(&network) {
                    networks.push(network);
                }
            }
        }
        if networks.len() > Self::MAX {
            return Err(format!(
                "Use at most {} addresses and networks; this has {}.",
                Self::MAX,
                networks.len()
            ));
        }
        Ok(networks)
    }
}

const fn mask32(prefix: u8) -> u32 {
    match u32::MAX.checked_shl(32 - prefix as u32) {
        Some(mask) => mask,
        None => 0,
    }
}

const fn mask128(prefix: u8) -> u128 {
    match u128::MAX.checked_shl(128 - prefix as u32) {
        Some(mask) => mask,
        None => 0,
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = if self.address.is_ipv4() { 32 } else { 128 };
        if self.prefix == bits {
            self.address.fmt(f)
        } else {
            write!(f, "{}/{}", self.address, self.prefix)
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| {
            "this is no IP address. Use one such as 203.0.113.7 or 2001:db8::7, or a network such as 10.0.0.0/8; names \
             of hosts are not looked up."
                .to_owned()
        })?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            Some(text) => text
                .parse::<u8>()
                .ok()
                .filter(|prefix| *prefix <= bits && text.bytes().all(|b| b.is_ascii_digit()))
                .ok_or_else(|| {
                    format!("the number behind the slash must be between 0 and {bits}.")
                })?,
        };
        let first: IpAddr = match address {
            IpAddr::V4(v4) => IpAddr::from((v4.to_bits() & mask32(prefix)).to_be_bytes()),
            IpAddr::V6(v6) => IpAddr::from((v6.to_bits() & mask128(prefix)).to_be_bytes()),
        };
        if first != address {
            return Err(format!(
                "there are bits set behind the prefix; the network of this address is {}.",
                Self {
                    address: first,
                    prefix
                }
            ));
        }
        if let IpAddr::V6(v6) = address
            && v6.to_ipv4_mapped().is_some()
        {
            return Err("write an IPv4 address as such, not mapped into IPv6.".to_owned());
        }
        Ok(Self { address, prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_network_contains() {
        for (network, inside, outside) in [
            ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("0.0.0.0/0", "255.1.2.3", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::/0", "fe80::1", "1.2.3.4"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
            ("192.0.2.128/25", "192.0.2.255", "192.0.2.127"),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert_eq!(parsed.to_string(), network);
            assert!(
                parsed.contains(inside.parse().unwrap()),
                "{network} {inside}"
            );
            assert!(
                !parsed.contains(outside.parse().unwrap()),
                "{network} {outside}"
            );
        }
    }

    #[test]
    fn a_list_says_which_line_is_wrong_and_does_not_repeat_it() {
        let list =
            Network::parse_list("10.0.0.0/8, 192.0.2.1\n\n 2001:db8::/32 \n192.0.2.1").unwrap();
        assert_eq!(
            list.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"]
        );
        assert_eq!(Network::parse_list(" \n"), Ok(Vec::new()));
        for (text, expected) in [
            (
                "10.0.0.0/8\nintranet.example",
                "Line 2: this is no IP address",
            ),
            (
                "10.0.0.0/33",
                "Line 1: the number behind the slash must be between 0 and 32.",
            ),
            ("::/129", "between 0 and 128"),
            ("10.0.0.0/+8", "behind the slash"),
            ("10.0.0.0/", "behind the slash"),
            ("10.1.2.3/8", "the network of this address is 10.0.0.0/8"),
            ("::ffff:1.2.3.4", "write an IPv4 address as such"),
        ] {
            let problem = Network::parse_list(text).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
            assert!(!problem.contains("intranet"), "{problem}");
        }
        let many: String = (0..=Network::MAX)
            .map(|n| format!("10.0.{}.{}\n", n / 256, n % 256))
            .collect();
        assert!(
            Network::parse_list(&many)
                .unwrap_err()
                .contains("at most 100")
        );
    }
}
