//! The one writer: many visits, one transaction, one wait for the disk. While that is waited for, the next gather.
//!
//! Visits decide something and somebody waits for them; notes (counts, traces, decisions that were made) decide nothing.
//! They have a queue each, and visits go first: however much is refused, what is granted gets through.

use super::audit::{ChainEnd, Page};
use super::checkpoints::BookChange;
use super::database::{Connection, DatabaseError};
use super::key_ring::RingChange;
use super::metadata::MetadataRecord;
use super::notes::Notes;
use super::orders::Ordered;
use super::pen::{CHANGE_NOTHING, NoPen, Pen};
use super::session;
use super::shipping;
use super::sweep::{self, Keep};
use super::visit::{Recorded, Verdict, Visit};
use super::{Attempt, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime;
use tokio::sync::{mpsc, oneshot, watch};

/// Somebody waits for the answer.
pub(super) struct Order {
    pub(super) work: Work,
    pub(super) answer: oneshot::Sender<Result<Verdict, StoreError>>,
}

pub(super) enum Work {
    Visit(Box<Visit>),
    Metadata(Box<MetadataRecord>),
    Attempt(Box<Attempt>),
    KeyRing(Box<RingChange>),
    Book(Box<BookChange>),
    /// Hold this destination of records, if no other node does: `Taken` says that one does.
    HoldTarget(String),
    LeaveTarget(String),
    Revoke(Arc<Ordered>),
    /// Remove what has ended before this time: `Spent` says that more is left.
    Sweep(i64, Keep),
    /// Write something that changes nothing, to see whether it can be written.
    Trial,
}

/// What the committer takes from.
pub(super) struct Desk {
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) notes: Notes,
    /// Whether the last commit failed.
    pub(super) fails: Arc<AtomicBool>,
    /// Shown how far the chain has come.
    pub(super) ends: watch::Sender<ChainEnd>,
    /// Where those work whose orders are carried out.
    pub(super) serving: runtime::Handle,
    /// In so many of the next transactions nothing is hoped for.
    pub(super) wary: u32,
}

/// As many orders as are waiting, but no more than this, share a commit.
const BATCH: usize = 256;
/// A server works while others are served here, so it is not kept waiting when there is this much for it.
const ENOUGH_FOR_A_SERVER: usize = 16;
/// Nobody waits longer for others to come along.
const PATIENCE: Duration = Duration::from_millis(5);
/// After a vain hope. Whoever comes again and again with what is lost has few transactions made twice.
const WARY: u32 = 64;

pub(super) async fn run(mut pen: Pen, mut desk: Desk) {
    let (mut batch, mut in_company) = (Vec::with_capacity(BATCH), false);
    loop {
        tokio::select! {
            biased;
            count = desk.orders.recv_many(&mut batch, BATCH) => if count == 0 { break },
            () = desk.notes.are_due() => {}
        }
        if !batch.is_empty() {
            let enough = if pen.is_at_a_server() { ENOUGH_FOR_A_SERVER } else { BATCH };
            if batch.len() < enough && (in_company || batch.len() > 1) {
                gather(&mut batch, &mut desk).await;
            }
            in_company = batch.len() > 1;
            carry_out(&mut pen, &mut batch, &mut desk).await;
        }
        if desk.notes.are_left() {
            desk.notes.write_alone(&mut pen).await;
        }
    }
    // Whoever held the store has let go of it: what they noted is there.
    while desk.notes.are_there() {
        desk.notes.write_alone(&mut pen).await;
    }
}

/// A commit for many costs little more than one for few. Where there were several just now, those who serve have a turn
/// first: whatever they have in hand by then comes along. Whoever is alone waits for nobody.
async fn gather(batch: &mut Vec<Order>, desk: &mut Desk) {
    let turn = desk.serving.spawn(tokio::task::yield_now());
    let _ = tokio::time::timeout(PATIENCE, turn).await;
    while batch.len() < BATCH
        && let Ok(order) = desk.orders.try_recv()
    {
        batch.push(order);
    }
}

/// Answers each order after the commit, which takes along what is noted.
async fn carry_out(pen: &mut Pen, batch: &mut Vec<Order>, desk: &mut Desk) {
    match write(pen, batch, desk).await {
        Ok(verdicts) => {
            batch.drain(..).zip(verdicts).for_each(|(order, verdict)| drop(order.answer.send(Ok(verdict))));
        }
        // What a server does not take of one is not to be the others' loss.
        Err(NoPen::Database(error)) if error.is_refusal() && batch.len() > 1 => {
            for order in batch.drain(..) {
                let written = write(pen, std::slice::from_ref(&order), desk).await;
                let verdict = written.map(|verdicts| verdicts.into_iter().next().unwrap_or(Verdict::Done));
                drop(order.answer.send(verdict.map_err(|error| StoreError::Write(error.to_string()))));
            }
        }
        Err(error) => {
            batch.drain(..).for_each(|order| drop(order.answer.send(Err(StoreError::Write(error.to_string())))));
        }
    }
}

