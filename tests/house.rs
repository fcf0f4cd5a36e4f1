//! A whole gateway for a test: real configuration file, real router, real database, real TCP; the clock is in the
//! test's hand.

use crate::book::Book;
use crate::postgres_server::{PostgresServer, lay_down_password};
use axum_server::Handle;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::ambient::{Clock, Random};
use gatehouse::app::{App, Reload, load};
use gatehouse::config::{Peers, Secrets};
use gatehouse::demo::authority;
use gatehouse::limits::Rates;
use gatehouse::store::Keep;
use gatehouse::sts::{Keys, Root, Seals};
use gatehouse::trace::Step;
use gatehouse::words::Secret;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use time::OffsetDateTime;
use tokio::task::JoinHandle;

/// A directory of its own, removed at the end; and the server on which its database is, if it is on one.
pub(crate) struct Directory(PathBuf, OnceLock<Arc<PostgresServer>>);

impl Directory {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        // A process that was killed has left its own behind, and its number comes again.
        let next = || format!("gatehouse-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut paths = std::iter::repeat_with(|| std::env::temp_dir().join(next()));
        Self(paths.find(|path| std::fs::create_dir(path).is_ok()).expect("a directory"), OnceLock::new())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn server(&self) -> Option<&Arc<PostgresServer>> {
        self.1.get()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(&path, text).expect("written");
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A port that nobody listens on at this moment: below those that the kernel gives to outgoing connections, and each
/// process tries a row of its own, so that nobody takes it before it is used. Browsers and Node go to no port 10080 (Fetch
/// standard, "bad port").
pub(crate) fn free_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let next = || 10_100 + (std::process::id() * 16 + TRIED.fetch_add(1, Ordering::Relaxed)) % 20_000;
    let ports = std::iter::repeat_with(next).filter_map(|port| u16::try_from(port).ok());
    let mut free = ports.filter(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a port")
}

/// How the gateway is called from outside.
pub(crate) struct Address {
    pub(crate) port: u16,
    pub(crate) public_url: String,
    /// Further lines of `[server]`.
    pub(crate) server: String,
}

impl Address {
    /// Plain HTTP on a free port of loopback.
    pub(crate) fn loopback() -> Self {
        let port = free_port();
        Self { port, public_url: format!("http://127.0.0.1:{port}"), server: String::new() }
    }

    /// TLS on a free port, under any name.
    pub(crate) fn tls(host: &str) -> Self {
        let port = free_port();
        Self { port, public_url: format!("https://{host}:{port}"), server: String::new() }
    }
}

pub(crate) struct House {
    pub(crate) directory: Arc<Directory>,
    pub(crate) public_url: String,
    pub(crate) clock: Clock,
    pub(crate) client: reqwest::Client,
    /// Asks for what SIGHUP asks for.
    pub(crate) reload: Reload,
    handle: Handle<SocketAddr>,
    served: JoinHandle<()>,
}

impl House {
    /// Plain HTTP on loopback. `config` writes everything after `[server]`, `[store]` and `[keys]`.
    pub(crate) async fn open(
        at: OffsetDateTime,
        files: &[(&str, String)],
        config: impl FnOnce(&Address) -> String,
    ) -> Self {
        Self::start(Clock::held(at), Address::loopback(), files, config).await
    }

    /// TLS under `https://<host>:<port>`, as browsers need it for cookies. `public_url` may name any host; the
    /// certificate is for localhost.
    pub(crate) async fn open_tls(
        clock: Clock,
        host: &str,
        files: &[(&str, String)],
        config: impl FnOnce(&Address) -> String,
    ) -> Self {
        Self::start(clock, Address::tls(host), files, config).await
    }

    /// At an address that was chosen before, for peers that must know it first; the time is today's.
    pub(crate) async fn open_at(address: Address, files: &[(&str, String)], config: String) -> Self {
        Self::start(Clock::system(), address, files, |_| config).await
    }

    pub(crate) async fn start(
        clock: Clock,
        address: Address,
        files: &[(&str, String)],
        config: impl FnOnce(&Address) -> String,
    ) -> Self {
        let directory = Arc::new(Directory::new());
        let mut tls = "";
        if address.public_url.starts_with("https:") {
            // The certificate must be good today, whatever the test's clock says.
            authority::ensure(&directory.path().join("certs"), Clock::system().now(), Random).expect("certificates");
            tls = "tls = { certificate = \"certs/demo.pem\", key = \"certs/demo.key\" }\n";
        }
        for (name, text) in files {
            directory.write(name, text);
        }
        let Address { port, public_url, server } = &address;
        let store = store(&directory);
        let head = format!(
            "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{public_url}\"\n{tls}{server}\n[store]\n{store}\n[keys]\ndirectory = \"keys\"\n\n"
        );
        let config = head + &config(&address);
        directory.write("gatehouse.toml", config);
        Self::serve(directory, clock, address.public_url).await
    }

    /// Starts a gateway from the files that are in the directory already.
    pub(crate) async fn serve(directory: Arc<Directory>, clock: Clock, public_url: String) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let loaded = load(&directory.path().join("gatehouse.toml"), Secrets::Read, Peers::Real, clock.now());
        let loaded = loaded.unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        let mut loaded = loaded;
        // The clock stands still, and with it what is counted by the second: only tests of the limits have any.
        let text = std::fs::read_to_string(directory.path().join("gatehouse.toml")).expect("a configuration");
        if !text.contains("[limits]") {
            const ANY: u32 = 1_000_000;
            loaded.settings.rates = Rates { per_source: ANY, per_principal: ANY, failures_per_source: ANY };
        }
        let app = App::build(loaded, clock.clone(), Random, program()).await.expect("it starts");
        let (handle, reload) = (Handle::new(), app.reload());
        let serving = handle.clone();
        let served = tokio::spawn(async move { app.serve(serving).await.expect("it serves") });
        handle.listening().await.expect("it listens");
        // The gateway closes what has been silent for ten seconds; nobody is to begin a request just then.
        let mut client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        client = client.pool_idle_timeout(std::time::Duration::from_secs(5));
        if let Ok(pem) = std::fs::read(directory.path().join("certs/demo-ca.pem")) {
            client = client.tls_certs_only([reqwest::Certificate::from_pem(&pem).expect("a certificate")]);
        }
        let client = client.build().expect("a client");
        Self { directory, public_url, clock, client, reload, handle, served }
    }

    /// Stops as SIGTERM does, and waits until the last write is on disk.
    pub(crate) async fn close(self) -> (Arc<Directory>, Clock, String) {
        App::stop(&self.handle);
        self.served.await.expect("it ends");
        (self.directory, self.clock, self.public_url)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.client.get(self.url(path)).send().await.expect("an answer")).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.client.post(self.url(path)).header("content-type", FORM).body(encoded(form));
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// An unsigned STS call.
    pub(crate) async fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let all: Vec<(&str, &str)> =
            [("Action", action), ("Version", "2011-06-15")].into_iter().chain(parameters.iter().copied()).collect();
        self.post("/", &all).await
    }

    /// The database, opened beside the gateway for looking.
    pub(crate) async fn rows(&self, query: &'static str) -> Vec<Vec<String>> {
        Book::open(&self.directory.path().join("gatehouse.db")).rows(query)
    }

    /// Keeps everybody from writing until the connection is dropped.
    pub(crate) fn hold_the_book(&self) -> Book {
        Book::held(&self.directory.path().join("gatehouse.db"))
    }

    /// The steps of a request, once the committer has written them.
    pub(crate) async fn trace(&self, request_id: &str) -> Vec<Step> {
        for _ in 0..10_000 {
            let all = self.rows("SELECT id, steps FROM trace").await;
            if let Some(row) = all.iter().find(|row| row[0] == request_id) {
                return serde_json::from_str(&row[1]).expect("steps");
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        panic!("no trace {request_id}");
    }

    /// The code under which a request was refused.
    pub(crate) async fn code(&self, answer: &Answer) -> String {
        let steps = self.trace(&answer.request_id).await;
        steps.iter().rev().find_map(|step| step.code.clone()).unwrap_or_default().into_owned()
    }
}

/// `[store]`: a file; or, of a run that is to show that everything holds there as well, a database of its own on a server.
pub(crate) fn store(directory: &Directory) -> String {
    match std::env::var("GATEHOUSE_TEST_STORE").as_deref() {
        Ok("postgres") => store_on(PostgresServer::shared(), directory),
        _ => "url = \"sqlite:gatehouse.db\"\n".into(),
    }
}

/// A directory with a store, and nothing else.
pub(crate) fn shelf() -> Directory {
    let directory = Directory::new();
    let store = store(&directory);
    directory.write("gatehouse.toml", format!("[store]\n{store}"));
    directory
}

/// A database on this server, which lasts as long as the directory.
pub(crate) fn store_on(server: Arc<PostgresServer>, directory: &Directory) -> String {
    lay_down_password(directory);
    let lines = server.store(&server.database_now());
    let _ = directory.1.set(server);
    lines
}

/// What somebody can make who has come by this session key.
pub(crate) fn keys_of(root: impl Into<Vec<u8>>) -> Keys {
    let root = Secret::new(root);
    let seals = Seals::new(vec![Root::new(&root, 0)], Clock::held(OffsetDateTime::UNIX_EPOCH));
    Keys::new(seals, &Keys::index(&root))
}

/// The program itself, which the gateway starts for its second engine.
pub(crate) fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_gatehouse").into()
}

pub(crate) const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

pub(crate) fn encoded(form: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

/// What is kept as long as it may be.
pub(crate) const KEEP: Keep = Keep { audit: 400 * 86_400, traces: 14 * 86_400, trace_bytes: 1 << 30 };

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) request_id: String,
    pub(crate) location: Option<String>,
    pub(crate) cookies: Vec<String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers: BTreeMap<String, String> =
            response.headers().iter().map(|(n, v)| (n.to_string(), text(v))).collect();
        let cookies = response.headers().get_all("set-cookie").iter().map(text).collect();
        let status = response.status().as_u16();
        let (request_id, location) = (headers.get("x-amzn-requestid").cloned(), headers.get("location").cloned());
        let body = response.text().await.expect("a body");
        Self { status, request_id: request_id.unwrap_or_default(), location, cookies, headers, body }
    }

