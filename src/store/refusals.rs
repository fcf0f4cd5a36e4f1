//! Refusals and traces: what is kept for people to read, within bounds that no stranger can move.

use super::database::Connection;
use super::visit::TraceRecord;

/// A refusal before verification. It is counted by minute; the row says nothing of what was sent.
pub struct Refused {
    pub source: String,
    pub provider: String,
    pub code: &'static str,
    pub at: i64,
}

impl Refused {
    pub(super) async fn write(&self, db: &mut Connection) -> Result<(), sqlx::Error> {
        let count = "INSERT INTO refusal (source, provider, code, minute, count) VALUES (?, ?, ?, ?, 1)
             ON CONFLICT DO UPDATE SET count = count + 1";
        let count = sqlx::query(count).bind(&self.source).bind(&self.provider).bind(self.code).bind(self.at / 60);
        count.execute(db).await.map(drop)
    }
}

/// How many traces of unverified requests have been kept in the running minute.
#[derive(Default)]
pub(super) struct Sample {
    minute: i64,
    kept: u32,
}

/// Full samples of unverified refusals in one minute.
const SAMPLES: u32 = 100;
/// Traces are kept this long.
const TRACES: i64 = 14 * 86_400;
/// And no more of them than this: at about 4 KiB each, a gibibyte.
const MOST_TRACES: i64 = 250_000;
/// Counts are kept as long as audit records.
const COUNTS: i64 = 400 * 86_400;

pub(super) async fn keep(db: &mut Connection, record: &TraceRecord, sample: &mut Sample) -> Result<(), sqlx::Error> {
    if record.unverified {
        let minute = record.at / 60;
        if sample.minute != minute {
            *sample = Sample { minute, kept: 0 };
        }
        sample.kept += 1;
        if sample.kept > SAMPLES {
            return Ok(());
        }
    }
    let steps = serde_json::to_string(record.trace.steps()).unwrap_or_default();
    sqlx::query(
        "INSERT INTO trace (id, at, what, outcome, code, steps) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(&record.trace.id)
    .bind(record.at)
    .bind(record.what)
    .bind(record.outcome)
    .bind(record.trace.refusal().unwrap_or_default())
    .bind(steps)
    .execute(db)
    .await
    .map(drop)
}

/// Removes what has ended, a bounded number of rows at a time so that nobody waits for it.
pub(super) async fn sweep(db: &mut Connection, now: i64) -> Result<(), sqlx::Error> {
    let ended = [
        (
            "DELETE FROM redemption WHERE (issuer, paper) IN (SELECT issuer, paper FROM redemption WHERE keep_until < ? LIMIT 2000)",
            now,
        ),
        (
            "DELETE FROM role_session WHERE access_key_id IN (SELECT access_key_id FROM role_session WHERE expires < ? LIMIT 2000)",
            now,
        ),
        ("DELETE FROM console_session WHERE expires < ?", now),
        ("DELETE FROM signin_token WHERE expires < ?", now),
        ("DELETE FROM trace WHERE id IN (SELECT id FROM trace WHERE at < ? LIMIT 2000)", now - TRACES),
        ("DELETE FROM refusal WHERE minute < ?", (now - COUNTS) / 60),
    ];
    for (statement, before) in ended {
        sqlx::query(statement).bind(before).execute(&mut *db).await?;
    }
    let crowd = "DELETE FROM trace WHERE id IN (SELECT id FROM trace ORDER BY at DESC LIMIT 2000 OFFSET ?)";
    sqlx::query(crowd).bind(MOST_TRACES).execute(&mut *db).await.map(drop)
}
