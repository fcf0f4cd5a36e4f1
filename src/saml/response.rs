//! From a form field to a tree, and from a tree to an authentic response.
//!
//! [`UnverifiedResponse::decode`] bounds, decodes and parses once. What it returns shows the issuer and nothing else:
//! enough to find the keys. [`UnverifiedResponse::authenticate`] consumes it: pre-flight, signature, second engine,
//! reading; all four on that one tree.

use super::error::SamlError;
use super::key::SigningKey;
use super::second_engine::{self, Witness};
use super::statement::{Envelope, Statement};
use super::tree::{self, NotADocument, Tree};
use super::{preflight, reading, signature};
use crate::trace::Trace;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::fmt;
use uppsala::Document;

/// The longest form field, in base64 characters (STS: SAMLAssertion).
pub(super) const LONGEST_FIELD: usize = 100_000;
/// More attributes on one element than this is an attack on whoever compares them pairwise.
const MOST_ATTRIBUTES: usize = 64;

/// Canonical padding and no stray bits: one message has one spelling but for its line breaks.
pub(super) const STRICT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// A response that nobody has verified. It says whose key to look for, and that may be a lie.
pub struct UnverifiedResponse {
    xml: String,
    document: Document<'static>,
    issuer: String,
}

/// A response whose signature held with a registered key. Whether it is meant for us, now, is not known yet.
pub struct AuthenticResponse {
    pub(super) key_fingerprint: String,
    pub(super) envelope: Envelope,
    pub(super) statement: Statement,
}

impl UnverifiedResponse {
    /// Reads the `SAMLResponse` form field (SAML bindings §3.5.4): standard base64, line breaks allowed, of XML in
    /// UTF-8, at most 100,000 characters.
    pub fn decode(form_value: &str) -> Result<Self, SamlError> {
        let xml = decoded(form_value)?;
        let document = document(&xml)?;
        let issuer = preflight::issuer(Tree(&document))?;
        Ok(Self { xml, document, issuer })
    }

    /// The assertion's Issuer: which identity provider's keys to try.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Verifies the signatures with `keys` and nothing else, and reads what they cover.
    ///
    /// If the response and the assertion are both signed, both must hold with the same key.
    pub fn authenticate(
        self,
        keys: &[SigningKey],
        witness: Option<&Witness>,
        trace: &mut Trace,
    ) -> Result<AuthenticResponse, SamlError> {
        let tree = Tree(&self.document);
        let frame = preflight::check(tree)?;
        trace.pass("saml.preflight", frame.describe());
        let key = signature::verify(&self.document, &frame.signatures, keys)?;
        trace.pass("saml.signature", format_args!("{:?} key {}", key.family(), key.fingerprint()));
        let outermost = frame.outermost().ok_or(SamlError::Unsigned)?;
        second_engine::compare(witness, &self.xml, &self.document, outermost, &key, trace)?;
        let statement = reading::statement(tree, frame.assertion)?;
        let envelope = reading::envelope(tree, frame.response, frame.response_signed())?;
        trace.pass("saml.reading", format_args!("assertion {}", statement.id));
        Ok(AuthenticResponse { key_fingerprint: key.fingerprint().to_owned(), envelope, statement })
    }
}

impl AuthenticResponse {
    /// Which registered key verified.
    pub fn key_fingerprint(&self) -> &str {
        &self.key_fingerprint
    }

    /// The issuer that the signature covers.
    pub fn entity_id(&self) -> &str {
        &self.statement.issuer
    }
}

impl fmt::Debug for AuthenticResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthenticResponse({} from {})", self.statement.id, self.statement.issuer)
    }
}

/// The text of a message's form field.
pub(super) fn decoded(form_value: &str) -> Result<String, SamlError> {
    if form_value.len() > LONGEST_FIELD {
        return Err(SamlError::TooLong { length: form_value.len() });
    }
    let text: String = form_value.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let bytes = STRICT.decode(text).map_err(|_| SamlError::Base64)?;
    String::from_utf8(bytes).map_err(|_| SamlError::Encoding)
}

/// The one parse of a message.
pub(super) fn document(xml: &str) -> Result<Document<'static>, SamlError> {
    if has_too_many_attributes(xml) {
        return Err(SamlError::TooManyNodes { what: "attributes" });
    }
    let document = tree::parse(xml).map_err(|error| match error {
        NotADocument::Doctype => SamlError::Doctype,
        NotADocument::TooDeep => SamlError::TooDeep,
        NotADocument::Malformed { .. } => SamlError::Malformed,
    })?;
    let document = document.into_static();
    if let Some(declaration) = &document.xml_declaration {
        let utf8 = declaration.encoding.as_deref().is_none_or(|name| name.eq_ignore_ascii_case("utf-8"));
        if declaration.version != "1.0" || !utf8 {
            return Err(SamlError::Encoding);
        }
    }
    Ok(document)
}

/// Whether a tag may have more attributes than will be read, in one pass over the bytes, for the parser compares an
/// element's attributes pairwise. Text cannot raise it: only what follows a `<` before the next counts.
pub(super) fn has_too_many_attributes(xml: &str) -> bool {
    xml.split('<').map(equal_signs_before_close).any(|count| count > MOST_ATTRIBUTES)
}

/// Counts `="` and `='`-like beginnings outside quoted values, up to the tag's end.
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
