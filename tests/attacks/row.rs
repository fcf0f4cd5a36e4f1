//! A row of the corpus, and the good document that each row is made from.

use super::table::ACCEPTED;
use super::traps::Traps;
use super::world;
use crate::front::unsigned;
use crate::house::House;
use crate::saml_encrypted::Encryptor;
use crate::saml_identity::{RSA, STRANGER, changed, element, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// One document, and how each surface answers it.
pub(super) struct Row {
    /// The row of the threat catalogue (A1 … D7), or `honest`.
    pub(super) threat: &'static str,
    pub(super) name: String,
    /// The advisory, paper or section where it is described.
    pub(super) reference: &'static str,
    /// The form field.
    pub(super) paper: Box<dyn Fn(&Good) -> String + Send + Sync>,
    pub(super) acs: &'static str,
    pub(super) api: &'static str,
    /// The sign-in was begun at the identity provider, so there is no request to answer.
    pub(super) unasked: bool,
    /// The name of the provider that the person chose.
    pub(super) provider: &'static str,
}

impl Row {
    /// The API answers otherwise than the ACS.
    pub(super) fn api(mut self, code: &'static str) -> Self {
        self.api = code;
        self
    }

    pub(super) fn unasked(mut self) -> Self {
        self.unasked = true;
        self
    }

    pub(super) fn through(mut self, name: &'static str) -> Self {
        self.provider = name;
        self
    }
}

/// A document that is made from the good one by `xml`, and the code of its refusal.
pub(super) fn hostile(
    threat: &'static str,
    name: impl Into<String>,
    reference: &'static str,
    code: &'static str,
    xml: impl Fn(&Good) -> String + Send + Sync + 'static,
) -> Row {
    posted(threat, name, reference, code, move |good| STANDARD.encode(xml(good)))
}

/// A form field that is not the plain base64 of a document.
pub(super) fn posted(
    threat: &'static str,
    name: impl Into<String>,
    reference: &'static str,
    code: &'static str,
    paper: impl Fn(&Good) -> String + Send + Sync + 'static,
) -> Row {
    let (name, paper) = (name.into(), Box::new(paper));
    Row { threat, name, reference, paper, acs: code, api: code, unasked: false, provider: "corp" }
}

/// The signed document with a change that somebody without the key made.
pub(super) fn after(
    threat: &'static str,
    name: impl Into<String>,
    reference: &'static str,
    code: &'static str,
    from: &'static str,
    to: impl Into<String>,
) -> Row {
    let to = to.into();
    hostile(threat, name, reference, code, move |good| changed(&good.signed(), from, &to))
}

/// A genuine document that says something else.
pub(super) fn before(
    threat: &'static str,
    name: impl Into<String>,
    reference: &'static str,
    code: &'static str,
    from: &'static str,
    to: impl Into<String>,
) -> Row {
    let to = to.into();
    hostile(threat, name, reference, code, move |good| good.sign(&changed(&good.xml, from, &to)))
}

/// A document that honest identity providers send.
pub(super) fn honest(
    name: &str,
    reference: &'static str,
    xml: impl Fn(&Good) -> String + Send + Sync + 'static,
) -> Row {
    hostile("honest", name, reference, ACCEPTED, xml)
}

/// The good response: alice, of this identity provider, to this house, now.
pub(super) struct Good {
    /// Unsigned.
    pub(super) xml: String,
    /// The assertion's ID.
    pub(super) id: String,
    pub(super) acs: String,
    pub(super) audience: String,
    /// The request that it answers.
    pub(super) request: String,
    /// A URL and a file at which somebody would see whoever looked.
    pub(super) canary: String,
    pub(super) trap: String,
    /// Encrypts to this house.
    pub(super) encryptor: Encryptor,
}

impl Good {
    /// `request` is empty for an answer that nobody asked for.
    pub(super) fn new(house: &House, number: &str, request: &str, provider: &str, traps: &Traps) -> Self {
        let mut xml = unsigned(house, number);
        if provider != "corp" {
            xml = changed(&xml, &world::entity("corp"), &world::entity(provider));
            xml = changed(&xml, &world::provider("corp"), &world::provider(provider));
            xml = changed(&xml, &world::role("corp"), &world::role(provider));
        }
        if !request.is_empty() {
            let answers = format!(" InResponseTo=\"{request}\"");
            xml = changed(&xml, " Destination=", &format!("{answers} Destination="));
            xml = changed(&xml, " Recipient=", &format!("{answers} Recipient="));
        }
        Self {
            xml,
            id: format!("_assertion-{number}"),
            acs: house.url("/saml/acs"),
            audience: house.url("/saml/metadata"),
            request: request.to_owned(),
            canary: traps.url(),
            trap: traps.file(),
            encryptor: Encryptor::by_directory(&house.directory.path().join("keys")),
        }
    }

    /// Any document with the assertion signed.
    pub(super) fn sign(&self, xml: &str) -> String {
        sign(xml, &self.id, &RSA)
    }

    /// The good response as it is accepted.
    pub(super) fn signed(&self) -> String {
        self.sign(&self.xml)
    }

    /// The good response with its own signature and none on the assertion.
    pub(super) fn response_signed(&self) -> String {
        sign(&self.xml, "_response", &RSA)
    }

    /// Signed by somebody whom nobody registered.
    pub(super) fn by_a_stranger(&self) -> String {
        sign(&self.xml, &self.id, &STRANGER)
    }

    /// The genuine assertion about somebody else, unsigned, with its own ID.
    pub(super) fn forged(&self) -> String {
        element(&self.xml, "saml:Assertion").replace(&self.id, "_forged").replace("alice@", "mallory@")
    }
}

pub(super) fn assertion_in(xml: &str) -> String {
    element(xml, "saml:Assertion").to_owned()
}

pub(super) fn signature_in(xml: &str) -> String {
    element(xml, "ds:Signature").to_owned()
}
