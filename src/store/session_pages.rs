//! Sessions that are live, read by people: those of one person, or of an account, a page at a time.

use super::database::DatabaseError;
use super::live::not_ended;
use super::row::Row;
use super::statement::{Sql, Value, values};
use super::{LiveSession, Store, StoreError};

/// Behind which session a page begins: the last to end come first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionPlace {
    pub expires: i64,
    pub access_key_id: String,
}

/// A browser that is signed in, as it was sealed.
pub struct OpenConsole {
    pub id_hash: Vec<u8>,
    pub sealed: Vec<u8>,
    pub opened: i64,
    pub expires: i64,
}

/// Somebody who is kept out until they are admitted again.
pub struct BarredPerson {
    pub subject: String,
    pub provider: String,
    pub since: i64,
}

/// A session with what says who may see it.
pub struct FoundSession {
    pub session: LiveSession,
    pub account: String,
    pub whose: Option<String>,
}

/// So many of an account's sessions are looked through for one page of those that are searched for.
const LOOKED_THROUGH: usize = 4_000;

macro_rules! columns {
    ($($part:expr),+) => {
        concat!(
            "SELECT access_key_id, coalesce(principal, role), role, provider, coalesce(subject, ''), issued, expires, parent ",
            $($part),+
        )
    };
}

impl Store {
    /// The sessions of one person.
    pub async fn sessions_of(
        &self,
        whose: &[String],
        after: &SessionPlace,
        now: i64,
        most: usize,
    ) -> Result<Vec<LiveSession>, StoreError> {
        let fixed = values![now, after.expires, &after.access_key_id, most as i64];
        let query = Sql::with_rows(
            columns!("FROM role_session WHERE whose IN (VALUES "),
            fixed.len(),
            (whose.len(), 1),
            concat!(
                ") AND expires > ?1 AND (expires, access_key_id) < (?2, ?3)",
                not_ended!(),
                "ORDER BY expires DESC, access_key_id DESC LIMIT ?4"
            ),
        );
        let values: Vec<Value<'_>> = fixed.iter().copied().chain(whose.iter().map(Value::from)).collect();
        listed(&self.readers.fetch(query, &values).await?)
    }

    /// A session and what was made with it.
    pub async fn sessions_under(&self, id: &str, now: i64, most: usize) -> Result<Vec<LiveSession>, StoreError> {
        let query = columns!(
            "FROM role_session WHERE (access_key_id = ?1 OR parent = ?1) AND expires > ?2",
            not_ended!(),
            "ORDER BY expires DESC, access_key_id DESC LIMIT ?3"
        );
        listed(&self.readers.fetch(query, values![id, now, most as i64]).await?)
    }

