//! Reading while the committer writes.

use super::address::Address;
use super::database::{DatabaseError, Row, Sql, Value};
use super::postgres;
use super::row::Cell;
use super::sqlite::{File, Sqlite};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

#[derive(Clone)]
pub(super) enum Readers {
    Sqlite(Arc<Desks>),
    Postgres(Arc<postgres::Desks>),
}

/// Where a file is read, on threads where a slow disk holds nobody up.
pub(super) struct Desks {
    path: PathBuf,
    file: File,
    /// Connections that nobody reads with at this moment.
    idle: Mutex<Vec<Sqlite>>,
    free: Arc<Semaphore>,
}

/// So many read at once; the others wait, but not for long.
const DESKS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(10);

impl Readers {
    pub(super) fn of(address: &Address) -> Result<Self, DatabaseError> {
        Ok(match address {
            Address::File(path) => {
                let (idle, free) = (Mutex::default(), Arc::new(Semaphore::new(DESKS)));
                Self::Sqlite(Arc::new(Desks { path: path.to_owned(), file: File::at(path)?, idle, free }))
            }
            Address::Server(server) => Self::Postgres(Arc::new(postgres::Desks::of(server.clone()))),
        })
    }

    pub(super) async fn fetch(&self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<Vec<Row>, DatabaseError> {
        match self {
            Self::Sqlite(desks) => desks.clone().fetch(sql.into(), values).await,
            Self::Postgres(desks) => desks.fetch(&sql.into(), values).await,
        }
    }

    pub(super) async fn fetch_optional(
        &self,
        sql: impl Into<Sql>,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, DatabaseError> {
        Ok(self.fetch(sql, values).await?.into_iter().next())
    }

    pub(super) async fn fetch_one(&self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<Row, DatabaseError> {
        self.fetch_optional(sql, values).await?.ok_or(DatabaseError::NoRow)
    }
}

impl Desks {
    async fn fetch(self: Arc<Self>, sql: Sql, values: &[Value<'_>]) -> Result<Vec<Row>, DatabaseError> {
        let free = tokio::time::timeout(PATIENCE, self.free.clone().acquire_owned());
        let Ok(Ok(desk)) = free.await else { return Err(DatabaseError::Late) };
        let values: Vec<Cell> = values.iter().copied().map(Cell::from).collect();
        let reading = tokio::task::spawn_blocking(move || {
            let _desk = desk;
            self.read(&sql, &values)
        });
        reading.await.unwrap_or(Err(DatabaseError::Late))
    }

    /// A connection with which something went wrong is not used again.
    fn read(&self, sql: &Sql, values: &[Cell]) -> Result<Vec<Row>, DatabaseError> {
        self.file.is_at(&self.path)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let db = idle.map_or_else(|| Sqlite::read_only(&self.path), Ok)?;
        let values: Vec<Value<'_>> = values.iter().map(Cell::as_value).collect();
        let rows = db.fetch(sql, &values)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
        Ok(rows)
    }
}
