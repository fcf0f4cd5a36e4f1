//! What the front door makes of an identity provider's metadata as time goes by.

use crate::front::{ADMIN, WORLD, assume_with_saml, files, good};
use crate::house::{Address, Answer, Browser, House};
use crate::metadata_server::{Following, Publisher, followed, listing, response_of};
use crate::saml_identity::{EC, IDP, Identity, NOW, RSA, STRANGER, changed};
use time::Duration;

async fn login(house: &House, day: u8, id: &str, by: &Identity) -> Answer {
    assume_with_saml(house, ADMIN, &response_of(house, day, id, by)).await
}

#[tokio::test]
async fn metadata_ends_when_it_says_so() {
    let mut files = files();
    files[0].1 =
        changed(&files[0].1, "<md:IDPSSODescriptor", "<md:IDPSSODescriptor validUntil=\"2031-01-01T12:01:00Z\"");
    let house = House::open(NOW, &files, |_: &Address| WORLD.to_owned()).await;
    assume_with_saml(&house, ADMIN, &good(&house, "in-time")).await.credentials();

    house.clock.advance(Duration::MINUTE);
    let late = assume_with_saml(&house, ADMIN, &good(&house, "late")).await;
    assert_eq!(late.refusal(), (400, "IDPCommunicationError"));
    assert_eq!(house.code(&late).await, "saml.metadata-expired");
    let sign_in = Browser::default().get(&house, "/saml/login/111122223333:corp").await;
    assert_eq!((sign_in.status, house.code(&sign_in).await.as_str()), (502, "saml.metadata-expired"));
    house.close().await;
}

#[tokio::test]
async fn keys_overlap_and_end_with_the_document_that_lists_them() {
    let publisher = Publisher::open(listing(&[&RSA])).await;
    let following = Following::open(&publisher).await;
    following.is_fresh().await;
    let house = &following.house;
    login(house, 1, "a", &RSA).await.credentials();
    assert_eq!(publisher.asked(), 1, "once for both accounts");

    publisher.publish(listing(&[&RSA, &EC]));
    house.clock.advance(Duration::DAY);
    following.is_fresh().await;
    login(house, 2, "b", &RSA).await.credentials();
    login(house, 2, "c", &EC).await.credentials();

    publisher.publish(listing(&[&EC]));
    house.clock.advance(Duration::DAY);
    following.is_fresh().await;
    login(house, 3, "d", &EC).await.credentials();
    let former = login(house, 3, "e", &RSA).await;
    assert_eq!((former.refusal().0, house.code(&former).await.as_str()), (400, "saml.key-family"));
    let metrics = following.metrics().await;
    let ends =
        |key: &Identity| format!("provider=\"{}\",fingerprint=\"{}\"", crate::front::CORP, key.key().fingerprint());
    assert!(metrics.contains(&ends(&EC)) && !metrics.contains(&ends(&RSA)), "{metrics}");
    following.house.close().await;
}

/// The interval is kept within a tenth, and `cacheDuration` shortens it.
#[tokio::test]
async fn the_interval_is_kept() {
    let publisher = Publisher::open(listing(&[&RSA])).await;
    let following = Following::open(&publisher).await;
    following.is_fresh().await;
    following.house.clock.advance(Duration::minutes(53));
    login(&following.house, 1, "a", &RSA).await;
    let day = changed(&listing(&[&RSA]), " entityID", " cacheDuration=\"PT10M\" entityID");
    publisher.publish(day);
    following.house.clock.advance(Duration::minutes(14));
    following.is_fresh().await;
    assert_eq!(publisher.asked(), 2, "not before 54 minutes, not after 66");
    following.house.clock.advance(Duration::minutes(12));
    following.is_fresh().await;
    assert_eq!(publisher.asked(), 3);
    following.house.close().await;
}

/// The publisher changes its key without a word; everybody who comes with the new one gets in at once.
#[tokio::test]
async fn a_thousand_people_come_while_the_key_changes() {
    let publisher = Publisher::open(listing(&[&RSA])).await;
    let following = std::sync::Arc::new(Following::open(&publisher).await);
    following.is_fresh().await;
    let turns = std::sync::Arc::new(tokio::sync::Semaphore::new(16));
    let mut people = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        if number == 300 {
            publisher.publish(listing(&[&RSA, &EC]));
        }
        // Before 300 the old key, then both by turns, and from 700 the new one alone.
        let by = if number < 300 || (number < 700 && number % 2 == 0) { &RSA } else { &EC };
        let turn = turns.clone().acquire_owned().await.expect("a turn");
        let following = following.clone();
        people.spawn(async move {
            let answer = login(&following.house, 1, &format!("p{number}"), by).await;
            drop(turn);
            (number, answer.status, answer.body)
        });
    }
    let refused: Vec<_> = people.join_all().await.into_iter().filter(|(_, status, _)| *status != 200).collect();
    assert!(refused.is_empty(), "{} refused: {:?}", refused.len(), refused.first());
    assert_eq!(publisher.asked(), 2, "the start, and once for the new key");
}

#[tokio::test]
async fn a_change_of_key_without_overlap_is_followed_at_once() {
    let publisher = Publisher::open(listing(&[&RSA])).await;
    let following = Following::open(&publisher).await;
    following.is_fresh().await;
    publisher.publish(listing(&[&STRANGER]));
    let answer = login(&following.house, 1, "new", &STRANGER).await;
    answer.credentials();
    let steps = following.house.trace(&answer.request_id).await;
    assert!(steps.iter().any(|step| step.check == "saml.metadata"), "{steps:?}");
    let former = login(&following.house, 1, "old", &RSA).await;
    assert_eq!(following.house.code(&former).await, "saml.signature", "what has left has ended");
    assert_eq!(publisher.asked(), 2);
    following.house.close().await;
}

