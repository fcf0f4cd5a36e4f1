//! The provider's side: which roles does this provider give this person, and under which name?

use super::mfa::Factors;
use super::reading::Reading;
use super::rules::{self, GivenBy};
use super::{Bearer, Carried, FederatedIdentity, Paper, Surroundings, TrustError, context, left_out, session_name};
use crate::catalogue::{Catalogue, Provider, Role};
use crate::metrics::Metrics;
use crate::policy::Context;
use crate::trace::{Refusal, Trace};
use crate::words::{ProviderArn, RoleArn, SessionName};
use std::collections::BTreeMap;
use std::sync::Arc;
use time::OffsetDateTime;

/// A role that the provider gives this identity. The role's trust policy has not been asked yet; what it will be asked
/// travels along, so that nobody can ask it about somebody else.
pub struct Offer {
    pub(super) role: Arc<Role>,
    pub(super) session_name: SessionName,
    pub(super) bearer: Bearer,
    pub(super) carried: Carried,
    pub(super) provider: ProviderArn,
    pub(super) alias: Option<&'static str>,
    pub(super) action: &'static str,
    pub(super) context: Context,
    pub(super) ends: Option<OffsetDateTime>,
    /// What a denial for want of a second factor tells: the provider's expression, and the context that came.
    pub(super) improvable: Option<(String, String)>,
    /// The names of the rules that gave the role; none where the Role attribute gave it, or whoever may ask for any.
    pub(super) given_by: Vec<String>,
}

/// What holds for all roles alike while somebody is judged.
#[derive(Clone, Copy)]
pub(super) struct Circumstances<'a> {
    pub(super) around: &'a Surroundings,
    pub(super) reading: &'a Reading<'a>,
    pub(super) factors: Factors,
}

impl Offer {
    pub fn role(&self) -> &Arc<Role> {
        &self.role
    }

    pub fn session_name(&self) -> &SessionName {
        &self.session_name
    }
}

/// What the bearer asks for.
#[derive(Clone, Copy)]
pub enum Asked<'a> {
    /// One role, at the API, with the session name that the caller wishes (web identity only).
    Role(&'a RoleArn, Option<&'a SessionName>),
    /// Whatever there is, in a browser.
    Anything,
}

impl<'a> Asked<'a> {
    fn role(&self) -> Option<(&'a RoleArn, Option<&'a SessionName>)> {
        match *self {
            Self::Role(role, wish) => Some((role, wish)),
            Self::Anything => None,
        }
    }
}

/// Whether anybody comes in by this provider at all.
pub fn admits(provider: &Provider) -> Result<(), TrustError> {
    let refused = || TrustError::ProviderDisabled { provider: provider.arn.to_string() };
    provider.enabled.then_some(()).ok_or_else(refused)
}

/// The roles on offer: at least one, or the reason why there is none.
///
/// With at least one rule a provider gives only what its matching rules give, on every way in; the AWS Role attribute
/// counts beside rules only if the provider says so. Without rules, an assertion gives the roles of its Role attribute
/// that are paired with this very provider, and a web identity the role that is asked for. A token that lists the roles
/// it is good for gives no other.
///
/// How long ago somebody authenticated is told as of this request, whenever their paper came. Rules that fail are counted
/// in `metrics`.
pub fn offers(
    catalogue: &Catalogue,
    provider: &Provider,
    identity: &FederatedIdentity,
    asked: Asked<'_>,
    around: &Surroundings,
    metrics: Option<&Metrics>,
    trace: &mut Trace,
) -> Result<Vec<Offer>, TrustError> {
    admits(provider)?;
    let reading = Reading::of(provider, identity);
    let (mut roles, circumstances) = given(catalogue, &reading, &[asked], around, metrics, trace)?;
    let offer = |role: &RoleArn, given_by: &[GivenBy], wish: Option<&SessionName>| {
        offer(catalogue, provider, identity, role, given_by, wish, circumstances)
    };
    match asked {
        Asked::Role(wanted, wish) => {
            let Some(given_by) = roles.remove(wanted) else { return Err(not_given(provider, wanted, &roles)) };
            offer(wanted, &given_by, wish).map(|offer| vec![offer])
        }
        Asked::Anything => whatever_there_is(&roles, offer, trace),
    }
}

