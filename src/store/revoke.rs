//! An operator's orders, given beside a gateway that is running: what it holds in memory it hears of within a second.

use super::audit::Chain;
use super::database::Connection;
use super::{AuditRecord, StoreError};
use sqlx::sqlite::SqliteConnectOptions;
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
    /// Whether it is known, without a session on record, that there is such a one.
    pub known: bool,
    pub now: i64,
}

/// What an order has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Sessions that were live, whatever is still signed with them.
    pub sessions: i64,
    pub console: u64,
    /// Whether what was to end is on record.
    pub on_record: bool,
}

/// Roles last twelve hours at most. What is being assumed at this moment with a session that ends names it as long as it
/// lasts.
const DESCENDANTS: i64 = 13 * 3_600;
/// A session that is on no record was made by somebody who has come by a key: it lasts as long as the longest (36 hours) at
/// most, from now or from what a clock that is five minutes fast calls now.
const UNRECORDED: i64 = 37 * 3_600;
/// Bars what made these sessions: `?1` and whatever else `$of` asks of their rows.
macro_rules! bar_papers {
    ($of:literal) => {
        concat!(
            "INSERT INTO barred_paper (paper, until) SELECT paper, max(paper_ends) FROM role_session
             WHERE paper IS NOT NULL AND (",
            $of,
            ") GROUP BY paper ON CONFLICT (paper) DO UPDATE SET until = max(until, excluded.until)"
        )
    };
}
pub(super) use bar_papers;

impl Revoke {
    /// Ends the sessions in one transaction with its record in the book, and makes that from what was ended. `None` if it is
    /// of nobody who is known or on record: most likely a slip of the pen, which is not to pass for done.
    pub async fn run(
        &self,
        path: &Path,
        record: impl FnOnce(Ended) -> AuditRecord,
    ) -> Result<Option<Ended>, StoreError> {
        let mut db = open(path).await?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut db).await?;
        let Some(ended) = self.apply(&mut db).await? else { return Ok(None) };
        Chain::beside(&mut db).await?.append(&mut db, &record(ended)).await?;
        sqlx::query("COMMIT").execute(&mut db).await?;
        Ok(Some(ended))
    }

    async fn apply(&self, db: &mut Connection) -> Result<Option<Ended>, sqlx::Error> {
        let before = self.before.unwrap_or(i64::MAX);
        let (what, subject) = self.ending.whose();
        let list = "CREATE TEMP TABLE ending (id TEXT NOT NULL PRIMARY KEY, expires INTEGER NOT NULL)";
        sqlx::query(list).execute(&mut *db).await?;
        let list = sqlx::query(self.ending.sessions()).bind(what).bind(subject).bind(before);
        let listed = list.execute(&mut *db).await?.rows_affected();
        let live = "SELECT count(*) FROM ending WHERE expires > ? AND id NOT IN (SELECT access_key_id FROM revocation)";
        let sessions = sqlx::query(live).bind(self.now).fetch_one(&mut *db).await?.try_get(0)?;
        let revoke = sqlx::query(
            "INSERT INTO revocation (access_key_id, until) SELECT id, max(expires, ?) + ? FROM ending WHERE true
             ON CONFLICT DO NOTHING",
        );
        revoke.bind(self.now).bind(DESCENDANTS).execute(&mut *db).await?;
        let mut on_record = listed > 0;
        if let (Ending::Session(id), true) = (&self.ending, self.known) {
            let recorded = sqlx::query("SELECT 1 FROM ending WHERE id = ?").bind(id);
            on_record = recorded.fetch_optional(&mut *db).await?.is_some();
            let revoke = "INSERT INTO revocation (access_key_id, until) VALUES (?, ?) ON CONFLICT DO NOTHING";
            sqlx::query(revoke).bind(id).bind(self.now + UNRECORDED + DESCENDANTS).execute(&mut *db).await?;
        }
        let bar = bar_papers!("access_key_id IN (SELECT id FROM ending)");
        sqlx::query(bar).execute(&mut *db).await?;
        let end = sqlx::query(self.ending.console_sessions()).bind(what).bind(subject).bind(before);
        let console = end.execute(&mut *db).await?.rows_affected();
        if let Ending::Person { provider, subject } = &self.ending {
            let bar = sqlx::query(
                "INSERT INTO barred_person (subject, provider, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            );
            bar.bind(subject).bind(provider).bind(self.now).execute(&mut *db).await?;
        }
        let somebodys = self.known || listed > 0 || console > 0;
        Ok(somebodys.then_some(Ended { sessions, console, on_record }))
    }
}

/// `?1` and `?2` say whose, `?3` before when.
macro_rules! sessions {
    ($whose:literal) => {
        concat!(
            "INSERT INTO ending (id, expires)
             WITH RECURSIVE ended (id, expires) AS (
                 SELECT access_key_id, expires FROM role_session WHERE (",
            $whose,
            ") AND issued < ?3
                 UNION SELECT child.access_key_id, child.expires FROM role_session AS child JOIN ended ON child.parent = ended.id)
             SELECT id, expires FROM ended"
        )
    };
}

/// Of those from before it was written whose they are, nobody can tell: any order ends them.
macro_rules! console_sessions {
    ($whose:literal) => {
        concat!(
            "DELETE FROM console_session WHERE ((",
            $whose,
            ") AND opened < ?3) OR opened = 0 OR worn IN (SELECT id FROM ending)"
        )
    };
}

impl Ending {
    fn whose(&self) -> (&str, &str) {
        match self {
            Self::Session(what) | Self::Role(what) | Self::Principal(what) | Self::Provider(what) => (what, ""),
            Self::Person { provider, subject } => (provider, subject),
        }
    }

    fn sessions(&self) -> &'static str {
        match self {
            Self::Session(_) => sessions!("access_key_id = ?1 OR parent = ?1"),
            Self::Role(_) => sessions!("role = ?1"),
            Self::Principal(_) => sessions!("principal = ?1 OR (provider IS NULL AND subject = ?1)"),
            Self::Provider(_) => sessions!("provider = ?1"),
            Self::Person { .. } => sessions!("provider = ?1 AND subject = ?2"),
        }
    }

    fn console_sessions(&self) -> &'static str {
        match self {
            Self::Session(_) | Self::Role(_) => console_sessions!("false"),
            Self::Principal(_) => console_sessions!("providers = '' AND subject = ?1"),
            Self::Provider(_) => console_sessions!("instr(providers, '|' || ?1 || '|') > 0"),
            Self::Person { .. } => console_sessions!("instr(providers, '|' || ?1 || '|') > 0 AND subject = ?2"),
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
