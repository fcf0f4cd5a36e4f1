//! The third door, for proxies.

use super::{AppError, DRAIN, patient, watch};
use crate::config::{ForwardListen, MutualTls};
use crate::gateway::{Doorway, InForce, Steady};
use axum::Router;
use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{SocketAddr as UnixAddr, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

pub(super) struct ForwardDoor {
    handle: Address,
    served: JoinHandle<io::Result<()>>,
    watcher: Option<JoinHandle<()>>,
}

enum Address {
    Network(Handle<SocketAddr>),
    Socket(Handle<UnixAddr>, PathBuf),
}

/// For its owner and its group. Its directory is closed to others, so that nobody else comes in before it is so.
const MODE: u32 = 0o660;
/// Connections that wait to be let in: as many as have a place behind the door. A client that finds no room here tries
/// again only seconds later.
const MOST_WAITING: u32 = 4_096;

impl ForwardDoor {
    pub(super) fn open(listen: ForwardListen, router: InForce<Router>, steady: Steady) -> Result<Self, AppError> {
        let name = match &listen {
            ForwardListen::Loopback(address) | ForwardListen::Tls(address, _) => address.to_string(),
            ForwardListen::Unix(path) => format!("unix:{}", path.display()),
        };
        let opened = match listen {
            ForwardListen::Loopback(address) => loopback(address, router, steady),
            ForwardListen::Tls(address, tls) => mutual(address, tls, router, steady),
            ForwardListen::Unix(path) => socket(path, router, steady),
        };
        let opened = opened.map_err(|source| AppError::ForwardListen { listen: name.clone(), source })?;
        tracing::info!(address = name, "answering proxies");
        Ok(opened)
    }

    pub(super) async fn close(self) {
        match &self.handle {
            Address::Network(handle) => handle.graceful_shutdown(Some(DRAIN)),
            Address::Socket(handle, _) => handle.graceful_shutdown(Some(DRAIN)),
        }
        if let Ok(Err(error)) = self.served.await {
            tracing::error!(%error, "proxies were not answered to the end");
        }
        self.watcher.inspect(JoinHandle::abort);
        if let Address::Socket(_, path) = &self.handle {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<axum_server::Server<SocketAddr>> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    axum_server::from_tcp(socket.listen(MOST_WAITING)?.into_std()?)
}

fn loopback(address: SocketAddr, router: InForce<Router>, steady: Steady) -> io::Result<ForwardDoor> {
    let handle = Handle::new();
    let mut server = bound(address)?.acceptor(Doorway::open(&[], steady)).handle(handle.clone());
    patient(server.http_builder());
    let served = tokio::spawn(server.serve(router.for_anybody()));
    Ok(ForwardDoor { handle: Address::Network(handle), served, watcher: None })
}

fn mutual(address: SocketAddr, tls: MutualTls, router: InForce<Router>, steady: Steady) -> io::Result<ForwardDoor> {
    let config = RustlsConfig::from_config(server_config(&tls)?);
    let (files, renewed) =
        ([tls.files.certificate.clone(), tls.files.key.clone(), tls.client_ca.clone()], config.clone());
    let handle = Handle::new();
    let acceptor = Known(RustlsAcceptor::new(config).acceptor(Doorway::open(&[], steady)));
    let mut server = bound(address)?.acceptor(acceptor).handle(handle.clone());
    patient(server.http_builder());
    let served = tokio::spawn(server.serve(router.for_anybody()));
    let reload = async move || server_config(&tls).map(|config| renewed.reload_from_config(config));
    let watcher = Some(tokio::spawn(watch(files, reload)));
    Ok(ForwardDoor { handle: Address::Network(handle), served, watcher })
}

/// Lets whoever has shown a certificate have as many places as there are: a proxy has the connections of everybody. Until
/// then an address has the few that strangers have.
#[derive(Clone)]
struct Known(RustlsAcceptor<Doorway>);

impl<S: Send + 'static> Accept<TcpStream, S> for Known {
    type Stream = <RustlsAcceptor<Doorway> as Accept<TcpStream, S>>::Stream;
    type Service = <RustlsAcceptor<Doorway> as Accept<TcpStream, S>>::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let accepted = self.0.accept(stream, service);
        Box::pin(async move {
            let (mut stream, service) = accepted.await?;
            stream.get_mut().0.make_known();
            Ok((stream, service))
        })
    }
}

fn socket(path: PathBuf, router: InForce<Router>, steady: Steady) -> io::Result<ForwardDoor> {
    remove_left_behind(&path)?;
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(MODE))?;
    let handle = Handle::new();
    let mut server = axum_server::from_unix(listener)?.acceptor(Doorway::open(&[], steady)).handle(handle.clone());
    patient(server.http_builder());
    let served = tokio::spawn(server.serve(router.for_anybody()));
    Ok(ForwardDoor { handle: Address::Socket(handle, path), served, watcher: None })
}

/// A socket that nobody answers on is one that a killed process has left. Anything else stays.
fn remove_left_behind(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.file_type().is_socket() && UnixStream::connect(path).is_err() => std::fs::remove_file(path),
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
    }
}

/// Only who shows a certificate that the authority has signed comes as far as to ask.
fn server_config(tls: &MutualTls) -> io::Result<Arc<ServerConfig>> {
    let certificates = certificates(&tls.files.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&std::fs::read(&tls.files.key)?).map_err(io::Error::other)?;
    let mut authorities = RootCertStore::empty();
    for authority in self::certificates(&tls.client_ca)? {
        authorities.add(authority).map_err(io::Error::other)?;
    }
    let verifier = WebPkiClientVerifier::builder(authorities.into()).build().map_err(io::Error::other)?;
    let builder = ServerConfig::builder().with_client_cert_verifier(verifier);
    let mut config = builder.with_single_cert(certificates, key).map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let pem = std::fs::read(path)?;
    CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(io::Error::other)
}
