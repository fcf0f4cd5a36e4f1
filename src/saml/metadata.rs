//! Reading an identity provider's metadata (SAML metadata 2.0).

use super::key::SigningKey;
use super::names::{METADATA, PROTOCOL, REDIRECT_BINDING, SIGNATURE};
use super::tree::{self, NotADocument, Tree};
use crate::trace::{Code, Refusal};
use crate::words::iso;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;
use uppsala::NodeId;
use url::{Host, Url};

/// The largest document STS takes (reference: SAMLMetadataDocument, 10,000,000 characters).
const LONGEST: usize = 10_000_000;
const MOST_KEYS: usize = 10;

/// One identity provider: who it is, which keys speak for it, and where its sign-in begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    pub entity_id: String,
    /// At least one; distinct; those for signing only.
    pub keys: Vec<SigningKey>,
    /// The SingleSignOnService with the HTTP-Redirect binding; may have a query.
    pub sso_redirect: String,
}

/// Why a metadata document is not trusted, in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    #[error("the document has {length} bytes, more than {LONGEST}")]
    TooLong { length: usize },
    #[error("the document has a document type or entities")]
    Doctype,
    #[error("the document is not well-formed: {message}")]
    Malformed { message: String },
    #[error("the root is {found}, not one EntityDescriptor")]
    NotAnEntity { found: String },
    #[error("the entity has no entityID of 1 to 1024 characters")]
    EntityId,
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
    #[error("there is no SingleSignOnService with the HTTP-Redirect binding")]
    NoRedirectService,
    #[error("the SingleSignOnService's Location is {found:?}")]
    Location { found: String },
}

impl Refusal for MetadataError {
    fn code(&self) -> Code {
        match self {
            Self::TooLong { .. } => Code::SamlMetadataTooLong,
            Self::Doctype => Code::SamlMetadataDoctype,
            Self::Malformed { .. } => Code::SamlMetadataMalformed,
            Self::NotAnEntity { .. } => Code::SamlMetadataEntity,
            Self::EntityId => Code::SamlMetadataEntityId,
            Self::ValidUntilUnreadable { .. } => Code::SamlMetadataValidUntil,
            Self::Expired { .. } => Code::SamlMetadataExpired,
            Self::Role { .. } => Code::SamlMetadataRole,
            Self::KeyUse { .. } => Code::SamlMetadataKeyUse,
            Self::Certificate { .. } => Code::SamlMetadataCertificate,
            Self::TooManyKeys { .. } => Code::SamlMetadataTooManyKeys,
            Self::NoSigningKey { .. } => Code::SamlMetadataNoSigningKey,
            Self::NoRedirectService => Code::SamlMetadataNoRedirect,
            Self::Location { .. } => Code::SamlMetadataLocation,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Expired { now, .. } => Some(format!("later than {now}")),
            Self::Location { .. } => Some("https://…, or http://… on a loopback host".to_owned()),
            _ => None,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Expired { until, .. } => Some(until.clone()),
            Self::Location { found } => Some(found.clone()),
            _ => None,
        }
    }
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
    Ok(IdentityProvider { entity_id, keys: signing_keys(tree, role)?, sso_redirect: redirect_service(tree, role)? })
}

fn still_valid(tree: Tree<'_, '_>, node: NodeId, now: OffsetDateTime) -> Result<(), MetadataError> {
    let Some(text) = tree.attribute(node, "validUntil") else { return Ok(()) };
    let element = tree.local(node).to_owned();
    let Some(until) = tree::instant(text) else { return Err(MetadataError::ValidUntilUnreadable { element }) };
    if now < until { Ok(()) } else { Err(MetadataError::Expired { element, until: iso(until), now: iso(now) }) }
}

/// A key that is too weak or of another kind does not verify, but does not spoil its neighbours either.
fn signing_keys(tree: Tree<'_, '_>, role: NodeId) -> Result<Vec<SigningKey>, MetadataError> {
    let mut keys: Vec<SigningKey> = Vec::new();
    let mut unusable = Vec::new();
    for (index, descriptor) in tree.named(role, METADATA, "KeyDescriptor").into_iter().enumerate() {
        let number = index + 1;
        match tree.attribute(descriptor, "use") {
            Some("encryption") => {
                unusable.push(format!("KeyDescriptor {number} is for encryption"));
                continue;
            }
            None | Some("signing") => {}
            Some(other) => return Err(MetadataError::KeyUse { number, found: other.to_owned() }),
        }
        match pinned(tree, descriptor, number)? {
            Ok(key) if !keys.contains(&key) => keys.push(key),
            Ok(_) => {}
            Err(reason) => unusable.push(format!("KeyDescriptor {number}: {reason}")),
        }
    }
    if keys.len() > MOST_KEYS {
        return Err(MetadataError::TooManyKeys { count: keys.len() });
    }
    if keys.is_empty() {
        let unusable = if unusable.is_empty() { "none is listed".to_owned() } else { unusable.join("; ") };
        return Err(MetadataError::NoSigningKey { unusable });
    }
    Ok(keys)
}

/// The inner error is a key that is well-formed and unusable.
fn pinned(tree: Tree<'_, '_>, descriptor: NodeId, number: usize) -> Result<Result<SigningKey, String>, MetadataError> {
    let refuse = |reason: &str| MetadataError::Certificate { number, reason: reason.to_owned() };
    let below = tree.elements_below(descriptor);
    let mut certificates = below.into_iter().filter(|node| tree.is(*node, SIGNATURE, "X509Certificate"));
    let Some(certificate) = certificates.next() else { return Ok(Err("no X509Certificate".to_owned())) };
    // A chain or a choice: which of them would be the key is anybody's guess (metadata IOP §2.6.1).
    if certificates.next().is_some() {
        return Err(refuse("it has more than one X509Certificate"));
    }
    let text: String = tree.0.text_content_deep(certificate).split_ascii_whitespace().collect();
    let der = STANDARD.decode(text).map_err(|_| refuse("its certificate is not base64"))?;
    match SigningKey::from_certificate(&der) {
        Ok(key) => Ok(Ok(key)),
        Err(error @ super::KeyError::NotACertificate) => Err(refuse(&error.to_string())),
        Err(error) => Ok(Err(error.to_string())),
    }
}

fn redirect_service(tree: Tree<'_, '_>, role: NodeId) -> Result<String, MetadataError> {
    let location = tree
        .named(role, METADATA, "SingleSignOnService")
        .into_iter()
        .find(|service| tree.attribute(*service, "Binding") == Some(REDIRECT_BINDING))
        .ok_or(MetadataError::NoRedirectService)?;
    let location = tree.attribute(location, "Location").unwrap_or("");
    let refuse = || MetadataError::Location { found: location.to_owned() };
    let url = Url::parse(location).map_err(|_| refuse())?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let fits = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    // Kept to the letter, because it is also the request's Destination; so it must already be clean.
    let clean = location.bytes().all(|byte| byte.is_ascii_graphic());
    if fits && clean && url.fragment().is_none() && url.username().is_empty() && url.password().is_none() {
        Ok(location.to_owned())
    } else {
        Err(refuse())
    }
}
