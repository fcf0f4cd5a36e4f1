//! Why somebody does not become what they asked for.

use super::Reason;
use super::carried::{SET_SOURCE_IDENTITY, TAG_SESSION};
use super::decision::ASSUME_ROLE;
use crate::trace::{Code, Refusal};
use std::fmt;

/// In the order of the checks.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TrustError {
    #[error("provider {provider} is disabled: nobody comes in by it")]
    ProviderDisabled { provider: String },
    #[error("the rule {rule} of provider {provider} cannot be evaluated for these claims: {why}")]
    RuleFailed { provider: String, rule: String, why: String },
    #[error("the mfa expression of provider {provider} cannot be evaluated for these claims: {why}")]
    MfaFailed { provider: String, why: String },
    #[error("the token leaves out its claim {claim}, which is more than fits into it, and {reader} reads it")]
    ClaimLeftOut { claim: String, reader: String },
    #[error("the claim {claim} is or holds something that is no text, number or boolean, and {reader} reads it")]
    ClaimNotPlain { claim: String, reader: String },
    #[error("provider {provider} gives no role for these claims")]
    NoRoleGiven { provider: String },
    #[error("provider {provider} does not give the role {role} for these claims")]
    RoleNotGiven { provider: String, role: String, given: Vec<String> },
    #[error("no role is open to {user} now: of each, its trust policy or their own policies do not allow it")]
    NothingForUser { user: String },
    #[error("the token's own list of roles does not hold {role}")]
    NotInRolesClaim { role: String },
    #[error("the assertion carries no RoleSessionName")]
    NoSessionName,
    #[error(
        "neither a verified email nor the subject of the token is 2 to 64 characters of letters, digits and _+=,.@-"
    )]
    NamelessToken,
    #[error("the assertion carries {count} values of RoleSessionName")]
    SeveralSessionNames { count: usize },
    #[error("the session name \"{name}\" is not 2 to 64 characters of letters, digits and _+=,.@-")]
    BadSessionName { name: String },
    #[error("the rules {first} and {second} do not agree on {what} for role {role}")]
    RulesDiffer { role: String, what: String, first: String, second: String },
    #[error("the session carries the transitive tag \"{key}\" already")]
    TagInherited { key: String },
    #[error("with those that are inherited there are more than 50 session tags")]
    TooManyTags,
    #[error("the session's source identity is another one, and it stays")]
    SourceIdentityFixed,
    #[error("the claims hold the condition key {key} twice, spelled in different case")]
    AmbiguousClaim { key: String },
    #[error("{role} is reserved for another service's sign-in")]
    ReservedRole { role: String },
    #[error("nothing is left of the identity provider's session")]
    NothingLeft,
    #[error("there is no role {role}")]
    NoSuchRole { role: String },
    #[error("a statement of {role}'s trust policy denies it: {statement}")]
    ExplicitDeny { role: String, statement: String },
    #[error("no statement of {role}'s trust policy allows it{nearest}")]
    NoStatementAllows { role: String, nearest: Box<Reason> },
    #[error("{role} wants a second factor, or one used more recently: {denied}")]
    MfaMissing { role: String, denied: Box<TrustError>, expression: String, received: String },
    #[error("{role}'s trust policy wants an external id, and whoever switches in the console brings none")]
    ExternalIdWanted { role: String },
    #[error("{role}'s trust policy does not allow sts:TagSession, which session tags need{why}")]
    TagSession { role: String, why: Box<Reason> },
    #[error("{role}'s trust policy does not allow sts:SetSourceIdentity, which a source identity needs{why}")]
    SetSourceIdentity { role: String, why: Box<Reason> },
    #[error("{caller} is not allowed {action} on {role} by its {by}{why}")]
    CallerNotAllowed {
        caller: String,
        action: Box<str>,
        /// The role that was asked for, or another resource.
        role: String,
        by: OwnPolicies,
        /// The statements that deny it, if any do.
        denied: Option<String>,
        why: Box<Reason>,
    },
}

