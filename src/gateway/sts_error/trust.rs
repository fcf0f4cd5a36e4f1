//! What is said to somebody known who may not.

use super::{BAD, FORBIDDEN, Said, denied, invalid};
use crate::trust::{OwnPolicies, TrustError};

/// Where the caller's own policies do not allow it, AWS says so; what a trust policy says, and whether there is one, stays
/// behind the gate.
pub(super) fn caller_denied(caller: &str, resource: &str, error: &TrustError, encoded: &str) -> Said {
    let action = error.action();
    let why = match error {
        // What the caller's own session carries is no secret of the role.
        TrustError::TagInherited { .. } | TrustError::TooManyTags => {
            return (BAD, "ValidationError", error.to_string());
        }
        TrustError::CallerNotAllowed { by, denied: Some(_), .. } => {
            let article = if *by == OwnPolicies::Identity { "an" } else { "a" };
            format!(" with an explicit deny in {article} {by}")
        }
        TrustError::CallerNotAllowed { by, .. } => format!(" because no {by} allows the {action} action"),
        _ => String::new(),
    };
    let sentence = format!(
        "User: {caller} is not authorized to perform: {action} on resource: {resource}{why}. \
         Encoded authorization failure message: {encoded}"
    );
    (FORBIDDEN, "AccessDenied", sentence)
}

pub(super) fn trust(error: &TrustError, action: &str) -> Said {
    match error {
        TrustError::NotInRolesClaim { .. } => {
            invalid("The target role ARN is not present in the roles claim of the identity token")
        }
        TrustError::NoSessionName => invalid("RoleSessionName is required in AuthnResponse"),
        TrustError::SeveralSessionNames { .. } | TrustError::BadSessionName { .. } => {
            invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
        }
        TrustError::RuleFailed { .. }
        | TrustError::MfaFailed { .. }
        | TrustError::ClaimLeftOut { .. }
        | TrustError::MfaMissing { .. }
        | TrustError::NothingForUser { .. }
        | TrustError::NoRoleGiven { .. }
        | TrustError::RoleNotGiven { .. }
        | TrustError::RulesDiffer { .. }
        | TrustError::TagInherited { .. }
        | TrustError::TooManyTags
        | TrustError::SourceIdentityFixed
        | TrustError::AmbiguousClaim { .. }
        | TrustError::ReservedRole { .. }
        | TrustError::NoSuchRole { .. }
        | TrustError::ExplicitDeny { .. }
        | TrustError::NoStatementAllows { .. }
        | TrustError::TagSession { .. }
        | TrustError::SetSourceIdentity { .. }
        | TrustError::CallerNotAllowed { .. } => denied(action),
    }
}
