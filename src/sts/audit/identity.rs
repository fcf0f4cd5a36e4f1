//! `userIdentity`: who it was, as CloudTrail tells it.

use super::{Asker, Who};
use crate::catalogue::{Role, User};
use crate::trust::{
    Caller, FederatedIdentity, FederatedSession, Paper, RoleSession, Session, UserSession, VerifiedCaller,
};
use crate::words::{RoleArn, UserArn, iso};
use serde_json::{Value, json};

pub(super) fn identity(who: &Who<'_>) -> Value {
    match who {
        Who::Federated(identity) => federated(identity),
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
            "accountId": user.arn.account().to_string(), "userName": user.arn.name(),
        }),
        Who::Session(Session::Role(session)) => role_session(session),
        Who::Session(Session::FederatedUser(session)) => federated_user(session),
        Who::Session(Session::User(session)) => user_session(session),
    }
}

/// The paper's id stands beside CloudTrail's members: it is what the identity provider's own log is searched for.
fn federated(identity: &FederatedIdentity) -> Value {
    let (kind, subject, arn) = (&identity.paper, &identity.subject, identity.provider().to_string());
    match kind {
        Paper::Assertion { id, name_qualifier, .. } => json!({
            "type": "SAMLUser", "principalId": format!("{name_qualifier}:{subject}"), "userName": subject,
            "identityProvider": name_qualifier, "providerArn": arn, "issuer": identity.issuer,
            "paper": { "assertionID": id },
        }),
        Paper::Token { digest, .. } => json!({
            "type": "WebIdentityUser", "principalId": format!("{arn}:{}:{subject}", identity.audience),
            "userName": subject, "identityProvider": arn, "providerArn": arn, "issuer": identity.issuer,
            "paper": { "tokenDigest": digest },
        }),
    }
}

/// Somebody in a role.
pub(super) fn role_session(session: &RoleSession) -> Value {
    let role: Option<RoleArn> = session.role.parse().ok();
    let id = role.as_ref().map(Role::id_of).unwrap_or_default();
    let account = role.as_ref().map(|role| role.account().to_string());
    let mut identity = json!({
        "type": "AssumedRole", "principalId": format!("{id}:{}", session.session_name), "arn": session.arn(),
        "accountId": account, "accessKeyId": session.access_key_id,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role", "principalId": id, "arn": session.role, "accountId": account,
                "userName": role.as_ref().map(RoleArn::name),
            },
            // A session says nothing of a code that was shown for it.
            "attributes": { "creationDate": iso(session.issued), "mfaAuthenticated": "false" },
        },
    });
    let context = &mut identity["sessionContext"];
    if let Some(source) = &session.carried.source_identity {
        context["sourceIdentity"] = json!(source.as_str());
    }
    if let Some(provider) = session.provider.as_ref().filter(|arn| arn.contains(":oidc-provider/")) {
        context["webIdFederationData"] = json!({ "federatedProvider": provider, "attributes": {} });
    }
    identity
}

fn user_session(session: &UserSession) -> Value {
    let user: Option<UserArn> = session.user.parse().ok();
    json!({
        "type": "IAMUser", "principalId": user.as_ref().map(User::id_of), "arn": session.user,
        "accountId": user.as_ref().map(|user| user.account().to_string()), "accessKeyId": session.access_key_id,
        "userName": user.as_ref().map(UserArn::name), "sessionContext": since(session.issued, session.mfa_at.is_some()),
    })
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

pub(super) fn asking(asker: Asker<'_>) -> Value {
    match asker {
        Asker::Signed(service) => signed(service),
        Asker::Proxied(service) => {
            json!({ "type": "ProxiedService", "name": service.name, "accountId": service.account.to_string() })
        }
    }
}

fn signed(caller: &VerifiedCaller) -> Value {
    match caller.who() {
        Caller::FederatedUser { session, .. } => federated_user(session),
        Caller::RoleSession { session, .. } => role_session(session),
        Caller::UserSession { session, .. } => user_session(session),
        Caller::User { user, access_key_id } => {
            let mut identity = identity(&Who::User(user));
            identity["accessKeyId"] = json!(access_key_id);
            identity
        }
        Caller::SignedIn { user, at } => {
            let mut identity = identity(&Who::User(user));
            identity["sessionContext"] = since(*at, true);
            identity
        }
    }
}

fn since(at: time::OffsetDateTime, mfa: bool) -> Value {
    json!({ "attributes": { "creationDate": iso(at), "mfaAuthenticated": mfa.to_string() } })
}
