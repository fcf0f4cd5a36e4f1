//! The one shape of a Signature that is verified (SAML core §5.4, XML Signature §4).
//!
//! Everything that a signature could make an engine do is decided here, before an engine sees it: nothing is fetched,
//! nothing is transformed but by leaving out the signature and canonicalising, no key comes out of the message.

use super::error::SamlError;
use super::names;
use super::names::SIGNATURE;
use super::response::STRICT;
use super::tree::Tree;
use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512};
use base64::Engine;
use uppsala::NodeId;

/// Canonicalisation looks at every listed prefix for every element: a long list multiplies a stranger's document.
const MOST_PREFIXES: usize = 16;

/// A Signature of that shape, read once: what was found to be allowed is what is verified.
pub(super) struct Signed {
    /// The element it stands in and must sign.
    pub(super) parent: NodeId,
    pub(super) signature: NodeId,
    pub(super) info: SignedInfo,
    pub(super) value: Vec<u8>,
}

/// What is signed directly.
pub(super) struct SignedInfo {
    pub(super) node: NodeId,
    /// The PrefixList of its canonicalisation.
    pub(super) prefixes: Vec<String>,
    pub(super) method: String,
    pub(super) reference: Reference,
}

/// What is signed by its digest: the Signature's parent without the Signature.
pub(super) struct Reference {
    /// The PrefixList of its canonicalisation.
    pub(super) prefixes: Vec<String>,
    pub(super) digest: &'static Algorithm,
    pub(super) value: Vec<u8>,
}

/// Reads the Signature that stands in `parent`.
pub(super) fn read(tree: Tree<'_, '_>, signature: NodeId, parent: NodeId) -> Result<Signed, SamlError> {
    let parts: Vec<NodeId> = tree.children(signature).collect();
    let (info, value) = match parts[..] {
        [info, value] => (info, value),
        [info, value, key_info] => {
            self::key_info(tree, key_info)?;
            (info, value)
        }
        _ => return Err(SamlError::SignatureShape { place: "Signature" }),
    };
    let plain = is(tree, info, "SignedInfo") && is(tree, value, "SignatureValue") && !tree.has_loose_text(signature);
    if !plain {
        return Err(SamlError::SignatureShape { place: "Signature" });
    }
    let value = base64_text(tree, value, "SignatureValue")?;
    Ok(Signed { parent, signature, info: signed_info(tree, info, parent)?, value })
}

fn signed_info(tree: Tree<'_, '_>, info: NodeId, parent: NodeId) -> Result<SignedInfo, SamlError> {
    let shape = SamlError::SignatureShape { place: "SignedInfo" };
    let references = tree.named(info, SIGNATURE, "Reference");
    if references.len() != 1 {
        return Err(SamlError::ReferenceCount { count: references.len() });
    }
    let parts: Vec<NodeId> = tree.children(info).collect();
    let [canonicalisation, method, reference] = parts[..] else { return Err(shape) };
    let named = is(tree, canonicalisation, "CanonicalizationMethod") && is(tree, method, "SignatureMethod");
    if !named || !is(tree, reference, "Reference") || tree.has_loose_text(info) {
        return Err(shape);
    }
    let found = algorithm(tree, canonicalisation);
    if !names::CANONICALISATIONS.contains(&found) {
        return Err(SamlError::Canonicalisation { found: found.to_owned() });
    }
    let prefixes = prefix_list(tree, canonicalisation)?;
    let found = algorithm(tree, method);
    not_sha1(found)?;
    let allowed = names::RSA_METHODS.contains(&found) || names::ECDSA_METHODS.contains(&found);
    if !allowed {
        return Err(SamlError::SignatureMethod { found: found.to_owned() });
    }
    empty(tree, method, "SignatureMethod")?;
    let reference = self::reference(tree, reference, parent)?;
    Ok(SignedInfo { node: info, prefixes, method: found.to_owned(), reference })
}

fn reference(tree: Tree<'_, '_>, reference: NodeId, parent: NodeId) -> Result<Reference, SamlError> {
    let uri = tree.attribute(reference, "URI").unwrap_or("");
    let target = uri.strip_prefix('#').filter(|target| !target.is_empty());
    if target.is_none() || target != tree.attribute(parent, "ID") {
        return Err(SamlError::Reference { found: uri.to_owned() });
    }
    let parts: Vec<NodeId> = tree.children(reference).collect();
    let shape = SamlError::SignatureShape { place: "Reference" };
    let [transforms, method, value] = parts[..] else { return Err(shape) };
    let named =
        is(tree, transforms, "Transforms") && is(tree, method, "DigestMethod") && is(tree, value, "DigestValue");
    if !named || tree.has_loose_text(reference) || tree.attribute(reference, "Type").is_some() {
        return Err(shape);
    }
    let prefixes = self::transforms(tree, transforms)?;
    let found = algorithm(tree, method);
    not_sha1(found)?;
    let digest = match found {
        names::SHA256 => &SHA256,
        names::SHA384 => &SHA384,
        names::SHA512 => &SHA512,
        _ => return Err(SamlError::DigestMethod { found: found.to_owned() }),
    };
    empty(tree, method, "DigestMethod")?;
    Ok(Reference { prefixes, digest, value: base64_text(tree, value, "DigestValue")? })
}

