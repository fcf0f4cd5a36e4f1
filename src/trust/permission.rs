//! May a principal do what a resource service asks about?
//!
//! The policies of the principal say, and the resource's, if it has one (IAM User Guide, "Policy evaluation logic"): a Deny
//! in any of them wins. Across accounts both sides must allow. Within one account either side suffices, but where the
//! resource's policy speaks of everybody, of the session's role, of the provider that it began at or of the user who made it for
//! somebody, that role's boundary and the session's own policies go on to limit it, and where it only names the account, it leaves the decision to the principal's own.

use super::context::{self, Asks};
use super::decision::{hindrance, names};
use super::mfa::Factors;
use super::{Carried, Denial, OwnPolicies, Reason, Surroundings, TrustError, VerifiedCaller};
use crate::catalogue::Catalogue;
use crate::policy::{self, Context, Decision, Effect, Permissions, Policy, Principal, Via};
use crate::trace::Trace;
use crate::words::AccountId;

/// What a service asks of a principal.
pub struct ServiceAsks<'a> {
    pub action: &'a str,
    /// An ARN, or `*`.
    pub resource: &'a str,
    /// Whose the resource is.
    pub account: AccountId,
    pub policy: Option<&'a Policy>,
    /// Which the request is signed for.
    pub region: &'a str,
    /// The condition keys that the service knows.
    pub context: &'a Context,
}

/// The answer, and what made it.
pub struct Permission {
    pub effect: Effect,
    /// Policy and statement (its Sid, or its position from 0) that decided; `None` where it was silence.
    pub decided_by: Option<(String, String)>,
    /// Of every answer but an Allow.
    pub denial: Option<Box<Denial>>,
}

/// Everything is asked, whatever the first says: a Deny anywhere wins.
pub fn permission(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    asks: &ServiceAsks<'_>,
    around: &Surroundings,
    trace: &mut Trace,
) -> Permission {
    let known = match known(catalogue, caller, asks, around) {
        Ok(known) => known,
        // Two values for one key: which of them a Deny should be asked about is not ours to guess.
        Err(error) => return silent(error, asks, Context::new()),
    };
    let session_policies = caller.session_policies(catalogue);
    let own = caller.permissions(catalogue, &session_policies);
    let (arn, account) = (caller.arn(), caller.account());
    let provider = caller.role_session().and_then(|session| session.provider.as_deref());
    let principal = Principal::Aws { arn: &arn, role_arn: caller.stands_for(), account: account.as_str(), provider };
    let by_resource =
        asks.policy.map(|policy| policy::evaluate_resource(policy, &principal, asks.action, asks.resource, &known));
    let by_own = policy::evaluate_permissions(&own, asks.action, asks.resource, &known);
    let at_home = account == asks.account;
    let both = [by_resource.as_ref(), Some(&by_own)];
    if let Some(denying) = both.into_iter().flatten().find(|decision| decision.effect == Effect::ExplicitDeny) {
        let decided_by = first(denying);
        let error = if by_own.effect == Effect::ExplicitDeny {
            own_refusal(caller, asks, &own, &known)
        } else {
            let denied = Some(names(denying)).filter(|_| at_home);
            refusal(caller, asks, OwnPolicies::Resource, denied, Reason::said("; it is denied by a statement of it"))
        };
        let denial = Some(Box::new(denial(error, asks, known.clone())));
        return Permission { effect: Effect::ExplicitDeny, decided_by, denial };
    }
    let allowing = by_resource.as_ref().filter(|decision| decision.is_allowed());
    let gone = caller.role_session().is_some() && caller.worn(catalogue).is_none();
    let decisive = match allowing {
        // What named the session, or the role, must not outlive the role and what limited it.
        _ if gone => None,
        None if !at_home => None,
        _ if by_own.is_allowed() => Some(&by_own),
        Some(decision) if at_home && suffices(decision.via, &own, asks, &known) => Some(decision),
        Some(_) | None => None,
    };
    if let Some(decision) = decisive {
        trace.pass("decide.policy", names(decision));
        return Permission { effect: Effect::Allow, decided_by: first(decision), denial: None };
    }
    let error = match (gone, at_home || allowing.is_some()) {
        (true, _) => refusal(caller, asks, OwnPolicies::Identity, None, Reason::said("; its role is gone")),
        (false, true) => own_refusal(caller, asks, &own, &known),
        (false, false) => {
            refusal(caller, asks, OwnPolicies::Resource, None, Reason::said("; the resource is of another account"))
        }
    };
    silent(error, asks, known)
}

/// What the house knows of the principal, and what the service knows of its request.
fn known(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    asks: &ServiceAsks<'_>,
    around: &Surroundings,
) -> Result<Context, TrustError> {
    let factors = Factors::of_caller(caller, false, around.now);
    let mut known = context::caller(catalogue, caller, None, Asks::default(), &Carried::default(), factors, around)?;
    known.extend(asks.context.clone())?;
    // The service may know better for which region it was meant.
    let _ = known.insert_one("aws:requestedregion", asks.region);
    Ok(known)
}

/// Whether a resource's policy lets a principal of its own account in without a permission of their own.
fn suffices(via: Option<Via>, own: &Permissions<'_>, asks: &ServiceAsks<'_>, known: &Context) -> bool {
    match via {
        Some(Via::Named) => true,
        Some(Via::Role | Via::Anyone) => {
            let limits = Permissions { identity: None, boundary: own.boundary, session: own.session.clone() };
            policy::evaluate_permissions(&limits, asks.action, asks.resource, known).is_allowed()
        }
        Some(Via::Account) | None => false,
    }
}

fn first(decision: &Decision<'_>) -> Option<(String, String)> {
    let statement = decision.matched.first()?;
    let named = statement.sid.map_or_else(|| statement.index.to_string(), str::to_owned);
    Some((statement.policy.to_owned(), named))
}

/// Which kind of the principal's own policies stood in the way.
fn own_refusal(caller: &VerifiedCaller, asks: &ServiceAsks<'_>, own: &Permissions<'_>, known: &Context) -> TrustError {
    let found = hindrance(own, asks.action, asks.resource, known);
    let (by, denied, why) = found.unwrap_or((OwnPolicies::Identity, None, Box::default()));
    refusal(caller, asks, by, denied, why)
}

fn refusal(
    caller: &VerifiedCaller,
    asks: &ServiceAsks<'_>,
    by: OwnPolicies,
    denied: Option<String>,
    why: Box<Reason>,
) -> TrustError {
    let (action, role) = (asks.action.into(), asks.resource.to_owned());
    TrustError::CallerNotAllowed { caller: caller.arn(), action, role, by, denied, why }
}

fn silent(error: TrustError, asks: &ServiceAsks<'_>, known: Context) -> Permission {
    let denial = Some(Box::new(denial(error, asks, known)));
    Permission { effect: Effect::ImplicitDeny, decided_by: None, denial }
}

fn denial(error: TrustError, asks: &ServiceAsks<'_>, known: Context) -> Denial {
    let denied_by = error.denied_by().map(str::to_owned);
    Denial { error, told: None, resource: asks.resource.to_owned(), denied_by, conditions: known.into_sorted() }
}
