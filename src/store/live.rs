//! The sessions that are live, for whoever looks from beside a gateway that is running.

use super::StoreError;
use super::database::Connection;
use super::revoke::open;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::path::Path;

/// A session that is live.
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
const PAGE: usize = 1_000;

impl Live {
    pub async fn open(path: &Path, now: i64) -> Result<Self, StoreError> {
        Ok(Self { db: open(path).await?, now, last: (i64::MAX, String::new()) })
    }

    /// The next of them, the last to end first; none if there are no more.
    pub async fn page(&mut self) -> Result<Vec<LiveSession>, StoreError> {
        let query = "SELECT access_key_id, coalesce(principal, role), role, provider, coalesce(subject, ''), issued, expires, parent
             FROM role_session WHERE expires > ? AND (expires, access_key_id) < (?, ?)
             AND access_key_id NOT IN (SELECT access_key_id FROM revocation)
             ORDER BY expires DESC, access_key_id DESC LIMIT ?";
        let query = sqlx::query(query).bind(self.now).bind(self.last.0).bind(&self.last.1).bind(PAGE as i64);
        let rows = query.fetch_all(&mut self.db).await?;
        let page = rows.iter().map(session).collect::<Result<Vec<_>, _>>()?;
        if let Some(last) = page.last() {
            self.last = (last.expires, last.access_key_id.clone());
        }
        Ok(page)
    }
}

fn session(row: &SqliteRow) -> Result<LiveSession, sqlx::Error> {
    Ok(LiveSession {
        access_key_id: row.try_get(0)?,
        principal: row.try_get(1)?,
        role: row.try_get(2)?,
        provider: row.try_get(3)?,
        subject: row.try_get(4)?,
        issued: row.try_get(5)?,
        expires: row.try_get(6)?,
        parent: row.try_get(7)?,
    })
}
