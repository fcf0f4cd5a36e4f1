//! The composition root: the only place that builds services from a configuration.
//!
//! [`App`] is a gateway from its start to its end:
//!
//! ```text
//! load.rs         a configuration is read, and its tests are run
//! ground.rs       what stands to the end: the store, the keys (keys.rs, issuer.rs), the second engine's processes (engine.rs)
//! generation.rs   what a configuration makes of it: catalogue, services, and the gate before them
//! mod.rs          the doors: for everybody, for operators and, in forward.rs, for proxies
//! rounds.rs       what goes on meanwhile: sweeping, hearing of revocations and new keys, following metadata, sending
//!                 records on (courier.rs)
//! bookkeeper.rs   the book: signed for, laid down outside, indexed, relieved of what is too old
//! reload.rs       another configuration comes into force, if it leaves what restart.rs names as it was at the start
//! ```
//!
//! The rest works on the same store and keys from beside a gateway that may be running: sessions.rs and key_orders.rs give
//! orders, audit.rs and decisions.rs read, backup.rs copies. It also puts back, for which the gateway must be stopped.

mod audit;
mod backup;
mod bookkeeper;
mod courier;
mod decisions;
mod engine;
mod forward;
mod generation;
mod ground;
mod issuer;
mod key_orders;
mod keys;
mod load;
mod reload;
mod restart;
mod rounds;
mod sessions;

pub use crate::store::Claim;
pub use audit::{BookError, Entry, Step, Trail, VerifyError, audit_key, book, line, trail, verify};
pub use backup::{BackedUp, BackupError, back_up, restore};
pub use decisions::{DECISIONS_KEPT, Record, Records, Unkept, decisions};
pub use engine::{this_program, witness};
pub use key_orders::{Former, KeyOrderError, ListedKey, activate, keys, rotate};
pub use keys::existing_decryption_keys;
pub use load::load;
pub use reload::Reload;
pub use sessions::{Ending, Live, LiveSession, Revoked, admit, live_sessions, revoke};

use crate::ambient::{Clock, Random};
use crate::config::{ForwardListen, Loaded, SamlSettings, ServerSettings, TlsFiles};
use crate::gateway::{Doorway, Gate, InForce, Steady, admin_router};
use crate::jail::JailError;
use crate::metrics::Metrics;
use crate::saml::{DecryptionKeys, Witness};
use crate::store::{Keep, StoreError};
use crate::sts::{Addressee, KeyError};
use crate::words::Network;
use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use bookkeeper::Bookkeeper;
use forward::ForwardDoor;
use generation::Generation;
use ground::Ground;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use reload::Reloader;
use rounds::{Premises, Rounds};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use url::Url;

/// A gateway that is ready to serve.
pub struct App {
    gate: InForce<Gate>,
    forward: InForce<Router>,
    door: Door,
    reloader: Reloader,
    premises: Premises,
    bookkeeper: Bookkeeper,
    committer: oneshot::Receiver<()>,
}

