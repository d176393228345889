//! Networks of addresses in CIDR notation.

use std::net::{IpAddr, Ipv6Addr};

/// A network: an address and how many of its bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    bits: u128,
    prefix: u32,
}

/// All addresses as IPv6: an IPv4 address is its mapped form (RFC 4291).
fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

impl Cidr {
    /// An address alone, or one with a prefix.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let (size, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let prefix = prefix.map_or(Some(size), |prefix| prefix.parse().ok())?;
        (prefix <= size).then(|| Self { bits: mapped(address).to_bits(), prefix: prefix + before })
    }

    /// Whether an address is in it.
    pub fn contains(self, address: IpAddr) -> bool {
        let differ = mapped(address).to_bits() ^ self.bits;
        self.prefix == 0 || differ >> (128 - self.prefix) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let holds = |network: &str, address: &str| Cidr::parse(network).unwrap().contains(address.parse().unwrap());
        assert!(holds("192.0.2.0/24", "192.0.2.77") && !holds("192.0.2.0/24", "192.0.3.1"));
        assert!(holds("192.0.2.1", "192.0.2.1") && !holds("192.0.2.1", "192.0.2.2"));
        assert!(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && holds("::/0", "2001:db8::1"));
        assert!(holds("192.0.2.0/24", "::ffff:192.0.2.5"));
        for bad in ["x", "1.2.3", "1.2.3.4/33", "::1/129", "1.2.3.4/", "fe80"] {
            assert_eq!(Cidr::parse(bad), None, "{bad}");
        }
    }
}