    /// The text of an XML element.
    pub(crate) fn element(&self, name: &str) -> &str {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let from =
            self.body.find(&open).unwrap_or_else(|| panic!("no {name} in {} {}", self.status, self.body)) + open.len();
        &self.body[from..from + self.body[from..].find(&close).expect("an end")]
    }

    /// `(status, Code)` of an STS refusal.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        (self.status, self.element("Code"))
    }

    pub(crate) fn credentials(&self) -> Credentials {
        assert_eq!(self.status, 200, "{}", self.body);
        let text = |name| self.element(name).to_owned();
        Credentials { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: Some(text("SessionToken")) }
    }
}

#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

/// A browser's cookies, and following where it is sent. SameSite is Chromium's business, in the browser tests.
#[derive(Default)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) async fn get(&mut self, house: &House, path: &str) -> Answer {
        let url = if path.starts_with("http") { path.to_owned() } else { house.url(path) };
        self.send(house.client.get(url)).await
    }

    pub(crate) async fn post(&mut self, house: &House, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(house.client.post(house.url(path)).header("content-type", FORM).body(encoded(form))).await
    }

    pub(crate) async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let line = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        let answer = Answer::of(request.header("cookie", line).send().await.expect("an answer")).await;
        for cookie in &answer.cookies {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            match cookie.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }

    /// Follows redirects within the gateway to the page that they end at.
    pub(crate) async fn follow(&mut self, house: &House, mut answer: Answer) -> Answer {
        for _ in 0..10 {
            let Some(location) = answer.location.clone() else { return answer };
            answer = self.get(house, &location).await;
        }
        panic!("it never ends");
    }
}

/// The value of a hidden field in a page.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let from = page.find(&mark).unwrap_or_else(|| panic!("no field {name} in {page}")) + mark.len();
    page[from..from + page[from..].find('"').expect("an end")].to_owned()
}

/// Metadata of an identity provider with these certificates.
pub(crate) fn idp_metadata(entity_id: &str, sso: &str, certificates: &[&[u8]]) -> String {
    let key = |der: &&[u8]| {
        format!(
            r#"<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"#,
            STANDARD.encode(der)
        )
    };
    let keys: String = certificates.iter().map(key).collect();
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{entity_id}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{sso}"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}
