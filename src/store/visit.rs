//! Everything that one request changes.

use super::database::Connection;
use super::{AuditRecord, Logout, Origin, RoleUse};
use crate::trace::Trace;
use sqlx::{QueryBuilder, Row, Sqlite};

/// What happens together or not at all. The decisive parts (`redeem`, `take`, `replace_console`) come first; when one of them is lost,
/// the rest does not happen.
#[derive(Default)]
pub struct Visit {
    pub redeem: Vec<Redemption>,
    /// The hash of a sign-in token that is used up now.
    pub take: Option<TakeToken>,
    pub session: Option<SessionRecord>,
    pub end_console: Option<[u8; 32]>,
    /// What an identity provider has ended, or was ended here for it.
    pub logout: Option<Logout>,
    /// The session under this hash becomes another one; lost when it has ended meanwhile.
    pub replace_console: Option<([u8; 32], ConsoleRecord)>,
    pub console: Option<ConsoleRecord>,
    pub signin_token: Option<SigninTokenRecord>,
    pub role_use: Option<RoleUse>,
    /// A key of the house, by name; the first one stays.
    pub wrapped_key: Option<(String, Vec<u8>)>,
    pub audit: Option<AuditRecord>,
}

/// How a visit was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Done,
    /// The assertion, token or sign-in URL had been used before.
    Spent,
    /// The identity provider has ended the login that the assertion or token is of.
    LoggedOut,
    /// The access key id exists already: draw another.
    Taken,
    /// An operator has ended what it comes from.
    Barred(Bar),
}

/// What stands in the way of a new session. It is held against the book in the statement that records the session, so
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

/// Where an assertion was used first. The two never mix: a stolen copy of a browser's assertion is worth nothing at
/// the API, and the reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    Browser,
    Api,
}

/// One use of an assertion (or of a token at a browser sign-in).
#[derive(Clone)]
pub struct Redemption {
    /// The identity provider's entity id, or the issuer.
    pub issuer: String,
    /// The assertion's id, or the token's hash.
    pub paper: String,
    pub surface: Surface,
    /// The role that is asked for at the API; empty in the browser.
    pub role: String,
    /// Whether the paper is good once, instead of once for each role.
    pub once: bool,
    pub keep_until: i64,
    /// The login that the paper is of, if it is one's: an order to end it bars what was issued before.
    pub login: Option<Login>,
}

/// A login that has just led to something.
#[derive(Clone)]
pub struct Login {
    /// As each registration knows it that it is to count for.
    pub origins: Vec<Origin>,
    /// When the paper was issued, by the identity provider's clock.
    pub issued: i64,
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
}

pub struct SigninTokenRecord {
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

impl Visit {
    /// Whether something may have been written when it is lost. A session is recorded by one statement, which comes first,
    /// and nothing behind it is ever lost.
    pub(super) fn is_in_parts(&self) -> bool {
        let Self { redeem, take, end_console, logout, replace_console, console, .. } = self;
        !redeem.is_empty()
            || take.is_some()
            || end_console.is_some()
            || logout.is_some()
            || replace_console.is_some()
            || console.is_some()
    }

