//! The composition root: the only place that builds services from a configuration.

mod decisions;
mod forward;
mod issuer;
mod key_orders;
mod keys;
mod load;
mod rounds;
mod sessions;

pub use decisions::{Record, Records, decisions};
pub use key_orders::{Former, KeyOrderError, ListedKey, activate, keys, rotate};
pub use keys::existing_decryption_keys;
pub use load::load;
pub use sessions::{Ending, Live, LiveSession, Revoked, admit, live_sessions, revoke};

use crate::ambient::{Clock, Random};
use crate::config::{ForwardListen, Loaded, SamlSettings, ServerSettings, Settings, TlsFiles};
use crate::console::{BreakGlass, Console, Destinations, Simulator};
use crate::gateway::{Approach, Doorway, House, Steady, admin_router, forward_router, router};
use crate::issuer::Issuer;
use crate::jail::{Jail, JailError};
use crate::limits::Limits;
use crate::metadata::Books;
use crate::metrics::Metrics;
use crate::saml::{DecryptionKeys, SecondEngine, ServiceProvider, Witness};
use crate::signin::SignIn;
use crate::store::{Store, StoreError};
use crate::sts::{Addressee, KeyError, KeyStore, Revocations, Sts};
use crate::words::Network;
use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use forward::ForwardDoor;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use keys::{InUse, KeyRoom, unusable};
use rounds::{Premises, Rounds};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;

/// A gateway that is ready to serve.
pub struct App {
    router: Router,
    listen: SocketAddr,
    admin_listen: Option<SocketAddr>,
    forward: Option<(ForwardListen, Router)>,
    metrics: Arc<Metrics>,
    tls: Option<TlsFiles>,
    proxies: Vec<Network>,
    premises: Premises,
    committer: oneshot::Receiver<()>,
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
    pub async fn build(loaded: Loaded, clock: Clock, random: Random, program: PathBuf) -> Result<Self, AppError> {
        let Loaded { settings, catalogue, .. } = loaded;
        let Settings { server, store, keys_directory, wrapping_key, saml, console, max_body, rates, region } = settings;
        let (store, committer) = Store::open(&store.path).await?;
        let key_store = match wrapping_key {
            Some(key) => KeyStore::Wrapped(store.clone(), key),
            None => KeyStore::Directory(keys_directory),
        };
        let room = KeyRoom::open(store.clone(), key_store, &saml.entity_id, clock.clone(), random).await?;
        let keys = Arc::new(room.keys().await?);
        let (signing, decryption) = room.saml().await?;
        let service_provider =
            ServiceProvider::new(&saml.entity_id, server.public_url.as_str(), &signing, decryption.clone())
                .map_err(unusable("saml.pem"))?;
        let service_provider = Arc::new(service_provider);
        let issuer = Arc::new(Issuer::new(&server.public_url, room.issuer().await?));
        let metrics = Arc::new(Metrics::new());
        let turns = std::thread::available_parallelism().map_or(2, usize::from);
        let counted = metrics.clone();
        let witness = tokio::task::spawn_blocking(move || witness(saml.second_engine, program, turns, counted));
        let witness = witness.await.map_err(|_| JailError::Start(std::io::ErrorKind::Other.into()))??;
        let (catalogue, books) = (Arc::new(catalogue), Books { store: store.clone(), metrics: metrics.clone() });
        for (provider, expression) in catalogue.read_whole() {
            tracing::info!(provider = %provider.arn, expression, "reads claims without naming them: all of them are kept for `gatehouse plan`");
        }
        for live in catalogue.metadata() {
            live.restore(&store).await?;
        }
        for oidc in catalogue.providers().filter_map(|provider| provider.oidc()) {
            oidc.relying_party.restore(&store, clock.now()).await?;
        }
        let revocations = Arc::new(Revocations::load(&store, clock.clone()).await?);
        let premises = Premises {
            catalogue: catalogue.clone(),
            room,
            in_use: InUse { keys: keys.clone(), issuer: issuer.clone(), service_provider: service_provider.clone() },
            revocations: revocations.clone(),
            books,
            clock: clock.clone(),
            random,
        };
        let limits = Arc::new(Limits::new(rates, clock.steady()));
        let sts = Arc::new(Sts {
            limits,
            revocations,
            catalogue,
            store,
            keys,
            issuer,
            clock,
            random,
            redeem_once: saml.redeem_once,
            region,
            metrics: metrics.clone(),
            addressee: Arc::new(addressee(&server.public_url, &saml, decryption, witness)),
            verifying: Arc::new(Semaphore::new(turns)),
        });
        let destinations = Destinations::new(server.public_url.clone(), console.destinations.clone());
        let session_duration = console.session_duration;
        let break_glass = console.break_glass.then(|| BreakGlass::new(&sts.catalogue)).flatten();
        let console_service =
            Console { sts: sts.clone(), destinations, session_duration, break_glass, simulator: Simulator::new() };
        let console_service = Arc::new(console_service);
        let forward = server.forward.map(|listen| (listen, forward_router(sts.clone())));
        let public_url = server.public_url.clone();
        let sign_in = SignIn { sts, console: console_service, service_provider, public_url };
        let approach = Approach { proxies: server.trusted_proxies.clone(), over_tls: server.tls.is_some() };
        let house = House::new(sign_in, &server.hosts, &console.destinations, max_body, approach);
        let house = house.shared_with(&server.cors_origins);
        let ServerSettings { listen, admin_listen, tls, trusted_proxies: proxies, .. } = server;
        Ok(Self { router: router(house), listen, admin_listen, forward, metrics, tls, proxies, premises, committer })
    }

    /// Serves until the handle says stop; requests under way are finished, and what they wrote is on disk before this
    /// returns.
    pub async fn serve(self, handle: Handle<SocketAddr>) -> Result<(), AppError> {
        let Self { router, listen, admin_listen, forward, metrics, tls, proxies, premises, committer } = self;
        let listening = |source| AppError::Listen { listen, source };
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let clock = premises.clock.clone();
        let steady: Steady = Arc::new(move || clock.steady());
        let admin = match admin_listen {
            Some(listen) => Some(Admin::open(listen, metrics, steady.clone())?),
            None => None,
        };
        let forward = match forward {
            Some((listen, router)) => Some(ForwardDoor::open(listen, router, steady.clone())?),
            None => None,
        };
        let rounds = Rounds::begin(premises);
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
        // The last handle on the store is gone with the router: the committer writes what is queued and ends.
        let _ = tokio::time::timeout(DRAIN, committer).await;
        served
    }

    /// Begins the end: no new connections, and a bounded time for those under way.
    pub fn stop(handle: &Handle<SocketAddr>) {
        handle.graceful_shutdown(Some(DRAIN));
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

/// The second engine in processes of its own, as many as there are `turns`; none if it is off.
pub fn witness(
    mode: SecondEngine,
    program: PathBuf,
    turns: usize,
    metrics: Arc<Metrics>,
) -> Result<Option<Witness>, JailError> {
    if mode == SecondEngine::Off {
        return Ok(None);
    }
    let jail = Jail::open(program, turns, metrics.clone())?;
    let ask = Arc::new(move |certificate: &[u8], xml: &str| jail.ask(certificate, xml));
    Ok(Some(Witness { ask, enforced: mode == SecondEngine::Enforce, metrics }))
}

/// This very program, even if its file has been replaced since.
pub fn this_program() -> PathBuf {
    "/proc/self/exe".into()
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
