//! The database, looked into or changed from beside a gateway.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

pub(crate) struct Book(Connection);

impl Book {
    pub(crate) fn open(path: &Path) -> Self {
        let how = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self(Connection::open_with_flags(path, how).expect("the database"))
    }

    /// An empty one.
    pub(crate) fn made(path: &Path) -> Self {
        Self(Connection::open(path).expect("a database"))
    }

    /// Keeps everybody from writing until it is committed or dropped.
    pub(crate) fn held(path: &Path) -> Self {
        let book = Self::open(path);
        book.run("BEGIN IMMEDIATE");
        book
    }

    /// One statement or several.
    pub(crate) fn run(&self, script: &str) {
        self.0.execute_batch(script).unwrap_or_else(|error| panic!("{script}: {error}"));
    }

    /// Numbers and text as text, anything else as nothing.
    pub(crate) fn rows(&self, query: &str) -> Vec<Vec<String>> {
        let mut statement = self.0.prepare(query).expect("a query");
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get_ref(at).map(text)).collect();
        statement.query_map([], row).and_then(Iterator::collect).expect("rows")
    }
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => String::new(),
    }
}
