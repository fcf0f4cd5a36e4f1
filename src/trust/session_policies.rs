//! Session policies: what a session may do at most, whatever its role may.

use crate::catalogue::{Catalogue, NamedPolicy};
use crate::policy::{Policy, PolicyError};
use crate::words::{AccountId, PolicyArn};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Travels inside the session token. The inline document is kept as it came, and read again when the session asks for
/// something; the managed ones are looked up then, so that a change of them holds at once.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SessionPolicies {
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    inline: Option<String>,
    /// ARNs.
    #[serde(rename = "m", default, skip_serializing_if = "Vec::is_empty")]
    managed: Vec<String>,
}

/// Why a session cannot be limited so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSessionPolicies {
    #[error("the session policy has mistakes: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Malformed(Vec<PolicyError>),
    #[error("there is no policy {arn} in account {account}")]
    NoSuchPolicy { arn: String, account: AccountId },
}

impl SessionPolicies {
    /// `account` is the role's: managed policies of others cannot be had (STS API, "PolicyArns").
    pub fn new(
        catalogue: &Catalogue,
        account: AccountId,
        inline: Option<String>,
        managed: &[PolicyArn],
    ) -> Result<Self, NotSessionPolicies> {
        if let Some(document) = &inline {
            Policy::identity(document).map_err(NotSessionPolicies::Malformed)?;
        }
        let exists = |arn: &&PolicyArn| arn.account() == account && catalogue.managed_policy(arn.as_str()).is_some();
        if let Some(arn) = managed.iter().find(|arn| !exists(arn)) {
            return Err(NotSessionPolicies::NoSuchPolicy { arn: arn.to_string(), account });
        }
        Ok(Self { inline, managed: managed.iter().map(ToString::to_string).collect() })
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn inline(&self) -> Option<&str> {
        self.inline.as_deref()
    }

    /// ARNs.
    pub fn managed(&self) -> impl Iterator<Item = &str> {
        self.managed.iter().map(String::as_str)
    }

    /// As they are now. For one that is gone, or cannot be read any more, everything is denied: beside another that allows,
    /// an empty one would open what it denied.
    pub(super) fn compile(&self, catalogue: &Catalogue) -> Vec<NamedPolicy> {
        let inline = self.inline.iter().map(|document| {
            let policy = Arc::new(Policy::identity(document).unwrap_or_else(|_| Policy::denying_everything()));
            NamedPolicy { name: "session policy".into(), policy }
        });
        let managed = self.managed.iter().map(|arn| {
            let gone = || NamedPolicy { name: arn.clone(), policy: Arc::new(Policy::denying_everything()) };
            catalogue.managed_policy(arn).cloned().unwrap_or_else(gone)
        });
        inline.chain(managed).collect()
    }
}
