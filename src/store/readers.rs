//! Reading while the committer writes.

use super::StoreError;
use super::address::Address;
use super::database::{DatabaseError, Row, Sql, Value};
use super::postgres;
use super::row::Cell;
use super::sqlite::{File, Sqlite};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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
    /// One at a time looks through much: however many ask for that, the other desks are for everybody else.
    searching: Arc<Semaphore>,
}

/// So many read at once; the others wait, but not for long.
const DESKS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(10);
const SEARCH_PATIENCE: Duration = Duration::from_secs(3);

impl Readers {
    pub(super) fn of(address: &Address) -> Result<Self, DatabaseError> {
        Ok(match address {
            Address::File(path) => {
                let (free, searching) = (Arc::new(Semaphore::new(DESKS)), Arc::new(Semaphore::new(1)));
                let (path, file, idle) = (path.to_owned(), File::at(path)?, Mutex::default());
                Self::Sqlite(Arc::new(Desks { path, file, idle, free, searching }))
            }
            Address::Server(server) => Self::Postgres(Arc::new(postgres::Desks::of(server.clone()))),
        })
    }

    pub(super) async fn fetch(&self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<Vec<Row>, DatabaseError> {
        match self {
            Self::Sqlite(desks) => desks.clone().fetch(sql.into(), values, None).await,
            Self::Postgres(desks) => desks.fetch(&sql.into(), values).await,
        }
    }

    /// What reads thousands of rows for somebody: one after another, and whoever would wait for long comes back later.
    pub(super) async fn search(&self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(desks) => {
                let turn = tokio::time::timeout(SEARCH_PATIENCE, desks.searching.clone().acquire_owned());
                let Ok(Ok(turn)) = turn.await else { return Err(StoreError::Busy) };
                Ok(desks.clone().fetch(sql.into(), values, Some(turn)).await?)
            }
            Self::Postgres(desks) => Ok(desks.fetch(&sql.into(), values).await?),
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
    /// A turn lasts as long as the reading, even if nobody waits for that any more.
    async fn fetch(
        self: Arc<Self>,
        sql: Sql,
        values: &[Value<'_>],
        turn: Option<OwnedSemaphorePermit>,
    ) -> Result<Vec<Row>, DatabaseError> {
        let free = tokio::time::timeout(PATIENCE, self.free.clone().acquire_owned());
        let Ok(Ok(desk)) = free.await else { return Err(DatabaseError::Late) };
        let values: Vec<Cell> = values.iter().copied().map(Cell::from).collect();
        let reading = tokio::task::spawn_blocking(move || {
            let _held = (desk, turn);
            self.read(&sql, &values)
        });
        match reading.await {
            Ok(rows) => rows,
            // The gateway ends, and whoever asked with it: there is nobody to tell.
            Err(gone) if gone.is_cancelled() => std::future::pending().await,
            Err(_) => Err(DatabaseError::Late),
        }
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
