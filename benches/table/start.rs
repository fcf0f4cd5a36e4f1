//! How a gateway begins, what it holds in memory, and what somebody waits for who is alone.

use crate::served::{Connection, Row, Server, at, pin};
use crate::worlds::{Directory, web_identity};
use nix::time::ClockId;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

const STARTS: usize = 9;
const CLIENTS: usize = 1_000;

/// One client, which asks again as soon as it is answered, beside as many commits of one small row each to the same disk.
pub(crate) fn one_alone(row: &Row) {
    let alone = row.round_by(1, Duration::from_secs(3)).rate;
    let commits = commits_a_second(&Directory::new("commits").0);
    println!(
        "{:34} {commits:8.0} {alone:8.0} {:6.2} {:6.2}  the floor: appends of 4 kB to a file, each synced",
        "  the same, one client alone",
        alone / commits,
        0.50
    );
}

fn commits_a_second(directory: &Path) -> f64 {
    let mut file = std::fs::File::create(directory.join("log")).expect("a file");
    let (began, lasts) = (at(ClockId::CLOCK_MONOTONIC), Duration::from_secs(3));
    let mut commits = 0_u32;
    while at(ClockId::CLOCK_MONOTONIC) - began < lasts {
        file.write_all(&[1; 4_096]).and_then(|()| file.sync_data()).expect("on disk");
        commits += 1;
    }
    f64::from(commits) / lasts.as_secs_f64()
}

/// With keys and database there.
pub(crate) fn report() {
    let directory = Directory::new("start");
    drop(web_identity::gatehouse(&directory.0));
    pin(|_| true);
    let mut starts: Vec<f64> = (0..STARTS).map(|_| start(&directory.0).1).collect();
    starts.sort_unstable_by(f64::total_cmp);
    println!("{:34} {:>8} {:5.0} ms; wanted below 150 ms", "start to ready", "", starts[STARTS / 2]);
    let (gate, _) = start(&directory.0);
    println!("{:34} {:>8} {:5.0} MB; wanted below 40 MB", "memory, idle", "", gate.memory("VmRSS"));
    let token = web_identity::token();
    let row = gate.row("", &web_identity::exchange(gate.port, &token), 200);
    row.round_by(CLIENTS, Duration::from_secs(3));
    println!("{:34} {:>8} {:5.0} MB", "memory, 1,000 clients, at most", "", gate.memory("VmHWM"));
}

/// A gateway that is ready, and for how many ms that was waited.
fn start(directory: &Path) -> (Server, f64) {
    let began = at(ClockId::CLOCK_MONOTONIC);
    let gate = web_identity::gatehouse(directory);
    while TcpStream::connect(("127.0.0.1", gate.port)).is_err() {}
    let ready = format!("GET /readyz HTTP/1.1\r\nhost: 127.0.0.1:{}\r\n\r\n", gate.port);
    Connection::open(gate.port).send(ready.as_bytes(), 200);
    let took = at(ClockId::CLOCK_MONOTONIC) - began;
    (gate, took.as_secs_f64() * 1_000.0)
}
