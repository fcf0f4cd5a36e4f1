//! The one shape of what is encrypted to us (XML Encryption 1.1 §3, SAML core §2.2.4 and §2.3.4).
//!
//! Everything that a ciphertext could make anybody do is decided here, before a private key is used: which algorithms,
//! how many keys are unwrapped, and that nothing is fetched. What is left are octets.

use super::error::SamlError;
use super::names::{self, ENCRYPTION, ENCRYPTION_11, SIGNATURE};
use super::response::STRICT;
use super::tree::Tree;
use base64::Engine;
use std::iter::Peekable;
use uppsala::NodeId;

/// Each is tried with each of our keys, three at most, and a stranger may ask for that.
const MOST_KEYS: usize = 2;

/// A ciphertext with the keys to it, out of the tree.
pub(super) struct Sealed {
    pub(super) cipher: Cipher,
    pub(super) ciphertext: Vec<u8>,
    /// At least one.
    pub(super) keys: Vec<SealedKey>,
}

/// A content key that is wrapped by RSA-OAEP.
pub(super) struct SealedKey {
    pub(super) digest: Digest,
    /// Of the mask generation function MGF1.
    pub(super) mask: Digest,
    pub(super) ciphertext: Vec<u8>,
}

/// AES, with the length of its key in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    Gcm(usize),
    Cbc(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
}

impl Sealed {
    /// Without a tag of its own, only a signature around the ciphertext keeps strangers from asking about its padding.
    pub(super) fn needs_signature(&self) -> bool {
        matches!(self.cipher, Cipher::Cbc(_))
    }
}

/// Reads an EncryptedAssertion or EncryptedID: EncryptedData, and EncryptedKeys inside its KeyInfo or beside it.
pub(super) fn read(tree: Tree<'_, '_>, holder: NodeId) -> Result<Sealed, SamlError> {
    let mut parts = tree.children(holder).peekable();
    let data = take(tree, &mut parts, "EncryptedData", "EncryptedData")?;
    let beside: Vec<NodeId> = parts.collect();
    if tree.has_loose_text(holder) || !beside.iter().all(|node| is(tree, *node, "EncryptedKey")) {
        return Err(shape("EncryptedData"));
    }
    // Another type is no element, and an encoding would make other octets of the plaintext.
    let plain = tree.attribute(data, "Type").is_none_or(|kind| kind == names::ELEMENT);
    if !plain || tree.attribute(data, "Encoding").is_some() || tree.has_loose_text(data) {
        return Err(shape("EncryptedData"));
    }
    let mut parts = tree.children(data).peekable();
    let method = take(tree, &mut parts, "EncryptionMethod", "EncryptedData")?;
    let key_info = parts.next_if(|node| tree.is(*node, SIGNATURE, "KeyInfo"));
    let value = take(tree, &mut parts, "CipherData", "EncryptedData")?;
    if parts.next().is_some() {
        return Err(shape("EncryptedData"));
    }
    let inside = key_info.map_or(Ok(Vec::new()), |info| self::key_info(tree, info, &beside))?;
    let keys: Vec<NodeId> = inside.into_iter().chain(beside).collect();
    if keys.is_empty() || keys.len() > MOST_KEYS {
        return Err(SamlError::EncryptedKeyCount { count: keys.len() });
    }
    let cipher = cipher(tree, method)?;
    let keys = keys.into_iter().map(|key| sealed_key(tree, key, tree.attribute(data, "Id")));
    let keys = keys.collect::<Result<_, _>>()?;
    let ciphertext = cipher_value(tree, value)?;
    let long_enough = match cipher {
        Cipher::Gcm(_) => ciphertext.len() > 12 + 16,
        Cipher::Cbc(_) => ciphertext.len() >= 16 + 16 && ciphertext.len().is_multiple_of(16),
    };
    if long_enough { Ok(Sealed { cipher, ciphertext, keys }) } else { Err(shape("CipherValue")) }
}

/// The EncryptedKeys in it. A RetrievalMethod may name one of those beside the data and nothing else in the world.
fn key_info(tree: Tree<'_, '_>, key_info: NodeId, beside: &[NodeId]) -> Result<Vec<NodeId>, SamlError> {
    let mut keys = Vec::new();
    for child in tree.children(key_info) {
        let hint = ["X509Data", "KeyName"].iter().any(|name| tree.is(child, SIGNATURE, name));
        if is(tree, child, "EncryptedKey") {
            keys.push(child);
        } else if tree.is(child, SIGNATURE, "RetrievalMethod") {
            let target = tree.attribute(child, "URI").and_then(|uri| uri.strip_prefix('#'));
            let found = beside.iter().any(|key| target.is_some() && tree.attribute(*key, "Id") == target);
            if !found || tree.children(child).next().is_some() {
                return Err(shape("RetrievalMethod"));
            }
        } else if !hint {
            return Err(SamlError::KeyInfo { element: tree.name(child) });
        }
    }
    Ok(keys)
}

