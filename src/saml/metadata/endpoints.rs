//! Where an identity provider is spoken to: its SingleSignOnServices and SingleLogoutServices.

use super::MetadataError;
use crate::saml::names::METADATA;
use crate::saml::tree::Tree;
use crate::words::may_be_asked;
use uppsala::NodeId;
use url::Url;

/// One service under one binding (SAML metadata §2.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// May have a query.
    pub location: String,
    pub response_location: Option<String>,
}

impl Endpoint {
    /// Where answers go.
    pub fn for_responses(&self) -> &str {
        self.response_location.as_deref().unwrap_or(&self.location)
    }
}

/// The first service of that kind and binding.
pub(super) fn endpoint(
    tree: Tree<'_, '_>,
    role: NodeId,
    service: &'static str,
    binding: &str,
) -> Result<Option<Endpoint>, MetadataError> {
    let mut services = tree.named(role, METADATA, service).into_iter();
    let Some(node) = services.find(|node| tree.attribute(*node, "Binding") == Some(binding)) else { return Ok(None) };
    let location = usable(service, tree.attribute(node, "Location").unwrap_or(""))?;
    let response_location = tree.attribute(node, "ResponseLocation").map(|it| usable(service, it)).transpose()?;
    Ok(Some(Endpoint { location, response_location }))
}

fn usable(service: &'static str, location: &str) -> Result<String, MetadataError> {
    let refuse = || MetadataError::Location { service, found: crate::trace::clip(location) };
    let url = Url::parse(location).map_err(|_| refuse())?;
    // Kept to the letter, because it is also a message's Destination; so it must already be clean.
    let clean = location.bytes().all(|byte| byte.is_ascii_graphic());
    if clean && may_be_asked(&url) { Ok(location.to_owned()) } else { Err(refuse()) }
}