/// Collisions are for sale since 2017. It is what several products sign with until they are told better, so it has a
/// reason of its own.
fn not_sha1(found: &str) -> Result<(), SamlError> {
    if names::SHA1_METHODS.contains(&found) { Err(SamlError::Sha1 { found: found.to_owned() }) } else { Ok(()) }
}

/// Leaving out the signature, and canonicalising by this PrefixList.
fn transforms(tree: Tree<'_, '_>, transforms: NodeId) -> Result<Vec<String>, SamlError> {
    let steps: Vec<NodeId> = tree.children(transforms).collect();
    let fits = match steps[..] {
        [first, second] => {
            steps.iter().all(|step| is(tree, *step, "Transform"))
                && algorithm(tree, first) == names::ENVELOPED
                && names::CANONICALISATIONS.contains(&algorithm(tree, second))
                && !tree.has_loose_text(transforms)
        }
        _ => false,
    };
    let [first, second] = steps[..] else {
        return Err(SamlError::Transforms { found: format!("{} transforms", steps.len()) });
    };
    if !fits {
        return Err(SamlError::Transforms { found: format!("{} {}", algorithm(tree, first), algorithm(tree, second)) });
    }
    empty(tree, first, "Transform")?;
    prefix_list(tree, second)
}

/// KeyInfo is a hint that nobody follows: certificates and key values may stand in it, pointers may not.
fn key_info(tree: Tree<'_, '_>, key_info: NodeId) -> Result<(), SamlError> {
    if !is(tree, key_info, "KeyInfo") {
        return Err(SamlError::SignatureShape { place: "Signature" });
    }
    for child in tree.children(key_info) {
        let known = ["X509Data", "KeyValue", "KeyName"].iter().any(|name| is(tree, child, name));
        let below = tree.elements_below(child);
        let inside = below.into_iter().find(|node| ![SIGNATURE, names::SIGNATURE_11].contains(&tree.namespace(*node)));
        if let Some(stranger) = (!known).then_some(child).or(inside) {
            return Err(SamlError::KeyInfo { element: tree.name(stranger) });
        }
    }
    Ok(())
}

/// Exclusive canonicalisation takes one parameter, a list of prefixes; canonicalisation methods may have nothing else.
fn prefix_list(tree: Tree<'_, '_>, method: NodeId) -> Result<Vec<String>, SamlError> {
    let parts: Vec<NodeId> = tree.children(method).collect();
    let list = match parts[..] {
        [] => "",
        [list] if tree.is(list, names::EXCLUSIVE, "InclusiveNamespaces") && tree.children(list).next().is_none() => {
            tree.attribute(list, "PrefixList").unwrap_or("")
        }
        _ => return Err(SamlError::SignatureShape { place: "canonicalisation" }),
    };
    if tree.has_loose_text(method) {
        return Err(SamlError::SignatureShape { place: "canonicalisation" });
    }
    let prefixes: Vec<String> = list.split_ascii_whitespace().map(str::to_owned).collect();
    if prefixes.len() > MOST_PREFIXES {
        return Err(SamlError::SignatureShape { place: "PrefixList" });
    }
    Ok(prefixes)
}

fn empty(tree: Tree<'_, '_>, node: NodeId, place: &'static str) -> Result<(), SamlError> {
    if tree.children(node).next().is_none() && !tree.has_loose_text(node) {
        Ok(())
    } else {
        Err(SamlError::SignatureShape { place })
    }
}

/// The octets of one text node, so that no engine can read less of it than another.
fn base64_text(tree: Tree<'_, '_>, node: NodeId, element: &'static str) -> Result<Vec<u8>, SamlError> {
    let text: Option<String> = tree.sole_text(node).map(|text| text.split_ascii_whitespace().collect());
    let octets = text.and_then(|text| STRICT.decode(text).ok()).filter(|octets| !octets.is_empty());
    octets.ok_or(SamlError::SignatureValue { element })
}

fn algorithm<'d>(tree: Tree<'d, '_>, node: NodeId) -> &'d str {
    tree.attribute(node, "Algorithm").unwrap_or("")
}

fn is(tree: Tree<'_, '_>, node: NodeId, local: &str) -> bool {
    tree.is(node, SIGNATURE, local)
}
