//! The condition keys that a trust policy may ask for.

use super::mfa::Factors;
use super::offer::Circumstances;
use super::{
    Caller, Carried, FederatedIdentity, Paper, RoleSession, Surroundings, TrustError, VerifiedCaller, left_out,
};
use crate::catalogue::{Catalogue, Provider, Role, User};
use crate::policy::{Context, Gathering, RepeatedKey, well_known};
use crate::saml::attributes;
use crate::words::{ProviderArn, SessionName, SessionTags, SourceIdentity, iso};
use serde_json::Value;

impl From<RepeatedKey> for TrustError {
    fn from(error: RepeatedKey) -> Self {
        Self::AmbiguousClaim { key: crate::trace::clip(&error.key) }
    }
}

/// About as many keys are there beside somebody's claims and tags.
const OF_THE_HOUSE: usize = 14;

/// The keys of somebody who came through an identity provider (IAM User Guide, "Available keys for AWS web identity
/// federation" and "… SAML-based AWS STS federation").
pub(super) fn federated(
    identity: &FederatedIdentity,
    provider: &Provider,
    role: &Role,
    name: &SessionName,
    carried: &Carried,
    circumstances: Circumstances<'_>,
) -> Result<Context, TrustError> {
    let gathering = Gathering::for_policy(&role.trust);
    let mut context = match are_told_once(identity, provider) {
        true => gathering,
        false => gathering.with_the_rest(OF_THE_HOUSE + identity.claims.len()),
    };
    circumstances.around.tell(&mut context)?;
    circumstances.factors.tell(&mut context)?;
    context.one("sts:rolesessionname", || name.as_str())?;
    requested(&mut context, &carried.tags, carried.source_identity.as_ref())?;
    resource_tags(&mut context, role)?;
    context.one("aws:principalaccount", || provider.account().to_string())?;
    match &identity.paper {
        Paper::Assertion { subject_type, name_qualifier, condition_keys, .. } => {
            context.one("saml:aud", || &identity.audience)?;
            context.one("saml:iss", || &identity.issuer)?;
            context.one("saml:sub", || &identity.subject)?;
            context.one("saml:sub_type", || subject_type)?;
            context.one("saml:namequalifier", || name_qualifier)?;
            context.one("saml:doc", || format!("{}/{}", provider.account(), provider.name))?;
            attribute_keys(&mut context, identity, condition_keys)?;
        }
        Paper::Token { original_audience, .. } => {
            // Whoever has an offer is on the token's list, if there is one.
            context.one("sts:roleauthorizedbyidp", || identity.bound_to().is_some().to_string())?;
            token_keys(&mut context, identity, provider, role, original_audience)?;
        }
    }
    Ok(context.gathered())
}

/// Whether no two of the keys can be one, in whatever case they are spelled: the house's are different ones, and so are those
/// of tags (`SessionTags`) and of an assertion's attributes.
fn are_told_once(identity: &FederatedIdentity, provider: &Provider) -> bool {
    const FAMILIES: [&str; 4] = ["aws", "iam", "saml", "sts"];
    let Paper::Token { .. } = identity.paper else { return true };
    let family = provider.key_prefix().split(':').next().unwrap_or_default();
    !FAMILIES.iter().any(|known| known.eq_ignore_ascii_case(family))
        && !identity.claims.keys().any(|name| name.bytes().any(|byte| byte.is_ascii_uppercase()))
}

/// The attributes that AWS makes condition keys of, here and nowhere later. A key that is no list and came with several
/// values is one all the same, and satisfies no operator without a set prefix.
fn attribute_keys(
    context: &mut Gathering<'_>,
    identity: &FederatedIdentity,
    keys: &[(String, String)],
) -> Result<(), TrustError> {
    for (key, attribute) in keys {
        let values = identity.claims.get(attribute).and_then(Value::as_array).into_iter().flatten();
        let values: Vec<&str> = values.filter_map(Value::as_str).collect();
        match values.as_slice() {
            [only] if !attributes::is_list(key) => context.one_of(key, "", || *only)?,
            several => context.many_of(key, "", several.iter().copied())?,
        }
    }
    Ok(())
}

/// What the session is to carry, inherited tags among it: the policy judges all of it. `source_identity` is there in the
/// request that sets it; later it is `aws:SourceIdentity`.
fn requested(
    context: &mut Gathering<'_>,
    tags: &SessionTags,
    source_identity: Option<&SourceIdentity>,
) -> Result<(), TrustError> {
    for tag in tags.iter() {
        context.one_of("aws:RequestTag/", &tag.key, || tag.value.as_str())?;
    }
    context.many("aws:tagkeys", tags.iter().map(|tag| tag.key.as_str()))?;
    context.many("sts:transitivetagkeys", tags.transitive().map(|tag| tag.key.as_str()))?;
    if let Some(identity) = source_identity {
        context.one("sts:sourceidentity", || identity.as_str())?;
    }
    Ok(())
}

/// What a session carries, in every request that is signed with it.
fn carried_keys(context: &mut Gathering<'_>, session: &RoleSession) -> Result<(), TrustError> {
    if let Some(identity) = &session.carried.source_identity {
        context.one("aws:sourceidentity", || identity.as_str())?;
    }
    if let Some(saml) = &session.carried.saml {
        context.one("saml:sub", || &session.subject)?;
        context.one("saml:sub_type", || &saml.subject_type)?;
        context.one("saml:namequalifier", || &saml.name_qualifier)?;
    }
    let issuer = session.provider.as_deref().and_then(ProviderArn::issuer_in);
    if let Some((token, issuer)) = session.carried.token.as_ref().zip(issuer) {
        let family = &[issuer, ":"].concat();
        context.one_of(family, "sub", || &session.subject)?;
        let reader = || left_out::sessions_of(&session.role);
        let claims = token.claims().ok_or_else(|| left_out::not_plain("kept of the token", reader()))?;
        claims.iter().try_for_each(|(name, value)| claim_key(context, family, name, value, reader))?;
    }
    Ok(())
}

