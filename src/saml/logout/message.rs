//! From what the browser brought to an authentic message.

use super::LogoutError;
use super::confirm::{AuthenticRequest, AuthenticResponse};
use super::query::SignedQuery;
use crate::saml::names::{ASSERTION, PROTOCOL, SIGNATURE};
use crate::saml::preflight;
use crate::saml::signature_shape::{self, Signed};
use crate::saml::tree::Tree;
use crate::saml::{
    DecryptionKeys, SamlError, SigningKey, Witness, decryption, encryption_shape, reading, response, second_engine,
    signature, signed_document,
};
use crate::trace::Trace;
use uppsala::{Document, NodeId};

/// RelayState has at most this many bytes (SAML bindings §3.4.3).
const LONGEST_RELAY_STATE: usize = 80;

/// What came to the single logout service.
#[derive(Clone)]
pub enum Carried {
    /// The query as it was sent.
    Query(String),
    /// The decoded form.
    Form { request: Option<String>, response: Option<String>, relay_state: Option<String> },
}

/// The text of a logout message, and what was sent along with it.
pub struct MessageText {
    xml: String,
    /// Whether it is a request.
    asks: bool,
    relay_state: Option<String>,
    /// The redirect binding's signature; by POST it stands inside.
    query: Option<SignedQuery>,
}

/// A logout message that nobody has verified. It says whose key to look for, and that may be a lie.
pub struct UnverifiedMessage<'t> {
    text: &'t MessageText,
    document: Document<'t>,
    issuer: String,
}

/// A message whose signature held with a registered key. Whether it is meant for us, now, is not known yet.
pub enum AuthenticMessage {
    Request(AuthenticRequest),
    Response(AuthenticResponse),
}

impl AuthenticMessage {
    /// Which registered key verified.
    pub fn key_fingerprint(&self) -> &str {
        match self {
            Self::Request(request) => request.key_fingerprint(),
            Self::Response(response) => response.key_fingerprint(),
        }
    }
}

impl MessageText {
    pub fn decode(carried: &Carried) -> Result<Self, LogoutError> {
        let (field, xml, relay_state, query) = match carried {
            Carried::Query(raw) => {
                let query = SignedQuery::read(raw)?;
                (query.field, query.xml.clone(), query.relay_state.clone(), Some(query))
            }
            Carried::Form { request, response, relay_state } => {
                let (field, value) = match (request, response) {
                    (Some(value), None) => ("SAMLRequest", value),
                    (None, Some(value)) => ("SAMLResponse", value),
                    _ => return Err(LogoutError::Form),
                };
                (field, response::decoded(value)?, relay_state.clone(), None)
            }
        };
        if let Some(length) = relay_state.as_ref().map(String::len).filter(|length| *length > LONGEST_RELAY_STATE) {
            return Err(LogoutError::RelayState { length });
        }
        Ok(Self { xml, asks: field == "SAMLRequest", relay_state, query })
    }

    /// What the other side wants to hear again; nobody vouches for it.
    pub fn relay_state(&self) -> Option<&str> {
        self.relay_state.as_deref()
    }

    /// Parses the message, and finds the issuer.
    pub fn parse(&self) -> Result<UnverifiedMessage<'_>, LogoutError> {
        let document = signed_document::parse(&self.xml)?;
        let issuer = issuer(Tree(&document), if self.asks { "LogoutRequest" } else { "LogoutResponse" })?;
        Ok(UnverifiedMessage { text: self, document, issuer })
    }
}

