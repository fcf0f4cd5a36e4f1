//! What somebody asked for and was given: the members of `requestParameters` and `responseElements` that tell it.

use super::node::{Members, Node, object};
use super::{Event, Who, identity};
use crate::sts::AssumedRole;
use crate::trace::clip_lent;
use crate::trust::{Carried, FederatedIdentity, Paper, RoleSession};
use crate::words::{SessionTag, iso};

/// What was asked for, as far as it is the same for whatever comes of it.
pub(super) fn asked<'a>(event: &Event<'a>) -> Members<'a> {
    let mut parameters = Members::default();
    match &event.who {
        Who::Caller(_, Some(serial)) => parameters.add("serialNumber", *serial),
        Who::AskedAbout { asker, asked, .. } => {
            parameters.add("service", identity::asking(*asker));
            if let Some((action, resource)) = asked {
                parameters.add("action", clip_lent(action));
                parameters.add("resource", clip_lent(resource));
            }
        }
        Who::Federated(identity) => paper(event.name, identity, &mut parameters),
        Who::Caller(_, None) | Who::Former { .. } | Who::Session(_) | Who::User(_) | Who::Provider(_) => {}
    }
    if !event.role.is_empty() {
        parameters.add("roleArn", clip_lent(event.role));
    }
    parameters
}

/// Which assertion it was, where one is redeemed at the API. What came is never here, only what it is called.
fn paper<'a>(event: &str, identity: &'a FederatedIdentity, parameters: &mut Members<'a>) {
    if let (Paper::Assertion { id, .. }, "AssumeRoleWithSAML") = (&identity.paper, event) {
        parameters.add("sAMLAssertionID", id);
        parameters.add("principalArn", identity.provider_arn());
    }
}

/// How long, and under which name: as it came out, whatever was asked for.
pub(super) fn parameters(session: &RoleSession) -> Members<'_> {
    object! {
        "roleSessionName": &session.session_name,
        "durationSeconds": (session.expires - session.issued).whole_seconds(),
    }
}

/// The credentials by their id, and what the caller was told beside them.
pub(super) fn elements<'a>(event: &Event<'a>, session: &'a RoleSession) -> Members<'a> {
    let AssumedRole { id, arn, packed_policy_size, .. } = AssumedRole::of(session);
    let mut elements = object! {
        "credentials": object! { "accessKeyId": &session.access_key_id, "expiration": iso(session.expires) },
        "assumedRoleUser": object! { "assumedRoleId": id, "arn": arn },
    };
    elements.add_if_any("packedPolicySize", packed_policy_size.map(i64::from));
    elements.add_if_any("sourceIdentity", session.carried.source_identity.as_ref().map(|id| id.as_str()));
    if let Who::Federated(identity) = &event.who {
        elements.add("audience", &identity.audience);
        match &identity.paper {
            Paper::Assertion { subject_type, name_qualifier, .. } => {
                elements.add("subject", &identity.subject);
                elements.add("subjectType", subject_type);
                elements.add("issuer", &identity.issuer);
                elements.add("nameQualifier", name_qualifier);
            }
            Paper::Token { .. } => {
                elements.add("subjectFromWebIdentityToken", &identity.subject);
                elements.add("provider", identity.provider_arn());
            }
        }
    }
    elements
}

/// Session policies, tags and source identity, under the names of CloudTrail: what an identity provider gave are principal
/// tags, what a caller passed are tags, and what its session handed on came in.
pub(super) fn carried<'a>(who: &Who<'_>, carried: &'a Carried) -> Members<'a> {
    let Carried { tags, policies, source_identity, .. } = carried;
    let mut named = Members::default();
    match who {
        Who::Caller(caller, _) => {
            let before = caller.role_session().map(|session| &session.carried.tags);
            let came_in = |tag: &&SessionTag| before.is_some_and(|tags| tags.transitive().any(|t| t.key == tag.key));
            named.add_if_any("tags", list(tags.iter().filter(|tag| !came_in(tag))));
            named.add_if_any("incomingTransitiveTags", map(tags.iter().filter(came_in)));
        }
        Who::AskedAbout { .. }
        | Who::Federated(_)
        | Who::Session(_)
        | Who::Provider(_)
        | Who::User(_)
        | Who::Former { .. } => named.add_if_any("principalTags", map(tags.iter())),
    }
    named.add_if_any("transitiveTagKeys", tags.transitive().map(|tag| &tag.key).collect::<Node<'_>>());
    named.add_if_any("policyArns", policies.managed().map(|arn| object! { "arn": arn }).collect::<Node<'_>>());
    named.add_if_any("policy", policies.inline());
    named.add_if_any("sourceIdentity", source_identity.as_ref().map(|id| id.as_str()));
    named
}

pub(super) fn list<'a>(tags: impl Iterator<Item = &'a SessionTag>) -> Node<'a> {
    tags.map(|tag| object! { "key": &tag.key, "value": &tag.value }).collect()
}

/// Of session tags no two have one key.
fn map<'a>(tags: impl Iterator<Item = &'a SessionTag>) -> Members<'a> {
    tags.map(|tag| (tag.key.as_str(), Node::from(&tag.value))).collect()
}
