//! The second engine: xmlsec and libxml2 by way of samael, which must find the same signed bytes.
//!
//! It is C and lenient by itself: it recovers from broken XML, follows references and runs transforms. Nothing of
//! that can be reached from here, for it sees only documents that passed pre-flight and that a registered key has
//! signed, and only the certificate with which they verified. And it runs elsewhere, in a process that has nothing:
//! [`Witness`] asks for its bytes, [`signed_bytes`] is what that process computes.

use super::error::SamlError;
use super::signature::Proof;
use super::structure;
use super::tree::Tree;
use crate::metrics::{Metrics, SecondOpinion};
use crate::trace::Trace;
use samael::crypto::{AllowedSignatureAlgorithm, CertificateDer, Crypto, CryptoProvider, ReduceMode};
use std::sync::Arc;
use uppsala::Document;

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

/// Why the second engine gave no bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// It does not verify the document.
    Refused,
    /// The document took it longer than any honest one does.
    TooLate,
    /// It ended over the document, or could not be asked.
    Broken,
}

/// Asks the second engine: a certificate, and the document that verified with it.
pub type Ask = Arc<dyn Fn(&[u8], &str) -> Result<Vec<u8>, NoAnswer> + Send + Sync>;

/// The second engine as the verifier knows it.
#[derive(Clone)]
pub struct Witness {
    pub ask: Ask,
    /// Whether a response on which the engines do not agree is refused, or only reported.
    pub enforced: bool,
    pub metrics: Arc<Metrics>,
}

const ALLOWED: &[AllowedSignatureAlgorithm] = &[
    AllowedSignatureAlgorithm::RsaSha256,
    AllowedSignatureAlgorithm::RsaSha384,
    AllowedSignatureAlgorithm::RsaSha512,
    AllowedSignatureAlgorithm::EcdsaSha256,
    AllowedSignatureAlgorithm::EcdsaSha384,
    AllowedSignatureAlgorithm::EcdsaSha512,
];

/// The canonical bytes that xmlsec digests for the outermost signature of `xml`, if it verifies with `certificate`.
///
/// For one thread only: the library parses before it initialises, and its initialisation is not made for races. Never
/// called in the process that holds keys.
pub fn signed_bytes(certificate: &[u8], xml: &str) -> Option<Vec<u8>> {
    let certificate = CertificateDer::from(certificate.to_vec());
    let mode = ReduceMode::PreDigest;
    let signed = Crypto::reduce_xml_to_signed_with_allowed_algorithms(xml, &[certificate], mode, Some(ALLOWED));
    signed.ok().map(String::into_bytes)
}

/// Compares the canonical bytes that both engines digest for the outermost signature, which covers all that is read.
pub(super) fn compare(
    witness: Option<&Witness>,
    xml: &str,
    document: &Document<'_>,
    proof: &Proof,
    trace: &mut Trace,
) -> Result<(), SamlError> {
    let Some(witness) = witness else { return Ok(()) };
    let ours = &proof.octets;
    let theirs = (witness.ask)(proof.key.certificate(), xml);
    let (opinion, error) = match &theirs {
        Ok(theirs) if ours == theirs => {
            witness.metrics.second_opinion(SecondOpinion::Agreed);
            trace.pass("saml.second-engine", format_args!("{} equal bytes", ours.len()));
            return Ok(());
        }
        Ok(_) => (SecondOpinion::Disagreed, SamlError::EnginesDisagree),
        Err(NoAnswer::Refused) => (SecondOpinion::Refused, SamlError::SecondEngineRefused),
        Err(NoAnswer::TooLate) => (SecondOpinion::TooLate, SamlError::SecondEngineTooLate),
        Err(NoAnswer::Broken) => (SecondOpinion::Failed, SamlError::SecondEngineFailed),
    };
    witness.metrics.second_opinion(opinion);
    let structure = structure::redacted(Tree(document), proof.signed, ours, theirs.as_deref().ok());
    // Either engine has a hole, or somebody has found one: this never happens by itself.
    tracing::error!(request = %trace.id, %error, structure = structure.join("; "), "the two SAML engines do not agree on an authenticated document");
    for line in structure {
        trace.note("saml.second-engine.structure", line);
    }
    if witness.enforced {
        return Err(error);
    }
    trace.note("saml.second-engine", error);
    Ok(())
}
