//! A question as it is put to the house, in the form that a [`super::Question`] is read back in, and borrowed: most are asked
//! over and over, and of those nothing but the [`Asking::essence`] is written.
//!
//! Of what an identity provider says of somebody, only the claims are kept that a rule, a policy or a test reads, and of a
//! request (address, user agent, session name, …) what a policy reads; of the rest the names, so that it is known what is
//! not known. Session tags, a source identity and what a session carries are kept whoever reads them: they are part of what
//! the role would carry, or does.
//! What numbers a paper (its id, its digest) is not kept.

use super::asker::{Asker, Identity, OwnSession, PaperShown, WornSession};
use super::question::{OF_THE_NAME, leaves_the_name};
use super::{Caller, FederatedIdentity, Paper, Surroundings, VerifiedCaller};
use crate::catalogue::{Catalogue, Provider, RequestKey};
use crate::policy::{Permissions, Policy};
use crate::words::{PolicyArn, RoleArn, SessionName, SessionTags, SourceIdentity};
use serde::{Serialize, Serializer};
use std::net::IpAddr;
use time::Duration;

/// Who asks for what, and from where.
#[derive(Clone, Serialize)]
pub struct Asking<'a> {
    asker: Asker<'a>,
    asks: Asks<'a>,
    around: Around<'a>,
    /// Names of condition keys, in their order.
    unkept: Vec<&'static str>,
}

/// What is asked for.
#[derive(Clone, Copy, Default, Serialize)]
pub struct Asks<'a> {
    /// The role's ARN; `None` for whatever there is.
    pub role: Option<&'a str>,
    /// As the caller wishes to be called, which is a name for a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_name: Option<&'a str>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
    /// The session policies.
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "as_texts")]
    pub managed: &'a [PolicyArn],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<&'a str>,
    #[serde(skip_serializing_if = "are_none")]
    pub tags: Option<&'a SessionTags>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<&'a SourceIdentity>,
    /// Whether a code of the caller's own device came with it and was accepted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fresh_code: bool,
}

/// A [`Surroundings`].
#[derive(Clone, Copy, Serialize)]
struct Around<'a> {
    now: i64,
    source: Option<IpAddr>,
    user_agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    over_tls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
}

/// What the house itself reads of a token: the roles that it is good for, and what it leaves out.
const OF_THE_HOUSE: [&str; 3] = ["https://aws.amazon.com/roles", "_claim_names", "hasgroups"];
/// Stands for a session name that no policy read.
const NAME_NOT_KEPT: &str = "name-not-kept";
/// What few questions are longer than.
const ROOM: usize = 1_024;

impl<'a> Asks<'a> {
    /// One role, at the API.
    pub fn for_role(
        role: &'a RoleArn,
        session_name: Option<&'a SessionName>,
        duration: Option<Duration>,
        managed: &'a [PolicyArn],
    ) -> Self {
        Self {
            role: Some(role.as_str()),
            session_name: session_name.map(SessionName::as_str),
            duration: duration.map(Duration::whole_seconds),
            managed,
            ..Self::default()
        }
    }
}

impl<'a> Asking<'a> {
    pub fn of_federated(
        catalogue: &Catalogue,
        provider: &Provider,
        identity: &'a FederatedIdentity,
        asks: Asks<'a>,
        around: &'a Surroundings,
    ) -> Self {
        let named = asks.session_name.is_none() && leaves_the_name(provider);
        let read = catalogue.claims_read(provider);
        let by_rules = |claim: &str| read.is_some_and(|read| read.by_rules(claim));
        let by_policies = |key: &str| read.is_some_and(|read| read.by_policies(key));
        let keep = |claim: &str| match &identity.paper {
            Paper::Assertion { condition_keys, .. } => {
                let stands_for = |key: &str| key.strip_prefix("saml:").is_some_and(by_policies);
                by_rules(claim) || condition_keys.iter().any(|(key, of)| of == claim && stands_for(key))
            }
            Paper::Token { .. } => {
                OF_THE_HOUSE.contains(&claim)
                    || (named && OF_THE_NAME.contains(&claim))
                    || by_rules(claim)
                    || by_policies(claim)
            }
        };
        let mut asker = Asker::federated(identity, keep);
        // Of an assertion it is compared with what the provider demands.
        if let Asker::Federated { identity: Identity { paper: PaperShown::Token { .. }, authn_context, .. }, .. } =
            &mut asker
            && provider.mfa.is_none()
            && !keep("acr")
        {
            *authn_context = "";
        }
        Self::sifted(catalogue, asker, asks, around)
    }

