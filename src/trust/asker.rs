//! Who asks, as it is written down: in the form that [`super::question::Asker`] is read back in, and borrowed, so that nothing
//! is copied of somebody whose question is kept already.

use super::question::OF_EACH_TOKEN;
use super::{Carried, FederatedIdentity, Paper, RoleSession, UserSession};
use crate::words::{SessionTags, SourceIdentity};
use serde::{Serialize, Serializer};
use serde_json::Value;
use time::OffsetDateTime;

#[derive(Clone, Serialize)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, mostly of the largest, and none is kept")]
pub(super) enum Asker<'a> {
    Federated { identity: Identity<'a>, left: Vec<&'a str> },
    User { arn: &'a str, access_key_id: &'a str },
    UserSession(OwnSession<'a>),
    Session(WornSession<'a>),
}

/// A [`FederatedIdentity`] without what numbers the paper and the login.
#[derive(Clone, Serialize)]
pub(super) struct Identity<'a> {
    pub(super) provider: &'a str,
    issuer: &'a str,
    pub(super) subject: &'a str,
    audience: &'a str,
    #[serde(serialize_with = "as_map")]
    claims: Vec<(&'a str, &'a Value)>,
    tags: &'a SessionTags,
    source_identity: Option<&'a SourceIdentity>,
    pub(super) paper: PaperShown<'a>,
    ends: Option<i64>,
    authenticated_at: Option<i64>,
    pub(super) authn_context: &'a str,
}

/// A [`Paper`].
#[derive(Clone, Serialize)]
pub(super) enum PaperShown<'a> {
    Assertion {
        id: &'static str,
        subject_type: &'a str,
        name_qualifier: &'a str,
        pairs: Vec<&'a (String, String)>,
        session_names: Vec<&'a str>,
        session_duration: Option<i64>,
        condition_keys: &'a [(String, String)],
        login: Option<()>,
    },
    Token {
        digest: &'static str,
        original_audience: &'a [String],
    },
}

/// A [`UserSession`] without what numbers it.
#[derive(Clone, Serialize)]
pub(super) struct OwnSession<'a> {
    #[serde(rename = "k")]
    access_key_id: &'static str,
    #[serde(rename = "u")]
    pub(super) user: &'a str,
    #[serde(rename = "w")]
    made_with: &'a str,
    #[serde(rename = "i")]
    issued: i64,
    #[serde(rename = "e")]
    expires: i64,
    #[serde(rename = "m", skip_serializing_if = "Option::is_none")]
    mfa_at: Option<i64>,
}

/// A [`RoleSession`] without what numbers it and those before it.
#[derive(Clone, Serialize)]
pub(super) struct WornSession<'a> {
    #[serde(rename = "k")]
    access_key_id: &'static str,
    #[serde(rename = "r")]
    pub(super) role: &'a str,
    #[serde(rename = "n")]
    session_name: &'a str,
    #[serde(rename = "i")]
    issued: i64,
    #[serde(rename = "e")]
    expires: i64,
    #[serde(rename = "p", skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<&'a str>,
    #[serde(rename = "s")]
    pub(super) subject: &'a str,
    #[serde(rename = "c", skip_serializing_if = "Carried::is_empty")]
    carried: &'a Carried,
}

impl<'a> Asker<'a> {
    /// With these of the claims.
    pub(super) fn federated(identity: &'a FederatedIdentity, keep: impl Fn(&str) -> bool) -> Self {
        let (mut claims, mut left) = (Vec::with_capacity(8), Vec::with_capacity(identity.claims.len()));
        for (name, value) in &identity.claims {
            if keep(name) { claims.push((name.as_str(), value)) } else { left.push(name.as_str()) }
        }
        let identity = Identity {
            provider: identity.provider.as_str(),
            issuer: &identity.issuer,
            subject: &identity.subject,
            audience: &identity.audience,
            claims,
            tags: &identity.tags,
            source_identity: identity.source_identity.as_ref(),
            paper: PaperShown::of(identity),
            ends: None,
            authenticated_at: identity.authenticated_at.map(OffsetDateTime::unix_timestamp),
            authn_context: &identity.authn_context,
        };
        Self::Federated { identity, left }
    }

    /// Those that an assertion names.
    pub(super) fn session_names(&mut self) -> Vec<&mut &'a str> {
        match self {
            Self::Federated {
                identity: Identity { paper: PaperShown::Assertion { session_names, .. }, .. }, ..
            } => session_names.iter_mut().collect(),
            _ => Vec::new(),
        }
    }

    /// Without the times, and without what is another in every token.
    pub(super) fn lasting(mut self) -> Self {
        match &mut self {
            Self::Federated { identity, left } => {
                identity.authenticated_at = None;
                identity.claims.retain(|(claim, _)| !OF_EACH_TOKEN.contains(claim));
                left.retain(|claim| !OF_EACH_TOKEN.contains(claim));
            }
            Self::User { .. } => {}
            Self::UserSession(session) => {
                (session.issued, session.expires, session.mfa_at) = (0, 0, session.mfa_at.map(|_| 0));
            }
            Self::Session(session) => (session.issued, session.expires) = (0, 0),
        }
        self
    }
}

impl<'a> PaperShown<'a> {
    /// Of an assertion's pairs, those of the provider itself.
    fn of(identity: &'a FederatedIdentity) -> Self {
        match &identity.paper {
            Paper::Assertion {
                subject_type,
                name_qualifier,
                pairs,
                session_names,
                session_duration,
                condition_keys,
                ..
            } => Self::Assertion {
                id: "",
                subject_type,
                name_qualifier,
                pairs: pairs.iter().filter(|(_, provider)| provider == identity.provider.as_str()).collect(),
                session_names: session_names.iter().map(String::as_str).collect(),
                session_duration: *session_duration,
                condition_keys,
                login: None,
            },
            Paper::Token { original_audience, .. } => Self::Token { digest: "", original_audience },
        }
    }
}

impl<'a> OwnSession<'a> {
    pub(super) fn of(session: &'a UserSession) -> Self {
        Self {
            access_key_id: "",
            user: &session.user,
            made_with: &session.made_with,
            issued: session.issued.unix_timestamp(),
            expires: session.expires.unix_timestamp(),
            mfa_at: session.mfa_at.map(OffsetDateTime::unix_timestamp),
        }
    }

    /// Made with password and code, `at` that time.
    pub(super) fn signed_in(user: &'a str, at: OffsetDateTime) -> Self {
        let at = at.unix_timestamp();
        Self { access_key_id: "", user, made_with: "", issued: at, expires: at, mfa_at: Some(at) }
    }
}

impl<'a> WornSession<'a> {
    pub(super) fn of(session: &'a RoleSession) -> Self {
        Self {
            access_key_id: "",
            role: &session.role,
            session_name: &session.session_name,
            issued: session.issued.unix_timestamp(),
            expires: session.expires.unix_timestamp(),
            provider: session.provider.as_deref(),
            subject: &session.subject,
            carried: &session.carried,
        }
    }
}

fn as_map<S: Serializer>(claims: &[(&str, &Value)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(claims.iter().copied())
}
