//! The database, looked into or changed from beside a gateway: a file, or one on a server where the gateway's configuration
//! names that.

use crate::postgres_server;
use gatehouse::store::Address;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use tokio::runtime::Runtime;
use tokio_postgres::Client;

pub(crate) enum Book {
    File(Connection),
    Server(Option<(Runtime, Client)>),
}

impl Book {
    /// The file at `path`, or what the configuration beside it names instead.
    pub(crate) fn open(path: &Path) -> Self {
        let configuration = std::fs::read_to_string(path.with_file_name("gatehouse.toml")).unwrap_or_default();
        if configuration.contains("postgres://") {
            let runtime = Runtime::new().expect("a runtime");
            let client = waited_for(&runtime, postgres_server::named_in(&configuration)).expect("the database");
            return Self::Server(Some((runtime, client)));
        }
        let how = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::File(Connection::open_with_flags(path, how).expect("the database"))
    }

    /// An empty one.
    pub(crate) fn made(path: &Path) -> Self {
        Self::File(Connection::open(path).expect("a database"))
    }

    /// Keeps everybody from writing until it is committed or dropped.
    pub(crate) fn held(path: &Path) -> Self {
        let book = Self::open(path);
        book.run(match &book {
            Self::File(_) => "BEGIN IMMEDIATE",
            Self::Server(_) => "BEGIN; SELECT pg_advisory_xact_lock(7449363351870006643)",
        });
        book
    }

    /// One statement or several.
    pub(crate) fn run(&self, script: &str) {
        match self {
            Self::File(db) => db.execute_batch(script).unwrap_or_else(|error| panic!("{script}: {error}")),
            Self::Server(None) => unreachable!("it is open"),
            Self::Server(Some((runtime, client))) => {
                waited_for(runtime, client.batch_execute(script)).unwrap_or_else(|error| panic!("{script}: {error:?}"));
            }
        }
    }

    /// The names of all there are, but the database's own.
    pub(crate) fn tables(&self) -> Vec<String> {
        self.rows(match self {
            Self::File(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            Self::Server(_) => "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
        })
        .concat()
    }

    /// Numbers and text as text, anything else as nothing.
    pub(crate) fn rows(&self, query: &str) -> Vec<Vec<String>> {
        match self {
            Self::File(db) => {
                let mut statement = db.prepare(query).expect("a query");
                let columns = statement.column_count();
                let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get_ref(at).map(text)).collect();
                statement.query_map([], row).and_then(Iterator::collect).expect("rows")
            }
            Self::Server(None) => unreachable!("it is open"),
            Self::Server(Some((runtime, client))) => waited_for(runtime, postgres_server::rows(client, query)),
        }
    }
}

impl Drop for Book {
    /// A runtime must not end on a thread of another one.
    fn drop(&mut self) {
        if let Self::Server(open) = self
            && let Some((runtime, client)) = open.take()
        {
            drop(client);
            runtime.shutdown_background();
        }
    }
}

/// On a thread where waiting is allowed, whatever this one is.
fn waited_for<F: Future<Output: Send> + Send>(runtime: &Runtime, future: F) -> F::Output {
    std::thread::scope(|scope| scope.spawn(|| runtime.block_on(future)).join().expect("no panic"))
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => String::new(),
    }
}

/// Where a store finds the file at `path`, or what the configuration beside it names instead.
pub(crate) fn at(path: &Path) -> Address {
    let configuration = std::fs::read_to_string(path.with_file_name("gatehouse.toml")).unwrap_or_default();
    postgres_server::address_in(&configuration).unwrap_or_else(|| Address::File(path.to_owned()))
}
