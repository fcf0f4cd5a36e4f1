//! What is left of a floor where each answer waits until a row of its own is on disk: the web identity's, and as many rows as
//! are waiting committed together by SQLite. A row is as long as a record of the book; nothing is read, decided, minted,
//! indexed or traced. No gateway with such a book can be faster.

use rusqlite::Connection;
use std::path::Path;
use tokio::sync::{mpsc, oneshot};

/// As long as the record of an exchange.
const RECORD: usize = 1_600;
const MOST: usize = 256;

/// Whoever waits for a row.
type Waiting = oneshot::Sender<()>;

/// Where rows are asked for.
pub(super) fn book(file: &Path) -> mpsc::Sender<Waiting> {
    let (asked, waiting) = mpsc::channel(MOST);
    let db = Connection::open(file).expect("a database");
    db.execute_batch(
        "PRAGMA journal_mode = wal; PRAGMA synchronous = FULL;
         CREATE TABLE book (number INTEGER PRIMARY KEY, record TEXT NOT NULL)",
    )
    .expect("a table");
    let serving = tokio::runtime::Handle::current();
    std::thread::spawn(move || write(&db, waiting, &serving));
    asked
}

fn write(db: &Connection, mut waiting: mpsc::Receiver<Waiting>, serving: &tokio::runtime::Handle) {
    let (record, mut batch) = ("r".repeat(RECORD), Vec::new());
    let run = |statement: &str| db.prepare_cached(statement)?.execute(());
    while waiting.blocking_recv_many(&mut batch, MOST) > 0 {
        if batch.len() > 1 {
            // Whoever is being served has a turn first.
            let _ = serving.block_on(serving.spawn(tokio::task::yield_now()));
            batch.extend(std::iter::from_fn(|| waiting.try_recv().ok()));
        }
        run("BEGIN IMMEDIATE").expect("begun");
        let mut insert = db.prepare_cached("INSERT INTO book (record) VALUES (?1)").expect("a statement");
        batch.iter().for_each(|_| _ = insert.execute([&record]).expect("written"));
        run("COMMIT").expect("on disk");
        batch.drain(..).for_each(|waiting| _ = waiting.send(()));
    }
}