    /// Runs the statements. `Verdict::Done` means that they all held.
    pub(super) async fn apply(&self, db: &mut Connection) -> Result<Verdict, sqlx::Error> {
        for redemption in &self.redeem {
            match redemption.apply(db).await? {
                Verdict::Done => {}
                lost => return Ok(lost),
            }
        }
        if let Some(take) = &self.take {
            let take = sqlx::query("UPDATE signin_token SET taken = 1 WHERE hash = ? AND taken = 0 AND expires > ?")
                .bind(take.hash.as_slice())
                .bind(take.now);
            if take.execute(&mut *db).await?.rows_affected() != 1 {
                return Ok(Verdict::Spent);
            }
        }
        if let Some((former, _)) = &self.replace_console
            && end(former, db).await? != 1
        {
            return Ok(Verdict::Spent);
        }
        if let Some(session) = &self.session {
            match session.apply(db).await? {
                Verdict::Done => {}
                lost => return Ok(lost),
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
        if let Some(token) = &self.signin_token {
            let insert = sqlx::query("INSERT INTO signin_token (hash, sealed, expires) VALUES (?, ?, ?)");
            insert.bind(token.hash.as_slice()).bind(&token.sealed).bind(token.expires).execute(&mut *db).await?;
        }
        if let Some(role_use) = &self.role_use {
            role_use.apply(db).await?;
        }
        if let Some((name, wrapped)) = &self.wrapped_key {
            let insert =
                sqlx::query("INSERT INTO wrapped_key (name, wrapped) VALUES (?, ?) ON CONFLICT (name) DO NOTHING");
            insert.bind(name).bind(wrapped).execute(&mut *db).await?;
        }
        Ok(Verdict::Done)
    }
}

async fn end(console: &[u8; 32], db: &mut Connection) -> Result<u64, sqlx::Error> {
    let delete = sqlx::query("DELETE FROM console_session WHERE id_hash = ?").bind(console.as_slice());
    Ok(delete.execute(db).await?.rows_affected())
}

impl Redemption {
    /// One statement decides: the first use inserts, a later use at the API may add a role that is not there yet.
    async fn apply(&self, db: &mut Connection) -> Result<Verdict, sqlx::Error> {
        let surface = match self.surface {
            Surface::Browser => "browser",
            Surface::Api => "api",
        };
        // Whoever has no login matches no order: nothing equals NULL.
        let origins = self.login.as_ref().map_or(&[][..], |login| &login.origins);
        let mine = origins.iter().map(|origin| columns(Some(origin))).chain([columns(None)]);
        let mut statement = QueryBuilder::<Sqlite>::new("WITH mine (person, login) AS (");
        statement.push_values(mine, |mut row, (person, login)| {
            row.push_bind(person).push_bind(login);
        });
        statement
            .push(") INSERT INTO redemption (issuer, paper, surface, roles, keep_until) SELECT ")
            .push_bind(&self.issuer)
            .push(", ")
            .push_bind(&self.paper)
            .push(", ")
            .push_bind(surface)
            .push(", ")
            .push_bind(format!("|{}|", self.role))
            .push(", ")
            .push_bind(self.keep_until)
            .push(
                " WHERE NOT EXISTS (SELECT 1 FROM mine JOIN ended_login AS ended ON ended.login = mine.login
                 OR (ended.person = mine.person AND (ended.login IS NULL OR mine.login IS NULL)) WHERE ended.ordered >= ",
            )
            .push_bind(self.login.as_ref().map(|login| login.issued))
            .push(
                ") ON CONFLICT (issuer, paper) DO UPDATE SET roles = roles || excluded.roles
                 WHERE surface = 'api' AND excluded.surface = 'api' AND instr(roles, excluded.roles) = 0 AND 0 = ",
            )
            .push_bind(i64::from(self.once));
        let done = statement.build().execute(&mut *db).await?;
        if done.rows_affected() == 1 {
            return Ok(Verdict::Done);
        }
        // It is decided; this is for the words.
        let used = sqlx::query("SELECT 1 FROM redemption WHERE issuer = ? AND paper = ?");
        let used = used.bind(&self.issuer).bind(&self.paper).fetch_optional(&mut *db).await?;
        Ok(if used.is_some() { Verdict::Spent } else { Verdict::LoggedOut })
    }
}

impl ConsoleRecord {
    async fn apply(&self, db: &mut Connection) -> Result<Verdict, sqlx::Error> {
        let insert = "INSERT INTO console_session (id_hash, sealed, expires, subject, providers, opened, worn)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
             WHERE NOT EXISTS (SELECT 1 FROM revocation WHERE access_key_id = ?7)
             AND NOT EXISTS (SELECT 1 FROM barred_person WHERE subject = ?4 AND instr(?5, '|' || provider || '|') > 0)";
        let providers: String = self.providers.iter().map(|arn| format!("|{arn}|")).collect();
        let insert = sqlx::query(insert).bind(self.id_hash.as_slice()).bind(&self.sealed).bind(self.expires);
        let insert = insert.bind(&self.subject).bind(providers).bind(self.opened).bind(&self.worn);
        if insert.execute(&mut *db).await?.rows_affected() != 1 {
            // It is decided; this is for the words.
            let ended = sqlx::query("SELECT 1 FROM revocation WHERE access_key_id = ?").bind(&self.worn);
            let ended = ended.fetch_optional(&mut *db).await?;
            return Ok(Verdict::Barred(if ended.is_some() { Bar::Session } else { Bar::Person }));
        }
        if self.origins.is_empty() {
            return Ok(Verdict::Done);
        }
        let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO console_login (id_hash, person, login) ");
        insert.push_values(&self.origins, |mut row, origin| {
            let (person, login) = columns(Some(origin));
            row.push_bind(self.id_hash.as_slice()).push_bind(person).push_bind(login);
        });
        insert.push(" ON CONFLICT DO NOTHING");
        insert.build().execute(db).await?;
        Ok(Verdict::Done)
    }
}

fn columns(origin: Option<&Origin>) -> (Option<&[u8]>, Option<&[u8]>) {
    let login = origin.and_then(|origin| origin.login.as_ref());
    (origin.map(|origin| origin.person.as_slice()), login.map(<[u8; 32]>::as_slice))
}

impl SessionRecord {
    async fn apply(&self, db: &mut Connection) -> Result<Verdict, sqlx::Error> {
        let insert = "INSERT INTO role_session (access_key_id, role, session_name, issued, expires, person, login,
                 parent, principal, provider, subject, paper, paper_ends)
             SELECT ?1, ?2, ?3, ?4, ?5, coalesce(?6, (SELECT person FROM role_session WHERE access_key_id = ?8)),
                 coalesce(?7, (SELECT login FROM role_session WHERE access_key_id = ?8)), ?8, ?9, ?10, ?11, ?12, ?13
             WHERE NOT EXISTS (SELECT 1 FROM revocation WHERE access_key_id = ?8)
             AND NOT EXISTS (SELECT 1 FROM barred_paper WHERE paper = ?12)
             AND NOT EXISTS (SELECT 1 FROM barred_person WHERE subject = ?11 AND provider = ?10)
             AND NOT EXISTS (SELECT 1 FROM ended_login WHERE ordered >= ?14
                 AND (login = ?7 OR (person = ?6 AND (login IS NULL OR ?7 IS NULL))))
             ON CONFLICT (access_key_id) DO NOTHING";
        // The session of a user, or of a federated one, has no name but theirs.
        let (worn, name) = match &self.wearer {
            Wearer::Role { arn, session_name } => (arn, session_name.as_str()),
            Wearer::User { arn } => (arn, ""),
        };
        let insert = sqlx::query(insert).bind(&self.access_key_id).bind(worn).bind(name);
        let (person, login) = columns(self.origin.as_ref());
        let insert = insert.bind(self.issued).bind(self.expires).bind(person).bind(login).bind(&self.parent);
        let (hash, ends) = self.paper.as_ref().map(|paper| (&paper.hash, paper.ends)).unzip();
        let insert = insert.bind(&self.principal).bind(&self.provider).bind(&self.subject).bind(hash).bind(ends);
        let insert = insert.bind(self.paper.as_ref().and_then(|paper| paper.issued));
        if insert.execute(&mut *db).await?.rows_affected() == 1 {
            return Ok(Verdict::Done);
        }
        // It is decided; this is for the words.
        let bars = "SELECT EXISTS (SELECT 1 FROM barred_person WHERE subject = ?1 AND provider = ?2),
             EXISTS (SELECT 1 FROM barred_paper WHERE paper = ?3), EXISTS (SELECT 1 FROM revocation WHERE access_key_id = ?4),
             EXISTS (SELECT 1 FROM role_session WHERE access_key_id = ?5)";
        let bars = sqlx::query(bars).bind(&self.subject).bind(&self.provider).bind(hash).bind(&self.parent);
        let row = bars.bind(&self.access_key_id).fetch_one(&mut *db).await?;
        Ok(match (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?) {
            (true, _, _, _) => Verdict::Barred(Bar::Person),
            (_, true, _, _) => Verdict::Barred(Bar::Paper),
            (_, _, true, _) => Verdict::Barred(Bar::Session),
            (_, _, _, true) => Verdict::Taken,
            _ => Verdict::LoggedOut,
        })
    }
}
