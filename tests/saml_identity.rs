//! An identity provider to test against: its keys, its responses, its signatures.

use crate::house::program;
use crate::saml_encrypted::KEYS;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::metrics::Metrics;
use gatehouse::saml::{
    AuthenticResponse, AuthnDemand, Expectation, InResponseTo, ResponseText, SamlError, SecondEngine, SigningKey,
    VerifiedAssertion, Witness, sign_enveloped,
};
use gatehouse::trace::{Refusal, Trace};
use gatehouse::words::Secret;
use std::sync::{Arc, LazyLock};
use time::OffsetDateTime;
use time::macros::datetime;

pub(crate) const NOW: OffsetDateTime = datetime!(2031-01-01 12:00 UTC);
pub(crate) const ACS: &str = "https://gate.example/saml/acs";
pub(crate) const AUDIENCE: &str = "https://gate.example/saml/metadata";
pub(crate) const IDP: &str = "https://idp.example/metadata";
pub(crate) const REQUEST: &str = "_request-1";

/// A key with its self-signed certificate.
pub(crate) struct Identity {
    pub(crate) key_pem: Secret,
    pub(crate) certificate_pem: String,
    pub(crate) certificate: Vec<u8>,
}

impl Identity {
    pub(crate) fn of(pair: &rcgen::KeyPair) -> Self {
        let certificate = rcgen::CertificateParams::default().self_signed(pair).expect("self-signed");
        Self {
            key_pem: Secret::new(pair.serialize_pem()),
            certificate_pem: certificate.pem(),
            certificate: certificate.der().to_vec(),
        }
    }

    fn rsa() -> Self {
        Self::of(&rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("generated"))
    }

    pub(crate) fn key(&self) -> SigningKey {
        SigningKey::from_certificate(&self.certificate).expect("a usable certificate")
    }

    pub(crate) fn certificate_text(&self) -> String {
        STANDARD.encode(&self.certificate)
    }
}

pub(crate) static RSA: LazyLock<Identity> = LazyLock::new(Identity::rsa);
pub(crate) static STRANGER: LazyLock<Identity> = LazyLock::new(Identity::rsa);
pub(crate) static EC: LazyLock<Identity> =
    LazyLock::new(|| Identity::of(&rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("generated")));
pub(crate) static EC384: LazyLock<Identity> =
    LazyLock::new(|| Identity::of(&rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).expect("generated")));

/// A good response to [`REQUEST`], unsigned.
pub(crate) fn response() -> String {
    format!(
        r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response" Version="2.0" IssueInstant="2031-01-01T11:59:00Z" Destination="{ACS}" InResponseTo="{REQUEST}"><saml:Issuer>{IDP}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{}</samlp:Response>"#,
        assertion()
    )
}

pub(crate) fn assertion() -> String {
    format!(
        r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_assertion" Version="2.0" IssueInstant="2031-01-01T11:59:00Z"><saml:Issuer>{IDP}</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">alice@example.com</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="2031-01-01T12:04:00Z" Recipient="{ACS}" InResponseTo="{REQUEST}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="2031-01-01T11:58:00Z" NotOnOrAfter="2031-01-01T12:05:00Z"><saml:AudienceRestriction><saml:Audience>{AUDIENCE}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="2031-01-01T11:58:30Z" SessionIndex="_session" SessionNotOnOrAfter="2031-01-01T20:00:00Z"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/Role"><saml:AttributeValue>arn:aws:iam::111122223333:role/Admin,arn:aws:iam::111122223333:saml-provider/corp</saml:AttributeValue></saml:Attribute><saml:Attribute Name="groups"><saml:AttributeValue>staff</saml:AttributeValue><saml:AttributeValue>ops</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>"#
    )
}

pub(crate) fn sign(xml: &str, id: &str, by: &Identity) -> String {
    sign_enveloped(xml, id, &by.key_pem, &by.certificate_pem).expect("signed")
}

/// A good response whose assertion is signed by [`RSA`].
pub(crate) fn signed() -> String {
    sign(&response(), "_assertion", &RSA)
}

