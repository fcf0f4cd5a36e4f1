//! The only way out: every request that the house itself makes goes through a [`Fetcher`].
//!
//! A provider's documents name further addresses, so whoever writes one of them chooses where we connect. Each fetch
//! is therefore bounded in every direction: https only (http to a loopback host), public addresses only unless the
//! provider's `allowed_networks` names others, no redirects, no proxy taken from the environment, and
//! within [`Bounds`]: five seconds from the first byte to the last and one mebibyte of body, unless the document is known
//! to be larger. The address rule is asked about the address that is really
//! connected to: literal addresses before the request, names in the resolver that the connection itself uses, so a
//! name that changes its answer between a check and its use gains nothing.

mod error;
mod fetcher;
mod network;

pub use error::OutboundError;
pub use fetcher::{Answer, Bounds, Fetcher, OutboundRules};
pub use network::{Network, NotANetwork};
