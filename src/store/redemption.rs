//! Papers that are used up.

use super::Origin;
use super::database::{Connection, DatabaseError, Sql, Value, values};
use super::visit::{Verdict, columns};

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

/// Behind the logins under which the paper's may have been ended.
const REDEEM: &str = ") INSERT INTO redemption (issuer, paper, surface, roles, keep_until) SELECT ?1, ?2, ?3, ?4, ?5
     WHERE NOT EXISTS (SELECT 1 FROM mine JOIN ended_login AS ended ON ended.login = mine.login
         OR (ended.person = mine.person AND (ended.login IS NULL OR mine.login IS NULL)) WHERE ended.ordered >= ?6)
     ON CONFLICT (issuer, paper) DO UPDATE SET roles = redemption.roles || excluded.roles
     WHERE redemption.surface = 'api' AND excluded.surface = 'api'
         AND replace(redemption.roles, excluded.roles, '') = redemption.roles AND ?7 = 0";
/// The same in three: whether the login has been ended, whether the paper is used up, and its use.
const ENDED: &str = "SELECT 1 FROM ended_login AS ended WHERE ended.ordered >= ?3
     AND (ended.login = ?2 OR (ended.person = ?1 AND (ended.login IS NULL OR ?2 IS NULL)))";
const SPENT: &str = "SELECT 1 FROM redemption WHERE issuer = ?1 AND paper = ?2
     AND NOT (surface = 'api' AND ?3 = 'api' AND replace(roles, ?4, '') = roles AND ?5 = 0)";
const USE_UP: &str = "INSERT INTO redemption (issuer, paper, surface, roles, keep_until) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT (issuer, paper) DO UPDATE SET roles = redemption.roles || excluded.roles
     WHERE redemption.surface = 'api' AND excluded.surface = 'api'
         AND replace(redemption.roles, excluded.roles, '') = redemption.roles AND ?6 = 0";

impl Redemption {
    /// The only use of a paper, in the browser; of nobody's login.
    pub fn at_browser(issuer: impl Into<String>, paper: String, keep_until: i64) -> Self {
        let (issuer, surface, role) = (issuer.into(), Surface::Browser, String::new());
        Self { issuer, paper, surface, role, once: true, keep_until, login: None }
    }

    /// One statement decides: the first use inserts, a later use at the API may add a role that is not there yet.
    pub(super) async fn apply(&self, db: &mut Connection) -> Result<Verdict, DatabaseError> {
        let ((origins, issued), role) = (self.login(), self.role());
        let mine = origins.iter().map(Some).chain([None]).flat_map(|origin| {
            let (person, login) = columns(origin);
            [Value::from(person), Value::from(login)]
        });
        let fixed = values![&self.issuer, &self.paper, self.surface.name(), &role, self.keep_until, issued, self.once];
        let redeem =
            Sql::with_rows("WITH mine (person, login) AS (VALUES ", fixed.len(), (origins.len() + 1, 2), REDEEM);
        let all: Vec<Value<'_>> = fixed.iter().copied().chain(mine).collect();
        match db.execute(redeem, &all).await? {
            1 => Ok(Verdict::Done),
            _ => self.reason(db).await,
        }
    }

    /// How it is decided by whoever writes next, and nobody in between.
    pub(super) async fn ask(&self, db: &mut Connection) -> Result<Verdict, DatabaseError> {
        let (origins, issued) = self.login();
        for origin in origins {
            let (person, login) = columns(Some(origin));
            if db.fetch_optional(ENDED, values![person, login, issued]).await?.is_some() {
                return self.reason(db).await;
            }
        }
        let (surface, role) = (self.surface.name(), self.role());
        let paper = values![&self.issuer, &self.paper, surface, &role, self.once];
        let spent = db.fetch_optional(SPENT, paper).await?.is_some();
        Ok(if spent { Verdict::Spent } else { Verdict::Done })
    }

    /// Of one that was asked about in this transaction.
    pub(super) async fn use_up(&self, db: &mut Connection) -> Result<(), DatabaseError> {
        let (surface, role) = (self.surface.name(), self.role());
        let paper = values![&self.issuer, &self.paper, surface, &role, self.keep_until, self.once];
        if db.execute(USE_UP, paper).await? == 1 { Ok(()) } else { Err(DatabaseError::NoRow) }
    }

    /// Whoever has no login matches no order.
    fn login(&self) -> (&[Origin], Option<i64>) {
        self.login.as_ref().map_or((&[], None), |login| (&login.origins, Some(login.issued)))
    }

    fn role(&self) -> String {
        format!("|{}|", self.role)
    }

    /// It is decided; this is for the words.
    async fn reason(&self, db: &mut Connection) -> Result<Verdict, DatabaseError> {
        let used = "SELECT 1 FROM redemption WHERE issuer = ?1 AND paper = ?2";
        let used = db.fetch_optional(used, values![&self.issuer, &self.paper]).await?;
        Ok(if used.is_some() { Verdict::Spent } else { Verdict::LoggedOut })
    }
}

impl Surface {
    fn name(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Api => "api",
        }
    }
}
