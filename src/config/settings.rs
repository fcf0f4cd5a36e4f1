//! What the tables that are about Gatehouse itself come to.

use crate::audit::{Anchor, Shipment};
use crate::limits::Rates;
use crate::saml::SecondEngine;
use crate::words::{Network, Secret};
use std::net::SocketAddr;
use std::path::PathBuf;
use time::Duration;
use url::Url;

/// Everything but the catalogue.
pub struct Settings {
    pub server: ServerSettings,
    pub store: StoreSettings,
    pub keys_directory: PathBuf,
    /// AES-256 key that wraps the keys at rest.
    pub wrapping_key: Option<Secret>,
    pub saml: SamlSettings,
    pub console: ConsoleSettings,
    pub max_body: usize,
    pub rates: Rates,
    /// `aws:RequestedRegion` of what is not signed.
    pub region: String,
    pub audit: AuditSettings,
    pub trace: TraceSettings,
}

#[derive(Default)]
pub struct AuditSettings {
    /// How long records stay.
    pub retention: Duration,
    /// Where it is laid down how far the book has come.
    pub anchor: Option<Anchor>,
    pub shipments: Vec<Shipment>,
}

/// How long traces stay, and how much room they take, in bytes.
#[derive(Clone, Copy)]
pub struct TraceSettings {
    pub retention: Duration,
    pub max_size: u64,
}

pub struct ServerSettings {
    pub listen: SocketAddr,
    /// Ends with a slash; every URL that is published starts with this.
    pub public_url: Url,
    pub tls: Option<TlsFiles>,
    /// Further Host values that are answered, lower-case; `*.example.com` stands for one label.
    pub hosts: Vec<String>,
    /// Whose pages may call the API by script, as browsers send it: `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// Whose X-Forwarded-For counts.
    pub trusted_proxies: Vec<Network>,
    /// Where operators read the metrics.
    pub admin_listen: Option<SocketAddr>,
    /// Where proxies ask.
    pub forward: Option<ForwardListen>,
}

impl ServerSettings {
    /// Whether it is where this house is found, under any of its names. A listed name without a port has ours; what
    /// `*.example.com` stands for may be others.
    pub(super) fn is_at(&self, url: &Url) -> bool {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
        let host = host.trim_end_matches('.');
        let with_port = format!("{host}:{port}");
        let our_port = self.public_url.port_or_known_default() == Some(port);
        let ours = self.public_url.host_str().into_iter().chain(self.hosts.iter().map(String::as_str));
        let mut ours = ours.map(|name| name.trim_end_matches('.'));
        url.path().trim_matches('/').is_empty() && ours.any(|name| (our_port && name == host) || name == with_port)
    }
}

/// A place that only proxies reach.
#[derive(Clone)]
pub enum ForwardListen {
    Loopback(SocketAddr),
    Tls(SocketAddr, MutualTls),
    /// The path of a socket.
    Unix(PathBuf),
}

#[derive(Clone)]
pub struct MutualTls {
    pub files: TlsFiles,
    /// Who signs the certificates of those who may ask.
    pub client_ca: PathBuf,
}

#[derive(Clone)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

pub struct StoreSettings {
    /// The SQLite database.
    pub path: PathBuf,
}

pub struct SamlSettings {
    pub entity_id: String,
    pub audiences: Vec<String>,
    pub recipients: Vec<String>,
    pub second_engine: SecondEngine,
    /// `api_redemption = "once"`: an assertion gives credentials once, instead of once for each role.
    pub redeem_once: bool,
}

pub struct ConsoleSettings {
    pub session_duration: Duration,
    /// Whether users sign in with a password.
    pub break_glass: bool,
    /// URL prefixes outside our own pages that a sign-in URL may lead to.
    pub destinations: Vec<Url>,
}
