//! The keys that a descriptor lists for signing.

use super::{MOST_KEYS, MetadataError};
use crate::saml::SigningKey;
use crate::saml::key::KeyError;
use crate::saml::names::{METADATA, SIGNATURE};
use crate::saml::tree::Tree;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uppsala::NodeId;

/// A key that is too weak or of another kind does not verify, but does not spoil its neighbours either.
pub(super) fn signing_keys(tree: Tree<'_, '_>, role: NodeId) -> Result<Vec<SigningKey>, MetadataError> {
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
            Ok(key) => match keys.iter_mut().find(|known| **known == key) {
                // One key, renewed: the later end counts.
                Some(known) if known.ends() < key.ends() => *known = key,
                Some(_) => {}
                None => keys.push(key),
            },
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
        Err(error @ KeyError::NotACertificate) => Err(refuse(&error.to_string())),
        Err(error) => Ok(Err(error.to_string())),
    }
}
