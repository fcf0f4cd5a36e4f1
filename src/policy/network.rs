//! Addresses and networks, as in `203.0.113.7`, `203.0.113.0/24` or `2001:db8::/32`.

use std::net::IpAddr;

/// A network; of a bare address the one that holds it alone.
#[derive(Debug, PartialEq)]
pub(super) struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().ok()?;
        let most = bits(written).1;
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok().filter(|p| *p <= most)?,
            Some(_) => return None,
            None => most,
        };
        // An IPv4 address in IPv6's clothes is the IPv4 address; so is a network of such.
        let address = written.to_canonical();
        let prefix = if address.is_ipv4() && written.is_ipv6() { prefix.checked_sub(96)? } else { prefix };
        Some(Self { address, prefix })
    }

    /// `None` when the text is no address.
    pub(super) fn holds(&self, address: &str) -> Option<bool> {
        let address = address.parse::<IpAddr>().ok()?.to_canonical();
        let ((ours, most), (theirs, same)) = (bits(self.address), bits(address));
        let differing = (ours ^ theirs).checked_shr(most - self.prefix).unwrap_or(0);
        Some(most == same && differing == 0)
    }
}

/// An address as a number, and how many bits it has.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(v4) => (u32::from(v4).into(), 32),
        IpAddr::V6(v6) => (v6.into(), 128),
    }
}
