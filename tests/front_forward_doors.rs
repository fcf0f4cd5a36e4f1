//! The places where proxies ask: a socket of their group, and TLS for those who have a certificate.

use crate::forward_world::{Client, NO_BODY, exchange_on, open_at, service};
use crate::front_sender::own_address;
use crate::house::{Directory, House, free_port, program};
use crate::running::mode;
use crate::saml_identity::NOW;
use crate::use_case_world::key;
use axum_server::Handle;
use gatehouse::ambient::{Clock, Random};
use gatehouse::app::{App, load};
use gatehouse::config::{Peers, Secrets};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn request(house: &House) -> Vec<u8> {
    Client::signed(house, &key("reader"), "/own/a").by_nginx("files", NO_BODY)
}

#[tokio::test]
async fn a_socket_is_for_its_group() {
    let directory = Directory::new();
    let sockets = directory.path().join("sockets");
    std::fs::create_dir(&sockets).expect("a directory");
    std::fs::set_permissions(&sockets, PermissionsExt::from_mode(0o750)).expect("closed");
    let path = sockets.join("forward.sock");
    let listen = format!("forward_listen = \"unix:{}\"\n", path.display());
    // What a killed process has left.
    drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
    let house = open_at(directory, Clock::held(NOW), &listen, &service("files", "nginx", "")).await;
    assert_eq!(mode(&path), 0o660);
    let stream = tokio::net::UnixStream::connect(&path).await.expect("open");
    assert_eq!(exchange_on(stream, &request(&house)).await.status, 200);
    // Where somebody answers, nobody else takes the place.
    assert!(refusal_of_another(&house).await.contains("proxies cannot be answered at unix:"));
    let stream = tokio::net::UnixStream::connect(&path).await.expect("still open");
    assert_eq!(exchange_on(stream, &request(&house)).await.status, 200);
    let (directory, ..) = house.close().await;
    assert!(!path.exists(), "it is taken away");
    // What is no socket stays.
    std::fs::write(&path, "a letter").expect("written");
    assert!(start(&directory.path().join("gatehouse.toml")).await.contains("proxies cannot be answered at unix:"));
    assert_eq!(std::fs::read_to_string(&path).expect("there"), "a letter");
}

/// Why another gateway of the same directory does not start, on other ports.
async fn refusal_of_another(house: &House) -> String {
    let path = house.directory.path().join("gatehouse.toml");
    let text = std::fs::read_to_string(&path).expect("the configuration");
    let moved = text.lines().map(|line| match line.split_once("listen = \"127.0.0.1:") {
        Some((key, _)) => format!("{key}listen = \"127.0.0.1:{}\"\n", free_port()),
        None => format!("{line}\n"),
    });
    start(&house.directory.write("another.toml", moved.collect::<String>())).await
}

async fn start(config: &Path) -> String {
    let clock = Clock::held(NOW);
    let loaded = load(config, Secrets::Read, Peers::Real, NOW).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    let app = App::build(loaded, clock, Random, program()).await.expect("it is built");
    let served = tokio::time::timeout(Duration::from_secs(30), app.serve(Handle::new())).await;
    served.expect("it ends by itself").expect_err("it does not start").to_string()
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let certificate = params.self_signed(&key).expect("a certificate");
        let (pem, certificate) = (certificate.pem(), certificate.der().to_vec());
        Self { issuer: Issuer::new(params, key), certificate, pem }
    }

    /// The configuration of a client that trusts this authority, and has this certificate.
    fn client(&self, client: Option<(String, String)>) -> rustls::ClientConfig {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.certificate.clone().into()).expect("a root");
        let builder = rustls::ClientConfig::builder().with_root_certificates(roots);
        match client {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM");
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
                builder.with_client_auth_cert(vec![certificate], key).expect("a client")
            }
        }
    }

    /// A certificate for localhost and for clients, and its key, in PEM.
    fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        (params.signed_by(&key, &self.issuer).expect("a certificate").pem(), key.serialize_pem())
    }
}

