//! `userIdentity`: who it was, as CloudTrail tells it.

use super::node::{Members, object};
use super::{Asker, Who};
use crate::catalogue::{Role, User};
use crate::trust::{
    Caller, FederatedIdentity, FederatedSession, Paper, RoleSession, Session, UserSession, VerifiedCaller,
};
use crate::words::{RoleArn, UserArn, iso};
use time::OffsetDateTime;

pub(super) fn identity<'a>(who: &Who<'a>) -> Members<'a> {
    match *who {
        Who::Federated(identity) => federated(identity),
        Who::Provider(provider) => object! {
            "type": "IdentityProvider", "identityProvider": provider.arn.as_str(), "issuer": provider.issuer(),
        },
        Who::Caller(caller, _) | Who::AskedAbout { principal: caller, .. } => signed(caller),
        Who::Former { user, access_key_id } => object! {
            "type": "IAMUser", "arn": user, "accessKeyId": access_key_id,
            "accountId": user.parse::<UserArn>().ok().map(|arn| arn.account()),
        },
        Who::User(user) => self::user(user),
        Who::Session(Session::Role(session)) => role_session(session),
        Who::Session(Session::FederatedUser(session)) => federated_user(session),
        Who::Session(Session::User(session)) => user_session(session),
    }
}

/// The paper's id stands beside CloudTrail's members: it is what the identity provider's own log is searched for.
fn federated(identity: &FederatedIdentity) -> Members<'_> {
    let (kind, subject, arn) = (&identity.paper, &identity.subject, identity.provider_arn());
    match kind {
        Paper::Assertion { id, name_qualifier, .. } => object! {
            "type": "SAMLUser", "principalId": format!("{name_qualifier}:{subject}"), "userName": subject,
            "identityProvider": name_qualifier, "providerArn": arn, "issuer": &identity.issuer,
            "paper": object! { "assertionID": id },
        },
        Paper::Token { digest, .. } => object! {
            "type": "WebIdentityUser", "principalId": format!("{arn}:{}:{subject}", identity.audience),
            "userName": subject, "identityProvider": arn, "providerArn": arn, "issuer": &identity.issuer,
            "paper": object! { "tokenDigest": digest },
        },
    }
}

fn user(user: &User) -> Members<'_> {
    object! {
        "type": "IAMUser", "arn": user.arn.as_str(), "principalId": user.id(), "accountId": user.arn.account(),
        "userName": user.arn.name(),
    }
}

/// Somebody in a role.
pub(super) fn role_session(session: &RoleSession) -> Members<'_> {
    let role: Option<RoleArn> = session.role.parse().ok();
    let id = role.as_ref().map(Role::id_of).unwrap_or_default();
    let account = role.as_ref().map(RoleArn::account);
    let principal_id = format!("{id}:{}", session.session_name);
    let mut context = object! {
        "sessionIssuer": object! {
            "type": "Role", "principalId": id, "arn": &session.role, "accountId": account,
            "userName": role.as_ref().map(|role| role.name().to_owned()),
        },
        // A session says nothing of a code that was shown for it.
        "attributes": attributes(session.issued, false),
    };
    context.add_if_any("sourceIdentity", session.carried.source_identity.as_ref().map(|id| id.as_str()));
    if let Some(provider) = session.provider.as_ref().filter(|arn| arn.contains(":oidc-provider/")) {
        let data = object! { "federatedProvider": provider, "attributes": Members::default() };
        context.add("webIdFederationData", data);
    }
    object! {
        "type": "AssumedRole", "principalId": principal_id, "arn": session.arn(), "accountId": account,
        "accessKeyId": &session.access_key_id, "sessionContext": context,
    }
}

fn user_session(session: &UserSession) -> Members<'_> {
    let user: Option<UserArn> = session.user.parse().ok();
    object! {
        "type": "IAMUser", "principalId": user.as_ref().map(User::id_of), "arn": &session.user,
        "accountId": user.as_ref().map(UserArn::account), "accessKeyId": &session.access_key_id,
        "userName": user.as_ref().map(|user| user.name().to_owned()),
        "sessionContext": since(session.issued, session.mfa_at.is_some()),
    }
}

/// CloudTrail: `userIdentity` of type FederatedUser.
fn federated_user(session: &FederatedSession) -> Members<'_> {
    let giver: Option<UserArn> = session.user.parse().ok();
    let account = giver.as_ref().map(UserArn::account);
    object! {
        "type": "FederatedUser", "principalId": session.id(), "arn": session.arn(), "accountId": account,
        "accessKeyId": &session.access_key_id,
        "sessionContext": object! {
            "attributes": attributes(session.issued, false),
            "sessionIssuer": object! {
                "type": "IAMUser", "principalId": giver.as_ref().map(User::id_of), "arn": &session.user,
                "accountId": account, "userName": giver.as_ref().map(|user| user.name().to_owned()),
            },
        },
    }
}

pub(super) fn asking(asker: Asker<'_>) -> Members<'_> {
    match asker {
        Asker::Signed(service) => signed(service),
        Asker::Proxied(service) => {
            object! { "type": "ProxiedService", "name": &service.name, "accountId": service.account }
        }
    }
}

fn signed(caller: &VerifiedCaller) -> Members<'_> {
    match caller.who() {
        Caller::FederatedUser { session, .. } => federated_user(session),
        Caller::RoleSession { session, .. } => role_session(session),
        Caller::UserSession { session, .. } => user_session(session),
        Caller::User { user, access_key_id } => {
            let mut identity = self::user(user);
            identity.add("accessKeyId", access_key_id);
            identity
        }
        Caller::SignedIn { user, at } => {
            let mut identity = self::user(user);
            identity.add("sessionContext", since(*at, true));
            identity
        }
    }
}

fn since(at: OffsetDateTime, mfa: bool) -> Members<'static> {
    object! { "attributes": attributes(at, mfa) }
}

fn attributes(since: OffsetDateTime, mfa: bool) -> Members<'static> {
    object! { "creationDate": iso(since), "mfaAuthenticated": if mfa { "true" } else { "false" } }
}
