//! SAML keys that are rotated while people sign in.

use crate::front::{ADMIN, assume_with_saml, open, unsigned};
use crate::front_console::begin;
use crate::house::{Browser, House};
use crate::key_ring_world::{loaded, try_to_rotate, until};
use crate::saml_encrypted::Encryptor;
use crate::saml_federation::validated;
use crate::saml_identity::{RSA, sign};
use crate::saml_logout;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::app::{self, ListedKey};
use gatehouse::sts::KeyKind;
use openssl::hash::MessageDigest;
use openssl::sign::Verifier;
use openssl::x509::X509;

/// The certificates that the metadata publishes, for signing and for encryption.
async fn published(house: &House) -> [Vec<X509>; 2] {
    let xml = house.get("/saml/metadata").await.body;
    let (valid, said) = validated(&xml);
    assert!(valid, "{said}");
    ["signing", "encryption"].map(|purpose| {
        let begin = format!("<md:KeyDescriptor use=\"{purpose}\">");
        let keys = xml.split(&begin).skip(1);
        let text = |key: &str| key.split(['>', '<']).find(|text| text.starts_with("MII")).expect("base64").to_owned();
        keys.map(|key| X509::from_der(&STANDARD.decode(text(key)).expect("base64")).expect("a certificate")).collect()
    })
}

/// Rotates, and waits until the metadata shows it.
async fn rotate(house: &House) -> ListedKey {
    let before = published(house).await;
    let key = try_to_rotate(house, KeyKind::Saml).await.unwrap_or_else(|error| panic!("{error}"));
    until(async || published(house).await != before, "the new pair is published").await;
    key
}

async fn activate(house: &House) -> String {
    let before = published(house).await;
    let id = app::activate(&loaded(house).settings, house.clock.now()).await.unwrap_or_else(|error| panic!("{error}"));
    until(async || published(house).await != before, "the new pair is in use").await;
    id
}

/// Whether a sign-in that begins now is signed with the key of this certificate.
async fn signs(house: &House, certificate: &X509) -> bool {
    let answer = Browser::default().get(house, "/saml/login/111122223333:corp").await;
    let url = answer.location.expect("an address");
    let (signed, signature) = url.split_once('?').expect("a query").1.split_once("&Signature=").expect("a signature");
    let signature = percent_encoding::percent_decode_str(signature).decode_utf8().expect("text").into_owned();
    let key = certificate.public_key().expect("a key");
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).expect("a verifier");
    verifier.update(signed.as_bytes()).expect("updated");
    verifier.verify(&STANDARD.decode(signature).expect("base64")).expect("a verdict")
}

/// By which of our keys an assertion that is encrypted to this certificate is opened.
async fn opened_by(house: &House, certificate: &X509, id: &str) -> String {
    let signed = sign(&unsigned(house, id), &format!("_assertion-{id}"), &RSA);
    let paper = STANDARD.encode(Encryptor::to(certificate).response(&signed));
    let answer = assume_with_saml(house, ADMIN, &paper).await;
    let steps = house.trace(&answer.request_id).await;
    match steps.iter().find(|step| step.check == "saml.decryption" && step.code.is_none()) {
        Some(step) => {
            answer.credentials();
            step.received.as_deref().expect("words").rsplit_once("by the ").expect("a key").1.to_owned()
        }
        None => house.code(&answer).await,
    }
}

#[tokio::test]
async fn a_new_pair_is_published_then_used_and_the_former_one_decrypts() {
    let house = saml_logout::open("").await;
    let [signing, encryption] = published(&house).await;
    assert_eq!((signing.len(), encryption.len()), (1, 1));
    let key = rotate(&house).await;
    let both = published(&house).await;
    assert_eq!((both[0].len(), both[1].len()), (2, 2));
    assert_eq!((&both[0][0], &both[1][0]), (&signing[0], &encryption[0]), "the present ones first");
    assert!(signs(&house, &signing[0]).await);
    assert_eq!(opened_by(&house, &encryption[0], "1").await, "present key");
    assert_eq!(opened_by(&house, &both[1][1], "2").await, "upcoming key");

    assert_eq!(activate(&house).await, key.id);
    let turned = published(&house).await;
    assert!(turned[0].iter().eq(both[0].iter().rev()) && turned[1].iter().eq(both[1].iter().rev()));
    assert!(signs(&house, &turned[0][0]).await && !signs(&house, &signing[0]).await);
    assert_eq!(opened_by(&house, &encryption[0], "3").await, "former key");
    assert_eq!(opened_by(&house, &turned[1][0], "4").await, "present key");
    let nothing = app::activate(&loaded(&house).settings, house.clock.now()).await.expect_err("refused").to_string();
    assert!(nothing.starts_with("no SAML key waits to be used"), "{nothing}");

    // The next one takes the place of the former, and a restart finds them.
    rotate(&house).await;
    assert_eq!(opened_by(&house, &encryption[0], "5").await, "saml.decryption");
    assert!(!house.directory.path().join("keys/saml.pem").exists());
    let (directory, clock, url) = house.close().await;
    let house = House::serve(directory, clock, url).await;
    assert!(signs(&house, &turned[0][0]).await);
    assert_eq!(opened_by(&house, &turned[1][0], "6").await, "present key");
    assert_eq!(published(&house).await[0].len(), 2);
    let records = house.rows("SELECT record FROM audit WHERE node LIKE '%operator' ORDER BY number").await;
    let names: Vec<String> = records
        .iter()
        .map(|row| serde_json::from_str::<serde_json::Value>(&row[0]).expect("JSON")["eventName"].to_string())
        .collect();
    assert_eq!(names, ["\"RotateKeys\"", "\"ActivateKey\"", "\"RotateKeys\""]);
    house.close().await;
}

#[tokio::test]
async fn a_former_key_that_was_put_there_by_hand_decrypts_beside_them() {
    let house = open("").await;
    let by_hand = crate::saml_encrypted::Ours::new();
    let (directory, clock, url) = house.close().await;
    directory.write("keys/saml-encryption-former.pem", &by_hand.pem);
    let house = House::serve(directory, clock, url).await;
    rotate(&house).await;
    assert_eq!(opened_by(&house, &by_hand.certificate, "1").await, "former key");
    let [_, encryption] = published(&house).await;
    assert_eq!(opened_by(&house, &encryption[1], "2").await, "upcoming key");
    house.close().await;
}

/// A sign-in that began before is answered after.
#[tokio::test]
async fn a_sign_in_that_was_under_way_ends_well() {
    let house = saml_logout::open("").await;
    let mut browser = Browser::default();
    let (relay_state, asked) = begin(&house, &mut browser, "").await;
    rotate(&house).await;
    activate(&house).await;
    let response = crate::front_console::answer_to(&house, &asked, "1", false);
    let form = [("SAMLResponse", response.as_str()), ("RelayState", &relay_state)];
    assert_eq!(browser.post(&house, "/saml/acs", &form).await.status, 303);
    house.close().await;
}
