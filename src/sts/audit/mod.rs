//! What is written in the book: one record for each grant and each denial of a verified principal, shaped as CloudTrail
//! shapes its own. The paper's id is recorded, never the paper; the access key id, never the secret or the token.

mod given;
mod identity;
mod shape;

use super::service::Request;
use crate::catalogue::{Provider, Service, User};
use crate::issuer::Issued;
use crate::store::AuditRecord;
use crate::trace::Refusal;
use crate::trust::{Carried, FederatedIdentity, RoleSession, Session, TokenWish, VerifiedCaller};
use crate::words::{SessionTag, iso};
use serde_json::{Map, Value, json};

/// What happened, to whom, at whose request.
pub struct Event<'a> {
    pub name: &'static str,
    pub who: Who<'a>,
    /// The role that is asked for; empty where none is.
    pub role: &'a str,
    pub request: &'a Request,
}

pub enum Who<'a> {
    Federated(&'a FederatedIdentity),
    /// Somebody who signed, and the serial of the device that they named beside it. The code is nowhere.
    Caller(&'a VerifiedCaller, Option<&'a str>),
    /// Somebody who signed with the secret of a key, or of a session, of this user (an ARN) that has ended.
    Former {
        user: &'a str,
        access_key_id: &'a str,
    },
    /// Whoever signed a request that a resource service asked about.
    AskedAbout {
        principal: &'a VerifiedCaller,
        asker: Asker<'a>,
        /// Action and resource, where it is known what the request comes to.
        asked: Option<(&'a str, &'a str)>,
    },
    /// Whose credentials they are that were shown.
    Session(&'a Session),
    /// A user of ours by name only: it was not proven that it is them.
    User(&'a User),
    /// An identity provider that says something on its own behalf.
    Provider(&'a Provider),
}

/// On whose behalf it was asked.
#[derive(Clone, Copy)]
pub enum Asker<'a> {
    /// Of a service that signed its question.
    Signed(&'a VerifiedCaller),
    /// Of a service of the configuration, by its proxy.
    Proxied(&'a Service),
}

/// The record of a role session that was given.
pub fn grant(event: &Event<'_>, session: &RoleSession) -> AuditRecord {
    let mut granted = record(event, json!({ "accessKeyId": session.access_key_id, "responseElements": {} }));
    let record = &mut granted.record;
    let members = [given::parameters(event, session), carried(&event.who, &session.carried)];
    members.into_iter().for_each(|members| add(&mut record["requestParameters"], members));
    add(&mut record["responseElements"], given::elements(event, session));
    if shape::is_a_switch(event.name) {
        // CloudTrail tells of a switch as of the session that it led to. Whoever switched is told beside it.
        let from = std::mem::replace(&mut record["userIdentity"], identity::role_session(session));
        record["additionalEventData"]["SwitchFrom"] = from["arn"].as_str().or(from["principalId"].as_str()).into();
        record["additionalEventData"]["switchedBy"] = from;
    }
    granted
}

/// The record of a switch in the console by whoever the event is of; `before` is what they wore, or who they were.
pub fn switched(event: &Event<'_>, session: &RoleSession, before: &str) -> AuditRecord {
    let mut switched = grant(event, session);
    switched.record["responseElements"]["SwitchRole"] = json!("Success");
    switched.record["additionalEventData"]["SwitchFrom"] = json!(before);
    switched
}

/// The record of a return from there, to what they wore or who they were before.
pub fn exited(event: &Event<'_>, before: &str) -> AuditRecord {
    let mut exited = done(event, json!({ "ExitRole": "Success" }));
    exited.record["additionalEventData"]["SwitchTo"] = json!(before);
    exited
}

/// The record of a session that a user made, their own or a federated user's.
pub(super) fn grant_to_user(event: &Event<'_>, session: &Session) -> AuditRecord {
    let credentials = json!({ "accessKeyId": session.access_key_id(), "expiration": iso(session.expires()) });
    let elements = json!({ "credentials": credentials });
    let mut granted = record(event, json!({ "accessKeyId": session.access_key_id(), "responseElements": elements }));
    let record = &mut granted.record;
    record["requestParameters"]["durationSeconds"] = json!((session.expires() - session.issued()).whole_seconds());
    if let Session::FederatedUser(session) = session {
        add(&mut record["requestParameters"], carried(&event.who, &session.carried));
        record["requestParameters"]["name"] = json!(session.name);
        record["responseElements"]["federatedUser"] = json!({ "federatedUserId": session.id(), "arn": session.arn() });
        add(&mut record["responseElements"], given::packed(&session.carried));
    }
    granted
}

/// The record of a token that was signed for others. The token itself is nowhere.
pub(super) fn token(event: &Event<'_>, wish: &TokenWish<'_>, issued: &Issued) -> AuditRecord {
    let mut signed = record(event, json!({ "responseElements": {} }));
    tell_of_token(&mut signed, issued);
    let tags = wish.tags.iter().map(|tag| json!({ "key": tag.key, "value": tag.value }));
    let parameters = &mut signed.record["requestParameters"];
    parameters["signingAlgorithm"] = json!(wish.algorithm);
    parameters["durationSeconds"] = json!(wish.seconds);
    if !wish.tags.is_empty() {
        parameters["tags"] = tags.collect();
    }
    signed
}

/// Its id and what it was signed with, and for whom it is.
pub(super) fn tell_of_token(record: &mut AuditRecord, issued: &Issued) {
    let token = json!({ "jti": issued.id, "kid": issued.key_id, "expiration": iso(issued.expires) });
    record.record["responseElements"]["webIdentityToken"] = token;
    record.record["requestParameters"]["audience"] = json!(issued.audiences);
}

/// Session policies, tags and source identity, under the names of CloudTrail: what an identity provider gave are principal tags, what a
/// caller passed are tags, and what its session handed on came in.
fn carried(who: &Who<'_>, carried: &Carried) -> Map<String, Value> {
    let Carried { tags, policies, source_identity, .. } = carried;
    let map = |tags: &mut dyn Iterator<Item = &SessionTag>| -> Map<String, Value> {
        tags.map(|tag| (tag.key.clone(), json!(tag.value))).collect()
    };
    let mut named = Map::new();
    match who {
        Who::Caller(caller, _) => {
            let before = caller.role_session().map(|session| &session.carried.tags);
            let came_in = |tag: &&SessionTag| before.is_some_and(|tags| tags.transitive().any(|t| t.key == tag.key));
            let passed = tags.iter().filter(|tag| !came_in(tag));
            named.insert("tags".into(), passed.map(|tag| json!({ "key": tag.key, "value": tag.value })).collect());
            named.insert("incomingTransitiveTags".into(), Value::Object(map(&mut tags.iter().filter(came_in))));
        }
        Who::AskedAbout { .. }
        | Who::Federated(_)
        | Who::Session(_)
        | Who::Provider(_)
        | Who::User(_)
        | Who::Former { .. } => {
            named.insert("principalTags".into(), Value::Object(map(&mut tags.iter())));
        }
    }
    named.insert("transitiveTagKeys".into(), tags.transitive().map(|tag| json!(tag.key)).collect());
    named.insert("policyArns".into(), policies.managed().map(|arn| json!({ "arn": arn })).collect());
    named.retain(|_, value| {
        value.as_array().is_none_or(|a| !a.is_empty()) && value.as_object().is_none_or(|o| !o.is_empty())
    });
    named.extend(policies.inline().map(|document| ("policy".into(), json!(document))));
    named.extend(source_identity.iter().map(|id| ("sourceIdentity".into(), json!(id.as_str()))));
    named
}

/// The record of somebody known who was sent away.
pub fn denial(event: &Event<'_>, error: &dyn Refusal) -> AuditRecord {
    let elements = if shape::is_sign_in(event.name) { json!({ event.name: "Failure" }) } else { Value::Null };
    record(
        event,
        json!({
            "errorCode": error.code().name(), "errorMessage": crate::trace::clip(&error.to_string()),
            "responseElements": elements,
        }),
    )
}

/// The record of anything else that was done: a sign-in, a sign-in URL.
pub fn done(event: &Event<'_>, elements: Value) -> AuditRecord {
    record(event, json!({ "responseElements": elements }))
}

fn record(event: &Event<'_>, outcome: Value) -> AuditRecord {
    let mut record = shape::frame(event.name, event.request);
    record["userIdentity"] = identity::identity(&event.who);
    record["requestParameters"] = parameters(event);
    let resources = shape::resources(event);
    if !resources.is_empty() {
        record["resources"] = Value::Array(resources);
    }
    if let Some(account) = shape::recipient(event) {
        record["recipientAccountId"] = json!(account);
    }
    if let Some(data) = shape::sign_in_data(event) {
        record["additionalEventData"] = data;
    }
    record["eventID"] = json!(shape::event_id(event.request));
    if let Value::Object(outcome) = outcome {
        add(&mut record, outcome);
    }
    AuditRecord { at: event.request.now.unix_timestamp(), record }
}

/// What was asked for, as far as it is the same for whatever comes of it.
fn parameters(event: &Event<'_>) -> Value {
    let mut parameters = Map::new();
    match &event.who {
        Who::Caller(_, Some(serial)) => drop(parameters.insert("serialNumber".into(), json!(serial))),
        Who::AskedAbout { asker, asked, .. } => {
            parameters.insert("service".into(), identity::asking(*asker));
            if let Some((action, resource)) = asked {
                parameters.insert("action".into(), json!(crate::trace::clip(action)));
                parameters.insert("resource".into(), json!(crate::trace::clip(resource)));
            }
        }
        Who::Federated(identity) => parameters.extend(given::paper(event.name, identity)),
        Who::Caller(_, None) | Who::Former { .. } | Who::Session(_) | Who::User(_) | Who::Provider(_) => {}
    }
    if !event.role.is_empty() {
        parameters.insert("roleArn".into(), json!(crate::trace::clip(event.role)));
    }
    if parameters.is_empty() && shape::is_sign_in(event.name) { Value::Null } else { Value::Object(parameters) }
}

fn add(to: &mut Value, members: Map<String, Value>) {
    if let Value::Object(to) = to {
        to.extend(members);
    }
}
