//! Claims that a token leaves out because they do not fit, or has in a form that conditions cannot read, and that nobody may
//! take for empty: a rule would give less than it says, a condition that denies would deny less.

use super::{FederatedIdentity, Paper, TrustError};
use crate::catalogue::{Provider, Role};
use crate::oidc::overage;

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

pub(super) fn nothing_for_trust(
    provider: &Provider,
    identity: &FederatedIdentity,
    role: &Role,
) -> Result<(), TrustError> {
    let prefix = provider.key_prefix();
    let mut asked_for = of(identity).filter(|claim| role.trust.asks_for(&format!("{prefix}:{claim}")));
    match asked_for.next() {
        Some(claim) => Err(left_out(claim, trust_policy(role))),
        None => Ok(()),
    }
}

/// Of a claim that is an object, or a list of more than texts, numbers and booleans.
pub(super) fn not_plain(claim: &str, role: &Role) -> TrustError {
    TrustError::ClaimNotPlain { claim: crate::trace::clip(claim), reader: trust_policy(role) }
}

fn trust_policy(role: &Role) -> String {
    format!("the trust policy of {}", role.arn)
}

fn of(identity: &FederatedIdentity) -> impl Iterator<Item = &str> {
    let claims = matches!(identity.paper, Paper::Token { .. }).then_some(&identity.claims);
    claims.into_iter().flat_map(overage::left_out)
}

fn left_out(claim: &str, reader: String) -> TrustError {
    TrustError::ClaimLeftOut { claim: crate::trace::clip(claim), reader }
}
