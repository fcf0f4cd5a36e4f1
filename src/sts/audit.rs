//! What is written in the book: one record for each grant and each denial of a verified principal, shaped as CloudTrail
//! shapes its own. The paper's id is recorded, never the paper; the access key id, never the secret or the token.

use super::service::Request;
use crate::catalogue::{Provider, Service, User};
use crate::issuer::Issued;
use crate::store::AuditRecord;
use crate::trace::Refusal;
use crate::trust::{
    Caller, Carried, FederatedIdentity, FederatedSession, Paper, RoleSession, Session, TokenWish, VerifiedCaller,
};
use crate::words::{SessionTag, UserArn, iso};
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
    let mut granted = record(
        event,
        json!({
            "accessKeyId": session.access_key_id,
            "responseElements": {
                "assumedRole": session.role,
                "roleSessionName": session.session_name,
                "credentials": { "accessKeyId": session.access_key_id, "expiration": iso(session.expires) },
            },
        }),
    );
    if let Some(Value::Object(parameters)) = granted.record.get_mut("requestParameters") {
        parameters.extend(carried(&event.who, &session.carried));
    }
    granted
}

/// The record of a switch in the console, which is of the new role's session; `before` is who it was.
pub fn switched(event: &Event<'_>, session: &RoleSession, before: &str) -> AuditRecord {
    let mut switched = grant(event, session);
    switched.record["responseElements"]["SwitchRole"] = json!("Success");
    switched.record["additionalEventData"] = json!({ "SwitchFrom": before });
    switched.record["requestParameters"]["roleSessionName"] = json!(session.session_name);
    switched
}

/// The record of a return from there, to whom it was before.
pub fn exited(event: &Event<'_>, before: &str) -> AuditRecord {
    record(
        event,
        json!({ "responseElements": { "ExitRole": "Success" }, "additionalEventData": { "SwitchTo": before } }),
    )
}