/// What is noted decides nothing: where it spoils the transaction, all is decided once more without it.
async fn write(pen: &mut Pen, batch: &[Order], desk: &mut Desk) -> Result<Vec<Verdict>, NoPen> {
    let mut had_spoilt = desk.notes.have_spoilt_one();
    let course = if desk.wary == 0 { Course::Hope } else { Course::Ask };
    desk.wary = desk.wary.saturating_sub(1);
    let mut written = commit(pen, batch, &mut desk.notes, course).await;
    if course == Course::Hope && matches!(&written, Err(NoPen::Database(error)) if error.is_refusal()) {
        (desk.wary, had_spoilt) = (WARY, desk.notes.have_spoilt_one());
        pen.give_up().await;
        written = commit(pen, batch, &mut desk.notes, Course::Ask).await;
    }
    if written.is_err() && !had_spoilt && desk.notes.have_spoilt_one() {
        pen.give_up().await;
        written = commit(pen, batch, &mut desk.notes, Course::Ask).await;
    }
    match &written {
        Ok(_) => {
            desk.notes.are_committed();
            desk.ends.send_if_modified(|end| pen.show(end));
            if desk.fails.swap(false, Ordering::Relaxed) {
                tracing::info!("the database takes commits again");
            }
        }
        Err(error) => {
            if !desk.fails.swap(true, Ordering::Relaxed) {
                tracing::error!(%error, "the database does not take commits");
            }
            pen.give_up().await;
        }
    }
    written
}

/// How a transaction goes about what may be lost.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Course {
    /// A server is sent everything at once, to the commit, and refuses that where something is lost.
    Hope,
    /// It is asked about each, and waited for.
    Ask,
}

/// One transaction; the verdicts are given only after it is committed.
async fn commit(pen: &mut Pen, batch: &[Order], notes: &mut Notes, course: Course) -> Result<Vec<Verdict>, NoPen> {
    let (db, chain) = pen.begin().await?;
    let (mut page, mut verdicts) = (chain.clone().turned(), Vec::with_capacity(batch.len()));
    while let Some(Order { work, .. }) = batch.get(verdicts.len()) {
        let alone = batch[verdicts.len()..].iter().map_while(|order| order.work.record_alone()).collect::<Vec<_>>();
        if !alone.is_empty() {
            verdicts.extend(record(db, &mut page, &alone, course).await?);
            continue;
        }
        verdicts.push(match work {
            Work::Visit(visit) => enter(db, &mut page, visit).await?,
            Work::Metadata(record) => record.apply(db).await.map(|()| Verdict::Done)?,
            Work::KeyRing(change) => change.apply(db).await.map(|()| Verdict::Done)?,
            Work::Book(change) => change.apply(db).await.map(|()| Verdict::Done)?,
            Work::HoldTarget(target) => shipping::hold(db, target).await?,
            Work::LeaveTarget(target) => db.leave(target).await.map(|()| Verdict::Done)?,
            Work::Revoke(order) => order.apply(db, &mut page).await?,
            Work::Attempt(attempt) => attempt.apply(db, &mut page).await?,
            Work::Sweep(now, keep) => tidy(db, *now, *keep).await?,
            Work::Trial => db.run(CHANGE_NOTHING).await.map(|()| Verdict::Done)?,
        });
    }
    let end = page.write(db).await?;
    notes.write_along(db).await?;
    if let Err(error) = db.commit().await {
        if error.is_refusal() && course == Course::Ask {
            notes.are_refused();
        }
        pen.give_up().await;
        // The answer may have been lost on its way, and nothing else.
        let may_have = !error.is_final() && end.is_beyond(&chain);
        let has_happened = may_have && pen.has_happened(&end).await;
        return if has_happened { Ok(verdicts) } else { Err(error.into()) };
    }
    pen.went_on_to(end);
    Ok(verdicts)
}

impl Work {
    /// What most orders are: a session or a denial, and nothing else. Those that come one after another are recorded
    /// together.
    fn record_alone(&self) -> Option<Recorded<'_>> {
        let Self::Visit(visit) = self else { return None };
        visit.record_alone()
    }
}

/// The sessions in few statements; each that holds has its record in the book.
async fn record(
    db: &mut Connection,
    page: &mut Page,
    all: &[Recorded<'_>],
    course: Course,
) -> Result<Vec<Verdict>, DatabaseError> {
    let sessions: Vec<_> = all.iter().filter_map(|(session, _)| *session).collect();
    let decided = if course == Course::Hope && db.is_shared() {
        session::hope(db, &sessions).await?;
        vec![Verdict::Done; sessions.len()]
    } else {
        session::record(db, &sessions).await?
    };
    let (mut decided, mut verdicts) = (decided.into_iter(), Vec::with_capacity(all.len()));
    for (session, audit) in all {
        let verdict = session.and_then(|_| decided.next()).unwrap_or(Verdict::Done);
        if let (Verdict::Done, Some(audit)) = (verdict, audit) {
            page.append(db, audit).await?;
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

/// A visit that is decided against leaves nothing behind: where something may stand before the statement that is lost, it
/// is inside a savepoint of its own.
async fn enter(db: &mut Connection, page: &mut Page, visit: &Visit) -> Result<Verdict, DatabaseError> {
    let in_parts = visit.is_in_parts(db.is_shared());
    if in_parts {
        db.run_known("SAVEPOINT visit").await?;
    }
    let verdict = visit.apply(db).await?;
    if verdict == Verdict::Done
        && let Some(audit) = &visit.audit
    {
        page.append(db, audit).await?;
    }
    if in_parts {
        if verdict != Verdict::Done {
            db.run_known("ROLLBACK TO visit").await?;
        }
        db.run_known("RELEASE visit").await?;
    }
    Ok(verdict)
}

/// A sweep that fails is for the next one to do again; it takes nobody's grant with it. `Spent`: more is left.
async fn tidy(db: &mut Connection, now: i64, keep: Keep) -> Result<Verdict, DatabaseError> {
    db.settle().await?;
    db.run_known("SAVEPOINT sweep").await?;
    let swept = sweep::sweep(db, now, keep).await;
    if let Err(error) = &swept {
        tracing::warn!(%error, "what has ended was not removed");
        db.run_known("ROLLBACK TO sweep").await?;
    }
    db.run_known("RELEASE sweep").await?;
    Ok(if swept.unwrap_or(false) { Verdict::Spent } else { Verdict::Done })
}
