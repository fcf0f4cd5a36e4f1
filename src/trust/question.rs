//! A question as it was put to the house, kept so that it can be put again, to another configuration as well.
//!
//! Of what an identity provider says of somebody, only the claims are kept that a rule, a policy or a test reads, and of a
//! request (address, user agent, session name, …) what a policy reads; of the rest the names, so that it is known what is
//! not known. Session tags and a source identity are kept whoever reads them: they are part of what the role would carry.
//! What numbers a paper (its id, its digest) is not kept.

use super::{Caller, FederatedIdentity, OnPaper, Paper, RoleSession, Surroundings, UserSession, VerifiedCaller};
use crate::catalogue::{Catalogue, Provider};
use crate::policy::{Permissions, Policy};
use crate::words::{PolicyArn, RoleArn, SessionName, SessionTags, SourceIdentity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use time::{Duration, OffsetDateTime};

/// Who asked for what, and from where.
#[derive(Clone, Serialize, Deserialize)]
pub struct Question {
    pub(super) asker: Asker,
    pub(super) asks: Asks,
    pub(super) around: Surroundings,
    /// Condition keys that were there and that no policy read: their values were not kept.
    pub(super) unkept: BTreeSet<String>,
}

/// What was asked for.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Asks {
    /// The role's ARN; `None` for whatever there is.
    pub role: Option<String>,
    /// As the caller wishes to be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_name: Option<String>,
    /// In seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
    /// ARNs of the session policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managed: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(default, skip_serializing_if = "SessionTags::is_empty")]
    pub tags: SessionTags,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<SourceIdentity>,
    /// Whether a code of the caller's own device came with it and was accepted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fresh_code: bool,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Asker {
    Federated {
        identity: Box<FederatedIdentity>,
        /// The names of the claims that were not kept.
        left: BTreeSet<String>,
    },
    User {
        arn: String,
        /// The long-lived key that signed.
        access_key_id: String,
    },
    /// Made with a long-lived key; or with password and code, and then with none.
    UserSession(UserSession),
    Session(Box<RoleSession>),
}

/// Claims that are others in every token. They do not make it another question.
pub(super) const OF_EACH_TOKEN: [&str; 6] = ["auth_time", "exp", "iat", "jti", "nbf", "nonce"];
/// What the house itself reads of a token: the roles that it is good for, and what it leaves out.
const OF_THE_HOUSE: [&str; 3] = ["https://aws.amazon.com/roles", "_claim_names", "hasgroups"];
/// Where nothing else names the session, these do.
pub(super) const OF_THE_NAME: [&str; 2] = ["email", "email_verified"];
/// Stands for a session name that no policy read.
const NAME_NOT_KEPT: &str = "name-not-kept";

impl Asks {
    /// One role, at the API.
    pub fn for_role(
        role: &RoleArn,
        session_name: Option<&SessionName>,
        duration: Option<Duration>,
        managed: &[PolicyArn],
    ) -> Self {
        Self {
            role: Some(role.to_string()),
            session_name: session_name.map(ToString::to_string),
            duration: duration.map(Duration::whole_seconds),
            managed: managed.iter().map(ToString::to_string).collect(),
            ..Self::default()
        }
    }
}

impl Question {
    pub fn of_federated(
        catalogue: &Catalogue,
        provider: &Provider,
        identity: &FederatedIdentity,
        asks: Asks,
        around: Surroundings,
    ) -> Self {
        let token = matches!(identity.paper, Paper::Token { .. });
        let named = token && asks.session_name.is_none() && leaves_the_name(provider);
        let keep = |claim: &str| {
            let key = || identity.condition_key(provider, claim);
            (token && OF_THE_HOUSE.contains(&claim))
                || (named && OF_THE_NAME.contains(&claim))
                || catalogue.rules_read(provider, claim)
                || key().is_some_and(|key| catalogue.policies_read(&key))
        };
        let left = identity.claims.keys().filter(|claim| !keep(claim)).cloned().collect();
        let mut kept = Box::new(identity.with_claims(keep));
        // Of an assertion it is compared with what the provider demands.
        if token && provider.mfa.is_none() && !keep("acr") {
            kept.authn_context.clear();
        }
        Self::sifted(catalogue, Asker::Federated { identity: kept, left }, asks, around)
    }

