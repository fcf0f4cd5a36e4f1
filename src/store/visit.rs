//! Everything that one request changes.

use super::database::{Connection, DatabaseError, Sql, Value, values};
use super::{AuditRecord, Logout, Origin, RecentRecord, Redemption, RoleUse, session};
use crate::trace::Trace;

/// What happens together or not at all. Parts that decide come first; when one of them is lost, the rest does not happen. It
/// goes from hand to hand, so what most have none of takes little room in it.
#[derive(Default)]
pub struct Visit {
    pub redeem: Vec<Redemption>,
    /// What is good once, and used up now.
    pub take: Option<TakeToken>,
    pub session: Option<SessionRecord>,
    pub end_console: Option<[u8; 32]>,
    /// The same from another browser; lost when it has ended, or gone on under another hash, meanwhile.
    pub end_browser: Option<[u8; 32]>,
    /// What an identity provider has ended, or was ended here for it.
    pub logout: Option<Logout>,
    /// The session under this hash becomes another one; lost when it has ended meanwhile.
    pub replace_console: Option<([u8; 32], Box<ConsoleRecord>)>,
    pub console: Option<Box<ConsoleRecord>>,
    pub signin_token: Option<OneTimeRecord>,
    pub role_use: Option<RoleUse>,
    /// Who is barred no more, by subject and provider; lost if they were not.
    pub admit: Option<(String, String)>,
    /// A key of the house, by name; the first one stays.
    pub wrapped_key: Option<(String, Vec<u8>)>,
    /// Where a person has switched to before, and now.
    pub recent: Option<RecentRecord>,
    pub audit: Option<AuditRecord>,
}

/// A session with its record in the book, or a record alone.
pub(super) type Recorded<'a> = (Option<&'a SessionRecord>, Option<&'a AuditRecord>);

/// How a visit was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Done,
    /// The assertion, token or sign-in URL had been used before.
    Spent,
    /// The identity provider has ended the login that the assertion or token is of.
    LoggedOut,
    /// The access key id exists already: draw another. A destination is another node's.
    Taken,
    /// An operator has ended what it comes from.
    Barred(Bar),
}

/// What stands in the way of a new session. It is held against the book in the transaction that records the session, so
/// that nothing passes between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// The session that it would descend from, or wear, was ended.
    Session,
    /// A session that was made from this paper was ended.
    Paper,
    /// The person, at that provider, until they are admitted again.
    Person,
}

pub struct TakeToken {
    pub hash: [u8; 32],
    pub now: i64,
}

#[derive(Clone)]
pub struct SessionRecord {
    pub access_key_id: String,
    pub wearer: Wearer,
    pub issued: i64,
    pub expires: i64,
    /// For sessions that an identity provider may end: those that were made from a paper of its.
    pub origin: Option<Origin>,
    /// The access key id of the session that it was assumed with, whose origin it has.
    pub parent: Option<String>,
    /// The ARN of whoever wears it.
    pub principal: String,
    /// The ARN of the federation provider at the beginning, if one is.
    pub provider: Option<String>,
    /// The subject there, or the ARN of whoever assumed the role.
    pub subject: String,
    pub paper: Option<PaperRecord>,
    /// Whose it is: issuer and subject digested, or a user's ARN. What descends from another is whoever's that is.
    pub whose: Option<String>,
}

/// An assertion or a token.
#[derive(Clone)]
pub struct PaperRecord {
    /// In hex.
    pub hash: String,
    /// From then on it is good for nothing anyway.
    pub ends: i64,
    /// When it was issued, of a token that makes no session any more once its login has been ended. Assertions are held
    /// against that as they are redeemed.
    pub issued: Option<i64>,
}

/// Whose temporary credentials a session's are.
#[derive(Clone)]
pub enum Wearer {
    Role {
        arn: String,
        session_name: String,
    },
    /// Or a federated user's.
    User {
        arn: String,
    },
}