impl UnverifiedMessage<'_> {
    /// Which identity provider's keys to try.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Verifies the signature with `keys` and nothing else, and reads what it covers; a name in ciphertext is opened last.
    pub fn authenticate(
        self,
        keys: &[SigningKey],
        decryption: &DecryptionKeys,
        second: Option<&Witness>,
        trace: &mut Trace,
    ) -> Result<AuthenticMessage, LogoutError> {
        let MessageText { xml, asks, query, .. } = self.text;
        let tree = Tree(&self.document);
        let root = self.document.document_element().ok_or(SamlError::Malformed)?;
        let elements = tree.elements_below(root);
        preflight::plain(tree, &elements, &[root])?;
        let names_somebody = |above: &[NodeId]| *asks && above.first() == Some(&root);
        let sealed = preflight::sealed_part(tree, &elements, None, names_somebody)?;
        let sealed = sealed.map(|node| encryption_shape::read(tree, node)).transpose()?;
        let key = match query {
            Some(query) => of_query(query, keys)?,
            None => {
                let signed = sole_signature(tree, root, &elements)?;
                trace.pass("saml.preflight", "message signed");
                let proof = signature::verify(&self.document, &[signed], keys)?;
                second_engine::compare(second, xml, &self.document, &proof, trace)?;
                proof.key
            }
        };
        trace.pass("saml.signature", format_args!("{:?} key {}", key.family(), key.fingerprint()));
        let signature: &[(&str, &str)] = if query.is_none() { &[(SIGNATURE, "Signature")] } else { &[] };
        let common = [(ASSERTION, "Issuer"), (PROTOCOL, "Extensions")];
        let own: &[(&str, &str)] = if *asks {
            &[(ASSERTION, "NameID"), (ASSERTION, "EncryptedID"), (PROTOCOL, "SessionIndex")]
        } else {
            &[(PROTOCOL, "Status")]
        };
        reading::only(tree, root, &[&common[..], signature, own].concat())?;
        Ok(if *asks {
            let opened = sealed.map(|sealed| decryption::name_id(&sealed, decryption, trace)).transpose()?;
            AuthenticMessage::Request(AuthenticRequest::read(tree, root, key.fingerprint(), opened)?)
        } else {
            AuthenticMessage::Response(AuthenticResponse::read(tree, root, key.fingerprint())?)
        })
    }
}

/// The message's own Issuer, after the rules that make it the message that its field promises.
fn issuer(tree: Tree<'_, '_>, expected: &'static str) -> Result<String, LogoutError> {
    let root = tree.0.document_element().ok_or(SamlError::Malformed)?;
    if !tree.is(root, PROTOCOL, expected) {
        return Err(LogoutError::Root { found: tree.name(root), expected });
    }
    let [issuer] = tree.named(root, ASSERTION, "Issuer")[..] else { return Err(LogoutError::IssuerMissing) };
    tree.text(issuer).filter(|text| !text.is_empty()).ok_or(LogoutError::IssuerMissing)
}

/// Each distinct key that fits is asked once.
fn of_query(query: &SignedQuery, keys: &[SigningKey]) -> Result<SigningKey, LogoutError> {
    if keys.is_empty() {
        return Err(SamlError::NoKeys.into());
    }
    let fitting: Vec<&SigningKey> =
        keys.iter().filter(|key| crate::saml::signature_method::fits(key.family(), query.method())).collect();
    if fitting.is_empty() {
        return Err(SamlError::KeyFamily { method: query.method().to_owned() }.into());
    }
    let found = fitting.iter().find(|key| query.is_signed_by(key));
    found.map(|key| (*key).clone()).ok_or(SamlError::Signature { tried: fitting.len() }.into())
}

fn sole_signature(tree: Tree<'_, '_>, root: NodeId, elements: &[NodeId]) -> Result<Signed, SamlError> {
    let found: Vec<NodeId> = elements.iter().copied().filter(|node| tree.local(*node) == "Signature").collect();
    let [signature] = found[..] else {
        let (parent, count) = (tree.name(root), found.len());
        return Err(if count == 0 { SamlError::Unsigned } else { SamlError::SignatureCount { parent, count } });
    };
    if tree.0.parent(signature) != Some(root) || !tree.is(signature, SIGNATURE, "Signature") {
        let parent = tree.0.parent(signature).map(|parent| tree.name(parent)).unwrap_or_default();
        return Err(SamlError::SignaturePlace { parent });
    }
    signature_shape::read(tree, signature, root)
}
