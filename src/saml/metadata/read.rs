//! Reading a document: bounds, signature, the entity that is wanted, and what it says.

use super::endpoints::endpoint;
use super::entities::{self, Entity, Lasting};
use super::keys::signing_keys;
use super::{DEVELOPMENT, IdentityProvider, LONGEST, MetadataError, seal};
use crate::saml::SigningKey;
use crate::saml::names::{METADATA, POST_BINDING, PROTOCOL, REDIRECT_BINDING};
use crate::saml::signed_document::has_too_many_attributes;
use crate::saml::tree::{self, NotADocument, Tree};
use time::OffsetDateTime;

/// What a document must be, by the word of whoever registers it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Which entity: needed for a federation's list, and for a single one what it must be.
    pub entity_id: Option<String>,
    /// The only key whose signature over the whole document is believed. Without one a signature is not looked at.
    pub signed_by: Option<SigningKey>,
    /// Whether it came over the network, where nobody has seen it: a list then needs a signature.
    pub fetched: bool,
}

/// Reads a document that an operator put there, with one entity in it.
pub fn parse(xml: &str, now: OffsetDateTime) -> Result<IdentityProvider, MetadataError> {
    Wanted::default().read(xml, now)
}

impl Wanted {
    /// The identity provider that the document is about. With `signed_by` nothing is read that its signature does not
    /// cover.
    pub fn read(&self, xml: &str, now: OffsetDateTime) -> Result<IdentityProvider, MetadataError> {
        if xml.len() > LONGEST {
            return Err(MetadataError::TooLong { length: xml.len() });
        }
        if has_too_many_attributes(xml) {
            return Err(MetadataError::Malformed { message: "an element has too many attributes".to_owned() });
        }
        let document = tree::parse(xml.trim_start_matches('\u{feff}')).map_err(|error| match error {
            NotADocument::Doctype => MetadataError::Doctype,
            NotADocument::TooDeep => MetadataError::Malformed { message: "too deeply nested".to_owned() },
            NotADocument::Malformed { message } => MetadataError::Malformed { message },
        })?;
        let tree = Tree(&document);
        let root = document.document_element().ok_or(MetadataError::NotAnEntity { found: "missing".to_owned() })?;
        let aggregate = entities::is_aggregate(tree, root);
        if !aggregate && !tree.is(root, METADATA, "EntityDescriptor") {
            return Err(MetadataError::NotAnEntity { found: tree.name(root) });
        }
        match &self.signed_by {
            Some(key) => seal::verify(tree, root, key)?,
            None if self.fetched && aggregate => return Err(MetadataError::UnsignedAggregate),
            None => {}
        }
        let entity = entities::find(tree, root, self.entity_id.as_deref(), now)?;
        if self.fetched && entity.id.contains(DEVELOPMENT) {
            return Err(MetadataError::Development { found: entity.id });
        }
        identity_provider(tree, entity, now)
    }
}

fn identity_provider(
    tree: Tree<'_, '_>,
    entity: Entity,
    now: OffsetDateTime,
) -> Result<IdentityProvider, MetadataError> {
    let mut roles = tree.named(entity.node, METADATA, "IDPSSODescriptor");
    roles.retain(|role| {
        let protocols = tree.attribute(*role, "protocolSupportEnumeration").unwrap_or("");
        protocols.split_ascii_whitespace().any(|protocol| protocol == PROTOCOL)
    });
    let [role] = roles[..] else { return Err(MetadataError::Role { count: roles.len() }) };
    let Lasting { valid_until, cache_duration } = entity.lasting.within(tree, role, now)?;
    let keys = signing_keys(tree, role)?;
    let sign_on = |binding| Ok(endpoint(tree, role, "SingleSignOnService", binding)?.map(|it| it.location));
    let (sso_redirect, sso_post) = (sign_on(REDIRECT_BINDING)?, sign_on(POST_BINDING)?);
    if sso_redirect.is_none() && sso_post.is_none() {
        return Err(MetadataError::NoSignOnService);
    }
    let logout = |binding| endpoint(tree, role, "SingleLogoutService", binding);
    let (slo_redirect, slo_post) = (logout(REDIRECT_BINDING)?, logout(POST_BINDING)?);
    let wants = tree.attribute(role, "WantAuthnRequestsSigned").map(str::trim);
    Ok(IdentityProvider {
        entity_id: entity.id,
        keys,
        sso_redirect,
        sso_post,
        slo_redirect,
        slo_post,
        want_authn_requests_signed: matches!(wants, Some("true" | "1")),
        valid_until,
        cache_duration,
    })
}