impl TrustError {
    /// What a caller was not let do.
    pub fn action(&self) -> &str {
        match self {
            Self::CallerNotAllowed { action, .. } => action,
            Self::TagSession { .. } => TAG_SESSION,
            Self::SetSourceIdentity { .. } | Self::SourceIdentityFixed => SET_SOURCE_IDENTITY,
            _ => ASSUME_ROLE,
        }
    }

    /// Both sides of what came nearest, where policies that were silent refused it.
    fn nearest(&self) -> Option<&(String, String)> {
        match self {
            Self::NoStatementAllows { nearest: reason, .. }
            | Self::TagSession { why: reason, .. }
            | Self::SetSourceIdentity { why: reason, .. }
            | Self::CallerNotAllowed { why: reason, .. } => reason.sides.as_ref(),
            _ => None,
        }
    }

    /// The statements that denied it, if any did.
    pub(super) fn denied_by(&self) -> Option<&str> {
        match self {
            Self::CallerNotAllowed { denied, .. } => denied.as_deref(),
            Self::ExplicitDeny { statement, .. } => Some(statement),
            _ => None,
        }
    }
}

/// The policies of a caller of which each kind must allow, and those of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnPolicies {
    Identity,
    Boundary,
    Session,
    /// Of the resource itself.
    Resource,
}

impl fmt::Display for OwnPolicies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Resource => "resource-based policy",
        })
    }
}

impl Refusal for TrustError {
    fn code(&self) -> Code {
        match self {
            Self::ProviderDisabled { .. } => Code::TrustProviderDisabled,
            Self::RuleFailed { .. } => Code::TrustRuleFailed,
            Self::MfaFailed { .. } => Code::TrustMfaFailed,
            Self::ClaimLeftOut { .. } => Code::TrustClaimLeftOut,
            Self::ClaimNotPlain { .. } => Code::TrustClaimNotPlain,
            Self::NoRoleGiven { .. } => Code::TrustNoRoleGiven,
            Self::RoleNotGiven { .. } => Code::TrustRoleNotGiven,
            Self::NothingForUser { .. } => Code::TrustNothingForUser,
            Self::NotInRolesClaim { .. } => Code::TrustNotInRolesClaim,
            Self::NoSessionName => Code::TrustNoSessionName,
            Self::NamelessToken => Code::TrustNamelessToken,
            Self::SeveralSessionNames { .. } => Code::TrustSeveralSessionNames,
            Self::BadSessionName { .. } => Code::TrustBadSessionName,
            Self::RulesDiffer { .. } => Code::TrustRulesDiffer,
            Self::TagInherited { .. } => Code::TrustTagInherited,
            Self::TooManyTags => Code::TrustTooManyTags,
            Self::SourceIdentityFixed => Code::TrustSourceIdentityFixed,
            Self::AmbiguousClaim { .. } => Code::TrustAmbiguousClaim,
            Self::ReservedRole { .. } => Code::TrustReservedRole,
            Self::NothingLeft => Code::StsNothingLeft,
            Self::NoSuchRole { .. } => Code::TrustNoSuchRole,
            Self::ExplicitDeny { .. } => Code::TrustExplicitDeny,
            Self::NoStatementAllows { .. } => Code::TrustImplicitDeny,
            Self::MfaMissing { .. } => Code::TrustMfaMissing,
            Self::ExternalIdWanted { .. } => Code::TrustExternalIdWanted,
            Self::TagSession { .. } => Code::TrustTagSession,
            Self::SetSourceIdentity { .. } => Code::TrustSetSourceIdentity,
            Self::CallerNotAllowed { .. } => Code::TrustCallerNotAllowed,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::RoleNotGiven { given, .. } => Some(format!("one of {}", given.join(", "))),
            Self::MfaMissing { expression, .. } => Some(format!("mfa = {expression}")),
            _ => self.nearest().map(|(expected, _)| expected.clone()),
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::RoleNotGiven { role, .. } => Some(role.clone()),
            Self::MfaMissing { received, .. } if received.is_empty() => Some("no authentication context".to_owned()),
            Self::MfaMissing { received, .. } => Some(format!("authentication context {received}")),
            _ => self.nearest().map(|(_, received)| received.clone()),
        }
    }
}
