//! Encrypted assertions and names that honest identity providers send.

use crate::house::Directory;
use crate::saml_encrypted::*;
use crate::saml_identity::*;
use gatehouse::saml::{DecryptionKeys, InResponseTo, ResponseText, VerifiedAssertion};
use gatehouse::trace::{Outcome, Refusal, Trace};
use std::process::Command;

const GCM: [&str; 3] = ["aes128-gcm", "aes192-gcm", "aes256-gcm"];
const CBC: [&str; 3] = ["aes128-cbc", "aes192-cbc", "aes256-cbc"];

#[track_caller]
fn is_alices(assertion: &VerifiedAssertion) {
    assert_eq!(assertion.id, "_assertion");
    assert_eq!(assertion.name_id.value, "alice@example.com");
    assert_eq!(assertion.name_id.format, "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
    assert_eq!(assertion.values("groups"), ["staff", "ops"]);
    assert_eq!(assertion.key_fingerprint, RSA.key().fingerprint());
}

#[test]
fn every_cipher_and_every_place_of_the_key() {
    for data in GCM {
        for place in [Place::Inside, Place::Beside, Place::Retrieved] {
            let by = Encryptor { place, ..Encryptor::ours().with(data) };
            is_alices(&accept(&by.response(&signed())).unwrap_or_else(|e| panic!("{data} {place:?}: {e}")));
        }
    }
}

#[test]
fn every_key_transport() {
    let rows = [
        (MGF1P, None, None),
        (MGF1P, Some(SHA1), None),
        (MGF1P, Some(SHA256), None),
        (OAEP, None, None),
        (OAEP, Some(SHA1), Some(MASK_SHA1)),
        (OAEP, Some(SHA256), Some(MASK_SHA1)),
        (OAEP, Some(SHA256), Some(MASK_SHA256)),
        (OAEP, None, Some(MASK_SHA256)),
    ];
    for (transport, digest, mask) in rows {
        let by = Encryptor { transport, digest, mask, ..Encryptor::ours() };
        is_alices(&accept(&by.response(&signed())).unwrap_or_else(|e| panic!("{transport} {digest:?} {mask:?}: {e}")));
    }
}

#[test]
fn what_a_signature_may_cover() {
    let by = Encryptor::ours();
    // Inside the ciphertext, around it, or both; around it, CBC is good as well.
    let around = sign(&by.response(&response()), "_response", &RSA);
    is_alices(&accept(&around).expect("the response is signed"));
    let both = sign(&by.response(&signed()), "_response", &RSA);
    is_alices(&accept(&both).expect("both are signed"));
    for data in CBC {
        let by = Encryptor::ours().with(data);
        for xml in [response(), signed()] {
            let around = sign(&by.response(&xml), "_response", &RSA);
            is_alices(&accept(&around).unwrap_or_else(|e| panic!("{data}: {e}")));
        }
    }
}

#[test]
fn the_second_engine_sees_each_signed_document() {
    let lines = |xml: &str| {
        let mut trace = Trace::new("test");
        let text = ResponseText::decode(&form(xml)).expect("decoded");
        let response = text.parse().expect("parsed");
        response.authenticate(&[RSA.key()], &KEYS, Some(&*WITNESS), &mut trace).expect("authentic");
        assert!(trace.steps().iter().all(|step| step.outcome == Outcome::Pass));
        assert!(!format!("{:?}", trace.steps()).contains("alice"));
        trace.steps().iter().map(|step| step.check.trim_start_matches("saml.").to_owned()).collect::<Vec<_>>().join(" ")
    };
    let by = Encryptor::ours();
    let inner = "decryption preflight signature second-engine reading";
    assert_eq!(lines(&by.response(&signed())), format!("preflight {inner}"));
    let both = sign(&by.response(&signed()), "_response", &RSA);
    assert_eq!(lines(&both), format!("preflight signature second-engine {inner}"));
    let around = sign(&by.response(&response()), "_response", &RSA);
    assert_eq!(lines(&around), "preflight signature second-engine decryption preflight reading");
}

#[test]
fn the_former_key_decrypts_until_it_is_taken_away() {
    let former = Encryptor::to(&FORMER.certificate).response(&signed());
    is_alices(&accept(&former).expect("the former key"));
    let alone = DecryptionKeys::new(&[("present", &PRESENT.key)], None).expect("usable");
    let with = |keys: &DecryptionKeys| {
        let text = ResponseText::decode(&form(&former)).expect("decoded");
        let response = text.parse().expect("parsed");
        let outcome = response.authenticate(&[RSA.key()], keys, None, &mut Trace::new("test"));
        outcome.map(|_| ()).map_err(|error| error.code().name())
    };
    assert_eq!(with(&alone), Err("saml.decryption"));
    assert_eq!(with(&DecryptionKeys::default()), Err("saml.no-decryption-key"));
    // Two wrapped keys, of which the second is for us.
    let by = Encryptor::ours();
    let xml = by.response(&signed());
    let key = element(&xml, "xenc:EncryptedKey").to_owned();
    let other = element(&Encryptor::to(&NOBODYS.certificate).seal("EncryptedID", "x"), "xenc:EncryptedKey").to_owned();
    let other = changed(&other, "_key", "_other");
    is_alices(&accept(&changed(&xml, &key, &format!("{other}{key}"))).expect("the second key"));
}

#[test]
fn an_encrypted_name() {
    for (data, place) in
        [("aes128-gcm", Place::Inside), ("aes256-cbc", Place::Beside), ("aes192-gcm", Place::Retrieved)]
    {
        let by = Encryptor { place, ..Encryptor::ours().with(data) };
        let named = sign(&by.name(&response()), "_assertion", &RSA);
        is_alices(&accept(&named).unwrap_or_else(|e| panic!("{data} in a signed assertion: {e}")));
        is_alices(&accept(&sign(&by.name(&response()), "_response", &RSA)).expect("in a signed response"));
        let twice = Encryptor::ours().response(&named);
        is_alices(&accept(&twice).expect("in an encrypted assertion"));
    }
}

#[test]
fn whether_it_must_be_encrypted_is_the_registrations_choice() {
    let outcome = |xml: &str| {
        let response = authenticate(xml, &[RSA.key()]).expect("authentic");
        let expectation = expectation(InResponseTo::Solicited { id: REQUEST }, NOW);
        let strict = gatehouse::saml::Expectation { encrypted: true, ..expectation };
        response.confirm(&strict, &mut Trace::new("test")).map(|_| ()).map_err(|error| error.code().name())
    };
    assert_eq!(outcome(&Encryptor::ours().response(&signed())), Ok(()));
    assert_eq!(outcome(&signed()), Err("saml.not-encrypted"));
    assert_eq!(outcome(&sign(&Encryptor::ours().name(&response()), "_assertion", &RSA)), Err("saml.not-encrypted"));
}

/// The program that Lasso, pysaml2 and others encrypt with.
fn by_xmlsec(xml: &str, data: &str, session_key: &str, transport: &str) -> String {
    let directory = Directory::new();
    let template = format!(
        "<EncryptedData xmlns=\"http://www.w3.org/2001/04/xmlenc#\" Type=\"http://www.w3.org/2001/04/xmlenc#Element\">\
         <EncryptionMethod Algorithm=\"{data}\"/><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\">\
         <EncryptedKey xmlns=\"http://www.w3.org/2001/04/xmlenc#\">{transport}\
         <CipherData><CipherValue/></CipherData></EncryptedKey></KeyInfo>\
         <CipherData><CipherValue/></CipherData></EncryptedData>"
    );
    let template = directory.write("template.xml", template);
    let plaintext = directory.write("assertion.xml", element(xml, "saml:Assertion"));
    let certificate = directory.write("ours.pem", PRESENT.certificate.to_pem().expect("PEM"));
    let out = directory.path().join("out.xml");
    let mut xmlsec = Command::new("xmlsec1");
    xmlsec.args(["--encrypt", "--session-key", session_key, "--pubkey-cert-pem"]).arg(certificate);
    let done = xmlsec.arg("--xml-data").arg(plaintext).arg("--output").arg(&out).arg(template).output();
    let done = done.expect("xmlsec1 runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let sealed = std::fs::read_to_string(out).expect("encrypted");
    let sealed = sealed.split_once("?>").map_or(sealed.as_str(), |(_, rest)| rest).trim();
    changed(
        xml,
        element(xml, "saml:Assertion"),
        &format!("<saml:EncryptedAssertion>{sealed}</saml:EncryptedAssertion>"),
    )
}

#[test]
fn what_xmlsec_encrypts_is_opened() {
    let mgf1p = "<EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"/>";
    for (name, session) in [("2009/xmlenc11#aes128-gcm", "aes-128"), ("2009/xmlenc11#aes256-gcm", "aes-256")] {
        let xml = by_xmlsec(&signed(), &format!("http://www.w3.org/{name}"), session, mgf1p);
        is_alices(&accept(&xml).unwrap_or_else(|e| panic!("{name}: {e}")));
    }
    let xml = by_xmlsec(&signed(), "http://www.w3.org/2001/04/xmlenc#aes256-cbc", "aes-256", mgf1p);
    refused("CBC, response not signed", &xml, "saml.cbc-unsigned");
    is_alices(&accept(&sign(&xml, "_response", &RSA)).expect("CBC in a signed response"));
}
