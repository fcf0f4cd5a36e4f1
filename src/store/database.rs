//! The only place that knows what the database is.
//!
//! A statement is written once, with placeholders `?1`, `?2`…: `db.execute(SQL, values![&self.name, self.at])` answers with
//! the number of rows, `fetch`, `fetch_optional` and `fetch_one` with rows, of which `row.get(0)?` takes a column as what
//! the place asks for. Text that came in is never part of a statement: a [`Sql`] is made of fixed text alone.

use super::address::Address;
use super::postgres::{Postgres, Purpose};
pub(super) use super::row::Row;
use super::sqlite::{Sqlite, Weight};
pub(super) use super::statement::{ManyRows, Sql, Value, values};
use tokio::sync::watch;

pub(super) enum Connection {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
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
    /// The server has broken off what took too long.
    #[error("no answer in time")]
    Overdue,
    #[error("its file is not where it was; bring it back, or start again")]
    Gone,
    /// The server has gone, or nobody gets there.
    #[error("{0}")]
    Away(String),
    /// By the server.
    #[error("{0}")]
    Refused(String),
    #[error("the database server {0}")]
    Server(&'static str),
    #[error("a statement of the transaction has failed")]
    Failed,
    #[error("the database server has committed it without waiting for its standby, which may not have it")]
    Unsure,
}

impl Connection {
    /// The writer's: a file is made if there is none. What other nodes write that everybody should know at once is told.
    pub(super) async fn make(address: &Address, news: &watch::Sender<()>) -> Result<Self, DatabaseError> {
        match address {
            Address::File(path) => Sqlite::make(path).map(Self::Sqlite),
            Address::Server(server) => Self::on(Postgres::connect(server, Purpose::Writing(news.clone())).await),
        }
    }

    /// Beside a gateway that may be running: reads and writes, but makes nothing.
    pub(super) async fn beside(address: &Address) -> Result<Self, DatabaseError> {
        match address {
            Address::File(path) => Sqlite::beside(path).map(Self::Sqlite),
            Address::Server(server) => Self::on(Postgres::connect(server, Purpose::Beside).await),
        }
    }

    /// Reads alone.
    pub(super) async fn read_only(address: &Address) -> Result<Self, DatabaseError> {
        match address {
            Address::File(path) => Sqlite::read_only(path).map(Self::Sqlite),
            Address::Server(server) => Self::on(Postgres::connect(server, Purpose::Reading).await),
        }
    }

    fn on(connected: Result<Postgres, DatabaseError>) -> Result<Self, DatabaseError> {
        connected.map(Box::new).map(Self::Postgres)
    }

    /// Whether several nodes may work with it.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Whether it can be worked with, as far as it is known here.
    pub(super) fn is_there(&self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            Self::Postgres(db) => db.is_there(),
        }
    }

    /// How many rows it has changed.
    pub(super) async fn execute(&mut self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<u64, DatabaseError> {
        match self {
            Self::Sqlite(db) => db.execute(&sql.into(), values),
            Self::Postgres(db) => db.execute(&sql.into(), values).await,
        }
    }

    pub(super) async fn fetch(&mut self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<Vec<Row>, DatabaseError> {
        match self {
            Self::Sqlite(db) => db.fetch(&sql.into(), values),
            Self::Postgres(db) => db.fetch(&sql.into(), values).await,
        }
    }

    /// A statement within a transaction of which nothing is asked but that it holds. That it does not may be told by whatever
    /// comes next, by the commit at the latest.
    pub(super) async fn put(&mut self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.execute(&sql.into(), values).map(drop),
            Self::Postgres(db) => db.put(&sql.into(), values).await,
        }
    }

    /// As [`Connection::put`], for all of these rows. A file takes them one by one: of a statement that writes several rows
    /// SQLite keeps every page as it was, in case that one of them fails.
    pub(super) async fn put_all<const COLUMNS: usize>(
        &mut self,
        many: &'static ManyRows,
        rows: &[[Value<'_>; COLUMNS]],
    ) -> Result<(), DatabaseError> {
        let mut left = rows;
        while !left.is_empty() {
            let db = match self {
                Self::Sqlite(db) => return db.execute_each(many.single(), left),
                Self::Postgres(db) => db,
            };
            let (some, sql) = many.of(left.len());
            let (now, later) = left.split_at(some);
            db.put(&sql, now.as_flattened()).await?;
            left = later;
        }
        Ok(())
    }

    /// The rows of each of several statements, in which none needs the answer of the one before it.
    pub(super) async fn fetch_each(&mut self, all: &[(Sql, Vec<Value<'_>>)]) -> Result<Vec<Vec<Row>>, DatabaseError> {
        match self {
            Self::Sqlite(db) => all.iter().map(|(sql, values)| db.fetch(sql, values)).collect(),
            Self::Postgres(db) => db.fetch_each(all).await,
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
            Self::Postgres(db) => db.each(&sql.into(), row).await,
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
            Self::Postgres(db) => db.run(script).await,
        }
    }

    /// One statement without values that comes over and over, such as SAVEPOINT.
    pub(super) async fn run_known(&mut self, statement: &'static str) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.run_known(statement),
            Self::Postgres(db) => db.run(statement).await,
        }
    }

    /// What is asked from now on may take as long as a large database needs, which is asked of nobody who is served.
    pub(super) async fn take_time(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(db) => db.take_time().await,
        }
    }

    /// What is asked from now on is waited for no longer than usual.
    pub(super) async fn hurry(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(db) => db.hurry().await,
        }
    }

    /// Waits for what was put: if it does not hold, that is told here.
    pub(super) async fn settle(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(db) => db.settle().await,
        }
    }

    /// Nobody else writes until it is committed, or the connection is gone.
    pub(super) async fn begin(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.begin(Weight::Full),
            Self::Postgres(db) => db.begin().await,
        }
    }

