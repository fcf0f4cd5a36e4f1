//! The way out through a proxy.

use crate::words::{Secret, is_anonymous};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use reqwest::header::HeaderValue;
use std::fmt;
use std::sync::Arc;
use url::{Host, Url};

/// An HTTP proxy that opens tunnels (CONNECT, RFC 9110 §9.3.6) to the hosts that it may be asked for. It looks their
/// names up itself, where no address rule of ours is asked: so these are the hosts that the configuration names, and
/// whoever writes a provider's documents adds none.
#[derive(Clone)]
pub struct Proxy {
    way: Arc<Way>,
    hosts: Vec<String>,
}

struct Way {
    /// Without user and password.
    address: Url,
    /// The value of Proxy-Authorization.
    authorization: Option<Secret>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be the address of an HTTP proxy, as in http://user:password@proxy.example:3128; TLS is spoken with the provider, through it"
)]
pub struct NotAProxy;

impl Proxy {
    /// `address` is `http://[user:password@]host[:port]`; nothing of it is ever shown.
    ///
    /// # Errors
    /// [`NotAProxy`] for anything else.
    pub fn parse(address: &Secret) -> Result<Self, NotAProxy> {
        let mut address: Url = address.expose_str().and_then(|text| text.trim().parse().ok()).ok_or(NotAProxy)?;
        let plain = address.path() == "/" && address.query().is_none() && address.fragment().is_none();
        if address.scheme() != "http" || !plain {
            return Err(NotAProxy);
        }
        let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
        let authorization = (!is_anonymous(&address)).then(|| {
            let user = decoded(address.username());
            let pair = [&user[..], &b":"[..], &decoded(address.password().unwrap_or_default())[..]].concat();
            Secret::new(format!("Basic {}", STANDARD.encode(pair)))
        });
        address.set_username("").and_then(|()| address.set_password(None)).map_err(|()| NotAProxy)?;
        Ok(Self { way: Arc::new(Way { address, authorization }), hosts: Vec::new() })
    }

    /// The same proxy, which may be asked for `host` as well: a name or an address, as it stands in a URL.
    pub fn and_for(mut self, host: &str) -> Self {
        self.hosts.extend(Host::parse(host).map(|host| host.to_string()));
        self
    }

    pub(super) fn may_be_asked_for(&self, host: &str) -> bool {
        self.hosts.iter().any(|listed| listed == host)
    }

    /// For a client that sends everything through it.
    pub(super) fn for_everything(&self) -> Result<reqwest::Proxy, reqwest::Error> {
        let proxy = reqwest::Proxy::all(self.way.address.clone())?;
        let Some(authorization) = &self.way.authorization else { return Ok(proxy) };
        let mut value = HeaderValue::from_bytes(authorization.expose()).expect("base64 is a header value");
        value.set_sensitive(true);
        Ok(proxy.custom_http_auth(value))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// The same one, and for the same hosts.
impl PartialEq for Proxy {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.way, &other.way) && self.hosts == other.hosts
    }
}

impl Eq for Proxy {}