pub struct ConsoleRecord {
    pub id_hash: [u8; 32],
    pub sealed: Vec<u8>,
    pub expires: i64,
    /// For people who can be signed out by their identity provider: as each registration knows them.
    pub origins: Vec<Origin>,
    /// A user's ARN, or the subject at the providers.
    pub subject: String,
    /// ARNs.
    pub providers: Vec<String>,
    pub opened: i64,
    /// The access key id of the role session that is worn.
    pub worn: Option<String>,
    /// As of role sessions; of one that wears a role for good, the access key id of that.
    pub whose: String,
}

/// What is taken once: behind a sign-in URL, or what a test login found.
pub struct OneTimeRecord {
    pub hash: [u8; 32],
    pub sealed: Vec<u8>,
    pub expires: i64,
}

pub struct TraceRecord {
    pub at: i64,
    /// What was attempted: `AssumeRoleWithSAML`, `SamlSignIn`…
    pub what: &'static str,
    /// `allow` or `refuse`.
    pub outcome: &'static str,
    pub trace: Trace,
    /// Whether it was refused before anything had been verified: of these, only a sample is kept.
    pub unverified: bool,
}

impl TraceRecord {
    /// Why it was refused. A rule that failed beside one that gave the role is in the steps; the request itself was not.
    pub(super) fn code(&self) -> &str {
        self.trace.refusal().filter(|_| self.outcome == "refuse").unwrap_or_default()
    }
}

impl Visit {
    /// Whether something may have been written when it is lost: more than one part is decisive, or one behind what is not.
    pub(super) fn is_in_parts(&self, is_shared: bool) -> bool {
        let Self { redeem, take, session, end_console, end_browser, logout, replace_console, console, admit, .. } =
            self;
        let papers = if self.redeemed_last(is_shared).is_some() { 0 } else { redeem.len() };
        let decisive =
            [take.is_some(), replace_console.is_some(), end_browser.is_some(), admit.is_some(), session.is_some()];
        let before = papers + decisive.into_iter().filter(|is| *is).count();
        match console.is_some() || replace_console.is_some() {
            true => before > 0 || end_console.is_some() || logout.is_some(),
            false => before > 1,
        }
    }

    /// A file answers at once, and nobody else writes to it meanwhile: there a paper is asked about first and used up last,
    /// when nothing can be lost any more. Not one of several, which may be the same.
    fn redeemed_last(&self, is_shared: bool) -> Option<&Redemption> {
        match &self.redeem[..] {
            [one] if !is_shared => Some(one),
            _ => None,
        }
    }

