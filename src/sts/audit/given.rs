//! What somebody asked for and was given: the members of `requestParameters` and `responseElements` that tell it.

use super::object::{Object, add};
use super::{Event, Who, identity};
use crate::sts::Minted;
use crate::trace::clip_lent;
use crate::trust::{Carried, FederatedIdentity, Paper, RoleSession};
use crate::words::SessionTag;

/// What was asked for, as far as it is the same for whatever comes of it.
pub(super) fn asked(event: &Event<'_>, parameters: &mut Object<'_>) {
    match &event.who {
        Who::Caller(_, Some(serial)) => parameters.add("serialNumber", *serial),
        Who::AskedAbout { asker, asked, .. } => {
            parameters.object("service", |service| identity::asking(*asker, service));
            if let Some((action, resource)) = asked {
                parameters.add("action", &clip_lent(action));
                parameters.add("resource", &clip_lent(resource));
            }
        }
        Who::Federated(identity) => paper(event.name, identity, parameters),
        Who::Caller(_, None) | Who::Former { .. } | Who::Session(_) | Who::User(_) | Who::Provider(_) => {}
    }
    if !event.role.is_empty() {
        parameters.add("roleArn", &clip_lent(event.role));
    }
}

/// Which assertion it was, where one is redeemed at the API. What came is never here, only what it is called.
fn paper(event: &str, identity: &FederatedIdentity, parameters: &mut Object<'_>) {
    if let (Paper::Assertion { id, .. }, "AssumeRoleWithSAML") = (&identity.paper, event) {
        add! { parameters; "sAMLAssertionID": id, "principalArn": identity.provider_arn() }
    }
}

/// How long, and under which name: as it came out, whatever was asked for.
pub(super) fn parameters(session: &RoleSession, told: &mut Object<'_>) {
    add! { told;
        "roleSessionName": &session.session_name,
        "durationSeconds": (session.expires - session.issued).whole_seconds(),
    }
}

/// The credentials by their id, and what the caller was told beside them.
pub(super) fn elements(event: &Event<'_>, minted: &Minted, elements: &mut Object<'_>) {
    let Minted { session, worn, .. } = minted;
    elements.object("credentials", |told| {
        add! { told; "accessKeyId": &session.access_key_id, "expiration": session.expires }
    });
    elements.object("assumedRoleUser", |told| {
        add! { told; "assumedRoleId": &worn.id, "arn": &worn.arn }
    });
    elements.add_if_any("packedPolicySize", worn.packed_policy_size.map(i64::from));
    elements.add_if_any("sourceIdentity", session.carried.source_identity.as_ref().map(|id| id.as_str()));
    let Who::Federated(identity) = &event.who else { return };
    elements.add("audience", &identity.audience);
    match &identity.paper {
        Paper::Assertion { subject_type, name_qualifier, .. } => add! { elements;
            "subject": &identity.subject, "subjectType": subject_type, "issuer": &identity.issuer,
            "nameQualifier": name_qualifier,
        },
        Paper::Token { .. } => add! { elements;
            "subjectFromWebIdentityToken": &identity.subject, "provider": identity.provider_arn(),
        },
    }
}

/// Session policies, tags and source identity, under the names of CloudTrail: what an identity provider gave are principal
/// tags, what a caller passed are tags, and what its session handed on came in.
pub(super) fn carried(who: &Who<'_>, carried: &Carried, told: &mut Object<'_>) {
    let Carried { tags, policies, source_identity, .. } = carried;
    match who {
        Who::Caller(caller, _) => {
            let before = caller.role_session().map(|session| &session.carried.tags);
            let came_in = |tag: &&SessionTag| before.is_some_and(|tags| tags.transitive().any(|t| t.key == tag.key));
            told.if_any(|told| list("tags", tags.iter().filter(|tag| !came_in(tag)), told));
            told.if_any(|told| map("incomingTransitiveTags", tags.iter().filter(came_in), told));
        }
        Who::AskedAbout { .. }
        | Who::Federated(_)
        | Who::Session(_)
        | Who::Provider(_)
        | Who::User(_)
        | Who::Former { .. } => told.if_any(|told| map("principalTags", tags.iter(), told)),
    }
    told.if_any(|told| told.texts("transitiveTagKeys", tags.transitive().map(|tag| &tag.key)));
    told.if_any(|told| told.list("policyArns", policies.managed(), |policy, arn| policy.add("arn", arn)));
    told.add_if_any("policy", policies.inline());
    told.add_if_any("sourceIdentity", source_identity.as_ref().map(|id| id.as_str()));
}

pub(super) fn list<'a>(name: &str, tags: impl Iterator<Item = &'a SessionTag>, told: &mut Object<'_>) {
    told.list(name, tags, |told, tag| {
        add! { told; "key": &tag.key, "value": &tag.value }
    });
}

/// Of session tags no two have one key.
fn map<'a>(name: &str, tags: impl Iterator<Item = &'a SessionTag>, told: &mut Object<'_>) {
    told.object(name, |told| tags.for_each(|tag| told.add(&tag.key, &tag.value)));
}
