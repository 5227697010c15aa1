//! Which addresses Reelgate may be sent to: the public internet, and what the operator adds (R161).

use std::net::{IpAddr, Ipv4Addr};

use crate::credentials::Network;

/// What is not the public internet over IPv4: the IANA IPv4 Special-Purpose Address Registry, multicast and class E.
const SPECIAL_V4: &[&str] = &[
    "0.0.0.0/8",       // this network (RFC 791)
    "10.0.0.0/8",      // private (RFC 1918)
    "100.64.0.0/10",   // behind the provider's NAT (RFC 6598)
    "127.0.0.0/8",     // loopback (RFC 1122)
    "169.254.0.0/16",  // link-local, and the metadata services of clouds (RFC 3927)
    "172.16.0.0/12",   // private (RFC 1918)
    "192.0.0.0/24",    // protocol assignments (RFC 6890)
    "192.0.2.0/24",    // documentation (RFC 5737)
    "192.31.196.0/24", // AS112 (RFC 7535)
    "192.52.193.0/24", // AMT (RFC 7450)
    "192.88.99.0/24",  // 6to4 relays, deprecated (RFC 7526)
    "192.168.0.0/16",  // private (RFC 1918)
    "192.175.48.0/24", // AS112 (RFC 7534)
    "198.18.0.0/15",   // benchmarks (RFC 2544)
    "198.51.100.0/24", // documentation (RFC 5737)
    "203.0.113.0/24",  // documentation (RFC 5737)
    "224.0.0.0/4",     // multicast (RFC 5771)
    "240.0.0.0/4",     // reserved, and broadcast (RFC 1112)
];

/// All that is routed over IPv6 today (RFC 4291 section 2.4). Outside of it lie loopback, ULA, link-local, multicast,
/// IPv4-mapped and NAT64 addresses.
const GLOBAL_V6: &str = "2000::/3";

/// What within [`GLOBAL_V6`] is not the public internet: the IANA IPv6 Special-Purpose Address Registry.
const SPECIAL_V6: &[&str] = &[
    "2001::/23",         // protocol assignments: Teredo, ORCHID, benchmarks (RFC 2928)
    "2001:db8::/32",     // documentation (RFC 3849)
    "2002::/16",         // 6to4: an IPv4 address of anyone's choice inside (RFC 3056)
    "2620:4f:8000::/48", // AS112 (RFC 7534)
    "3fff::/20",         // documentation (RFC 9637)
];

/// Judges addresses.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    /// What the operator allows although it is not public.
    allowed: Vec<Network>,
    special: Vec<Network>,
    global_v6: Network,
}

impl Reach {
    pub(super) fn new(allowed: Vec<Network>) -> Self {
        let network = |text: &&str| text.parse().expect("the table holds networks");
        Self {
            allowed,
            special: SPECIAL_V4.iter().chain(SPECIAL_V6).map(network).collect(),
            global_v6: network(&GLOBAL_V6),
        }
    }

    /// Whether Reelgate may connect there.
    pub(super) fn allows(&self, address: IpAddr) -> bool {
        if let IpAddr::V6(v6) = address
            && v6.to_ipv4_mapped().is_some()
        {
            // SECURITY: no server is reached by such an address; who writes one is trying doors.
            return false;
        }
        let is_in = |network: &Network| network.contains(address);
        if self.allowed.iter().any(is_in) {
            return true;
        }
        let is_routed = address.is_ipv4() || self.global_v6.contains(address);
        is_routed && !self.special.iter().any(is_in)
    }

    /// Whether names for this very machine lead somewhere allowed.
    pub(super) fn allows_loopback(&self) -> bool {
        self.allows(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R161: each range by its first and last address, and the public neighbours on both sides.
    #[test]
    fn what_is_not_the_public_internet_is_refused() {
        let reach = Reach::new(Vec::new());
        for refused in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.31.196.1",
            "192.52.193.1",
            "192.88.99.1",
            "192.168.0.1",
            "192.168.255.255",
            "192.175.48.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.255",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:1ff:ffff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "2620:4f:8000::1",
            "3fff:fff:ffff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456:789a::1",
            "fdff:ffff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ] {
            assert!(!reach.allows(refused.parse().unwrap()), "{refused}");
        }
        for allowed in [
            "1.0.0.0",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2003::1",
            "2606:4700::1111",
            "3ffe::1",
        ] {
            assert!(reach.allows(allowed.parse().unwrap()), "{allowed}");
        }
    }

    #[test]
    fn the_operator_may_allow_more_and_nothing_else_comes_with_it() {
        let reach = Reach::new(Network::parse_list("10.1.0.0/16, fd00:1::/32").unwrap());
        for (address, expected) in [
            ("10.1.2.3", true),
            ("10.2.0.1", false),
            ("fd00:1::5", true),
            ("fd00:2::5", false),
            ("::ffff:10.1.2.3", false),
            ("127.0.0.1", false),
            ("8.8.8.8", true),
        ] {
            assert_eq!(
                reach.allows(address.parse().unwrap()),
                expected,
                "{address}"
            );
        }
        assert!(!reach.allows_loopback());
        assert!(Reach::new(vec!["127.0.0.0/8".parse().unwrap()]).allows_loopback());
    }
}
