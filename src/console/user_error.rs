//! Why a user does not get in with a password. To who asks, all but the first two are one refusal.

use crate::sts::MfaError;
use crate::trace::{Code, Refusal};
use crate::words::{UserArn, iso};
use time::OffsetDateTime;

/// In the order of the checks. What was typed as the user's name is not repeated: it may have been the password.
#[derive(Debug, thiserror::Error)]
pub enum UserSignInError {
    #[error("a user, a password of at most 1,024 bytes and a code of six digits are needed")]
    Form,
    #[error("another password was being compared all the while")]
    Busy,
    #[error("there is no user of that name, or there are two")]
    NoSuchUser,
    #[error("{0} has no password or no device, and signs in elsewhere")]
    HasNone(UserArn),
    #[error("the password is not that of {0}")]
    WrongPassword(UserArn),
    /// What the book says of the wrong password that does it; whoever typed it hears nothing of that.
    #[error("the password is not that of {0}, and is locked now")]
    PasswordLocks(UserArn),
    #[error("the password of {user} is locked, right or wrong")]
    PasswordLocked { user: UserArn, until: i64 },
    #[error("the password is that of {user}; {error}")]
    Code { user: UserArn, error: MfaError },
}

impl UserSignInError {
    /// Whether the password, at least, was the user's. Without it anybody may have come, in any user's name.
    pub fn is_of_a_verified_principal(&self) -> bool {
        matches!(self, Self::Code { .. })
    }
}

impl Refusal for UserSignInError {
    fn code(&self) -> Code {
        match self {
            Self::Form => Code::ConsoleUserForm,
            Self::Busy => Code::ConsoleUserBusy,
            Self::NoSuchUser => Code::ConsoleNoSuchUser,
            Self::HasNone(_) => Code::ConsoleUserHasNone,
            Self::WrongPassword(_) => Code::ConsoleWrongPassword,
            Self::PasswordLocks(_) => Code::ConsolePasswordLocks,
            Self::PasswordLocked { .. } => Code::ConsolePasswordLocked,
            Self::Code { error, .. } => error.code(),
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Code { error, .. } => error.expected(),
            Self::PasswordLocked { until, .. } => {
                let until = OffsetDateTime::from_unix_timestamp(*until).ok()?;
                Some(format!("an attempt after {}", iso(until)))
            }
            _ => None,
        }
    }
}
