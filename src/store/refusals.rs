//! Refusals and traces: what is kept for people to read, within bounds that no stranger can move.

use super::database::{Connection, DatabaseError, ManyRows, Value, values};
use super::trace_pages;
use super::visit::TraceRecord;
use std::collections::HashSet;
use std::sync::LazyLock;
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
        db.put(count, values![source, &self.provider, self.code, minute]).await
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

static KEEP: LazyLock<ManyRows> = LazyLock::new(|| {
    let insert = "INSERT INTO trace (id, at, what, outcome, code, steps, whose, decisions, accounts) VALUES ";
    ManyRows::new(insert, 9, " ON CONFLICT DO NOTHING")
});

pub(super) async fn keep(db: &mut Connection, traces: &[&TraceRecord]) -> Result<(), DatabaseError> {
    let accounts = traces.iter().map(|TraceRecord { trace, .. }| {
        let accounts = trace.about.accounts.iter().flat_map(|account| [account, "|"]);
        std::iter::once("|").chain(accounts).collect::<String>()
    });
    let accounts: Vec<String> = accounts.collect();
    let rows: Vec<_> = traces.iter().zip(&accounts).map(|(record, accounts)| row(record, accounts)).collect();
    db.put_all(&KEEP, &rows).await?;
    trace_pages::list(db, traces).await
}

fn row<'a>(record: &'a TraceRecord, accounts: &'a String) -> [Value<'a>; 9] {
    let (trace, code, steps) = (&record.trace, record.code(), record.trace.text());
    let decisions = Some(&trace.about.decisions).filter(|decisions| !decisions.is_empty());
    *values![&trace.id, record.at, record.what, record.outcome, code, steps, &trace.about.whose, decisions, accounts]
}
