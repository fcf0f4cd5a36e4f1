//! What is known of one identity provider at this moment.

use super::Unavailable;
use crate::saml::metadata::IdentityProvider;
use std::sync::Arc;
use time::OffsetDateTime;

/// One identity provider's metadata. Shared by every registration that takes it from the same place.
pub struct LiveMetadata {
    provider: Arc<IdentityProvider>,
}

impl LiveMetadata {
    /// From a file: the same until the house is opened again.
    pub fn fixed(provider: IdentityProvider) -> Arc<Self> {
        Arc::new(Self { provider: Arc::new(provider) })
    }

    /// The keys and addresses that count at `now`.
    pub fn current(&self, now: OffsetDateTime) -> Result<Arc<IdentityProvider>, Unavailable> {
        match self.provider.valid_until {
            Some(until) if until <= now => Err(Unavailable::Expired { until, now }),
            _ => Ok(self.provider.clone()),
        }
    }

    /// Who it is about, as far as that is known.
    pub fn entity_id(&self) -> Option<String> {
        Some(self.provider.entity_id.clone())
    }
}

/// Of the same place, or with the same content.
impl PartialEq for LiveMetadata {
    fn eq(&self, other: &Self) -> bool {
        self.provider == other.provider
    }
}

impl Eq for LiveMetadata {}
