//! The log of a SQLite file, emptied while commits go on.
//!
//! What is committed lies in the log until it is copied into the file. SQLite has whoever commits copy it once it is full, and
//! everybody waits for that: a thousand pages, and the disk twice. So a thread of its own begins to copy when the log is full,
//! by a connection of its own, while others commit. What has come meanwhile is little: that is copied by whoever commits
//! next, because a log begins anew only where nothing in it is left to copy.

use rusqlite::{Connection, OpenFlags, hooks::Wal};
use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Pages in the log at which it begins to be copied: 4 MiB.
const FULL: c_int = 1_000;
/// By then that should be done. While it is not, nobody else copies, and the log grows.
const OVERFULL: c_int = 1_200;

/// Has the log of this connection emptied so, as long as the connection lives; in the place of SQLite's own way.
pub(super) fn is_emptied_beside(db: &mut Connection, path: &Path) -> rusqlite::Result<()> {
    let (path, mut emptier, mut is_told) = (path.to_owned(), None, false);
    db.wal_hook(Some(move |log: &mut Wal, pages: c_int| {
        if pages < FULL {
            is_told = false;
        } else if !is_told {
            is_told = true;
            emptier.get_or_insert_with(|| Emptier::start(path.clone())).tell();
        }
        if pages >= OVERFULL {
            // The commit has happened; what fails here is tried again at the next.
            let _ = log.checkpoint();
        }
        Ok(())
    }))
}

/// The thread; it ends with its value, and its connection with it.
struct Emptier {
    full: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Emptier {
    /// Where there is no thread to be had, whoever commits empties the log.
    fn start(path: PathBuf) -> Self {
        let (full, told) = sync_channel(1);
        let thread = std::thread::Builder::new().name("log".into()).spawn(move || empty(&path, &told)).ok();
        Self { full: Some(full), thread }
    }

    fn tell(&self) {
        self.full.as_ref().map(|full| full.try_send(()));
    }
}

impl Drop for Emptier {
    fn drop(&mut self) {
        self.full = None;
        self.thread.take().map(JoinHandle::join);
    }
}

fn empty(path: &Path, told: &Receiver<()>) {
    let how = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = None;
    while told.recv().is_ok() {
        if db.is_none() {
            db = Connection::open_with_flags(path, how).ok();
        }
        if let Some(db) = &db {
            let _ = db.execute_batch("PRAGMA wal_checkpoint(PASSIVE)");
        }
    }
}
