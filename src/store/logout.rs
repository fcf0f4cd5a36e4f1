//! Ending what a person's login at an identity provider has led to.

use super::database::Connection;
use super::{Store, StoreError};
use sqlx::Row;

/// Whose session it is, as keyed hashes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// By the word of one registration of their identity provider.
    pub person: [u8; 32],
    /// Which login of theirs, if the identity provider numbers them.
    pub login: Option<[u8; 32]>,
}

/// An order to end console sessions.
pub struct Logout {
    /// What these logins led to; all of the person's where no login is named.
    pub ended: Vec<Origin>,
    /// Whether the role sessions that were chosen in them end as well.
    pub revokes: bool,
    /// When the identity provider gave the order, by its own clock. It is for assertions that it issued before then, too,
    /// even if they arrive later (SAML core §3.7.3.1).
    pub ordered: Option<i64>,
    pub now: i64,
}

/// What is being assumed at this moment with a session that ends now lasts an hour at most, and names that session as
/// long as it lasts.
const DESCENDANTS: i64 = 2 * 3_600;
/// Assertions are good for an hour at most identity providers.
const ASSERTIONS: i64 = 24 * 3_600;

impl Logout {
    pub(super) async fn apply(&self, db: &mut Connection) -> Result<(), sqlx::Error> {
        for Origin { person, login } in &self.ended {
            let (person, login) = (person.as_slice(), login.as_ref().map(<[u8; 32]>::as_slice));
            let delete = "DELETE FROM console_session WHERE person = ?1 AND (?2 IS NULL OR login = ?2)";
            sqlx::query(delete).bind(person).bind(login).execute(&mut *db).await?;
            if self.revokes {
                let revoke = "INSERT INTO revocation (access_key_id, until)
                     SELECT access_key_id, max(expires, ?4) FROM role_session
                     WHERE person = ?1 AND (?2 IS NULL OR login = ?2) AND expires > ?3 ON CONFLICT DO NOTHING";
                let revoke = sqlx::query(revoke).bind(person).bind(login).bind(self.now);
                revoke.bind(self.now + DESCENDANTS).execute(&mut *db).await?;
            }
            if let Some(ordered) = self.ordered {
                let end = sqlx::query("INSERT INTO ended_login (person, login, ordered, until) VALUES (?, ?, ?, ?)");
                let end = end.bind(person).bind(login).bind(ordered).bind(self.now + ASSERTIONS);
                end.execute(&mut *db).await?;
            }
        }
        Ok(())
    }
}

impl Store {
    /// The access key ids of sessions that were ended before their time, with the times when they end anyway.
    pub async fn revocations(&self, now: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let query = sqlx::query("SELECT access_key_id, until FROM revocation WHERE until > ?").bind(now);
        let rows = query.fetch_all(&self.readers).await?;
        let pair = |row: &sqlx::sqlite::SqliteRow| Ok((row.try_get(0)?, row.try_get(1)?));
        Ok(rows.iter().map(pair).collect::<Result<_, sqlx::Error>>()?)
    }
}
