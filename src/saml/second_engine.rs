//! The second engine: xmlsec and libxml2 by way of samael, which must find the same signed bytes.
//!
//! It is C and lenient by itself: it recovers from broken XML, follows references and runs transforms. Nothing of
//! that can be reached from here, for it sees only documents that passed pre-flight and that a registered key has
//! signed, and only the certificate with which they verified.

use super::error::SamlError;
use super::key::SigningKey;
use super::preflight::{Frame, Signed};
use super::signed_info::prefix_list;
use super::tree::Tree;
use crate::trace::Trace;
use bergshamra_c14n::C14nMode;
use bergshamra_xml::nodeset::NodeSet;
use samael::crypto::{AllowedSignatureAlgorithm, CertificateDer, Crypto, CryptoProvider, ReduceMode};
use std::sync::{Mutex, PoisonError};
use uppsala::{Document, NodeId};

/// What a disagreement of the engines leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondEngine {
    /// The response is refused.
    Enforce,
    /// The flight record notes it.
    Report,
    /// The second engine is not asked.
    Off,
}

/// The library parses before it initialises, and its initialisation is not made for races: one document at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

const ALLOWED: &[AllowedSignatureAlgorithm] = &[
    AllowedSignatureAlgorithm::RsaSha256,
    AllowedSignatureAlgorithm::RsaSha384,
    AllowedSignatureAlgorithm::RsaSha512,
    AllowedSignatureAlgorithm::EcdsaSha256,
    AllowedSignatureAlgorithm::EcdsaSha384,
    AllowedSignatureAlgorithm::EcdsaSha512,
];

/// Compares the canonical bytes that both engines digest for the outermost signature, which covers all that is read.
pub(super) fn compare(
    mode: SecondEngine,
    xml: &str,
    document: &Document<'_>,
    frame: &Frame,
    key: &SigningKey,
    trace: &mut Trace,
) -> Result<(), SamlError> {
    if mode == SecondEngine::Off {
        return Ok(());
    }
    match agreement(xml, document, frame, key) {
        Ok(length) => {
            trace.pass("saml.second-engine", format_args!("{length} equal bytes"));
            Ok(())
        }
        Err(error) => {
            // Either engine has a hole, or somebody has found one: this never happens by itself.
            tracing::error!(request = %trace.id, %error, "the two SAML engines do not agree on an authenticated document");
            if mode == SecondEngine::Enforce {
                return Err(error);
            }
            trace.note("saml.second-engine", error);
            Ok(())
        }
    }
}

fn agreement(xml: &str, document: &Document<'_>, frame: &Frame, key: &SigningKey) -> Result<usize, SamlError> {
    // In document order an ancestor's signature may follow its descendant's; the root's is the outermost.
    let outermost = frame.signatures.iter().find(|signed| signed.parent == frame.root);
    let outermost = outermost.or(frame.signatures.first()).ok_or(SamlError::Unsigned)?;
    let ours = canonical(document, outermost).ok_or(SamlError::EnginesDisagree)?;
    let certificate = CertificateDer::from(key.certificate().to_vec());
    let theirs = {
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        Crypto::reduce_xml_to_signed_with_allowed_algorithms(xml, &[certificate], ReduceMode::PreDigest, Some(ALLOWED))
    };
    let theirs = theirs.map_err(|_| SamlError::SecondEngineRefused)?;
    if !ours.is_empty() && ours == theirs.as_bytes() { Ok(ours.len()) } else { Err(SamlError::EnginesDisagree) }
}

/// What the signature's digest is over: its parent without itself, in exclusive canonical form.
fn canonical(document: &Document<'_>, signed: &Signed) -> Option<Vec<u8>> {
    let tree = Tree(document);
    let mut nodes = NodeSet::tree_without_comments(signed.parent, document);
    let mut waiting = vec![signed.signature];
    while let Some(node) = waiting.pop() {
        nodes.remove_id(node);
        waiting.extend(document.children_iter(node));
    }
    let prefixes = inclusive_prefixes(tree, signed.signature);
    bergshamra_c14n::canonicalize_doc(document, C14nMode::Exclusive, Some(&nodes), &prefixes).ok()
}

/// The PrefixList of the Reference's canonicalisation transform.
fn inclusive_prefixes(tree: Tree<'_, '_>, signature: NodeId) -> Vec<String> {
    let transforms = tree.elements_below(signature).into_iter().find(|node| tree.local(*node) == "Transforms");
    let last = transforms.and_then(|transforms| tree.children(transforms).last());
    last.map(|transform| prefix_list(tree, transform)).unwrap_or_default()
}
