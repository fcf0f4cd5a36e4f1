//! Ten minutes of everything at once, at a constant rate below what it can do: `cargo bench --bench soak`, SOAK_SECONDS for
//! another time.
//!
//! The gateway is a process of its own, with both signature engines and SQLite. It holds if every answer has the status that
//! it should have and none is late, if memory, open files and threads are at the end what they were in the second tenth of
//! the time (in a short run its caches are not yet full by then), if its log tells of no error, if it ends in order, and if
//! its book verifies then.
//!
//! The size of its database cannot stay the same in ten minutes: no session ends before a quarter of an hour, and no record
//! goes before two days. What is shown is that it takes no more room a second in the last third of the time than in the
//! second: it grows with what is kept, and traces, of which 16 MiB are kept here, go as fast as they come.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "soak/load.rs"]
mod load;
#[path = "soak/mix.rs"]
mod mix;
#[allow(dead_code)]
mod served;
#[path = "soak/verdict.rs"]
mod verdict;
#[path = "soak/watch.rs"]
mod watch;
#[allow(dead_code)]
mod worlds;

use std::process::{Command, ExitCode};
use std::time::Duration;
use verdict::Verdict;
use worlds::Directory;
use worlds::{house, oidc_issuer, saml_encrypted, saml_identity};

const TEN_MINUTES: u64 = 600;

fn main() -> ExitCode {
    let seconds = std::env::var("SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(TEN_MINUTES);
    let lasts = Duration::from_secs(seconds);
    let directory = Directory::new("soak");
    // The gateway is born on the first core and stays there; who asks has the others.
    let alone = served::pin(|core| core == 0);
    let gate = mix::gatehouse(&directory.0);
    if alone {
        served::pin(|core| core != 0);
    }
    let (world, watch) = (mix::World::new(&gate), watch::Watch::begin(&gate, &directory.0));
    println!("\n{} requests a second for {seconds} s, each when its turn is; ms from there to the answer", load::RATE);
    let asked = load::run(&world, lasts);
    let samples = watch.end();
    let mut verdict = Verdict::default();
    verdict.answers(&asked);
    verdict.resources(&samples);
    verdict.database(&samples, &directory.0);
    let errors = gate.errors.clone();
    let in_order = gate.stop();
    let errors = errors.load(std::sync::atomic::Ordering::Relaxed);
    verdict.say(errors == 0 && in_order, format!("{errors} errors in its log; it ended in order: {in_order}"));
    verdict.book(audit_verify(&directory));
    verdict.end()
}

fn audit_verify(directory: &Directory) -> std::io::Result<std::process::Output> {
    let mut command = Command::new(house::program());
    command.args(["audit", "verify", "--config"]).arg(directory.0.join("gatehouse.toml")).output()
}
