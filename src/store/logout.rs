//! Ending what a person's login at an identity provider has led to.

use super::database::Connection;
use super::revoke::bar_papers;
use super::{Store, StoreError};
use sqlx::Row;

/// Whose session it is, as keyed hashes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    pub person: [u8; 32],
    /// Which login of theirs, if the identity provider numbers them.
    pub login: Option<[u8; 32]>,
}

/// A login with what it led to and, of the person's, what is of a login without a number; all of the person's if no login
/// is named. Nobody's, if neither is.
#[derive(Clone, Copy)]
pub struct Ended {
    pub person: Option<[u8; 32]>,
    pub login: Option<[u8; 32]>,
    /// Whether the role sessions end as well, and what made them makes no others.
    pub revokes: bool,
}

/// An order to end console sessions.
pub struct Logout {
    pub ended: Vec<Ended>,
    /// When the identity provider gave the order, by its own clock. It is for what it issued before then, too, even if that
    /// arrives later (SAML core §3.7.3.1).
    pub ordered: Option<i64>,
    pub now: i64,
}

/// What is being assumed at this moment with a session that ends now lasts an hour at most, and names that session as
/// long as it lasts.
const DESCENDANTS: i64 = 2 * 3_600;
/// Assertions and ID tokens are good for an hour at most identity providers.
const PAPERS: i64 = 24 * 3_600;

impl Ended {
    pub fn of(Origin { person, login }: Origin, revokes: bool) -> Self {
        Self { person: Some(person), login, revokes }
    }
}

impl Logout {
    /// Whether anything may be ended that was given before and is used elsewhere.
    pub fn revokes(&self) -> bool {
        self.ended.iter().any(|ended| ended.revokes)
    }

    pub(super) async fn apply(&self, db: &mut Connection) -> Result<(), sqlx::Error> {
        for Ended { person, login, revokes } in &self.ended {
            let slice = |hash: Option<[u8; 32]>| hash.map(Vec::from);
            let (person, login) = (slice(*person), slice(*login));
            let delete = "DELETE FROM console_session WHERE id_hash IN (SELECT id_hash FROM console_login
                 WHERE login = ?2 OR (person = ?1 AND (?2 IS NULL OR login IS NULL)))";
            sqlx::query(delete).bind(&person).bind(&login).execute(&mut *db).await?;
            if *revokes {
                let revoke = "INSERT INTO revocation (access_key_id, until)
                     SELECT access_key_id, max(expires, ?4) FROM role_session
                     WHERE (login = ?2 OR (person = ?1 AND (?2 IS NULL OR login IS NULL))) AND expires > ?3
                     ON CONFLICT DO NOTHING";
                let revoke = sqlx::query(revoke).bind(&person).bind(&login).bind(self.now);
                revoke.bind(self.now + DESCENDANTS).execute(&mut *db).await?;
                let bar = bar_papers!("login = ?2 OR (person = ?1 AND (?2 IS NULL OR login IS NULL))");
                sqlx::query(bar).bind(&person).bind(&login).execute(&mut *db).await?;
            }
            if let Some(ordered) = self.ordered.filter(|_| person.is_some() || login.is_some()) {
                let end = sqlx::query("INSERT INTO ended_login (person, login, ordered, until) VALUES (?, ?, ?, ?)");
                let end = end.bind(person).bind(login).bind(ordered).bind(self.now + PAPERS);
                end.execute(&mut *db).await?;
            }
        }
        Ok(())
    }
}

impl Store {
    /// Whether there is anything that an order about this login would end.
    pub async fn login_lives(&self, login: &[u8; 32], revokes: bool, now: i64) -> Result<bool, StoreError> {
        let query = "SELECT EXISTS (SELECT 1 FROM console_login JOIN console_session USING (id_hash) WHERE login = ?1 AND expires > ?3)
             OR (?2 AND EXISTS (SELECT 1 FROM role_session WHERE login = ?1 AND expires > ?3
                 AND access_key_id NOT IN (SELECT access_key_id FROM revocation)))";
        let query = sqlx::query(query).bind(login.as_slice()).bind(revokes).bind(now);
        Ok(query.fetch_one(&self.readers).await?.try_get(0)?)
    }

    /// The access key ids of sessions that were ended before their time, with the times when they end anyway.
    /// Those alone whose numbers are above `known`, and the greatest number.
    pub async fn revocations(&self, known: i64, now: i64) -> Result<(Vec<(String, i64)>, i64), StoreError> {
        let query =
            "SELECT access_key_id, until, number FROM revocation WHERE number > ? AND until > ? ORDER BY number";
        let rows = sqlx::query(query).bind(known).bind(now).fetch_all(&self.readers).await?;
        let pair = |row: &sqlx::sqlite::SqliteRow| Ok((row.try_get(0)?, row.try_get(1)?));
        let last = rows.last().map(|row| row.try_get(2)).transpose()?.unwrap_or(known);
        Ok((rows.iter().map(pair).collect::<Result<_, sqlx::Error>>()?, last))
    }
}
