//! The signature on a metadata document (SAML metadata §3): by the one key that the operator pinned, over the root.
//!
//! It is held to the same shape as a response's. It covers the whole document, so whatever is read below the root has
//! been verified; comments are not covered, and nothing that is read can be changed by one.

use super::MetadataError;
use crate::saml::names::SIGNATURE;
use crate::saml::preflight::absolute_namespaces;
use crate::saml::signature_shape::Signed;
use crate::saml::tree::Tree;
use crate::saml::{SamlError, SigningKey, signature, signature_shape};
use uppsala::NodeId;

/// Federations declare those of all their members' extensions at the root.
const MOST_NAMESPACES_IN_SCOPE: usize = 64;

pub(super) fn verify(tree: Tree<'_, '_>, root: NodeId, key: &SigningKey) -> Result<(), MetadataError> {
    let refuse = |error| MetadataError::Signature { error };
    let elements = tree.elements_below(root);
    for element in &elements {
        absolute_namespaces(tree, *element, MOST_NAMESPACES_IN_SCOPE).map_err(refuse)?;
    }
    let signed = only_signature(tree, root, &elements).map_err(refuse)?;
    signature::verify(tree.0, &[signed], std::slice::from_ref(key)).map_err(refuse)?;
    Ok(())
}

/// One signature in the whole document, directly in the root: others would be somebody else's word, and engines differ
/// in which they look at.
fn only_signature(tree: Tree<'_, '_>, root: NodeId, elements: &[NodeId]) -> Result<Signed, SamlError> {
    let found: Vec<NodeId> = elements.iter().copied().filter(|node| tree.local(*node) == "Signature").collect();
    match found[..] {
        [] => Err(SamlError::Unsigned),
        [signature] if tree.0.parent(signature) == Some(root) && tree.is(signature, SIGNATURE, "Signature") => {
            signature_shape::read(tree, signature, root)
        }
        [elsewhere] => {
            let parent = tree.0.parent(elsewhere).map(|parent| tree.name(parent)).unwrap_or_default();
            Err(SamlError::SignaturePlace { parent })
        }
        _ => Err(SamlError::SignatureCount { parent: "the document".to_owned(), count: found.len() }),
    }
}