    /// Of an external id nothing is kept where nobody asks for one: it is somebody's secret.
    pub fn of_caller(catalogue: &Catalogue, caller: &VerifiedCaller, asks: Asks, around: Surroundings) -> Self {
        let external_id =
            asks.external_id.clone().filter(|_| reads_external_id(catalogue, caller, asks.role.as_deref()));
        let asks = Asks { external_id, ..asks };
        let asker = match caller.who() {
            Caller::User { user, access_key_id } => {
                Asker::User { arn: user.arn.to_string(), access_key_id: access_key_id.clone() }
            }
            // They assume no role; whatever else they may, they may because the user may.
            Caller::FederatedUser { session, .. } => {
                Asker::User { arn: session.user.clone(), access_key_id: session.made_with.clone() }
            }
            Caller::UserSession { session, .. } => Asker::UserSession(UserSession {
                access_key_id: String::new(),
                key_fingerprint: String::new(),
                device: None,
                ..session.clone()
            }),
            Caller::SignedIn { user, at } => Asker::UserSession(UserSession {
                access_key_id: String::new(),
                user: user.arn.to_string(),
                made_with: String::new(),
                key_fingerprint: String::new(),
                issued: *at,
                expires: *at,
                mfa_at: Some(*at),
                device: None,
            }),
            Caller::RoleSession { session, .. } => {
                let session =
                    RoleSession { access_key_id: String::new(), ancestors: Vec::new(), ..(**session).clone() };
                Asker::Session(Box::new(session))
            }
        };
        Self::sifted(catalogue, asker, asks, around)
    }

    /// Without what no policy reads.
    fn sifted(catalogue: &Catalogue, mut asker: Asker, mut asks: Asks, mut around: Surroundings) -> Self {
        let mut unkept = BTreeSet::new();
        let mut drops =
            |key: &str, is_there: bool| is_there && !catalogue.policies_read(key) && unkept.insert(key.to_owned());
        if drops("aws:SourceIp", around.source.is_some()) {
            around.source = None;
        }
        if drops("aws:UserAgent", !around.user_agent.is_empty()) {
            around.user_agent.clear();
        }
        if drops("aws:SecureTransport", around.over_tls.is_some()) {
            around.over_tls = None;
        }
        if drops("aws:RequestedRegion", around.region.is_some()) {
            around.region = None;
        }
        if drops("sts:ExternalId", asks.external_id.is_some()) {
            asks.external_id = None;
        }
        let mut names: Vec<&mut String> = asks.session_name.iter_mut().collect();
        if let Asker::Federated { identity, .. } = &mut asker
            && let Paper::Assertion { session_names, .. } = &mut identity.paper
        {
            names.extend(session_names);
        }
        // One that is no name is refused for that.
        names.retain(|name| name.parse::<SessionName>().is_ok());
        if drops("sts:RoleSessionName", !names.is_empty()) {
            names.into_iter().for_each(|name| NAME_NOT_KEPT.clone_into(name));
        }
        Self { asker, asks, around, unkept }
    }

    /// Somebody whom a provider vouched for, as far as what they came with was kept: with the names of what was not.
    pub fn on_paper(&self, catalogue: &Catalogue) -> Option<(OnPaper, Vec<&str>)> {
        let Asker::Federated { identity, left } = &self.asker else { return None };
        let provider = catalogue.provider(&identity.provider())?;
        let left = left.iter().chain(&self.unkept).map(String::as_str).collect();
        Some((OnPaper::of(provider.clone(), (**identity).clone()), left))
    }

    pub fn around(&self) -> &Surroundings {
        &self.around
    }

