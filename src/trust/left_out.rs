//! Claims that a token leaves out because they do not fit, or has in a form that conditions cannot read, and that nobody may
//! take for empty: a rule would give less than it says, a condition that denies would deny less.

use super::{FederatedIdentity, Paper, TrustError};
use crate::catalogue::{Provider, Role};
use crate::oidc::overage;
use crate::policy::outlasts_the_token;

pub(super) fn nothing_for_rules(provider: &Provider, identity: &FederatedIdentity) -> Result<(), TrustError> {
    for claim in of(identity) {
        let rule = provider.rules.iter().find(|rule| rule.expressions().any(|expression| expression.mentions(claim)));
        let mfa = provider.mfa.as_ref().filter(|mfa| mfa.expression.mentions(claim));
        let reader = rule.map(|rule| rule.name.as_str()).or(mfa.map(|_| "mfa"));
        if let Some(reader) = reader {
            return Err(left_out(claim, format!("{reader} of provider {}", provider.arn)));
        }
    }
    Ok(())
}

/// For the role's trust policy, and for whatever judges its sessions later by what they keep of the token.
pub(super) fn nothing_for_role(
    provider: &Provider,
    identity: &FederatedIdentity,
    role: &Role,
) -> Result<(), TrustError> {
    let prefix = provider.key_prefix();
    if let Some(claim) = of(identity).find(|claim| role.trust.asks_for(&format!("{prefix}:{claim}"))) {
        return Err(left_out(claim, trust_policy(role)));
    }
    match of(identity).find(|claim| outlasts_the_token(prefix, claim)) {
        Some(claim) => Err(left_out(claim, sessions_of(role.arn.as_str()))),
        None => Ok(()),
    }
}

/// Of a claim that is an object, or a list of more than texts, numbers and booleans.
pub(super) fn not_plain(claim: &str, reader: String) -> TrustError {
    TrustError::ClaimNotPlain { claim: crate::trace::clip(claim), reader }
}

pub(super) fn trust_policy(role: &Role) -> String {
    format!("the trust policy of {}", role.arn)
}

pub(super) fn sessions_of(role: &str) -> String {
    format!("whatever judges a session of {role}")
}

fn of(identity: &FederatedIdentity) -> impl Iterator<Item = &str> {
    let claims = matches!(identity.paper, Paper::Token { .. }).then_some(&identity.claims);
    claims.into_iter().flat_map(overage::left_out)
}

fn left_out(claim: &str, reader: String) -> TrustError {
    TrustError::ClaimLeftOut { claim: crate::trace::clip(claim), reader }
}
