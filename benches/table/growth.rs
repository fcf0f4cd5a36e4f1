//! Whether it stays as fast with much on record: exchanges of a gateway with nothing on record, beside those of others with
//! a million live sessions, and with ten million audit records. `--bench scale` tells of roles.

use crate::served::{CONNECTIONS, Server, at, pin, processor_time};
use crate::worlds::{Directory, web_identity};
use nix::time::ClockId;
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

const SESSIONS: u32 = 1_000_000;
const RECORDS: u32 = 10_000_000;
const ROUNDS: usize = 7;

/// As a gateway writes them, but for the chain, of which only the last is read at the start.
const LIVE: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
    INSERT INTO role_session (access_key_id, role, session_name, issued, expires, principal, provider, subject)
    SELECT 'ASIA' || hex(randomblob(8)), 'arn:aws:iam::111122223333:role/App', 'app-' || i, unixepoch(), unixepoch() + 43200,
    'arn:aws:sts::111122223333:assumed-role/App/app-' || i, 'arn:aws:iam::111122223333:oidc-provider/issuer.example', 'app-' || i FROM n";
const BOOK: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
    INSERT INTO audit (node, number, at, hash, record, whose) SELECT (SELECT name FROM node), i, unixepoch() - ?1 + i, randomblob(32),
    '{\"eventName\":\"AssumeRoleWithWebIdentity\",\"userIdentity\":{\"type\":\"WebIdentityUser\",\"userName\":\"app-' || i || '\"},\"responseElements\":{\"credentials\":{\"accessKeyId\":\"ASIA' || hex(randomblob(8)) || '\"}},\"requestID\":\"' || hex(randomblob(16)) || '\"}', randomblob(16) FROM n";

pub(crate) fn report() {
    let worlds = [
        ("an exchange, nothing on record", Directory::new("table-new"), 0, 0),
        ("  with 1,000,000 live sessions", Directory::new("table-sessions"), SESSIONS, 0),
        ("  with 10,000,000 audit records", Directory::new("table-book"), 0, RECORDS),
    ];
    let (token, alone) = (web_identity::token(), pin(|core| core == 0));
    let gates: Vec<Server> =
        worlds.iter().map(|(_, directory, sessions, records)| grown(&directory.0, *sessions, *records)).collect();
    if alone {
        pin(|core| core != 0);
    }
    let rows: Vec<_> = gates
        .iter()
        .zip(&worlds)
        .map(|(gate, (name, ..))| gate.row(name, &web_identity::exchange(gate.port, &token), 200))
        .collect();
    let mut rates = vec![Vec::new(); rows.len()];
    for _ in 0..=ROUNDS {
        for (row, rates) in rows.iter().zip(&mut rates) {
            rates.push(row.round_by(CONNECTIONS, Duration::from_secs(1)).rate);
        }
    }
    let mut first = None;
    for (row, mut rates) in rows.iter().zip(rates) {
        rates.remove(0);
        rates.sort_unstable_by(f64::total_cmp);
        let rate = rates[rates.len() / 2];
        println!("{:34} {:>8} {rate:8.0} {:6.2}", row.name, "", rate / *first.get_or_insert(rate));
    }
}

/// A gateway that has so much on record, and has come to rest.
fn grown(directory: &Path, sessions: u32, records: u32) -> Server {
    drop(web_identity::gatehouse(directory));
    let mut db = Connection::open(directory.join("gatehouse.db")).expect("a database");
    db.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000").expect("set");
    let all = db.transaction().expect("a transaction");
    for (statement, rows) in [(LIVE, sessions), (BOOK, records)] {
        if rows > 0 {
            all.execute(statement, [rows]).expect("written");
        }
    }
    all.commit().expect("committed");
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("a checkpoint");
    drop(db);
    let gate = web_identity::gatehouse(directory);
    while is_busy(&gate) {}
    gate
}

fn is_busy(gate: &Server) -> bool {
    let (before, until) = (processor_time(gate.child.id()), at(ClockId::CLOCK_MONOTONIC) + Duration::from_secs(2));
    while at(ClockId::CLOCK_MONOTONIC) < until {
        std::thread::sleep(Duration::from_millis(100));
    }
    processor_time(gate.child.id()) - before > Duration::from_millis(100)
}
