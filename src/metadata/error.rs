//! Why an identity provider cannot be dealt with at the moment.

use crate::trace::{Code, Refusal};
use crate::words::iso;
use time::OffsetDateTime;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    #[error("the identity provider's metadata was valid until {}", iso(*until))]
    Expired { until: OffsetDateTime, now: OffsetDateTime },
}

impl Refusal for Unavailable {
    fn code(&self) -> Code {
        match self {
            Self::Expired { .. } => Code::SamlMetadataExpired,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Expired { now, .. } => Some(format!("later than {}", iso(*now))),
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Expired { until, .. } => Some(iso(*until)),
        }
    }
}
