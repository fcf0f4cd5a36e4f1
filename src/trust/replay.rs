//! A kept question, put to a configuration: the same code as for those who come in person, but what it comes to is told
//! and not given. No grant leaves this file.

use super::doubt::Doubt;
use super::offer::{admits, each_offer};
use super::question::{Asker, OF_EACH_TOKEN, Question};
use super::{
    Asked, Caller, FederatedIdentity, Paper, SessionPolicies, VerifiedCaller, Wanted, Worn, decide, decide_for_caller,
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

/// A question that was asked more than once is kept as it was asked the last time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Occasions {
    Last,
    /// All of them: what depends on the time cannot be told.
    All,
}

/// What the time decides, whenever and however long ago somebody signed in.
const OF_THE_TIME: [&str; 4] = ["aws:CurrentTime", "aws:EpochTime", "aws:MultiFactorAuthAge", "aws:TokenIssueTime"];

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
    /// These claims and condition keys would decide, and were not kept.
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
    pub fn put_to(&self, configuration: &Configuration<'_>, occasions: Occasions) -> Replies {
        let catalogue = configuration.catalogue;
        let role = self.asks.role.as_deref().and_then(|role| role.parse::<RoleArn>().ok());
        let times = OF_THE_TIME.iter().filter(|_| occasions == Occasions::All).map(ToString::to_string);
        let doubt = Doubt::of_keys(self.unkept.iter().cloned().chain(times));
        let mut replies = match (&self.asker, role.clone()) {
            (Asker::Federated { identity, left }, _) => {
                let mut left = left.clone();
                if occasions == Occasions::All {
                    left.extend(identity.claims.keys().filter(|it| OF_EACH_TOKEN.contains(&it.as_str())).cloned());
                }
                self.put_for_person(configuration, identity, &left, doubt, role.as_ref())
            }
            (asker, Some(role)) => match caller_of(asker, catalogue) {
                Ok(caller) => self.put_for_caller(catalogue, &caller, &doubt, role),
                Err(refusal) => Replies::all(refusal),
            },
            (_, None) => Replies::all(unreadable()),
        };
        if let Some(role) = role
            && let Some(Reply::Given(worn)) = replies.roles.get(&role)
            && let Some(refusal) = self.too_much(catalogue, &role, worn)
        {
            replies.roles.insert(role, refusal);
        }
        replies
    }

    /// Whether that may have been otherwise whenever the same was asked.
    pub fn is_of_the_occasion(&self, name: &str) -> bool {
        self.unkept.contains(name) || OF_THE_TIME.contains(&name) || OF_EACH_TOKEN.contains(&name)
    }

    fn put_for_person(
        &self,
        configuration: &Configuration<'_>,
        identity: &FederatedIdentity,
        left: &BTreeSet<String>,
        doubt: Doubt,
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
        if let Err(error) = admits(provider) {
            return Replies::all(Reply::refused(&error));
        }
        if let Some(refusal) = turned_away(configuration, provider, identity) {
            return Replies::all(refusal);
        }
        let wish = self.asks.session_name.as_deref().and_then(|name| name.parse().ok());
        let about = role.filter(|role| role.account() == arn.account()).map(|role| Asked::Role(role, wish.as_ref()));
        let asked: Vec<Asked<'_>> = [Asked::Anything].into_iter().chain(about).collect();
        let doubt = doubt.with_claims(provider, identity, left, wish.is_some());
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

    fn put_for_caller(&self, catalogue: &Catalogue, caller: &VerifiedCaller, doubt: &Doubt, role: RoleArn) -> Replies {
        let asks = &self.asks;
        let Some(session_name) = asks.session_name.as_deref().and_then(|name| name.parse().ok()) else {
            return Replies::all(unreadable());
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
        let session_policies = caller.session_policies(catalogue);
        let (policies, boundary) = caller.own_policies(catalogue);
        let own = policies.iter().chain(boundary).chain(&session_policies).map(|named| &*named.policy);
        let trust = catalogue.role(&role).map(|role| &*role.trust);
        let unknown = trust.map(|trust| doubt.about_policies(own.chain([trust]))).unwrap_or_default();
        let reply = match decide_for_caller(catalogue, caller, wanted, &mut Trace::new("")) {
            _ if !unknown.is_empty() => Reply::Unknown { claims: unknown },
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

/// Who it was that asked, or why they could not ask any more: gone, or not with what they signed with.
pub(super) fn caller_of(asker: &Asker, catalogue: &Catalogue) -> Result<VerifiedCaller, Reply> {
    let caller = match asker {
        Asker::User { arn, access_key_id } => {
            let user = user(catalogue, arn)?;
            signs_with(&user, access_key_id)?;
            Caller::User { user, access_key_id: access_key_id.clone() }
        }
        Asker::UserSession(session) => {
            let user = user(catalogue, &session.user)?;
            match session.made_with.as_str() {
                "" if !user.may_sign_in() => {
                    let sentence = format!("{} has not both a password and a device any more", session.user);
                    return Err(Reply::turned_away(Code::ConsoleNotSignedIn, sentence));
                }
                "" => {}
                key => signs_with(&user, key)?,
            }
            Caller::UserSession { user, session: session.clone() }
        }
        Asker::Session(session) => {
            let names = session.role.parse().ok().zip(session.session_name.parse().ok());
            let (role, name) = names.ok_or_else(unreadable)?;
            Caller::RoleSession { session: session.clone(), role, name }
        }
        Asker::Federated { .. } => return Err(unreadable()),
    };
    Ok(VerifiedCaller::supposed(caller))
}

fn user(catalogue: &Catalogue, arn: &str) -> Result<Arc<User>, Reply> {
    let user = arn.parse().ok().and_then(|arn| catalogue.user(&arn)).cloned();
    user.ok_or_else(|| Reply::turned_away(Code::StsUnknownAccessKey, format!("there is no user {arn}")))
}

fn signs_with(user: &User, access_key_id: &str) -> Result<(), Reply> {
    let (code, what) = match user.access_keys.iter().find(|key| key.id == access_key_id) {
        Some(key) if key.active => return Ok(()),
        Some(_) => (Code::StsInactiveAccessKey, "is not active"),
        None => (Code::StsUnknownAccessKey, "is none"),
    };
    Err(Reply::turned_away(code, format!("{access_key_id} {what} of {}", user.arn)))
}

/// What this house wrote itself and does not understand any more.
fn unreadable() -> Reply {
    Reply::turned_away(Code::StsViolations, "the question has a name in it that is none any more")
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
    let besides = match (&identity.paper, provider.oidc()) {
        (Paper::Token { original_audience, .. }, Some(oidc)) => {
            original_audience.iter().find(|one| !oidc.relying_party.accepts(one))
        }
        _ => None,
    };
    if let Some(stranger) = (!ours).then_some(audience).or(besides) {
        return Some(Reply::turned_away(code, format!("what is made out to {stranger} is not accepted from {name}")));
    }
    let demanded = provider.saml().map_or(&[][..], |saml| &saml.authn_context);
    let satisfied = demanded.is_empty() || demanded.contains(&identity.authn_context);
    let demanded = demanded.join(" or ");
    let sentence = || format!("{name} demands the authentication context {demanded}, and another one came");
    (!satisfied).then(|| Reply::turned_away(Code::SamlAuthnContext, sentence()))
}
