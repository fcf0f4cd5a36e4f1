//! What an answer on paper depends on that nobody knows there: whoever asks sends no request, names no session, and of an
//! assertion that is only supposed it is not said in which form it speaks of its subject.

use super::{FederatedIdentity, Offer, Paper, Surroundings};
use crate::catalogue::Provider;
use crate::policy::{Principal, Settled, settled_trust};
use std::collections::BTreeSet;

pub(super) const SESSION_NAME: &str = "sts:RoleSessionName";

/// The condition keys, as AWS writes them, on which it depends whether the offer's bearer gets in.
pub(super) fn keys(
    offer: &Offer,
    provider: &Provider,
    identity: &FederatedIdentity,
    around: &Surroundings,
) -> Vec<&'static str> {
    let name = is_named_by_the_caller(offer, provider, identity).then_some(SESSION_NAME);
    let unknown: Vec<&'static str> = name.into_iter().chain(around.unknown()).chain(unsaid(identity)).collect();
    let is_unknown = |key: &str| unknown.iter().any(|it| it.eq_ignore_ascii_case(key));
    let principal = Principal::Federated { arn: offer.provider.as_str(), alias: offer.alias };
    let mut open = BTreeSet::new();
    for action in [offer.action].into_iter().chain(offer.carried.needs()) {
        match settled_trust(&offer.role.trust, &principal, action, &offer.context, is_unknown) {
            Settled::Allowed => {}
            Settled::Denied => return Vec::new(),
            Settled::DependsOn(keys) => open.extend(keys),
        }
    }
    unknown.iter().copied().filter(|key| open.contains(&*key.to_ascii_lowercase())).collect()
}

/// Takes out of the offer what claims on paper leave unsaid: it is not there, and it is not empty.
pub(super) fn leave_unsaid(offer: &mut Offer, identity: &FederatedIdentity) {
    unsaid(identity).for_each(|key| offer.context.replace_one(key, None));
}

/// Every assertion that comes says these.
fn unsaid(identity: &FederatedIdentity) -> impl Iterator<Item = &'static str> {
    let (no_subject, no_issuer) = (identity.subject.is_empty(), identity.issuer.is_empty());
    let all = match &identity.paper {
        Paper::Assertion { subject_type, .. } => vec![
            (no_subject, "saml:sub"),
            (subject_type.is_empty(), "saml:sub_type"),
            (no_issuer, "saml:iss"),
            (no_issuer, "saml:namequalifier"),
        ],
        Paper::Token { .. } => Vec::new(),
    };
    all.into_iter().filter(|(is_unsaid, _)| *is_unsaid).map(|(_, key)| key)
}

/// Whoever brings a token to the API chooses what no rule says.
fn is_named_by_the_caller(offer: &Offer, provider: &Provider, identity: &FederatedIdentity) -> bool {
    let mut giving = provider.rules.iter().filter(|rule| offer.given_by.contains(&rule.name));
    matches!(identity.paper, Paper::Token { .. }) && giving.all(|rule| rule.session_name.is_none())
}
