//! A role being worn.

use super::Carried;
use crate::words::RoleArn;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Everything that later requests need to know of a role session. It travels inside the sealed session token, so that
/// any node can check any credential without asking the database; short names keep the token small.
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

impl RoleSession {
    /// `arn:aws:sts::<account>:assumed-role/<name>/<session>`.
    pub fn arn(&self) -> String {
        let names = self.role.parse::<RoleArn>().ok().zip(self.session_name.parse().ok());
        names.map(|(role, name)| role.session(&name)).unwrap_or_default()
    }

    pub fn has_ended(&self, now: OffsetDateTime) -> bool {
        self.expires <= now
    }
}
