//! The cheap question before the dear one: did a registered key sign this SignedInfo at all?
//!
//! The engine digests the referenced element before it looks at the signature, and canonicalising what a stranger wrote
//! is work that the stranger chooses. SignedInfo is small and of one shape, so its signature is checked first; who holds
//! no key of the identity provider gets no further. This only ever refuses: the engine decides as if nobody had asked.

use super::key::{KeyFamily, SigningKey};
use super::names;
use super::preflight::Signed;
use super::response::STRICT;
use super::tree::Tree;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use base64::Engine;
use bergshamra_c14n::C14nMode;
use bergshamra_xml::nodeset::NodeSet;
use uppsala::{Document, NodeId};

/// What a Signature signs directly, and the signature itself. Read once, however many keys are asked.
pub(super) struct SignedInfo<'f> {
    method: &'f str,
    octets: Vec<u8>,
    value: Vec<u8>,
}

impl<'f> SignedInfo<'f> {
    pub(super) fn read(document: &Document<'_>, signed: &'f Signed) -> Option<Self> {
        let tree = Tree(document);
        let mut parts = tree.children(signed.signature);
        let (info, value) = (parts.next()?, parts.next()?);
        let text: String = tree.sole_text(value)?.split_ascii_whitespace().collect();
        Some(Self { method: &signed.method, octets: canonical(document, info)?, value: STRICT.decode(text).ok()? })
    }

    /// Whether `key` made the signature.
    pub(super) fn is_signed_by(&self, key: &SigningKey) -> bool {
        let ecdsa = (key.family() != KeyFamily::Rsa).then(|| der(&self.value));
        holds(key, self.method, &self.octets, ecdsa.as_ref().unwrap_or(&self.value))
    }
}

/// Whether `key` made this signature of a query. ECDSA comes in both of its spellings here: r‖s, as in documents, and the
/// SEQUENCE that Java makes; they differ in their length.
pub(super) fn signs(key: &SigningKey, method: &str, octets: &[u8], value: &[u8]) -> bool {
    let plain = match key.family() {
        KeyFamily::Rsa => None,
        KeyFamily::EcP256 => Some(64),
        KeyFamily::EcP384 => Some(96),
    };
    if plain == Some(value.len()) { holds(key, method, octets, &der(value)) } else { holds(key, method, octets, value) }
}

fn holds(key: &SigningKey, method: &str, octets: &[u8], value: &[u8]) -> bool {
    let Some(algorithm) = algorithm(key.family(), method) else { return false };
    UnparsedPublicKey::new(algorithm, key.public_key_info()).verify(octets, value).is_ok()
}

/// Whether a key of this family makes signatures by this method.
pub(super) fn fits(family: KeyFamily, method: &str) -> bool {
    algorithm(family, method).is_some()
}

fn canonical(document: &Document<'_>, info: NodeId) -> Option<Vec<u8>> {
    let tree = Tree(document);
    let prefixes = tree.children(info).next().map(|method| prefix_list(tree, method)).unwrap_or_default();
    let nodes = NodeSet::tree_without_comments(info, document);
    bergshamra_c14n::canonicalize_doc(document, C14nMode::Exclusive, Some(&nodes), &prefixes).ok()
}

/// The PrefixList of a canonicalisation method or transform.
pub(super) fn prefix_list(tree: Tree<'_, '_>, method: NodeId) -> Vec<String> {
    let list = tree.children(method).find(|node| tree.is(*node, names::EXCLUSIVE, "InclusiveNamespaces"));
    let list = list.and_then(|list| tree.attribute(list, "PrefixList")).unwrap_or("");
    list.split_ascii_whitespace().map(str::to_owned).collect()
}

/// XML Signature writes ECDSA as r‖s (RFC 4050 §3.3), the library reads it as a SEQUENCE of two INTEGERs.
fn der(value: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let digits: Vec<u8> = half.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = digits.first().is_none_or(|first| *first >= 0x80);
        let bytes: Vec<u8> = sign.then_some(0).into_iter().chain(digits).collect();
        [&[2, bytes.len() as u8], bytes.as_slice()].concat()
    };
    if !value.len().is_multiple_of(2) || value.len() > 2 * 48 {
        return Vec::new();
    }
    let (r, s) = value.split_at(value.len() / 2);
    let body = [integer(r), integer(s)].concat();
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

fn algorithm(family: KeyFamily, method: &str) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (family, method) {
        (KeyFamily::Rsa, names::RSA_SHA256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (KeyFamily::Rsa, names::RSA_SHA384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (KeyFamily::Rsa, names::RSA_SHA512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (KeyFamily::EcP256, names::ECDSA_SHA256) => &signature::ECDSA_P256_SHA256_ASN1,
        (KeyFamily::EcP256, names::ECDSA_SHA384) => &signature::ECDSA_P256_SHA384_ASN1,
        (KeyFamily::EcP256, names::ECDSA_SHA512) => &signature::ECDSA_P256_SHA512_ASN1,
        (KeyFamily::EcP384, names::ECDSA_SHA256) => &signature::ECDSA_P384_SHA256_ASN1,
        (KeyFamily::EcP384, names::ECDSA_SHA384) => &signature::ECDSA_P384_SHA384_ASN1,
        (KeyFamily::EcP384, names::ECDSA_SHA512) => &signature::ECDSA_P384_SHA512_ASN1,
        _ => return None,
    })
}
