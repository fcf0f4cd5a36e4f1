//! The condition keys that a trust policy may ask for.

use super::mfa::Factors;
use super::offer::Circumstances;
use super::{Caller, Carried, FederatedIdentity, Paper, RoleSession, Surroundings, TrustError, VerifiedCaller};
use crate::catalogue::{Catalogue, Provider, Role, User};
use crate::policy::{Context, RepeatedKey};
use crate::saml::attributes;
use crate::words::{SessionName, SessionTags, SourceIdentity, iso};
use serde_json::Value;

impl From<RepeatedKey> for TrustError {
    fn from(error: RepeatedKey) -> Self {
        Self::AmbiguousClaim { key: error.key }
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
    let mut context = Context::with_capacity(OF_THE_HOUSE + identity.claims.len());
    circumstances.around.tell(&mut context)?;
    circumstances.factors.tell(&mut context)?;
    context.insert_one("sts:rolesessionname", name.as_str())?;
    requested(&mut context, &carried.tags, carried.source_identity.as_ref())?;
    resource_tags(&mut context, role)?;
    context.insert_one("aws:principalaccount", provider.account().as_str())?;
    match &identity.paper {
        Paper::Assertion { subject_type, name_qualifier, condition_keys, .. } => {
            context.insert_one("saml:aud", &identity.audience)?;
            context.insert_one("saml:iss", &identity.issuer)?;
            context.insert_one("saml:sub", &identity.subject)?;
            context.insert_one("saml:sub_type", subject_type)?;
            context.insert_one("saml:namequalifier", name_qualifier)?;
            context.insert_one("saml:doc", format!("{}/{}", provider.account(), provider.name))?;
            attribute_keys(&mut context, identity, condition_keys)?;
        }
        Paper::Token { original_audience, .. } => {
            // Whoever has an offer is on the token's list, if there is one.
            context.insert_one("sts:roleauthorizedbyidp", identity.bound_to().is_some().to_string())?;
            token_keys(&mut context, identity, provider, original_audience)?;
        }
    }
    Ok(context)
}

/// The attributes that AWS makes condition keys of, here and nowhere later. A key that is no list and came with several
/// values is one all the same, and satisfies no operator without a set prefix.
fn attribute_keys(
    context: &mut Context,
    identity: &FederatedIdentity,
    keys: &[(String, String)],
) -> Result<(), TrustError> {
    for (key, attribute) in keys {
        let values = identity.claims.get(attribute).and_then(Value::as_array).into_iter().flatten();
        let values: Vec<&str> = values.filter_map(Value::as_str).collect();
        match values.as_slice() {
            [only] if !attributes::is_list(key) => context.insert_one(key.clone(), *only)?,
            several => context.insert_many(key.clone(), several.iter().copied())?,
        }
    }
    Ok(())
}

/// What the session is to carry, inherited tags among it: the policy judges all of it. `source_identity` is there in the
/// request that sets it; later it is `aws:SourceIdentity`.
fn requested(
    context: &mut Context,
    tags: &SessionTags,
    source_identity: Option<&SourceIdentity>,
) -> Result<(), TrustError> {
    for tag in tags.iter() {
        context.insert_one(format!("aws:RequestTag/{}", tag.key), tag.value.as_str())?;
    }
    context.insert_many("aws:tagkeys", tags.iter().map(|tag| tag.key.as_str()))?;
    context.insert_many("sts:transitivetagkeys", tags.transitive().map(|tag| tag.key.as_str()))?;
    if let Some(identity) = source_identity {
        context.insert_one("sts:sourceidentity", identity.as_str())?;
    }
    Ok(())
}

/// What a session carries, in every request that is signed with it.
fn carried_keys(context: &mut Context, session: &RoleSession) -> Result<(), TrustError> {
    if let Some(identity) = &session.carried.source_identity {
        context.insert_one("aws:sourceidentity", identity.as_str())?;
    }
    if let Some(saml) = &session.carried.saml {
        context.insert_one("saml:sub", &session.subject)?;
        context.insert_one("saml:sub_type", &saml.subject_type)?;
        context.insert_one("saml:namequalifier", &saml.name_qualifier)?;
    }
    Ok(())
}

/// `<issuer>:<claim>` for every claim that is a value or a list of values. `aud` is the authorized party when the token
/// names one, and `oaud` is then what the token calls its audience: no claim stands in for either, however it is spelled.
fn token_keys(
    context: &mut Context,
    identity: &FederatedIdentity,
    provider: &Provider,
    original: &[String],
) -> Result<(), TrustError> {
    let key = |name: &str| [provider.key_prefix(), ":", name].concat();
    context.insert_one(key("aud"), &identity.audience)?;
    match original {
        [only] => context.insert_one(key("oaud"), only)?,
        several => context.insert_many(key("oaud"), several)?,
    }
    let is_ours = |name: &str| ["aud", "oaud"].iter().any(|ours| ours.eq_ignore_ascii_case(name));
    let rest = identity.claims.iter().filter(|(name, _)| !is_ours(name));
    for (name, value) in rest {
        if let Value::Array(values) = value {
            context.insert_many(key(name), values.iter().filter_map(scalar))?;
        } else if let Some(text) = scalar(value) {
            context.insert_one(key(name), text)?;
        }
    }
    Ok(())
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The tags of the role that is asked for.
fn resource_tags(context: &mut Context, role: &Role) -> Result<(), TrustError> {
    for tag in role.tags.iter() {
        context.insert_one(format!("aws:ResourceTag/{}", tag.key), tag.value.as_str())?;
        context.insert_one(format!("iam:ResourceTag/{}", tag.key), tag.value.as_str())?;
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
    let mut context = Context::with_capacity(OF_THE_HOUSE);
    around.tell(&mut context)?;
    factors.tell(&mut context)?;
    if let Some(name) = asks.session_name {
        context.insert_one("sts:rolesessionname", name.as_str())?;
    }
    requested(&mut context, &carried.tags, asks.source_identity)?;
    if let Some(role) = role {
        resource_tags(&mut context, role)?;
    }
    context.insert_one("aws:principalaccount", caller.account().as_str())?;
    context.insert_one("aws:userid", caller.user_id())?;
    match caller.who() {
        Caller::User { user, .. } => user_keys(&mut context, user)?,
        Caller::UserSession { user, session } => {
            user_keys(&mut context, user)?;
            context.insert_one("aws:tokenissuetime", iso(session.issued))?;
        }
        Caller::SignedIn { user, at } => {
            user_keys(&mut context, user)?;
            context.insert_one("aws:tokenissuetime", iso(*at))?;
        }
        Caller::FederatedUser { session, .. } => {
            context.insert_one("aws:principalarn", caller.arn())?;
            context.insert_one("aws:principaltype", "FederatedUser")?;
            context.insert_one("aws:tokenissuetime", iso(session.issued))?;
        }
        Caller::RoleSession { role, session, .. } => {
            context.insert_one("aws:principalarn", role.as_str())?;
            context.insert_one("aws:principaltype", "AssumedRole")?;
            context.insert_one("aws:tokenissuetime", iso(session.issued))?;
            if let Some(provider) = &session.provider {
                context.insert_one("aws:federatedprovider", provider)?;
            }
            carried_keys(&mut context, session)?;
        }
    }
    for tag in caller.tags(catalogue) {
        context.insert_one(format!("aws:PrincipalTag/{}", tag.key), tag.value.as_str())?;
    }
    if let Some(external_id) = asks.external_id {
        context.insert_one("sts:externalid", external_id)?;
    }
    Ok(context)
}

fn user_keys(context: &mut Context, user: &User) -> Result<(), TrustError> {
    context.insert_one("aws:principalarn", user.arn.as_str())?;
    context.insert_one("aws:principaltype", "User")?;
    context.insert_one("aws:username", user.arn.name())?;
    Ok(())
}
