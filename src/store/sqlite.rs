//! SQLite: one file, written through its log, on disk before a commit returns.

use super::database::{DatabaseError, Row, Sql, Value};
use super::row::Cell;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, Statement, ToSql};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) struct Sqlite {
    db: Connection,
    path: PathBuf,
    file: File,
    weight: Weight,
}

/// Whether a commit is on disk when it returns. What comes after one that is not takes it along.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Full,
    Light,
}

/// Which file it is that lies at a path: device and number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct File(u64, u64);

/// What is undone within a transaction is remembered in memory; the log is emptied when it has 4 MiB, so that whoever
/// commits just then waits for no more than that; and what was read or written last, up to 4 MiB, is not read again: more
/// would be farther from the processor.
const SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;
     PRAGMA wal_autocheckpoint = 1000; PRAGMA cache_size = -4096";
/// How many statements it knows by heart: all there are, and some of each number of rows that is asked for.
const STATEMENTS: usize = 128;
/// For whoever else writes at this moment: an operator's order, or a gateway while an order is given.
const PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE_BESIDE: Duration = Duration::from_secs(10);

impl Sqlite {
    pub(super) fn make(path: &Path) -> Result<Self, DatabaseError> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let db = Self::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE, PATIENCE)?;
        owner_only(path)?;
        db.db.pragma_update(None, "journal_mode", "wal")?;
        Ok(db)
    }

    pub(super) fn beside(path: &Path) -> Result<Self, DatabaseError> {
        Self::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE, PATIENCE_BESIDE)
    }

    pub(super) fn read_only(path: &Path) -> Result<Self, DatabaseError> {
        Self::open(path, OpenFlags::SQLITE_OPEN_READ_ONLY, PATIENCE)
    }

    /// One thread at a time has a connection.
    fn open(path: &Path, how: OpenFlags, patience: Duration) -> Result<Self, DatabaseError> {
        let db = Connection::open_with_flags(path, how | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        db.busy_timeout(patience)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        db.execute_batch(SETTINGS)?;
        Ok(Self { db, path: path.to_owned(), file: File::at(path)?, weight: Weight::Full })
    }

    pub(super) fn execute(&self, sql: &Sql, values: &[Value<'_>]) -> Result<u64, DatabaseError> {
        Ok(self.statement(sql, values)?.raw_execute()? as u64)
    }

    pub(super) fn fetch(&self, sql: &Sql, values: &[Value<'_>]) -> Result<Vec<Row>, DatabaseError> {
        let mut all = Vec::new();
        self.each(sql, values, |row| {
            all.push(row);
            Ok(())
        })?;
        Ok(all)
    }

    pub(super) fn each(
        &self,
        sql: &Sql,
        values: &[Value<'_>],
        mut take: impl FnMut(Row) -> std::io::Result<()>,
    ) -> Result<(), DatabaseError> {
        let mut statement = self.statement(sql, values)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let cell = |at| row.get_ref(at).map(cell)?.ok_or(DatabaseError::Column(at));
            take(Row((0..columns).map(cell).collect::<Result<_, DatabaseError>>()?))?;
        }
        Ok(())
    }

    /// One statement for each of these rows.
    pub(super) fn execute_each<const COLUMNS: usize>(
        &self,
        sql: &Sql,
        rows: &[[Value<'_>; COLUMNS]],
    ) -> Result<(), DatabaseError> {
        let mut statement = self.db.prepare_cached(sql.text())?;
        for row in rows {
            bind(&mut statement, sql, row)?;
            statement.raw_execute()?;
        }
        Ok(())
    }

    fn statement(&self, sql: &Sql, values: &[Value<'_>]) -> Result<CachedStatement<'_>, DatabaseError> {
        let mut statement = self.db.prepare_cached(sql.text())?;
        bind(&mut statement, sql, values)?;
        Ok(statement)
    }

    pub(super) fn run(&self, script: &'static str) -> Result<(), DatabaseError> {
        Ok(self.db.execute_batch(script)?)
    }

    /// One statement that answers nothing and comes over and over.
    pub(super) fn run_known(&self, statement: &'static str) -> Result<(), DatabaseError> {
        Ok(self.db.prepare_cached(statement)?.raw_execute().map(drop)?)
    }

    pub(super) fn begin(&mut self, weight: Weight) -> Result<(), DatabaseError> {
        self.file.is_at(&self.path)?;
        if self.weight != weight {
            self.run(match weight {
                Weight::Full => "PRAGMA synchronous = FULL",
                Weight::Light => "PRAGMA synchronous = NORMAL",
            })?;
            self.weight = weight;
        }
        self.run_known("BEGIN IMMEDIATE")
    }

    /// A database leaves its log behind only when nobody else has it open: every connection holds on to it as long as it
    /// lives.
    pub(super) fn is_alone(&self) -> Result<bool, DatabaseError> {
        self.db.busy_timeout(Duration::ZERO)?;
        self.run("PRAGMA locking_mode = EXCLUSIVE")?;
        let left: rusqlite::Result<String> = self.db.query_row("PRAGMA journal_mode = DELETE", (), |row| row.get(0));
        self.db.busy_timeout(PATIENCE)?;
        match left {
            Ok(mode) => Ok(mode == "delete"),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn roll_back(&self) -> Result<(), DatabaseError> {
        if self.db.is_autocommit() { Ok(()) } else { self.run("ROLLBACK") }
    }
}

fn bind(statement: &mut Statement<'_>, sql: &Sql, values: &[Value<'_>]) -> Result<(), DatabaseError> {
    let expected = statement.parameter_count();
    if expected != values.len() {
        let statement = sql.text().to_owned();
        return Err(DatabaseError::Values { statement, expected, given: values.len() });
    }
    for (number, value) in (1..).zip(values) {
        statement.raw_bind_parameter(number, value)?;
    }
    Ok(())
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => number.map_or(ValueRef::Null, ValueRef::Integer),
            Self::Text(text) => text.map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes())),
            Self::Bytes(bytes) => bytes.map_or(ValueRef::Null, ValueRef::Blob),
        }))
    }
}

fn cell(value: ValueRef<'_>) -> Option<Cell> {
    Some(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Text(text) => Cell::Text(std::str::from_utf8(text).ok()?.to_owned()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => return None,
    })
}

impl File {
    pub(super) fn at(path: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(path).map(|file| Self(file.dev(), file.ino()))
    }

    /// What is written into a file that was taken away is lost, and what is read there has no end to its age.
    pub(super) fn is_at(self, path: &Path) -> Result<(), DatabaseError> {
        if Self::at(path).is_ok_and(|file| file == self) { Ok(()) } else { Err(DatabaseError::Gone) }
    }
}

/// The book is for its owner: session records and sealed claims are nobody else's to copy.
fn owner_only(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}
