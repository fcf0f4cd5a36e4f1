//! Reading an identity provider's metadata (SAML metadata 2.0).

mod endpoints;
mod error;
mod keys;

pub use endpoints::Endpoint;
pub use error::MetadataError;

use super::key::SigningKey;
use super::names::{METADATA, POST_BINDING, PROTOCOL, REDIRECT_BINDING};
use super::tree::{self, NotADocument, Tree};
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
    still_valid(tree, root, now)?;

    let mut roles = tree.named(root, METADATA, "IDPSSODescriptor");
    roles.retain(|role| {
        let protocols = tree.attribute(*role, "protocolSupportEnumeration").unwrap_or("");
        protocols.split_ascii_whitespace().any(|protocol| protocol == PROTOCOL)
    });
    let [role] = roles[..] else { return Err(MetadataError::Role { count: roles.len() }) };
    still_valid(tree, role, now)?;
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
    Ok(IdentityProvider { entity_id, keys, sso_redirect, sso_post, slo_redirect, slo_post, want_authn_requests_signed })
}

fn still_valid(tree: Tree<'_, '_>, node: NodeId, now: OffsetDateTime) -> Result<(), MetadataError> {
    let Some(text) = tree.attribute(node, "validUntil") else { return Ok(()) };
    let element = tree.local(node).to_owned();
    let Some(until) = tree::instant(text) else { return Err(MetadataError::ValidUntilUnreadable { element }) };
    if now < until { Ok(()) } else { Err(MetadataError::Expired { element, until: iso(until), now: iso(now) }) }
}
