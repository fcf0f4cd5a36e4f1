//! Refusals and traces: what is kept for people to read, within bounds that no stranger can move.

use super::database::{Connection, DatabaseError, Sql, values};
use super::trace_pages;
use super::visit::TraceRecord;
use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// A refusal before verification. It is counted by minute; the row says nothing of what was sent.
pub struct Refused {
    pub source: String,
    pub provider: String,
    pub code: &'static str,
    pub at: i64,
}

impl Refused {
    pub(super) async fn write(&self, db: &mut Connection, crowd: &mut Crowd) -> Result<(), DatabaseError> {
        let minute = self.at / 60;
        let count = "INSERT INTO refusal (source, provider, code, minute, count) VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT (source, provider, code, minute) DO UPDATE SET count = refusal.count + 1";
        let source = crowd.name(&self.source, minute);
        db.execute(count, values![source, &self.provider, self.code, minute]).await.map(drop)
    }
}

/// The sources of the running minute. Beyond a number of them they are counted together: addresses are cheap to
/// change, rows are not.
#[derive(Default)]
pub(super) struct Crowd {
    minute: i64,
    sources: HashSet<String>,
}

impl Crowd {
    fn name<'a>(&mut self, source: &'a str, minute: i64) -> &'a str {
        // A note that comes late belongs to the running minute.
        if self.minute < minute {
            *self = Self { minute, sources: HashSet::new() };
        }
        if self.sources.contains(source) {
            return source;
        }
        if self.sources.len() >= MOST_SOURCES {
            return "others";
        }
        self.sources.insert(source.to_owned());
        source
    }
}

/// How many traces of unverified requests have been kept in the running minute. Asked before a trace is queued.
#[derive(Default)]
pub(super) struct Sample {
    minute: AtomicI64,
    kept: AtomicU32,
}

impl Sample {
    pub(super) fn has_room(&self, at: i64) -> bool {
        let minute = at / 60;
        if self.minute.fetch_max(minute, Ordering::Relaxed) < minute {
            self.kept.store(0, Ordering::Relaxed);
        }
        self.kept.fetch_add(1, Ordering::Relaxed) < SAMPLES
    }
}

/// Full samples of unverified refusals in one minute.
const SAMPLES: u32 = 100;
/// Sources that are counted each on its own in one minute.
const MOST_SOURCES: usize = 1_000;
/// Rows in a statement. Of few sizes, so that the database knows each statement already.
const ROWS: [usize; 3] = [64, 8, 1];

pub(super) async fn keep(db: &mut Connection, traces: &[&TraceRecord]) -> Result<(), DatabaseError> {
    let mut left = traces;
    while let Some(rows) = ROWS.into_iter().find(|rows| *rows <= left.len()) {
        let (some, rest) = left.split_at(rows);
        let insert = "INSERT INTO trace (id, at, what, outcome, code, steps, whose, decisions) VALUES ";
        let insert = Sql::with_rows(insert, 0, (rows, 8), " ON CONFLICT DO NOTHING");
        let steps = |record: &&TraceRecord| serde_json::to_string(record.trace.steps()).unwrap_or_default();
        let steps: Vec<String> = some.iter().map(steps).collect();
        let values = some.iter().zip(&steps).flat_map(|(record, steps)| {
            let (trace, code) = (&record.trace, record.code());
            let decisions = Some(&trace.about.decisions).filter(|decisions| !decisions.is_empty());
            *values![&trace.id, record.at, record.what, record.outcome, code, steps, &trace.about.whose, decisions]
        });
        db.execute(insert, &values.collect::<Vec<_>>()).await?;
        left = rest;
    }
    trace_pages::list(db, traces).await
}
