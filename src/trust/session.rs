//! Temporary credentials being worn.

use super::Carried;
use crate::catalogue::User;
use crate::words::{AccountId, FederatedName, RoleArn, UserArn};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Who wears them. It travels inside the sealed session token, so that any node can check any credential without asking
/// the database; short names keep the token small. Each kind must have names that the others lack, so that none is ever
/// read as another.
#[derive(Clone, Serialize, PartialEq, Eq, Debug)]
#[serde(untagged)]
pub enum Session {
    Role(RoleSession),
    User(UserSession),
    FederatedUser(FederatedSession),
}

/// Everything that later requests need to know of a role session.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq, Debug)]
pub struct RoleSession {
    #[serde(rename = "k")]
    pub access_key_id: String,
    #[serde(rename = "r")]
    pub role: String,
    #[serde(rename = "n")]
    pub session_name: String,
    #[serde(rename = "i", with = "time::serde::timestamp")]
    pub issued: OffsetDateTime,
    #[serde(rename = "e", with = "time::serde::timestamp")]
    pub expires: OffsetDateTime,
    /// The federation provider's ARN, when one stands at the beginning.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The subject at that provider, or the ARN of the user or session that assumed the role.
    #[serde(rename = "s")]
    pub subject: String,
    /// The access key ids of the sessions that this one descends from, the first one first.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub ancestors: Vec<String>,
    #[serde(rename = "c", default, skip_serializing_if = "Carried::is_empty")]
    pub carried: Carried,
}

/// A user's session of their own (GetSessionToken).
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq, Debug)]
pub struct UserSession {
    #[serde(rename = "k")]
    pub access_key_id: String,
    /// The user's ARN.
    #[serde(rename = "u")]
    pub user: String,
    /// The long-lived access key that it was made with, and ends with.
    #[serde(rename = "w")]
    pub made_with: String,
    /// [`crate::catalogue::AccessKey::fingerprint`] of it: the session ends with the key's secret too. A session that
    /// does not say has ended.
    #[serde(rename = "f", default, skip_serializing_if = "String::is_empty")]
    pub key_fingerprint: String,
    #[serde(rename = "i", with = "time::serde::timestamp")]
    pub issued: OffsetDateTime,
    #[serde(rename = "e", with = "time::serde::timestamp")]
    pub expires: OffsetDateTime,
    /// When a code of the user's device was accepted, if one was.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none", with = "time::serde::timestamp::option")]
    pub mfa_at: Option<OffsetDateTime>,
    /// [`crate::catalogue::MfaDevice::fingerprint`] of that device: the code counts as long as it is the user's.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// Credentials that a user made for somebody (GetFederationToken): good for what the user may do, within session policies.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq, Debug)]
pub struct FederatedSession {
    #[serde(rename = "k")]
    pub access_key_id: String,
    /// What the user calls whom it is for.
    #[serde(rename = "h")]
    pub name: String,
    /// The user's ARN.
    #[serde(rename = "o")]
    pub user: String,
    /// The long-lived access key that it was made with, and ends with.
    #[serde(rename = "l")]
    pub made_with: String,
    /// [`crate::catalogue::AccessKey::fingerprint`] of it: the session ends with the key's secret too.
    #[serde(rename = "f")]
    pub key_fingerprint: String,
    #[serde(rename = "i", with = "time::serde::timestamp")]
    pub issued: OffsetDateTime,
    #[serde(rename = "e", with = "time::serde::timestamp")]
    pub expires: OffsetDateTime,
    #[serde(rename = "c", default, skip_serializing_if = "Carried::is_empty")]
    pub carried: Carried,
}

impl Session {
    /// From the JSON that a seal has kept. Each kind is tried by itself, in their order: a text that may be of any is read
    /// into a tree first, which takes longer than all the rest.
    pub fn read(json: &[u8]) -> Option<Self> {
        let role = || serde_json::from_slice(json).map(Self::Role).ok();
        let user = || serde_json::from_slice(json).map(Self::User).ok();
        let federated = || serde_json::from_slice(json).map(Self::FederatedUser).ok();
        role().or_else(user).or_else(federated)
    }

    pub fn access_key_id(&self) -> &str {
        match self {
            Self::Role(session) => &session.access_key_id,
            Self::User(session) => &session.access_key_id,
            Self::FederatedUser(session) => &session.access_key_id,
        }
    }

    pub fn expires(&self) -> OffsetDateTime {
        match self {
            Self::Role(session) => session.expires,
            Self::User(session) => session.expires,
            Self::FederatedUser(session) => session.expires,
        }
    }

