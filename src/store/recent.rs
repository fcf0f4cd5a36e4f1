//! Which roles somebody switched to before.

use super::database::Connection;
use super::{Store, StoreError};
use sqlx::Row;

/// Whoever has switched to no role for so long has forgotten which it was. Longer, and the keys of sessions would have to be
/// kept for it.
pub const KEPT: i64 = super::decisions::KEPT;

/// Of one person, the last ones only.
#[derive(Clone)]
pub struct RecentRecord {
    /// A keyed hash of who it is.
    pub person: [u8; 32],
    pub sealed: Vec<u8>,
    pub used: i64,
}

impl RecentRecord {
    /// What was kept before makes way: it is all in here that is to stay.
    pub(super) async fn apply(&self, db: &mut Connection) -> Result<(), sqlx::Error> {
        let keep = "INSERT INTO recent_role (person, sealed, used) VALUES (?, ?, ?)
             ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed, used = excluded.used";
        let keep = sqlx::query(keep).bind(self.person.as_slice()).bind(&self.sealed).bind(self.used);
        keep.execute(db).await.map(drop)
    }
}

impl Store {
    /// As they were sealed; none of somebody who has never switched, or not for long.
    pub async fn recent_roles(&self, person: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query("SELECT sealed FROM recent_role WHERE person = ?").bind(person.as_slice());
        let row = query.fetch_optional(&self.readers).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }
}
