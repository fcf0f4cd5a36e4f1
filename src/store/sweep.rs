//! What has ended is removed, a little at a time, so that nobody who is granted something waits for it.

use super::database::{Connection, DatabaseError, Row, values};
use super::live::with_accounts;
use super::{decisions, recent, role_use};
use std::collections::BTreeMap;

/// How long what people read is kept, in seconds, and how much of it, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Audit records, and the counts of refusals, which belong to them.
    pub audit: i64,
    pub traces: i64,
    pub trace_bytes: i64,
}

/// A session that has ended is on record for so long after: it may be worn in a console session that goes on, and what it
/// was made from may make others, until an operator ends that.
const SESSIONS: i64 = 86_400;
/// Documents are kept this long, so that it can be said for how long they have been too old.
const METADATA: i64 = 30 * 86_400;
/// Rows that go in one transaction.
const SLICE: u64 = 500;
/// What a trace takes up beside its steps.
const TRACE_ROW: i64 = 500;

/// What removes some of what has ended, each with what it is held against.
fn ended(now: i64, keep: Keep) -> [(&'static str, i64); 14] {
    [
        (
            "DELETE FROM redemption WHERE (issuer, paper) IN
             (SELECT issuer, paper FROM redemption WHERE keep_until < ?1 LIMIT 500)",
            now,
        ),
        (
            concat!(
                "DELETE FROM role_session WHERE access_key_id IN (",
                with_accounts!(),
                "SELECT old.access_key_id FROM held CROSS JOIN role_session AS old
                 WHERE old.account = held.account AND old.expires < ?1
                 AND NOT EXISTS (SELECT 1 FROM role_session AS child WHERE child.parent = old.access_key_id) LIMIT 500)"
            ),
            now - SESSIONS,
        ),
        (
            "DELETE FROM console_session WHERE id_hash IN (SELECT id_hash FROM console_session WHERE expires < ?1 LIMIT 500)",
            now,
        ),
        (
            "DELETE FROM recent_role WHERE person IN (SELECT person FROM recent_role WHERE used < ?1 LIMIT 500)",
            now - recent::KEPT,
        ),
        ("DELETE FROM signin_token WHERE hash IN (SELECT hash FROM signin_token WHERE expires < ?1 LIMIT 500)", now),
        (
            "DELETE FROM revocation WHERE access_key_id IN (SELECT access_key_id FROM revocation WHERE until < ?1 LIMIT 500)",
            now,
        ),
        ("DELETE FROM barred_paper WHERE paper IN (SELECT paper FROM barred_paper WHERE until < ?1 LIMIT 500)", now),
        (
            "DELETE FROM ended_login WHERE until < ?1
             AND until <= coalesce((SELECT until FROM ended_login ORDER BY until LIMIT 1 OFFSET 499), ?1)",
            now,
        ),
        // One that old serves nobody; its place is not followed any more, or has been silent for a month.
        ("DELETE FROM metadata WHERE name IN (SELECT name FROM metadata WHERE fetched < ?1 LIMIT 500)", now - METADATA),
        (
            "DELETE FROM refusal WHERE (source, provider, code, minute) IN
             (SELECT source, provider, code, minute FROM refusal WHERE minute < ?1 LIMIT 500)",
            (now - keep.audit) / 60,
        ),
        (
            "DELETE FROM decision WHERE mark IN (SELECT mark FROM decision WHERE last < ?1 LIMIT 500)",
            now - decisions::KEPT,
        ),
        (
            "DELETE FROM decision WHERE mark IN (SELECT mark FROM decision ORDER BY last DESC LIMIT 500 OFFSET ?1)",
            decisions::MOST,
        ),
        (
            "DELETE FROM role_use WHERE (person, role) IN (SELECT person, role FROM role_use WHERE used < ?1 LIMIT 500)",
            now - role_use::KEPT,
        ),
        (
            "DELETE FROM role_use WHERE (person, role) IN
             (SELECT person, role FROM role_use ORDER BY used DESC LIMIT 500 OFFSET ?1)",
            role_use::MOST,
        ),
    ]
}

/// Removes a slice of what has ended; tells whether more may be left.
pub(super) async fn sweep(db: &mut Connection, now: i64, keep: Keep) -> Result<bool, DatabaseError> {
    let mut removed = 0;
    for (statement, bound) in ended(now, keep) {
        removed += db.execute(statement, values![bound]).await?;
        if removed >= SLICE {
            return Ok(true);
        }
    }
    let old = "SELECT id, at, accounts FROM trace WHERE id < ?1 ORDER BY id LIMIT 500";
    let old = db.fetch(old, values![&first_id(now - keep.traces)]).await?;
    removed += forget(db, &old).await?;
    let most = most_traces(db, keep.trace_bytes).await?;
    let beyond = "SELECT id, at, accounts FROM trace ORDER BY id DESC LIMIT 500 OFFSET ?1";
    let beyond = db.fetch(beyond, values![most]).await?;
    removed += forget(db, &beyond).await?;
    Ok(removed >= SLICE)
}

/// No trace of then or later has a smaller id (see [`crate::ambient::Random::uuid_at`]).
fn first_id(at: i64) -> String {
    let milliseconds = at.max(0) * 1_000;
    format!("{:08x}-{:04x}", milliseconds >> 16, milliseconds & 0xffff)
}

/// Removes these traces, and from each account's list what is as old as theirs.
async fn forget(db: &mut Connection, traces: &[Row]) -> Result<u64, DatabaseError> {
    let mut places: BTreeMap<String, (i64, String)> = BTreeMap::new();
    for row in traces {
        let (id, at, accounts): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        db.execute("DELETE FROM trace WHERE id = ?1", values![&id]).await?;
        for account in accounts.split('|').filter(|account| !account.is_empty()) {
            let last = places.entry(account.to_owned()).or_default();
            *last = std::mem::take(last).max((at, id.clone()));
        }
    }
    for (account, (at, id)) in places {
        let old = "DELETE FROM trace_about WHERE account = ?1 AND (at, id) <= (?2, ?3)";
        db.execute(old, values![&account, at, &id]).await?;
    }
    Ok(traces.len() as u64)
}

/// How many traces take up so many bytes. Their ids begin with the time: the oldest stand for all.
async fn most_traces(db: &mut Connection, bytes: i64) -> Result<i64, DatabaseError> {
    let some = "SELECT coalesce(sum(octet_length(steps)), 0), count(*)
         FROM (SELECT steps FROM trace ORDER BY id LIMIT 200) AS oldest";
    let some = db.fetch_one(some, values![]).await?;
    let (size, count): (i64, i64) = (some.get(0)?, some.get(1)?);
    Ok(bytes / (TRACE_ROW + size / count.max(1)))
}
