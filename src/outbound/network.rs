//! Which addresses may be connected to.

use crate::words::Network;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// May a fetch connect here? Public addresses always, others when listed, metadata services and link-local never.
pub(super) fn permitted(address: IpAddr, allowed: &[Network]) -> bool {
    let address = address.to_canonical();
    let embedded = embedded(address).into_iter().flatten().map(IpAddr::V4);
    if is_forbidden(address) || embedded.clone().any(is_forbidden) {
        return false;
    }
    // Where only IPv6 is spoken, this is how public IPv4 hosts look.
    let translated = NAT64.contains(address) && embedded.clone().all(is_public);
    translated || is_public(address) || allowed.iter().any(|network| network.contains(address))
}

/// The well-known prefix of address translation (RFC 6052 §2.1).
const NAT64: Network = Network::ipv6(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Link-local addresses and those where clouds answer with a machine's credentials: listing a network that holds them
/// must not open them.
fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            const SERVICES: [Ipv4Addr; 3] = [
                Ipv4Addr::new(100, 100, 100, 200), // Alibaba Cloud
                Ipv4Addr::new(168, 63, 129, 16),   // Azure's wire server
                Ipv4Addr::new(192, 0, 0, 192),     // Oracle Cloud
            ];
            v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || SERVICES.contains(&v4)
        }
        IpAddr::V6(v6) => {
            let [a, b, ..] = v6.segments();
            // fd00:ec2::/32 are AWS's instance services, fd20:ce::254 is Google Cloud's metadata server.
            v6.is_unicast_link_local()
                || v6.is_unspecified()
                || v6.is_multicast()
                || (a, b) == (0xfd00, 0x0ec2)
                || v6 == Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)
        }
    }
}

/// The IPv4 addresses that an IPv6 address may lead to: IPv4-compatible, NAT64 (RFC 6052, RFC 8215 with its two
/// layouts), 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214).
fn embedded(address: IpAddr) -> [Option<Ipv4Addr>; 2] {
    let IpAddr::V6(v6) = address else { return [None; 2] };
    let pair = |high: u16, low: u16| Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => [pair(high, low), None],
        [0x64, 0xff9b, 1, first, second, third, high, low] => {
            // Bits 64 to 71 are skipped when the prefix has 48.
            [pair(high, low), pair(first, second << 8 | third >> 8)]
        }
        [0x2002, high, low, ..] => [pair(high, low), None],
        [0x2001, 0, .., high, low] => [pair(!high, !low), None],
        [.., 0 | 0x200, 0x5efe, high, low] => [pair(high, low), None],
        _ => [None; 2],
    }
}

/// Globally reachable unicast, by the special-purpose registries of IANA.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let special = matches!(
                (a, b, c),
                (0 | 10 | 127 | 224.., _, _)
                    | (100, 64..=127, _)
                    | (169, 254, _)
                    | (172, 16..=31, _)
                    | (192, 0, 0 | 2)
                    | (192, 88, 99)
                    | (192, 168, _)
                    | (198, 18..=19, _)
                    | (198, 51, 100)
                    | (203, 0, 113)
            );
            !special
        }
        IpAddr::V6(v6) => {
            let [a, b, ..] = v6.segments();
            let global_unicast = (0x2000..0x4000).contains(&a);
            let special = (a == 0x2001 && b < 0x200) || (a, b) == (0x2001, 0xdb8) || a == 0x2002 || a == 0x3fff;
            global_unicast && !special
        }
    }
}
