//! An HTTP proxy on loopback that writes down what it is asked for, and certificates for the names behind it.

use axum_server::tls_rustls::RustlsConfig;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// One request to the proxy: `host:port`, and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) authority: String,
    pub(crate) authorization: Option<String>,
}

pub(crate) struct ConnectProxy {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: tokio::task::JoinHandle<()>,
}

impl ConnectProxy {
    /// Knows these names; for all others it answers 502.
    pub(crate) async fn open(names: &[(&str, SocketAddr)]) -> Self {
        let names: Arc<Vec<(String, SocketAddr)>> =
            Arc::new(names.iter().map(|(name, address)| (format!("{name}:443"), *address)).collect());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<Asked>>>::default());
        let book = asked.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(tunnel(stream, names.clone(), book.clone()));
            }
        });
        Self { address, asked, server }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The names and ports, each once, in the order in which they were first asked for.
    pub(crate) fn authorities(&self) -> Vec<String> {
        let mut authorities: Vec<String> = Vec::new();
        for Asked { authority, .. } in self.asked() {
            if !authorities.contains(&authority) {
                authorities.push(authority);
            }
        }
        authorities
    }
}

impl Drop for ConnectProxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn tunnel(stream: TcpStream, names: Arc<Vec<(String, SocketAddr)>>, book: Arc<Mutex<Vec<Asked>>>) {
    let mut stream = BufReader::new(stream);
    let (mut line, mut head) = (String::new(), Vec::new());
    while stream.read_line(&mut line).await.is_ok_and(|length| length > 2) {
        head.push(std::mem::take(&mut line).trim().to_owned());
    }
    let authority = head[0].strip_prefix("CONNECT ").and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
    let authority = authority.unwrap_or(&head[0]).to_owned();
    let authorization = head.iter().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.to_owned())
    });
    let known = names.iter().find(|(name, _)| *name == authority).map(|(_, address)| *address);
    book.lock().unwrap().push(Asked { authority, authorization });
    let Some(address) = known else {
        let _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
        return;
    };
    let mut far = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    let _ = copy_bidirectional(&mut stream, &mut far).await;
}

/// A certificate for these names, and the PEM of the authority that made it.
pub(crate) fn certificate_for(names: &[&str]) -> (RustlsConfig, String) {
    let signer = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(vec![]).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&signer).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let leaf = rcgen::CertificateParams::new(names).unwrap();
    let leaf = leaf.signed_by(&key, &rcgen::Issuer::from_params(&authority, &signer)).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key.into()).unwrap();
    (RustlsConfig::from_config(Arc::new(tls)), authority_certificate.pem())
}

/// Serves over TLS on loopback.
pub(crate) async fn serve_tls(router: axum::Router, tls: RustlsConfig) -> SocketAddr {
    let handle = axum_server::Handle::<SocketAddr>::new();
    let server = axum_server::bind_rustls("127.0.0.1:0".parse().unwrap(), tls).handle(handle.clone());
    tokio::spawn(server.serve(router.into_make_service()));
    handle.listening().await.unwrap()
}
