//! The orders by which sessions end: an operator's, given beside a gateway that is running, and those that are given in the
//! console. What a gateway holds in memory it hears of within a second.

use super::audit::Chain;
use super::database::{Connection, DatabaseError, values};
use super::handle::beside;
use super::{Address, AuditRecord, StoreError};
use serde_json::{Value, json};

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
    /// Everything that is somebody's, by all that is theirs; they may come again.
    Whose(Vec<String>),
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
pub struct Revoked {
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
            ") GROUP BY paper ON CONFLICT (paper) DO UPDATE SET until =
                 CASE WHEN barred_paper.until > excluded.until THEN barred_paper.until ELSE excluded.until END"
        )
    };
}
pub(super) use bar_papers;

impl Revoke {
    /// Ends the sessions in one transaction with its record in the book, and makes that from what was ended. `None` if it is
    /// of nobody who is known or on record: most likely a slip of the pen, which is not to pass for done.
    pub async fn run(
        &self,
        address: &Address,
        record: impl FnOnce(Revoked) -> AuditRecord,
    ) -> Result<Option<Revoked>, StoreError> {
        let mut db = beside(address).await?;
        db.begin().await?;
        let Some(ended) = self.apply(&mut db, true).await? else { return Ok(None) };
        Chain::beside(&mut db).await?.append(&mut db, &record(ended)).await?;
        db.commit().await?;
        Ok(Some(ended))
    }

    pub(super) async fn apply(&self, db: &mut Connection, by_operator: bool) -> Result<Option<Revoked>, DatabaseError> {
        let before = self.before.unwrap_or(i64::MAX);
        let list = "CREATE TEMP TABLE ending (id TEXT NOT NULL PRIMARY KEY, expires BIGINT NOT NULL)";
        db.run(list).await?;
        let (sessions, console_sessions) = (self.ending.sessions(), self.ending.console_sessions());
        let mut listed = 0;
        for (what, subject) in self.ending.whose() {
            listed += db.execute(sessions, values![what, subject, before]).await?;
        }
        let live =
            "SELECT count(*) FROM ending WHERE expires > ?1 AND id NOT IN (SELECT access_key_id FROM revocation)";
        let sessions = db.fetch_one(live, values![self.now]).await?.get(0)?;
        let revoke = "INSERT INTO revocation (access_key_id, until)
             SELECT id, CASE WHEN expires > ?1 THEN expires ELSE ?1 END + ?2 FROM ending WHERE true ON CONFLICT DO NOTHING";
        db.execute(revoke, values![self.now, DESCENDANTS]).await?;
        let mut on_record = listed > 0;
        if let (Ending::Session(id), true) = (&self.ending, self.known) {
            on_record = db.fetch_optional("SELECT 1 FROM ending WHERE id = ?1", values![id]).await?.is_some();
            let revoke = "INSERT INTO revocation (access_key_id, until) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            db.execute(revoke, values![id, self.now + UNRECORDED + DESCENDANTS]).await?;
        }
        let bar = bar_papers!("access_key_id IN (SELECT id FROM ending)");
        db.run(bar).await?;
        let mut console = 0;
        for (what, subject) in self.ending.whose() {
            console += db.execute(console_sessions, values![what, subject, before]).await?;
        }
        let wearing = "DELETE FROM console_session WHERE worn IN (SELECT id FROM ending)";
        console += db.execute(wearing, values![]).await?;
        if by_operator {
            // From before it was written whose they are nobody can tell.
            console += db.execute("DELETE FROM console_session WHERE opened = 0", values![]).await?;
        }
        if let Ending::Person { provider, subject } = &self.ending {
            let bar = "INSERT INTO barred_person (subject, provider, since) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            db.execute(bar, values![subject, provider, self.now]).await?;
        }
        db.run("DROP TABLE ending").await?;
        let somebodys = self.known || listed > 0 || console > 0;
        Ok(somebodys.then_some(Revoked { sessions, console, on_record }))
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
             SELECT id, expires FROM ended WHERE true ON CONFLICT DO NOTHING"
        )
    };
}

macro_rules! console_sessions {
    ($whose:literal) => {
        concat!("DELETE FROM console_session WHERE (", $whose, ") AND opened < ?3")
    };
}

impl Ending {
    /// As the book tells of it.
    pub fn parameters(&self) -> Value {
        match self {
            Self::Session(id) => json!({ "session": id }),
            Self::Role(arn) => json!({ "role": arn }),
            Self::Principal(arn) => json!({ "principal": arn }),
            Self::Provider(arn) => json!({ "provider": arn }),
            Self::Person { provider, subject } => json!({ "provider": provider, "subject": subject }),
            Self::Whose(_) => json!({ "everythingOf": "userIdentity" }),
        }
    }

    fn whose(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Session(what) | Self::Role(what) | Self::Principal(what) | Self::Provider(what) => vec![(what, "")],
            Self::Whose(all) => all.iter().map(|whose| (whose.as_str(), "")).collect(),
            Self::Person { provider, subject } => vec![(provider, subject)],
        }
    }

    fn sessions(&self) -> &'static str {
        match self {
            Self::Session(_) => sessions!("access_key_id = ?1 OR parent = ?1"),
            Self::Role(_) => sessions!("role = ?1"),
            Self::Principal(_) => sessions!("principal = ?1 OR (provider IS NULL AND subject = ?1)"),
            Self::Provider(_) => sessions!("provider = ?1"),
            Self::Person { .. } => sessions!("provider = ?1 AND subject = ?2"),
            Self::Whose(_) => sessions!("whose = ?1"),
        }
    }

    fn console_sessions(&self) -> &'static str {
        match self {
            Self::Session(_) | Self::Role(_) => console_sessions!("false"),
            Self::Principal(_) => console_sessions!("providers = '' AND subject = ?1"),
            Self::Provider(_) => console_sessions!("replace(providers, '|' || ?1 || '|', '') <> providers"),
            Self::Person { .. } => {
                console_sessions!("replace(providers, '|' || ?1 || '|', '') <> providers AND subject = ?2")
            }
            Self::Whose(_) => console_sessions!("whose = ?1"),
        }
    }
}

/// Lets a person in again, with a record in the book; `false` if nobody had barred them.
pub async fn admit(address: &Address, provider: &str, subject: &str, record: AuditRecord) -> Result<bool, StoreError> {
    let mut db = beside(address).await?;
    db.begin().await?;
    let admit = "DELETE FROM barred_person WHERE subject = ?1 AND provider = ?2";
    if db.execute(admit, values![subject, provider]).await? != 1 {
        return Ok(false);
    }
    Chain::beside(&mut db).await?.append(&mut db, &record).await?;
    db.commit().await?;
    Ok(true)
}
