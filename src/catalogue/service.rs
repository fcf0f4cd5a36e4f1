//! A resource service behind a proxy that asks for it.

use super::Route;
use crate::words::{AccountId, PlainPath};

pub struct Service {
    pub name: String,
    /// Whose its resources are.
    pub account: AccountId,
    /// What clients call it, and sign; with its port unless that is the scheme's.
    pub host: String,
    pub proxy: ProxyKind,
    pub payload: Payload,
    /// No two of them cover one request.
    pub routes: Vec<Route>,
}

/// How a proxy tells of the request. It is fixed here, so that no request chooses it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ProxyKind {
    /// In headers beside the client's own, which its configuration overwrites.
    Nginx,
    /// Method and path are the request's own, below a prefix. The proxy refuses a `#` in the target, which does not arrive.
    Envoy,
}

/// Who knows what the body is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// There is none.
    Empty,
    /// The proxy has read it and tells its SHA-256.
    HashedByProxy,
}

impl Service {
    /// The action and the resource that a request comes to, if it is one that is known.
    pub fn question(&self, method: &str, path: &PlainPath) -> Option<(&str, String)> {
        self.routes.iter().find_map(|route| Some((route.action(), route.resource_of(method, path)?)))
    }
}
