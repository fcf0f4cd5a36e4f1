//! GetCallerIdentity a second over HTTP, beside the least that anybody must do who checks such a signature: a bare axum
//! handler with the five HMACs of Signature Version 4, the secret's own state made once, and an answer of as many bytes.
//! `make bench`.
//!
//! Both servers share one core, the callers have the others; rounds alternate, so that a busy machine is unfair to both
//! alike.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
mod served;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, Tag, sign};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use gatehouse::ambient::Clock;
use gatehouse::words::basic;
use served::{CONNECTIONS, Server, compare, free_port, head, pin, request};
use std::path::Path;
use std::process::Command;

const ROUNDS: usize = 9;
const ID: &str = "AKIAEXAMPLEBENCH0001";
const SECRET: &str = "an example of a secret key, forty letters";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "bare") {
        Some(at) => bare(&arguments[at + 1..]),
        None => identities(),
    }
}

fn identities() {
    let directory = std::env::temp_dir().join(format!("gatehouse-identity-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let alone = pin(|core| core == 0);
    let gate = gatehouse(&directory);
    let own = Credentials { id: ID.to_owned(), secret: SECRET.to_owned(), token: None };
    let ask = |who: &Credentials, action| signed(who, gate.port, &format!("Action={action}&Version=2011-06-15"));
    let session = Credentials::of(&gate.row("", &ask(&own, "GetSessionToken"), 200).once());
    let answer = gate.row("", &ask(&session, "GetCallerIdentity"), 200).once();
    let bare = bare_server(answer.len());
    if alone {
        pin(|core| core != 0);
    }
    let asked = |who| {
        let request = ask(who, "GetCallerIdentity");
        let port = (format!(":{}\r", gate.port), format!(":{}\r", bare.port));
        (String::from_utf8(request.clone()).expect("a text").replace(&port.0, &port.1).into_bytes(), request)
    };
    let ((to_bare, with_session), (_, with_key)) = (asked(&session), asked(&own));
    let rows = [
        bare.row("bare: axum and five HMACs", &to_bare, 200),
        gate.row("the door: a path that does nothing (/healthz)", &request("GET", "/healthz", gate.port, ""), 200),
        gate.row("GetCallerIdentity with a user's key", &with_key, 200),
        gate.row("GetCallerIdentity with a session", &with_session, 200),
    ];
    let cores = if alone { "servers on one core of their own" } else { "servers and callers on one core" };
    println!(
        "\nGetCallerIdentity, {} bytes of answer, {CONNECTIONS} connections kept alive, {cores}; a second: median of {ROUNDS} alternating rounds",
        answer.len()
    );
    compare(&rows, ROUNDS);
    drop((gate, bare));
    let _ = std::fs::remove_dir_all(&directory);
}

struct Credentials {
    id: String,
    secret: String,
    token: Option<String>,
}

impl Credentials {
    /// From an answer of the STS.
    fn of(answer: &[u8]) -> Self {
        let text = String::from_utf8_lossy(answer);
        let part = |name: &str| {
            let (_, rest) = text.split_once(&format!("<{name}>")).expect(name);
            rest.split_once('<').expect("an end").0.to_owned()
        };
        let (id, secret) = (part("AccessKeyId"), part("SecretAccessKey"));
        Self { id, secret, token: Some(part("SessionToken")) }
    }
}

/// A whole request, with its signature.
fn signed(who: &Credentials, port: u16, form: &str) -> Vec<u8> {
    let at = basic(Clock::system().now());
    let host = format!("127.0.0.1:{port}");
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    let mut headers = vec![("content-type", kind), ("host", &host), ("x-amz-date", &at)];
    headers.extend(who.token.as_deref().map(|token| ("x-amz-security-token", token)));
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", hex(digest(&SHA256, form.as_bytes()).as_ref()));
    let scope = format!("{}/us-east-1/sts/aws4_request", &at[..8]);
    let text = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", hex(digest(&SHA256, canonical.as_bytes()).as_ref()));
    let signature = hex(signature(&first_key(&who.secret), &at[..8], &text).as_ref());
    let sent: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", who.id);
    format!("POST / HTTP/1.1\r\n{sent}authorization: {authorization}\r\ncontent-length: {}\r\n\r\n{form}", form.len())
        .into_bytes()
}

fn first_key(secret: &str) -> Key {
    Key::new(HMAC_SHA256, format!("AWS4{secret}").as_bytes())
}

/// The five HMACs.
fn signature(first: &Key, date: &str, text: &str) -> Tag {
    let key = [date, "us-east-1", "sts", "aws4_request"]
        .iter()
        .fold(first.clone(), |key, link| Key::new(HMAC_SHA256, sign(&key, link.as_bytes()).as_ref()));
    sign(&key, text.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn gatehouse(directory: &Path) -> Server {
    let port = free_port();
    let config = directory.join("gatehouse.toml");
    let secret = directory.join("secret");
    std::fs::write(&secret, SECRET).expect("written");
    let head = head(port);
    let text = format!(
        r#"
{head}
[[account]]
id = "111122223333"
[[user]]
arn = "arn:aws:iam::111122223333:user/bench"
access_keys = [{{ id = "{ID}", secret = {{ file = "secret" }} }}]
"#
    );
    std::fs::write(&config, text).expect("written");
    Server::gatehouse(&config, port)
}

fn bare_server(length: usize) -> Server {
    let port = free_port();
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    Server::start(command.arg("bare").args([port, length as u16].map(|n| n.to_string())), port)
}

/// The other server: `bare PORT LENGTH`.
fn bare(arguments: &[String]) {
    let first = first_key(SECRET);
    let answer = Bytes::from(vec![b'x'; arguments[1].parse().expect("a length")]);
    // As long as one is.
    let text = format!("AWS4-HMAC-SHA256\n20261129T000000Z\n20261129/us-east-1/sts/aws4_request\n{}", "0".repeat(64));
    let handler = move |_: Bytes| {
        std::hint::black_box(signature(&first, "20261129", &text));
        std::future::ready(answer.clone())
    };
    let serve = async {
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", arguments[0])).await.expect("a port");
        eprintln!("serving");
        axum::serve(listener, Router::new().route("/", post(handler))).await.expect("serves");
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(serve);
}
