//! The one writer: many visits, one transaction, one wait for the disk.

use super::StoreError;
use super::audit::Chain;
use super::database::Connection;
use super::refusals::{self, Refused, Sample};
use super::visit::{TraceRecord, Verdict, Visit};
use tokio::sync::{mpsc, oneshot};

pub(super) enum Order {
    Visit(Box<Visit>, oneshot::Sender<Result<Verdict, StoreError>>),
    Refused(Refused),
    Trace(Box<TraceRecord>),
    Sweep(i64),
}

/// As many orders as are waiting, but no more than this, share a commit.
const BATCH: usize = 256;

pub(super) async fn run(mut db: Connection, mut chain: Chain, mut queue: mpsc::Receiver<Order>) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut sample = Sample::default();
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let mut answers = Vec::with_capacity(batch.len());
        let written = write(&mut db, &chain, &mut sample, &mut batch, &mut answers).await;
        match written {
            Ok(end) => {
                chain = end;
                answers.into_iter().for_each(|(answer, verdict)| drop(answer.send(Ok(verdict))));
            }
            Err(error) => {
                tracing::error!(%error, "the database did not take a commit");
                let _ = sqlx::query("ROLLBACK").execute(&mut db).await;
                let refuse = |answer: Answer| drop(answer.send(Err(StoreError::Write(error.to_string()))));
                answers
                    .into_iter()
                    .map(|(answer, _)| answer)
                    .chain(batch.drain(..).filter_map(answer_of))
                    .for_each(refuse);
            }
        }
        batch.clear();
    }
}

type Answer = oneshot::Sender<Result<Verdict, StoreError>>;

fn answer_of(order: Order) -> Option<Answer> {
    match order {
        Order::Visit(_, answer) => Some(answer),
        _ => None,
    }
}

/// One transaction. `answers` are given only after it is committed.
async fn write(
    db: &mut Connection,
    chain: &Chain,
    sample: &mut Sample,
    batch: &mut Vec<Order>,
    answers: &mut Vec<(Answer, Verdict)>,
) -> Result<Chain, sqlx::Error> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *db).await?;
    let mut end = chain.clone();
    for order in batch.drain(..) {
        match order {
            Order::Visit(visit, answer) => {
                answers.push((answer, Verdict::Done));
                let verdict = enter(db, &mut end, &visit).await?;
                if let Some(last) = answers.last_mut() {
                    last.1 = verdict;
                }
            }
            Order::Refused(refused) => refused.write(db).await?,
            Order::Trace(trace) => refusals::keep(db, &trace, sample).await?,
            Order::Sweep(now) => refusals::sweep(db, now).await?,
        }
    }
    sqlx::query("COMMIT").execute(&mut *db).await?;
    Ok(end)
}

/// A visit inside its own savepoint: one that is decided against leaves nothing behind.
async fn enter(db: &mut Connection, chain: &mut Chain, visit: &Visit) -> Result<Verdict, sqlx::Error> {
    sqlx::query("SAVEPOINT visit").execute(&mut *db).await?;
    let verdict = visit.apply(db).await?;
    if verdict != Verdict::Done {
        sqlx::query("ROLLBACK TO visit").execute(&mut *db).await?;
    } else if let Some(audit) = &visit.audit {
        *chain = chain.append(db, audit).await?;
    }
    sqlx::query("RELEASE visit").execute(&mut *db).await?;
    Ok(verdict)
}
