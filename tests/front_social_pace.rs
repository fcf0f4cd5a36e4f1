//! How seldom the networks are asked: verdicts that are remembered, one question at a time for a token, and the pace.

use crate::house::{Answer, House, free_port};
use crate::oidc_issuer::{NOW, loopback_fetcher};
use crate::social_network::{APP, FACEBOOK, FAN, Network, SECRET, assume, assume_from, form, open};
use gatehouse::oidc::social::{AccessDesk, Facebook, SocialError, SocialNetwork};
use gatehouse::trace::Trace;
use gatehouse::words::Secret;
use serde_json::json;
use std::sync::Arc;
use time::Duration;
use tokio::task::JoinSet;

const GOOD: &str = "EAAgoodTokenOfAlice0123456789";
const STRANGER: [u8; 4] = [127, 0, 0, 2];

async fn fan(house: &House, token: &str) -> Answer {
    assume(house, FAN, FACEBOOK, token).await
}

#[tokio::test]
async fn a_good_verdict_counts_for_a_minute() {
    let network = Network::open().await;
    network.issue(GOOD, json!({}));
    let house = open(&network).await;
    assert_eq!(fan(&house, GOOD).await.status, 200);
    network.withdraw(GOOD);
    house.clock.advance(Duration::seconds(59));
    assert_eq!(fan(&house, GOOD).await.status, 200);
    assert_eq!(network.asked().len(), 2, "debug_token and me, once each");
    house.clock.advance(Duration::SECOND);
    assert_eq!(fan(&house, GOOD).await.refusal(), (403, "IDPRejectedClaim"));
}

#[tokio::test]
async fn a_good_verdict_ends_with_its_token() {
    let network = Network::open().await;
    network.issue(GOOD, json!({"expires_at": NOW.unix_timestamp() + 20}));
    let house = open(&network).await;
    assert_eq!(fan(&house, GOOD).await.status, 200);
    house.clock.advance(Duration::seconds(19));
    assert_eq!(fan(&house, GOOD).await.status, 200);
    assert_eq!(network.count("debug_token"), 1);
    house.clock.advance(Duration::SECOND);
    let ended = fan(&house, GOOD).await;
    assert_eq!(
        (ended.refusal(), house.code(&ended).await.as_str()),
        ((400, "ExpiredTokenException"), "social.expired")
    );
}

#[tokio::test]
async fn a_bad_verdict_counts_for_five_minutes() {
    let network = Network::open().await;
    let house = open(&network).await;
    assert_eq!(fan(&house, GOOD).await.refusal(), (403, "IDPRejectedClaim"));
    network.issue(GOOD, json!({}));
    house.clock.advance(Duration::seconds(299));
    let again = fan(&house, GOOD).await;
    assert_eq!((again.refusal(), house.code(&again).await.as_str()), ((403, "IDPRejectedClaim"), "social.rejected"));
    assert_eq!(network.asked().len(), 1);
    house.clock.advance(Duration::SECOND);
    assert_eq!(fan(&house, GOOD).await.status, 200);
}

/// All at once, while the network takes its time.
fn together(house: &Arc<House>, tokens: impl Iterator<Item = String>) -> JoinSet<Answer> {
    let mut answers = JoinSet::new();
    for token in tokens {
        let house = house.clone();
        answers.spawn(async move { house.post("/", &form(FAN, FACEBOOK, &token)).await });
    }
    answers
}

#[tokio::test]
async fn a_token_is_asked_about_once_at_a_time() {
    let network = Network::open().await;
    network.issue(GOOD, json!({}));
    let house = Arc::new(open(&network).await);
    network.hold(true);
    let answers = together(&house, std::iter::repeat_n(GOOD.to_owned(), 50));
    network.asked_at_least(1).await;
    // Whoever goes away does not take the question with them.
    let impatient = tokio::time::timeout(std::time::Duration::from_millis(50), fan(&house, GOOD)).await;
    assert!(impatient.is_err());
    network.hold(false);
    assert!(answers.join_all().await.iter().all(|answer| answer.status == 200));
    assert_eq!(network.asked().len(), 2);
}

/// At the desk itself: only there is it certain who has joined.
#[tokio::test]
async fn a_token_that_ends_while_it_is_asked_about_is_not_good_for_those_who_join() {
    let network = Network::open().await;
    network.issue(GOOD, json!({"expires_at": NOW.unix_timestamp() + 2}));
    let (app_id, app_secret) = (APP.to_owned(), Secret::new(SECRET));
    let facebook = Facebook { app_id, app_secret, endpoint: network.url.parse().expect("a URL") };
    let desk = AccessDesk::new(SocialNetwork::Facebook(facebook), loopback_fetcher());
    let ask = |now| {
        let (desk, token) = (desk.clone(), desk.network().decode(GOOD).expect("its form is right"));
        Box::pin(async move { desk.verify(token, "127.0.0.1", now, &mut Trace::new("")).await.map(|_| ()) })
    };
    network.hold(true);
    let (mut first, mut later) = (ask(NOW), ask(NOW + Duration::seconds(2)));
    for asking in [&mut first, &mut later] {
        tokio::select! { biased; _ = asking => panic!("nobody has answered"), () = std::future::ready(()) => {} }
    }
    network.hold(false);
    assert_eq!(first.await, Ok(()));
    let end = NOW.unix_timestamp() + 2;
    assert_eq!(later.await, Err(SocialError::Expired { end, now: end }));
    assert_eq!(network.count("debug_token"), 1);
}

