//! The roles that somebody put on last, for the order in which they are offered. It decides nothing.

use super::database::{Connection, DatabaseError, values};
use super::{Store, StoreError};

#[derive(Clone)]
pub struct RoleUse {
    /// A keyed hash.
    pub person: [u8; 32],
    pub role: String,
    pub used: i64,
}

/// Roles of one person. Who puts on ever new ones pushes out nobody else's.
const MOST_OF_ONE: i64 = 20;
/// Kept this long after a role was put on last, in seconds.
pub(super) const KEPT: i64 = 180 * 86_400;
/// And no more of them than this: at about 150 bytes each, thirty megabytes.
pub(super) const MOST: i64 = 200_000;

impl RoleUse {
    pub(super) async fn apply(&self, db: &mut Connection) -> Result<(), DatabaseError> {
        let insert = "INSERT INTO role_use (person, role, used) VALUES (?1, ?2, ?3)
             ON CONFLICT (person, role) DO UPDATE SET used = excluded.used";
        db.put(insert, values![&self.person, &self.role, self.used]).await?;
        let trim = "DELETE FROM role_use WHERE person = ?1 AND role NOT IN
             (SELECT role FROM role_use WHERE person = ?1 ORDER BY used DESC, role LIMIT ?2)";
        db.put(trim, values![&self.person, MOST_OF_ONE]).await
    }
}

impl Store {
    /// The roles that a person put on, each with the time of the last occasion, the latest first.
    pub async fn roles_used(&self, person: &[u8; 32]) -> Result<Vec<(String, i64)>, StoreError> {
        let query = "SELECT role, used FROM role_use WHERE person = ?1 ORDER BY used DESC, role";
        let rows = self.readers.fetch(query, values![person]).await?;
        Ok(rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_, DatabaseError>>()?)
    }
}