    /// For what may be lost when the power fails: its commit waits for no disk.
    pub(super) async fn begin_lightly(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.begin(Weight::Light),
            Self::Postgres(db) => db.begin_lightly().await,
        }
    }

    /// What is read until the connection is gone is of one moment.
    pub(super) async fn begin_reading(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.run("BEGIN"),
            Self::Postgres(db) => db.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await,
        }
    }

    /// Whether nobody else has the database open, or can open it before this connection has begun to write.
    pub(super) async fn is_alone(&mut self) -> Result<bool, DatabaseError> {
        match self {
            Self::Sqlite(db) => db.is_alone(),
            Self::Postgres(db) => db.is_alone().await,
        }
    }

    /// Numbers are given on from the greatest there is, after rows have been written with theirs.
    pub(super) async fn number_on(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(db) => db.number_on().await,
        }
    }

    /// From now on numbers are given that may have been given to others before.
    pub(super) async fn begin_epoch(&mut self) -> Result<(), DatabaseError> {
        let begin = match self {
            Self::Sqlite(_) => "INSERT INTO epoch (mark) VALUES (lower(hex(randomblob(16))))",
            Self::Postgres(_) => "INSERT INTO epoch (mark) VALUES (replace(CAST(gen_random_uuid() AS TEXT), '-', ''))",
        };
        self.execute(begin, values![]).await.map(drop)
    }

    pub(super) async fn commit(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.run_known("COMMIT"),
            Self::Postgres(db) => db.commit().await,
        }
    }

    /// Where a transaction has begun, it comes to nothing.
    pub(super) async fn roll_back(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(db) => db.roll_back(),
            Self::Postgres(db) => db.roll_back().await,
        }
    }

    /// Each column of each table, both in order.
    pub(super) async fn columns(&mut self) -> Result<Vec<Row>, DatabaseError> {
        let columns = match self {
            Self::Sqlite(_) => {
                "SELECT of.name, column.name FROM sqlite_master AS of JOIN pragma_table_info(of.name) AS column
                 WHERE of.type = 'table' AND of.name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY of.name, column.cid"
            }
            Self::Postgres(_) => {
                "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
                 WHERE table_schema = current_schema() ORDER BY CAST(table_name AS TEXT) COLLATE \"C\", ordinal_position"
            }
        };
        self.fetch(columns, values![]).await
    }

    pub(super) async fn has_table(&mut self, name: &str) -> Result<bool, DatabaseError> {
        let there = match self {
            Self::Sqlite(_) => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1",
            Self::Postgres(_) => "SELECT 1 WHERE to_regclass(?1) IS NOT NULL",
        };
        Ok(self.fetch_optional(there, values![name]).await?.is_some())
    }

    /// The name of the chain that is this connection's to write on, and nobody else's as long as it lasts.
    pub(super) async fn chain(&mut self) -> Result<String, DatabaseError> {
        if let Self::Postgres(db) = self {
            return db.take_chain().await;
        }
        let name =
            "INSERT INTO node (name) SELECT 'node-' || lower(hex(randomblob(6))) WHERE NOT EXISTS (SELECT 1 FROM node)";
        self.execute(name, values![]).await?;
        self.fetch_one("SELECT name FROM node", values![]).await?.get(0)
    }

    /// Whether this destination of records is this connection's, and nobody else's as long as it lasts or until it leaves it. A
    /// file is one gateway's alone.
    pub(super) async fn hold(&mut self, target: &str) -> Result<bool, DatabaseError> {
        match self {
            Self::Sqlite(_) => Ok(true),
            Self::Postgres(db) => db.hold(target).await,
        }
    }

    pub(super) async fn leave(&mut self, target: &str) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(db) => db.leave(target).await,
        }
    }

    /// That of what is done beside gateways that hold the ends of theirs. Within a transaction, so that it has one end. Each
    /// time that the store was put back another one begins: the numbers of records that are lost may have been signed for.
    pub(super) async fn chain_beside(&mut self) -> Result<String, DatabaseError> {
        match self {
            Self::Sqlite(_) => self.fetch_one("SELECT name || '-operator' FROM node", values![]).await?.get(0),
            Self::Postgres(_) => {
                let name = "SELECT 'operator' || coalesce('-' || substr(max(mark), 1, 12), '') FROM epoch";
                self.fetch_one(name, values![]).await?.get(0)
            }
        }
    }
}

impl DatabaseError {
    /// Whether the server has said that something of a transaction has failed, and so all of it.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Overdue | Self::Failed)
    }

    /// Whether the server is there and has said no: it is about what was asked, and would be said again.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}
