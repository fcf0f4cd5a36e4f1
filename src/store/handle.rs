//! The store as everybody else holds it.

use super::address::Address;
use super::committer::{self, Desk, Order, Work};
use super::database::{Connection, DatabaseError};
use super::migrations::{self, MigrationError};
use super::notes::{Note, Notes};
use super::pen::{NoPen, Pen};
use super::provider_note::Minutes;
use super::readers::Readers;
use super::sweep::Keep;
use super::unkept::Lost;
use super::visit::{TraceRecord, Verdict, Visit};
use super::{
    Attempt, DecisionRecord, ProviderNote, Refused, audit::ChainEnd, metadata::MetadataRecord, refusals::Sample,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};

/// A handle on the database. Cloning is cheap; reads go to a few readers, writes to the one committer.
#[derive(Clone)]
pub struct Store {
    orders: mpsc::Sender<Order>,
    notes: mpsc::Sender<Note>,
    sample: Arc<Sample>,
    ends: watch::Receiver<ChainEnd>,
    minutes: Arc<Minutes>,
    /// Whether the last commit failed.
    fails: Arc<AtomicBool>,
    lost: Lost,
    pub(super) readers: Readers,
    news: News,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database at {path} cannot be opened: {source}")]
    Open { path: String, source: DatabaseError },
    #[error("the database cannot be brought to this version: {0}")]
    Migrate(#[from] MigrationError),
    #[error(
        "the lock file {path} cannot be taken: {source}; let the gateway's user write there, on a disk that knows file locks"
    )]
    Lock { path: String, source: std::io::Error },
    #[error("another gateway has {0} open; stop it first, or let several share a database on PostgreSQL (store.url)")]
    Claimed(String),
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
const ENDED: &str = "the committer has ended";

impl Store {
    /// Opens (or creates) the database and starts the committer, on a thread of its own. It is told when every clone of the
    /// store is gone and what was queued has been written.
    pub async fn open(address: &Address) -> Result<(Self, oneshot::Receiver<()>), StoreError> {
        let ((orders, ordered), (notes, noted)) = (mpsc::channel(QUEUE), mpsc::channel(QUEUE));
        let ((ready, opened), (done, ended)) = (oneshot::channel(), oneshot::channel());
        let ((news, heard), fails) = (watch::channel(()), Arc::new(AtomicBool::new(false)));
        let (mut pen, failing) = (Pen::at(address.clone(), news.clone()), fails.clone());
        let lost = Lost::none();
        let losing = lost.clone();
        let serving = runtime::Handle::current();
        let work = async move {
            match pen.take().await.map(|(_, chain)| chain.end()) {
                Ok(end) => {
                    let (shown, ends) = watch::channel(end);
                    let _ = ready.send(Ok(ends));
                    let notes = Notes::of(noted, losing);
                    let desk = Desk { orders: ordered, notes, fails: failing, ends: shown, serving, wary: 0 };
                    committer::run(pen, desk).await;
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        };
        let thread = move || {
            runtime::Builder::new_current_thread().enable_all().build().map(|runtime| runtime.block_on(work))?;
            let _ = done.send(());
            Ok::<_, std::io::Error>(())
        };
        let started = std::thread::Builder::new().name("committer".into()).spawn(thread);
        started.map_err(|error| opening(address)(error.into()))?;
        let ends = match opened.await {
            Ok(Ok(ends)) => ends,
            Ok(Err(NoPen::Database(error))) => return Err(opening(address)(error)),
            Ok(Err(NoPen::Migrate(error))) => return Err(error.into()),
            Err(_) => return Err(StoreError::Write(ENDED.into())),
        };
        let (news, (sample, minutes)) = (News { heard, _kept: news }, Default::default());
        Ok((Self { orders, notes, sample, ends, minutes, fails, lost, readers: Readers::of(address)?, news }, ended))
    }

    /// What is heard when another node has written something that everybody should know at once. It may be missed: whoever
    /// needs to know asks as well.
    pub fn news(&self) -> News {
        self.news.clone()
    }

    /// Writes a visit; answers when it is durable, or has been decided against.
    pub fn commit(&self, visit: Visit) -> impl Future<Output = Result<Verdict, StoreError>> + Send {
        // At once: whoever waits is not to carry it.
        let work = Work::Visit(Box::new(visit));
        self.order(work)
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
        self.orders.try_send(Order { work, answer }).map_err(|unsent| match unsent {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Closed(_) => StoreError::Write(ENDED.into()),
        })?;
        match tokio::time::timeout(PATIENCE, decided).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(_)) => Err(StoreError::Write(ENDED.into())),
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

    /// Keeps a decision. Never waits; with a full queue it is forgotten, and that is told, and kept in its place.
    pub fn remember(&self, decision: DecisionRecord) -> bool {
        let at = decision.at;
        let is_noted = self.notes.try_send(Note::Decision(Box::new(decision))).is_ok();
        if !is_noted {
            self.lost.note(at);
        }
        is_noted
    }

    /// Answers when the database does. Where it took no commit the last time, something is written that changes nothing.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.readers.fetch("SELECT 1", &[]).await?;
        if self.fails.load(Ordering::Relaxed) {
            self.order(Work::Trial).await?;
        }
        if self.orders.is_closed() { Err(StoreError::Write(ENDED.into())) } else { Ok(()) }
    }
}

/// See [`Store::news`].
#[derive(Clone)]
pub struct News {
    heard: watch::Receiver<()>,
    /// Where nobody else writes, nothing is ever heard; that is not the end of it.
    _kept: watch::Sender<()>,
}

impl News {
    /// Returns at the next of them, or after so long.
    pub async fn within(&mut self, longest: Duration) {
        let _ = tokio::time::timeout(longest, self.heard.changed()).await;
    }
}

fn opening(address: &Address) -> impl FnOnce(DatabaseError) -> StoreError {
    let path = address.to_string();
    |source| StoreError::Open { path, source }
}

/// The database at `address`, of this version, made if there is none, if nobody else has it open, nor will have before this
/// connection is gone; else it is left as it is. What is done with it may take its time.
pub(super) async fn made_alone(address: &Address) -> Result<Option<Connection>, StoreError> {
    let mut db = Connection::make(address, &watch::channel(()).0).await.map_err(opening(address))?;
    if !db.is_alone().await? {
        return Ok(None);
    }
    db.take_time().await?;
    migrations::run(&mut db).await?;
    Ok(Some(db))
}

/// The database at `address`, which is neither made nor changed; none if there is none. For whoever looks from beside a
/// gateway that may be running.
pub(super) async fn looked_into(address: &Address) -> Result<Option<Connection>, StoreError> {
    if let Address::File(path) = address
        && !path.exists()
    {
        return Ok(None);
    }
    let mut db = Connection::read_only(address).await.map_err(opening(address))?;
    Ok(db.has_table("wrapped_key").await?.then_some(db))
}

/// The database as the gateway left it; it is neither made nor brought to another version, and may be in use.
pub(super) async fn beside(address: &Address) -> Result<Connection, StoreError> {
    let mut db = Connection::beside(address).await.map_err(opening(address))?;
    match db.has_table("epoch").await? {
        true => Ok(db),
        false => Err(StoreError::OtherVersion(address.to_string())),
    }
}
