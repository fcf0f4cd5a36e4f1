//! A question as it was put to the house, kept so that it can be put again, to another configuration as well.
//!
//! [`super::Asking`] is what is written, and says what of it is kept.

use super::{FederatedIdentity, OnPaper, RoleSession, Surroundings, UserSession};
use crate::catalogue::{Catalogue, Provider};
use crate::words::{SessionTags, SourceIdentity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Who asked for what, and from where.
#[derive(Clone, Serialize, Deserialize)]
pub struct Question {
    pub(super) asker: Asker,
    pub(super) asks: Asks,
    pub(super) around: Surroundings,
    /// Condition keys that were there and that no policy read: their values were not kept.
    pub(super) unkept: BTreeSet<String>,
}

/// What was asked for; see [`super::Asks`].
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Asks {
    pub(super) role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) session_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) duration: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) managed: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) external_id: Option<String>,
    #[serde(default, skip_serializing_if = "SessionTags::is_empty")]
    pub(super) tags: SessionTags,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source_identity: Option<SourceIdentity>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) fresh_code: bool,
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
/// Where nothing else names the session, these do.
pub(super) const OF_THE_NAME: [&str; 2] = ["email", "email_verified"];

impl Question {
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
}

/// Whether there are roles of the provider whose sessions neither a rule nor an assertion names.
pub(super) fn leaves_the_name(provider: &Provider) -> bool {
    provider.rules.is_empty() || provider.rules.iter().any(|rule| rule.session_name.is_none())
}
