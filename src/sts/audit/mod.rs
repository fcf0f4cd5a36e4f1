//! What is written in the book: one record for each grant and each denial of a verified principal, shaped as CloudTrail
//! shapes its own. The paper's id is recorded, never the paper; the access key id, never the secret or the token.

mod behind;
mod draft;
mod given;
mod identity;
mod object;
mod shape;

use super::service::Request;
use super::{FederatedUser, Minted};
use crate::catalogue::{Provider, Service, User};
use crate::issuer::Issued;
use crate::store::AuditRecord;
use crate::trace::{Refusal, clip_sentence};
use crate::trust::{FederatedIdentity, Session, TokenWish, VerifiedCaller};
use draft::{Draft, Part};
use object::{Object, Plain, add};
use serde_json::Value;

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

/// The record of a role session that was given, and of a token about it if one was signed.
pub fn grant(event: &Event<'_>, minted: &Minted) -> AuditRecord {
    Draft {
        whose: minted.whose(),
        parameters: &|told| parameters_of_grant(event, minted, told),
        elements: &|told| elements_of_grant(event, minted, told),
        outcome: &|record| record.add("accessKeyId", &minted.session.access_key_id),
        ..Draft::of(event)
    }
    .finished()
}

/// The record of a switch in the console by whoever the event is of; `before` is what they wore, or who they were.
pub fn switched(event: &Event<'_>, minted: &Minted, before: &str) -> AuditRecord {
    Draft {
        // CloudTrail tells of a switch as of the session that it led to. Whoever switched is told beside it.
        becomes: Some(&minted.session),
        whose: minted.whose(),
        parameters: &|told| parameters_of_grant(event, minted, told),
        elements: &|told| {
            elements_of_grant(event, minted, told);
            told.add(event.name, "Success");
        },
        data: &|data| {
            data.add("SwitchFrom", before);
            data.object("switchedBy", |by| identity::identity(&event.who, by));
        },
        outcome: &|record| record.add("accessKeyId", &minted.session.access_key_id),
        ..Draft::of(event)
    }
    .finished()
}

/// The record of a return from there, to what they wore or who they were before.
pub fn exited(event: &Event<'_>, before: &str) -> AuditRecord {
    succeeded(event, &|data| data.add("SwitchTo", before))
}

/// The record of a test login: of the person that the provider spoke of, who may know nothing of it, and of who had it
/// spoken.
pub fn tested(event: &Event<'_>, tester: &str, access_key_id: Option<&str>) -> AuditRecord {
    succeeded(event, &|data| {
        data.object("testedBy", |by| {
            add! { by; "arn": tester, "accessKeyId": access_key_id }
        });
    })
}

fn succeeded(event: &Event<'_>, data: Part<'_>) -> AuditRecord {
    Draft { elements: &|told| told.add(event.name, "Success"), data, ..Draft::of(event) }.finished()
}

fn parameters_of_grant(event: &Event<'_>, minted: &Minted, told: &mut Object<'_>) {
    given::parameters(&minted.session, told);
    given::carried(&event.who, &minted.session.carried, told);
    minted.token.iter().for_each(|issued| audience_of(issued, told));
}

fn elements_of_grant(event: &Event<'_>, minted: &Minted, told: &mut Object<'_>) {
    given::elements(event, minted, told);
    minted.token.iter().for_each(|issued| token_told(issued, told));
}

/// The record of a session that a user made, their own or a federated user's.
pub(super) fn grant_to_user(event: &Event<'_>, session: &Session) -> AuditRecord {
    let federated = match session {
        Session::FederatedUser(session) => Some((session, FederatedUser::of(session))),
        Session::User(_) | Session::Role(_) => None,
    };
    Draft {
        parameters: &|told| {
            told.add("durationSeconds", (session.expires() - session.issued()).whole_seconds());
            if let Some((session, _)) = &federated {
                given::carried(&event.who, &session.carried, told);
                told.add("name", &session.name);
            }
        },
        elements: &|told| {
            told.object("credentials", |told| {
                add! { told; "accessKeyId": session.access_key_id(), "expiration": session.expires() }
            });
            if let Some((_, FederatedUser { id, arn, packed_policy_size })) = &federated {
                told.object("federatedUser", |told| {
                    add! { told; "federatedUserId": id, "arn": arn }
                });
                told.add_if_any("packedPolicySize", packed_policy_size.map(i64::from));
            }
        },
        outcome: &|record| record.add("accessKeyId", session.access_key_id()),
        ..Draft::of(event)
    }
    .finished()
}

/// The record of a token that was signed for others. The token itself is nowhere.
pub(super) fn token(event: &Event<'_>, wish: &TokenWish<'_>, issued: &Issued) -> AuditRecord {
    Draft {
        parameters: &|told| {
            audience_of(issued, told);
            add! { told; "signingAlgorithm": wish.algorithm, "durationSeconds": wish.seconds }
            told.if_any(|told| given::list("tags", wish.tags.iter(), told));
        },
        elements: &|told| token_told(issued, told),
        ..Draft::of(event)
    }
    .finished()
}

/// A token's id and what it was signed with.
fn token_told(issued: &Issued, elements: &mut Object<'_>) {
    elements.object("webIdentityToken", |told| {
        add! { told; "jti": &issued.id, "kid": &issued.key_id, "expiration": issued.expires }
    });
}

/// For whom it is.
fn audience_of(issued: &Issued, parameters: &mut Object<'_>) {
    parameters.texts("audience", &issued.audiences);
}

/// The record of somebody known who was sent away.
pub fn denial(event: &Event<'_>, error: &dyn Refusal) -> AuditRecord {
    Draft {
        elements: &|told| {
            if shape::is_sign_in(event.name) {
                told.add(event.name, "Failure");
            }
        },
        outcome: &|record| {
            add! { record; "errorCode": error.code().name(), "errorMessage": &clip_sentence(error.to_string()) }
        },
        ..Draft::of(event)
    }
    .finished()
}

/// The record of anything else that was done: a sign-in, a sign-in URL; with what there is to tell beside that.
pub fn done(event: &Event<'_>, beside: &[(&str, Plain<'_>)]) -> AuditRecord {
    Draft {
        elements: &|told| {
            told.add(event.name, "Success");
            beside.iter().for_each(|(key, value)| told.add(key, *value));
        },
        ..Draft::of(event)
    }
    .finished()
}

/// The record of an order, which is made once it is known what it has come to: long after the request is gone.
pub fn ordered(event: &Event<'_>, parameters: Value) -> impl Fn(Value) -> AuditRecord + Send + Sync + use<> {
    let (draft, behind) = (Draft::of(event), behind::behind(&event.who, None));
    let at = draft.at();
    let mut base: Value = serde_json::from_str(&draft.text()).expect("a record is JSON");
    base["requestParameters"] = parameters;
    move |elements| {
        let mut record = base.clone();
        record["responseElements"] = elements;
        AuditRecord::new(at, record.to_string(), behind.clone())
    }
}
