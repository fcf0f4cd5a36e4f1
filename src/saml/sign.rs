//! Signing XML: our own messages, and the development identity provider's assertions.

use super::names;
use super::tree::Tree;
use crate::words::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bergshamra_dsig::DsigContext;
use bergshamra_keys::KeysManager;
use uppsala::Document;

/// Why a document was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    #[error("the document is not well-formed XML")]
    Xml,
    #[error("no element has this ID")]
    NoSuchElement,
    #[error("the private key is not an RSA or EC key in PEM")]
    Key,
    #[error("the certificate is not one PEM certificate")]
    Certificate,
    #[error("the engine did not sign")]
    Engine,
}

/// Signs the element whose `ID` is `id` with an enveloped signature (exclusive canonicalisation, SHA-256, RSA or
/// ECDSA by the key) placed after its Issuer, and returns the whole document. The certificate goes into KeyInfo.
///
/// To sign both an assertion and its response, sign the assertion first.
pub fn sign_enveloped(xml: &str, id: &str, key_pem: &Secret, certificate_pem: &str) -> Result<String, SignError> {
    let key = bergshamra_keys::loader::load_pem_auto(key_pem.expose(), None).map_err(|_| SignError::Key)?;
    enveloped(xml, id, key, &certificate_text(certificate_pem)?)
}

/// [`sign_enveloped`] with a key that has been read, and the certificate as one line of base64.
pub(super) fn enveloped(
    xml: &str,
    id: &str,
    key: bergshamra_keys::Key,
    certificate: &str,
) -> Result<String, SignError> {
    let method = match key.algorithm_name() {
        "RSA" => names::RSA_SHA256,
        "EC-P256" => names::ECDSA_SHA256,
        "EC-P384" => names::ECDSA_SHA384,
        _ => return Err(SignError::Key),
    };
    let template = template(id, method, certificate);
    let mut document = uppsala::parse(xml).map_err(|_| SignError::Xml)?;
    let template = uppsala::parse(&template).map_err(|_| SignError::Xml)?;
    let signature = place(&mut document, &template, id)?;

    let mut keys = KeysManager::new();
    keys.add_key(key);
    bergshamra_dsig::sign::sign_document_node(&DsigContext::new(keys), &mut document, signature)
        .map_err(|_| SignError::Engine)?;
    Ok(document.to_xml())
}

/// The base64 text of a certificate in PEM, on one line.
pub(super) fn certificate_text(pem: &str) -> Result<String, SignError> {
    let body = pem.split_once("-----BEGIN CERTIFICATE-----").and_then(|(_, rest)| rest.split_once("-----END"));
    let text: String = body.ok_or(SignError::Certificate)?.0.split_whitespace().collect();
    STANDARD.decode(&text).map_err(|_| SignError::Certificate)?;
    Ok(text)
}

fn place(document: &mut Document<'_>, template: &Document<'_>, id: &str) -> Result<uppsala::NodeId, SignError> {
    let (element, after) = {
        let tree = Tree(document);
        let root = document.document_element().ok_or(SignError::Xml)?;
        let element = tree
            .elements_below(root)
            .into_iter()
            .find(|node| tree.attribute(*node, "ID") == Some(id))
            .ok_or(SignError::NoSuchElement)?;
        (element, tree.children(element).find(|child| tree.is(*child, names::ASSERTION, "Issuer")))
    };
    let root = template.document_element().ok_or(SignError::Xml)?;
    let signature = document.import_subtree(template, root).ok_or(SignError::Xml)?;
    match (after, document.first_child(element)) {
        (Some(issuer), _) => document.insert_after(element, signature, issuer),
        (None, Some(first)) => document.insert_before(element, signature, first),
        (None, None) => document.append_child(element, signature),
    }
    Ok(signature)
}

fn template(id: &str, method: &str, certificate: &str) -> String {
    let id = super::tree::escape(id);
    format!(
        "<ds:Signature xmlns:ds=\"{ns}\"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{exclusive}\"/>\
         <ds:SignatureMethod Algorithm=\"{method}\"/><ds:Reference URI=\"#{id}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{enveloped}\"/><ds:Transform Algorithm=\"{exclusive}\"/></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{digest}\"/><ds:DigestValue></ds:DigestValue></ds:Reference></ds:SignedInfo>\
         <ds:SignatureValue></ds:SignatureValue><ds:KeyInfo><ds:X509Data>\
         <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
        ns = names::SIGNATURE,
        exclusive = names::EXCLUSIVE,
        enveloped = names::ENVELOPED,
        digest = names::SHA256,
    )
}
