//! Reading from a server while the committer writes to it.

use super::super::address::Server;
use super::super::database::{DatabaseError, Row, Sql, Value};
use super::{Pause, Postgres, Purpose};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

pub(in crate::store) struct Desks {
    server: Arc<Server>,
    /// Connections that nobody reads with at this moment.
    idle: Mutex<Vec<Postgres>>,
    free: Semaphore,
    pause: Mutex<Pause>,
}

/// So many read at once; the others wait, but not for long.
const DESKS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(10);

impl Desks {
    pub(in crate::store) fn of(server: Arc<Server>) -> Self {
        Self { server, idle: Mutex::default(), free: Semaphore::new(DESKS), pause: Mutex::default() }
    }

    /// A connection with which something went wrong is not used again; of one that had been idle, it may have been lost
    /// meanwhile, and what reads can be asked once more.
    pub(in crate::store) async fn fetch(&self, sql: &Sql, values: &[Value<'_>]) -> Result<Vec<Row>, DatabaseError> {
        let Ok(Ok(_desk)) = tokio::time::timeout(PATIENCE, self.free.acquire()).await else {
            return Err(DatabaseError::Late);
        };
        if let Some(mut db) = self.idle() {
            match db.fetch(sql, values).await {
                Ok(rows) => return Ok(self.keep(db, rows)),
                Err(error) if error.is_refusal() => return Err(error),
                Err(_) => {}
            }
        }
        let mut db = self.connect().await?;
        let rows = db.fetch(sql, values).await?;
        Ok(self.keep(db, rows))
    }

    fn idle(&self) -> Option<Postgres> {
        let mut idle = held(&self.idle);
        std::iter::from_fn(|| idle.pop()).find(Postgres::is_there)
    }

    fn keep(&self, db: Postgres, rows: Vec<Row>) -> Vec<Row> {
        held(&self.idle).push(db);
        rows
    }

    async fn connect(&self) -> Result<Postgres, DatabaseError> {
        if !held(&self.pause).is_over() {
            return Err(DatabaseError::Away("it was not there a moment ago".into()));
        }
        let connected = Postgres::connect(&self.server, Purpose::Reading).await;
        match &connected {
            Ok(_) => held(&self.pause).end(),
            Err(_) => held(&self.pause).begin(),
        }
        connected
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
