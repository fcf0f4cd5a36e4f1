//! Addresses on the web: which of them this house asks, or sends a browser to.

use url::{Host, Url};

/// May it be asked something? The one rule for every address that is written in a configuration or in a provider's
/// documents: a safe scheme, no user name or password that could end in a log, no fragment, which nobody would be sent.
/// To which addresses of the network a name may lead is `outbound`'s business.
pub fn may_be_asked(url: &Url) -> bool {
    has_safe_scheme(url) && is_anonymous(url) && url.fragment().is_none()
}

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

/// Neither a user name nor a password is in it.
pub fn is_anonymous(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

/// `localhost` and what is below it (RFC 6761 §6.3). Whoever connects must still look where the name leads.
pub fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}