    /// Of an external id nothing is kept where nobody asks for one: it is somebody's secret.
    pub fn of_caller(
        catalogue: &Catalogue,
        caller: &'a VerifiedCaller,
        asks: Asks<'a>,
        around: &'a Surroundings,
    ) -> Self {
        let external_id = asks.external_id.filter(|_| reads_external_id(catalogue, caller, asks.role));
        let asks = Asks { external_id, ..asks };
        let asker = match caller.who() {
            Caller::User { user, access_key_id } => Asker::User { arn: user.arn.as_str(), access_key_id },
            // They assume no role; whatever else they may, they may because the user may.
            Caller::FederatedUser { session, .. } => {
                Asker::User { arn: &session.user, access_key_id: &session.made_with }
            }
            Caller::UserSession { session, .. } => Asker::UserSession(OwnSession::of(session)),
            Caller::SignedIn { user, at } => Asker::UserSession(OwnSession::signed_in(user.arn.as_str(), *at)),
            Caller::RoleSession { session, .. } => Asker::Session(WornSession::of(session)),
        };
        Self::sifted(catalogue, asker, asks, around)
    }

    /// Without what no policy reads.
    fn sifted(catalogue: &Catalogue, mut asker: Asker<'a>, mut asks: Asks<'a>, around: &'a Surroundings) -> Self {
        let mut unkept = Vec::with_capacity(RequestKey::ALL.len());
        let mut drops = |key: RequestKey, is_there: bool| {
            let unread = is_there && !catalogue.policies_read(key);
            unkept.extend(unread.then(|| key.name()));
            unread
        };
        let mut sifted = Around {
            now: around.now.unix_timestamp(),
            source: around.source,
            user_agent: &around.user_agent,
            over_tls: around.over_tls,
            region: around.region.as_deref(),
        };
        if drops(RequestKey::RequestedRegion, sifted.region.is_some()) {
            sifted.region = None;
        }
        if drops(RequestKey::SecureTransport, sifted.over_tls.is_some()) {
            sifted.over_tls = None;
        }
        if drops(RequestKey::SourceIp, sifted.source.is_some()) {
            sifted.source = None;
        }
        if drops(RequestKey::UserAgent, !sifted.user_agent.is_empty()) {
            sifted.user_agent = "";
        }
        if drops(RequestKey::ExternalId, asks.external_id.is_some()) {
            asks.external_id = None;
        }
        let mut names: Vec<&mut &str> = asker.session_names();
        // One that is no name is refused for that.
        names.retain(|name| name.parse::<SessionName>().is_ok());
        names.extend(asks.session_name.as_mut());
        if drops(RequestKey::RoleSessionName, !names.is_empty()) {
            names.into_iter().for_each(|name| *name = NAME_NOT_KEPT);
        }
        Self { asker, asks, around: sifted, unkept }
    }

    /// Whose question it is, as bytes. A session that a caller assumed is known by its role and by who assumed that, and not
    /// by names: those are whatever the caller likes, and ever new names are no new person.
    pub fn person(&self) -> Vec<u8> {
        let (provider, who) = match &self.asker {
            Asker::Federated { identity, .. } => (Some(identity.provider), vec![identity.subject]),
            Asker::User { arn, .. } | Asker::UserSession(OwnSession { user: arn, .. }) => (None, vec![*arn]),
            Asker::Session(session) => (session.provider, vec![session.role, nameless(session.subject)]),
        };
        serde_json::to_vec(&(provider, who)).expect("texts are plain data")
    }

    /// What is the same when the same is asked again, as bytes: everything but the times.
    pub fn essence(&self) -> Vec<u8> {
        let around = Around { now: 0, ..self.around };
        let lasting =
            Self { asker: self.asker.clone().lasting(), around, asks: self.asks, unkept: self.unkept.clone() };
        let mut written = Vec::with_capacity(ROOM);
        serde_json::to_writer(&mut written, &lasting).expect("a question is plain data");
        written
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

fn are_none(tags: &Option<&SessionTags>) -> bool {
    tags.is_none_or(SessionTags::is_empty)
}

fn as_texts<S: Serializer>(policies: &[PolicyArn], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(policies.iter().map(PolicyArn::as_str))
}
