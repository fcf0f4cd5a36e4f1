//! Our side of the federation: requests, metadata and keys.

use crate::house::Directory;
use crate::saml_identity::*;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::saml::request::{AuthnRequest, new_request_id};
use gatehouse::saml::{Binding, DecryptionKeys, OwnKey, Parcel, ServiceProvider};
use gatehouse::words::Secret;
use std::io::Read;
use std::process::Command;
use url::Url;

fn ourselves(entity_id: &str) -> ServiceProvider {
    let key = || OwnKey::from_pem(&OwnKey::generate(entity_id, NOW).expect("generated")).expect("usable");
    let decryption = DecryptionKeys::new(&[("present", &key())], None).expect("usable");
    ServiceProvider::new(entity_id, "https://gate.example/", &[key()], decryption).expect("usable")
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).expect("a URL");
    let mut found = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let first = found.next();
    assert!(found.next().is_none(), "{name} occurs once");
    first
}

fn redirect(ourselves: &ServiceProvider, location: &str, relay_state: Option<&str>) -> String {
    let request = AuthnRequest { id: "_r1", now: NOW, force_authn: false, contexts: &[] };
    match request.send(ourselves, Binding::Redirect, location, relay_state) {
        Parcel::Redirect(url) => url,
        Parcel::Post(_) => panic!("a redirect was asked for"),
    }
}

/// Bindings §3.5.4, and the order of elements in the schema of SAML core §3.4.1.
#[test]
fn an_authn_request_by_post_is_signed_inside() {
    let ourselves = ourselves("https://gate.example/saml/metadata");
    let contexts = ["urn:first", "urn:second&"].map(str::to_owned);
    let request = AuthnRequest { id: "_r1", now: NOW, force_authn: true, contexts: &contexts };
    let parcel = request.send(&ourselves, Binding::Post, "https://idp.example/sso?tenant=1&x", Some("opaque"));
    let Parcel::Post(form) = parcel else { panic!("a form was asked for") };
    assert_eq!((form.action.as_str(), form.field), ("https://idp.example/sso?tenant=1&x", "SAMLRequest"));
    assert_eq!(form.relay_state.as_deref(), Some("opaque"));
    let xml = String::from_utf8(STANDARD.decode(&form.message).expect("base64")).expect("text");
    let document = uppsala::parse(&xml).expect("XML");
    let root = document.document_element().expect("a root");
    assert_eq!(document.get_attribute(root, "ForceAuthn"), Some("true"));
    assert_eq!(document.get_attribute(root, "Destination"), Some("https://idp.example/sso?tenant=1&x"));
    let local = |node: &uppsala::NodeId| document.element(*node).map(|element| element.name.local_name.to_string());
    let children: Vec<_> = document.children_iter(root).filter_map(|node| local(&node)).collect();
    assert_eq!(children, ["Issuer", "Signature", "RequestedAuthnContext"]);
    assert!(xml.contains("Comparison=\"exact\"><saml:AuthnContextClassRef>urn:first</saml:AuthnContextClassRef><saml:AuthnContextClassRef>urn:second&amp;<"), "{xml}");

    let verified = |xml: &str| {
        let document = uppsala::parse(xml).expect("XML");
        let certificate = metadata_certificate(&ourselves.metadata());
        let info = bergshamra_keys::loader::load_x509_cert_der(&certificate).unwrap().to_spki_der().unwrap();
        let mut keys = bergshamra_keys::KeysManager::new();
        keys.add_key(bergshamra_keys::loader::load_spki_der(&info).unwrap());
        let results = bergshamra_dsig::verify::verify_all_document(&bergshamra_dsig::DsigContext::new(keys), &document);
        matches!(&results.unwrap()[..], [bergshamra_dsig::VerifyResult::Valid { .. }])
    };
    assert!(verified(&xml), "{xml}");
    assert!(!verified(&changed(&xml, "urn:first", "urn:worse")), "the signature covers it");
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
        let url = redirect(&ourselves, sso, Some("a b&c=/+é"));
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
        let certificate = metadata_certificate(&ourselves.metadata());
        let key = bergshamra_keys::loader::load_x509_cert_der(&certificate).expect("a certificate");
        let spki = key.to_spki_der().expect("a key");
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &spki);
        public.verify(signed.as_bytes(), &signature).expect("the signature holds over the octets as sent");
        public.verify(format!("{signed}x").as_bytes(), &signature).expect_err("and over no others");
    }
    let bare = redirect(&ourselves, "https://idp.example/sso", None);
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
    let ourselves = ourselves("https://gate.example/?a=1&b=2");
    let xml = ourselves.metadata();
    let document = uppsala::parse(&xml).expect("well-formed");
    let root = document.document_element().expect("a root");
    assert_eq!(document.get_attribute(root, "entityID"), Some("https://gate.example/?a=1&b=2"));
    let (redirect, post) =
        ("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST");
    for part in [
        "AuthnRequestsSigned=\"true\"",
        "WantAssertionsSigned=\"true\"",
        &format!("<md:SingleLogoutService Binding=\"{redirect}\" Location=\"https://gate.example/saml/slo\"/>"),
        &format!("<md:SingleLogoutService Binding=\"{post}\" Location=\"https://gate.example/saml/slo\"/>"),
        &format!("Binding=\"{post}\" Location=\"https://gate.example/saml/acs\" index=\"0\" isDefault=\"true\""),
        &format!("Binding=\"{post}\" Location=\"https://gate.example/saml\" index=\"1\"/>"),
        "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        "<md:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes256-gcm\"/>",
    ] {
        assert!(xml.contains(part), "{part}");
    }
    // With their hyphens, as every such algorithm has one: base64 has none, and a key may spell "cbc".
    assert!(!xml.contains("-cbc") && !xml.contains("rsa-1_5"));
    let of = |purpose: &str| {
        let from = xml.find(&format!("<md:KeyDescriptor use=\"{purpose}\">")).expect("a key");
        metadata_certificate(&xml[from..])
    };
    assert_ne!(of("signing"), of("encryption"));
    assert_eq!(xml.matches("<md:KeyDescriptor").count(), 2, "each key with its use");
}