    pub(super) fn record_alone(&self) -> Option<Recorded<'_>> {
        // All of them: what is left out here would not be done.
        let Self {
            redeem,
            take,
            session,
            end_console,
            end_browser,
            logout,
            replace_console,
            console,
            signin_token,
            role_use,
            admit,
            wrapped_key,
            recent,
            audit,
        } = self;
        let nothing_else = redeem.is_empty()
            && (take.is_none() && end_console.is_none() && end_browser.is_none() && logout.is_none())
            && replace_console.is_none()
            && (console.is_none() && signin_token.is_none() && admit.is_none())
            && (wrapped_key.is_none() && recent.is_none() && role_use.is_none());
        nothing_else.then_some((session.as_ref(), audit.as_ref()))
    }

    /// Runs the statements. `Verdict::Done` means that they all held.
    pub(super) async fn apply(&self, db: &mut Connection) -> Result<Verdict, DatabaseError> {
        let redeemed_last = self.redeemed_last(db.is_shared());
        for redemption in &self.redeem {
            let decided = match redeemed_last {
                Some(_) => redemption.ask(db).await?,
                None => redemption.apply(db).await?,
            };
            if decided != Verdict::Done {
                return Ok(decided);
            }
        }
        if !self.takes(db).await? {
            return Ok(Verdict::Spent);
        }
        if let Some(session) = &self.session {
            match session::record(db, &[session]).await?.first() {
                Some(Verdict::Done) | None => {}
                Some(lost) => return Ok(*lost),
            }
        }
        if let Some(id) = &self.end_console {
            end(id, db).await?;
        }
        if let Some(logout) = &self.logout {
            logout.apply(db).await?;
        }
        if let Some(console) = self.console.as_ref().or(self.replace_console.as_ref().map(|(_, console)| console)) {
            match console.apply(db).await? {
                Verdict::Done => {}
                lost => return Ok(lost),
            }
        }
        self.keep_the_rest(db).await?;
        match redeemed_last {
            Some(redemption) => redemption.use_up(db).await.map(|()| Verdict::Done),
            None => Ok(Verdict::Done),
        }
    }

    /// Whether all was there that is there once, and goes.
    async fn takes(&self, db: &mut Connection) -> Result<bool, DatabaseError> {
        if let Some(take) = &self.take {
            let used = "UPDATE signin_token SET taken = 1 WHERE hash = ?1 AND taken = 0 AND expires > ?2";
            if db.execute(used, values![&take.hash, take.now]).await? != 1 {
                return Ok(false);
            }
        }
        let replaced = self.replace_console.as_ref().map(|(former, _)| former);
        for console in replaced.into_iter().chain(&self.end_browser) {
            if end(console, db).await? != 1 {
                return Ok(false);
            }
        }
        if let Some((subject, provider)) = &self.admit {
            let admit = "DELETE FROM barred_person WHERE subject = ?1 AND provider = ?2";
            return Ok(db.execute(admit, values![subject, provider]).await? == 1);
        }
        Ok(true)
    }

    /// What decides nothing.
    async fn keep_the_rest(&self, db: &mut Connection) -> Result<(), DatabaseError> {
        if let Some(token) = &self.signin_token {
            let insert = "INSERT INTO signin_token (hash, sealed, expires) VALUES (?1, ?2, ?3)";
            db.execute(insert, values![&token.hash, &token.sealed, token.expires]).await?;
        }
        if let Some(recent) = &self.recent {
            recent.apply(db).await?;
        }
        if let Some(role_use) = &self.role_use {
            role_use.apply(db).await?;
        }
        if let Some((name, wrapped)) = &self.wrapped_key {
            let insert = "INSERT INTO wrapped_key (name, wrapped) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
            db.execute(insert, values![name, wrapped]).await?;
        }
        Ok(())
    }
}

async fn end(console: &[u8; 32], db: &mut Connection) -> Result<u64, DatabaseError> {
    db.execute("DELETE FROM console_session WHERE id_hash = ?1", values![console]).await
}

impl ConsoleRecord {
    async fn apply(&self, db: &mut Connection) -> Result<Verdict, DatabaseError> {
        let insert = "INSERT INTO console_session (id_hash, sealed, expires, subject, providers, opened, worn, whose)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
             WHERE NOT EXISTS (SELECT 1 FROM revocation WHERE access_key_id = ?7)
             AND NOT EXISTS (SELECT 1 FROM barred_person WHERE subject = ?4 AND replace(?5, '|' || provider || '|', '') <> ?5)";
        let providers: String = self.providers.iter().map(|arn| format!("|{arn}|")).collect();
        let Self { id_hash, sealed, expires, subject, opened, worn, whose, .. } = self;
        let worn = worn.as_deref();
        let session = values![id_hash, sealed, *expires, subject, &providers, *opened, worn, whose];
        if db.execute(insert, session).await? != 1 {
            // It is decided; this is for the words.
            let ended = "SELECT 1 FROM revocation WHERE access_key_id = ?1";
            let ended = db.fetch_optional(ended, values![worn]).await?;
            return Ok(Verdict::Barred(if ended.is_some() { Bar::Session } else { Bar::Person }));
        }
        if self.origins.is_empty() {
            return Ok(Verdict::Done);
        }
        let insert = "INSERT INTO console_login (id_hash, person, login) VALUES ";
        let insert = Sql::with_rows(insert, 0, (self.origins.len(), 3), " ON CONFLICT DO NOTHING");
        let logins = self.origins.iter().flat_map(|origin| {
            let (person, login) = columns(Some(origin));
            [Value::from(id_hash), person.into(), login.into()]
        });
        db.execute(insert, &logins.collect::<Vec<_>>()).await.map(|_| Verdict::Done)
    }
}

pub(super) fn columns(origin: Option<&Origin>) -> (Option<&[u8]>, Option<&[u8]>) {
    let login = origin.and_then(|origin| origin.login.as_ref());
    (origin.map(|origin| origin.person.as_slice()), login.map(<[u8; 32]>::as_slice))
}
