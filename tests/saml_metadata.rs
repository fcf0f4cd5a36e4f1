//! An identity provider's metadata: what is registered, and what is refused at registration.

use crate::saml_identity::*;
use gatehouse::saml::metadata::{IdentityProvider, parse};
use gatehouse::trace::Refusal;

pub(crate) fn key(r#use: &str, certificate: &str) -> String {
    format!(
        r#"<md:KeyDescriptor{}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"#,
        if r#use.is_empty() { String::new() } else { format!(" use=\"{use}\"") }
    )
}

pub(crate) fn metadata(keys: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{IDP}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/post"/><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}

pub(crate) fn good() -> String {
    metadata(&key("signing", &RSA.certificate_text()))
}

pub(crate) fn provider() -> IdentityProvider {
    parse(&good(), NOW).expect("registered")
}

fn code(xml: &str) -> &'static str {
    parse(xml, NOW).map_or_else(|error| error.code().name(), |_| "accepted")
}

#[test]
fn a_provider_is_registered_with_its_signing_keys() {
    let keys = [
        key("encryption", &STRANGER.certificate_text()),
        key("signing", &RSA.certificate_text()),
        key("", &EC.certificate_text()),
        key("signing", &RSA.certificate_text()),
    ];
    let wrapped = metadata(&keys.concat()).replace("<ds:X509Certificate>", "<ds:X509Certificate>\n   ");
    let provider = parse(&wrapped, NOW).expect("registered");
    assert_eq!(provider.entity_id, IDP);
    assert_eq!(provider.sso_redirect.as_deref(), Some("https://idp.example/sso"));
    assert_eq!(provider.keys, [RSA.key(), EC.key()], "each key once, the encryption key not at all");
    assert_eq!(provider.keys[0].fingerprint().len(), 64);
    assert!(!format!("{provider:?}").contains(&RSA.certificate_text()[..40]));
}

#[test]
fn without_a_usable_signing_key_nothing_is_registered() {
    let weak = include_str!("fixtures/saml-rsa-1024.txt").trim();
    let ed25519 = Identity::of(&rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("generated"));
    for (what, keys) in [
        ("no key", String::new()),
        ("encryption only", key("encryption", &RSA.certificate_text())),
        ("short RSA", key("signing", weak)),
        ("Ed25519", key("signing", &ed25519.certificate_text())),
        (
            "no certificate",
            "<md:KeyDescriptor><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/></md:KeyDescriptor>"
                .to_owned(),
        ),
    ] {
        assert_eq!(code(&metadata(&keys)), "saml.metadata-no-signing-key", "{what}");
    }
    let beside = [key("signing", weak), key("signing", &RSA.certificate_text())].concat();
    assert_eq!(parse(&metadata(&beside), NOW).expect("registered").keys, [RSA.key()]);
}

fn logout(location: &str, more: &str) -> String {
    format!(
        "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{location}\" {more}/></md:IDPSSODescriptor>"
    )
}

#[test]
fn every_binding_is_read() {
    let plain = provider();
    assert_eq!(plain.sso_post.as_deref(), Some("https://idp.example/post"));
    assert_eq!((plain.slo_redirect, plain.slo_post, plain.want_authn_requests_signed), (None, None, false));
    let answers = logout("https://idp.example/slo?a=1", "ResponseLocation=\"https://idp.example/answered\"");
    let xml = changed(&good(), "</md:IDPSSODescriptor>", &answers);
    let xml = changed(&xml, "<md:IDPSSODescriptor", "<md:IDPSSODescriptor WantAuthnRequestsSigned=\"1\"");
    let full = parse(&xml, NOW).expect("registered");
    let slo = full.slo_redirect.expect("single logout");
    assert_eq!(
        (slo.location.as_str(), slo.for_responses()),
        ("https://idp.example/slo?a=1", "https://idp.example/answered")
    );
    assert!(full.want_authn_requests_signed && full.slo_post.is_none());
    let once = parse(&changed(&good(), "</md:IDPSSODescriptor>", &logout("https://idp.example/slo", "")), NOW);
    assert_eq!(
        once.expect("registered").slo_redirect.expect("single logout").for_responses(),
        "https://idp.example/slo"
    );
}