/// What becomes of each role on its own: of those that there are, and of those that are asked for. Not for those who come,
/// but for those who ask what would be. All roles are asked for under one name.
pub(super) fn each_offer(
    catalogue: &Catalogue,
    provider: &Provider,
    identity: &FederatedIdentity,
    asked: &[Asked<'_>],
    around: &Surroundings,
    trace: &mut Trace,
) -> Result<BTreeMap<RoleArn, Result<Offer, TrustError>>, TrustError> {
    let about: Vec<(&RoleArn, Option<&SessionName>)> = asked.iter().filter_map(Asked::role).collect();
    let wish = about.first().and_then(|(_, wish)| *wish);
    let reading = Reading::of(provider, identity);
    let (roles, circumstances) = given(catalogue, &reading, asked, around, None, trace)?;
    let each = |(role, given_by): (&RoleArn, &Vec<GivenBy>)| {
        (role.clone(), offer(catalogue, provider, identity, role, given_by, wish, circumstances))
    };
    let mut offers: BTreeMap<_, _> = roles.iter().map(each).collect();
    let bound = identity.bound_to();
    for role in about.into_iter().map(|(role, _)| role).filter(|role| !roles.contains_key(role)) {
        let refusal = match &bound {
            Some(bound) if !bound.contains(&role.as_str()) => TrustError::NotInRolesClaim { role: role.to_string() },
            _ => not_given(provider, role, &roles),
        };
        offers.insert(role.clone(), Err(refusal));
    }
    Ok(offers)
}

/// The roles that the provider's side comes to, at least one.
fn given<'a>(
    catalogue: &Catalogue,
    reading: &'a Reading<'a>,
    asked: &[Asked<'_>],
    around: &'a Surroundings,
    metrics: Option<&Metrics>,
    trace: &mut Trace,
) -> Result<(BTreeMap<RoleArn, Vec<GivenBy>>, Circumstances<'a>), TrustError> {
    let (provider, identity) = (reading.provider, reading.identity);
    left_out::nothing_for_rules(provider, identity)?;
    reading.note(catalogue, trace);
    let given = rules::run(catalogue, reading, metrics, trace);
    let mut roles = given.roles;
    for role in asked.iter().flat_map(|asked| without_rules(catalogue, provider, identity, *asked)) {
        roles.entry(role).or_default();
    }
    if let Some(bound) = identity.bound_to() {
        if let [Asked::Role(wanted, _)] = asked
            && !bound.contains(&wanted.as_str())
        {
            return Err(TrustError::NotInRolesClaim { role: wanted.to_string() });
        }
        roles.retain(|role, _| bound.contains(&role.as_str()));
        trace.pass("trust.roles-claim", format!("the token is good for {} roles", bound.len()));
    }
    if roles.is_empty() {
        let none = || TrustError::NoRoleGiven { provider: provider.arn.to_string() };
        return Err(given.failed.unwrap_or_else(none));
    }
    let factors = Factors::of(provider, identity, reading, around.now, trace);
    Ok((roles, Circumstances { around, reading, factors }))
}

fn without_rules(
    catalogue: &Catalogue,
    provider: &Provider,
    identity: &FederatedIdentity,
    asked: Asked<'_>,
) -> Vec<RoleArn> {
    if provider.saml().is_some() {
        return if provider.role_attribute { identity.paired_roles() } else { Vec::new() };
    }
    if !provider.rules.is_empty() {
        return Vec::new();
    }
    match asked {
        Asked::Role(role, _) => vec![role.clone()],
        Asked::Anything => {
            let names = [Some(provider.arn.as_str()), provider.alias()];
            let names_provider = |role: &&Arc<Role>| {
                names.into_iter().flatten().any(|name| role.trust.allows_federated(name).next().is_some())
            };
            let trusting = catalogue.roles_naming(provider).filter(names_provider);
            trusting.map(|role| role.arn.clone()).collect()
        }
    }
}

fn whatever_there_is(
    roles: &BTreeMap<RoleArn, Vec<GivenBy>>,
    offer: impl Fn(&RoleArn, &[GivenBy], Option<&SessionName>) -> Result<Offer, TrustError>,
    trace: &mut Trace,
) -> Result<Vec<Offer>, TrustError> {
    let mut offers = Vec::new();
    let mut first_refusal = None;
    for (role, given_by) in roles {
        match offer(role, given_by, None) {
            Ok(offer) => offers.push(offer),
            Err(error) => {
                trace.note(error.code().name(), &error);
                first_refusal.get_or_insert(error);
            }
        }
    }
    match first_refusal {
        Some(error) if offers.is_empty() => Err(error),
        _ => Ok(offers),
    }
}

/// Roles that AWS's IAM Identity Center manages; AssumeRoleWithSAML does not give them there, and so not here.
const RESERVED: &str = "AWSReservedSSO_";

fn offer(
    catalogue: &Catalogue,
    provider: &Provider,
    identity: &FederatedIdentity,
    role: &RoleArn,
    given_by: &[GivenBy],
    wish: Option<&SessionName>,
    circumstances: Circumstances<'_>,
) -> Result<Offer, TrustError> {
    let session_name = session_name::choose(identity, circumstances.reading.claims(), role, given_by, wish)?;
    let carried = Carried::given(identity, role, given_by)?;
    if matches!(identity.paper, Paper::Assertion { .. }) && role.name().starts_with(RESERVED) {
        return Err(TrustError::ReservedRole { role: role.to_string() });
    }
    let role = catalogue.role(role).ok_or_else(|| TrustError::NoSuchRole { role: role.to_string() })?;
    left_out::nothing_for_role(provider, identity, role)?;
    let context = context::federated(identity, provider, role, &session_name, &carried, circumstances)?;
    let mfa = provider.mfa.as_ref().filter(|_| circumstances.factors.can_improve());
    let improvable = mfa.map(|mfa| (mfa.expression.text().to_owned(), identity.authn_context.clone()));
    let bearer =
        Bearer { provider: Some(provider.arn.to_string()), subject: identity.subject.clone(), ancestors: Vec::new() };
    Ok(Offer {
        role: role.clone(),
        session_name,
        bearer,
        carried,
        provider: provider.arn.clone(),
        alias: provider.alias(),
        action: identity.action(),
        context,
        ends: identity.ends,
        improvable,
        given_by: given_by.iter().map(|by| by.rule.clone()).collect(),
    })
}

fn not_given(provider: &Provider, wanted: &RoleArn, roles: &BTreeMap<RoleArn, Vec<GivenBy>>) -> TrustError {
    let given = roles.keys().take(20).map(RoleArn::to_string).collect();
    TrustError::RoleNotGiven { provider: provider.arn.to_string(), role: wanted.to_string(), given }
}
