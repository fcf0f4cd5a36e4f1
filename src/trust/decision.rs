//! The role's side, which has the last word.

use super::carried::{SET_SOURCE_IDENTITY, TAG_SESSION};
use super::grant::{Bearer, RoleGrant};
use super::mfa::Factors;
use super::{Carried, Denial, Offer, OwnPolicies, Reason, Surroundings, TrustError, VerifiedCaller, context};
use crate::catalogue::{Catalogue, Role};
use crate::policy::{self, Context, Decision, Effect, Permissions, Principal, StatementRef, Via};
use crate::trace::Trace;
use crate::words::{RoleArn, SessionName, SessionTags, SourceIdentity};
use std::fmt::Write;
use std::sync::Arc;
use time::Duration;

/// Role chaining: what is assumed with a role session's credentials lasts an hour, whatever the role allows (AWS STS).
const CHAINED: Duration = Duration::HOUR;

/// What a caller asks for: a role, and what its session is to be called and to carry.
pub struct Wanted<'a> {
    pub role: &'a RoleArn,
    pub session_name: SessionName,
    pub external_id: Option<&'a str>,
    pub tags: SessionTags,
    pub source_identity: Option<SourceIdentity>,
    /// Whether a code of the caller's own device has just been accepted.
    pub fresh_code: bool,
    pub around: &'a Surroundings,
}

/// May the federated identity wear the role that its provider offers?
pub fn decide(offer: Offer, trace: &mut Trace) -> Result<RoleGrant, TrustError> {
    let statement = allowed(&offer, &offer.context, trace).map_err(|denied| for_want_of_mfa(&offer, denied))?;
    let Offer { role, session_name, bearer, carried, ends, given_by, .. } = offer;
    note(&carried, trace);
    let longest = role.max_session;
    Ok(RoleGrant { role, session_name, bearer, carried, longest, ends, statement, given_by })
}

/// The statement that lets the offer's bearer in, if those keys are what holds.
fn allowed(offer: &Offer, context: &Context, trace: &mut Trace) -> Result<String, TrustError> {
    let principal = Principal::Federated { arn: offer.provider.as_str(), alias: offer.alias };
    let (statement, _) = trusted(&offer.role, &principal, offer.action, context, trace)?;
    for action in offer.carried.needs() {
        trusted(&offer.role, &principal, action, context, trace)?;
    }
    Ok(statement)
}

/// The conditions of the statements that let the offer's bearer in, or forbid it, each with both of its sides. None where
/// it is silence that decides.
pub(super) fn conditions(offer: &Offer) -> Vec<String> {
    let principal = Principal::Federated { arn: offer.provider.as_str(), alias: offer.alias };
    let decision = policy::evaluate_trust(&offer.role.trust, &principal, offer.action, &offer.context);
    let told = |statement: &StatementRef<'_>| {
        let found = offer.role.trust.statements().find(|it| it.index() == statement.index);
        let sides = found.into_iter().flat_map(|it| it.both_sides(&offer.context));
        sides.map(|sides| format!("{statement}: {sides}")).collect::<Vec<_>>()
    };
    decision.matched.iter().flat_map(told).collect()
}

/// The same question once more as if the person had just used a second factor. What it comes to grants nothing; it only
/// tells those who should go back to their identity provider from those whom that would not help.
fn for_want_of_mfa(offer: &Offer, denied: TrustError) -> TrustError {
    let Some((expression, received)) = &offer.improvable else { return denied };
    let mut context = offer.context.clone();
    Factors::FRESH.pretend(&mut context);
    // What would be is no part of the record.
    match allowed(offer, &context, &mut Trace::new("")) {
        Ok(_) => TrustError::MfaMissing {
            role: offer.role.arn.to_string(),
            denied: Box::new(denied),
            expression: expression.clone(),
            received: received.clone(),
        },
        Err(_) => denied,
    }
}

