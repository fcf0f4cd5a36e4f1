//! Why an identity provider cannot be dealt with at the moment, and why a document did not come into force.

use crate::outbound::OutboundError;
use crate::saml::metadata::MetadataError;
use crate::trace::{Code, Refusal};
use crate::words::iso;
use time::OffsetDateTime;

/// Nothing is verified with, and nobody sent to, an identity provider of which nothing reliable is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    #[error("the identity provider's metadata has not been fetched yet{}", reason(.last))]
    Missing { last: Option<Code> },
    #[error("the identity provider's metadata was last fetched at {}", iso(*fetched))]
    Stale { fetched: OffsetDateTime, oldest: OffsetDateTime },
    #[error("the identity provider's metadata was valid until {}", iso(*until))]
    Expired { until: OffsetDateTime, now: OffsetDateTime },
}

fn reason(last: &Option<Code>) -> String {
    last.map(|code| format!("; the last attempt ended with {}", code.name())).unwrap_or_default()
}

impl Refusal for Unavailable {
    fn code(&self) -> Code {
        match self {
            Self::Missing { .. } => Code::SamlMetadataMissing,
            Self::Stale { .. } => Code::SamlMetadataStale,
            Self::Expired { .. } => Code::SamlMetadataExpired,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => None,
            Self::Stale { oldest, .. } => Some(format!("later than {}", iso(*oldest))),
            Self::Expired { now, .. } => Some(format!("later than {}", iso(*now))),
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Missing { last } => last.map(|code| code.name().to_owned()),
            Self::Stale { fetched, .. } => Some(iso(*fetched)),
            Self::Expired { until, .. } => Some(iso(*until)),
        }
    }
}

/// Why a fetch left the former document in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    #[error("{0}")]
    Fetch(#[from] OutboundError),
    #[error("the answer has the status {status}")]
    Status { status: u16 },
    #[error("the answer is not UTF-8")]
    Encoding,
    #[error("{0}")]
    Document(#[from] MetadataError),
    #[error("reading the document failed")]
    Reader,
}

impl Refusal for RefreshError {
    fn code(&self) -> Code {
        match self {
            Self::Fetch(error) => error.code(),
            Self::Status { .. } => Code::SamlMetadataStatus,
            Self::Encoding => Code::SamlMetadataMalformed,
            Self::Document(error) => error.code(),
            Self::Reader => Code::SamlMetadataReader,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Fetch(error) => error.expected(),
            Self::Document(error) => error.expected(),
            Self::Status { .. } => Some("200".to_owned()),
            Self::Encoding | Self::Reader => None,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Fetch(error) => error.received(),
            Self::Document(error) => error.received(),
            Self::Status { status } => Some(status.to_string()),
            Self::Encoding | Self::Reader => None,
        }
    }
}
