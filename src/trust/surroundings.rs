//! What is known of a request beside who makes it.

use super::TrustError;
use crate::policy::Context;
use crate::words::iso;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use time::OffsetDateTime;

/// When a request came, and from where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Surroundings {
    #[serde(with = "time::serde::timestamp")]
    pub now: OffsetDateTime,
    /// The client's address. `None` on paper: whoever asks what would be comes from nowhere.
    pub source: Option<IpAddr>,
    /// As the client calls itself; it may call itself anything.
    pub user_agent: String,
}

impl Surroundings {
    /// The keys of AWS's that are there in every request (IAM User Guide, "AWS global condition context keys").
    pub(super) fn tell(&self, context: &mut Context) -> Result<(), TrustError> {
        context.insert_one("aws:CurrentTime", iso(self.now))?;
        context.insert_one("aws:EpochTime", self.now.unix_timestamp().to_string())?;
        if let Some(source) = self.source {
            context.insert_one("aws:SourceIp", source.to_string())?;
        }
        if !self.user_agent.is_empty() {
            context.insert_one("aws:UserAgent", self.user_agent.as_str())?;
        }
        Ok(())
    }
}
