//! Why a metadata document is refused.

use super::{LONGEST, MOST_KEYS};
use crate::saml::SamlError;
use crate::trace::{Code, Refusal};

/// Why a metadata document is not trusted, in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    #[error("the document has {length} bytes, more than {LONGEST}")]
    TooLong { length: usize },
    #[error("the document has a document type or entities")]
    Doctype,
    #[error("the document is not well-formed: {message}")]
    Malformed { message: String },
    #[error("the root is {found}, neither an EntityDescriptor nor an EntitiesDescriptor")]
    NotAnEntity { found: String },
    #[error("the signature on the document is not accepted: {error}")]
    Signature { error: SamlError },
    #[error("the document is a federation's list that no certificate was pinned for")]
    UnsignedAggregate,
    #[error("the document is a federation's list, and no entity_id says which entity is meant")]
    Aggregate,
    #[error("the list has {count} entities called {wanted}, not one")]
    EntityCount { count: usize, wanted: String },
    #[error("the document is about {found}, not {expected}")]
    OtherEntity { found: String, expected: String },
    #[error("the entity has no entityID of 1 to 1024 characters")]
    EntityId,
    #[error("{found} is a development identity provider, which signs for anybody")]
    Development { found: String },
    #[error("{element} has an unreadable validUntil")]
    ValidUntilUnreadable { element: String },
    #[error("{element} was valid until {until}")]
    Expired { element: String, until: String, now: String },
    #[error("the entity has {count} IDPSSODescriptors for SAML 2.0, not one")]
    Role { count: usize },
    #[error("KeyDescriptor {number} has the use {found:?}, neither signing nor encryption")]
    KeyUse { number: usize, found: String },
    #[error("KeyDescriptor {number}: {reason}")]
    Certificate { number: usize, reason: String },
    #[error("the descriptor lists {count} signing keys, more than {MOST_KEYS}")]
    TooManyKeys { count: usize },
    #[error("there is no usable signing key; {unusable}")]
    NoSigningKey { unusable: String },
    #[error("the {service}'s location is {found:?}")]
    Location { service: &'static str, found: String },
    #[error("there is no SingleSignOnService with the HTTP-Redirect or the HTTP-POST binding")]
    NoSignOnService,
}

impl Refusal for MetadataError {
    fn code(&self) -> Code {
        match self {
            Self::TooLong { .. } => Code::SamlMetadataTooLong,
            Self::Doctype => Code::SamlMetadataDoctype,
            Self::Malformed { .. } => Code::SamlMetadataMalformed,
            Self::NotAnEntity { .. } => Code::SamlMetadataEntity,
            Self::Signature { .. } => Code::SamlMetadataSignature,
            Self::UnsignedAggregate => Code::SamlMetadataUnsignedAggregate,
            Self::Aggregate | Self::EntityCount { .. } | Self::OtherEntity { .. } => Code::SamlMetadataOtherEntity,
            Self::EntityId => Code::SamlMetadataEntityId,
            Self::Development { .. } => Code::SamlMetadataDevelopment,
            Self::ValidUntilUnreadable { .. } => Code::SamlMetadataValidUntil,
            Self::Expired { .. } => Code::SamlMetadataExpired,
            Self::Role { .. } => Code::SamlMetadataRole,
            Self::KeyUse { .. } => Code::SamlMetadataKeyUse,
            Self::Certificate { .. } => Code::SamlMetadataCertificate,
            Self::TooManyKeys { .. } => Code::SamlMetadataTooManyKeys,
            Self::NoSigningKey { .. } => Code::SamlMetadataNoSigningKey,
            Self::Location { .. } => Code::SamlMetadataLocation,
            Self::NoSignOnService => Code::SamlMetadataNoSignOnService,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Signature { error } => error.expected(),
            Self::OtherEntity { expected, .. } => Some(expected.clone()),
            Self::Expired { now, .. } => Some(format!("later than {now}")),
            Self::Location { .. } => Some("https://…, or http://… on a loopback host".to_owned()),
            _ => None,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Signature { error } => error.received(),
            Self::OtherEntity { found, .. } => Some(crate::trace::clip(found)),
            Self::Expired { until, .. } => Some(until.clone()),
            Self::Location { found, .. } => Some(found.clone()),
            _ => None,
        }
    }
}
