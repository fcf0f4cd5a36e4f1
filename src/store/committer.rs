//! The one writer: many visits, one transaction, one wait for the disk.
//!
//! Visits decide something and somebody waits for them; notes (counts, traces, decisions that were made) decide nothing.
//! They have a queue each, and visits go first: however much is refused, what is granted gets through.

use super::audit::{Chain, ChainEnd};
use super::checkpoints::BookChange;
use super::database::{Connection, DatabaseError};
use super::key_ring::RingChange;
use super::metadata::MetadataRecord;
use super::orders::Ordered;
use super::refusals::{self, Crowd, Refused};
use super::sweep::{self, Keep};
use super::visit::{TraceRecord, Verdict, Visit};
use super::{Attempt, DecisionRecord, ProviderNote, StoreError};
use std::collections::HashMap;
use std::sync::Arc;
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
    Revoke(Arc<Ordered>),
    /// Remove what has ended before this time: `Spent` says that more is left.
    Sweep(i64, Keep),
}

/// Nobody waits.
pub(super) enum Note {
    Refused(Refused),
    Trace(Box<TraceRecord>),
    Decision(Box<DecisionRecord>),
    Provider(Box<ProviderNote>),
}

/// As many orders as are waiting, but no more than this, share a commit.
const BATCH: usize = 256;

pub(super) async fn run(
    mut db: Connection,
    mut chain: Chain,
    mut orders: mpsc::Receiver<Order>,
    mut notes: mpsc::Receiver<Note>,
    ends: watch::Sender<ChainEnd>,
) {
    let (mut batch, mut noted, mut crowd) = (Vec::with_capacity(BATCH), Vec::new(), Crowd::default());
    loop {
        tokio::select! {
            biased;
            count = orders.recv_many(&mut batch, BATCH) => if count == 0 { break },
            _ = notes.recv_many(&mut noted, BATCH) => {}
        }
        while noted.len() < BATCH
            && let Ok(note) = notes.try_recv()
        {
            noted.push(note);
        }
        match write(&mut db, &chain, &mut crowd, &batch, &noted).await {
            Ok((end, verdicts)) => {
                chain = end;
                ends.send_if_modified(|end| chain.show(end));
                batch.drain(..).zip(verdicts).for_each(|(order, verdict)| drop(order.answer.send(Ok(verdict))));
            }
            Err(error) => {
                tracing::error!(%error, "the database did not take a commit");
                let _ = db.roll_back().await;
                // Whether a commit that failed has happened after all, only the database knows.
                chain = Chain::open(&mut db).await.unwrap_or(chain);
                batch.drain(..).for_each(|order| drop(order.answer.send(Err(StoreError::Write(error.to_string())))));
            }
        }
        noted.clear();
    }
    while notes.recv_many(&mut noted, BATCH).await > 0 {
        let _ = write(&mut db, &chain, &mut crowd, &[], &noted).await;
        noted.clear();
    }
}

/// One transaction; the verdicts are given only after it is committed.
async fn write(
    db: &mut Connection,
    chain: &Chain,
    crowd: &mut Crowd,
    batch: &[Order],
    noted: &[Note],
) -> Result<(Chain, Vec<Verdict>), DatabaseError> {
    db.begin().await?;
    let (mut end, mut verdicts) = (chain.clone(), Vec::with_capacity(batch.len()));
    for order in batch {
        verdicts.push(match &order.work {
            Work::Visit(visit) => enter(db, &mut end, visit).await?,
            Work::Metadata(record) => record.apply(db).await.map(|()| Verdict::Done)?,
            Work::KeyRing(change) => change.apply(db).await.map(|()| Verdict::Done)?,
            Work::Book(change) => change.apply(db).await.map(|()| Verdict::Done)?,
            Work::Revoke(order) => order.apply(db, &mut end).await?,
            Work::Attempt(attempt) => attempt.apply(db, &mut end).await?,
            Work::Sweep(now, keep) => tidy(db, *now, *keep).await?,
        });
    }
    jot(db, crowd, noted).await?;
    db.commit().await?;
    Ok((end, verdicts))
}

/// How often each question is among the notes, and where last: whoever is busiest asks the same over and over, and a batch
/// of that is one statement.
fn asked(noted: &[Note]) -> HashMap<[u8; 32], (i64, usize)> {
    let mut asked = HashMap::new();
    for (place, note) in noted.iter().enumerate() {
        if let Note::Decision(decision) = note {
            let (times, last) = asked.entry(decision.mark).or_insert((0, place));
            (*times, *last) = (*times + 1, place);
        }
    }
    asked
}

/// A visit that is decided against leaves nothing behind: where something may stand before the statement that is lost, it
/// is inside a savepoint of its own.
async fn enter(db: &mut Connection, chain: &mut Chain, visit: &Visit) -> Result<Verdict, DatabaseError> {
    let in_parts = visit.is_in_parts();
    if in_parts {
        db.run("SAVEPOINT visit").await?;
    }
    let verdict = visit.apply(db).await?;
    if verdict == Verdict::Done
        && let Some(audit) = &visit.audit
    {
        *chain = chain.append(db, audit).await?;
    }
    if in_parts {
        if verdict != Verdict::Done {
            db.run("ROLLBACK TO visit").await?;
        }
        db.run("RELEASE visit").await?;
    }
    Ok(verdict)
}

/// A sweep that fails is for the next one to do again; it takes nobody's grant with it. `Spent`: more is left.
async fn tidy(db: &mut Connection, now: i64, keep: Keep) -> Result<Verdict, DatabaseError> {
    db.run("SAVEPOINT sweep").await?;
    let swept = sweep::sweep(db, now, keep).await;
    if let Err(error) = &swept {
        tracing::warn!(%error, "what has ended was not removed");
        db.run("ROLLBACK TO sweep").await?;
    }
    db.run("RELEASE sweep").await?;
    Ok(if swept.unwrap_or(false) { Verdict::Spent } else { Verdict::Done })
}

/// A note that cannot be written is lost; it takes nobody's grant with it, and no other note: where all together fail, each
/// is tried by itself.
async fn jot(db: &mut Connection, crowd: &mut Crowd, noted: &[Note]) -> Result<(), DatabaseError> {
    if noted.is_empty() {
        return Ok(());
    }
    db.run("SAVEPOINT notes").await?;
    if jot_together(db, crowd, noted).await.is_err() {
        db.run("ROLLBACK TO notes").await?;
        for note in noted.chunks(1) {
            db.run("SAVEPOINT note").await?;
            if let Err(error) = jot_together(db, crowd, note).await {
                tracing::warn!(%error, "a count, a trace or a decision was not kept");
                db.run("ROLLBACK TO note").await?;
            }
            db.run("RELEASE note").await?;
        }
    }
    db.run("RELEASE notes").await
}

/// In few statements, however many notes there are.
async fn jot_together(db: &mut Connection, crowd: &mut Crowd, noted: &[Note]) -> Result<(), DatabaseError> {
    let (asked, mut traces) = (asked(noted), Vec::new());
    for (place, note) in noted.iter().enumerate() {
        match note {
            Note::Refused(refused) => refused.write(db, crowd).await?,
            Note::Trace(trace) => traces.push(&**trace),
            Note::Provider(note) => note.write(db).await?,
            Note::Decision(decision) => match asked.get(&decision.mark) {
                Some((times, last)) if *last == place => decision.write(db, *times).await?,
                _ => {}
            },
        }
    }
    refusals::keep(db, &traces).await
}