#[tokio::test]
async fn a_network_that_is_not_there_is_told_apart() {
    let network = Network::open().await;
    let mut elsewhere = network.clone();
    elsewhere.url = format!("http://127.0.0.1:{}", free_port());
    let house = open(&elsewhere).await;
    let gone = fan(&house, GOOD).await;
    assert_eq!(
        (gone.refusal(), house.code(&gone).await.as_str()),
        ((400, "IDPCommunicationError"), "outbound.unreachable")
    );
    network.hold(true);
    let house = open(&network).await;
    let silent = fan(&house, GOOD).await;
    assert_eq!(
        (silent.refusal(), house.code(&silent).await.as_str()),
        ((400, "IDPCommunicationError"), "outbound.time-limit")
    );
    network.hold(false);
    network.issue(GOOD, json!({}));
    assert_eq!(fan(&house, GOOD).await.status, 200, "silence is no verdict");
}

#[tokio::test]
async fn the_first_who_goes_away_leaves_the_answer_to_the_next() {
    let network = Network::open().await;
    network.issue(GOOD, json!({}));
    let house = Arc::new(open(&network).await);
    network.hold(true);
    let mut first = together(&house, std::iter::once(GOOD.to_owned()));
    network.asked_at_least(1).await;
    first.abort_all();
    while first.join_next().await.is_some() {}
    network.hold(false);
    assert_eq!(fan(&house, GOOD).await.status, 200);
    assert_eq!(network.count("debug_token"), 1);
}

#[tokio::test]
async fn strangers_share_twenty_questions_a_second_and_nobody_has_them_all() {
    let network = Network::open().await;
    let house = Arc::new(open(&network).await);
    let known = "EAAinventedTokenOfBefore";
    assert_eq!(fan(&house, known).await.refusal().1, "IDPRejectedClaim");
    let answers = together(&house, (0..60).map(|n| format!("EAAinventedToken{n:04}"))).join_all().await;
    let of = |code: &str| answers.iter().filter(|answer| answer.refusal().1 == code).count();
    assert_eq!((of("IDPRejectedClaim"), of("Throttling")), (4, 56), "with the one before a quarter of what is left");
    assert_eq!(network.asked().len(), 5);
    for (last, admitted) in [(2, 4), (3, 3), (4, 2), (5, 2), (6, 1), (7, 1), (8, 1), (9, 1), (10, 0)] {
        let mut asked = 0;
        for n in 0..6 {
            let token = format!("EAAinventedToken{last:02}{n:02}x");
            let answer = assume_from([127, 0, 0, last], &house, FAN, FACEBOOK, &token).await;
            asked += usize::from(answer.refusal().1 == "IDPRejectedClaim");
        }
        assert_eq!(asked, admitted, "from 127.0.0.{last}");
    }
    assert_eq!(network.asked().len(), 20);
    network.issue(GOOD, json!({}));
    let throttled = fan(&house, GOOD).await;
    assert_eq!((throttled.refusal(), house.code(&throttled).await.as_str()), ((400, "Throttling"), "social.pace"));
    assert_eq!(fan(&house, known).await.refusal().1, "IDPRejectedClaim", "what is known needs no question");
    house.clock.advance(Duration::SECOND);
    assert_eq!(fan(&house, GOOD).await.status, 200, "refused for the pace is not held against a token");
}

#[tokio::test]
async fn a_source_whose_token_was_good_is_not_held_up_by_a_flood() {
    let network = Network::open().await;
    network.issue(GOOD, json!({}));
    let house = Arc::new(open(&network).await);
    assert_eq!(assume_from(STRANGER, &house, FAN, FACEBOOK, GOOD).await.status, 200);
    let flood = |from: usize| together(&house, (from..from + 30).map(|n| format!("EAAinventedToken{n:04}"))).join_all();
    assert!(flood(0).await.iter().any(|answer| answer.refusal().1 == "Throttling"));
    for n in 0..30 {
        let token = format!("EAAgoodTokenOfBob{n:04}");
        network.issue(&token, json!({}));
        assert_eq!(assume_from(STRANGER, &house, FAN, FACEBOOK, &token).await.status, 200, "{n}");
    }
    // Five minutes of silence, and it is a stranger like others.
    house.clock.advance(Duration::minutes(5));
    assert!(flood(100).await.iter().any(|answer| answer.refusal().1 == "Throttling"));
    for n in 0..9 {
        let token = format!("EAAinventedTokenOfBob{n:04}");
        let late = assume_from(STRANGER, &house, FAN, FACEBOOK, &token).await.refusal().1.to_owned();
        assert_eq!(late, if n < 4 { "IDPRejectedClaim" } else { "Throttling" }, "{n}");
    }
}

#[tokio::test]
async fn a_known_source_has_a_pace_too() {
    let network = Network::open().await;
    network.issue(GOOD, json!({}));
    let house = Arc::new(open(&network).await);
    assert_eq!(fan(&house, GOOD).await.status, 200);
    let answers = together(&house, (0..250).map(|n| format!("EAAinventedToken{n:04}"))).join_all().await;
    let asked = answers.iter().filter(|answer| answer.refusal().1 == "IDPRejectedClaim").count();
    assert_eq!(asked, 200, "anybody can have one good token");
    assert_eq!(network.count("debug_token"), 201);
}
