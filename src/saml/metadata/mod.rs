//! Metadata: reading an identity provider's, writing our own (SAML metadata 2.0).

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
use super::names::{METADATA, POST_BINDING, PROTOCOL, SIGNATURE};
use super::service_provider::ServiceProvider;
use super::tree::escape;
use time::{Duration, OffsetDateTime};

/// The largest document STS takes (reference: SAMLMetadataDocument, 10,000,000 characters).
const LONGEST: usize = 10_000_000;
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

/// Our own metadata, for identity providers to import.
pub fn service_provider(provider: &ServiceProvider) -> String {
    let formats: String = [
        "1.1:nameid-format:unspecified",
        "1.1:nameid-format:emailAddress",
        "2.0:nameid-format:persistent",
        "2.0:nameid-format:transient",
    ]
    .iter()
    .map(|format| format!("<md:NameIDFormat>urn:oasis:names:tc:SAML:{format}</md:NameIDFormat>"))
    .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<md:EntityDescriptor xmlns:md=\"{METADATA}\" \
         entityID=\"{entity_id}\"><md:SPSSODescriptor AuthnRequestsSigned=\"true\" WantAssertionsSigned=\"true\" \
         protocolSupportEnumeration=\"{PROTOCOL}\"><md:KeyDescriptor use=\"signing\">\
         <ds:KeyInfo xmlns:ds=\"{SIGNATURE}\"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate>\
         </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>{formats}\
         <md:AssertionConsumerService Binding=\"{POST_BINDING}\" Location=\"{acs}\" index=\"0\" isDefault=\"true\"/>\
         </md:SPSSODescriptor></md:EntityDescriptor>\n",
        entity_id = escape(&provider.entity_id),
        certificate = provider.certificate,
        acs = escape(&provider.acs_url),
    )
}