/// `<issuer>:<claim>` for every claim. `aud` is the authorized party when the token names one, and `oaud` is then what the
/// token calls its audience: no claim stands in for either, however it is spelled.
fn token_keys(
    context: &mut Gathering<'_>,
    identity: &FederatedIdentity,
    provider: &Provider,
    role: &Role,
    original: &[String],
) -> Result<(), TrustError> {
    let family = &[provider.key_prefix(), ":"].concat();
    context.one_of(family, "aud", || &identity.audience)?;
    match original {
        [only] => context.one_of(family, "oaud", || only)?,
        several => context.many_of(family, "oaud", several)?,
    }
    let is_ours = |name: &str| ["aud", "oaud"].iter().any(|ours| ours.eq_ignore_ascii_case(name));
    let mut rest = identity.claims.iter().filter(|(name, _)| !is_ours(name));
    rest.try_for_each(|(name, value)| claim_key(context, family, name, value, || left_out::trust_policy(role)))
}

/// A claim that is a value or a list of values. One that is more than that says something that no condition sees, which is a
/// refusal where policies read it; null alone says nothing.
fn claim_key(
    context: &mut Gathering<'_>,
    family: &str,
    name: &str,
    value: &Value,
    reader: impl FnOnce() -> String,
) -> Result<(), TrustError> {
    match value {
        Value::String(text) => context.one_of(family, name, || text)?,
        Value::Bool(_) | Value::Number(_) => context.one_of(family, name, || value.to_string())?,
        Value::Null => {}
        Value::Array(_) | Value::Object(_) if context.reads(family, name) && !is_plain(value) => {
            return Err(left_out::not_plain(name, reader()));
        }
        Value::Array(values) => context.many_of(family, name, values.iter().filter_map(scalar))?,
        Value::Object(_) => {}
    }
    Ok(())
}

/// Whether conditions see all that it says.
pub(super) fn is_plain(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().all(is_scalar),
        value => value.is_null() || is_scalar(value),
    }
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Bool(_) | Value::Number(_))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The tags of the role that is asked for.
fn resource_tags(context: &mut Gathering<'_>, role: &Role) -> Result<(), TrustError> {
    for tag in role.tags.iter() {
        context.one_of("aws:ResourceTag/", &tag.key, || tag.value.as_str())?;
        context.one_of("iam:ResourceTag/", &tag.key, || tag.value.as_str())?;
    }
    Ok(())
}

/// What a caller says in its request for a role.
#[derive(Default)]
pub(super) struct Asks<'a> {
    pub(super) session_name: Option<&'a SessionName>,
    pub(super) external_id: Option<&'a str>,
    pub(super) source_identity: Option<&'a SourceIdentity>,
}

/// The keys of somebody who signed with credentials of ours, and of the role that is asked for.
pub(super) fn caller(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    role: Option<&Role>,
    asks: Asks<'_>,
    carried: &Carried,
    factors: Factors,
    around: &Surroundings,
) -> Result<Context, TrustError> {
    let mut context = Gathering::of_everything(OF_THE_HOUSE);
    around.tell(&mut context)?;
    factors.tell(&mut context)?;
    if let Some(name) = asks.session_name {
        context.one("sts:rolesessionname", || name.as_str())?;
    }
    requested(&mut context, &carried.tags, asks.source_identity)?;
    if let Some(role) = role {
        resource_tags(&mut context, role)?;
    }
    context.one("aws:principalaccount", || caller.account().to_string())?;
    context.one("aws:userid", || caller.user_id())?;
    match caller.who() {
        Caller::User { user, .. } => user_keys(&mut context, user)?,
        Caller::UserSession { user, session } => {
            user_keys(&mut context, user)?;
            context.one("aws:tokenissuetime", || iso(session.issued))?;
        }
        Caller::SignedIn { user, at } => {
            user_keys(&mut context, user)?;
            context.one("aws:tokenissuetime", || iso(*at))?;
        }
        Caller::FederatedUser { session, .. } => {
            context.one("aws:principalarn", || caller.arn())?;
            context.one("aws:principaltype", || "FederatedUser")?;
            context.one("aws:tokenissuetime", || iso(session.issued))?;
        }
        Caller::RoleSession { role, session, .. } => {
            context.one("aws:principalarn", || role.as_str())?;
            context.one("aws:principaltype", || "AssumedRole")?;
            context.one("aws:tokenissuetime", || iso(session.issued))?;
            if let Some(provider) = &session.provider {
                // A provider that is built in goes by its name (IAM User Guide, `aws:FederatedProvider`).
                context.one("aws:federatedprovider", || well_known(provider).unwrap_or(provider))?;
            }
            carried_keys(&mut context, session)?;
        }
    }
    for tag in caller.tags(catalogue) {
        context.one_of("aws:PrincipalTag/", &tag.key, || tag.value.as_str())?;
    }
    if let Some(external_id) = asks.external_id {
        context.one("sts:externalid", || external_id)?;
    }
    Ok(context.gathered())
}

fn user_keys(context: &mut Gathering<'_>, user: &User) -> Result<(), TrustError> {
    context.one("aws:principalarn", || user.arn.as_str())?;
    context.one("aws:principaltype", || "User")?;
    context.one("aws:username", || user.arn.name())?;
    Ok(())
}
