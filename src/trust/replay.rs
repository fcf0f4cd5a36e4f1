//! A kept question, put to a configuration: the same code as for those who come in person, but what it comes to is told
//! and not given. No grant leaves this file.

use super::doubt::Doubt;
use super::offer::each_offer;
use super::question::{Asker, Question};
use super::{
    Asked, Caller, FederatedIdentity, RoleSession, SessionPolicies, VerifiedCaller, Wanted, Worn, decide,
    decide_for_caller,
};
use crate::catalogue::{Catalogue, Provider, User};
use crate::trace::{Code, Refusal, Trace};
use crate::words::{ProviderArn, ProviderKind, RoleArn};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use time::Duration;

/// What questions are put to.
pub struct Configuration<'a> {
    pub catalogue: &'a Catalogue,
    /// Whom assertions may be made out to.
    pub recipients: Vec<String>,
}

/// What a configuration says to a question, role by role.
pub struct Replies {
    roles: BTreeMap<RoleArn, Reply>,
    rest: Reply,
}

#[derive(Clone)]
pub enum Reply {
    Given(Box<Worn>),
    /// The stable name of the reason, and the sentence.
    Refused {
        code: &'static str,
        sentence: String,
    },
    /// These claims would decide, and were not kept.
    Unknown {
        claims: BTreeSet<String>,
    },
}

impl Replies {
    /// The roles of which there is something to say in particular.
    pub fn roles(&self) -> impl Iterator<Item = &RoleArn> {
        self.roles.keys()
    }

    pub fn about(&self, role: &RoleArn) -> &Reply {
        self.roles.get(role).unwrap_or(&self.rest)
    }

    fn all(rest: Reply) -> Self {
        Self { roles: BTreeMap::new(), rest }
    }
}

impl Reply {
    pub fn no_such_role(role: &RoleArn) -> Self {
        Self::turned_away(Code::TrustNoSuchRole, format!("there is no role {role}"))
    }

    fn refused(error: &dyn Refusal) -> Self {
        Self::Refused { code: error.code().name(), sentence: error.to_string() }
    }

    /// By what stands before or after rules and policies.
    fn turned_away(code: Code, sentence: impl Into<String>) -> Self {
        Self::Refused { code: code.name(), sentence: sentence.into() }
    }
}

impl Question {
    pub fn put_to(&self, configuration: &Configuration<'_>) -> Replies {
        let catalogue = configuration.catalogue;
        let role = self.asks.role.as_deref().and_then(|role| role.parse::<RoleArn>().ok());
        let mut replies = match (&self.asker, role.clone()) {
            (Asker::Federated { identity, left }, _) => {
                self.put_for_person(configuration, identity, left, role.as_ref())
            }
            (Asker::User(arn), Some(role)) => {
                let caller = |user| Caller::User { user, access_key_id: String::new() };
                self.put_for_user(catalogue, arn, caller, role)
            }
            (Asker::UserSession(session), Some(role)) => {
                let caller = |user| Caller::UserSession { user, session: session.clone() };
                self.put_for_user(catalogue, &session.user, caller, role)
            }
            (Asker::Session(session), Some(role)) => match caller(session) {
                Some(caller) => self.put_for_caller(catalogue, caller, role),
                None => unreadable(),
            },
            (Asker::User(_) | Asker::UserSession(_) | Asker::Session(_), None) => unreadable(),
        };
        if let Some(role) = role
            && let Some(Reply::Given(worn)) = replies.roles.get(&role)
            && let Some(refusal) = self.too_much(catalogue, &role, worn)
        {
            replies.roles.insert(role, refusal);
        }
        replies
    }

    fn put_for_person(
        &self,
        configuration: &Configuration<'_>,
        identity: &FederatedIdentity,
        left: &BTreeSet<String>,
        role: Option<&RoleArn>,
    ) -> Replies {
        let catalogue = configuration.catalogue;
        let arn: ProviderArn = identity.provider();
        let Some(provider) = catalogue.provider(&arn) else {
            let code = match arn.kind() {
                ProviderKind::Saml => Code::StsNoSuchProvider,
                ProviderKind::Oidc => Code::StsUnknownIssuer,
            };
            return Replies::all(Reply::turned_away(code, format!("there is no provider {arn}")));
        };
        if let Some(refusal) = turned_away(configuration, provider, identity) {
            return Replies::all(refusal);
        }
        let wish = self.asks.session_name.as_deref().and_then(|name| name.parse().ok());
        let about = role.filter(|role| role.account() == arn.account()).map(|role| Asked::Role(role, wish.as_ref()));
        let asked: Vec<Asked<'_>> = [Asked::Anything].into_iter().chain(about).collect();
        let doubt = Doubt::of(provider, identity, left, wish.is_some());
        let trace = &mut Trace::new("");
        let offers = each_offer(catalogue, provider, identity, &asked, &self.around, trace);
        let (offers, refusal) = match offers {
            Ok(offers) => {
                let sentence = format!("provider {arn} does not give it for these claims");
                (offers, Reply::turned_away(Code::TrustRoleNotGiven, sentence))
            }
            Err(error) => (BTreeMap::new(), Reply::refused(&error)),
        };
        let mut roles = BTreeMap::new();
        for (role, offer) in offers {
            let unknown = doubt.about(catalogue, &role);
            let reply = match offer.and_then(|offer| decide(offer, trace)) {
                _ if !unknown.is_empty() => Reply::Unknown { claims: unknown },
                Ok(grant) => Reply::Given(Box::new(grant.into())),
                Err(error) => Reply::refused(&error),
            };
            roles.insert(role, reply);
        }
        for role in doubt.doubtful().filter(|role| catalogue.role(role).is_some()) {
            let unknown = || Reply::Unknown { claims: doubt.about(catalogue, role) };
            roles.entry(role.clone()).or_insert_with(unknown);
        }
        let rest = match doubt.all.is_empty() {
            true => refusal,
            false => Reply::Unknown { claims: doubt.all.clone() },
        };
        Replies { roles, rest }
    }