/// May this caller assume the role? Within an account a trust policy suffices that names the user or the session; where
/// it names the session's role, that role's boundary and the session's own policies must not stand in the way. One that
/// only names the account, and any across accounts, leaves it to the caller's own policies to allow it as well (IAM
/// User Guide, "Policy evaluation logic"). The same holds for the tags and the source identity that the session will
/// carry.
pub fn decide_for_caller(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    wanted: Wanted<'_>,
    trace: &mut Trace,
) -> Result<RoleGrant, TrustError> {
    let Wanted { role, session_name, external_id, tags, source_identity, fresh_code, around } = wanted;
    let passed = source_identity.clone();
    let carried = Carried::chained(caller.role_session(), tags, source_identity)?;
    let no_such = || TrustError::NoSuchRole { role: role.to_string() };
    let role: Arc<Role> = catalogue.role(role).ok_or_else(no_such)?.clone();
    let asks = context::Asks { session_name: Some(&session_name), external_id, source_identity: passed.as_ref() };
    let factors = Factors::of_caller(caller, fresh_code, around.now);
    let context = context::caller(catalogue, caller, Some(&role), asks, &carried, factors, around)?;
    let (arn, account) = (caller.arn(), caller.account());
    let session = caller.role_session();
    let worn = session.map(|session| session.role.as_str());
    let principal = Principal::Aws { arn: &arn, role_arn: worn, account: account.as_str(), provider: None };
    // A trust policy that names the session, or the role, must not outlive the role and what limited it.
    if session.is_some() && caller.worn(catalogue).is_none() {
        let (caller, role, why) = (caller.arn(), role.arn.to_string(), Reason::said("; its role is gone"));
        let (action, by) = (ASSUME_ROLE.into(), OwnPolicies::Identity);
        return Err(TrustError::CallerNotAllowed { caller, action, role, by, denied: None, why });
    }
    let session_policies = caller.session_policies(catalogue);
    let permissions = caller.permissions(catalogue, &session_policies);
    let mut statement = None;
    for action in [ASSUME_ROLE].into_iter().chain(carried.needs()) {
        let (allowing, via) = trusted(&role, &principal, action, &context, trace)?;
        let here = via.filter(|_| account == role.arn.account());
        allowed_by_own_policies(&permissions, caller, action, &role.arn, &context, here, trace)?;
        statement.get_or_insert(allowing);
    }
    note(&carried, trace);
    let is_chained = session.is_some() && caller.signed_in_with().is_none();
    let longest = if is_chained { CHAINED } else { role.max_session };
    let provider = session.and_then(|session| session.provider.clone());
    let bearer = Bearer { provider, subject: arn, ancestors: caller.lineage() };
    let statement = statement.unwrap_or_default();
    Ok(RoleGrant { role, session_name, bearer, carried, longest, ends: None, statement, given_by: Vec::new() })
}

pub(super) const ASSUME_ROLE: &str = "sts:AssumeRole";

/// May this caller do what is no role to assume, on the resource (`*` where the action knows none)? Its own policies say;
/// what was denied comes with the reason.
pub fn permit(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    action: &'static str,
    resource: &str,
    around: &Surroundings,
    trace: &mut Trace,
) -> Result<(), Box<Denial>> {
    let (asks, carried) = (context::Asks::default(), Carried::default());
    let factors = Factors::of_caller(caller, false, around.now);
    let known = context::caller(catalogue, caller, None, asks, &carried, factors, around);
    let known = known.map_err(|error| Box::new(Denial::without_keys(error, resource)))?;
    permitted(catalogue, caller, action, resource, known, trace)
}

/// [`permit`], where this is known.
pub(super) fn permitted(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    action: &'static str,
    resource: &str,
    known: Context,
    trace: &mut Trace,
) -> Result<(), Box<Denial>> {
    let session_policies = caller.session_policies(catalogue);
    let permissions = caller.permissions(catalogue, &session_policies);
    let Some((by, denied, why)) = hindrance(&permissions, action, resource, &known) else {
        trace.pass("trust.caller", action);
        return Ok(());
    };
    let (caller, action, role, denied_by) = (caller.arn(), action.into(), resource.to_owned(), denied.clone());
    let error = TrustError::CallerNotAllowed { caller, action, role, by, denied, why };
    let (resource, conditions) = (resource.to_owned(), known.into_sorted());
    Err(Box::new(Denial { error, told: None, resource, denied_by, conditions }))
}

/// Why the caller's own policies alone do not let them assume what is called `role`, be it there or not.
pub(super) fn denied_by_own_policies(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    role: &RoleArn,
    context: &Context,
) -> Option<TrustError> {
    let session_policies = caller.session_policies(catalogue);
    let permissions = caller.permissions(catalogue, &session_policies);
    // The reason is another one, and stands in the record already.
    allowed_by_own_policies(&permissions, caller, ASSUME_ROLE, role, context, None, &mut Trace::new("")).err()
}

