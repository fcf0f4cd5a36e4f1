//! A parsed document, what pre-flight found in it, and the proof that a registered key signed it.

use super::bounds::OF_MESSAGES;
use super::error::SamlError;
use super::key::SigningKey;
use super::preflight::Frame;
use super::second_engine::{self, Witness};
use super::signature;
use super::tree::{self, NotADocument};
use crate::trace::Trace;
use uppsala::Document;

/// One parse for all: the tree that pre-flight looked at is the tree that is verified and read. A response is one, and
/// what comes out of an EncryptedAssertion is another.
pub(super) struct SignedDocument<'d> {
    pub(super) xml: &'d str,
    pub(super) document: &'d Document<'d>,
    pub(super) frame: Frame,
}

impl SignedDocument<'_> {
    /// Verifies every signature in it, of which there must be one, with one of `keys`, and has the second engine look
    /// at the outermost.
    pub(super) fn prove(
        &self,
        keys: &[SigningKey],
        witness: Option<&Witness>,
        trace: &mut Trace,
    ) -> Result<SigningKey, SamlError> {
        let proof = signature::verify(self.document, &self.frame.signatures, keys)?;
        trace.pass("saml.signature", format_args!("{:?} key {}", proof.key.family(), proof.key.fingerprint()));
        second_engine::compare(witness, self.xml, self.document, &proof, trace)?;
        Ok(proof.key)
    }
}

/// The one parse of a message: XML 1.0 in UTF-8, within bounds.
pub(super) fn parse(xml: &str) -> Result<Document<'_>, SamlError> {
    let document = tree::parse(xml, &OF_MESSAGES).map_err(|error| match error {
        NotADocument::Doctype => SamlError::Doctype,
        NotADocument::TooDeep => SamlError::TooDeep,
        NotADocument::TooMany { what } => SamlError::TooManyNodes { what },
        NotADocument::NamespaceName => SamlError::NamespaceName,
        NotADocument::Malformed { .. } => SamlError::Malformed,
    })?;
    if let Some(declaration) = &document.xml_declaration {
        let utf8 = declaration.encoding.as_deref().is_none_or(|name| name.eq_ignore_ascii_case("utf-8"));
        if declaration.version != "1.0" || !utf8 {
            return Err(SamlError::Encoding);
        }
    }
    Ok(document)
}
