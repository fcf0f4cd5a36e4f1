//! Decisions, kept for whoever plans another configuration.

use super::database::{self, Connection};
use super::{Store, StoreError};
use sqlx::Row;
use std::path::Path;

/// A question that was asked.
pub struct DecisionRecord {
    /// Keyed hashes of the question, and of who asked it.
    pub mark: [u8; 32],
    pub person: [u8; 32],
    pub sealed: Vec<u8>,
    pub at: i64,
}

/// A question that was asked, as it was sealed the last time.
pub struct KeptDecision {
    pub sealed: Vec<u8>,
    pub last: i64,
    pub count: i64,
}

/// Decisions are kept this long after they were made the last time, in seconds.
pub const KEPT: i64 = 14 * 86_400;
/// And no more of them than this: at about a kilobyte each, fifty megabytes.
pub(super) const MOST: i64 = 50_000;
/// Different questions of one person or program; who asks ever new ones pushes out nobody else's.
const MOST_OF_ONE: i64 = 64;

impl DecisionRecord {
    /// It was asked so many `times`, the last time at `self.at`.
    pub(super) async fn write(&self, db: &mut Connection, times: i64) -> Result<(), sqlx::Error> {
        let count = "INSERT INTO decision (mark, person, sealed, last, count) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (mark) DO UPDATE SET sealed = excluded.sealed, last = excluded.last, count = count + excluded.count
             RETURNING count";
        let count = sqlx::query(count).bind(self.mark.as_slice()).bind(self.person.as_slice()).bind(&self.sealed);
        let count: i64 = count.bind(self.at).bind(times).fetch_one(&mut *db).await?.try_get(0)?;
        if count == times {
            let trim = "DELETE FROM decision WHERE rowid IN
                 (SELECT rowid FROM decision WHERE person = ? ORDER BY last DESC, rowid DESC LIMIT -1 OFFSET ?)";
            sqlx::query(trim).bind(self.person.as_slice()).bind(MOST_OF_ONE).execute(&mut *db).await?;
        }
        Ok(())
    }
}

impl Store {
    /// Looks into the database at `path`, which is neither made nor changed and may be in use: the decisions since then,
    /// the latest first. `None` if there is no database, or one that has never kept any.
    pub async fn kept_decisions(path: &Path, since: i64) -> Result<Option<Vec<KeptDecision>>, StoreError> {
        let Some(mut db) = database::looked_into(path).await? else { return Ok(None) };
        let there = sqlx::query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'decision'");
        if there.fetch_optional(&mut db).await?.is_none() {
            return Ok(None);
        }
        let rows =
            sqlx::query("SELECT sealed, last, count FROM decision WHERE last >= ? ORDER BY last DESC, rowid DESC");
        let rows = rows.bind(since).fetch_all(&mut db).await?;
        let kept = |row: &sqlx::sqlite::SqliteRow| {
            Ok(KeptDecision { sealed: row.try_get(0)?, last: row.try_get(1)?, count: row.try_get(2)? })
        };
        Ok(Some(rows.iter().map(kept).collect::<Result<_, sqlx::Error>>()?))
    }

    /// As [`Store::kept_decisions`], a key of the house as it was wrapped.
    pub async fn kept_wrapped_key(path: &Path, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(mut db) = database::looked_into(path).await? else { return Ok(None) };
        let row =
            sqlx::query("SELECT wrapped FROM wrapped_key WHERE name = ?").bind(name).fetch_optional(&mut db).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }
}
