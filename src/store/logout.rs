//! Ending what a person's login at an identity provider has led to.

use super::database::Connection;
use super::{Store, StoreError};
use sqlx::Row;

/// Whose session it is, as keyed hashes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    pub person: [u8; 32],
    /// Which login of theirs, if the identity provider numbers them.
    pub login: Option<[u8; 32]>,
}

/// An order to end console sessions: those of the named logins and, of the person's, those whose login has no number; all
/// of the person's if no login is named. Nobody's, if neither is.
pub struct Logout {
    pub person: Option<[u8; 32]>,
    pub logins: Vec<[u8; 32]>,
    /// Whether the role sessions that were chosen in them end as well.
    pub revokes: bool,
    pub now: i64,
}

impl Logout {
    pub(super) async fn apply(&self, db: &mut Connection) -> Result<(), sqlx::Error> {
        if self.logins.is_empty() {
            return self.end(None, db).await;
        }
        for login in &self.logins {
            self.end(Some(login), db).await?;
        }
        Ok(())
    }

    async fn end(&self, login: Option<&[u8; 32]>, db: &mut Connection) -> Result<(), sqlx::Error> {
        let (person, login) = (self.person.as_ref().map(<[u8; 32]>::as_slice), login.map(<[u8; 32]>::as_slice));
        let delete = "DELETE FROM console_session WHERE login = ?2 OR (person = ?1 AND (?2 IS NULL OR login IS NULL))";
        sqlx::query(delete).bind(person).bind(login).execute(&mut *db).await?;
        if self.revokes {
            let revoke = "INSERT INTO revocation (access_key_id, until) SELECT access_key_id, expires FROM role_session
                 WHERE (login = ?2 OR (person = ?1 AND (?2 IS NULL OR login IS NULL))) AND expires > ?3
                 ON CONFLICT DO NOTHING";
            sqlx::query(revoke).bind(person).bind(login).bind(self.now).execute(db).await?;
        }
        Ok(())
    }
}

impl Store {
    /// Whether there is anything that an order about this login would end.
    pub async fn login_lives(&self, login: &[u8; 32], revokes: bool, now: i64) -> Result<bool, StoreError> {
        let query = "SELECT EXISTS (SELECT 1 FROM console_session WHERE login = ?1 AND expires > ?3)
             OR (?2 AND EXISTS (SELECT 1 FROM role_session WHERE login = ?1 AND expires > ?3
                 AND access_key_id NOT IN (SELECT access_key_id FROM revocation)))";
        let query = sqlx::query(query).bind(login.as_slice()).bind(revokes).bind(now);
        Ok(query.fetch_one(&self.readers).await?.try_get(0)?)
    }

    /// The access key ids of sessions that were ended before their time, with the times when they end anyway.
    pub async fn revocations(&self, now: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let query = sqlx::query("SELECT access_key_id, until FROM revocation WHERE until > ?").bind(now);
        let rows = query.fetch_all(&self.readers).await?;
        let pair = |row: &sqlx::sqlite::SqliteRow| Ok((row.try_get(0)?, row.try_get(1)?));
        Ok(rows.iter().map(pair).collect::<Result<_, sqlx::Error>>()?)
    }
}
