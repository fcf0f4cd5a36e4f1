//! GetCallerIdentity a second over HTTP, beside the least that anybody must do who checks such a signature: a bare axum
//! handler with the five HMACs of Signature Version 4, the secret's own state made once, and an answer of as many bytes.
//! `make bench`.
//!
//! Both servers share one core, the callers have the others; rounds alternate, so that a busy machine is unfair to both
//! alike.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
#[path = "../tests/oidc_issuer.rs"]
mod oidc_issuer;
#[allow(dead_code)]
#[path = "../tests/saml_encrypted.rs"]
mod saml_encrypted;
#[allow(dead_code)]
#[path = "../tests/saml_identity.rs"]
mod saml_identity;
#[allow(dead_code)]
mod served;
#[allow(dead_code)]
mod worlds;

/// Where the tests find the program.
#[allow(dead_code)]
mod house {
    pub(crate) fn program() -> std::path::PathBuf {
        env!("CARGO_BIN_EXE_gatehouse").into()
    }
}

use served::signed::Credentials;
use served::{CONNECTIONS, compare, pin, request};
use worlds::Directory;
use worlds::caller::{ask, bare_server, gatehouse, own};

const ROUNDS: usize = 9;

fn main() {
    worlds::be_a_floor_if_asked();
    identities();
}

fn identities() {
    let directory = Directory::new("identity");
    let alone = pin(|core| core == 0);
    let gate = gatehouse(&directory.0);
    let own = own();
    let session = Credentials::of(&gate.row("", &ask(&own, gate.port, "GetSessionToken"), 200).once());
    let answer = gate.row("", &ask(&session, gate.port, "GetCallerIdentity"), 200).once();
    let bare = bare_server(answer.len());
    if alone {
        pin(|core| core != 0);
    }
    let asked = |who| {
        let request = ask(who, gate.port, "GetCallerIdentity");
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
}
