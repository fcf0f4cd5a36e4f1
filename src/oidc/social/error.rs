//! Why an access token was refused.

use crate::outbound::OutboundError;
use crate::trace::{Code, Refusal};
use crate::words::iso_of;

/// The checks in the order they run. No text holds a token, an app's secret or the address that was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SocialError {
    #[error("the token does not have the form of an access token of {network}")]
    Form { network: &'static str },
    #[error("{network} has been asked as often as is allowed at the moment")]
    Pace { network: &'static str },
    #[error("{what} cannot be fetched: {cause}")]
    Fetch { what: &'static str, cause: OutboundError },
    #[error("{what} gives an answer that cannot be used: {why}")]
    Answer { what: &'static str, why: String },
    #[error("{what} cannot say at the moment: {why}")]
    Undecided { what: &'static str, why: String },
    #[error("the access token was made for another app")]
    App { expected: String, received: String },
    #[error("the access token has expired")]
    Expired { end: i64, now: i64 },
    #[error("{what} rejects the access token: {why}")]
    Rejected { what: &'static str, why: String },
    #[error("the access token is not a person's")]
    Type { received: String },
    #[error("{network} gives two answers about the access token that are about two people")]
    Person { network: &'static str },
}

impl SocialError {
    /// The network is down or failing, rather than wrong: the caller may try again.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Fetch { cause, .. } => cause.is_unreachable(),
            Self::Undecided { .. } => true,
            _ => false,
        }
    }

    /// Whether the network has spoken about the token, so that asking again would bring nothing new.
    pub(super) fn is_verdict(&self) -> bool {
        match self {
            Self::Form { .. }
            | Self::App { .. }
            | Self::Expired { .. }
            | Self::Rejected { .. }
            | Self::Type { .. }
            | Self::Person { .. } => true,
            Self::Pace { .. } | Self::Fetch { .. } | Self::Answer { .. } | Self::Undecided { .. } => false,
        }
    }
}

impl Refusal for SocialError {
    fn code(&self) -> Code {
        match self {
            Self::Form { .. } => Code::SocialForm,
            Self::Pace { .. } => Code::SocialPace,
            Self::Fetch { cause, .. } => cause.code(),
            Self::Answer { .. } => Code::SocialAnswer,
            Self::Undecided { .. } => Code::SocialUndecided,
            Self::App { .. } => Code::SocialApp,
            Self::Expired { .. } => Code::SocialExpired,
            Self::Rejected { .. } => Code::SocialRejected,
            Self::Type { .. } => Code::SocialType,
            Self::Person { .. } => Code::SocialPerson,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Fetch { cause, .. } => cause.expected(),
            Self::App { expected, .. } => Some(expected.clone()),
            Self::Expired { now, .. } => Some(format!("later than {}", iso_of(*now))),
            Self::Type { .. } => Some("USER".to_owned()),
            _ => None,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Fetch { cause, .. } => cause.received(),
            Self::App { received, .. } | Self::Type { received } => Some(received.clone()),
            Self::Expired { end, .. } => Some(iso_of(*end)),
            _ => None,
        }
    }
}
