//! What is written in the book: one record for each grant and each denial of a verified principal, shaped as CloudTrail
//! shapes its own. The paper's id is recorded, never the paper; the access key id, never the secret or the token.

mod behind;
mod draft;
mod given;
mod identity;
mod node;
mod shape;

use super::service::Request;
use super::{FederatedUser, Minted};
use crate::catalogue::{Provider, Service, User};
use crate::issuer::Issued;
use crate::store::AuditRecord;
use crate::trace::{Refusal, clip};
use crate::trust::{FederatedIdentity, Session, TokenWish, VerifiedCaller};
use crate::words::iso;
use draft::Draft;
use node::{Node, object};
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
    granted(event, minted).finished()
}

/// The record of a switch in the console by whoever the event is of; `before` is what they wore, or who they were.
pub fn switched(event: &Event<'_>, minted: &Minted, before: &str) -> AuditRecord {
    let mut switched = granted(event, minted);
    switched.elements.add(event.name, "Success");
    // CloudTrail tells of a switch as of the session that it led to. Whoever switched is told beside it.
    let from = std::mem::replace(&mut switched.identity, identity::role_session(&minted.session));
    switched.data.add("SwitchFrom", before);
    switched.data.add("switchedBy", from);
    switched.finished()
}

/// The record of a return from there, to what they wore or who they were before.
pub fn exited(event: &Event<'_>, before: &str) -> AuditRecord {
    let mut exited = Draft::of_success(event);
    exited.data.add("SwitchTo", before);
    exited.finished()
}

/// The record of a test login: of the person that the provider spoke of, who may know nothing of it, and of who had it
/// spoken.
pub fn tested(event: &Event<'_>, tester: &str, access_key_id: Option<&str>) -> AuditRecord {
    let mut tested = Draft::of_success(event);
    tested.data.add("testedBy", object! { "arn": tester, "accessKeyId": access_key_id });
    tested.finished()
}

fn granted<'a>(event: &'a Event<'a>, minted: &'a Minted) -> Draft<'a> {
    let session = &minted.session;
    let mut granted = Draft::of(event);
    granted.outcome.add("accessKeyId", &session.access_key_id);
    granted.parameters.add_all(given::parameters(session));
    granted.parameters.add_all(given::carried(&event.who, &session.carried));
    granted.elements = given::elements(event, session);
    minted.token.iter().for_each(|issued| tell_of_token(&mut granted, issued));
    granted
}

/// The record of a session that a user made, their own or a federated user's.
pub(super) fn grant_to_user(event: &Event<'_>, session: &Session) -> AuditRecord {
    let mut granted = Draft::of(event);
    granted.outcome.add("accessKeyId", session.access_key_id());
    granted.parameters.add("durationSeconds", (session.expires() - session.issued()).whole_seconds());
    let credentials = object! { "accessKeyId": session.access_key_id(), "expiration": iso(session.expires()) };
    granted.elements.add("credentials", credentials);
    if let Session::FederatedUser(session) = session {
        let FederatedUser { id, arn, packed_policy_size } = FederatedUser::of(session);
        granted.parameters.add_all(given::carried(&event.who, &session.carried));
        granted.parameters.add("name", &session.name);
        granted.elements.add("federatedUser", object! { "federatedUserId": id, "arn": arn });
        granted.elements.add_if_any("packedPolicySize", packed_policy_size.map(i64::from));
    }
    granted.finished()
}

/// The record of a token that was signed for others. The token itself is nowhere.
pub(super) fn token(event: &Event<'_>, wish: &TokenWish<'_>, issued: &Issued) -> AuditRecord {
    let mut signed = Draft::of(event);
    tell_of_token(&mut signed, issued);
    signed.parameters.add("signingAlgorithm", wish.algorithm);
    signed.parameters.add("durationSeconds", wish.seconds);
    signed.parameters.add_if_any("tags", given::list(wish.tags.iter()));
    signed.finished()
}

/// Its id and what it was signed with, and for whom it is.
fn tell_of_token<'a>(draft: &mut Draft<'a>, issued: &'a Issued) {
    let token = object! { "jti": &issued.id, "kid": &issued.key_id, "expiration": iso(issued.expires) };
    draft.elements.add("webIdentityToken", token);
    draft.parameters.add("audience", issued.audiences.iter().collect::<Node<'_>>());
}

/// The record of somebody known who was sent away.
pub fn denial(event: &Event<'_>, error: &dyn Refusal) -> AuditRecord {
    let mut denial = Draft::of(event);
    denial.outcome.add("errorCode", error.code().name());
    denial.outcome.add("errorMessage", clip(&error.to_string()));
    if shape::is_sign_in(event.name) {
        denial.elements.add(event.name, "Failure");
    }
    denial.finished()
}

/// The record of anything else that was done: a sign-in, a sign-in URL; with what there is to tell beside that.
pub fn done<'a>(event: &'a Event<'a>, beside: impl IntoIterator<Item = (&'a str, Node<'a>)>) -> AuditRecord {
    let mut done = Draft::of_success(event);
    done.elements.add_all(beside);
    done.finished()
}

/// The record of an order, which is made once it is known what it has come to: long after the request is gone.
pub fn ordered(event: &Event<'_>, parameters: Value) -> impl Fn(Value) -> AuditRecord + Send + Sync + use<> {
    let (draft, behind) = (Draft::of(event), behind::behind(&event.who));
    let at = draft.at();
    let mut base = serde_json::to_value(draft.members()).expect("a record is plain data");
    base["requestParameters"] = parameters;
    move |elements| {
        let mut record = base.clone();
        record["responseElements"] = elements;
        AuditRecord::new(at, record.to_string(), behind.clone())
    }
}