    /// Who asked: under which provider's name, if one stands at the beginning, and under which of their own.
    pub fn who(&self) -> (Option<String>, String) {
        match &self.asker {
            Asker::Federated { identity, .. } => (Some(identity.provider().to_string()), identity.subject.clone()),
            Asker::User { arn, .. } | Asker::UserSession(UserSession { user: arn, .. }) => (None, arn.clone()),
            Asker::Session(session) => (session.provider.clone(), session.arn()),
        }
    }

    /// Whose question it is, as bytes. A session that a caller assumed is known by its role and by who assumed that, and not
    /// by names: those are whatever the caller likes, and ever new names are no new person.
    pub fn person(&self) -> Vec<u8> {
        let (provider, who) = self.who();
        let who = match &self.asker {
            Asker::Session(session) => vec![session.role.clone(), nameless(&session.subject).to_owned()],
            Asker::Federated { .. } | Asker::User { .. } | Asker::UserSession(_) => vec![who],
        };
        serde_json::to_vec(&(provider, who)).expect("texts are plain data")
    }

    /// The role that was asked for; `None` for whatever there is.
    pub fn role(&self) -> Option<&str> {
        self.asks.role.as_deref()
    }

    /// The ARN of the user of ours who asked, with whichever credentials.
    pub fn user(&self) -> Option<&str> {
        match &self.asker {
            Asker::User { arn, .. } | Asker::UserSession(UserSession { user: arn, .. }) => Some(arn),
            Asker::Federated { .. } | Asker::Session(_) => None,
        }
    }

    /// What is the same when the same is asked again, as bytes: everything but the times.
    pub fn essence(&self) -> Vec<u8> {
        let mut lasting = self.clone();
        lasting.around.now = OffsetDateTime::UNIX_EPOCH;
        match &mut lasting.asker {
            Asker::Federated { identity, left } => {
                identity.authenticated_at = None;
                identity.claims.retain(|claim, _| !OF_EACH_TOKEN.contains(&claim.as_str()));
                left.retain(|claim| !OF_EACH_TOKEN.contains(&claim.as_str()));
            }
            Asker::User { .. } => {}
            Asker::UserSession(session) => {
                (session.issued, session.expires) = (OffsetDateTime::UNIX_EPOCH, OffsetDateTime::UNIX_EPOCH);
                session.mfa_at = session.mfa_at.map(|_| OffsetDateTime::UNIX_EPOCH);
            }
            Asker::Session(session) => {
                (session.issued, session.expires) = (OffsetDateTime::UNIX_EPOCH, OffsetDateTime::UNIX_EPOCH);
            }
        }
        serde_json::to_vec(&lasting).expect("a question is plain data")
    }
}

/// The ARN of a role's session without the session's name; any other subject as it is.
fn nameless(subject: &str) -> &str {
    let of_role = subject.starts_with("arn:aws:sts:") && subject.contains(":assumed-role/");
    subject.rsplit_once('/').filter(|_| of_role).map_or(subject, |(role, _)| role)
}

/// Whether the role's trust policy, or what the caller is permitted by, asks for an external id.
fn reads_external_id(catalogue: &Catalogue, caller: &VerifiedCaller, role: Option<&str>) -> bool {
    let reads = |policy: &Policy| policy.reads().any(|key| key == "sts:externalid");
    let role = role.and_then(|role| catalogue.role(&role.parse().ok()?));
    let session_policies = caller.session_policies(catalogue);
    let Permissions { identity, boundary, session } = caller.permissions(catalogue, &session_policies);
    let own = identity.into_iter().flatten().chain(boundary).chain(session);
    role.is_some_and(|role| reads(&role.trust)) || own.into_iter().any(|(_, policy)| reads(policy))
}

/// Whether there are roles of the provider whose sessions neither a rule nor an assertion names.
pub(super) fn leaves_the_name(provider: &Provider) -> bool {
    provider.rules.is_empty() || provider.rules.iter().any(|rule| rule.session_name.is_none())
}
