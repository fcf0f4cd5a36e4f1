//! From a form field to a tree, and from a tree to an authentic response.
//!
//! [`ResponseText::decode`] bounds and decodes, [`ResponseText::parse`] parses once. What it returns shows the issuer and
//! nothing else: enough to find the keys. [`UnverifiedResponse::authenticate`] consumes it: pre-flight, signature, second
//! engine, reading; all four on that one tree, which is made of slices of the text. An encrypted assertion, once
//! decrypted, is a document of its own that goes the same way. Encryption never stands in for a signature.

use super::decryption;
use super::decryption_key::DecryptionKeys;
use super::encryption_shape::Sealed;
use super::error::SamlError;
use super::key::SigningKey;
use super::preflight::{self, Body, Frame, Parts};
use super::reading;
use super::second_engine::Witness;
use super::signed_document::{SignedDocument, parse};
use super::statement::{Envelope, Statement};
use super::tree::Tree;
use super::white_space;
use crate::trace::Trace;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::fmt;
use uppsala::Document;

/// The longest form field, in base64 characters (STS: SAMLAssertion).
pub(super) const LONGEST_FIELD: usize = 100_000;

/// Canonical padding and no stray bits: one message has one spelling but for its line breaks.
pub(super) const STRICT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// What stood in the form field.
pub struct ResponseText(String);

/// A response that nobody has verified. It says whose key to look for, and that may be a lie.
pub struct UnverifiedResponse<'t> {
    xml: &'t str,
    document: Document<'t>,
    parts: Parts,
    issuer: String,
}

/// A response whose signature held with a registered key. Whether it is meant for us, now, is not known yet.
pub struct AuthenticResponse {
    pub(super) key_fingerprint: String,
    /// `None` of an assertion that came without a response around it.
    pub(super) envelope: Option<Envelope>,
    pub(super) statement: Statement,
    pub(super) encrypted: bool,
}

impl ResponseText {
    /// Reads the `SAMLResponse` form field (SAML bindings §3.5.4): standard base64, line breaks allowed, of XML in
    /// UTF-8, at most 100,000 characters.
    pub fn decode(form_value: &str) -> Result<Self, SamlError> {
        decoded(form_value).map(Self)
    }

    /// Reads the subject token of a token exchange (RFC 8693 §3, RFC 7522 §2.1): base64url without padding, of XML in
    /// UTF-8, at most 100,000 characters.
    pub fn decode_token(token: &str) -> Result<Self, SamlError> {
        if token.len() > LONGEST_FIELD {
            return Err(SamlError::TooLong { length: token.len() });
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| SamlError::Base64)?;
        white_space::text(bytes).map(Self)
    }

    /// Parses a response, and finds the issuer.
    pub fn parse(&self) -> Result<UnverifiedResponse<'_>, SamlError> {
        let document = parse(&self.0)?;
        let parts = preflight::parts(Tree(&document))?;
        self.of(document, parts)
    }

    /// The same of an assertion, with a response around it or without. Only where no browser brings it: what a response
    /// says of request and destination, a bare assertion leaves to its subject's confirmation.
    pub fn parse_either(&self) -> Result<UnverifiedResponse<'_>, SamlError> {
        let document = parse(&self.0)?;
        let tree = Tree(&document);
        let parts = if preflight::is_bare(tree) { preflight::bare(tree)? } else { preflight::parts(tree)? };
        self.of(document, parts)
    }

    fn of<'t>(&'t self, document: Document<'t>, parts: Parts) -> Result<UnverifiedResponse<'t>, SamlError> {
        let issuer = preflight::issuer(Tree(&document), &parts)?;
        Ok(UnverifiedResponse { xml: &self.0, document, parts, issuer })
    }
}

