//! Recording sessions, each decided as if it had come alone.
//!
//! A file answers at once, and nobody else writes to it meanwhile: there what stands in the way is asked about, and each session
//! is a statement of its own. To a server many go together, each decided by the statement that records it; mostly nothing stands
//! in the way of any, and it is sent all at once in the hope of that.

use super::database::{Connection, DatabaseError, ManyRows, Row, Value, values};
use super::visit::{Bar, SessionRecord, Verdict, Wearer, columns};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Whether anything stands in the way of one. With `?5` none it is held against no login that has ended.
const BARS: &str = "SELECT 1 WHERE EXISTS (SELECT 1 FROM revocation WHERE access_key_id = ?1)
     OR EXISTS (SELECT 1 FROM barred_paper WHERE paper = ?2)
     OR EXISTS (SELECT 1 FROM barred_person WHERE subject = ?3 AND provider = ?4)
     OR (?5 IS NOT NULL AND EXISTS (SELECT 1 FROM ended_login AS ended WHERE ended.ordered >= ?5
         AND (ended.login = ?7 OR (ended.person = ?6 AND (ended.login IS NULL OR ?7 IS NULL)))))";
/// Whether there is anything that could.
const ANY_BAR: &str = "SELECT 1 WHERE EXISTS (SELECT 1 FROM revocation) OR EXISTS (SELECT 1 FROM barred_paper)
     OR EXISTS (SELECT 1 FROM barred_person) OR EXISTS (SELECT 1 FROM ended_login)";
/// Of values alone: where a statement inserts what it selects, SQLite keeps every page as it was, in case that a row fails.
/// What the session is held against is in `?14`, and no column.
const RECORD_ONE: &str =
    "INSERT INTO role_session (access_key_id, role, session_name, issued, expires, person, login, parent,
         principal, provider, subject, paper, paper_ends, whose, account)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?15, substr(?2, 14, 12))
     ON CONFLICT (access_key_id) DO NOTHING";

const WISH: &str =
    "WITH wish (access_key_id, role, session_name, issued, expires, person, login, parent, principal, provider,
     subject, paper, paper_ends, held_against, whose) AS (VALUES ";
macro_rules! record {
    () => {
        "INSERT INTO role_session (access_key_id, role, session_name, issued, expires, person, login, parent,
             principal, provider, subject, paper, paper_ends, whose, account)
         SELECT access_key_id, role, session_name, issued, expires,
             coalesce(person, (SELECT former.person FROM role_session AS former WHERE former.access_key_id = wish.parent)),
             coalesce(login, (SELECT former.login FROM role_session AS former WHERE former.access_key_id = wish.parent)),
             parent, principal, provider, subject, paper, paper_ends,
             coalesce((SELECT former.whose FROM role_session AS former WHERE former.access_key_id = wish.parent), whose),
             substr(role, 14, 12)
         FROM wish
         WHERE NOT EXISTS (SELECT 1 FROM revocation AS bar WHERE bar.access_key_id = wish.parent)
         AND NOT EXISTS (SELECT 1 FROM barred_paper AS bar WHERE bar.paper = wish.paper)
         AND NOT EXISTS (SELECT 1 FROM barred_person AS bar WHERE bar.subject = wish.subject AND bar.provider = wish.provider)
         AND NOT EXISTS (SELECT 1 FROM ended_login AS ended WHERE ended.ordered >= wish.held_against AND (ended.login = wish.login
             OR (ended.person = wish.person AND (ended.login IS NULL OR wish.login IS NULL))))
         ON CONFLICT (access_key_id) DO NOTHING RETURNING access_key_id"
    };
}

static RECORD: LazyLock<ManyRows> = LazyLock::new(|| ManyRows::new(WISH, 15, concat!(") ", record!())));
/// Fails, where one of them is not recorded.
static RECORD_ALL: LazyLock<ManyRows> = LazyLock::new(|| {
    let all = concat!(
        "), recorded AS (",
        record!(),
        ") SELECT 1 / CASE WHEN (SELECT count(*) FROM recorded) = (SELECT count(*) FROM wish) THEN 1 ELSE 0 END"
    );
    ManyRows::new(WISH, 15, all)
});

/// Sends them to a server in the hope that nothing stands in the way of any, as it mostly is. Where one does the transaction is
/// refused, with its commit at the latest.
pub(super) async fn hope(db: &mut Connection, sessions: &[&SessionRecord]) -> Result<(), DatabaseError> {
    let rows: Vec<_> = sessions.iter().map(|session| session.values()).collect();
    db.put_all(&RECORD_ALL, &rows).await
}

/// A verdict for each: `Done`, or why it is not on record.
pub(super) async fn record(db: &mut Connection, sessions: &[&SessionRecord]) -> Result<Vec<Verdict>, DatabaseError> {
    if db.is_shared() {
        return record_together(db, sessions).await;
    }
    // Of many it is asked together: in this transaction nobody else writes, and sessions bar no others.
    let may_be_barred = sessions.len() == 1 || db.fetch_optional(ANY_BAR, values![]).await?.is_some();
    let mut verdicts = Vec::with_capacity(sessions.len());
    for session in sessions {
        verdicts.push(record_one(db, session, may_be_barred).await?);
    }
    Ok(verdicts)
}