    /// Of whoever wears it, as GetCallerIdentity tells it.
    pub fn arn(&self) -> String {
        match self {
            Self::Role(session) => session.arn(),
            Self::User(session) => session.user.clone(),
            Self::FederatedUser(session) => session.arn(),
        }
    }

    /// The ARN of the role, if it is one's.
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Role(session) => Some(&session.role),
            Self::User(_) | Self::FederatedUser(_) => None,
        }
    }

    /// Under which it was begun; a user's own has none.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Role(session) => Some(&session.session_name),
            Self::FederatedUser(session) => Some(&session.name),
            Self::User(_) => None,
        }
    }

    /// Whoever it came from: a provider, whoever assumed the role, or the user whose it is.
    pub fn via(&self) -> &str {
        match self {
            Self::Role(session) => session.provider.as_ref().unwrap_or(&session.subject),
            Self::User(UserSession { user, .. }) | Self::FederatedUser(FederatedSession { user, .. }) => user,
        }
    }

    /// Who is behind it: the provider, and the subject there, or the user who gave or assumed it. Of what was assumed by a
    /// session the subject is that session's ARN, which others may have as well; so the first one's access key id, too.
    pub fn behind(&self) -> Vec<&str> {
        match self {
            Self::Role(session) => {
                let first = session.ancestors.first().filter(|_| session.is_chained());
                session.provider.iter().chain([&session.subject]).chain(first).map(String::as_str).collect()
            }
            Self::User(UserSession { user, .. }) | Self::FederatedUser(FederatedSession { user, .. }) => vec![user],
        }
    }

    /// The provider's ARN, if one stands at the beginning.
    pub fn provider(&self) -> Option<&str> {
        match self {
            Self::Role(session) => session.provider.as_deref(),
            Self::User(_) | Self::FederatedUser(_) => None,
        }
    }

    pub fn issued(&self) -> OffsetDateTime {
        match self {
            Self::Role(session) => session.issued,
            Self::User(session) => session.issued,
            Self::FederatedUser(session) => session.issued,
        }
    }

    /// The same under another access key id.
    pub fn under(mut self, id: String) -> Self {
        match &mut self {
            Self::Role(session) => session.access_key_id = id,
            Self::User(session) => session.access_key_id = id,
            Self::FederatedUser(session) => session.access_key_id = id,
        }
        self
    }

    pub fn has_ended(&self, now: OffsetDateTime) -> bool {
        self.expires() <= now
    }

    /// The access key ids of the sessions that it descends from, and its own: when one is revoked, this is.
    pub fn lineage(&self) -> impl Iterator<Item = &str> {
        let ancestors = match self {
            Self::Role(session) => session.ancestors.as_slice(),
            Self::User(_) | Self::FederatedUser(_) => &[],
        };
        ancestors.iter().map(String::as_str).chain([self.access_key_id()])
    }

    /// Whether it opens the console: a user's own does not (AWS: GetSessionToken).
    pub fn opens_the_console(&self) -> bool {
        !matches!(self, Self::User(_))
    }
}

impl UserSession {
    /// Whether the code that it was taken with is of the device that the user has now.
    pub fn shown_by(&self, user: &User) -> bool {
        user.mfa.as_ref().is_some_and(|device| self.device.as_deref() == Some(device.fingerprint()))
    }
}

impl FederatedSession {
    /// `arn:aws:sts::<account>:federated-user/<name>`.
    pub fn arn(&self) -> String {
        self.names().map(|(account, name)| name.arn(account)).unwrap_or_default()
    }

    /// `<account>:<name>`.
    pub fn id(&self) -> String {
        self.names().map(|(account, name)| format!("{account}:{name}")).unwrap_or_default()
    }

    fn names(&self) -> Option<(AccountId, FederatedName)> {
        Some((self.user.parse::<UserArn>().ok()?.account(), self.name.parse().ok()?))
    }
}

impl RoleSession {
    /// `arn:aws:sts::<account>:assumed-role/<name>/<session>`.
    pub fn arn(&self) -> String {
        let names = self.role.parse::<RoleArn>().ok().zip(self.session_name.parse().ok());
        names.map(|(role, name)| role.session(&name)).unwrap_or_default()
    }

    /// Whether a role session assumed it.
    pub fn is_chained(&self) -> bool {
        is_chained(&self.ancestors, &self.subject)
    }
}

/// What descends from a session was assumed by a caller of ours, whose ARN is the subject: a role's session, or a user's
/// own, which makes no chain.
pub(super) fn is_chained(ancestors: &[String], subject: &str) -> bool {
    !ancestors.is_empty() && subject.parse::<UserArn>().is_err()
}
