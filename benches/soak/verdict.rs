//! What is made of it: the table, and whether it holds.

use crate::load::Asked;
use crate::mix::KINDS;
use crate::watch::Sample;
use rusqlite::Connection;
use std::path::Path;
use std::process::{ExitCode, Output};
use std::time::Duration;

#[derive(Default)]
pub(crate) struct Verdict {
    failed: usize,
}

/// Of a hundred answers of a kind ninety-nine come sooner than this.
const LATE: Duration = Duration::from_millis(200);
/// Its name, by how much it may grow from the second tenth of the time to the last, and where it stands.
type Resource = (&'static str, f64, fn(&Sample) -> f64);
const RESOURCES: [Resource; 4] = [
    ("memory of the gateway, MB", 8.0, |sample| sample.memory),
    ("memory of its second engines, MB", 8.0, |sample| sample.engines),
    ("open files", 4.0, |sample| sample.files),
    ("threads", 2.0, |sample| sample.threads),
];
/// Times the room that the database took a second in the second third.
const ROOM: f64 = 1.25;
const TABLES: [&str; 5] = ["audit", "role_session", "redemption", "signin_token", "trace"];

impl Verdict {
    pub(crate) fn say(&mut self, holds: bool, what: impl std::fmt::Display) {
        println!("{} {what}", if holds { "  " } else { "✗ " });
        self.failed += usize::from(!holds);
    }

    pub(crate) fn answers(&mut self, all: &[Asked]) {
        println!("   {:42} {:>7} {:>7} {:>8} {:>8} {:>8} {:>8}", "", "asked", "wrong", "p50", "p99", "p99.9", "most");
        for (kind, asked) in KINDS.iter().zip(all) {
            let mut waits = asked.waits.clone();
            waits.sort_unstable();
            let of = |share: f64| {
                let place = (waits.len().saturating_sub(1) as f64 * share) as usize;
                waits.get(place).map_or(f64::NAN, Duration::as_secs_f64) * 1_000.0
            };
            let wrong: usize = asked.wrong.values().sum();
            let (p50, p99, p999, most) = (of(0.5), of(0.99), of(0.999), of(1.0));
            let line =
                format!("{:42} {:7} {wrong:7} {p50:8.1} {p99:8.1} {p999:8.1} {most:8.1}", kind.name, waits.len());
            self.say(wrong == 0 && p99 < LATE.as_secs_f64() * 1_000.0, line);
            for (answer, times) in &asked.wrong {
                println!("      {times} times, where {} was expected: {answer}", kind.status);
            }
        }
    }

    pub(crate) fn resources(&mut self, samples: &[Sample]) {
        for (name, most, of) in RESOURCES {
            let all: Vec<f64> = samples.iter().map(of).collect();
            let tenth = all.len() / 10;
            let (before, after) = (median(&all[tenth..2 * tenth + 1]), median(&all[all.len() - tenth.max(1)..]));
            let line =
                format!("{name}: {before:.1} in the second tenth, {after:.1} in the last; at most {most} more are let");
            self.say(after - before <= most, line);
        }
        let tenths = samples.chunks(samples.len().div_ceil(10));
        let levels = tenths.map(|tenth| format!("{:.0}", median(&tenth.iter().map(|s| s.memory).collect::<Vec<_>>())));
        println!("   memory of the gateway by tenths, MB: {}", levels.collect::<Vec<_>>().join(" "));
    }

    pub(crate) fn database(&mut self, samples: &[Sample], directory: &Path) {
        let size = |third: usize| samples[(samples.len() - 1) * third / 3].database;
        let (second, last) = (size(2) - size(1), size(3) - size(2));
        let third = samples.len() as f64 / 3.0;
        let line = format!(
            "database, kB a second: {:.0} in the second third, {:.0} in the last; at most {ROOM} times as many are let",
            second / third * 1_000.0,
            last / third * 1_000.0
        );
        self.say(last <= second * ROOM, line);
        let log = samples.iter().map(|sample| sample.log).fold(0.0, f64::max);
        println!("   database at the end {:.0} MB; its log at most {log:.0} MB; rows: {}", size(3), rows(directory));
    }

    pub(crate) fn book(&mut self, verified: std::io::Result<Output>) {
        match verified {
            Ok(Output { status, stdout, stderr }) => {
                let said = [stdout, stderr].concat();
                self.say(status.success(), format!("audit verify: {}", String::from_utf8_lossy(&said).trim()));
            }
            Err(error) => self.say(false, format!("audit verify: {error}")),
        }
    }

    pub(crate) fn end(self) -> ExitCode {
        println!("{}", if self.failed == 0 { "It holds." } else { "It does not hold: see ✗." });
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn rows(directory: &Path) -> String {
    let db = Connection::open(directory.join("gatehouse.db")).expect("a database");
    let count = |table: &&str| db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
    let told = TABLES.iter().map(|table| format!("{table} {}", count(table).expect("counted")));
    told.collect::<Vec<_>>().join(", ")
}

fn median(all: &[f64]) -> f64 {
    let mut all = all.to_vec();
    all.sort_unstable_by(f64::total_cmp);
    all[all.len() / 2]
}
