//! Encrypted assertions through the front door, by the key that our own metadata publishes.

use crate::front::{ADMIN, WORLD, assume_with_saml, field, files, good, open, unsigned};
use crate::house::{Address, House};
use crate::saml_encrypted::{Encryptor, NOBODYS};
use crate::saml_identity::{NOW, RSA, changed, element, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

async fn encryptor(house: &House) -> Encryptor {
    Encryptor::by_metadata(&house.get("/saml/metadata").await.body)
}

fn signed(house: &House, id: &str) -> String {
    sign(&unsigned(house, id), &format!("_assertion-{id}"), &RSA)
}

#[tokio::test]
async fn an_encrypted_assertion_becomes_credentials_and_a_session() {
    let house = open("").await;
    let by = encryptor(&house).await;
    let answer = assume_with_saml(&house, ADMIN, &STANDARD.encode(by.response(&signed(&house, "1")))).await;
    answer.credentials();
    assert_eq!(answer.element("Subject"), "alice@example.com");
    let steps = house.trace(&answer.request_id).await;
    let opened = steps.iter().find(|step| step.check == "saml.decryption").expect("a step");
    assert_eq!(opened.received.as_deref(), Some("AES-256-GCM, by the present key"));

    let cbc = by.clone().with("aes256-cbc").response(&signed(&house, "2"));
    let around = sign(&by.clone().with("aes256-cbc").response(&unsigned(&house, "3")), "_response", &RSA);
    let at_the_acs = house.post("/saml/acs", &[("SAMLResponse", &STANDARD.encode(around))]).await;
    assert_eq!(at_the_acs.status, 303, "{}", at_the_acs.body);

    let plain = signed(&house, "4");
    let forged = changed(element(&plain, "saml:Assertion"), "alice@", "mallory@");
    let rows = [
        ("CBC that nothing protects", cbc, "saml.cbc-unsigned"),
        ("not signed", by.response(&unsigned(&house, "4")), "saml.unsigned"),
        ("forged", by.response_of(&plain, forged), "saml.signature"),
        ("to nobody", Encryptor::to(&NOBODYS.certificate).response(&plain), "saml.decryption"),
        ("no assertion", by.response_of(&plain, "alice"), "saml.decryption"),
    ];
    for (name, xml, code) in rows {
        let paper = STANDARD.encode(xml);
        let answer = assume_with_saml(&house, ADMIN, &paper).await;
        assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "{name}");
        assert_eq!(house.code(&answer).await, code, "{name}");
        let answer = house.post("/saml/acs", &[("SAMLResponse", &paper)]).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (403, code), "{name}");
        assert!(answer.cookies.iter().all(|cookie| !cookie.contains("__Host-s")), "{name}");
    }
}

#[tokio::test]
async fn a_renewed_key_and_the_one_before_it() {
    let house = open("").await;
    let before = encryptor(&house).await;
    let (directory, clock, url) = house.close().await;
    let keys = directory.path().join("keys");
    std::fs::rename(keys.join("saml-encryption.pem"), keys.join("saml-encryption-former.pem")).expect("renamed");
    std::fs::copy(keys.join("saml.pem"), keys.join("saml-encryption.pem")).expect("another key");
    let house = House::serve(directory.clone(), clock, url).await;
    let after = encryptor(&house).await;
    assert!(!before.to.public_eq(&after.to), "the metadata has another key");
    for (id, by) in [("1", &before), ("2", &after)] {
        let answer = assume_with_saml(&house, ADMIN, &STANDARD.encode(by.response(&signed(&house, id)))).await;
        answer.credentials();
    }
    let (_, clock, url) = house.close().await;
    std::fs::remove_file(keys.join("saml-encryption-former.pem")).expect("removed");
    let house = House::serve(directory, clock, url).await;
    let late = assume_with_saml(&house, ADMIN, &STANDARD.encode(before.response(&signed(&house, "3")))).await;
    assert_eq!(house.code(&late).await, "saml.decryption");
}

#[tokio::test]
async fn a_provider_may_have_to_encrypt() {
    let strict = changed(WORLD, "idp_initiated = true", "idp_initiated = true\nencrypted_assertions = \"required\"");
    let house = House::open(NOW, &files(), |_: &Address| strict).await;
    let by = encryptor(&house).await;
    let clear = assume_with_saml(&house, ADMIN, &good(&house, "1")).await;
    assert_eq!(
        (clear.refusal(), house.code(&clear).await.as_str()),
        ((400, "InvalidIdentityToken"), "saml.not-encrypted")
    );
    // An encrypted name alone is not an encrypted assertion.
    let named = assume_with_saml(&house, ADMIN, &field(&by.name(&unsigned(&house, "1")), "1")).await;
    assert_eq!(house.code(&named).await, "saml.not-encrypted");
    assume_with_saml(&house, ADMIN, &STANDARD.encode(by.response(&signed(&house, "1")))).await.credentials();
}
