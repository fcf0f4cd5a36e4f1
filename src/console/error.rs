//! Why the console does not open.

use super::UserSignInError;
use crate::store::StoreError;
use crate::sts::{Ending, StsError};
use crate::trace::{Code, Refusal};
use crate::trust::TrustError;

/// In the order of the checks, sign-in URLs first.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    #[error(
        "the Session parameter is not the JSON object with sessionId, sessionKey and sessionToken that it should be"
    )]
    BadSession,
    #[error("the parameter {0} was given twice")]
    RepeatedParameter(&'static str),
    #[error("Action is missing, or is none of getSigninToken, login and logout")]
    UnknownAction,
    #[error("the credentials in Session are not valid ones of ours")]
    BadCredentials,
    #[error("the credentials in Session have ended")]
    CredentialsEnded,
    #[error("the credentials in Session are a user's own; the console is for roles and federated users")]
    UserCredentials,
    #[error("SessionDuration must be 900 to 43200 seconds")]
    BadDuration,
    #[error("SessionDuration cannot be chosen for the credentials of a chained role")]
    ChainedDuration,
    #[error("SessionDuration cannot be chosen for the credentials of a federated user")]
    FederatedDuration,
    #[error("the sign-in token is not one of ours, has been used, or is older than 15 minutes")]
    TokenSpent,
    #[error("session is not a number from 1 to 9")]
    NoSuchSession,
    #[error("the destination is not on the list")]
    BadDestination,
    #[error("the destination is too long to be kept during a sign-in")]
    LongDestination,
    #[error("nobody is signed in with this browser, or the session has ended")]
    NotSignedIn,
    #[error("the form does not belong to this session")]
    ForeignForm,
    #[error("{0}")]
    User(#[from] UserSignInError),
    #[error("the role {0} cannot be chosen")]
    NotAChoice(String),
    #[error("no role is worn, and without one nobody is permitted anything")]
    NothingWorn,
    #[error("what is looked for is not written as it must be")]
    BadSearch,
    #[error("there is nothing of that name in the account of whoever asks")]
    NotThere,
    #[error("{0}")]
    Denied(#[source] Box<StsError>),
    #[error("the form's {0} does not name what it should")]
    BadSwitch(&'static str),
    #[error("with credentials of GetFederationToken no role can be switched to")]
    NoSwitching,
    #[error("the role that was put on before has ended, and with it what it could be switched to")]
    BaseEnded,
    #[error("the session has not switched")]
    NotSwitched,
    #[error("none of the roles on offer can be worn")]
    NoChoice(#[source] Box<TrustError>),
    #[error("{0}")]
    Sts(#[from] StsError),
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl Ending for ConsoleError {
    fn is_of_the_paper(&self) -> bool {
        match self {
            Self::User(UserSignInError::Form | UserSignInError::Busy) => false,
            Self::User(_) | Self::BadCredentials => true,
            _ => false,
        }
    }

    fn is_of_a_verified_principal(&self) -> bool {
        match self {
            Self::Sts(error) => error.is_of_a_verified_principal(),
            Self::User(error) => error.is_of_a_verified_principal(),
            Self::NoChoice(_) | Self::Denied(_) => true,
            _ => false,
        }
    }
}

impl Refusal for ConsoleError {
    fn code(&self) -> Code {
        match self {
            Self::BadSession => Code::ConsoleBadSession,
            Self::RepeatedParameter(_) => Code::ConsoleRepeatedParameter,
            Self::UnknownAction => Code::ConsoleUnknownAction,
            Self::BadCredentials => Code::ConsoleBadCredentials,
            Self::CredentialsEnded => Code::ConsoleCredentialsEnded,
            Self::UserCredentials => Code::ConsoleUserCredentials,
            Self::BadDuration => Code::ConsoleBadDuration,
            Self::ChainedDuration => Code::ConsoleChainedDuration,
            Self::FederatedDuration => Code::ConsoleFederatedDuration,
            Self::TokenSpent => Code::ConsoleTokenSpent,
            Self::NoSuchSession => Code::ConsoleNoSuchSession,
            Self::BadDestination => Code::ConsoleBadDestination,
            Self::LongDestination => Code::ConsoleLongDestination,
            Self::NotSignedIn => Code::ConsoleNotSignedIn,
            Self::ForeignForm => Code::ConsoleForeignForm,
            Self::User(error) => error.code(),
            Self::NotAChoice(_) => Code::ConsoleNotAChoice,
            Self::NothingWorn => Code::ConsoleNothingWorn,
            Self::BadSearch => Code::ConsoleBadSearch,
            Self::NotThere => Code::ConsoleNotThere,
            Self::Denied(error) => error.code(),
            Self::BadSwitch(_) => Code::ConsoleBadSwitch,
            Self::NoSwitching => Code::ConsoleNoSwitching,
            Self::BaseEnded => Code::ConsoleBaseEnded,
            Self::NotSwitched => Code::ConsoleNotSwitched,
            Self::NoChoice(error) => error.code(),
            Self::Sts(error) => error.code(),
            Self::Store(_) => Code::StsStore,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::User(error) => error.expected(),
            Self::Denied(error) => error.expected(),
            Self::NoChoice(error) => error.expected(),
            Self::Sts(error) => error.expected(),
            _ => None,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Denied(error) => error.received(),
            Self::NoChoice(error) => error.received(),
            Self::Sts(error) => error.received(),
            _ => None,
        }
    }
}
