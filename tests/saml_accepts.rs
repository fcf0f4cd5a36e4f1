//! What is read of a response that is accepted. The shapes that are accepted are in `attacks/honest.rs`.

use crate::saml_identity::*;
use base64::Engine;
use gatehouse::saml::{AuthenticResponse, InResponseTo, ResponseText, UnverifiedResponse, VerifiedAssertion};
use gatehouse::trace::{Outcome, Refusal, Trace};
use time::macros::datetime;

#[test]
fn a_signed_assertion_is_read_whole() {
    let assertion = accept(&signed()).expect("accepted");
    assert_eq!(assertion.id, "_assertion");
    assert_eq!(assertion.issuer, IDP);
    assert_eq!(assertion.key_fingerprint, RSA.key().fingerprint());
    assert_eq!(assertion.name_id.value, "alice@example.com");
    assert_eq!(assertion.name_id.format, "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
    assert_eq!(assertion.recipient, ACS);
    assert_eq!(assertion.issue_instant, datetime!(2031-01-01 11:59 UTC));
    assert_eq!(assertion.not_on_or_after, datetime!(2031-01-01 12:06 UTC));
    assert_eq!(assertion.session_not_on_or_after, Some(datetime!(2031-01-01 20:00 UTC)));
    assert_eq!(assertion.authn_instant, datetime!(2031-01-01 11:58:30 UTC));
    assert_eq!(assertion.authn_context.as_deref(), Some("urn:oasis:names:tc:SAML:2.0:ac:classes:Password"));
    assert_eq!(assertion.session_index.as_deref(), Some("_session"));
    assert_eq!(assertion.in_response_to.as_deref(), Some(REQUEST));
    assert!(!assertion.one_time_use);
    assert_eq!(assertion.values("groups"), ["staff", "ops"]);
    assert_eq!(assertion.values("Groups"), [""; 0]);
}

/// About one signature in a hundred has a half that begins with a zero, and every other one a half that looks negative.
#[test]
fn ecdsa_signatures_of_every_length_are_accepted() {
    for _ in 0..300 {
        authenticate(&sign(&response(), "_assertion", &EC), &[EC.key()]).expect("a genuine signature");
    }
}

/// The same two numbers in more octets are another spelling of one signature, and XML Signature knows one.
#[test]
fn an_ecdsa_signature_has_the_length_of_its_curve() {
    let xml = sign(&response(), "_assertion", &EC);
    let spelled = |octets: &[u8]| {
        let value = base64::engine::general_purpose::STANDARD.encode(octets);
        let value = format!("<ds:SignatureValue>{value}</ds:SignatureValue>");
        let outcome = authenticate(&changed(&xml, element(&xml, "ds:SignatureValue"), &value), &[EC.key()]);
        outcome.map(|_| ()).map_err(|error| error.code().name())
    };
    let text = element(&xml, "ds:SignatureValue");
    let text = text.trim_start_matches("<ds:SignatureValue>").trim_end_matches("</ds:SignatureValue>");
    let pair = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
    let (r, s) = pair.split_at(32);
    assert_eq!(spelled(&pair), Ok(()));
    assert_eq!(spelled(&[&[0], r, &[0], s].concat()), Err("saml.signature"));
}

#[test]
fn the_fitting_key_is_found_behind_others() {
    let keys = [EC.key(), STRANGER.key(), RSA.key()];
    let response = authenticate(&signed(), &keys).expect("the third key verifies");
    assert_eq!(response.key_fingerprint(), RSA.key().fingerprint());
    assert_eq!(response.entity_id(), IDP);
    let keys = [RSA.key(), STRANGER.key(), EC.key()];
    authenticate(&sign(&response_by_ec(), "_response", &EC), &keys).expect("the third key verifies");
}

fn response_by_ec() -> String {
    sign(&response(), "_assertion", &EC)
}

#[test]
fn base64_may_be_wrapped_but_not_otherwise_changed() {
    let encoded = form(&signed());
    let wrapped: String =
        encoded.as_bytes().chunks(76).map(|l| format!("{}\r\n", String::from_utf8_lossy(l))).collect();
    let decode = |field: &str| {
        let parsed = ResponseText::decode(field).and_then(|text| text.parse().map(drop));
        parsed.map_err(|error| error.code().name())
    };
    assert_eq!(decode(&wrapped), Ok(()));
    assert_eq!(decode(&encoded.replacen('A', "A!", 1)), Err("saml.base64"));
    assert_eq!(decode(&encoded.replacen('A', "A A", 1)), Err("saml.base64"));
    assert_eq!(decode(&form(&encoded)), Err("saml.malformed"));
    assert_eq!(decode(&signed()), Err("saml.base64"));
    assert_eq!(decode(&"A".repeat(100_001)), Err("saml.too-long"));
    assert_eq!(decode(&base64::engine::general_purpose::STANDARD.encode([b'<', 0xff, b'>'])), Err("saml.encoding"));
}

#[test]
fn attribute_values_keep_their_whole_text() {
    let long = "äßλ漢".repeat(2_000);
    let values = format!(
        "<saml:Attribute Name=\"groups\"><saml:AttributeValue>one<saml:NameID>two</saml:NameID>three\
         </saml:AttributeValue><saml:AttributeValue>{long}</saml:AttributeValue><saml:AttributeValue/></saml:Attribute>\
         </saml:AttributeStatement>"
    );
    let assertion = accept(&signed_with("</saml:AttributeStatement>", &values)).expect("accepted");
    assert_eq!(assertion.values("groups"), ["staff", "ops", "onetwothree", &long, ""]);
    assert_eq!(assertion.attributes.len(), 2, "a repeated name is one attribute");
}

#[test]
fn every_passed_check_is_in_the_record_and_nothing_secret() {
    let mut trace = Trace::new("test");
    let text = ResponseText::decode(&form(&signed())).expect("decoded");
    let unverified = text.parse().expect("parsed");
    assert_eq!(unverified.issuer(), IDP);
    unverified
        .authenticate(&[RSA.key()], &crate::saml_encrypted::KEYS, Some(&*WITNESS), &mut trace)
        .expect("authentic");
    let steps = trace.steps();
    let checks: Vec<&str> = steps.iter().map(|step| &*step.check).collect();
    assert_eq!(checks, ["saml.preflight", "saml.signature", "saml.second-engine", "saml.reading"]);
    assert!(trace.steps().iter().all(|step| step.outcome == Outcome::Pass));
    let text = format!("{:?}", trace.steps());
    assert!(!text.contains("alice") && !text.contains(&RSA.certificate_text()));
}

#[test]
fn one_response_is_confirmed_for_several_registrations() {
    let response = authenticate(&signed(), &[RSA.key()]).expect("authentic");
    let first = confirm(&response, InResponseTo::Solicited { id: REQUEST }, NOW).expect("confirmed");
    let second = confirm(&response, InResponseTo::Api, NOW).expect("confirmed again");
    assert_eq!(first.id, second.id);
}

#[test]
fn values_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<UnverifiedResponse>();
    crosses::<AuthenticResponse>();
    crosses::<VerifiedAssertion>();
}

#[test]
fn the_second_engine_stands_many_threads() {
    let xml = signed();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..10).for_each(|_| assert_eq!(outcome(&xml), "accepted")));
        }
    });
}