#[tokio::test]
async fn a_flood_of_bad_signatures_causes_one_fetch() {
    let publisher = Publisher::open(listing(&[&RSA])).await;
    let following = std::sync::Arc::new(Following::open(&publisher).await);
    following.is_fresh().await;
    let flood = async |wave: &'static str| {
        let mut posts = tokio::task::JoinSet::new();
        for number in 0..60 {
            let following = following.clone();
            posts.spawn(async move { login(&following.house, 1, &format!("{wave}{number}"), &STRANGER).await.status });
        }
        assert!(posts.join_all().await.into_iter().all(|status| status == 400));
    };
    flood("a").await;
    assert_eq!(publisher.asked(), 2);
    following.house.clock.advance(Duration::seconds(29));
    flood("b").await;
    assert_eq!(publisher.asked(), 2, "no other within thirty seconds");
    following.house.clock.advance(Duration::seconds(1));
    flood("c").await;
    assert_eq!(publisher.asked(), 3);
}

#[tokio::test]
async fn a_document_that_is_refused_leaves_the_old_one_in_force() {
    let publisher = Publisher::open(listing(&[&RSA])).await;
    let following = Following::open(&publisher).await;
    following.is_fresh().await;
    let good = listing(&[&EC]);
    let documents = [
        (200, listing(&[]), "saml.metadata-no-signing-key"),
        (200, changed(&good, IDP, "https://other.example"), "saml.metadata-other-entity"),
        (
            200,
            changed(&good, "<md:EntityDescriptor", "<md:EntityDescriptor validUntil=\"2031-01-01T11:00:00Z\""),
            "saml.metadata-expired",
        ),
        (200, changed(&good, "<md:EntityDescriptor", "<!DOCTYPE x><md:EntityDescriptor"), "saml.metadata-doctype"),
        (200, changed(&good, "</md:EntityDescriptor>", ""), "saml.metadata-malformed"),
        (
            200,
            format!(
                "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{good}</md:EntitiesDescriptor>"
            ),
            "saml.metadata-unsigned-aggregate",
        ),
        (404, good.clone(), "saml.metadata-status"),
        (500, good.clone(), "outbound.server-error"),
        (200, " ".repeat(10_000_001), "outbound.too-large"),
    ];
    for (number, (status, document, code)) in documents.into_iter().enumerate() {
        publisher.answer(Some((status, document)));
        // A failure is tried again after a minute, then after two, and so on up to the interval.
        following.house.clock.advance(Duration::hours(2));
        publisher.asked_at_least(number + 2).await;
        following.refused(code, 1).await;
        let metadata = "SELECT document FROM metadata";
        assert_eq!(following.house.rows(metadata).await, [[listing(&[&RSA])]], "{code}");
    }
    following.house.clock.advance(Duration::hours(6));
    publisher.asked_at_least(11).await;
    login(&following.house, 2, "old", &RSA).await.credentials();
    following.house.close().await;
}

/// One of two providers has a server that never answers.
#[tokio::test]
async fn a_silent_server_keeps_nobody_else_waiting() {
    let silent = Publisher::open(String::new()).await;
    silent.answer(None);
    let publisher = Publisher::open(listing(&[&RSA])).await;
    let world = changed(WORLD, "metadata = { file = \"idp.xml\" }", &followed(&publisher));
    let other = "\n[[provider]]\nname = \"silent\"\naccount = \"111122223333\"\nkind = \"saml\"\n";
    let following = Following::open_as(&format!("{world}{other}{}\n", followed(&silent))).await;
    silent.asked_at_least(1).await;
    following.is_fresh().await;
    login(&following.house, 1, "a", &RSA).await.credentials();
    let sign_in = Browser::default().get(&following.house, "/saml/login/111122223333:corp").await;
    assert_eq!(sign_in.status, 303, "{}", sign_in.body);
    let sign_in = Browser::default().get(&following.house, "/saml/login/silent").await;
    assert_eq!((sign_in.status, following.house.code(&sign_in).await.as_str()), (502, "saml.metadata-missing"));
    silent.publish(listing(&[&RSA]));
    following.house.close().await;
}

/// The last good copy serves for a week, across a restart, and not a minute more.
#[tokio::test]
async fn an_outage_of_a_week_is_lived_through() {
    let publisher = Publisher::open(listing(&[&RSA])).await;
    let following = Following::open(&publisher).await;
    following.is_fresh().await;
    publisher.answer(Some((503, String::new())));
    following.house.clock.advance(Duration::days(7) - Duration::minutes(1));
    let following = following.restart().await;
    login(&following.house, 8, "kept", &RSA).await.credentials();
    following.house.clock.advance(Duration::minutes(2));
    let late = login(&following.house, 8, "late", &RSA).await;
    assert_eq!(
        (late.status, following.house.code(&late).await.as_str()),
        (400, "saml.metadata-stale"),
        "{}",
        late.body
    );
    publisher.publish(listing(&[&RSA]));
    following.house.clock.advance(Duration::seconds(150));
    following.is_fresh().await;
    login(&following.house, 8, "again", &RSA).await.credentials();
    following.house.close().await;
}
