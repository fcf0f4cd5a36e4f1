//! Reading an identity provider's metadata (SAML metadata 2.0).

mod endpoints;
mod entities;
mod error;
mod keys;
mod read;
mod seal;

pub use endpoints::Endpoint;
pub use error::MetadataError;
pub use read::{Wanted, parse};

use super::key::SigningKey;
use time::{Duration, OffsetDateTime};

/// The largest document STS takes (reference: SAMLMetadataDocument, 10,000,000 characters).
pub const LONGEST: usize = 10_000_000;
const MOST_KEYS: usize = 10;

/// What `demo`'s own identity provider is called, which signs for anybody; nobody else may be called so.
pub const DEVELOPMENT: &str = "gatehouse-demo";

/// One identity provider: who it is, which keys speak for it, and where it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    pub entity_id: String,
    /// At least one; distinct; those for signing only.
    pub keys: Vec<SigningKey>,
    /// The SingleSignOnServices: at least one of the two is there. Either may have a query.
    pub sso_redirect: Option<String>,
    pub sso_post: Option<String>,
    pub slo_redirect: Option<Endpoint>,
    pub slo_post: Option<Endpoint>,
    /// Ours are always signed.
    pub want_authn_requests_signed: bool,
    /// The earliest `validUntil` of the elements it was read from.
    pub valid_until: Option<OffsetDateTime>,
    /// The shortest `cacheDuration` of these.
    pub cache_duration: Option<Duration>,
}
