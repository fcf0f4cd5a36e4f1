//! A session that has signed something before is let in sooner; nobody is let in because of that.

use crate::front::{admin, open};
use crate::front_revocation::change;
use crate::front_signed::{get_caller_identity, user};
use crate::house::{Credentials, House};
use crate::key_ring_world::{is_good, is_unknown, own, until};
use time::Duration;

async fn is_refused(house: &House, by: &Credentials, code: &str) {
    let answer = get_caller_identity(house, by).await;
    assert_eq!(answer.refusal(), (403, code), "{}", answer.body);
}

/// A house that has let both in before.
async fn two() -> (House, Credentials, Credentials) {
    let house = open("").await;
    let (one, other) = (admin(&house, "1").await, own(&house).await);
    for by in [&one, &other, &one, &other] {
        is_good(&house, by).await;
    }
    (house, one, other)
}

#[tokio::test]
async fn somebody_elses_secret_or_token_is_still_somebody_elses() {
    let (house, one, other) = two().await;
    for (mine, theirs) in [(&one, &other), (&other, &one)] {
        is_refused(&house, &Credentials { secret: theirs.secret.clone(), ..mine.clone() }, "SignatureDoesNotMatch")
            .await;
        is_unknown(&house, &Credentials { token: theirs.token.clone(), ..mine.clone() }).await;
        is_unknown(&house, &Credentials { id: theirs.id.clone(), ..mine.clone() }).await;
        is_unknown(&house, &Credentials { token: mine.token.clone(), ..user() }).await;
        is_refused(&house, &Credentials { token: None, ..mine.clone() }, "InvalidClientTokenId").await;
        let shortened = mine.token.as_ref().map(|token| token[..token.len() - 1].to_owned());
        is_unknown(&house, &Credentials { token: shortened, ..mine.clone() }).await;
        is_good(&house, mine).await;
    }
}

/// Each day's requests are signed with a key of that day.
#[tokio::test]
async fn it_goes_on_into_the_next_day_and_to_its_end() {
    let (house, one, other) = two().await;
    house.clock.advance(Duration::hours(36) - Duration::SECOND);
    is_refused(&house, &one, "ExpiredToken").await;
    is_good(&house, &other).await;
    is_good(&house, &other).await;
    house.clock.advance(Duration::SECOND);
    is_refused(&house, &other, "ExpiredToken").await;
}

#[tokio::test]
async fn it_ends_when_it_is_revoked() {
    let (house, one, _) = two().await;
    change(&house, "INSERT INTO revocation (access_key_id, until) SELECT access_key_id, expires FROM role_session")
        .await;
    until(async || get_caller_identity(&house, &one).await.status != 200, "it is heard of").await;
    is_refused(&house, &one, "ExpiredToken").await;
}

/// What was issued in the time to come is none of ours, whatever was known of it before the clock was set back.
#[tokio::test]
async fn a_clock_that_is_set_back_knows_no_session_of_later() {
    let (house, one, other) = two().await;
    house.clock.advance(-Duration::hours(1));
    for by in [&one, &other] {
        is_unknown(&house, by).await;
    }
    house.clock.advance(Duration::hours(1));
    for by in [&one, &other] {
        is_good(&house, by).await;
    }
}
