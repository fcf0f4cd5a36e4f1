//! An identity provider that speaks of logouts: its messages, and a gateway that knows where it hears of them.

use crate::front::{WORLD, files};
use crate::house::{Address, House};
use crate::saml_identity::{IDP, Identity, NOW, changed, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::ambient::Clock;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::io::{Read, Write};
use url::Url;

const SERVICES: &str = "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"https://idp.example/slo\" ResponseLocation=\"https://idp.example/slo-answers\"/><md:SingleSignOnService";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

/// `setting` is for the identity provider's registration in both accounts.
pub(crate) async fn open(setting: &str) -> House {
    let mut files = files();
    files[0].1 = changed(&files[0].1, "<md:SingleSignOnService", SERVICES);
    let world = changed(WORLD, "idp_initiated = true", &format!("idp_initiated = true\n{setting}"));
    House::open_tls(Clock::held(NOW), "localhost", &files, |_: &Address| world).await
}

/// The same, of an identity provider that wants to hear of no logout.
pub(crate) async fn open_deaf(setting: &str) -> House {
    let world = changed(WORLD, "idp_initiated = true", &format!("idp_initiated = true\n{setting}"));
    House::open_tls(Clock::held(NOW), "localhost", &files(), |_: &Address| world).await
}

/// The request to end alice's session `_session`.
pub(crate) fn request(house: &House) -> String {
    format!(
        r#"<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_logout" Version="2.0" IssueInstant="2031-01-01T12:00:00Z" Destination="{}"><saml:Issuer>{IDP}</saml:Issuer><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">alice@example.com</saml:NameID><samlp:SessionIndex>_session</samlp:SessionIndex></samlp:LogoutRequest>"#,
        house.url("/saml/slo")
    )
}

/// The answer to a request of ours.
pub(crate) fn answer(house: &House, to: &str) -> String {
    format!(
        r#"<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_answer" Version="2.0" IssueInstant="2031-01-01T12:00:00Z" Destination="{}" InResponseTo="{to}"><saml:Issuer>{IDP}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:LogoutResponse>"#,
        house.url("/saml/slo")
    )
}

/// The path and query of the redirect binding, signed by an RSA key.
pub(crate) fn redirect(field: &str, xml: &str, relay_state: Option<&str>, by: &Identity) -> String {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(xml.as_bytes()).expect("memory");
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut signed = format!("{field}={}", encoded(&STANDARD.encode(encoder.finish().expect("memory"))));
    if let Some(relay_state) = relay_state {
        signed.push_str(&format!("&RelayState={}", encoded(relay_state)));
    }
    signed.push_str(&format!("&SigAlg={}", encoded(RSA_SHA256)));
    let pair = rcgen::KeyPair::from_pem(by.key_pem.expose_str().expect("PEM")).expect("a key");
    let signature = rcgen::SigningKey::sign(&pair, signed.as_bytes()).expect("signed");
    format!("/saml/slo?{signed}&Signature={}", encoded(&STANDARD.encode(signature)))
}

/// The form field of the POST binding.
pub(crate) fn post(xml: &str, id: &str, by: &Identity) -> String {
    STANDARD.encode(sign(xml, id, by))
}

/// A parameter of a URL of ours, and a message that is one, inflated.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(&url.replace("&#38;", "&").replace("&amp;", "&")).expect("a URL");
    url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
}

pub(crate) fn inflated(message: &str) -> String {
    let mut xml = String::new();
    let deflated = STANDARD.decode(message).expect("base64");
    flate2::read::DeflateDecoder::new(&*deflated).read_to_string(&mut xml).expect("a text");
    xml
}
