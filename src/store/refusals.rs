//! Refusals and traces: what is kept for people to read, within bounds that no stranger can move.

use super::database::{Connection, DatabaseError, ManyRows, Value, values};
use super::visit::TraceRecord;
use super::{decisions, recent, trace_pages};
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
/// A session that has ended is on record for so long after: it may be worn in a console session that goes on, and what it
/// was made from may make others, until an operator ends that.
const SESSIONS: i64 = 86_400;
/// Traces are kept this long.
const TRACES: i64 = 14 * 86_400;
/// And no more of them than this: at about 4 KiB each, a gibibyte.
const MOST_TRACES: i64 = 250_000;
/// Documents are kept this long, so that it can be said for how long they have been too old.
const METADATA: i64 = 30 * 86_400;
/// Counts are kept as long as audit records.
const COUNTS: i64 = 400 * 86_400;

static KEEP: LazyLock<ManyRows> = LazyLock::new(|| {
    let insert = "INSERT INTO trace (id, at, what, outcome, code, steps, whose, decisions) VALUES ";
    ManyRows::new(insert, 8, " ON CONFLICT DO NOTHING")
});

pub(super) async fn keep(db: &mut Connection, traces: &[&TraceRecord]) -> Result<(), DatabaseError> {
    let steps = |record: &&TraceRecord| serde_json::to_string(record.trace.steps()).unwrap_or_default();
    let steps: Vec<String> = traces.iter().map(steps).collect();
    let rows: Vec<_> = traces.iter().zip(&steps).map(|(record, steps)| row(record, steps)).collect();
    KEEP.insert(db, &rows).await?;
    trace_pages::list(db, traces).await
}

fn row<'a>(record: &'a TraceRecord, steps: &'a str) -> [Value<'a>; 8] {
    let (trace, code) = (&record.trace, record.code());
    let decisions = Some(&trace.about.decisions).filter(|decisions| !decisions.is_empty());
    *values![&trace.id, record.at, record.what, record.outcome, code, steps, &trace.about.whose, decisions]
}

/// Removes what has ended, at most 2,000 rows of a kind so that nobody waits long for it; tells whether more is left.
pub(super) async fn sweep(db: &mut Connection, now: i64) -> Result<bool, DatabaseError> {
    const SLICE: u64 = 2_000;
    let ended = [
        (
            "DELETE FROM redemption WHERE (issuer, paper) IN (SELECT issuer, paper FROM redemption WHERE keep_until < ?1 LIMIT 2000)",
            now,
        ),
        (
            "DELETE FROM role_session WHERE access_key_id IN (SELECT access_key_id FROM role_session AS old WHERE expires < ?
             AND NOT EXISTS (SELECT 1 FROM role_session AS child WHERE child.parent = old.access_key_id) LIMIT 2000)",
            now - SESSIONS,
        ),
        (
            "DELETE FROM console_session WHERE id_hash IN (SELECT id_hash FROM console_session WHERE expires < ?1 LIMIT 2000)",
            now,
        ),
        (
            "DELETE FROM recent_role WHERE person IN (SELECT person FROM recent_role WHERE used < ?1 LIMIT 2000)",
            now - recent::KEPT,
        ),
        ("DELETE FROM signin_token WHERE hash IN (SELECT hash FROM signin_token WHERE expires < ?1 LIMIT 2000)", now),
        (
            "DELETE FROM revocation WHERE access_key_id IN (SELECT access_key_id FROM revocation WHERE until < ?1 LIMIT 2000)",
            now,
        ),
        ("DELETE FROM barred_paper WHERE paper IN (SELECT paper FROM barred_paper WHERE until < ?1 LIMIT 2000)", now),
        ("DELETE FROM ended_login WHERE until < ?1 AND until <= coalesce((SELECT until FROM ended_login ORDER BY until LIMIT 1 OFFSET 1999), ?1)", now),
        ("DELETE FROM trace WHERE id IN (SELECT id FROM trace WHERE at < ?1 LIMIT 2000)", now - TRACES),
        // One that old serves nobody; its place is not followed any more, or has been silent for a month.
        ("DELETE FROM metadata WHERE name IN (SELECT name FROM metadata WHERE fetched < ?1 LIMIT 2000)", now - METADATA),
        (
            "DELETE FROM refusal WHERE (source, provider, code, minute) IN (SELECT source, provider, code, minute FROM refusal WHERE minute < ?1 LIMIT 2000)",
            (now - COUNTS) / 60,
        ),
        ("DELETE FROM trace WHERE id IN (SELECT id FROM trace ORDER BY at DESC LIMIT 2000 OFFSET ?1)", MOST_TRACES),
        (
            "DELETE FROM decision WHERE mark IN (SELECT mark FROM decision WHERE last < ?1 LIMIT 2000)",
            now - decisions::KEPT,
        ),
        (
            "DELETE FROM decision WHERE mark IN (SELECT mark FROM decision ORDER BY last DESC LIMIT 2000 OFFSET ?1)",
            decisions::MOST,
        ),
    ];
    let mut more = false;
    for (statement, bound) in ended {
        more |= db.execute(statement, values![bound]).await? >= SLICE;
    }
    Ok(more)
}
