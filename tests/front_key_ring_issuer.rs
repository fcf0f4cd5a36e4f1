//! The issuer's keys, rotated while others keep its key set.

use crate::front_issuer::{enter, neighbour};
use crate::house::House;
use crate::issuer_world::{ask, key_set, open, verified, wear};
use crate::key_ring_world::{order, try_to_rotate, until};
use crate::use_case_world::key;
use gatehouse::app::Former;
use gatehouse::sts::KeyKind;
use serde_json::Value;
use time::Duration;

async fn ids(house: &House) -> Vec<Value> {
    key_set(house).await["keys"].as_array().expect("keys").iter().map(|key| key["kid"].clone()).collect()
}

/// A token of each algorithm, with the id of the key that signed it.
async fn tokens(house: &House) -> Vec<(String, Value)> {
    let mut tokens = Vec::new();
    for algorithm in ["RS256", "ES384"] {
        let answer = ask(house, &key("teller"), &[("SigningAlgorithm", algorithm)]).await;
        let token = answer.element("WebIdentityToken").to_owned();
        let id = verified(house, &token).await.0["kid"].clone();
        tokens.push((token, id));
    }
    tokens
}

async fn rotate(house: &House) {
    try_to_rotate(house, KeyKind::Issuer).await.unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn a_new_pair_is_published_for_a_day_before_it_signs() {
    let house = open().await;
    let first = ids(&house).await;
    rotate(&house).await;
    until(async || ids(&house).await.len() == 4, "the new pair is published").await;
    let both = ids(&house).await;
    assert_eq!(both[..2], first);
    house.clock.advance(Duration::DAY - Duration::SECOND);
    let before = tokens(&house).await;
    assert!(before.iter().map(|(_, id)| id).eq(&first), "it does not sign yet");
    house.clock.advance(Duration::SECOND);
    assert!(tokens(&house).await.iter().map(|(_, id)| id).eq(&both[2..]));
    for (token, _) in before {
        verified(&house, &token).await;
    }
    let (directory, clock, url) = house.close().await;
    let house = House::serve(directory, clock, url).await;
    assert_eq!(ids(&house).await, both);

    house.clock.advance(Duration::DAY + Duration::HOUR);
    until(async || ids(&house).await == both[2..], "the former pair is gone").await;
    assert!(!house.directory.path().join("keys/issuer-rs256.pem").exists());
    house.close().await;
}

/// Who has kept the key set since before the rotation has the key by the time that it signs.
#[tokio::test]
async fn a_house_that_trusts_it_notices_nothing() {
    let first = open().await;
    let second = neighbour(&first).await;
    let enters = async || {
        let teller = wear(&first, "Teller", &[]).await;
        let token = ask(&first, &teller, &[]).await;
        enter(&second, token.element("WebIdentityToken")).await.credentials()
    };
    enters().await;
    rotate(&first).await;
    until(async || ids(&first).await.len() == 4, "the new pair is published").await;
    for _ in 0..25 {
        for house in [&first, &second] {
            house.clock.advance(Duration::HOUR);
        }
        enters().await;
    }
}

#[tokio::test]
async fn a_compromised_pair_is_published_no_more() {
    let house = open().await;
    let first = ids(&house).await;
    rotate(&house).await;
    until(async || ids(&house).await.len() == 4, "a pair is on its way").await;
    order(&house, KeyKind::Issuer, Former::Go).await.unwrap_or_else(|error| panic!("{error}"));
    until(async || ids(&house).await.len() == 2, "the new pair is alone").await;
    let new = ids(&house).await;
    assert!(new.iter().all(|id| !first.contains(id)));
    assert!(tokens(&house).await.iter().map(|(_, id)| id).eq(&new), "and signs at once");
    house.close().await;
}
