//! Decisions, kept for whoever plans another configuration.

use super::database::{Connection, DatabaseError, Row, values};
use super::{Address, Store, StoreError, handle};

/// A question that was asked.
pub struct DecisionRecord {
    /// A keyed hash of the question.
    pub mark: [u8; 32],
    pub at: i64,
    /// `None` where it is good as it was sealed a moment ago.
    pub question: Option<SealedQuestion>,
}

pub struct SealedQuestion {
    /// A keyed hash of who asked it.
    pub person: [u8; 32],
    /// Empty of one that is too large to be kept: that it was asked is kept all the same.
    pub sealed: Vec<u8>,
}

/// A question that was asked, as it was sealed the last time.
pub struct KeptDecision {
    pub sealed: Vec<u8>,
    /// As of [`SealedQuestion`].
    pub person: Vec<u8>,
    pub last: i64,
    pub count: i64,
}

/// Decisions are kept this long after they were made the last time, in seconds.
pub const KEPT: i64 = 14 * 86_400;
/// And no more of them than this: at about a kilobyte each, fifty megabytes.
pub(super) const MOST: i64 = 50_000;
/// Different questions of one person or program; who asks ever new ones pushes out nobody else's.
pub(super) const MOST_OF_ONE: i64 = 64;
/// Stands in the place of whoever asked, and of what, where that is lost. No hash is all zeros.
pub(super) const LOST: [u8; 32] = [0; 32];

impl DecisionRecord {
    /// One for all that are lost, the last of them at this time.
    pub(super) fn of_lost(at: i64) -> Self {
        Self { mark: LOST, at, question: Some(SealedQuestion { person: LOST, sealed: Vec::new() }) }
    }

    /// It was asked so many `times`, the last time at `self.at`, and is kept as it was `sealed`, or as it is. One that is not
    /// there any more comes back when it is sealed the next time.
    pub(super) async fn write(
        &self,
        db: &mut Connection,
        times: i64,
        sealed: Option<&SealedQuestion>,
    ) -> Result<(), DatabaseError> {
        let Some(SealedQuestion { person, sealed }) = sealed else {
            let again = "UPDATE decision SET last = ?2, count = count + ?3 WHERE mark = ?1";
            return db.put(again, values![&self.mark, self.at, times]).await;
        };
        // Without RETURNING: SQLite would make a table of its own for it.
        let again = "UPDATE decision SET sealed = ?2, last = ?3, count = count + ?4 WHERE mark = ?1";
        if db.execute(again, values![&self.mark, sealed, self.at, times]).await? == 1 {
            return Ok(());
        }
        let first = "INSERT INTO decision (mark, person, sealed, last, count) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (mark) DO UPDATE SET sealed = excluded.sealed, last = excluded.last, count = decision.count + excluded.count";
        db.put(first, values![&self.mark, person, sealed, self.at, times]).await?;
        // To look is less than to remove nothing.
        let beyond = "SELECT 1 FROM decision WHERE person = ?1 ORDER BY last DESC LIMIT 1 OFFSET ?2";
        if db.fetch_optional(beyond, values![person, MOST_OF_ONE]).await?.is_none() {
            return Ok(());
        }
        let trim = "DELETE FROM decision WHERE mark IN
             (SELECT mark FROM decision WHERE person = ?1 ORDER BY last DESC, mark LIMIT ?3 OFFSET ?2)";
        db.put(trim, values![person, MOST_OF_ONE, i64::MAX]).await
    }
}

impl KeptDecision {
    /// Whether it says no more than that something was asked.
    pub fn is_empty(&self) -> bool {
        self.sealed.is_empty()
    }
}

impl Store {
    /// The questions that were decided in a request, as far as they are still kept.
    pub async fn decisions_of(&self, trace: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        let marks = self.readers.fetch_optional("SELECT decisions FROM trace WHERE id = ?1", values![trace]).await?;
        let marks: Option<Vec<u8>> = marks.map(|row| row.get(0)).transpose()?.flatten();
        let mut kept = Vec::new();
        for mark in marks.unwrap_or_default().chunks_exact(32) {
            let row = self.readers.fetch_optional("SELECT sealed FROM decision WHERE mark = ?1", values![mark]).await?;
            kept.extend(row.map(|row| row.get(0)).transpose()?);
        }
        Ok(kept)
    }

    /// Looks into the database at `address`, which is neither made nor changed and may be in use: the decisions since then,
    /// the latest first. `None` if there is no database, or one that has never kept any.
    pub async fn kept_decisions(address: &Address, since: i64) -> Result<Option<Vec<KeptDecision>>, StoreError> {
        let Some(mut db) = handle::looked_into(address).await? else { return Ok(None) };
        if !db.has_table("decision").await? {
            return Ok(None);
        }
        let rows = "SELECT sealed, person, last, count FROM decision WHERE last >= ?1 ORDER BY last DESC, mark";
        let rows = db.fetch(rows, values![since]).await?;
        let kept = |row: &Row| {
            Ok(KeptDecision { sealed: row.get(0)?, person: row.get(1)?, last: row.get(2)?, count: row.get(3)? })
        };
        Ok(Some(rows.iter().map(kept).collect::<Result<_, DatabaseError>>()?))
    }

    /// As [`Store::kept_decisions`], a key of the house as it was wrapped.
    pub async fn kept_wrapped_key(address: &Address, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(mut db) = handle::looked_into(address).await? else { return Ok(None) };
        let row = db.fetch_optional("SELECT wrapped FROM wrapped_key WHERE name = ?1", values![name]).await?;
        Ok(row.map(|row| row.get(0)).transpose()?)
    }
}
