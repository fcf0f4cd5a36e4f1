//! What the fuzzers call, and what `make test` calls again with everything that they ever found.
//!
//! Through the public functions only, so that what is tried is what the gateway runs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::saml::logout::{Carried, MessageText};
use gatehouse::saml::{
    AuthnDemand, DecryptionKeys, Expectation, InResponseTo, ResponseText, SigningKey, metadata, sign_enveloped,
};
use gatehouse::trace::Trace;
use gatehouse::words::Secret;
use std::sync::LazyLock;
use time::macros::datetime;

#[path = "tokens.rs"]
pub(crate) mod tokens;

pub(crate) type Target = fn(&[u8]);

/// Each with the name of its program and of its folders.
pub(crate) const ALL: [(&str, Target); 7] = [
    ("response", response),
    ("claims", claims),
    ("metadata", idp_metadata),
    ("redirect", redirect),
    ("token", tokens::token),
    ("token_claims", tokens::token_claims),
    ("issuer", tokens::issuer),
];

struct Identity {
    key_pem: Secret,
    certificate_pem: String,
    key: SigningKey,
}

static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("generated");
    let certificate = rcgen::CertificateParams::default().self_signed(&pair).expect("self-signed");
    Identity {
        key_pem: Secret::new(pair.serialize_pem()),
        certificate_pem: certificate.pem(),
        key: SigningKey::from_certificate(certificate.der()).expect("a usable certificate"),
    }
});

/// From the form field through pre-flight to the engine. The field as it is, or the base64 of what follows a NUL.
pub(crate) fn response(data: &[u8]) {
    let field = match data {
        [0, xml @ ..] => STANDARD.encode(xml),
        _ => String::from_utf8_lossy(data).into_owned(),
    };
    let Ok(text) = ResponseText::decode(&field) else { return };
    let Ok(response) = text.parse() else { return };
    let outcome = response.authenticate(
        std::slice::from_ref(&IDENTITY.key),
        &DecryptionKeys::default(),
        None,
        &mut Trace::new("fuzz"),
    );
    assert!(outcome.is_err(), "nobody signed it");
}

/// From a document that its identity provider signed, whatever it says, to claims.
pub(crate) fn claims(data: &[u8]) {
    let Ok(xml) = std::str::from_utf8(data) else { return };
    let identity = &*IDENTITY;
    let Ok(signed) = sign_enveloped(xml, "_assertion", &identity.key_pem, &identity.certificate_pem) else { return };
    let Ok(text) = ResponseText::decode(&STANDARD.encode(signed)) else { return };
    let Ok(response) = text.parse() else { return };
    let mut trace = Trace::new("fuzz");
    let Ok(response) =
        response.authenticate(std::slice::from_ref(&identity.key), &DecryptionKeys::default(), None, &mut trace)
    else {
        return;
    };
    let (recipients, audiences) =
        (["https://gate.example/saml/acs".to_owned()], ["https://gate.example/saml/metadata".to_owned()]);
    for request in [InResponseTo::Solicited { id: "_request-1" }, InResponseTo::UnsolicitedAllowed, InResponseTo::Api] {
        let expectation = Expectation {
            now: datetime!(2031-01-01 12:00 UTC),
            clock_skew: time::Duration::seconds(60),
            recipients: &recipients,
            audiences: &audiences,
            request,
            encrypted: false,
            authn: AuthnDemand::default(),
        };
        let Ok(assertion) = response.confirm(&expectation, &mut trace) else { continue };
        assert_eq!(assertion.recipient, recipients[0]);
        assert!(!assertion.id.is_empty() && !assertion.issuer.is_empty() && !assertion.name_id.value.trim().is_empty());
        assert!(assertion.not_on_or_after > expectation.now - expectation.clock_skew);
        let _ = gatehouse::saml::aws::roles(&assertion.attributes);
        let _ = gatehouse::saml::aws::session_duration(&assertion);
    }
}

/// An identity provider's metadata, as an operator registers it or as it is fetched.
pub(crate) fn idp_metadata(data: &[u8]) {
    let Ok(xml) = std::str::from_utf8(data) else { return };
    if let Ok(provider) = metadata::parse(xml, datetime!(2031-01-01 12:00 UTC)) {
        assert!(!provider.keys.is_empty() && !provider.entity_id.is_empty());
    }
}

/// A query of the redirect binding as it is, or made of what follows a NUL as the deflated message.
pub(crate) fn redirect(data: &[u8]) {
    let query = match data {
        [0, deflated @ ..] => {
            let message = STANDARD.encode(deflated).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            let method = "http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256";
            format!("SAMLRequest={message}&SigAlg={method}&Signature=AAAA")
        }
        _ => String::from_utf8_lossy(data).into_owned(),
    };
    let Ok(text) = MessageText::decode(&Carried::Query(query)) else { return };
    let Ok(message) = text.parse() else { return };
    let (keys, decryption) = (std::slice::from_ref(&IDENTITY.key), DecryptionKeys::default());
    let outcome = message.authenticate(keys, &decryption, None, &mut Trace::new("fuzz"));
    assert!(outcome.is_err(), "nobody signed it");
}
