//! What is said to somebody known who may not.

use super::{BAD, FORBIDDEN, Said, denied, invalid};
use crate::trust::{OwnPolicies, TrustError};

/// Where the caller's own policies do not allow it, AWS says so; what a trust policy says, and whether there is one, stays
/// behind the gate.
pub(super) fn caller_denied(caller: &str, resource: &str, error: &TrustError, encoded: &str) -> Said {
    // What the caller's own session carries is no secret of the role.
    if let TrustError::TagInherited { .. } | TrustError::TooManyTags = error {
        return (BAD, "ValidationError", error.to_string());
    }
    let sentence = not_authorized(caller, resource, error);
    (FORBIDDEN, "AccessDenied", format!("{sentence}. Encoded authorization failure message: {encoded}"))
}

fn not_authorized(caller: &str, resource: &str, error: &TrustError) -> String {
    let (action, why) = (error.action(), standing(error));
    format!("User: {caller} is not authorized to perform: {action} on resource: {resource}{why}")
}

/// Which policy of the caller's own stands in the way.
fn standing(error: &TrustError) -> String {
    match error {
        TrustError::CallerNotAllowed { by, denied: Some(_), .. } => {
            let article = if *by == OwnPolicies::Identity { "an" } else { "a" };
            format!(" with an explicit deny in {article} {by}")
        }
        TrustError::CallerNotAllowed { by, action, .. } => format!(" because no {by} allows the {action} action"),
        _ => String::new(),
    }
}

pub(super) fn trust(error: &TrustError, action: &str) -> Said {
    match error {
        TrustError::NotInRolesClaim { .. } => {
            invalid("The target role ARN is not present in the roles claim of the identity token")
        }
        // Asked on paper alone; whoever comes is refused it when the session would be made.
        TrustError::NothingLeft => (BAD, "ExpiredTokenException", "Response has expired".into()),
        TrustError::NoSessionName => invalid("RoleSessionName is required in AuthnResponse"),
        TrustError::NamelessToken => invalid(
            "Nothing in the token can name the session: neither a verified email nor sub matches [a-zA-Z_0-9+=,.@-]{2,64}. Give the provider a rule with session_name; for credentials role_session_name will do",
        ),
        // Of a token about the session: by now the role is theirs.
        TrustError::CallerNotAllowed { caller, role: resource, .. } => {
            (FORBIDDEN, "AccessDenied", not_authorized(caller, resource, error))
        }
        TrustError::SeveralSessionNames { .. } | TrustError::BadSessionName { .. } => {
            invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
        }
        TrustError::ProviderDisabled { .. }
        | TrustError::RuleFailed { .. }
        | TrustError::MfaFailed { .. }
        | TrustError::ClaimLeftOut { .. }
        | TrustError::ClaimNotPlain { .. }
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
        | TrustError::ExternalIdWanted { .. }
        | TrustError::TagSession { .. }
        | TrustError::SetSourceIdentity { .. } => denied(action),
    }
}
