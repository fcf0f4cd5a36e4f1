//! The first engine: whether a registered key signed the element that a Signature stands in.
//!
//! Pre-flight has left one thing to compute (XML Signature §3.2): SignedInfo's canonical octets under the signature, and
//! under the digest in it those of the Signature's own parent without the Signature. So there is nothing to look up, to
//! resolve or to choose, the octets of [`canonical`] and a registered key are all that is asked for, and what was signed
//! is what is read: the parent, in the same tree.
//!
//! SignedInfo comes first. It is small and of one shape, whereas canonicalising what a stranger wrote around it is work
//! that the stranger chooses; who holds no key of the identity provider gets no further.

use super::canonical::canonical;
use super::error::SamlError;
use super::key::SigningKey;
use super::signature_method::{fits, signs_document};
use super::signature_shape::Signed;
use aws_lc_rs::digest::digest;
use uppsala::{Document, NodeId};

/// What was proved, for the second engine to find again.
pub(super) struct Proof {
    pub(super) key: SigningKey,
    /// The element that the outermost signature covers.
    pub(super) signed: NodeId,
    /// What its digest is over.
    pub(super) octets: Vec<u8>,
}

/// Finds the one key with which every signature of the document holds, of which the outermost comes first. Each distinct
/// key that fits is tried.
pub(super) fn verify(document: &Document<'_>, signatures: &[Signed], keys: &[SigningKey]) -> Result<Proof, SamlError> {
    let outermost = signatures.first().ok_or(SamlError::Unsigned)?;
    if keys.is_empty() {
        return Err(SamlError::NoKeys);
    }
    let mut fitting: Vec<&SigningKey> = Vec::new();
    for key in keys {
        let fits = signatures.iter().all(|signed| fits(key.family(), &signed.info.method));
        if fits && !fitting.contains(&key) {
            fitting.push(key);
        }
    }
    if fitting.is_empty() {
        return Err(SamlError::KeyFamily { method: outermost.info.method.clone() });
    }
    let refused = || SamlError::Signature { tried: fitting.len() };
    let key = signing_key(document, signatures, &fitting).ok_or_else(refused)?;
    let octets: Option<Vec<Vec<u8>>> = signatures.iter().map(|signed| covered(document, signed)).collect();
    let octets = octets.ok_or_else(refused)?.swap_remove(0);
    Ok(Proof { key, signed: outermost.parent, octets })
}

/// The key that made the signature over each SignedInfo.
fn signing_key(document: &Document<'_>, signatures: &[Signed], keys: &[&SigningKey]) -> Option<SigningKey> {
    let octets = |signed: &Signed| canonical(document, signed.info.node, None, &signed.info.prefixes);
    let octets: Vec<Vec<u8>> = signatures.iter().map(octets).collect::<Option<_>>()?;
    let made = |key: &SigningKey| {
        let mut pairs = signatures.iter().zip(&octets);
        pairs.all(|(signed, octets)| signs_document(key, &signed.info.method, octets, &signed.value))
    };
    keys.iter().find(|key| made(key)).map(|key| (*key).clone())
}

/// The octets that the signature covers, if they have the digest that SignedInfo says.
fn covered(document: &Document<'_>, signed: &Signed) -> Option<Vec<u8>> {
    let reference = &signed.info.reference;
    let octets = canonical(document, signed.parent, Some(signed.signature), &reference.prefixes)?;
    (digest(reference.digest, &octets).as_ref() == reference.value).then_some(octets)
}
