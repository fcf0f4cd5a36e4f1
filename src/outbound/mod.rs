//! The only way out: every request that the house itself makes goes through a [`Fetcher`].
//!
//! A provider's documents name further addresses, so whoever writes one of them chooses where we connect. Each fetch
//! is therefore bounded in every direction: https only (http to a loopback host), public addresses only unless the
//! provider's `allowed_networks` names others, no redirects, no proxy taken from the environment unasked, and within
//! [`Bounds`]: five seconds from the first byte to the last and one mebibyte of unpacked body, unless the document is
//! known to be larger. The address rule is asked about the address that is really connected to: literal addresses before
//! the request, names in the resolver that the connection itself uses, so a name that changes its answer between a check
//! and its use gains nothing.
//!
//! With a [`Proxy`] it is the proxy that looks names up, so the address rule gives way to a list: only hosts that the
//! configuration names are asked for. What lies in a provider's `allowed_networks` (a literal address, or a name that leads
//! there when it is looked up here) and `localhost` are reached directly, under the address rule: they need no further
//! list of exceptions.

mod body;
mod error;
mod fetcher;
mod network;
mod proxy;

pub use error::OutboundError;
pub use fetcher::{Answer, Bounds, Fetcher, OutboundRules};
pub use proxy::{NotAProxy, Proxy};