fn cipher(tree: Tree<'_, '_>, method: NodeId) -> Result<Cipher, SamlError> {
    let found = tree.attribute(method, "Algorithm").unwrap_or("");
    let cipher = match found {
        names::AES_128_GCM => Cipher::Gcm(16),
        names::AES_192_GCM => Cipher::Gcm(24),
        names::AES_256_GCM => Cipher::Gcm(32),
        names::AES_128_CBC => Cipher::Cbc(16),
        names::AES_192_CBC => Cipher::Cbc(24),
        names::AES_256_CBC => Cipher::Cbc(32),
        _ => return Err(SamlError::EncryptionMethod { found: found.to_owned() }),
    };
    if tree.children(method).next().is_some() { Err(shape("EncryptionMethod")) } else { Ok(cipher) }
}

fn sealed_key(tree: Tree<'_, '_>, key: NodeId, data_id: Option<&str>) -> Result<SealedKey, SamlError> {
    let mut parts = tree.children(key).peekable();
    let method = take(tree, &mut parts, "EncryptionMethod", "EncryptedKey")?;
    let (digest, mask) = transport(tree, method)?;
    // Whose key it is wrapped for is a hint that nobody reads: there are not many to try.
    parts.next_if(|node| tree.is(*node, SIGNATURE, "KeyInfo"));
    let value = take(tree, &mut parts, "CipherData", "EncryptedKey")?;
    let list = parts.next_if(|node| is(tree, *node, "ReferenceList"));
    let mut references = list.into_iter().flat_map(|list| tree.children(list));
    let named = |node| tree.attribute(node, "URI").and_then(|uri| uri.strip_prefix('#'));
    if references.any(|node| !is(tree, node, "DataReference") || data_id.is_none() || named(node) != data_id) {
        return Err(shape("ReferenceList"));
    }
    parts.next_if(|node| is(tree, *node, "CarriedKeyName"));
    if parts.next().is_some() || tree.has_loose_text(key) {
        return Err(shape("EncryptedKey"));
    }
    Ok(SealedKey { digest, mask, ciphertext: cipher_value(tree, value)? })
}

/// The digests of RSA-OAEP; what is not said is SHA-1 (XML Encryption 1.1 §5.5.2).
fn transport(tree: Tree<'_, '_>, method: NodeId) -> Result<(Digest, Digest), SamlError> {
    let found = tree.attribute(method, "Algorithm").unwrap_or("");
    match found {
        names::RSA_1_5 => return Err(SamlError::Rsa15),
        names::RSA_OAEP_MGF1P | names::RSA_OAEP => {}
        _ => return Err(SamlError::KeyTransport { found: found.to_owned() }),
    }
    let (mut digest, mut mask) = (None, None);
    for child in tree.children(method) {
        let named = tree.attribute(child, "Algorithm").unwrap_or("");
        let unknown = || SamlError::KeyTransport { found: format!("{found} with {named}") };
        let empty_params = is(tree, child, "OAEPparams") && tree.text(child).is_some_and(|text| text.trim().is_empty());
        if digest.is_none() && tree.is(child, SIGNATURE, "DigestMethod") {
            let known = [(names::SHA1, Digest::Sha1), (names::SHA256, Digest::Sha256)];
            digest = Some(known.iter().find(|(name, _)| *name == named).ok_or_else(unknown)?.1);
        } else if mask.is_none() && found == names::RSA_OAEP && tree.is(child, ENCRYPTION_11, "MGF") {
            let known = [(names::MGF1_SHA1, Digest::Sha1), (names::MGF1_SHA256, Digest::Sha256)];
            mask = Some(known.iter().find(|(name, _)| *name == named).ok_or_else(unknown)?.1);
        } else if !empty_params {
            return Err(shape("EncryptionMethod"));
        }
    }
    Ok((digest.unwrap_or(Digest::Sha1), mask.unwrap_or(Digest::Sha1)))
}

/// The octets of a CipherData; a CipherReference would be fetched.
fn cipher_value(tree: Tree<'_, '_>, data: NodeId) -> Result<Vec<u8>, SamlError> {
    let mut parts = tree.children(data).peekable();
    let value = take(tree, &mut parts, "CipherValue", "CipherData")?;
    if parts.next().is_some() || tree.has_loose_text(data) {
        return Err(shape("CipherData"));
    }
    let text: Option<String> = tree.sole_text(value).map(|text| text.split_ascii_whitespace().collect());
    text.and_then(|text| STRICT.decode(text).ok()).ok_or(shape("CipherValue"))
}

/// The next child, which must be this element.
fn take<I: Iterator<Item = NodeId>>(
    tree: Tree<'_, '_>,
    parts: &mut Peekable<I>,
    local: &str,
    place: &'static str,
) -> Result<NodeId, SamlError> {
    parts.next_if(|node| is(tree, *node, local)).ok_or(shape(place))
}

fn shape(place: &'static str) -> SamlError {
    SamlError::EncryptionShape { place }
}

fn is(tree: Tree<'_, '_>, node: NodeId, local: &str) -> bool {
    tree.is(node, ENCRYPTION, local)
}
