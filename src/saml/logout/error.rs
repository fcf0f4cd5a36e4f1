//! Why a logout message is not believed.

use crate::saml::SamlError;
use crate::saml::names::{ECDSA_METHODS, RSA_METHODS};
use crate::trace::{Code, Refusal};
use crate::words::iso;
use time::OffsetDateTime;

/// In the order of the checks. What a logout message has in common with a response is told in a response's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogoutError {
    #[error("the query does not have {parameter} once, in its place, in its plain spelling")]
    Query { parameter: &'static str },
    #[error("the form has {parameter} twice, and which of the two is meant is anybody's guess")]
    Twice { parameter: &'static str },
    #[error("the form has both SAMLRequest and SAMLResponse, or neither")]
    Form,
    #[error("the query is not signed")]
    Unsigned,
    #[error("the signature method is not allowed")]
    Method { found: String },
    #[error("the message is not deflated, or swells to more than {most} bytes")]
    Inflate { most: usize },
    #[error("the RelayState has {length} bytes")]
    RelayState { length: usize },
    #[error("the root element is {found}")]
    Root { found: String, expected: &'static str },
    #[error("the message has no Issuer")]
    IssuerMissing,
    #[error("{0}")]
    Saml(#[from] SamlError),
    #[error("the message is of another version of SAML")]
    Version { found: String },
    #[error("the message is for another destination")]
    Destination { found: Option<String>, expected: String },
    #[error("the message was issued in the future")]
    IssuedInFuture { at: OffsetDateTime, now: OffsetDateTime },
    #[error("the message was issued more than five minutes ago")]
    IssuedTooLongAgo { at: OffsetDateTime, now: OffsetDateTime },
    #[error("the request has expired")]
    Expired { until: OffsetDateTime, now: OffsetDateTime },
    #[error("the request does not name one person by one NameID")]
    NameId,
    #[error("the request names {count} sessions")]
    TooManySessions { count: usize },
    #[error("the request has been used before")]
    Replayed,
    #[error("the answer belongs to another request")]
    InResponseTo { found: Option<String> },
}

impl Refusal for LogoutError {
    fn code(&self) -> Code {
        match self {
            Self::Query { .. } => Code::SamlLogoutQuery,
            Self::Twice { .. } | Self::Form => Code::SamlLogoutForm,
            Self::Unsigned => Code::SamlLogoutUnsigned,
            Self::Method { .. } => Code::SamlSignatureMethod,
            Self::Inflate { .. } => Code::SamlLogoutInflate,
            Self::RelayState { .. } => Code::SamlLogoutRelayState,
            Self::Root { .. } => Code::SamlLogoutRoot,
            Self::IssuerMissing => Code::SamlLogoutIssuer,
            Self::Saml(error) => error.code(),
            Self::Version { .. } => Code::SamlVersion,
            Self::Destination { .. } => Code::SamlLogoutDestination,
            Self::IssuedInFuture { .. } => Code::SamlLogoutInFuture,
            Self::IssuedTooLongAgo { .. } => Code::SamlLogoutTooOld,
            Self::Expired { .. } => Code::SamlLogoutExpired,
            Self::NameId => Code::SamlLogoutNameId,
            Self::TooManySessions { .. } => Code::SamlLogoutSessions,
            Self::Replayed => Code::SamlLogoutReplayed,
            Self::InResponseTo { .. } => Code::SamlLogoutInResponseTo,
        }
    }

    fn expected(&self) -> Option<String> {
        Some(match self {
            Self::Method { .. } => [RSA_METHODS, ECDSA_METHODS].concat().join(" or "),
            Self::Root { expected, .. } => (*expected).to_owned(),
            Self::Saml(error) => return error.expected(),
            Self::Version { .. } => "2.0".to_owned(),
            Self::Destination { expected, .. } => expected.clone(),
            Self::IssuedInFuture { now, .. } => format!("not later than {}", iso(*now)),
            Self::IssuedTooLongAgo { now, .. } => format!("at most five minutes before {}", iso(*now)),
            Self::Expired { now, .. } => format!("later than {}", iso(*now)),
            _ => return None,
        })
    }

    fn received(&self) -> Option<String> {
        Some(match self {
            Self::Method { found } | Self::Root { found, .. } | Self::Version { found } => found.clone(),
            Self::RelayState { length } => length.to_string(),
            Self::Saml(error) => return error.received(),
            Self::Destination { found, .. } | Self::InResponseTo { found } => {
                found.clone().unwrap_or_else(|| "none".to_owned())
            }
            Self::IssuedInFuture { at, .. } | Self::IssuedTooLongAgo { at, .. } => iso(*at),
            Self::Expired { until, .. } => iso(*until),
            Self::TooManySessions { count } => count.to_string(),
            _ => return None,
        })
    }
}
