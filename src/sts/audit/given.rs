//! What somebody was given: the members of `requestParameters` and `responseElements` that tell it.

use super::{Event, Who};
use crate::sts::AssumedRole;
use crate::trust::{Carried, FederatedIdentity, Paper, RoleSession};
use crate::words::iso;
use serde_json::{Map, Value, json};

/// How long, and under which name: as it came out, whatever was asked for.
pub(super) fn parameters(event: &Event<'_>, session: &RoleSession) -> Map<String, Value> {
    let mut parameters = Map::new();
    parameters.insert("roleArn".into(), json!(crate::trace::clip(event.role)));
    parameters.insert("roleSessionName".into(), json!(session.session_name));
    parameters.insert("durationSeconds".into(), json!((session.expires - session.issued).whole_seconds()));
    parameters
}

/// Which assertion it was, where one is redeemed at the API. What came is never here, only what it is called.
pub(super) fn paper(event: &str, identity: &FederatedIdentity) -> Map<String, Value> {
    let mut parameters = Map::new();
    if let (Paper::Assertion { id, .. }, "AssumeRoleWithSAML") = (&identity.paper, event) {
        parameters.insert("sAMLAssertionID".into(), json!(id));
        parameters.insert("principalArn".into(), json!(identity.provider().to_string()));
    }
    parameters
}

/// The credentials by their id, and what the caller was told beside them.
pub(super) fn elements(event: &Event<'_>, session: &RoleSession) -> Map<String, Value> {
    let AssumedRole { id, arn, .. } = AssumedRole::of(session);
    let mut elements = Map::new();
    let credentials = json!({ "accessKeyId": session.access_key_id, "expiration": iso(session.expires) });
    elements.insert("credentials".into(), credentials);
    elements.insert("assumedRoleUser".into(), json!({ "assumedRoleId": id, "arn": arn }));
    elements.extend(packed(&session.carried));
    elements.extend(session.carried.source_identity.iter().map(|id| ("sourceIdentity".into(), json!(id.as_str()))));
    if let Who::Federated(identity) = &event.who {
        let mut told = |name: &str, value: &str| drop(elements.insert(name.to_owned(), json!(value)));
        told("audience", &identity.audience);
        match &identity.paper {
            Paper::Assertion { subject_type, name_qualifier, .. } => {
                told("subject", &identity.subject);
                told("subjectType", subject_type);
                told("issuer", &identity.issuer);
                told("nameQualifier", name_qualifier);
            }
            Paper::Token { .. } => {
                told("subjectFromWebIdentityToken", &identity.subject);
                told("provider", &identity.provider().to_string());
            }
        }
    }
    elements
}

pub(super) fn packed(carried: &Carried) -> Map<String, Value> {
    let size = crate::sts::answer::packed_policy_size(carried);
    size.map(|percent| ("packedPolicySize".to_owned(), json!(percent))).into_iter().collect()
}
