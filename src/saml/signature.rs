//! The first engine: bergshamra over aws-lc, with pinned keys only.

use super::error::SamlError;
use super::key::SigningKey;
use super::preflight::Signed;
use super::signed_info::{SignedInfo, fits};
use bergshamra_dsig::verify::verify_all_document;
use bergshamra_dsig::{DsigContext, VerifyResult};
use bergshamra_keys::KeysManager;
use uppsala::Document;

/// Returns the one key with which every signature of the document holds.
///
/// Each distinct key that fits is tried alone, so that the key that verified is known and is the same for all.
pub(super) fn verify(
    document: &Document<'_>,
    signatures: &[Signed],
    keys: &[SigningKey],
) -> Result<SigningKey, SamlError> {
    if keys.is_empty() {
        return Err(SamlError::NoKeys);
    }
    let infos: Option<Vec<SignedInfo<'_>>> =
        signatures.iter().map(|signed| SignedInfo::read(document, signed)).collect();
    let infos = infos.ok_or(SamlError::Signature { tried: 0 })?;
    let mut tried: Vec<&SigningKey> = Vec::new();
    for key in keys {
        let fits = signatures.iter().all(|signed| fits(key.family(), &signed.method));
        if !fits || tried.contains(&key) {
            continue;
        }
        tried.push(key);
        if !infos.iter().all(|info| info.is_signed_by(key)) {
            continue;
        }
        if holds(document, signatures, key)? {
            return Ok(key.clone());
        }
    }
    if tried.is_empty() {
        let method = signatures.first().map_or_else(String::new, |signed| signed.method.clone());
        return Err(SamlError::KeyFamily { method });
    }
    Err(SamlError::Signature { tried: tried.len() })
}

fn holds(document: &Document<'_>, signatures: &[Signed], key: &SigningKey) -> Result<bool, SamlError> {
    let mut manager = KeysManager::new();
    manager.add_key(key.engine_key());
    // The engine's own defaults: keys from the manager only, references to ancestors only, digests always computed.
    let Ok(results) = verify_all_document(&DsigContext::new(manager), document) else { return Ok(false) };
    if results.len() != signatures.len() {
        return Err(SamlError::SignatureCoverage);
    }
    for signed in signatures {
        let result = results.iter().find_map(|result| match result {
            VerifyResult::Valid { signature_node, references, .. } if *signature_node == signed.signature => {
                Some(references)
            }
            _ => None,
        });
        let Some(references) = result else { return Ok(false) };
        match &references[..] {
            [only] if only.digest_verified && only.resolved_node == Some(signed.parent) => {}
            _ => return Err(SamlError::SignatureCoverage),
        }
    }
    Ok(true)
}