/// The record of a session that a user made, their own or a federated user's.
pub(super) fn grant_to_user(event: &Event<'_>, session: &Session) -> AuditRecord {
    let credentials = json!({ "accessKeyId": session.access_key_id(), "expiration": iso(session.expires()) });
    let elements = json!({ "credentials": credentials });
    let mut granted = record(event, json!({ "accessKeyId": session.access_key_id(), "responseElements": elements }));
    if let Session::FederatedUser(session) = session {
        let given = &mut granted.record;
        given["responseElements"]["federatedUser"] = json!({ "federatedUserId": session.id(), "arn": session.arn() });
        given["requestParameters"] = Value::Object(carried(&event.who, &session.carried));
        given["requestParameters"]["name"] = json!(session.name);
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
    record(
        event,
        json!({ "errorCode": error.code().name(), "errorMessage": crate::trace::clip(&error.to_string()), "responseElements": null }),
    )
}

/// The record of anything else that was done: a sign-in, a sign-in URL.
pub fn done(event: &Event<'_>, elements: Value) -> AuditRecord {
    record(event, json!({ "responseElements": elements }))
}

fn record(event: &Event<'_>, outcome: Value) -> AuditRecord {
    let request = event.request;
    let mut record = json!({
        "eventVersion": "1.0",
        "eventTime": iso(request.now),
        "eventSource": "sts.gatehouse",
        "eventName": event.name,
        "requestID": request.trace.id,
        "sourceIPAddress": request.source.to_string(),
        "userAgent": crate::trace::clip(&request.user_agent),
        "userIdentity": who(&event.who),
        "requestParameters": {},
    });
    if let Who::Caller(_, Some(serial)) = event.who {
        record["requestParameters"]["serialNumber"] = json!(serial);
    }
    if let Who::AskedAbout { asker, asked, .. } = event.who {
        record["requestParameters"] = json!({ "service": asking(asker) });
        if let Some((action, resource)) = asked {
            record["requestParameters"]["action"] = json!(crate::trace::clip(action));
            record["requestParameters"]["resource"] = json!(crate::trace::clip(resource));
        }
    }
    if !event.role.is_empty() {
        record["requestParameters"]["roleArn"] = json!(crate::trace::clip(event.role));
    }
    if let (Value::Object(record), Value::Object(outcome)) = (&mut record, outcome) {
        record.extend(outcome);
    }
    AuditRecord { at: request.now.unix_timestamp(), record }
}

fn who(who: &Who<'_>) -> Value {
    match who {
        Who::Federated(identity) => {
            let (kind, paper) = match &identity.paper {
                Paper::Assertion { id, .. } => ("SAMLUser", json!({ "assertionID": id })),
                Paper::Token { digest, .. } => ("WebIdentityUser", json!({ "tokenDigest": digest })),
            };
            json!({
                "type": kind, "userName": identity.subject, "identityProvider": identity.provider().to_string(),
                "issuer": identity.issuer, "paper": paper,
            })
        }
        Who::Provider(provider) => json!({
            "type": "IdentityProvider", "identityProvider": provider.arn.to_string(), "issuer": provider.issuer(),
        }),
        Who::Caller(caller, _) | Who::AskedAbout { principal: caller, .. } => signed(caller),
        Who::Former { user, access_key_id } => json!({
            "type": "IAMUser", "arn": user, "accessKeyId": access_key_id,
            "accountId": user.parse::<UserArn>().ok().map(|arn| arn.account().to_string()),
        }),
        Who::User(user) => json!({
            "type": "IAMUser", "arn": user.arn.as_str(), "principalId": user.id(),
            "accountId": user.arn.account().to_string(),
        }),
        Who::Session(Session::Role(session)) => json!({
            "type": "AssumedRole", "arn": session.arn(), "role": session.role, "roleSessionName": session.session_name,
            "accessKeyId": session.access_key_id,
        }),
        Who::Session(Session::FederatedUser(session)) => federated_user(session),
        Who::Session(Session::User(session)) => json!({
            "type": "IAMUser", "arn": session.user, "accessKeyId": session.access_key_id,
        }),
    }
}

/// CloudTrail: `userIdentity` of type FederatedUser.
fn federated_user(session: &FederatedSession) -> Value {
    let giver: Option<UserArn> = session.user.parse().ok();
    let account = giver.as_ref().map(|user| user.account().to_string());
    json!({
        "type": "FederatedUser", "principalId": session.id(), "arn": session.arn(), "accountId": account,
        "accessKeyId": session.access_key_id,
        "sessionContext": {
            "attributes": { "creationDate": iso(session.issued), "mfaAuthenticated": "false" },
            "sessionIssuer": {
                "type": "IAMUser", "principalId": giver.as_ref().map(User::id_of), "arn": session.user,
                "accountId": account, "userName": giver.as_ref().map(UserArn::name),
            },
        },
    })
}

fn asking(asker: Asker<'_>) -> Value {
    match asker {
        Asker::Signed(service) => signed(service),
        Asker::Proxied(service) => {
            json!({ "type": "ProxiedService", "name": service.name, "accountId": service.account.to_string() })
        }
    }
}

fn signed(caller: &VerifiedCaller) -> Value {
    if let Caller::FederatedUser { session, .. } = caller.who() {
        return federated_user(session);
    }
    let mut identity = json!({
        "type": if caller.user().is_some() { "IAMUser" } else { "AssumedRole" },
        "arn": caller.arn(), "principalId": caller.user_id(), "accountId": caller.account().to_string(),
    });
    if let Some(id) = caller.access_key_id() {
        identity["accessKeyId"] = json!(id);
    }
    let since = match caller.who() {
        Caller::UserSession { session, .. } => Some((session.issued, session.mfa_at.is_some())),
        Caller::SignedIn { at, .. } => Some((*at, true)),
        Caller::User { .. } | Caller::RoleSession { .. } | Caller::FederatedUser { .. } => None,
    };
    if let Some((at, mfa)) = since {
        let attributes = json!({ "creationDate": iso(at), "mfaAuthenticated": mfa.to_string() });
        identity["sessionContext"] = json!({ "attributes": attributes });
    }
    identity
}