    fn put_for_user(
        &self,
        catalogue: &Catalogue,
        arn: &str,
        caller: impl FnOnce(Arc<User>) -> Caller,
        role: RoleArn,
    ) -> Replies {
        match arn.parse().ok().and_then(|arn| catalogue.user(&arn)) {
            Some(user) => self.put_for_caller(catalogue, caller(user.clone()), role),
            None => Replies::all(Reply::turned_away(Code::StsUnknownAccessKey, format!("there is no user {arn}"))),
        }
    }

    fn put_for_caller(&self, catalogue: &Catalogue, caller: Caller, role: RoleArn) -> Replies {
        let asks = &self.asks;
        let Some(session_name) = asks.session_name.as_deref().and_then(|name| name.parse().ok()) else {
            return unreadable();
        };
        let wanted = Wanted {
            role: &role,
            session_name,
            external_id: asks.external_id.as_deref(),
            tags: asks.tags.clone(),
            source_identity: asks.source_identity.clone(),
            fresh_code: asks.fresh_code,
            around: &self.around,
        };
        let decided = decide_for_caller(catalogue, &VerifiedCaller::supposed(caller), wanted, &mut Trace::new(""));
        let reply = match decided {
            Ok(grant) => Reply::Given(Box::new(grant.into())),
            Err(error) => Reply::refused(&error),
        };
        Replies {
            roles: [(role, reply)].into(),
            rest: Reply::turned_away(Code::TrustRoleNotGiven, "nobody asked for it"),
        }
    }

    /// What is asked for along with the role, and cannot be had any more.
    fn too_much(&self, catalogue: &Catalogue, role: &RoleArn, worn: &Worn) -> Option<Reply> {
        let asked = self.asks.duration.map(Duration::seconds).filter(|asked| *asked > worn.longest);
        if let Some(asked) = asked {
            let (asked, longest) = (asked.whole_seconds(), worn.longest.whole_seconds());
            let sentence = format!("the session is asked for {asked} seconds, and the role gives at most {longest}");
            return Some(Reply::turned_away(Code::StsDurationAboveMaximum, sentence));
        }
        let managed: Vec<_> = self.asks.managed.iter().filter_map(|arn| arn.parse().ok()).collect();
        let limits = SessionPolicies::new(catalogue, role.account(), None, &managed);
        limits.err().map(|error| Reply::turned_away(Code::StsNoSuchPolicy, error.to_string()))
    }
}

fn caller(session: &RoleSession) -> Option<Caller> {
    let (role, name) = (session.role.parse().ok()?, session.session_name.parse().ok()?);
    Some(Caller::RoleSession { session: Box::new(session.clone()), role, name })
}

/// What this house wrote itself and does not understand any more.
fn unreadable() -> Replies {
    Replies::all(Reply::turned_away(Code::StsViolations, "the question has a name in it that is none any more"))
}

/// What the paper would fail by before anybody asked for a role, as far as that can be told from what was kept.
fn turned_away(configuration: &Configuration<'_>, provider: &Provider, identity: &FederatedIdentity) -> Option<Reply> {
    let FederatedIdentity { audience, issuer, .. } = identity;
    let name = &provider.arn;
    if let Some(now) = provider.issuer().filter(|now| now != issuer) {
        let sentence = format!("{name} is another identity provider: {now}, not {issuer}");
        return Some(Reply::turned_away(Code::StsNotThatProvider, sentence));
    }
    let (ours, code) = match (provider.social(), provider.oidc()) {
        (Some(social), _) => (social.desk.network().is_ours(audience), Code::SocialApp),
        (None, Some(oidc)) => (oidc.relying_party.is_ours(audience), Code::OidcAudience),
        (None, None) => (configuration.recipients.contains(audience), Code::SamlRecipient),
    };
    if !ours {
        return Some(Reply::turned_away(code, format!("what is made out to {audience} is not accepted from {name}")));
    }
    let demanded = provider.saml().map_or(&[][..], |saml| &saml.authn_context);
    let satisfied = demanded.is_empty() || demanded.contains(&identity.authn_context);
    let demanded = demanded.join(" or ");
    let sentence = || format!("{name} demands the authentication context {demanded}, and another one came");
    (!satisfied).then(|| Reply::turned_away(Code::SamlAuthnContext, sentence()))
}
