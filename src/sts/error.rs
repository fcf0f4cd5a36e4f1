//! Why an action is refused, in the order of the checks.

use super::action::{NotAnAction, Violation};
use super::{ForwardError, MfaError, Stale};
use crate::issuer::{ExchangeError, IssuerError};
use crate::metadata::Unavailable;
use crate::oidc::OidcError;
use crate::oidc::social::SocialError;
use crate::saml::SamlError;
use crate::saml::aws::AttributeError;
use crate::sigv4::SigError;
use crate::store::{Bar, StoreError};
use crate::trace::{Code, Refusal};
use crate::trust::{NotSessionPolicies, TrustError};
use crate::words::counted;
use time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum StsError {
    #[error("the parameter {0} occurs more than once")]
    RepeatedParameter(String),
    #[error("there is no Action parameter")]
    MissingAction,
    #[error("there is no action {name} of version {version} here")]
    UnknownAction { name: String, version: String },
    #[error("{}", broken(.0))]
    Violations(Vec<Violation>),
    #[error("this build does not act on the parameter {0}")]
    ParameterNotActedOn(String),

    #[error("{0}")]
    Exchange(#[from] ExchangeError),

    #[error("{0}")]
    Signature(#[from] SigError),
    #[error("there is no access key {id}")]
    UnknownAccessKey { id: String },
    #[error("the access key {id} is inactive")]
    InactiveAccessKey { id: String },
    #[error("the session token does not belong to the access key {id}, or none came where one is needed")]
    TokenDoesNotFit { id: String },
    #[error("the session ended at {at}")]
    SessionEnded { at: String },
    #[error("{0}")]
    RevocationsUnknown(#[from] Stale),
    #[error("the session was ended before its time")]
    SessionRevoked,
    #[error("{user} is gone, or the access key that this session was made with is gone or has another secret now")]
    UserGone { user: String },
    /// Of a key or session of `user` (an ARN) that has ended, for whoever signed with its very secret.
    #[error("{error}; whoever signed knew the secret")]
    Former { user: String, id: String, error: Box<StsError> },
    #[error("temporary credentials of this kind cannot call the action")]
    SessionCredentials,
    #[error("{0}")]
    Mfa(#[from] MfaError),

    #[error("{0}")]
    Saml(#[from] SamlError),
    #[error("{0}")]
    Attribute(#[from] AttributeError),
    #[error("{0}")]
    Metadata(#[from] Unavailable),
    #[error("no SAML provider of ours has the entity id {issuer}")]
    UnknownIdentityProvider { issuer: String },
    #[error("the assertion was not verified by a key of {provider}")]
    NotThatProvider { provider: String },
    #[error("there is no provider {provider}")]
    NoSuchProvider { provider: String },

    #[error("{0}")]
    Oidc(#[from] OidcError),
    #[error("account {account} has no provider for the issuer {issuer}")]
    UnknownIssuer { account: String, issuer: String },
    #[error("account {account} has no provider of access tokens for the ProviderId {id}")]
    UnknownProviderId { account: String, id: String },
    #[error("{0}")]
    Social(#[from] SocialError),

    #[error("{0}")]
    Trust(#[from] TrustError),
    /// A trust decision about somebody who signed: they are told who they are and what they may not.
    #[error("{error}")]
    CallerDenied {
        caller: String,
        /// An ARN, or `*`.
        resource: String,
        error: Box<TrustError>,
        /// What they hear in its place.
        told: Option<Box<TrustError>>,
        /// What was denied, sealed: for those who may have it decoded.
        encoded: String,
    },
    #[error("{0}")]
    Forward(#[from] ForwardError),
    #[error("{asked} seconds are more than the role's maximum of {most}")]
    DurationAboveMaximum { asked: i64, most: i64 },
    #[error("{asked} seconds are more than the hour that a chained session may last")]
    ChainedDuration { asked: i64 },
    #[error("{0}")]
    SessionPolicies(NotSessionPolicies),
    #[error("session policies and tags take up {percent} % of the room for them; the largest are {largest}")]
    PackedTooLarge { percent: u32, largest: String },
    #[error("the session token would have {characters} characters; at most 4096 are allowed")]
    SessionTooLarge { characters: usize },
    #[error("the authorization message cannot be read: {0}")]
    InvalidMessage(&'static str),
    #[error("{0}")]
    Issuer(#[from] IssuerError),
    #[error("there is no access key {id} here")]
    NoSuchAccessKey { id: String },
    #[error(
        "the assertion or token was issued at {issued}; the gateway's records were restored since, and nothing from before {until} is believed"
    )]
    BeforeRestore { issued: String, until: String },
    #[error(
        "nothing is given before {until}, as it would count as given before the gateway's records were restored; if that is more than a minute ahead, this machine's clock is behind, or that of the restore was ahead"
    )]
    JustRestored { until: String },
    #[error("the assertion has been used before")]
    Replayed,
    #[error("the identity provider has ended the login since it issued the assertion or token")]
    LoggedOut,
    #[error("a session that was made from this assertion or token has been ended")]
    PaperBarred,
    #[error("an operator has barred this person at this provider")]
    PersonBarred,
    #[error("nothing is left of the identity provider's session")]
    NothingLeft,
    #[error("more assertions and tokens wait to be verified than there is room for")]
    Busy,
    #[error("more of what came from that address did not hold than is allowed in a second")]
    TooManyFailures,
    #[error("this principal asks more often than is allowed in a second")]
    TooManyRequests,
    #[error("the response could not be verified: the verifier failed")]
    VerifierFailed,
    #[error("{0}")]
    Store(StoreError),
}

/// How many, and what of each: it begins with what is said of the parameter, and ends with its constraint.
fn broken(violations: &[Violation]) -> String {
    let all = violations.iter().map(|violation| violation.0.as_str()).collect::<Vec<_>>().join("; ");
    let verb = if violations.len() == 1 { "breaks its constraint" } else { "break their constraints" };
    format!("{} {verb}: {all}", counted(violations.len(), "parameter"))
}

impl From<StoreError> for StsError {
    /// Where more waits than is kept waiting, whoever comes again later is served.
    fn from(error: StoreError) -> Self {
        if let StoreError::Busy = error { Self::Busy } else { Self::Store(error) }
    }
}

impl StsError {
    /// Whether it was not found out who signed, or whoever signed is nobody any more.
    pub fn leaves_nobody(&self) -> bool {
        matches!(
            self,
            Self::Signature(_)
                | Self::UnknownAccessKey { .. }
                | Self::InactiveAccessKey { .. }
                | Self::TokenDoesNotFit { .. }
                | Self::SessionEnded { .. }
                | Self::SessionRevoked
                | Self::UserGone { .. }
                | Self::Former { .. }
        )
    }

    /// Whether rules and policies refused it, which another configuration might not.
    pub(super) fn is_a_decision(&self) -> bool {
        matches!(
            self,
            Self::Trust(_)
                | Self::CallerDenied { .. }
                | Self::DurationAboveMaximum { .. }
                | Self::ChainedDuration { .. }
                | Self::SessionPolicies(_)
        )
    }

    /// Every access key id that was drawn is in use.
    pub fn taken() -> Self {
        Self::Store(StoreError::Write("the drawn access key ids exist; ask again".into()))
    }

    pub(super) fn too_long(asked: Duration, most: Duration, chained: bool) -> Self {
        let (asked, most) = (asked.whole_seconds(), most.whole_seconds());
        if chained { Self::ChainedDuration { asked } } else { Self::DurationAboveMaximum { asked, most } }
    }
}

impl From<Bar> for StsError {
    fn from(bar: Bar) -> Self {
        match bar {
            Bar::Session => Self::SessionRevoked,
            Bar::Paper => Self::PaperBarred,
            Bar::Person => Self::PersonBarred,
        }
    }
}

impl From<NotAnAction> for StsError {
    fn from(error: NotAnAction) -> Self {
        match error {
            NotAnAction::Missing => Self::MissingAction,
            NotAnAction::Unknown { name, version } => Self::UnknownAction { name, version },
            NotAnAction::Repeated(name) => Self::RepeatedParameter(name),
            NotAnAction::Violations(violations) => Self::Violations(violations),
            NotAnAction::NotActedOn(name) => Self::ParameterNotActedOn(name),
        }
    }
}

impl Refusal for StsError {
    fn code(&self) -> Code {
        match self {
            Self::RepeatedParameter(_) => Code::StsRepeatedParameter,
            Self::MissingAction => Code::StsMissingAction,
            Self::UnknownAction { .. } => Code::StsUnknownAction,
            Self::Violations(_) => Code::StsViolations,
            Self::ParameterNotActedOn(_) => Code::StsParameterNotActedOn,
            Self::Exchange(error) => error.code(),
            Self::Signature(error) => error.code(),
            Self::UnknownAccessKey { .. } => Code::StsUnknownAccessKey,
            Self::InactiveAccessKey { .. } => Code::StsInactiveAccessKey,
            Self::TokenDoesNotFit { .. } => Code::StsTokenDoesNotFit,
            Self::SessionEnded { .. } => Code::StsSessionEnded,
            Self::RevocationsUnknown(_) => Code::StsRevocationsUnknown,
            Self::SessionRevoked => Code::StsSessionRevoked,
            Self::UserGone { .. } => Code::StsUserGone,
            Self::Former { error, .. } => error.code(),
            Self::SessionCredentials => Code::StsSessionCredentials,
            Self::Mfa(error) => error.code(),
            Self::Saml(error) => error.code(),
            Self::Attribute(error) => error.code(),
            Self::Metadata(error) => error.code(),
            Self::UnknownIdentityProvider { .. } => Code::StsUnknownIdentityProvider,
            Self::NotThatProvider { .. } => Code::StsNotThatProvider,
            Self::NoSuchProvider { .. } => Code::StsNoSuchProvider,
            Self::Oidc(error) => error.code(),
            Self::UnknownIssuer { .. } => Code::StsUnknownIssuer,
            Self::UnknownProviderId { .. } => Code::StsUnknownProviderId,
            Self::Social(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::CallerDenied { error, .. } => error.code(),
            Self::Forward(error) => error.code(),
            Self::DurationAboveMaximum { .. } => Code::StsDurationAboveMaximum,
            Self::ChainedDuration { .. } => Code::StsChainedDuration,
            Self::SessionPolicies(NotSessionPolicies::Malformed(_)) => Code::StsMalformedPolicy,
            Self::SessionPolicies(NotSessionPolicies::NoSuchPolicy { .. }) => Code::StsNoSuchPolicy,
            Self::PackedTooLarge { .. } => Code::StsPackedTooLarge,
            Self::SessionTooLarge { .. } => Code::StsSessionTooLarge,
            Self::InvalidMessage(_) => Code::StsInvalidMessage,
            Self::Issuer(error) => error.code(),
            Self::NoSuchAccessKey { .. } => Code::StsNoSuchAccessKey,
            Self::BeforeRestore { .. } => Code::StsBeforeRestore,
            Self::JustRestored { .. } => Code::StsJustRestored,
            Self::Replayed => Code::StsReplayed,
            Self::LoggedOut => Code::StsLoggedOut,
            Self::PaperBarred => Code::StsPaperBarred,
            Self::PersonBarred => Code::StsPersonBarred,
            Self::NothingLeft => Code::StsNothingLeft,
            Self::Busy => Code::StsBusy,
            Self::TooManyFailures => Code::LimitsFailures,
            Self::TooManyRequests => Code::LimitsPrincipal,
            Self::VerifierFailed => Code::StsVerifierFailed,
            Self::Store(_) => Code::StsStore,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Signature(error) => error.expected(),
            Self::Mfa(error) => error.expected(),
            Self::Saml(error) => error.expected(),
            Self::Metadata(error) => error.expected(),
            Self::Oidc(error) => error.expected(),
            Self::Social(error) => error.expected(),
            Self::Trust(error) => error.expected(),
            Self::CallerDenied { error, .. } => error.expected(),
            Self::Forward(error) => error.expected(),
            Self::Issuer(error) => error.expected(),
            Self::DurationAboveMaximum { most, .. } => Some(format!("at most {most} seconds")),
            Self::ChainedDuration { .. } => Some("at most 3600 seconds".into()),
            Self::PackedTooLarge { .. } => Some("at most 100 %".into()),
            _ => None,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Signature(error) => error.received(),
            Self::Mfa(error) => error.received(),
            Self::Saml(error) => error.received(),
            Self::Attribute(error) => error.received(),
            Self::Metadata(error) => error.received(),
            Self::Oidc(error) => error.received(),
            Self::Social(error) => error.received(),
            Self::Trust(error) => error.received(),
            Self::CallerDenied { error, .. } => error.received(),
            Self::Forward(error) => error.received(),
            Self::Issuer(error) => error.received(),
            Self::Violations(violations) => {
                Some(violations.iter().map(|v| v.0.as_str()).collect::<Vec<_>>().join("; "))
            }
            Self::SessionPolicies(error) => Some(crate::trace::clip(&error.to_string())),
            Self::PackedTooLarge { percent, largest } => Some(format!("{percent} %: {largest}")),
            Self::DurationAboveMaximum { asked, .. } | Self::ChainedDuration { asked } => {
                Some(format!("{asked} seconds"))
            }
            _ => None,
        }
    }
}
