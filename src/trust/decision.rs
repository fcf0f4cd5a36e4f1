//! The role's side, which has the last word.

use super::grant::{Bearer, RoleGrant};
use super::{Caller, Offer, TrustError, VerifiedCaller, context};
use crate::catalogue::{Catalogue, Role};
use crate::policy::{self, Context, Decision, Effect, Principal, Via};
use crate::trace::{Outcome, Step, Trace};
use crate::words::{RoleArn, SessionName};
use std::sync::Arc;
use time::Duration;

/// Role chaining: what is assumed with a role session's credentials lasts an hour, whatever the role allows (AWS STS).
const CHAINED: Duration = Duration::HOUR;

/// May the federated identity wear the role that its provider offers?
pub fn decide(offer: Offer, trace: &mut Trace) -> Result<RoleGrant, TrustError> {
    let Offer { role, session_name, bearer, provider, alias, action, context, ends } = offer;
    let principal = Principal::Federated { arn: provider.as_str(), alias };
    let (statement, _) = trusted(&role, &principal, action, &context, trace)?;
    let longest = role.max_session;
    Ok(RoleGrant { role, session_name, bearer, longest, ends, statement })
}

/// May this caller assume the role? A trust policy that names the caller itself suffices within an account; one that
/// only names its account, and any across accounts, leaves it to the caller's own policies to allow it as well.
pub fn decide_for_caller(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    role: &RoleArn,
    session_name: SessionName,
    external_id: Option<&str>,
    trace: &mut Trace,
) -> Result<RoleGrant, TrustError> {
    let no_such = || TrustError::NoSuchRole { role: role.to_string() };
    let role: Arc<Role> = catalogue.role(role).ok_or_else(no_such)?.clone();
    let context = context::caller(caller, &session_name, external_id)?;
    let (arn, account) = (caller.arn(), caller.account());
    let worn = match caller.who() {
        Caller::Session { role, .. } => Some(role.as_str()),
        Caller::User(_) => None,
    };
    let principal = Principal::Aws { arn: &arn, role_arn: worn, account: account.as_str() };
    let (statement, via) = trusted(&role, &principal, "sts:AssumeRole", &context, trace)?;
    let named_here = via == Some(Via::Named) && account == role.arn.account();
    allowed_by_own_policies(catalogue, caller, &role, &context, named_here, trace)?;
    let (provider, ancestors) = match caller.session() {
        Some(session) => {
            let ancestors = session.ancestors.iter().chain([&session.access_key_id]).cloned().collect();
            (session.provider.clone(), ancestors)
        }
        None => (None, Vec::new()),
    };
    let longest = if caller.session().is_some() { CHAINED } else { role.max_session };
    let bearer = Bearer { provider, subject: arn, ancestors };
    Ok(RoleGrant { role, session_name, bearer, longest, ends: None, statement })
}

/// The trust policy's answer: the statement that allowed, and how it spoke of the principal.
fn trusted(
    role: &Role,
    principal: &Principal<'_>,
    action: &str,
    context: &Context,
    trace: &mut Trace,
) -> Result<(String, Option<Via>), TrustError> {
    let decision = policy::explain_trust(&role.trust, principal, action, context);
    let statements = names(&decision);
    let role = role.arn.to_string();
    match decision.effect {
        Effect::Allow => {
            trace.push(
                Step::new("trust.policy", Outcome::Pass).expected(action).received(format!("{role}: {statements}")),
            );
            Ok((statements, decision.via))
        }
        Effect::ExplicitDeny => Err(TrustError::ExplicitDeny { role, statement: statements }),
        Effect::ImplicitDeny => {
            let nearest = decision.nearest_miss().and_then(|report| report.miss.map(|miss| (report.statement, miss)));
            let nearest =
                nearest.map(|(statement, miss)| format!("; the nearest is {statement}: {miss}")).unwrap_or_default();
            Err(TrustError::NoStatementAllows { role, nearest })
        }
    }
}

fn allowed_by_own_policies(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    role: &Role,
    context: &Context,
    named_here: bool,
    trace: &mut Trace,
) -> Result<(), TrustError> {
    let policies = caller.policies(catalogue).iter().map(|named| (named.name.as_str(), &*named.policy));
    let decision = policy::evaluate_identity(policies, "sts:AssumeRole", role.arn.as_str(), context);
    let refused = |denied| TrustError::CallerNotAllowed { caller: caller.arn(), role: role.arn.to_string(), denied };
    match decision.effect {
        Effect::ExplicitDeny => Err(refused(true)),
        Effect::ImplicitDeny if !named_here => Err(refused(false)),
        Effect::ImplicitDeny => {
            trace.note("trust.caller", "the trust policy names the caller itself");
            Ok(())
        }
        Effect::Allow => {
            trace.pass("trust.caller", names(&decision));
            Ok(())
        }
    }
}

fn names(decision: &Decision<'_>) -> String {
    decision.matched.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
