//! The sessions that are live, for whoever looks from beside a gateway that is running.

use super::StoreError;
use super::database::{Connection, DatabaseError, Row, values};
use super::handle::beside;
use std::path::Path;

/// A session that is live.
#[derive(Clone)]
pub struct LiveSession {
    pub access_key_id: String,
    pub principal: String,
    pub role: String,
    pub provider: Option<String>,
    pub subject: String,
    pub issued: i64,
    pub expires: i64,
    pub parent: Option<String>,
}

/// Those that have neither ended nor been ended, page by page: whoever reads slowly keeps no version of the database alive
/// meanwhile.
pub struct Live {
    db: Connection,
    now: i64,
    /// End and access key id of the last one that was read.
    last: (i64, String),
}

/// How many make a page.
const PAGE: i64 = 1_000;

impl Live {
    pub async fn open(path: &Path, now: i64) -> Result<Self, StoreError> {
        Ok(Self { db: beside(path).await?, now, last: (i64::MAX, String::new()) })
    }

    /// The next of them, the last to end first; none if there are no more.
    pub async fn page(&mut self) -> Result<Vec<LiveSession>, StoreError> {
        let query = "SELECT access_key_id, coalesce(principal, role), role, provider, coalesce(subject, ''), issued, expires, parent
             FROM role_session WHERE expires > ?1 AND (expires, access_key_id) < (?2, ?3)
             AND access_key_id NOT IN (SELECT access_key_id FROM revocation)
             ORDER BY expires DESC, access_key_id DESC LIMIT ?4";
        let rows = self.db.fetch(query, values![self.now, self.last.0, &self.last.1, PAGE]).await?;
        let page = rows.iter().map(session).collect::<Result<Vec<_>, _>>()?;
        if let Some(last) = page.last() {
            self.last = (last.expires, last.access_key_id.clone());
        }
        Ok(page)
    }
}

pub(super) fn session(row: &Row) -> Result<LiveSession, DatabaseError> {
    Ok(LiveSession {
        access_key_id: row.get(0)?,
        principal: row.get(1)?,
        role: row.get(2)?,
        provider: row.get(3)?,
        subject: row.get(4)?,
        issued: row.get(5)?,
        expires: row.get(6)?,
        parent: row.get(7)?,
    })
}