impl UnverifiedResponse<'_> {
    /// Which identity provider's keys to try: the Issuer of the assertion, or of the Response where the assertion is
    /// encrypted.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Verifies the signatures with `keys` and nothing else, and reads what they cover.
    ///
    /// If the response and the assertion are both signed, both must hold with the same key.
    pub fn authenticate(
        self,
        keys: &[SigningKey],
        decryption: &DecryptionKeys,
        witness: Option<&Witness>,
        trace: &mut Trace,
    ) -> Result<AuthenticResponse, SamlError> {
        let frame = preflight::response(Tree(&self.document), &self.parts)?;
        trace.pass("saml.preflight", frame.describe());
        let outer = SignedDocument { xml: self.xml, document: &self.document, frame };
        let Frame { root, body, .. } = &outer.frame;
        let proving = Proving { keys, decryption, witness };
        let (key, statement) = match body {
            Body::Assertion { .. } => {
                let key = outer.prove(keys, witness, trace)?;
                let statement = proving.read(&outer, trace)?;
                (key, statement)
            }
            Body::Sealed(sealed) => proving.open(&outer, sealed, trace)?,
        };
        if statement.issuer != self.issuer {
            return Err(SamlError::Issuer { response: self.issuer, assertion: statement.issuer });
        }
        let tree = Tree(&self.document);
        let envelope = match preflight::is_bare(tree) {
            true => None,
            false => Some(reading::envelope(tree, *root, outer.frame.root_signed())?),
        };
        trace.pass("saml.reading", format_args!("assertion {}", statement.id));
        let encrypted = matches!(body, Body::Sealed(_));
        Ok(AuthenticResponse { key_fingerprint: key.fingerprint().to_owned(), envelope, statement, encrypted })
    }
}

/// With what a response is proved.
struct Proving<'a> {
    keys: &'a [SigningKey],
    decryption: &'a DecryptionKeys,
    witness: Option<&'a Witness>,
}

impl Proving<'_> {
    /// Decrypts the assertion, and verifies it after as if it had come in the clear: a signature around the ciphertext,
    /// or one inside, or both by one key.
    fn open(
        &self,
        outer: &SignedDocument<'_>,
        sealed: &Sealed,
        trace: &mut Trace,
    ) -> Result<(SigningKey, Statement), SamlError> {
        let signed = outer.frame.root_signed();
        if sealed.needs_signature() && !signed {
            return Err(SamlError::CbcUnsigned);
        }
        let around = if signed { Some(outer.prove(self.keys, self.witness, trace)?) } else { None };
        let plaintext = decryption::open(sealed, self.decryption, trace)?;
        let xml = plaintext.expose_str().ok_or(SamlError::Decryption)?;
        let document = parse(xml).map_err(|_| SamlError::Decryption)?;
        let frame = preflight::assertion(Tree(&document))?;
        trace.pass("saml.preflight", frame.describe());
        let inner = SignedDocument { xml, document: &document, frame };
        let key = match around {
            Some(key) if inner.frame.signatures.is_empty() => key,
            Some(key) => inner.prove(&[key], self.witness, trace)?,
            None => inner.prove(self.keys, self.witness, trace)?,
        };
        let statement = self.read(&inner, trace)?;
        Ok((key, statement))
    }

    /// Reads the assertion of a document that is proved.
    fn read(&self, proved: &SignedDocument<'_>, trace: &mut Trace) -> Result<Statement, SamlError> {
        let Body::Assertion { assertion, sealed_name } = &proved.frame.body else {
            return Err(SamlError::AssertionCount { count: 0 });
        };
        let name_id =
            sealed_name.as_ref().map(|sealed| decryption::name_id(sealed, self.decryption, trace)).transpose()?;
        reading::statement(Tree(proved.document), *assertion, name_id)
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

/// A response that somebody saved, as base64 or XML, as the form field that it was.
pub fn response_field(text: &str) -> String {
    let text = text.trim();
    if text.starts_with('<') { STRICT.encode(text) } else { text.to_owned() }
}

/// The text of a message's form field.
pub(super) fn decoded(form_value: &str) -> Result<String, SamlError> {
    if form_value.len() > LONGEST_FIELD {
        return Err(SamlError::TooLong { length: form_value.len() });
    }
    // Few senders break lines, and who does is found out at the first.
    let unbroken = || form_value.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect::<Vec<u8>>();
    let bytes = STRICT.decode(form_value).or_else(|_| STRICT.decode(unbroken()));
    white_space::text(bytes.map_err(|_| SamlError::Base64)?)
}
