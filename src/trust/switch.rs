//! Switching in the console: from the role that a browser signed in with, or from a user, to another role.
//!
//! It is AssumeRole by whoever signed in, but for two things. The second factor of the sign-in counts, though a role's session
//! by itself has none (AWS: it is carried from the console sign-in). And an hour is no limit: nobody walks from role to role,
//! because whatever is worn, it is the first identity that asks again.

use super::decision::denied_by_own_policies;
use super::mfa::Factors;
use super::reading::Reading;
use super::{
    Carried, FederatedIdentity, RoleGrant, Surroundings, TrustError, VerifiedCaller, Wanted, context, decision,
};
use crate::catalogue::{Catalogue, Provider};
use crate::policy::{self, Principal};
use crate::trace::Trace;
use crate::words::{RoleArn, SessionName, SessionTags};
use time::OffsetDateTime;

/// How a browser signed in whose role's session asks.
pub(super) struct SignedInWith {
    pub(super) factors: Factors,
    /// What a denial for want of a second factor tells, where the identity provider could be asked for one.
    improvable: Option<(String, String)>,
}

impl VerifiedCaller {
    /// The same, whose role's session is worn in a browser; `person` is who signed in, at the registration that gave it. What
    /// they assume is not held to be assumed by a chain, so only the console's switching calls this, which a test of the
    /// architecture holds it to.
    pub fn switching(
        mut self,
        person: Option<(&Provider, &FederatedIdentity)>,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Self {
        let known = person.map(|(provider, identity)| {
            let factors = Factors::of(provider, identity, &Reading::of(provider, identity), now, trace);
            let mfa = provider
                .mfa
                .as_ref()
                .filter(|_| factors.can_improve() && provider.enabled && provider.signs_people_in());
            (factors, mfa.map(|mfa| (mfa.expression.text().to_owned(), identity.authn_context.clone())))
        });
        let (factors, improvable) = known.unwrap_or_default();
        // A provider that says nothing of factors leaves a role's session what it is: with one.
        let factors = if factors == Factors::default() { Factors::ONE } else { factors };
        self.set_sign_in(SignedInWith { factors, improvable });
        self
    }

    /// Whether whoever wears it in a browser signed in with one.
    pub fn has_second_factor(&self) -> bool {
        self.signed_in_with().is_some_and(|with| with.factors.is_second())
    }

    fn name_when_switched(&self) -> Option<SessionName> {
        let of_session = self.role_session().and_then(|session| session.session_name.parse().ok());
        of_session.or_else(|| self.own_session_name())
    }
}

/// May whoever signed in switch to the role? Neither an external id nor tags nor a source identity come along.
pub fn decide_switch(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    role: &RoleArn,
    around: &Surroundings,
    trace: &mut Trace,
) -> Result<RoleGrant, TrustError> {
    let session_name = caller.name_when_switched().ok_or(TrustError::NoSessionName)?;
    let wanted = |fresh_code| Wanted {
        role,
        session_name: session_name.clone(),
        external_id: None,
        tags: SessionTags::default(),
        source_identity: None,
        fresh_code,
        around,
    };
    let denied = match decision::decide_for_caller(catalogue, caller, wanted(false), trace) {
        Ok(grant) => return Ok(grant),
        Err(denied) => denied,
    };
    if let Some((expression, received)) = caller.signed_in_with().and_then(|with| with.improvable.clone()) {
        // The same once more as if a second factor had just been used; what would be is no part of the record.
        if decision::decide_for_caller(catalogue, caller, wanted(true), &mut Trace::new("")).is_ok() {
            let (role, denied) = (role.to_string(), Box::new(denied));
            return Err(TrustError::MfaMissing { role, denied, expression, received });
        }
    }
    Err(if wants_external_id(catalogue, caller, &session_name, role, around) {
        TrustError::ExternalIdWanted { role: role.to_string() }
    } else {
        denied
    })
}

/// Whether it is the external id that the trust policy misses. Told within the role's account, and to others whose own
/// policies let them ask.
fn wants_external_id(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    session_name: &SessionName,
    role: &RoleArn,
    around: &Surroundings,
) -> bool {
    let known = || {
        let role = catalogue.role(role)?;
        let carried = Carried::chained(caller.role_session(), SessionTags::default(), None).ok()?;
        let asks = context::Asks { session_name: Some(session_name), ..context::Asks::default() };
        let factors = Factors::of_caller(caller, false, around.now);
        Some((role, context::caller(catalogue, caller, Some(role), asks, &carried, factors, around).ok()?))
    };
    let Some((role, context)) = known() else { return false };
    let (arn, account) = (caller.arn(), caller.account());
    let worn = caller.role_session().map(|session| session.role.as_str());
    let principal = Principal::Aws { arn: &arn, role_arn: worn, account: account.as_str(), provider: None };
    let explained = policy::explain_trust(&role.trust, &principal, decision::ASSUME_ROLE, &context);
    let nearest = explained.nearest_miss().and_then(|report| report.miss);
    nearest.is_some_and(|miss| miss.is_about("sts:ExternalId"))
        && (account == role.arn.account() || denied_by_own_policies(catalogue, caller, &role.arn, &context).is_none())
}
