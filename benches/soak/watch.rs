//! What the gateway takes up, each second.

use crate::served::Server;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

#[derive(Clone, Copy)]
pub(crate) struct Sample {
    /// VmRSS in MB, and that of its second engines together.
    pub(crate) memory: f64,
    pub(crate) engines: f64,
    pub(crate) files: f64,
    pub(crate) threads: f64,
    /// Of the database what is in use, in MB, and of the log beside it.
    pub(crate) database: f64,
    pub(crate) log: f64,
}

pub(crate) struct Watch {
    end: Sender<()>,
    samples: JoinHandle<Vec<Sample>>,
}

const EVERY: Duration = Duration::from_secs(1);

impl Watch {
    pub(crate) fn begin(gate: &Server, directory: &Path) -> Self {
        let (end, ended) = channel();
        let (process, database) = (gate.child.id(), directory.join("gatehouse.db"));
        let watch = move || {
            let db = Connection::open_with_flags(&database, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a database");
            let mut samples = Vec::new();
            while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                samples.push(sample(process, &db, &database));
            }
            samples
        };
        Self { end, samples: std::thread::spawn(watch) }
    }

    pub(crate) fn end(self) -> Vec<Sample> {
        drop(self.end);
        self.samples.join().expect("watched")
    }
}

fn sample(process: u32, db: &Connection, database: &Path) -> Sample {
    let proc = PathBuf::from(format!("/proc/{process}"));
    let count = |what: &str| std::fs::read_dir(proc.join(what)).map_or(0.0, |all| all.count() as f64);
    let pragma = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).expect("a number");
    let used = (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
    let log = std::fs::metadata(database.with_extension("db-wal")).map_or(0, |log| log.len());
    Sample {
        memory: resident(process),
        engines: children(&proc).into_iter().map(resident).sum(),
        files: count("fd"),
        threads: count("task"),
        database: used as f64 / 1e6,
        log: log as f64 / 1e6,
    }
}

/// Those that any of its threads has started.
fn children(proc: &Path) -> Vec<u32> {
    let threads = std::fs::read_dir(proc.join("task")).into_iter().flatten().flatten();
    let started = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    started.flat_map(|all| all.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()).collect()
}

/// In MB; nothing of one that has just ended.
fn resident(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or(0.0) / 1_024.0
}