#[test]
fn refused_metadata() {
    assert_eq!(code(&good()), "accepted");
    let swap = |from: &str, to: &str| changed(&good(), from, to);
    let role = element(&good(), "md:IDPSSODescriptor").to_owned();
    let redirect = "Location=\"https://idp.example/sso\"";
    let declared = |prefix: char| (0..33).map(|n| format!("xmlns:{prefix}{n}='urn:x' ")).collect::<String>();
    let two = format!("</ds:X509Certificate><ds:X509Certificate>{}</ds:X509Certificate>", STRANGER.certificate_text());
    for (what, xml, expected) in [
        ("document type", swap("<md:EntityDescriptor", "<!DOCTYPE x><md:EntityDescriptor"), "saml.metadata-doctype"),
        ("not well-formed", swap("</md:EntityDescriptor>", ""), "saml.metadata-malformed"),
        (
            "a banner of signs",
            swap("<md:EntityDescriptor", &format!("<!-- {} a --><md:EntityDescriptor", "=".repeat(400))),
            "accepted",
        ),
        (
            "attributes by the hundred",
            swap(
                "<md:IDPSSODescriptor",
                &format!("<md:IDPSSODescriptor {}", (0..300).map(|n| format!("a{n}='' ")).collect::<String>()),
            ),
            "saml.metadata-malformed",
        ),
        (
            "a namespace with a reference in its name",
            swap("<md:IDPSSODescriptor", "<md:IDPSSODescriptor xmlns:a=\"urn:&#120;\""),
            "saml.metadata-malformed",
        ),
        (
            "namespaces by the hundred",
            swap(
                "<md:IDPSSODescriptor",
                &format!("<b {}><b {}/></b><md:IDPSSODescriptor", declared('c'), declared('d')),
            ),
            "saml.metadata-malformed",
        ),
        (
            "several entities",
            format!(
                "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{}</md:EntitiesDescriptor>",
                element(&good(), "md:EntityDescriptor")
            ),
            "saml.metadata-other-entity",
        ),
        ("no entity id", swap(&format!(" entityID=\"{IDP}\""), ""), "saml.metadata-entity-id"),
        (
            "expired",
            swap("<md:EntityDescriptor", "<md:EntityDescriptor validUntil=\"2031-01-01T12:00:00Z\""),
            "saml.metadata-expired",
        ),
        (
            "role expired",
            swap("<md:IDPSSODescriptor", "<md:IDPSSODescriptor validUntil=\"2030-01-01T12:00:00Z\""),
            "saml.metadata-expired",
        ),
        (
            "validUntil",
            swap("<md:EntityDescriptor", "<md:EntityDescriptor validUntil=\"soon\""),
            "saml.metadata-valid-until",
        ),
        (
            "still valid",
            swap("<md:EntityDescriptor", "<md:EntityDescriptor validUntil=\"2031-01-01T12:00:01Z\""),
            "accepted",
        ),
        ("no role", swap(&role, ""), "saml.metadata-role"),
        ("two roles", swap(&role, &role.repeat(2)), "saml.metadata-role"),
        ("SAML 1.1 role", swap("SAML:2.0:protocol", "SAML:1.1:protocol"), "saml.metadata-role"),
        ("key use", swap("use=\"signing\"", "use=\"both\""), "saml.metadata-key-use"),
        ("certificate", swap(&RSA.certificate_text(), "AAAA"), "saml.metadata-certificate"),
        ("not base64", swap(&RSA.certificate_text(), "****"), "saml.metadata-certificate"),
        ("two certificates", swap("</ds:X509Certificate>", &two), "saml.metadata-certificate"),
        ("no binding of ours", swap("bindings:HTTP-", "bindings:SOAP-"), "saml.metadata-no-sign-on"),
        ("POST alone", swap("bindings:HTTP-Redirect", "bindings:SOAP"), "accepted"),
        ("redirect alone", swap("bindings:HTTP-POST", "bindings:SOAP"), "accepted"),
        ("POST by http", swap("https://idp.example/post", "http://idp.example/post"), "saml.metadata-location"),
        (
            "logout by http",
            swap("</md:IDPSSODescriptor>", &logout("http://idp.example/slo", "")),
            "saml.metadata-location",
        ),
        (
            "logout answered by http",
            swap(
                "</md:IDPSSODescriptor>",
                &logout("https://idp.example/slo", "ResponseLocation=\"http://a.example/\""),
            ),
            "saml.metadata-location",
        ),
        ("http", swap(redirect, "Location=\"http://idp.example/sso\""), "saml.metadata-location"),
        ("javascript", swap(redirect, "Location=\"javascript:alert(1)\""), "saml.metadata-location"),
        ("user information", swap(redirect, "Location=\"https://a:b@idp.example/sso\""), "saml.metadata-location"),
        ("line break", swap(redirect, "Location=\"https://idp.example/s&#10;so\""), "saml.metadata-location"),
        ("loopback", swap(redirect, "Location=\"http://127.0.0.1:8080/sso\""), "accepted"),
        ("localhost", swap(redirect, "Location=\"http://localhost/sso\""), "accepted"),
    ] {
        assert_eq!(code(&xml), expected, "{what}");
    }
}
