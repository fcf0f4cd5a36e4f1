//! What users prove themselves with: a factor that was tried wrongly too often is locked, and a code is good once.
//!
//! Both are decided here, for all nodes, sources and surfaces at once: a guesser gains nothing by asking many of them
//! together. Attempts that arrive while the factor is locked neither count nor clear anything, the right one included,
//! so that nobody learns from a lock whether it was right, or prolongs it by going on.

use super::audit::{AuditRecord, Page};
use super::database::{Connection, DatabaseError, values};
use super::visit::Verdict;
use super::{Store, StoreError};
use crate::words::UserArn;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    Totp,
    Password,
}

/// What somebody showed who says that they are this user, after it was compared.
#[derive(Clone, Copy)]
pub enum Shown {
    WrongCode,
    /// The right code of this time step (RFC 6238: `T`).
    Code {
        step: i64,
    },
    WrongPassword,
    Password,
}

/// One attempt at a factor.
pub struct Attempt {
    pub user: UserArn,
    pub shown: Shown,
    pub now: i64,
    /// What is put in the book with the lock if this is the wrong attempt that locks the factor.
    pub if_it_locks: Option<AuditRecord>,
}

/// What comes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempted {
    Accepted,
    Wrong,
    /// The code, or a later one, has been accepted before.
    Reused,
    /// Right or wrong: it was not looked at.
    Locked {
        until: i64,
    },
}

impl Shown {
    fn factor(self) -> Factor {
        match self {
            Self::WrongCode | Self::Code { .. } => Factor::Totp,
            Self::WrongPassword | Self::Password => Factor::Password,
        }
    }

    fn is_wrong(self) -> bool {
        matches!(self, Self::WrongCode | Self::WrongPassword)
    }
}

impl Factor {
    fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Password => "password",
        }
    }
}

impl Store {
    /// Decides an attempt, durably before anybody hears of it. What was shown has been compared by then, locked or not, so
    /// that the time it takes tells nobody of a lock; whether that counts is decided here.
    pub async fn attempt(&self, attempt: Attempt) -> Result<Attempted, StoreError> {
        let Attempt { shown, now, .. } = attempt;
        let user = attempt.user.clone();
        let verdict = self.try_factor(attempt).await?;
        match (verdict, shown.is_wrong()) {
            (Verdict::Done, true) => Ok(Attempted::Wrong),
            (Verdict::Done, false) => Ok(Attempted::Accepted),
            // It is decided; this is for the words.
            _ => match self.locked_until(&user, shown.factor(), now).await? {
                Some(until) => Ok(Attempted::Locked { until }),
                None => Ok(Attempted::Reused),
            },
        }
    }

    /// The end of the factor's lock, if it is locked.
    pub async fn locked_until(&self, user: &UserArn, factor: Factor, now: i64) -> Result<Option<i64>, StoreError> {
        let query = "SELECT locked_until FROM user_factor WHERE user_arn = ?1 AND factor = ?2 AND locked_until > ?3";
        let row = self.readers.fetch_optional(query, values![user.as_str(), factor.name(), now]).await?;
        Ok(row.map(|row| row.get(0)).transpose()?)
    }
}

/// The fifth wrong attempt in a row locks the factor: for a minute, then two, up to an hour.
const WRONG: &str = "INSERT INTO user_factor (user_arn, factor, wrong) VALUES (?1, ?2, 1)
     ON CONFLICT (user_arn, factor) DO UPDATE SET
         wrong = CASE WHEN user_factor.wrong < 4 THEN user_factor.wrong + 1 ELSE 0 END,
         locked_until = CASE WHEN user_factor.wrong < 4 THEN user_factor.locked_until ELSE ?3 + user_factor.next_lock END,
         next_lock = CASE WHEN user_factor.wrong < 4 THEN user_factor.next_lock
             WHEN user_factor.next_lock < 1800 THEN user_factor.next_lock * 2 ELSE 3600 END
     WHERE user_factor.locked_until <= ?3 RETURNING locked_until > ?3";

/// A code counts only if it is of a later step than every one before it (RFC 6238 §5.2), whichever of the steps
/// that are tolerated it is of. Of the steps up to when the store was put back, and the one after it, which was tolerated
/// then, nobody knows whose codes had been accepted.
const RIGHT: &str = "INSERT INTO user_factor (user_arn, factor, accepted) SELECT ?1, ?2, ?4
     WHERE NOT EXISTS (SELECT 1 FROM restored WHERE at / 30 + 1 >= ?4)
     ON CONFLICT (user_arn, factor) DO UPDATE SET wrong = 0, next_lock = 60, accepted = excluded.accepted
     WHERE user_factor.locked_until <= ?3
         AND (excluded.accepted IS NULL OR user_factor.accepted IS NULL OR user_factor.accepted < excluded.accepted)
     RETURNING locked_until > ?3";

impl Attempt {
    /// One statement: `Done` if it counted, as wrong or as right; its row tells whether it locked the factor.
    pub(super) async fn apply(&self, db: &mut Connection, page: &mut Page) -> Result<Verdict, DatabaseError> {
        let (user, factor) = (self.user.as_str(), self.shown.factor().name());
        let counted = match self.shown {
            Shown::WrongCode | Shown::WrongPassword => {
                db.fetch_optional(WRONG, values![user, factor, self.now]).await?
            }
            Shown::Code { step } => db.fetch_optional(RIGHT, values![user, factor, self.now, step]).await?,
            Shown::Password => db.fetch_optional(RIGHT, values![user, factor, self.now, None::<i64>]).await?,
        };
        let Some(counted) = counted else { return Ok(Verdict::Spent) };
        if counted.get(0)?
            && let Some(audit) = &self.if_it_locks
        {
            page.append(db, audit).await?;
        }
        Ok(Verdict::Done)
    }
}