/// Whether metadata is valid, and what is said of it. The schemas are Debian's, and nothing is fetched: what they name by
/// address is in the catalogue.
pub(crate) fn validated(xml: &str) -> (bool, String) {
    let directory = Directory::new();
    let named = [
        ("TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd", "xmldsig-core-schema.xsd"),
        ("TR/2002/REC-xmlenc-core-20021210/xenc-schema.xsd", "xenc-schema.xsd"),
        ("2001/xml.xsd", "xml.xsd"),
    ];
    let entry = |(address, file): (&str, &str)| {
        format!("<system systemId=\"http://www.w3.org/{address}\" uri=\"/usr/share/xml/xmltooling/{file}\"/>")
    };
    let entries = named.map(entry).concat();
    let catalogue = format!("<catalog xmlns=\"urn:oasis:names:tc:entity:xmlns:xml:catalog\">{entries}</catalog>");
    let catalogue = directory.write("catalogue.xml", catalogue);
    let file = directory.write("metadata.xml", xml);
    let mut xmllint = Command::new("xmllint");
    xmllint.args(["--nonet", "--noout", "--schema", "/usr/share/xml/opensaml/saml-schema-metadata-2.0.xsd"]);
    let done = xmllint.arg(file).env("XML_CATALOG_FILES", &catalogue).output().expect("xmllint runs");
    (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
}

#[test]
fn our_metadata_is_valid_by_the_schema() {
    let xml = ourselves("https://gate.example/?a=1&b=2").metadata();
    let (valid, said) = validated(&xml);
    assert!(valid, "{said}");
    let misplaced = changed(&xml, "</md:SPSSODescriptor>", "<md:NameIDFormat>a</md:NameIDFormat></md:SPSSODescriptor>");
    let (valid, said) = validated(&misplaced);
    assert!(!valid && said.contains("NameIDFormat': This element is not expected"), "{said}");
}

#[test]
fn a_key_needs_its_own_certificate() {
    let read = |key: &[u8], certificate: &str| {
        OwnKey::from_pem(&Secret::new([key, certificate.as_bytes()].concat())).map(|_| ()).map_err(|e| e.to_string())
    };
    let (key, own, strangers) = (RSA.key_pem.expose(), &RSA.certificate_pem, &STRANGER.certificate_pem);
    let not_rsa = "the private key is not an RSA key of at least 2048 bits in PKCS #8 PEM";
    assert_eq!(read(key, own), Ok(()));
    assert_eq!(read(key, strangers), Err("the certificate is for another key".to_owned()));
    assert_eq!(read(key, ""), Err("the certificate is not one PEM certificate".to_owned()));
    assert_eq!(read(EC.key_pem.expose(), &EC.certificate_pem), Err(not_rsa.to_owned()));
    assert_eq!(read(b"no key", own), Err(not_rsa.to_owned()));
}