async fn record_one(
    db: &mut Connection,
    session: &SessionRecord,
    may_be_barred: bool,
) -> Result<Verdict, DatabaseError> {
    let former = match &session.parent {
        Some(parent) => {
            let former = "SELECT person, login, whose FROM role_session WHERE access_key_id = ?1";
            db.fetch_optional(former, values![parent]).await?
        }
        None => None,
    };
    let former = former.as_ref().map(Former::of).transpose()?.unwrap_or_default();
    let mut values = session.values();
    // What descends from another is whoever's that is.
    values[5] = values[5].or(former.person.as_deref().into());
    values[6] = values[6].or(former.login.as_deref().into());
    values[14] = Value::from(former.whose.as_deref()).or(values[14]);
    let [.., person, login, parent, _, provider, subject, paper, _, held_against, _] = values;
    let bars = [parent, paper, subject, provider, held_against, person, login];
    if may_be_barred && db.fetch_optional(BARS, &bars).await?.is_some() {
        return session.reason(db).await;
    }
    match db.execute(RECORD_ONE, &values).await? {
        1 => Ok(Verdict::Done),
        _ => session.reason(db).await,
    }
}

/// Whose the session is that another was made with.
#[derive(Default)]
struct Former {
    person: Option<Vec<u8>>,
    login: Option<Vec<u8>>,
    whose: Option<String>,
}

impl Former {
    fn of(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self { person: row.get(0)?, login: row.get(1)?, whose: row.get(2)? })
    }
}

async fn record_together(db: &mut Connection, sessions: &[&SessionRecord]) -> Result<Vec<Verdict>, DatabaseError> {
    let (mut groups, mut inserts, mut left) = (Vec::new(), Vec::new(), sessions);
    while !left.is_empty() {
        let (rows, insert) = RECORD.of(different(left));
        let (some, rest) = left.split_at(rows);
        groups.push(some);
        inserts.push((insert, some.iter().flat_map(|session| session.values()).collect()));
        left = rest;
    }
    let mut verdicts = Vec::with_capacity(sessions.len());
    for (some, held) in groups.iter().zip(db.fetch_each(&inserts).await?) {
        let held = held.iter().map(|row| row.get(0)).collect::<Result<HashSet<String>, _>>()?;
        for session in *some {
            verdicts.push(match held.contains(&session.access_key_id) {
                true => Verdict::Done,
                false => session.reason(db).await?,
            });
        }
    }
    Ok(verdicts)
}

/// How many come before one with the same id as another: that one is held against the other, in the next statement.
fn different(sessions: &[&SessionRecord]) -> usize {
    let mut seen = HashSet::with_capacity(sessions.len());
    sessions.iter().take_while(|session| seen.insert(&session.access_key_id)).count()
}

impl SessionRecord {
    fn values(&self) -> [Value<'_>; 15] {
        let Self { access_key_id, issued, expires, principal, subject, .. } = self;
        // The session of a user, or of a federated one, has no name but theirs.
        let (worn, name) = match &self.wearer {
            Wearer::Role { arn, session_name } => (arn, session_name.as_str()),
            Wearer::User { arn } => (arn, ""),
        };
        let (person, login) = columns(self.origin.as_ref());
        let (parent, provider) = (self.parent.as_deref(), self.provider.as_deref());
        let (hash, ends) = self.paper.as_ref().map(|paper| (&paper.hash, paper.ends)).unzip();
        let held_against = self.paper.as_ref().and_then(|paper| paper.issued);
        *values![
            access_key_id,
            worn,
            name,
            *issued,
            *expires,
            person,
            login,
            parent,
            principal,
            provider,
            subject,
            hash,
            ends,
            held_against,
            self.whose.as_deref(),
        ]
    }

    /// It is decided; this is for the words.
    async fn reason(&self, db: &mut Connection) -> Result<Verdict, DatabaseError> {
        let bars = "SELECT EXISTS (SELECT 1 FROM barred_person WHERE subject = ?1 AND provider = ?2),
             EXISTS (SELECT 1 FROM barred_paper WHERE paper = ?3), EXISTS (SELECT 1 FROM revocation WHERE access_key_id = ?4),
             EXISTS (SELECT 1 FROM role_session WHERE access_key_id = ?5)";
        let Self { access_key_id, subject, .. } = self;
        let (parent, provider) = (self.parent.as_deref(), self.provider.as_deref());
        let hash = self.paper.as_ref().map(|paper| &paper.hash);
        let row = db.fetch_one(bars, values![subject, provider, hash, parent, access_key_id]).await?;
        Ok(match (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?) {
            (true, _, _, _) => Verdict::Barred(Bar::Person),
            (_, true, _, _) => Verdict::Barred(Bar::Paper),
            (_, _, true, _) => Verdict::Barred(Bar::Session),
            (_, _, _, true) => Verdict::Taken,
            _ => Verdict::LoggedOut,
        })
    }
}
