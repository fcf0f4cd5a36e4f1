//! What is known of a request beside who makes it.

use super::TrustError;
use crate::policy::Gathering;
use crate::words::iso;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use time::OffsetDateTime;

/// When a request came, from where and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Surroundings {
    #[serde(with = "time::serde::timestamp")]
    pub now: OffsetDateTime,
    /// The client's address. `None` on paper: whoever asks what would be comes from nowhere.
    pub source: Option<IpAddr>,
    /// As the client calls itself; it may call itself anything.
    pub user_agent: String,
    /// Whether it came over TLS that ends here; what a proxy says of the way before it is not believed. `None` on paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_tls: Option<bool>,
    /// Which the signature is for, or ours where nobody signs. `None` on paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

impl Surroundings {
    /// Whoever asks what would be sends no request.
    pub fn on_paper(now: OffsetDateTime, source: Option<IpAddr>) -> Self {
        Self { now, source, user_agent: String::new(), over_tls: None, region: None }
    }

    /// The same at a house of this region, about what nobody signs.
    pub fn in_region(self, region: &str) -> Self {
        Self { region: Some(region.to_owned()), ..self }
    }

    /// The keys of [`Surroundings::tell`] whose values are not known, as AWS writes them.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.source.is_none(), "aws:SourceIp"),
            (self.region.is_none(), "aws:RequestedRegion"),
            (self.user_agent.is_empty(), "aws:UserAgent"),
            (self.over_tls.is_none(), "aws:SecureTransport"),
        ];
        all.into_iter().filter(|(is_unknown, _)| *is_unknown).map(|(_, key)| key)
    }

    /// The keys of AWS's that are there in every request (IAM User Guide, "AWS global condition context keys").
    pub(super) fn tell(&self, context: &mut Gathering<'_>) -> Result<(), TrustError> {
        context.one("aws:currenttime", || iso(self.now))?;
        context.one("aws:epochtime", || self.now.unix_timestamp().to_string())?;
        if let Some(source) = self.source {
            context.one("aws:sourceip", || source.to_string())?;
        }
        if !self.user_agent.is_empty() {
            context.one("aws:useragent", || self.user_agent.as_str())?;
        }
        if let Some(over_tls) = self.over_tls {
            context.one("aws:securetransport", || over_tls.to_string())?;
        }
        if let Some(region) = &self.region {
            context.one("aws:requestedregion", || region)?;
        }
        Ok(())
    }
}
