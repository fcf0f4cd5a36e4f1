//! `userIdentity`: who it was, as CloudTrail tells it.

use super::object::{Object, add};
use super::{Asker, Who};
use crate::catalogue::{Role, User};
use crate::trust::{
    Caller, FederatedIdentity, FederatedSession, Paper, RoleSession, Session, UserSession, VerifiedCaller,
};
use crate::words::{RoleArn, UserArn};
use time::OffsetDateTime;

pub(super) fn identity(who: &Who<'_>, told: &mut Object<'_>) {
    match *who {
        Who::Federated(identity) => federated(identity, told),
        Who::Provider(provider) => add! { told;
            "type": "IdentityProvider", "identityProvider": provider.arn.as_str(), "issuer": provider.issuer().as_deref(),
        },
        Who::Caller(caller, _) | Who::AskedAbout { principal: caller, .. } => signed(caller, told),
        Who::Former { user, access_key_id } => {
            let account = user.parse::<UserArn>().ok().map(|arn| arn.account());
            add! { told;
                "type": "IAMUser", "arn": user, "accessKeyId": access_key_id, "accountId": account.as_ref(),
            }
        }
        Who::User(user) => self::user(user, told),
        Who::Session(Session::Role(session)) => role_session(session, told),
        Who::Session(Session::FederatedUser(session)) => federated_user(session, told),
        Who::Session(Session::User(session)) => user_session(session, told),
    }
}

/// The paper's id stands beside CloudTrail's members: it is what the identity provider's own log is searched for.
fn federated(identity: &FederatedIdentity, told: &mut Object<'_>) {
    let FederatedIdentity { subject, audience, issuer, .. } = identity;
    let arn = identity.provider_arn();
    match &identity.paper {
        Paper::Assertion { id, name_qualifier, .. } => {
            add! { told;
                "type": "SAMLUser", "principalId": &[name_qualifier, ":", subject], "userName": subject,
                "identityProvider": name_qualifier, "providerArn": arn, "issuer": issuer,
            }
            told.object("paper", |paper| paper.add("assertionID", id));
        }
        Paper::Token { digest, .. } => {
            add! { told;
                "type": "WebIdentityUser", "principalId": &[arn, ":", audience, ":", subject],
                "userName": subject, "identityProvider": arn, "providerArn": arn, "issuer": issuer,
            }
            told.object("paper", |paper| paper.add("tokenDigest", digest));
        }
    }
}

fn user(user: &User, told: &mut Object<'_>) {
    add! { told;
        "type": "IAMUser", "arn": user.arn.as_str(), "principalId": &user.id, "accountId": &user.arn.account(),
        "userName": user.arn.name(),
    }
}

/// Somebody in a role.
pub(super) fn role_session(session: &RoleSession, told: &mut Object<'_>) {
    let role: Option<RoleArn> = session.role.parse().ok();
    let id = role.as_ref().map(Role::id_of).unwrap_or_default();
    let account = role.as_ref().map(RoleArn::account);
    add! { told;
        "type": "AssumedRole", "principalId": &[&id, ":", &session.session_name], "arn": &session.arn(),
        "accountId": account.as_ref(), "accessKeyId": &session.access_key_id,
    }
    told.object("sessionContext", |context| {
        context.object("sessionIssuer", |issuer| {
            add! { issuer;
                "type": "Role", "principalId": &id, "arn": &session.role, "accountId": account.as_ref(),
                "userName": role.as_ref().map(RoleArn::name),
            }
        });
        // A session says nothing of a code that was shown for it.
        attributes(session.issued, false, context);
        context.add_if_any("sourceIdentity", session.carried.source_identity.as_ref().map(|id| id.as_str()));
        if let Some(provider) = session.provider.as_ref().filter(|arn| arn.contains(":oidc-provider/")) {
            context.object("webIdFederationData", |data| {
                data.add("federatedProvider", provider);
                data.object("attributes", |_| {});
            });
        }
    });
}

fn user_session(session: &UserSession, told: &mut Object<'_>) {
    let user: Option<UserArn> = session.user.parse().ok();
    add! { told;
        "type": "IAMUser", "principalId": user.as_ref().map(User::id_of).as_ref(), "arn": &session.user,
        "accountId": user.as_ref().map(UserArn::account).as_ref(), "accessKeyId": &session.access_key_id,
        "userName": user.as_ref().map(UserArn::name),
    }
    told.object("sessionContext", |context| attributes(session.issued, session.mfa_at.is_some(), context));
}

/// CloudTrail: `userIdentity` of type FederatedUser.
fn federated_user(session: &FederatedSession, told: &mut Object<'_>) {
    let giver: Option<UserArn> = session.user.parse().ok();
    let account = giver.as_ref().map(UserArn::account);
    add! { told;
        "type": "FederatedUser", "principalId": &session.id(), "arn": &session.arn(), "accountId": account.as_ref(),
        "accessKeyId": &session.access_key_id,
    }
    told.object("sessionContext", |context| {
        attributes(session.issued, false, context);
        context.object("sessionIssuer", |issuer| {
            add! { issuer;
                "type": "IAMUser", "principalId": giver.as_ref().map(User::id_of).as_ref(), "arn": &session.user,
                "accountId": account.as_ref(), "userName": giver.as_ref().map(UserArn::name),
            }
        });
    });
}

pub(super) fn asking(asker: Asker<'_>, told: &mut Object<'_>) {
    match asker {
        Asker::Signed(service) => signed(service, told),
        Asker::Proxied(service) => {
            add! { told; "type": "ProxiedService", "name": &service.name, "accountId": &service.account }
        }
    }
}

fn signed(caller: &VerifiedCaller, told: &mut Object<'_>) {
    match caller.who() {
        Caller::FederatedUser { session, .. } => federated_user(session, told),
        Caller::RoleSession { session, .. } => role_session(session, told),
        Caller::UserSession { session, .. } => user_session(session, told),
        Caller::User { user, access_key_id } => {
            self::user(user, told);
            told.add("accessKeyId", access_key_id);
        }
        Caller::SignedIn { user, at } => {
            self::user(user, told);
            told.object("sessionContext", |context| attributes(*at, true, context));
        }
    }
}

fn attributes(since: OffsetDateTime, mfa: bool, context: &mut Object<'_>) {
    context.object("attributes", |attributes| {
        add! { attributes; "creationDate": since, "mfaAuthenticated": if mfa { "true" } else { "false" } }
    });
}
