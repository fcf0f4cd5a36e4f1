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

use nix::time::ClockId;
use oidc_issuer::b64;
use served::{CONNECTIONS, at, compare, pin, request};
use std::time::Duration;
use worlds::Directory;
use worlds::web_identity::{bare_server, exchange, gatehouse, token};

const ROUNDS: usize = 9;
/// CPU for a token that is refused.
const MOST: Duration = Duration::from_millis(10);

fn main() {
    worlds::be_a_floor_if_asked();
    exchanges();
    bad_work();
}

fn exchanges() {
    let directory = Directory::new("exchange");
    let token = token();
    let forged = forged(&token);
    // The servers are born on the first core and stay there.
    let alone = pin(|core| core == 0);
    let gate = gatehouse(&directory.0);
    let answer = gate.row("", &exchange(gate.port, &token), 200).once();
    let bare = bare_server(&directory.0, &token, answer.len());
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
}

fn forged(token: &str) -> String {
    let (signed, _) = token.rsplit_once('.').expect("a signature");
    format!("{signed}.{}", b64(&[&[0][..], &[1; 255]].concat()))
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
