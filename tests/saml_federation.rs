//! Our side of the federation: requests, metadata and keys.

use crate::saml_identity::*;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::saml::request::{authn_request_redirect, new_request_id};
use gatehouse::saml::{ServiceProvider, metadata};
use gatehouse::words::Secret;
use std::io::Read;
use url::Url;

fn ourselves(entity_id: &str) -> ServiceProvider {
    let generated = ServiceProvider::generate(entity_id, NOW).expect("generated");
    ServiceProvider::from_pem(entity_id, ACS, &generated.key_pem, &generated.certificate_pem).expect("usable")
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).expect("a URL");
    let mut found = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let first = found.next();
    assert!(found.next().is_none(), "{name} occurs once");
    first
}

#[test]
fn an_authn_request_is_deflated_escaped_and_signed() {
    let entity_id = "https://gate.example/?a=1&b=\"<2>\"";
    let ourselves = ourselves(entity_id);
    for (sso, start) in [
        ("https://idp.example/sso", "https://idp.example/sso?SAMLRequest="),
        ("https://idp.example/sso?tenant=1", "https://idp.example/sso?tenant=1&SAMLRequest="),
        ("https://idp.example/sso?", "https://idp.example/sso?SAMLRequest="),
    ] {
        let url = authn_request_redirect(&ourselves, sso, "_r1", NOW, Some("a b&c=/+é"));
        assert!(url.starts_with(start), "{url}");
        assert_eq!(parameter(&url, "RelayState").as_deref(), Some("a b&c=/+é"));
        assert_eq!(parameter(&url, "SigAlg").as_deref(), Some("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"));

        let request = STANDARD.decode(parameter(&url, "SAMLRequest").expect("a request")).expect("base64");
        let mut xml = String::new();
        flate2::read::DeflateDecoder::new(&request[..]).read_to_string(&mut xml).expect("inflated");
        let document = uppsala::parse(&xml).expect("XML");
        let root = document.document_element().expect("a root");
        for (name, value) in [
            ("ID", "_r1"),
            ("Version", "2.0"),
            ("IssueInstant", "2031-01-01T12:00:00Z"),
            ("Destination", sso),
            ("AssertionConsumerServiceURL", ACS),
        ] {
            assert_eq!(document.get_attribute(root, name), Some(value));
        }
        assert_eq!(document.text_content_deep(root), entity_id);

        let signed = &url[url.find("SAMLRequest=").expect("a request")..url.find("&Signature=").expect("a signature")];
        let signature = STANDARD.decode(parameter(&url, "Signature").expect("a signature")).expect("base64");
        let certificate = metadata_certificate(&metadata::service_provider(&ourselves));
        let key = bergshamra_keys::loader::load_x509_cert_der(&certificate).expect("a certificate");
        let spki = key.to_spki_der().expect("a key");
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &spki);
        public.verify(signed.as_bytes(), &signature).expect("the signature holds over the octets as sent");
        public.verify(format!("{signed}x").as_bytes(), &signature).expect_err("and over no others");
    }
    let bare = authn_request_redirect(&ourselves, "https://idp.example/sso", "_r1", NOW, None);
    assert_eq!(parameter(&bare, "RelayState"), None);
}

fn metadata_certificate(xml: &str) -> Vec<u8> {
    let from = xml.find("<ds:X509Certificate>").expect("a certificate") + "<ds:X509Certificate>".len();
    STANDARD.decode(&xml[from..xml.find("</ds:X509Certificate>").expect("its end")]).expect("base64")
}

#[test]
fn request_ids_are_xml_names_of_all_their_bits() {
    assert_eq!(new_request_id([0xab; 20]), format!("_{}", "ab".repeat(20)));
    assert_ne!(new_request_id([1; 20]), new_request_id([2; 20]));
}

#[test]
fn our_metadata_says_what_we_do() {
    let xml = metadata::service_provider(&ourselves("https://gate.example/?a=1&b=2"));
    let document = uppsala::parse(&xml).expect("well-formed");
    let root = document.document_element().expect("a root");
    assert_eq!(document.get_attribute(root, "entityID"), Some("https://gate.example/?a=1&b=2"));
    for part in [
        "AuthnRequestsSigned=\"true\"",
        "WantAssertionsSigned=\"true\"",
        "<md:KeyDescriptor use=\"signing\">",
        "Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"https://gate.example/saml/acs\"",
        "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    ] {
        assert!(xml.contains(part), "{part}");
    }
}

#[test]
fn a_key_needs_its_own_certificate() {
    let stranger = ServiceProvider::from_pem("a", ACS, &RSA.key_pem, &STRANGER.certificate_pem);
    assert_eq!(stranger.err().map(|error| error.to_string()).as_deref(), Some("the certificate is for another key"));
    assert!(ServiceProvider::from_pem("a", ACS, &EC.key_pem, &EC.certificate_pem).is_err());
    assert!(ServiceProvider::from_pem("a", ACS, &Secret::new("no key"), &RSA.certificate_pem).is_err());
    assert!(ServiceProvider::from_pem("a", ACS, &RSA.key_pem, &RSA.certificate_pem).is_ok());
}
