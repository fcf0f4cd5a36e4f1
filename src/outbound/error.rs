//! Why a fetch gave nothing.

use crate::trace::{Code, Refusal};

/// The checks of a fetch, in the order they run. The texts name hosts and reasons, never a query or a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    #[error("the private CA cannot be used: {reason}")]
    Authority { reason: String },
    #[error("the TLS client cannot be built: {reason}")]
    Client { reason: String },
    #[error("the address to fetch from is not a URL with a host, without user name and fragment")]
    Url,
    #[error("the bearer token has characters that cannot stand in a header")]
    Bearer,
    #[error("{host} may only be fetched from by https")]
    Scheme { host: String },
    #[error("{host} leads to an address that may not be fetched from")]
    RefusedAddress { host: String },
    #[error("{host} is not a host that the proxy may be asked for")]
    UnlistedHost { host: String },
    #[error("{host} did not answer within {seconds} seconds")]
    TimeLimit { host: String, seconds: u64 },
    #[error("{host} cannot be reached: {reason}")]
    Unreachable { host: String, reason: String },
    #[error("{host} answered with a server error, {status}")]
    ServerError { host: String, status: u16 },
    #[error("{host} answered with a redirect, {status}")]
    Redirect { host: String, status: u16 },
    #[error("{host} answered in a content coding that cannot be read")]
    Encoding { host: String },
    #[error("{host} answered with more than {limit} bytes")]
    TooLarge { host: String, limit: usize },
}

impl OutboundError {
    /// The other side is down or failing, so that trying again later may help.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::TimeLimit { .. } | Self::Unreachable { .. } | Self::ServerError { .. })
    }
}

impl Refusal for OutboundError {
    fn code(&self) -> Code {
        match self {
            Self::Authority { .. } => Code::OutboundAuthority,
            Self::Client { .. } => Code::OutboundClient,
            Self::Url => Code::OutboundUrl,
            Self::Bearer => Code::OutboundBearer,
            Self::Scheme { .. } => Code::OutboundScheme,
            Self::RefusedAddress { .. } => Code::OutboundRefusedAddress,
            Self::UnlistedHost { .. } => Code::OutboundUnlistedHost,
            Self::TimeLimit { .. } => Code::OutboundTimeLimit,
            Self::Unreachable { .. } => Code::OutboundUnreachable,
            Self::ServerError { .. } => Code::OutboundServerError,
            Self::Redirect { .. } => Code::OutboundRedirect,
            Self::Encoding { .. } => Code::OutboundEncoding,
            Self::TooLarge { .. } => Code::OutboundTooLarge,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Scheme { .. } => Some("https, or http to a loopback host".to_owned()),
            Self::RefusedAddress { .. } => Some("a public address, or one in allowed_networks".to_owned()),
            Self::UnlistedHost { .. } => Some("a host that the configuration names".to_owned()),
            Self::ServerError { .. } | Self::Redirect { .. } => Some("200".to_owned()),
            Self::Encoding { .. } => Some("no content coding, or gzip".to_owned()),
            Self::TooLarge { limit, .. } => Some(format!("at most {limit} bytes")),
            _ => None,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::ServerError { status, .. } | Self::Redirect { status, .. } => Some(status.to_string()),
            Self::RefusedAddress { host } | Self::Scheme { host } | Self::UnlistedHost { host } => Some(host.clone()),
            _ => None,
        }
    }
}
