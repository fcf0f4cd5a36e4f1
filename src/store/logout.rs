//! Ending what a person's login at an identity provider has led to.

use super::database::{Connection, DatabaseError, values};
use super::revoke::bar_papers;
use super::{Store, StoreError};

/// Whose session it is, as keyed hashes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    pub person: [u8; 32],
    /// Which login of theirs, if the identity provider numbers them.
    pub login: Option<[u8; 32]>,
}

/// A login with what it led to, browsers that wear one of its roles by a sign-in URL among it, and, of the person's, what is
/// of a login without a number; all of the person's if no login is named. Nobody's, if neither is.
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

    pub(super) async fn apply(&self, db: &mut Connection) -> Result<(), DatabaseError> {
        for Ended { person, login, revokes } in &self.ended {
            let (person, login) = (person.as_ref(), login.as_ref());
            let delete = "DELETE FROM console_session WHERE id_hash IN (SELECT id_hash FROM console_login
                 WHERE login = ?2 OR (person = ?1 AND (?2 IS NULL OR login IS NULL)))";
            db.execute(delete, values![person, login]).await?;
            // A browser that was opened by a sign-in URL knows no login but that of the role that it wears.
            let delete = "DELETE FROM console_session WHERE worn IN (SELECT access_key_id FROM role_session
                 WHERE login = ?2 OR (person = ?1 AND (?2 IS NULL OR login IS NULL)))";
            db.execute(delete, values![person, login]).await?;
            if *revokes {
                let revoke = "INSERT INTO revocation (access_key_id, until)
                     SELECT access_key_id, CASE WHEN expires > ?4 THEN expires ELSE ?4 END FROM role_session
                     WHERE (login = ?2 OR (person = ?1 AND (?2 IS NULL OR login IS NULL))) AND expires > ?3
                     ON CONFLICT DO NOTHING";
                db.execute(revoke, values![person, login, self.now, self.now + DESCENDANTS]).await?;
                let bar = bar_papers!("login = ?2 OR (person = ?1 AND (?2 IS NULL OR login IS NULL))");
                db.execute(bar, values![person, login]).await?;
            }
            if let Some(ordered) = self.ordered.filter(|_| person.is_some() || login.is_some()) {
                let end = "INSERT INTO ended_login (person, login, ordered, until) VALUES (?1, ?2, ?3, ?4)";
                db.execute(end, values![person, login, ordered, self.now + PAPERS]).await?;
            }
        }
        Ok(())
    }
}

impl Store {
    /// Whether there is anything that an order about this login would end.
    pub async fn login_lives(&self, login: &[u8; 32], revokes: bool, now: i64) -> Result<bool, StoreError> {
        let query = "SELECT EXISTS (SELECT 1 FROM console_login JOIN console_session USING (id_hash) WHERE login = ?1 AND expires > ?3)
             OR EXISTS (SELECT 1 FROM role_session AS role JOIN console_session AS browser ON browser.worn = role.access_key_id
                 WHERE role.login = ?1 AND browser.expires > ?3)
             OR (?2 = 1 AND EXISTS (SELECT 1 FROM role_session WHERE login = ?1 AND expires > ?3
                 AND access_key_id NOT IN (SELECT access_key_id FROM revocation)))";
        Ok(self.readers.fetch_one(query, values![login, revokes, now]).await?.get(0)?)
    }
}
