//! Which roles somebody switched to before.

use super::database::{Connection, DatabaseError, values};
use super::{Store, StoreError};

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
    pub(super) async fn apply(&self, db: &mut Connection) -> Result<(), DatabaseError> {
        let keep = "INSERT INTO recent_role (person, sealed, used) VALUES (?1, ?2, ?3)
             ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed, used = excluded.used";
        db.put(keep, values![&self.person, &self.sealed, self.used]).await
    }
}

impl Store {
    /// As they were sealed; none of somebody who has never switched, or not for long.
    pub async fn recent_roles(&self, person: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let query = "SELECT sealed FROM recent_role WHERE person = ?1";
        let row = self.readers.fetch_optional(query, values![person]).await?;
        Ok(row.map(|row| row.get(0)).transpose()?)
    }
}
