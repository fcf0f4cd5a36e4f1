//! Under which name a role will be worn.

use super::rules::{GivenBy, agreed};
use super::{FederatedIdentity, Paper, TrustError};
use crate::words::{RoleArn, SessionName};
use serde_json::{Map, Value};

/// `claims` are those that the provider's rules read. The rules that gave the role come first and replace what the
/// caller asks for; then the caller's own wish (web identity at the API, for credentials); then the assertion's
/// RoleSessionName; and where neither must be there (a browser sign-in, a role given by a rule) a claim that already
/// has the right form. Nothing is trimmed or folded into shape: two people must never come to look alike.
pub(super) fn choose(
    identity: &FederatedIdentity,
    claims: &Map<String, Value>,
    role: &RoleArn,
    given_by: &[GivenBy],
    wish: Option<&SessionName>,
) -> Result<SessionName, TrustError> {
    if let Some(name) = agreed(role, given_by, "session_name", |by| by.session_name.as_ref())? {
        return parse(name);
    }
    if let Some(wish) = wish {
        return Ok(wish.clone());
    }
    match &identity.paper {
        Paper::Assertion { session_names, .. } if !session_names.is_empty() => match session_names.as_slice() {
            [only] => parse(only),
            several => Err(TrustError::SeveralSessionNames { count: several.len() }),
        },
        Paper::Assertion { .. } if given_by.is_empty() => Err(TrustError::NoSessionName),
        Paper::Assertion { .. } => from_claims(identity, claims).ok_or(TrustError::NoSessionName),
        Paper::Token { .. } => from_claims(identity, claims).ok_or(TrustError::NamelessToken),
    }
}

/// A mail address counts only if the provider says that it is verified; names that people choose for themselves do not.
fn from_claims(identity: &FederatedIdentity, claims: &Map<String, Value>) -> Option<SessionName> {
    let claim = |name: &str| claims.get(name);
    let verified = claim("email_verified").and_then(|value| value.as_bool()) == Some(true);
    let email = claim("email").and_then(|value| value.as_str()).filter(|_| verified);
    [email, Some(identity.subject.as_str())].into_iter().flatten().find_map(|text| text.parse().ok())
}

fn parse(name: &str) -> Result<SessionName, TrustError> {
    name.parse().map_err(|_| TrustError::BadSessionName { name: crate::trace::clip(name) })
}
