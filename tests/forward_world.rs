//! The world of `/decide/forward`: services behind proxies, and requests put on the wire octet by octet, because clients mend
//! what hostile ones leave as it is.

use crate::decide_world::{Sent, config};
use crate::house::{Address, Credentials, Directory, House, free_port, store};
use crate::saml_identity::NOW;
use crate::use_case_world::{OURS, files, user};
use gatehouse::ambient::Clock;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub(crate) const ROUTES: &str = r#"
[[service.map]]
method = "GET"
path = "/own/{key...}"
action = "s3:GetObject"
resource = "arn:aws:s3:::files/own/{key}"

[[service.map]]
method = "DELETE"
path = "/own/{key...}"
action = "s3:DeleteObject"
resource = "arn:aws:s3:::files/own/{key}"

[[service.map]]
method = "GET"
path = "/role/{key...}"
action = "s3:GetObject"
resource = "arn:aws:s3:::files/role/{key}"

[[service.map]]
method = "GET"
path = "/teams/{team}/{key...}"
action = "s3:GetObject"
resource = "arn:aws:s3:::files/team/{team}/{key}"
"#;

pub(crate) fn service(name: &str, proxy: &str, more: &str) -> String {
    format!(
        "\n[[service]]\nname = \"{name}\"\naccount = \"{OURS}\"\nhost = \"files.example.com\"\nproxy = \"{proxy}\"\n{more}{ROUTES}"
    )
}

/// `files` and `hashed` behind nginx, `mesh` behind Envoy, all under one name; and `other`, which has another.
pub(crate) fn services() -> String {
    let other = service("other", "nginx", "").replace("files.example.com", "other.example.com");
    let near = json!([{
        "Sid": "Near", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
        "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } },
    }]);
    let hashed = service("hashed", "nginx", "payload = \"hashed-by-proxy\"\n");
    [service("files", "nginx", ""), service("mesh", "envoy", ""), hashed, other, user(OURS, "near", near)].concat()
}

/// A gateway that proxies may ask.
pub(crate) struct Gate {
    pub(crate) house: House,
    /// Where they ask.
    pub(crate) forward: String,
}

pub(crate) async fn open() -> Gate {
    open_with(&services()).await
}

/// By today's date.
pub(crate) async fn open_today() -> Gate {
    open_by(Clock::system(), &services()).await
}

pub(crate) async fn open_with(services: &str) -> Gate {
    open_by(Clock::held(NOW), services).await
}

async fn open_by(clock: Clock, services: &str) -> Gate {
    let forward = format!("127.0.0.1:{}", free_port());
    let listen = format!("forward_listen = \"{forward}\"\n");
    Gate { house: open_at(Directory::new(), clock, &listen, services).await, forward }
}

/// `server` has further keys of `[server]`.
pub(crate) async fn open_at(directory: Directory, clock: Clock, server: &str, services: &str) -> House {
    let Address { port, public_url, .. } = Address::loopback();
    for (name, text) in files() {
        directory.write(name, text);
    }
    let store = store(&directory);
    let head = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{public_url}\"\nadmin_listen = \"127.0.0.1:{}\"\n{server}\n[store]\n{store}\n[keys]\ndirectory = \"keys\"\n",
        free_port()
    );
    directory.write("gatehouse.toml", head + &config() + services);
    House::serve(Arc::new(directory), clock, public_url).await
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// What the proxy is told of the reason.
    pub(crate) fn verdict(&self) -> (u16, &str) {
        (self.status, self.header("x-gatehouse-reason"))
    }

    /// The code under which it was refused.
    pub(crate) async fn code(&self, house: &House) -> String {
        let steps = house.trace(self.header("x-amzn-requestid")).await;
        steps.iter().rev().find_map(|step| step.code.clone()).unwrap_or_default().into_owned()
    }
}

/// One request on a connection of its own.
pub(crate) async fn exchange(address: &str, request: &[u8]) -> Reply {
    let stream = tokio::net::TcpStream::connect(address).await.expect("somebody answers");
    exchange_on(stream, request).await
}

pub(crate) async fn exchange_on(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &[u8]) -> Reply {
    stream.write_all(request).await.expect("sent");
    let mut answer = Vec::new();
    // Whoever refuses before the end of a request may close at once.
    let _ = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
    let headers = lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned()));
    Reply { status, headers: headers.collect(), body: body.to_owned() }
}

/// A client's request: method, target, and its header lines.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) lines: String,
}

impl Client {
    /// As [`Sent`] tells of it.
    pub(crate) fn of(sent: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let (method, url) = (text(&sent["method"]), text(&sent["url"]));
        let rest = url.split_once("//").expect("a scheme").1;
        let target = rest[rest.find(['/', '?']).unwrap_or(rest.len())..].to_owned();
        let headers = sent["headers"].as_object().expect("headers");
        let lines = headers.iter().map(|(name, value)| format!("{name}: {}\r\n", text(value))).collect();
        Self { method, target, lines }
    }

    pub(crate) fn signed(house: &House, by: &Credentials, path: &str) -> Self {
        Self::of(&sent(house, path).signed(by))
    }

    pub(crate) fn with(&self, line: &str) -> Self {
        Self { lines: format!("{}{line}\r\n", self.lines), ..self.clone() }
    }

    /// As the client itself sends it.
    pub(crate) fn plain(&self) -> Vec<u8> {
        format!("{} {} HTTP/1.1\r\n{}Connection: close\r\n\r\n", self.method, self.target, self.lines).into_bytes()
    }

    /// What nginx asks in its place; `more` are further lines.
    pub(crate) fn by_nginx(&self, service: &str, more: &str) -> Vec<u8> {
        let Self { method, target, lines } = self;
        format!(
            "GET /decide/forward/{service} HTTP/1.1\r\n{lines}X-Original-Method: {method}\r\nX-Original-URI: {target}\r\nX-Original-Address: 192.0.2.7\r\n{more}Connection: close\r\n\r\n"
        )
        .into_bytes()
    }

    /// The same of Envoy.
    pub(crate) fn by_envoy(&self, service: &str, more: &str) -> Vec<u8> {
        let Self { method, target, lines } = self;
        format!(
            "{method} /decide/forward/{service}{target} HTTP/1.1\r\n{lines}X-Original-Address: 192.0.2.7\r\n{more}Connection: close\r\n\r\n"
        )
        .into_bytes()
    }
}

/// A good request for the path, which is signed as it is written.
pub(crate) fn sent(house: &House, path: &str) -> Sent {
    Sent { path: path.into(), canonical_path: path.into(), query: String::new(), ..Sent::get(house) }
}

/// What nginx says of a request without a body.
pub(crate) const NO_BODY: &str = "X-Original-Body: ;\r\n";

/// In both forms, of the services that are otherwise alike.
pub(crate) async fn in_both_forms(gate: &Gate, client: &Client) -> [Reply; 2] {
    let (nginx, envoy) = (client.by_nginx("files", NO_BODY), client.by_envoy("mesh", "Content-Length: 0\r\n"));
    [exchange(&gate.forward, &nginx).await, exchange(&gate.forward, &envoy).await]
}
