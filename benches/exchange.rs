//! Exchanges a second over HTTP: AssumeRoleWithWebIdentity by RS256, its audit record on disk before the answer, beside the
//! least that anybody must do who believes such a token: a bare axum handler with one RSA-2048 verification and an answer of
//! as many bytes. `make bench`.
//!
//! Both servers share one core, the callers have the others; rounds alternate, so that a busy machine is unfair to both
//! alike. The rows between the two tell where the time goes. Tokens that are made to cost are held to processor time.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
#[path = "../tests/attacks/tokens/heavy.rs"]
mod heavy;
#[allow(dead_code)]
#[path = "../tests/oidc_issuer.rs"]
mod oidc_issuer;
#[allow(dead_code, unused_imports)]
#[path = "../tests/attacks/tokens/property.rs"]
mod property;
mod served;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatehouse::ambient::Clock;
use nix::time::ClockId;
use oidc_issuer::{CLIENT, RSA, b64};
use serde_json::{Value, json};
use served::{CONNECTIONS, Server, at, compare, free_port, head, pin, request};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const ROUNDS: usize = 9;
const ISSUER: &str = "https://issuer.example";
const ROLE: &str = "arn:aws:iam::111122223333:role/App";
/// CPU for a token that is refused.
const MOST: Duration = Duration::from_millis(10);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "bare") {
        Some(at) => bare(&arguments[at + 1..]),
        None => {
            exchanges();
            bad_work();
        }
    }
}

fn exchanges() {
    let directory = std::env::temp_dir().join(format!("gatehouse-bench-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let token = token();
    let forged = forged(&token);
    // The servers are born on the first core and stay there.
    let alone = pin(|core| core == 0);
    let gate = gatehouse(&directory);
    let answer = gate.row("", &exchange(gate.port, &token), 200).once();
    let bare = bare_server(&directory, &token, answer.len());
    if alone {
        pin(|core| core != 0);
    }
    let rows = [
        bare.row("bare: axum and one RSA verification", &exchange(bare.port, &token), 200),
        gate.row("the door: a path that does nothing (/healthz)", &request("GET", "/healthz", gate.port, ""), 200),
        gate.row("a token with a wrong signature, refused", &exchange(gate.port, &forged), 400),
        gate.row("an exchange, durable", &exchange(gate.port, &token), 200),
    ];
    let cores = if alone { "servers on one core of their own" } else { "servers and callers on one core" };
    println!(
        "\nAssumeRoleWithWebIdentity, RS256, {} bytes of answer, {CONNECTIONS} connections kept alive, {cores}; a second: median of {ROUNDS} alternating rounds",
        answer.len()
    );
    compare(&rows, ROUNDS);
    drop((gate, bare));
    let _ = std::fs::remove_dir_all(&directory);
}

fn token() -> String {
    let now = Clock::system().now().unix_timestamp();
    RSA.sign(&json!({"iss": ISSUER, "sub": "app-1", "aud": CLIENT, "iat": now - 10, "exp": now + 3_000}))
}

fn forged(token: &str) -> String {
    let (signed, _) = token.rsplit_once('.').expect("a signature");
    format!("{signed}.{}", b64(&[&[0][..], &[1; 255]].concat()))
}

fn exchange(port: u16, token: &str) -> Vec<u8> {
    let form = format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName=app-1&WebIdentityToken={token}",
        ROLE.replace(':', "%3A").replace('/', "%2F")
    );
    request("POST", "/", port, &form)
}

fn gatehouse(directory: &Path) -> Server {
    let port = free_port();
    let config = directory.join("gatehouse.toml");
    std::fs::write(directory.join("keys.json"), json!({"keys": [RSA.jwk]}).to_string()).expect("written");
    std::fs::write(&config, configuration(port)).expect("written");
    Server::gatehouse(&config, port)
}

fn bare_server(directory: &Path, token: &str, length: usize) -> Server {
    let port = free_port();
    let file = directory.join("token");
    std::fs::write(&file, format!("{}\n{}\n{token}", RSA.jwk["n"], RSA.jwk["e"])).expect("written");
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    Server::start(command.arg("bare").arg(file).args([port, length as u16].map(|n| n.to_string())), port)
}

fn configuration(port: u16) -> String {
    let head = head(port);
    format!(
        r#"
{head}
[[account]]
id = "111122223333"
[[provider]]
name = "app"
account = "111122223333"
kind = "oidc"
issuer = "{ISSUER}"
client_ids = ["{CLIENT}"]
jwks = {{ file = "keys.json" }}
[[role]]
arn = "{ROLE}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/issuer.example"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"issuer.example:aud":"{CLIENT}","issuer.example:sub":"app-1"}}}}}}]}}' }}
"#
    )
}

/// The other server: `bare FILE PORT LENGTH`.
fn bare(arguments: &[String]) {
    let text = std::fs::read_to_string(PathBuf::from(&arguments[0])).expect("a file");
    let mut lines = text.lines();
    let mut number = || {
        let text: Value = serde_json::from_str(lines.next().expect("a line")).expect("a text");
        URL_SAFE_NO_PAD.decode(text.as_str().expect("a text")).expect("base64url")
    };
    let key = RsaPublicKeyComponents { n: number(), e: number() };
    let key = key.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).expect("a key");
    let (signed, signature) = lines.next().and_then(|token| token.rsplit_once('.')).expect("a token");
    let (signed, signature) = (signed.to_owned(), URL_SAFE_NO_PAD.decode(signature).expect("base64url"));
    let answer = Bytes::from(vec![b'x'; arguments[2].parse().expect("a length")]);
    let handler = move |_: Bytes| {
        assert!(key.verify_sig(signed.as_bytes(), &signature).is_ok());
        std::future::ready(answer.clone())
    };
    let serve = async {
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", arguments[1])).await.expect("a port");
        eprintln!("serving");
        axum::serve(listener, Router::new().route("/", post(handler))).await.expect("serves");
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(serve);
}

fn bad_work() {
    println!("\nTokens that are made to cost; ms of processor time until they are refused, median of 21");
    for (name, token) in heavy::tokens() {
        let cost = || {
            let before = at(ClockId::CLOCK_THREAD_CPUTIME_ID);
            let refused = property::verify(&token).err();
            (at(ClockId::CLOCK_THREAD_CPUTIME_ID) - before, refused)
        };
        let mut times: Vec<_> = (0..21).map(|_| cost()).collect();
        times.sort_unstable_by_key(|(spent, _)| *spent);
        let (spent, refused) = &times[times.len() / 2];
        let refused = refused.as_ref().expect(name);
        println!("{name:50} {:8} {:8.3}  {refused}", token.len(), spent.as_secs_f64() * 1_000.0);
        assert!(*spent < MOST, "{name}: {spent:?}");
    }
}
