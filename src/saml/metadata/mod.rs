//! Metadata: reading an identity provider's, writing our own (SAML metadata 2.0).

mod endpoints;
mod error;
mod keys;

pub use endpoints::Endpoint;
pub use error::MetadataError;

use super::key::SigningKey;
use super::names::{METADATA, POST_BINDING, PROTOCOL, REDIRECT_BINDING, SIGNATURE};
use super::service_provider::ServiceProvider;
use super::tree::{self, NotADocument, Tree, escape};
use crate::words::iso;
use endpoints::endpoint;
use keys::signing_keys;
use time::OffsetDateTime;
use uppsala::NodeId;

/// The largest document STS takes (reference: SAMLMetadataDocument, 10,000,000 characters).
const LONGEST: usize = 10_000_000;
const MOST_KEYS: usize = 10;

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
}

/// Reads the metadata of exactly one identity provider. The document is trusted because an operator put it there;
/// a signature on it is not looked at.
pub fn parse(xml: &str, now: OffsetDateTime) -> Result<IdentityProvider, MetadataError> {
    if xml.len() > LONGEST {
        return Err(MetadataError::TooLong { length: xml.len() });
    }
    let document = tree::parse(xml.trim_start_matches('\u{feff}')).map_err(|error| match error {
        NotADocument::Doctype => MetadataError::Doctype,
        NotADocument::TooDeep => MetadataError::Malformed { message: "too deeply nested".to_owned() },
        NotADocument::Malformed { message } => MetadataError::Malformed { message },
    })?;
    let tree = Tree(&document);
    let root = document.document_element().ok_or(MetadataError::NotAnEntity { found: "missing".to_owned() })?;
    if !tree.is(root, METADATA, "EntityDescriptor") {
        return Err(MetadataError::NotAnEntity { found: tree.local(root).to_owned() });
    }
    let entity_id = tree.attribute(root, "entityID").filter(|id| (1..=1024).contains(&id.chars().count()));
    let entity_id = entity_id.ok_or(MetadataError::EntityId)?.to_owned();
    let entity_until = still_valid(tree, root, now)?;

    let mut roles = tree.named(root, METADATA, "IDPSSODescriptor");
    roles.retain(|role| {
        let protocols = tree.attribute(*role, "protocolSupportEnumeration").unwrap_or("");
        protocols.split_ascii_whitespace().any(|protocol| protocol == PROTOCOL)
    });
    let [role] = roles[..] else { return Err(MetadataError::Role { count: roles.len() }) };
    let role_until = still_valid(tree, role, now)?;
    let keys = signing_keys(tree, role)?;
    let sign_on = |binding| Ok(endpoint(tree, role, "SingleSignOnService", binding)?.map(|it| it.location));
    let (sso_redirect, sso_post) = (sign_on(REDIRECT_BINDING)?, sign_on(POST_BINDING)?);
    if sso_redirect.is_none() && sso_post.is_none() {
        return Err(MetadataError::NoSignOnService);
    }
    let logout = |binding| endpoint(tree, role, "SingleLogoutService", binding);
    let (slo_redirect, slo_post) = (logout(REDIRECT_BINDING)?, logout(POST_BINDING)?);
    let wants = tree.attribute(role, "WantAuthnRequestsSigned").map(str::trim);
    let want_authn_requests_signed = matches!(wants, Some("true" | "1"));
    Ok(IdentityProvider {
        entity_id,
        keys,
        sso_redirect,
        sso_post,
        slo_redirect,
        slo_post,
        want_authn_requests_signed,
        valid_until: entity_until.into_iter().chain(role_until).min(),
    })
}

fn still_valid(tree: Tree<'_, '_>, node: NodeId, now: OffsetDateTime) -> Result<Option<OffsetDateTime>, MetadataError> {
    let Some(text) = tree.attribute(node, "validUntil") else { return Ok(None) };
    let element = tree.local(node).to_owned();
    let Some(until) = tree::instant(text) else { return Err(MetadataError::ValidUntilUnreadable { element }) };
    if now < until {
        Ok(Some(until))
    } else {
        Err(MetadataError::Expired { element, until: iso(until), now: iso(now) })
    }
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
