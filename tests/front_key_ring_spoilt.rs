//! Keys of the ring that are spoilt or gone.

use crate::front::open;
use crate::front_signed::get_caller_identity;
use crate::house::{House, program};
use crate::key_ring_world::{forged, is_good, is_unknown, own, root, rotate_and_use, sealed_by, try_to_rotate, until};
use gatehouse::ambient::Random;
use gatehouse::app::{App, load};
use gatehouse::config::{Peers, Secrets};
use gatehouse::sts::KeyKind;
use time::Duration;

#[tokio::test]
async fn a_key_that_is_spoilt_or_gone_is_named() {
    let house = open("").await;
    let key = rotate_and_use(&house).await;
    let (directory, clock, _) = house.close().await;
    let file = directory.path().join("keys").join(format!("session-{}.key", key.id));
    let starts = async || {
        let loaded = load(&directory.path().join("gatehouse.toml"), Secrets::Read, Peers::Real, clock.now());
        let loaded = loaded.unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        App::build(loaded, clock.clone(), Random, program()).await.err().map(|error| error.to_string())
    };
    let whole = std::fs::read(&file).expect("a key");
    std::fs::write(&file, &whole[..31]).expect("written");
    assert_eq!(
        starts().await.expect("refused"),
        format!("the key \"session-{}.key\" does not have the form it should have; restore it from a backup", key.id)
    );
    std::fs::remove_file(&file).expect("removed");
    assert!(starts().await.expect("refused").contains("is on the ring, but not here"));
    assert!(!file.exists(), "no other is made in its place");
    std::fs::write(&file, &whole).expect("written");
    for name in ["issuer-rs256.pem", "issuer-es384.pem", "saml.pem", "saml-encryption.pem"] {
        let file = directory.path().join("keys").join(name);
        let whole = std::fs::read(&file).expect("a key");
        std::fs::remove_file(&file).expect("removed");
        let sentence = starts().await.expect("refused");
        assert!(sentence.starts_with(&format!("the key \"{name}\" is on the ring, but not here; ")), "{sentence}");
        assert!(!file.exists(), "{name}");
        std::fs::write(&file, &whole).expect("written");
    }
    assert_eq!(starts().await, None);
}

/// Only the key in use of a kind is needed, and none keeps those of another kind back.
#[tokio::test]
async fn a_spoilt_key_keeps_no_other_back() {
    let house = open("").await;
    let first = own(&house).await;
    let issuer = try_to_rotate(&house, KeyKind::Issuer).await.unwrap_or_else(|error| panic!("{error}"));
    rotate_and_use(&house).await;
    let (directory, clock, url) = house.close().await;
    let keys = directory.path().join("keys");
    let pem = keys.join(format!("issuer-rs256-{}.pem", issuer.id));
    let [upcoming, retired] = [&pem, &keys.join("session.key")].map(|file| {
        let whole = std::fs::read(file).expect("a key");
        std::fs::write(file, &whole[1..]).expect("written");
        whole
    });
    let house = House::serve(directory, clock, url).await;
    is_unknown(&house, &first).await;
    std::fs::write(keys.join("session.key"), retired).expect("written");
    until(async || get_caller_identity(&house, &first).await.status == 200, "the retired key is taken up").await;
    let before = own(&house).await;
    rotate_and_use(&house).await;
    assert_ne!(sealed_by(&own(&house).await), sealed_by(&before), "the session keys go on");
    assert_eq!(house.get("/readyz").await.status, 200);
    house.clock.advance(Duration::DAY);
    until(async || house.get("/readyz").await.status == 503, "the issuer's key in use is lacking").await;
    assert_eq!(house.get("/readyz").await.body, "a key that is in use could not be taken up\n");
    std::fs::write(pem, upcoming).expect("written");
    until(async || house.get("/readyz").await.status == 200, "it is taken up").await;
    house.close().await;
}

/// A house that cannot read what took a stolen key's place believes the stolen one no more all the same.
#[tokio::test]
async fn a_key_that_has_left_the_ring_is_believed_no_more() {
    let house = open("").await;
    let (stolen, honest) = (root(&house, "first"), own(&house).await);
    is_good(&house, &honest).await;
    let rename = "UPDATE key_ring SET id = 'deadbeef' WHERE kind = 'session' RETURNING id";
    assert_eq!(crate::running::rows(&house.directory, rename).await, ["deadbeef"]);
    until(async || house.get("/readyz").await.status == 503, "the key in use is lacking").await;
    is_unknown(&house, &honest).await;
    is_unknown(&house, &forged(&house, &stolen, house.clock.now() + Duration::HOUR)).await;
    let file = house.directory.path().join("keys/session-deadbeef.key");
    std::fs::write(file, [7; 32]).expect("written");
    until(async || house.get("/readyz").await.status == 200, "the new key is taken up").await;
    is_good(&house, &forged(&house, &[7; 32], house.clock.now() + Duration::HOUR)).await;
    house.close().await;
}

/// A house that cannot take up a new key serves on with those it has, and takes it up when it can be read.
#[tokio::test]
async fn a_key_that_cannot_be_read_yet_keeps_nobody_out() {
    let house = open("").await;
    let before = own(&house).await;
    let key = try_to_rotate(&house, KeyKind::Session).await.unwrap_or_else(|error| panic!("{error}"));
    let file = house.directory.path().join("keys").join(format!("session-{}.key", key.id));
    let whole = std::fs::read(&file).expect("a key");
    std::fs::write(&file, "").expect("written");
    house.clock.advance(Duration::MINUTE);
    is_good(&house, &before).await;
    std::fs::write(&file, whole).expect("written");
    until(async || sealed_by(&own(&house).await) != sealed_by(&before), "it is taken up").await;
    house.close().await;
}