/// A response changed before its assertion is signed.
pub(crate) fn signed_with(from: &str, to: &str) -> String {
    sign(&changed(&response(), from, to), "_assertion", &RSA)
}

/// Replaces and insists that there was something to replace.
pub(crate) fn changed(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "nothing to change: {from}");
    xml.replace(from, to)
}

/// Signs with any algorithms: the template stands after the Issuer of the element that follows `<{tag}`.
pub(crate) fn sign_by(xml: &str, tag: &str, id: &str, by: &Identity, method: &str, digest: &str) -> String {
    let template = format!(
        r##"<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><SignatureMethod Algorithm="{method}"/><Reference URI="#{id}"><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><InclusiveNamespaces xmlns="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="xs"/></Transform></Transforms><DigestMethod Algorithm="{digest}"/><DigestValue></DigestValue></Reference></SignedInfo><SignatureValue></SignatureValue></Signature>"##
    );
    let element = xml.find(&format!("<{tag}")).expect("the element");
    let issuer_end = xml[element..].find("</saml:Issuer>").expect("an issuer") + element + "</saml:Issuer>".len();
    let mut keys = bergshamra_keys::KeysManager::new();
    keys.add_key(bergshamra_keys::loader::load_pem_auto(by.key_pem.expose(), None).expect("a key"));
    let document = format!("{}{template}{}", &xml[..issuer_end], &xml[issuer_end..]);
    bergshamra_dsig::sign::sign_owned(&bergshamra_dsig::DsigContext::new(keys), document).expect("signed")
}

/// The element from `<tag` to `</tag>`, once.
pub(crate) fn element<'x>(xml: &'x str, tag: &str) -> &'x str {
    let from = xml.find(&format!("<{tag}")).expect("a beginning");
    let close = format!("</{tag}>");
    let to = xml[from..].rfind(&close).expect("an end") + from + close.len();
    &xml[from..to]
}

pub(crate) fn form(xml: &str) -> String {
    STANDARD.encode(xml)
}

/// The second engine behind its bars, enforced.
pub(crate) static WITNESS: LazyLock<Witness> = LazyLock::new(|| witness(SecondEngine::Enforce));

pub(crate) fn witness(mode: SecondEngine) -> Witness {
    let metrics = Arc::new(Metrics::new());
    gatehouse::app::witness(mode, program(), 1, metrics).expect("it starts").expect("it is not off")
}

pub(crate) fn authenticate(xml: &str, keys: &[SigningKey]) -> Result<AuthenticResponse, SamlError> {
    let mut trace = Trace::new("test");
    ResponseText::decode(&form(xml))?.parse()?.authenticate(keys, &KEYS, Some(&*WITNESS), &mut trace)
}

pub(crate) fn confirm(
    response: &AuthenticResponse,
    request: InResponseTo<'_>,
    now: OffsetDateTime,
) -> Result<VerifiedAssertion, SamlError> {
    response.confirm(&expectation(request, now), &mut Trace::new("test"))
}

pub(crate) fn expectation(request: InResponseTo<'_>, now: OffsetDateTime) -> Expectation<'_> {
    static RECIPIENTS: LazyLock<[String; 2]> = LazyLock::new(|| ["https://other.example/acs", ACS].map(str::to_owned));
    static AUDIENCES: LazyLock<[String; 2]> = LazyLock::new(|| [AUDIENCE, "urn:amazon:webservices"].map(str::to_owned));
    Expectation {
        now,
        clock_skew: time::Duration::seconds(60),
        recipients: &*RECIPIENTS,
        audiences: &*AUDIENCES,
        request,
        authn: AuthnDemand::default(),
        encrypted: false,
    }
}

/// The whole way, with the key of [`RSA`] and an answer to [`REQUEST`] at [`NOW`].
pub(crate) fn accept(xml: &str) -> Result<VerifiedAssertion, SamlError> {
    confirm(&authenticate(xml, &[RSA.key()])?, InResponseTo::Solicited { id: REQUEST }, NOW)
}

/// The code with which the whole way ends, or `accepted`.
pub(crate) fn outcome(xml: &str) -> &'static str {
    match accept(xml) {
        Ok(_) => "accepted",
        Err(error) => error.code().name(),
    }
}
