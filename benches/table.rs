//! The table of `make bench`: what this gateway does in a second beside the least that anybody must do for it, measured in
//! turn in the same run on the same core, what is waited for at half that load, and how it begins and grows.
//!
//! Servers have one core of their own, the callers the others. Each gateway's audit record is on disk before the answer.
//! `cargo bench --bench table -- NAME…` runs the parts that are named (web-identity, postgres, caller, saml, start, growth).
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "table/growth.rs"]
mod growth;
#[allow(dead_code)]
mod served;
#[path = "table/start.rs"]
mod start;
#[allow(dead_code)]
mod worlds;

use served::pace::Latency;
use served::signed::Credentials;
use served::{CONNECTIONS, Round, Row, Server, pin};
use std::time::Duration;
use worlds::postgres_server::{PASSWORD, PostgresServer};
use worlds::{Directory, caller, saml, web_identity};
use worlds::{house, oidc_issuer, saml_encrypted, saml_identity};

/// How often and how long the servers are asked in turn, and how long then at half the load.
struct Turns {
    rounds: usize,
    each: Duration,
    at_half: Duration,
}

const LONG: Turns = Turns { rounds: 7, each: Duration::from_secs(1), at_half: Duration::from_secs(5) };
/// For what is used up.
const SHORT: Turns = Turns { rounds: 4, each: Duration::from_millis(500), at_half: Duration::from_secs(2) };
/// As many responses as are redeemed in that time.
const RESPONSES: [(&str, usize, f64); 2] = [("off", 45_000, 0.30), ("enforce", 16_000, 0.09)];

fn main() {
    worlds::be_a_floor_if_asked();
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let parts: [(&str, fn()); 6] = [
        ("web-identity", web_identities),
        ("postgres", web_identities_on_postgres),
        ("caller", callers),
        ("saml", responses),
        ("start", start::report),
        ("growth", growth::report),
    ];
    println!(
        "\n{:34} {:>8} {:>8} {:>6} {:>6}  at half the load, ms: p50, p99, p99.9",
        "", "floor/s", "ours/s", "ratio", "wanted"
    );
    for (name, part) in parts {
        if named.is_empty() || named.iter().any(|wanted| wanted == name) {
            part();
        }
    }
}

fn web_identities() {
    let directory = Directory::new("table");
    let token = web_identity::token();
    let alone = pin(|core| core == 0);
    let gate = web_identity::gatehouse(&directory.0);
    let row = gate.row("AssumeRoleWithWebIdentity, RS256", &web_identity::exchange(gate.port, &token), 200);
    let answer = row.once().len();
    let bare = web_identity::bare_server(&directory.0, &token, answer);
    let committed = web_identity::committed_server(&directory.0, answer);
    leave(alone);
    let floor = bare.row("", &web_identity::exchange(bare.port, &token), 200);
    compare(&floor, &row, Some(0.50), &LONG);
    start::one_alone(&row);
    let committed =
        committed.row("  a floor that commits a row as well", &web_identity::exchange(committed.port, &token), 200);
    compare(&floor, &committed, None, &LONG);
}

/// Beside the same on SQLite. The server of the database is on the callers' cores.
fn web_identities_on_postgres() {
    let (on_file, on_server) = (Directory::new("table-file"), Directory::new("table-server"));
    let (token, alone) = (web_identity::token(), pin(|core| core != 0));
    let server = PostgresServer::start_lasting();
    let store = server.store(&server.database_now());
    std::fs::write(on_server.0.join("database-password"), PASSWORD).expect("written");
    pin(|core| core == 0);
    let (file, gate) = (web_identity::gatehouse(&on_file.0), web_identity::gatehouse_on(&store, &on_server.0));
    leave(alone);
    let row = |gate: &Server, name| gate.row(name, &web_identity::exchange(gate.port, &token), 200);
    compare(&row(&file, ""), &row(&gate, "  the same on PostgreSQL, and SQLite"), Some(0.80), &LONG);
}

fn callers() {
    let directory = Directory::new("table");
    let alone = pin(|core| core == 0);
    let gate = caller::gatehouse(&directory.0);
    let own = caller::own();
    let session = Credentials::of(&gate.row("", &caller::ask(&own, gate.port, "GetSessionToken"), 200).once());
    let ask = |name, who: &Credentials| gate.row(name, &caller::ask(who, gate.port, "GetCallerIdentity"), 200);
    let (with_key, with_session) =
        (ask("GetCallerIdentity, a user's key", &own), ask("GetCallerIdentity, a session", &session));
    let bare = caller::bare_server(with_session.once().len());
    leave(alone);
    let floor = bare.row("", &caller::ask(&session, bare.port, "GetCallerIdentity"), 200);
    compare(&floor, &with_key, Some(0.70), &LONG);
    compare(&floor, &with_session, Some(0.70), &LONG);
}

fn responses() {
    let directory = Directory::new("table");
    for (second_engine, many, wanted) in RESPONSES {
        let alone = pin(|core| core == 0);
        let gate = saml::gatehouse(&directory.0, second_engine);
        pin(|_| true);
        let requests = saml::requests(gate.port, many);
        let length = gate.row("", &requests[0], 200).once().len();
        pin(|core| core == 0);
        let bare = saml::bare_server(length);
        leave(alone);
        let floor = bare.row("", &requests[0], 200);
        let name = if second_engine == "off" {
            "AssumeRoleWithSAML 10 kB, one engine"
        } else {
            "AssumeRoleWithSAML 10 kB, both"
        };
        compare(&floor, &gate.row_of(name, requests[1..].to_vec(), 200), Some(wanted), &SHORT);
    }
}

/// The servers are born on the first core and stay there; the callers have the others.
fn leave(alone: bool) {
    if alone {
        pin(|core| core != 0);
    }
}

fn compare(floor: &Row, ours: &Row, wanted: Option<f64>, turns: &Turns) {
    let mut rounds = [Vec::new(), Vec::new()];
    for round in 0..=turns.rounds {
        for (row, rounds) in [floor, ours].into_iter().zip(&mut rounds) {
            let measured = row.round_by(CONNECTIONS, turns.each);
            // The first is for the caches.
            if round > 0 {
                rounds.push(measured);
            }
        }
    }
    let [floor, rate] = rounds.map(median);
    let Latency { p50, p99, p999 } = ours.at_rate(rate / 2.0, turns.at_half);
    let (ratio, wanted) = (rate / floor, wanted.map_or(String::new(), |ratio| format!("{ratio:.2}")));
    println!("{:34} {floor:8.0} {rate:8.0} {ratio:6.2} {wanted:>6}  {p50:.1}, {p99:.1}, {p999:.1}", ours.name);
}

/// Of the answers a second.
fn median(mut rounds: Vec<Round>) -> f64 {
    rounds.sort_unstable_by(|a, b| a.rate.total_cmp(&b.rate));
    rounds[rounds.len() / 2].rate
}