    /// The sessions of an account in whose access key id, principal or subject `part` occurs, small letters or capitals; and
    /// from where to go on, if so many were looked through that there may be more.
    pub async fn sessions_in(
        &self,
        account: &str,
        part: &str,
        after: &SessionPlace,
        now: i64,
        most: usize,
    ) -> Result<(Vec<LiveSession>, Option<SessionPlace>), StoreError> {
        let query = columns!(
            "FROM (SELECT access_key_id, principal, role, provider, subject, issued, expires, parent FROM role_session
                 WHERE account = ?1 AND expires > ?2 AND (expires, access_key_id) < (?3, ?4)
                 ORDER BY expires DESC, access_key_id DESC LIMIT ?5) AS looked_at
             WHERE lower(access_key_id || ' ' || coalesce(principal, role) || ' ' || coalesce(subject, '')) LIKE ?6 ESCAPE '\\'",
            not_ended!(),
            "ORDER BY expires DESC, access_key_id DESC LIMIT ?7"
        );
        let (pattern, place) = (containing(part), (after.expires, &after.access_key_id));
        let values = values![account, now, place.0, place.1, LOOKED_THROUGH as i64, &pattern, most as i64];
        let found = listed(&self.readers.search(query, values).await?)?;
        if found.len() >= most {
            return Ok((found, None));
        }
        let query = "SELECT expires, access_key_id FROM role_session
             WHERE account = ?1 AND expires > ?2 AND (expires, access_key_id) < (?3, ?4)
             ORDER BY expires DESC, access_key_id DESC LIMIT 1 OFFSET ?5";
        let last = values![account, now, place.0, place.1, LOOKED_THROUGH as i64 - 1];
        let last = self.readers.search(query, last).await?.pop();
        let place =
            |row: Row| Ok::<_, DatabaseError>(SessionPlace { expires: row.get(0)?, access_key_id: row.get(1)? });
        Ok((found, last.map(place).transpose()?))
    }

    /// A session that is live.
    pub async fn live_session(&self, id: &str, now: i64) -> Result<Option<FoundSession>, StoreError> {
        let query = concat!(
            "SELECT access_key_id, coalesce(principal, role), role, provider, coalesce(subject, ''), issued, expires, parent,
                 account, whose FROM role_session WHERE access_key_id = ?1 AND expires > ?2",
            not_ended!()
        );
        let row = self.readers.fetch_optional(query, values![id, now]).await?;
        let found = |row: &Row| {
            Ok::<_, DatabaseError>(FoundSession {
                session: super::live::session(row)?,
                account: row.get(8)?,
                whose: row.get(9)?,
            })
        };
        Ok(row.as_ref().map(found).transpose()?)
    }

    /// How many live sessions descend from this one at any depth; no more than `most` are counted.
    pub async fn descendants(&self, id: &str, now: i64, most: usize) -> Result<usize, StoreError> {
        let query = "WITH RECURSIVE made (id, expires) AS (
                 SELECT access_key_id, expires FROM role_session WHERE parent = ?1
                 UNION SELECT child.access_key_id, child.expires FROM role_session AS child JOIN made ON child.parent = made.id)
             SELECT count(*) FROM (SELECT expires FROM made LIMIT ?2) AS counted WHERE expires > ?3";
        let count: i64 = self.readers.fetch_one(query, values![id, most as i64, now]).await?.get(0)?;
        Ok(count as usize)
    }

    /// The browsers in which this person is signed in, no more than `most`.
    pub async fn consoles_of(&self, whose: &[String], now: i64, most: usize) -> Result<Vec<OpenConsole>, StoreError> {
        if whose.is_empty() {
            return Ok(Vec::new());
        }
        let fixed = values![now, most as i64];
        let query = Sql::with_rows(
            "SELECT id_hash, sealed, opened, expires FROM console_session WHERE whose IN (VALUES ",
            fixed.len(),
            (whose.len(), 1),
            ") AND expires > ?1 ORDER BY expires DESC LIMIT ?2",
        );
        let open = |row: &Row| {
            let (id_hash, sealed) = (row.get(0)?, row.get(1)?);
            Ok::<_, DatabaseError>(OpenConsole { id_hash, sealed, opened: row.get(2)?, expires: row.get(3)? })
        };
        let values: Vec<Value<'_>> = fixed.iter().copied().chain(whose.iter().map(Value::from)).collect();
        let rows = self.readers.fetch(query, &values).await?;
        Ok(rows.iter().map(open).collect::<Result<_, _>>()?)
    }

    /// Who is barred at a provider of this account, behind the one of that subject and provider.
    pub async fn barred_in(
        &self,
        account: &str,
        after: (&str, &str),
        most: usize,
    ) -> Result<Vec<BarredPerson>, StoreError> {
        let query = "SELECT subject, provider, since FROM barred_person
             WHERE (subject, provider) > (?1, ?2) AND substr(provider, 14, 12) = ?3 ORDER BY subject, provider LIMIT ?4";
        let barred = |row: &Row| {
            Ok::<_, DatabaseError>(BarredPerson { subject: row.get(0)?, provider: row.get(1)?, since: row.get(2)? })
        };
        let rows = self.readers.fetch(query, values![after.0, after.1, account, most as i64]).await?;
        Ok(rows.iter().map(barred).collect::<Result<_, _>>()?)
    }
}

impl SessionPlace {
    /// Before all of them.
    pub fn first() -> Self {
        Self { expires: i64::MAX, access_key_id: String::new() }
    }
}

fn listed(rows: &[Row]) -> Result<Vec<LiveSession>, StoreError> {
    Ok(rows.iter().map(super::live::session).collect::<Result<_, _>>()?)
}

/// A pattern of LIKE for texts in the small letters of ASCII in which this occurs: what has a meaning there stands for itself.
pub(super) fn containing(part: &str) -> String {
    let mut pattern = String::from("%");
    for character in part.to_ascii_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}