/// Where it is found, and by whom.
struct Door {
    listen: SocketAddr,
    admin_listen: Option<SocketAddr>,
    forward_listen: Option<ForwardListen>,
    tls: Option<TlsFiles>,
    proxies: Vec<Network>,
}

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Keys(#[from] KeyError),
    #[error("{0}")]
    SecondEngine(#[from] JailError),
    #[error("a part of the work was broken off; look into the log for the reason")]
    BrokenOff,
    #[error("the TLS certificate or key ({certificate}, {key}) cannot be used: {source}")]
    Tls { certificate: String, key: String, source: std::io::Error },
    #[error("cannot listen on {listen}: {source}")]
    Listen { listen: SocketAddr, source: std::io::Error },
    #[error("proxies cannot be answered at {listen}: {source}")]
    ForwardListen { listen: String, source: std::io::Error },
}

/// How long requests under way may take when the server is told to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// Request line and headers together, in bytes.
const LARGEST_HEAD: usize = 64 * 1024;
/// Requests at once on one connection of HTTP/2, each of which may hold a body.
const MOST_STREAMS: u32 = 16;
/// How long a client may take for its headers.
const HEADERS: Duration = Duration::from_secs(10);
const LOOK_AT_CERTIFICATE_EVERY: Duration = Duration::from_secs(30);

impl App {
    /// Opens the store, loads (or makes) the keys, and puts the services together. `program` is this program's file, for
    /// the processes of the second engine.
    pub async fn build(mut loaded: Loaded, clock: Clock, random: Random, program: PathBuf) -> Result<Self, AppError> {
        let sources = loaded.sources.clone();
        let (ground, room, committer) = Ground::lay(&loaded.settings, clock, random, program).await?;
        let ground = Arc::new(ground);
        let door = Door::of(&loaded.settings.server);
        // The book is kept the same way to the end.
        let (audit, trace) = (std::mem::take(&mut loaded.settings.audit), loaded.settings.trace);
        let Generation { catalogue, gate, forward } = Generation::raise(loaded, &ground, None).await?;
        let (catalogue, in_force) = watch::channel(catalogue);
        let outside = (audit.anchor, audit.retention);
        let (store, clock, metrics) = (ground.store.clone(), ground.clock.clone(), ground.metrics.clone());
        let bookkeeper = Bookkeeper::new(store, room.audit().await?, outside, clock, metrics);
        let premises = Premises {
            catalogue: in_force,
            room,
            in_use: ground.in_use(),
            revocations: ground.revocations.clone(),
            books: ground.books(),
            keep: Keep {
                audit: audit.retention.whole_seconds(),
                traces: trace.retention.whole_seconds(),
                trace_bytes: i64::try_from(trace.max_size).unwrap_or(i64::MAX),
            },
            shipments: audit.shipments,
            clock: ground.clock.clone(),
            random,
        };
        let (gate, forward) = (InForce::new(gate), InForce::new(forward));
        let reloader = Reloader::new(ground, sources, (gate.clone(), forward.clone()), catalogue);
        Ok(Self { gate, forward, door, reloader, premises, bookkeeper, committer })
    }

    /// By this it is told to read its configuration again.
    pub fn reload(&self) -> Reload {
        self.reloader.asked.clone()
    }

    /// Serves until the handle says stop; requests under way are finished, and what they wrote is on disk before this
    /// returns.
    pub async fn serve(self, handle: Handle<SocketAddr>) -> Result<(), AppError> {
        let Self { gate, forward, door, reloader, premises, bookkeeper, committer } = self;
        let Door { listen, admin_listen, forward_listen, tls, proxies } = door;
        let metrics = premises.books.metrics.clone();
        let listening = |source| AppError::Listen { listen, source };
        let service = gate.for_senders();
        let clock = premises.clock.clone();
        let steady: Steady = Arc::new(move || clock.steady());
        let admin = match admin_listen {
            Some(listen) => Some(Admin::open(listen, metrics, steady.clone())?),
            None => None,
        };
        let forward = match forward_listen {
            Some(listen) => Some(ForwardDoor::open(listen, forward, steady.clone())?),
            // It would hold the store open beyond the end.
            None => {
                drop(forward);
                None
            }
        };
        let rounds = Rounds::begin(premises, reloader);
        let (closing, closed) = oneshot::channel();
        let bookkeeper = tokio::spawn(bookkeeper.keep(closed));
        let served = match tls {
            None => {
                let mut server = axum_server::bind(listen).acceptor(Doorway::open(&proxies, steady)).handle(handle);
                patient(server.http_builder());
                server.serve(service).await.map_err(listening)
            }
            Some(files) => {
                let config = tls_config(&files).await?;
                let (seen, renewed) = ([files.certificate.clone(), files.key.clone()], config.clone());
                let watcher = tokio::spawn(watch(seen, async move || {
                    renewed.reload_from_pem_file(&files.certificate, &files.key).await
                }));
                let acceptor = RustlsAcceptor::new(config).acceptor(Doorway::open(&proxies, steady));
                let mut server = axum_server::bind(listen).acceptor(acceptor).handle(handle);
                patient(server.http_builder());
                let served = server.serve(service).await.map_err(listening);
                watcher.abort();
                served
            }
        };
        rounds.end().await;
        if let Some(admin) = admin {
            admin.close().await;
        }
        if let Some(forward) = forward {
            forward.close().await;
        }
        // What was written last is signed for before the store is closed.
        drop(closing);
        let _ = tokio::time::timeout(DRAIN, bookkeeper).await;
        // The last handle on the store is gone with the gate: the committer writes what is queued and ends.
        let _ = tokio::time::timeout(DRAIN, committer).await;
        served
    }

    /// Begins the end: no new connections, and a bounded time for those under way.
    pub fn stop(handle: &Handle<SocketAddr>) {
        handle.graceful_shutdown(Some(DRAIN));
    }
}

impl Door {
    fn of(server: &ServerSettings) -> Self {
        let ServerSettings { listen, admin_listen, forward, tls, trusted_proxies, .. } = server;
        let (forward_listen, tls, proxies) = (forward.clone(), tls.clone(), trusted_proxies.clone());
        Self { listen: *listen, admin_listen: *admin_listen, forward_listen, tls, proxies }
    }
}

/// The second door, for operators. It stays open while the first is drained: that is worth watching.
struct Admin {
    handle: Handle<SocketAddr>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Admin {
    fn open(listen: SocketAddr, metrics: Arc<Metrics>, steady: Steady) -> Result<Self, AppError> {
        let handle = Handle::new();
        let bound = std::net::TcpListener::bind(listen).and_then(axum_server::from_tcp);
        let bound = bound.map_err(|source| AppError::Listen { listen, source })?;
        let mut server = bound.acceptor(Doorway::open(&[], steady)).handle(handle.clone());
        patient(server.http_builder());
        let served = tokio::spawn(server.serve(admin_router(metrics).into_make_service()));
        tracing::info!(address = %listen, "serving metrics");
        Ok(Self { handle, served })
    }

    async fn close(self) {
        self.handle.graceful_shutdown(Some(DRAIN));
        let _ = self.served.await;
    }
}

/// Bounds what a client may keep us waiting for, in both versions of HTTP.
fn patient(builder: &mut Builder<TokioExecutor>) {
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(LARGEST_HEAD);
    // No pings of ours: their answers would keep a silent connection from looking silent.
    builder.http2().max_concurrent_streams(MOST_STREAMS).max_header_list_size(LARGEST_HEAD as u32);
}

/// What responses must be made out to: our assertion consumer and its alias, our entity id, and what is listed besides.
pub fn addressee(
    public_url: &Url,
    saml: &SamlSettings,
    decryption: DecryptionKeys,
    witness: Option<Witness>,
) -> Addressee {
    Addressee {
        recipients: recipients(public_url, saml),
        token_endpoint: format!("{public_url}oauth/token"),
        audiences: std::iter::once(&saml.entity_id).chain(&saml.audiences).cloned().collect(),
        decryption,
        witness,
    }
}

/// Where assertions may be sent to.
pub fn recipients(public_url: &Url, saml: &SamlSettings) -> Vec<String> {
    let own = [format!("{public_url}saml/acs"), format!("{public_url}saml")];
    own.into_iter().chain(saml.recipients.iter().cloned()).collect()
}

async fn tls_config(files: &TlsFiles) -> Result<RustlsConfig, AppError> {
    let failed = |source| AppError::Tls {
        certificate: files.certificate.display().to_string(),
        key: files.key.display().to_string(),
        source,
    };
    RustlsConfig::from_pem_file(&files.certificate, &files.key).await.map_err(failed)
}

/// Renewed certificates and keys are taken up without a restart; bad ones leave the old in force.
async fn watch<const N: usize>(files: [PathBuf; N], reload: impl AsyncFn() -> std::io::Result<()>) {
    let modified = || files.each_ref().map(|path| std::fs::metadata(path).and_then(|m| m.modified()).ok());
    let mut seen = modified();
    loop {
        tokio::time::sleep(LOOK_AT_CERTIFICATE_EVERY).await;
        let now = modified();
        if now != seen {
            seen = now;
            match reload().await {
                Ok(()) => tracing::info!(certificate = %files[0].display(), "took up the renewed certificate"),
                Err(error) => tracing::error!(%error, "the renewed certificate cannot be used; the old one stays"),
            }
        }
    }
}
