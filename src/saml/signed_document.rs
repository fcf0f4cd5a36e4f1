//! A parsed document, what pre-flight found in it, and the proof that a registered key signed it.

use super::error::SamlError;
use super::key::SigningKey;
use super::preflight::Frame;
use super::second_engine::{self, Witness};
use super::signature;
use super::tree::{self, NotADocument};
use crate::trace::Trace;
use uppsala::Document;

/// More attributes on one element than this is an attack on whoever compares them pairwise.
const MOST_ATTRIBUTES: usize = 64;
/// A tag that is no longer has no room for more.
const ROOM: usize = MOST_ATTRIBUTES * " a=''".len();

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
    if has_too_many_attributes(xml) {
        return Err(SamlError::TooManyNodes { what: "attributes" });
    }
    let document = tree::parse(xml).map_err(|error| match error {
        NotADocument::Doctype => SamlError::Doctype,
        NotADocument::TooDeep => SamlError::TooDeep,
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

/// Whether a tag may have more attributes than will be read, for the parser compares an element's attributes pairwise.
/// Text cannot raise it: only what follows a `<` before the next counts, and where `<!` or `<?` opens a comment, a section
/// of text or an instruction, no element begins.
pub(super) fn has_too_many_attributes(xml: &str) -> bool {
    let mut rest = xml;
    while let Some(near) = rest.as_bytes().get(..=ROOM) {
        // Backwards: where there is a `<`, all that ends before the last of them is short, and need not be looked at.
        if let Some(last) = near.iter().rposition(|byte| *byte == b'<') {
            rest = &rest[last + 1..];
            continue;
        }
        let (roomy, behind) = rest.split_once('<').unwrap_or((rest, ""));
        if !roomy.starts_with(['!', '?']) && equal_signs_before_close(roomy) > MOST_ATTRIBUTES {
            return true;
        }
        rest = behind;
    }
    false
}

/// How many `=` stand outside quoted values, up to the tag's end.
fn equal_signs_before_close(tag: &str) -> usize {
    let mut quote = None;
    let mut count = 0;
    for byte in tag.bytes() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => count += 1,
            (None, b'>') => break,
            (None, _) => {}
        }
    }
    count
}