/// The keys of tags, not their values: those are claims.
fn note(carried: &Carried, trace: &mut Trace) {
    if !carried.tags.is_empty() {
        trace.pass("trust.tags", carried.tags.keys());
    }
    if let Some(identity) = &carried.source_identity {
        trace.pass("trust.source-identity", identity);
    }
}

/// The trust policy's answer: the statement that allowed, and how it spoke of the principal.
fn trusted(
    role: &Role,
    principal: &Principal<'_>,
    action: &str,
    context: &Context,
    trace: &mut Trace,
) -> Result<(String, Option<Via>), TrustError> {
    let decision = policy::evaluate_trust(&role.trust, principal, action, context);
    let statements = names(&decision);
    let why = || Reason::of(&policy::explain_trust(&role.trust, principal, action, context));
    let arn = || role.arn.to_string();
    match (decision.effect, action) {
        (Effect::Allow, _) => {
            let received = format_args!("{}: {statements}", role.arn);
            trace.pass_both("trust.policy", action, received);
            Ok((statements, decision.via))
        }
        (_, TAG_SESSION) => Err(TrustError::TagSession { role: arn(), why: why() }),
        (_, SET_SOURCE_IDENTITY) => Err(TrustError::SetSourceIdentity { role: arn(), why: why() }),
        (Effect::ExplicitDeny, _) => Err(TrustError::ExplicitDeny { role: arn(), statement: statements }),
        (Effect::ImplicitDeny, _) => Err(TrustError::NoStatementAllows { role: arn(), nearest: why() }),
    }
}

/// `named` is how the trust policy of a role of the same account spoke of the caller.
fn allowed_by_own_policies(
    permissions: &Permissions<'_>,
    caller: &VerifiedCaller,
    action: &'static str,
    role: &RoleArn,
    context: &Context,
    named: Option<Via>,
    trace: &mut Trace,
) -> Result<(), TrustError> {
    let resource = role.as_str();
    let decision = policy::evaluate_permissions(permissions, action, resource, context);
    let limits = Permissions { identity: None, boundary: permissions.boundary, session: permissions.session.clone() };
    let standing = match (decision.effect, named) {
        (Effect::Allow, _) => {
            trace.pass("trust.caller", names(&decision));
            return Ok(());
        }
        (Effect::ImplicitDeny, Some(Via::Named)) => None,
        (Effect::ImplicitDeny, Some(Via::Role)) => hindrance(&limits, action, resource, context),
        _ => hindrance(permissions, action, resource, context),
    };
    let Some((by, denied, why)) = standing else {
        trace.note("trust.caller", "the trust policy names the caller itself");
        return Ok(());
    };
    let (caller, action, role) = (caller.arn(), action.into(), resource.to_owned());
    Err(TrustError::CallerNotAllowed { caller, action, role, by, denied, why })
}

/// Which kind of the caller's policies stands in the way: one that denies, else the first that is silent. `None` when
/// all of them allow.
pub(super) fn hindrance(
    permissions: &Permissions<'_>,
    action: &str,
    resource: &str,
    context: &Context,
) -> Option<(OwnPolicies, Option<String>, Box<Reason>)> {
    let Permissions { identity, boundary, session } = permissions;
    let apart = [
        (OwnPolicies::Identity, Permissions { identity: identity.clone(), ..Permissions::default() }),
        (OwnPolicies::Boundary, Permissions { boundary: *boundary, ..Permissions::default() }),
        (OwnPolicies::Session, Permissions { session: session.clone(), ..Permissions::default() }),
    ];
    let decided = apart.iter().map(|(by, kind)| (*by, policy::explain_permissions(kind, action, resource, context)));
    let (denying, rest): (Vec<_>, Vec<_>) = decided.partition(|(_, decision)| decision.effect == Effect::ExplicitDeny);
    let standing = denying.into_iter().chain(rest).find(|(_, decision)| !decision.is_allowed());
    standing.map(|(by, decision)| {
        (by, (decision.effect == Effect::ExplicitDeny).then(|| names(&decision)), Reason::of(&decision))
    })
}

pub(super) fn names(decision: &Decision<'_>) -> String {
    let mut names = String::new();
    for statement in decision.matched.iter() {
        let separator = if names.is_empty() { "" } else { ", " };
        let _ = write!(names, "{separator}{statement}");
    }
    names
}
