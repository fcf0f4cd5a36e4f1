//! What somebody can wear, by the very evaluation that will give it.

use super::Original;
use crate::catalogue::{Catalogue, Provider, Role};
use crate::metrics::Metrics;
use crate::trace::{Refusal, Step, Trace};
use crate::trust::{
    self, Asked, FederatedIdentity, RoleGrant, Surroundings, TrustError, UserIdentity, VerifiedCaller, Wanted,
};
use crate::words::{AccountId, RoleArn, SessionName, SessionTags};
use std::sync::Arc;

/// A role that would really be given now, or would be to somebody who has just used a second factor.
pub struct Choice {
    pub role: Arc<Role>,
    pub session_name: SessionName,
    pub needs_mfa: bool,
}

/// So many of the roles that fell away are told of, each with the reason.
const MOST_TOLD: usize = 20;

/// Everything that the original identity can wear, by the very evaluation that will give it; at least one, or why none.
pub(super) fn wearable(
    catalogue: &Catalogue,
    original: &Original,
    around: &Surroundings,
    metrics: &Metrics,
    trace: &mut Trace,
) -> Result<Vec<Choice>, TrustError> {
    if let Original::User(identity) = original {
        return for_user(catalogue, identity, around, trace);
    }
    let (mut choices, mut lost) = (Vec::new(), Lost::default());
    for (provider, identity) in registrations(catalogue, original) {
        choices.extend(at_registration(catalogue, (&provider, &identity), around, metrics, &mut lost, trace));
    }
    trace.enter(None);
    choices.sort_by(|a, b| (&a.role.arn, a.needs_mfa).cmp(&(&b.role.arn, b.needs_mfa)));
    choices.dedup_by(|a, b| a.role.arn == b.role.arn);
    match lost.first {
        Some((error, account)) if choices.is_empty() => {
            trace.enter(Some(account.as_str()));
            Err(error)
        }
        _ => Ok(choices),
    }
}

/// The roles that fell away: how many, and why the first did.
#[derive(Default)]
struct Lost {
    count: usize,
    first: Option<(TrustError, AccountId)>,
}

impl Lost {
    fn tell(&mut self, error: TrustError, account: AccountId, trace: &mut Trace) {
        self.count += 1;
        if self.count <= MOST_TOLD {
            trace.push(Step::failed(&error));
        }
        self.first.get_or_insert((error, account));
    }
}

fn at_registration(
    catalogue: &Catalogue,
    (provider, identity): (&Provider, &FederatedIdentity),
    around: &Surroundings,
    metrics: &Metrics,
    lost: &mut Lost,
    trace: &mut Trace,
) -> Vec<Choice> {
    trace.enter(Some(provider.account().as_str()));
    let offers = match trust::offers(catalogue, provider, identity, Asked::Anything, around, Some(metrics), trace) {
        Ok(offers) => offers,
        Err(error) => {
            lost.tell(error, provider.account(), trace);
            return Vec::new();
        }
    };
    let mut choices = Vec::new();
    for offer in offers {
        let (role, session_name) = (offer.role().clone(), offer.session_name().clone());
        let needs_mfa = match trust::decide(offer, trace) {
            Ok(_) => false,
            Err(TrustError::MfaMissing { .. }) if provider.signs_people_in() => true,
            Err(error) => {
                lost.tell(error, provider.account(), trace);
                continue;
            }
        };
        choices.push(Choice { role, session_name, needs_mfa });
    }
    choices
}

/// What AssumeRole would give the user now.
fn for_user(
    catalogue: &Catalogue,
    identity: &UserIdentity,
    around: &Surroundings,
    trace: &mut Trace,
) -> Result<Vec<Choice>, TrustError> {
    let none = || TrustError::NothingForUser { user: identity.arn().to_owned() };
    let caller = identity.caller(catalogue).ok_or_else(none)?;
    let mut choices = Vec::new();
    for role in catalogue.roles() {
        trace.enter(Some(role.arn.account().as_str()));
        match decide_for(catalogue, &caller, &role.arn, around, trace) {
            Ok(grant) => {
                let session_name = grant.session_name().clone();
                choices.push(Choice { role: role.clone(), session_name, needs_mfa: false });
            }
            // Of every role there is: only which, and the kind of reason.
            Err(error) => trace.note(error.code().name(), &role.arn),
        }
    }
    trace.enter(None);
    if choices.is_empty() { Err(none()) } else { Ok(choices) }
}

pub(super) fn decide_for(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    role: &RoleArn,
    around: &Surroundings,
    trace: &mut Trace,
) -> Result<RoleGrant, TrustError> {
    let session_name = caller.own_session_name().ok_or(TrustError::NoSessionName)?;
    let wanted = Wanted {
        role,
        session_name,
        external_id: None,
        tags: SessionTags::default(),
        source_identity: None,
        fresh_code: false,
        around,
    };
    trust::decide_for_caller(catalogue, caller, wanted, trace)
}

/// The identity as each account knows it. An original that is itself a role session has none: it wears what it has.
pub(super) fn registrations(catalogue: &Catalogue, original: &Original) -> Vec<(Arc<Provider>, FederatedIdentity)> {
    let Original::Federated { identity, registrations } = original else { return Vec::new() };
    // A registration that has come to mean another identity provider is no longer this person's.
    let known = registrations.iter().filter_map(|arn| catalogue.provider(&arn.parse().ok()?));
    known
        .filter(|provider| provider.issuer().as_ref() == Some(&identity.issuer))
        .map(|provider| (provider.clone(), identity.at(provider)))
        .collect()
}
