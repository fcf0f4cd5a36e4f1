//! Opening the database.

use super::committer::{self, Note, Order, Work};
use super::visit::{TraceRecord, Verdict, Visit};
use super::{Attempt, DecisionRecord, Refused, audit::Chain, metadata::MetadataRecord, refusals::Sample};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, SqlSafeStr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// A handle on the database. Cloning is cheap; reads go to a small pool, writes to the one committer.
#[derive(Clone)]
pub struct Store {
    orders: mpsc::Sender<Order>,
    notes: mpsc::Sender<Note>,
    sample: Arc<Sample>,
    pub(super) readers: SqlitePool,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database at {path} cannot be opened: {source}")]
    Open { path: String, source: sqlx::Error },
    #[error("the database cannot be brought to this version: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the database at {0} is not of this version; start the gateway of this version first")]
    OtherVersion(String),
    #[error("the database does not take writes: {0}")]
    Write(String),
    #[error("more is waiting to be written than the queue holds")]
    Busy,
    #[error("the database cannot be read: {0}")]
    Read(#[from] sqlx::Error),
}

/// What waits in the committer's queue is bounded: beyond this, callers are told to come back.
const QUEUE: usize = 4_096;
/// A writer that stands still for longer than this has a problem that waiting does not solve.
const PATIENCE: Duration = Duration::from_secs(10);

impl Store {
    /// Opens (or creates) the database and starts the committer. The handle ends when every clone of the store is gone
    /// and what was queued has been written.
    pub async fn open(path: &Path) -> Result<(Self, JoinHandle<()>), StoreError> {
        let opening = |source| StoreError::Open { path: path.display().to_string(), source };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(|e| opening(sqlx::Error::Io(e)))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let mut writer = options.connect().await.map_err(opening)?;
        owner_only(path).map_err(|e| opening(sqlx::Error::Io(e)))?;
        migrations().run_direct(None, &mut writer, false).await?;
        let chain = Chain::open(&mut writer).await?;
        let readers =
            SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await.map_err(opening)?;
        let ((orders, ordered), (notes, noted)) = (mpsc::channel(QUEUE), mpsc::channel(QUEUE));
        let committer = tokio::spawn(committer::run(writer, chain, ordered, noted));
        Ok((Self { orders, notes, sample: Arc::default(), readers }, committer))
    }

    /// Writes a visit; answers when it is durable, or has been decided against.
    pub async fn commit(&self, visit: Visit) -> Result<Verdict, StoreError> {
        self.order(Work::Visit(Box::new(visit))).await
    }

    /// Keeps a good document for the next start, in the place of the one before.
    pub async fn keep_metadata(&self, name: String, document: String, fetched: i64) -> Result<(), StoreError> {
        self.order(Work::Metadata(Box::new(MetadataRecord { name, document, fetched }))).await.map(drop)
    }

    pub(super) async fn try_factor(&self, attempt: Attempt) -> Result<Verdict, StoreError> {
        self.order(Work::Attempt(Box::new(attempt))).await
    }

    /// Removes some of what has ended before `now`; tells whether more is left.
    pub async fn sweep(&self, now: i64) -> Result<bool, StoreError> {
        Ok(self.order(Work::Sweep(now)).await? == Verdict::Spent)
    }

    pub(super) async fn order(&self, work: Work) -> Result<Verdict, StoreError> {
        let (answer, decided) = oneshot::channel();
        self.orders.try_send(Order { work, answer }).map_err(|_| StoreError::Busy)?;
        match tokio::time::timeout(PATIENCE, decided).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(_)) => Err(StoreError::Write("the committer has ended".into())),
            Err(_) => Err(StoreError::Write("no answer in time".into())),
        }
    }

    /// Counts a refusal that decided nothing. Never waits; with a full queue the count is poorer by one.
    pub fn count(&self, refused: Refused) {
        let _ = self.notes.try_send(Note::Refused(refused));
    }

    /// Keeps a trace, of unverified requests a sample. Never waits and never fails the request it belongs to.
    pub fn keep(&self, trace: TraceRecord) {
        if !trace.unverified || self.sample.has_room(trace.at) {
            let _ = self.notes.try_send(Note::Trace(Box::new(trace)));
        }
    }

    /// Keeps a decision. Never waits; with a full queue it is forgotten.
    pub fn remember(&self, decision: DecisionRecord) {
        let _ = self.notes.try_send(Note::Decision(Box::new(decision)));
    }

    /// Answers when the database does.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        if self.orders.is_closed() { Err(StoreError::Busy) } else { Ok(()) }
    }
}

/// The book is for its owner: session records and sealed claims are nobody else's to copy.
fn owner_only(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

/// In the order of their numbers; one that has run is never changed.
fn migrations() -> Migrator {
    let all = [
        (1, "ground floor", include_str!("migrations/0001_ground_floor.sql").into_sql_str()),
        (3, "metadata", include_str!("migrations/0003_metadata.sql").into_sql_str()),
        (4, "logout", include_str!("migrations/0004_logout.sql").into_sql_str()),
        (5, "logins", include_str!("migrations/0005_logins.sql").into_sql_str()),
        (6, "ended login", include_str!("migrations/0006_ended_login.sql").into_sql_str()),
        (7, "user factor", include_str!("migrations/0007_user_factor.sql").into_sql_str()),
        (8, "console logins", include_str!("migrations/0008_console_logins.sql").into_sql_str()),
        (9, "decision", include_str!("migrations/0009_decision.sql").into_sql_str()),
        (11, "revocation", include_str!("migrations/0011_revocation.sql").into_sql_str()),
        (12, "key ring", include_str!("migrations/0012_key_ring.sql").into_sql_str()),
        (14, "role use", include_str!("migrations/0014_role_use.sql").into_sql_str()),
    ];
    let migration = |(number, name, sql): (i64, &'static str, _)| {
        Migration::new(number, name.into(), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(all.into_iter().map(migration).collect())
}

pub(super) type Connection = SqliteConnection;

/// The database at `path`, which is neither made nor changed; none if there is none. For whoever looks from beside a
/// gateway that may be running.
pub(super) async fn looked_into(path: &Path) -> Result<Option<Connection>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let opening = |source| StoreError::Open { path: path.display().to_string(), source };
    SqliteConnectOptions::new().filename(path).read_only(true).connect().await.map(Some).map_err(opening)
}