/// With TLS at this address, for clients of the authority.
async fn open_tls_at(address: &str, authority: &Authority) -> House {
    let directory = Directory::new();
    let (certificate, private) = authority.issue();
    for (name, text) in [("door.pem", &certificate), ("door.key", &private), ("ca.pem", &authority.pem)] {
        directory.write(name, text);
    }
    let listen = format!(
        "forward_listen = \"{address}\"\nforward_tls = {{ certificate = \"door.pem\", key = \"door.key\", client_ca = \"ca.pem\" }}\n"
    );
    open_at(directory, Clock::held(NOW), &listen, &service("files", "nginx", "")).await
}

/// One address may hold so many connections until it has shown a certificate, and as many as there are from then on.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_known_may_hold_many_connections() {
    const MOST: usize = 256;
    let Some(own) = own_address() else { return };
    let authority = Authority::new();
    let address = format!("{own}:{}", free_port());
    let house = open_tls_at(&address, &authority).await;
    let config = Arc::new(authority.client(Some(authority.issue())));
    let at = address.clone();
    let until = Clock::system().now() + time::Duration::seconds(60);
    let held = tokio::task::spawn_blocking(move || {
        let in_time = || Clock::system().now() < until;
        // One that the kernel has not handed over yet, or that has been silent for too long, has no place: more come again.
        let strangers = std::iter::repeat_with(|| {
            let strangers: Vec<_> = (0..2 * MOST).map(|_| std::net::TcpStream::connect(&at).expect("open")).collect();
            (0..MOST).any(|_| known(&at, &config).is_none()).then_some(strangers)
        });
        let strangers = strangers.take_while(|_| in_time()).flatten().next();
        drop(strangers.expect("strangers hold all places of this address"));
        // The door sees them go in its own time.
        let first = std::iter::repeat_with(|| known(&at, &config)).take_while(|_| in_time()).flatten().next();
        let mut held = vec![first.expect("strangers have gone")];
        for n in 1..=MOST {
            held.push(known(&at, &config).unwrap_or_else(|| panic!("connection {n} was turned away")));
        }
        held.len()
    });
    assert_eq!(held.await.expect("no panic"), MOST + 1);
    house.close().await;
}

type Held = rustls::StreamOwned<rustls::ClientConnection, std::net::TcpStream>;

/// A connection that has been answered and stays open, if the server lets it in.
fn known(address: &str, config: &Arc<rustls::ClientConfig>) -> Option<Held> {
    let name = rustls::pki_types::ServerName::try_from("localhost").expect("a name");
    let connection = rustls::ClientConnection::new(config.clone(), name).expect("a connection");
    let mut tls = rustls::StreamOwned::new(connection, std::net::TcpStream::connect(address).expect("open"));
    tls.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").ok()?;
    let mut answer = [0; 12];
    tls.read_exact(&mut answer).ok()?;
    assert_eq!(&answer, b"HTTP/1.1 404");
    Some(tls)
}

#[tokio::test]
async fn with_tls_only_a_client_of_the_authority_is_answered() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let address = format!("127.0.0.1:{}", free_port());
    let house = open_tls_at(&address, &ours).await;
    let asked =
        async |client: Option<(String, String)>| tls_exchange(&address, ours.client(client), request(&house)).await;
    assert_eq!(asked(Some(ours.issue())).await, Some(200));
    assert_eq!(asked(Some(theirs.issue())).await, None, "a stranger's certificate");
    assert_eq!(asked(None).await, None, "none at all");
    let plain = tokio::net::TcpStream::connect(&address).await.expect("open");
    let refused = tokio::spawn(async move { exchange_on(plain, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await });
    assert!(refused.await.is_err(), "not in the clear");
    house.close().await;
}

/// The status that comes back, if the server speaks with this client.
async fn tls_exchange(address: &str, config: rustls::ClientConfig, request: Vec<u8>) -> Option<u16> {
    let address = address.to_owned();
    let exchanged = tokio::task::spawn_blocking(move || {
        let name = rustls::pki_types::ServerName::try_from("localhost").expect("a name");
        let mut connection = rustls::ClientConnection::new(Arc::new(config), name).expect("a connection");
        let mut stream = std::net::TcpStream::connect(address).expect("open");
        let mut tls = rustls::Stream::new(&mut connection, &mut stream);
        let mut answer = Vec::new();
        tls.write_all(&request).ok()?;
        // A server that closes without a word has still said all it wanted.
        let _ = tls.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
    });
    exchanged.await.expect("no panic")
}
