//! Addresses that no network lies in front of.

use url::{Host, Url};

/// https anywhere; http where nobody can listen on the way: a loopback address or a name of this machine.
pub fn has_safe_scheme(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// `localhost` and what is below it (RFC 6761 §6.3). Whoever connects must still look where the name leads.
pub fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}
