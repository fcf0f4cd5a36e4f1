//! The store as everybody else holds it.

use super::committer::{self, Note, Order, Work};
use super::database::{Connection, DatabaseError};
use super::migrations::{self, MigrationError};
use super::provider_note::Minutes;
use super::readers::Readers;
use super::sweep::Keep;
use super::visit::{TraceRecord, Verdict, Visit};
use super::{
    Attempt, DecisionRecord, ProviderNote, Refused, audit::Chain, audit::ChainEnd, metadata::MetadataRecord,
    refusals::Sample,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime;
use tokio::sync::{mpsc, oneshot, watch};

/// A handle on the database. Cloning is cheap; reads go to a few readers, writes to the one committer.
#[derive(Clone)]
pub struct Store {
    orders: mpsc::Sender<Order>,
    notes: mpsc::Sender<Note>,
    sample: Arc<Sample>,
    ends: watch::Receiver<ChainEnd>,
    minutes: Arc<Minutes>,
    pub(super) readers: Readers,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database at {path} cannot be opened: {source}")]
    Open { path: String, source: DatabaseError },
    #[error("the database cannot be brought to this version: {0}")]
    Migrate(#[from] MigrationError),
    #[error("the database at {0} is not of this version; start the gateway of this version first")]
    OtherVersion(String),
    #[error("the database does not take writes: {0}")]
    Write(String),
    #[error("more is waiting than is taken at once")]
    Busy,
    #[error("the database cannot be read: {0}")]
    Read(#[from] DatabaseError),
}

/// What waits in the committer's queue is bounded: beyond this, callers are told to come back.
const QUEUE: usize = 4_096;
/// A writer that stands still for longer than this has a problem that waiting does not solve.
const PATIENCE: Duration = Duration::from_secs(10);

impl Store {
    /// Opens (or creates) the database and starts the committer, on a thread of its own. It is told when every clone of the
    /// store is gone and what was queued has been written.
    pub async fn open(path: &Path) -> Result<(Self, oneshot::Receiver<()>), StoreError> {
        let ((orders, ordered), (notes, noted)) = (mpsc::channel(QUEUE), mpsc::channel(QUEUE));
        let ((ready, opened), (done, ended)) = (oneshot::channel(), oneshot::channel());
        let file = path.to_owned();
        let work = async move {
            match open(&file).await {
                Ok((db, chain)) => {
                    let (shown, ends) = watch::channel(chain.end());
                    let _ = ready.send(Ok(ends));
                    committer::run(db, chain, ordered, noted, shown).await;
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        };
        let thread = move || {
            runtime::Builder::new_current_thread().enable_time().build().map(|runtime| runtime.block_on(work))?;
            let _ = done.send(());
            Ok::<_, std::io::Error>(())
        };
        let started = std::thread::Builder::new().name("committer".into()).spawn(thread);
        started.map_err(|error| opening(path)(error.into()))?;
        let ends = opened.await.unwrap_or_else(|_| Err(StoreError::Write("the committer has ended".into())))?;
        let (sample, minutes) = Default::default();
        Ok((Self { orders, notes, sample, minutes, ends, readers: Readers::of(path) }, ended))
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

    /// How far this node's chain has come, as it is known to whoever writes it.
    pub fn chain_end(&self) -> ChainEnd {
        self.ends.borrow().clone()
    }

    /// Removes some of what has ended before `now`; tells whether more is left.
    pub async fn sweep(&self, now: i64, keep: Keep) -> Result<bool, StoreError> {
        Ok(self.order(Work::Sweep(now, keep)).await? == Verdict::Spent)
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

    /// Notes about a provider, once a minute. Never waits; with a full queue the next minute's note comes instead.
    pub fn note_provider(&self, provider: &str, good: bool, at: i64, note: impl FnOnce() -> ProviderNote) {
        if self.minutes.is_next(provider, good, at) {
            let _ = self.notes.try_send(Note::Provider(Box::new(note())));
        }
    }

    /// Keeps a decision. Never waits; with a full queue it is forgotten.
    pub fn remember(&self, decision: DecisionRecord) {
        let _ = self.notes.try_send(Note::Decision(Box::new(decision)));
    }

    /// Answers when the database does.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.readers.fetch("SELECT 1", &[]).await?;
        if self.orders.is_closed() { Err(StoreError::Busy) } else { Ok(()) }
    }
}

fn opening(path: &Path) -> impl FnOnce(DatabaseError) -> StoreError {
    let path = path.display().to_string();
    |source| StoreError::Open { path, source }
}

async fn open(path: &Path) -> Result<(Connection, Chain), StoreError> {
    let mut db = made(path).await?;
    let chain = Chain::open(&mut db).await?;
    Ok((db, chain))
}

/// The database at `path`, of this version, made if there is none.
async fn made(path: &Path) -> Result<Connection, StoreError> {
    let mut db = Connection::make(path).await.map_err(opening(path))?;
    migrations::run(&mut db).await?;
    Ok(db)
}

/// The same, if nobody else has it open, nor will have before this connection is gone; else it is left as it is.
pub(super) async fn made_alone(path: &Path) -> Result<Option<Connection>, StoreError> {
    let mut db = Connection::make(path).await.map_err(opening(path))?;
    if !db.is_alone().await? {
        return Ok(None);
    }
    migrations::run(&mut db).await?;
    Ok(Some(db))
}

/// The database at `path`, which is neither made nor changed; none if there is none. For whoever looks from beside a
/// gateway that may be running.
pub(super) async fn looked_into(path: &Path) -> Result<Option<Connection>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    Connection::read_only(path).await.map(Some).map_err(opening(path))
}

/// The database as the gateway left it; it is neither made nor brought to another version, and may be in use.
pub(super) async fn beside(path: &Path) -> Result<Connection, StoreError> {
    let mut db = Connection::beside(path).await.map_err(opening(path))?;
    match db.has_table("key_ring").await? {
        true => Ok(db),
        false => Err(StoreError::OtherVersion(path.display().to_string())),
    }
}
