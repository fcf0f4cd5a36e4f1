//! An operator's orders, given beside a gateway that is running: what it holds in memory it hears of within a second.

use super::audit::Chain;
use super::database::Connection;
use super::{AuditRecord, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Row};
use std::path::Path;
use std::time::Duration;

/// Which sessions end. What descends from them ends as well.
pub enum Ending {
    /// By access key id.
    Session(String),
    /// Everybody's in this role (ARN).
    Role(String),
    /// Those of a user or a role session (ARN), and the roles that they have assumed.
    Principal(String),
    /// Whoever came through it (ARN).
    Provider(String),
    /// One person there, who is barred from then on.
    Person { provider: String, subject: String },
}

pub struct Revoke {
    pub ending: Ending,
    /// Only what was issued before then, in seconds since 1970; all if there is none.
    pub before: Option<i64>,
    pub now: i64,
}

/// What an order has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Sessions that were live, whatever is still signed with them.
    pub sessions: i64,
    pub console: u64,
}

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

/// Roles last twelve hours at most; what is being assumed at this moment with a session that ends names it as long as it
/// lasts.
const DESCENDANTS: i64 = 13 * 3_600;

impl Revoke {
    /// Ends the sessions in one transaction with its record in the book, and makes that from what was ended. `None` if the
    /// one session that is named is not on record.
    pub async fn run(
        &self,
        path: &Path,
        record: impl FnOnce(Ended) -> AuditRecord,
    ) -> Result<Option<Ended>, StoreError> {
        let mut db = open(path).await?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut db).await?;
        if let Ending::Session(id) = &self.ending {
            let known = sqlx::query("SELECT 1 FROM role_session WHERE access_key_id = ?").bind(id);
            if known.fetch_optional(&mut db).await?.is_none() {
                return Ok(None);
            }
        }
        let ended = self.apply(&mut db).await?;
        Chain::beside(&mut db).await?.append(&mut db, &record(ended)).await?;
        sqlx::query("COMMIT").execute(&mut db).await?;
        Ok(Some(ended))
    }

    async fn apply(&self, db: &mut Connection) -> Result<Ended, sqlx::Error> {
        let before = self.before.unwrap_or(i64::MAX);
        let (what, subject) = match &self.ending {
            Ending::Session(what) | Ending::Role(what) | Ending::Principal(what) | Ending::Provider(what) => (what, ""),
            Ending::Person { provider, subject } => (provider, subject.as_str()),
        };
        let last: i64 =
            sqlx::query("SELECT coalesce(max(number), 0) FROM revocation").fetch_one(&mut *db).await?.try_get(0)?;
        let end = sqlx::query(self.ending.statement()).bind(what).bind(subject).bind(before);
        end.bind(self.now).bind(DESCENDANTS).execute(&mut *db).await?;
        let live = sqlx::query("SELECT count(*) FROM revocation WHERE number > ? AND until > ?");
        let live = live.bind(last).bind(self.now + DESCENDANTS).fetch_one(&mut *db).await?.try_get(0)?;
        let papers = "INSERT INTO barred_paper (paper, until) SELECT paper, max(paper_ends)
             FROM role_session JOIN revocation USING (access_key_id) WHERE number > ? AND paper IS NOT NULL GROUP BY paper
             ON CONFLICT DO NOTHING";
        sqlx::query(papers).bind(last).execute(&mut *db).await?;
        if let Ending::Person { provider, subject } = &self.ending {
            let bar = sqlx::query(
                "INSERT INTO barred_person (subject, provider, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            );
            bar.bind(subject).bind(provider).bind(self.now).execute(&mut *db).await?;
        }
        let console = match &self.ending {
            Ending::Session(_) | Ending::Role(_) => "false",
            Ending::Principal(_) => "providers = '' AND subject = ?1 AND opened < ?3",
            Ending::Provider(_) => "instr(providers, '|' || ?1 || '|') > 0 AND opened < ?3",
            Ending::Person { .. } => "instr(providers, '|' || ?1 || '|') > 0 AND subject = ?2 AND opened < ?3",
        };
        let console = format!(
            "DELETE FROM console_session WHERE ({console})
             OR worn IN (SELECT access_key_id FROM revocation WHERE number > ?4)"
        );
        let console = sqlx::query(sqlx::AssertSqlSafe(console)).bind(what).bind(subject).bind(before).bind(last);
        let console = console.execute(&mut *db).await?.rows_affected();
        Ok(Ended { sessions: live, console })
    }
}

/// `?1` and `?2` say whose, `?3` before when; `?4` is now.
macro_rules! ending {
    ($whose:literal) => {
        concat!(
            "INSERT INTO revocation (access_key_id, until)
             WITH RECURSIVE ended (id, expires) AS (
                 SELECT access_key_id, expires FROM role_session WHERE (",
            $whose,
            ") AND issued < ?3
                 UNION SELECT child.access_key_id, child.expires FROM role_session AS child JOIN ended ON child.parent = ended.id)
             SELECT id, max(expires, ?4) + ?5 FROM ended WHERE true ON CONFLICT DO NOTHING"
        )
    };
}

impl Ending {
    fn statement(&self) -> &'static str {
        match self {
            Self::Session(_) => ending!("access_key_id = ?1"),
            Self::Role(_) => ending!("role = ?1"),
            Self::Principal(_) => ending!("principal = ?1 OR (provider IS NULL AND subject = ?1)"),
            Self::Provider(_) => ending!("provider = ?1"),
            Self::Person { .. } => ending!("provider = ?1 AND subject = ?2"),
        }
    }
}

/// Lets a person in again, with a record in the book; `false` if nobody had barred them.
pub async fn admit(path: &Path, provider: &str, subject: &str, record: AuditRecord) -> Result<bool, StoreError> {
    let mut db = open(path).await?;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut db).await?;
    let admit = sqlx::query("DELETE FROM barred_person WHERE subject = ? AND provider = ?");
    if admit.bind(subject).bind(provider).execute(&mut db).await?.rows_affected() != 1 {
        return Ok(false);
    }
    Chain::beside(&mut db).await?.append(&mut db, &record).await?;
    sqlx::query("COMMIT").execute(&mut db).await?;
    Ok(true)
}

/// Those that have neither ended nor been ended, the latest first.
pub async fn live(path: &Path, now: i64) -> Result<Vec<LiveSession>, StoreError> {
    let mut db = open(path).await?;
    let query = "SELECT access_key_id, coalesce(principal, role), role, provider, coalesce(subject, ''), issued, expires, parent
         FROM role_session WHERE expires > ? AND access_key_id NOT IN (SELECT access_key_id FROM revocation)
         ORDER BY issued DESC, access_key_id";
    let rows = sqlx::query(query).bind(now).fetch_all(&mut db).await?;
    let session = |row: &SqliteRow| {
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
    };
    Ok(rows.iter().map(session).collect::<Result<_, sqlx::Error>>()?)
}

/// The database as the gateway left it; it is neither made nor brought to another version, and may be in use.
pub(super) async fn open(path: &Path) -> Result<Connection, StoreError> {
    let opening = |source| StoreError::Open { path: path.display().to_string(), source };
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(true).busy_timeout(Duration::from_secs(10));
    let mut db = options.connect().await.map_err(opening)?;
    let there = sqlx::query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'key_ring'");
    match there.fetch_optional(&mut db).await? {
        Some(_) => Ok(db),
        None => Err(StoreError::OtherVersion(path.display().to_string())),
    }
}
