//! Ranges of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A range of addresses, as in `10.20.0.0/16`, `fd12::/48` or a bare `127.0.0.1`. Bits beyond the prefix are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a network, as in \"10.20.0.0/16\", \"fd12::/48\" or \"127.0.0.1\"")]
pub struct NotANetwork(pub String);

impl Network {
    /// `prefix` is at most 128.
    pub const fn ipv6(address: Ipv6Addr, prefix: u8) -> Self {
        Self { address: IpAddr::V6(address), prefix }
    }

    /// An IPv4 address in IPv6 clothes (`::ffff:a.b.c.d`) belongs to the IPv4 networks.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }

    /// Whether it is wider than any one organisation's: shorter than /8, or /7 of IPv6 (all unique local addresses).
    pub fn is_of_strangers(&self) -> bool {
        self.prefix < if self.address.is_ipv4() { 8 } else { 7 }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let refuse = || NotANetwork(text.chars().take(100).collect());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| refuse())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().map_err(|_| refuse())?,
            Some(_) => return Err(refuse()),
        };
        if prefix > most {
            return Err(refuse());
        }
        match (address, address.to_canonical()) {
            // The IPv4 networks in IPv6 clothes; one that is wider than all of them would never hold what it seems to.
            (IpAddr::V6(_), IpAddr::V4(address)) => Self::clothed(address, prefix).ok_or_else(refuse),
            (address, _) => Ok(Self { address, prefix }),
        }
    }
}

impl Network {
    fn clothed(address: Ipv4Addr, prefix: u8) -> Option<Self> {
        Some(Self { address: IpAddr::V4(address), prefix: prefix.checked_sub(96)? })
    }
}
