//! The only place that knows what the database is.
//!
//! A statement is written once, with placeholders `?1`, `?2`…: `db.execute(SQL, values![&self.name, self.at])` answers with
//! the number of rows, `fetch`, `fetch_optional` and `fetch_one` with rows, of which `row.get(0)?` takes a column as what
//! the place asks for. Text that came in is never part of a statement: a [`Sql`] is made of fixed text alone.

pub(super) use super::row::Row;
use super::sqlite::Sqlite;
pub(super) use super::statement::{Sql, Value, values};
use std::path::Path;

pub(super) enum Connection {
    Sqlite(Sqlite),
}

#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("{0}")]
    File(#[from] std::io::Error),
    #[error("{given} values for the {expected} of \"{statement}\"")]
    Values { statement: String, expected: usize, given: usize },
    #[error("column {0} is of another kind")]
    Column(usize),
    #[error("a row was expected")]
    NoRow,
    #[error("no answer in time")]
    Late,
}

impl Connection {
    /// The writer's: the database is made if there is none.
    pub(super) async fn make(path: &Path) -> Result<Self, DatabaseError> {
        Sqlite::make(path).map(Self::Sqlite)
    }

    /// Beside a gateway that may be running: reads and writes, but makes nothing.
    pub(super) async fn beside(path: &Path) -> Result<Self, DatabaseError> {
        Sqlite::beside(path).map(Self::Sqlite)
    }

    /// Reads alone.
    pub(super) async fn read_only(path: &Path) -> Result<Self, DatabaseError> {
        Sqlite::read_only(path).map(Self::Sqlite)
    }

    /// How many rows it has changed.
    pub(super) async fn execute(&mut self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<u64, DatabaseError> {
        match self {
            Self::Sqlite(db) => db.execute(&sql.into(), values),
        }
    }

    pub(super) async fn fetch(&mut self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<Vec<Row>, DatabaseError> {
        match self {
            Self::Sqlite(db) => db.fetch(&sql.into(), values),
        }
    }

    /// Each row as it is read, of however many.
    pub(super) async fn each(
        &mut self,
        sql: impl Into<Sql>,
        row: impl FnMut(Row) -> std::io::Result<()>,
    ) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.each(&sql.into(), &[], row),
        }
    }

    pub(super) async fn fetch_optional(
        &mut self,
        sql: impl Into<Sql>,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, DatabaseError> {
        Ok(self.fetch(sql, values).await?.into_iter().next())
    }

    pub(super) async fn fetch_one(&mut self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<Row, DatabaseError> {
        self.fetch_optional(sql, values).await?.ok_or(DatabaseError::NoRow)
    }

    /// Several statements without values.
    pub(super) async fn run(&mut self, script: &'static str) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.run(script),
        }
    }

    /// Nobody else writes until it is committed, or the connection is gone.
    pub(super) async fn begin(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.run("BEGIN IMMEDIATE"),
        }
    }

    /// What is read until the connection is gone is of one moment.
    pub(super) async fn begin_reading(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.run("BEGIN"),
        }
    }

    /// Whether nobody else has the database open, or can open it before this connection has begun to write.
    pub(super) async fn is_alone(&mut self) -> Result<bool, DatabaseError> {
        match self {
            Self::Sqlite(db) => db.is_alone(),
        }
    }

    pub(super) async fn commit(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.run("COMMIT"),
        }
    }

    /// Where a transaction has begun, it comes to nothing.
    pub(super) async fn roll_back(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.roll_back(),
        }
    }

    /// Each column of each table, both in order.
    pub(super) async fn columns(&mut self) -> Result<Vec<Row>, DatabaseError> {
        let columns = match self {
            Self::Sqlite(_) => {
                "SELECT of.name, column.name FROM sqlite_master AS of JOIN pragma_table_info(of.name) AS column
                 WHERE of.type = 'table' AND of.name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY of.name, column.cid"
            }
        };
        self.fetch(columns, values![]).await
    }

    pub(super) async fn has_table(&mut self, name: &str) -> Result<bool, DatabaseError> {
        let there = match self {
            Self::Sqlite(_) => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1",
        };
        Ok(self.fetch_optional(there, values![name]).await?.is_some())
    }
}
