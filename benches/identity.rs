//! GetCallerIdentity a second over HTTP, beside the least that anybody must do who checks such a signature: a bare axum
//! handler with the five HMACs of Signature Version 4, the secret's own state made once, and an answer of as many bytes.
//! `make bench`.
//!
//! Both servers share one core, the callers have the others; rounds alternate, so that a busy machine is unfair to both
//! alike.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
mod served;
#[path = "served/signed.rs"]
mod signed;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use served::{CONNECTIONS, Server, compare, free_port, head, pin, request};
use signed::{Credentials, first_key, signature, signed};
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
