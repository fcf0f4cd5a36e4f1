//! The database is away while the house is open.

use crate::front::{ADMIN, admin, assume_with_saml, good};
use crate::front_signed::get_caller_identity;
use crate::key_ring_world::until;
use crate::saml_logout::open;
use std::time::Duration;

#[tokio::test]
async fn while_the_database_is_away_nothing_is_given_and_what_was_given_is_good_for_a_minute() {
    let house = open("").await;
    let session = admin(&house, "1").await;
    let (path, away) = (house.directory.path().join("gatehouse.db"), house.directory.path().join("away.db"));
    std::fs::rename(&path, &away).expect("away");
    let refused = assume_with_saml(&house, ADMIN, &good(&house, "2")).await;
    assert_eq!(refused.refusal(), (503, "ServiceUnavailable"));
    let readiness = house.get("/readyz").await;
    assert_eq!((readiness.status, readiness.body.as_str()), (503, "the store does not answer\n"));
    assert_eq!(get_caller_identity(&house, &session).await.status, 200, "the list of what was ended is fresh");
    house.clock.let_pass(Duration::from_secs(120));
    assert_eq!(get_caller_identity(&house, &session).await.refusal(), (503, "ServiceUnavailable"));

    std::fs::rename(&away, &path).expect("back");
    until(async || house.get("/readyz").await.status == 200, "it is ready again").await;
    assert_eq!(get_caller_identity(&house, &session).await.status, 200);
    // What was refused was not used up.
    let second = assume_with_saml(&house, ADMIN, &good(&house, "2")).await.credentials();
    assert_eq!(get_caller_identity(&house, &second).await.status, 200);
    assert_eq!(house.rows("SELECT access_key_id FROM role_session").await.len(), 2);
}

/// Set back, the clock makes what was issued before something of the future, which is good for nothing; nothing is lost by it.
#[tokio::test]
async fn a_clock_that_jumps_an_hour_loses_nothing() {
    let house = open("").await;
    let first = admin(&house, "1").await;
    house.clock.advance(time::Duration::hours(-1));
    let of_the_future = get_caller_identity(&house, &first).await;
    assert_eq!(of_the_future.status, 403, "{}", of_the_future.body);
    let early = assume_with_saml(&house, ADMIN, &good(&house, "2")).await;
    assert_eq!(early.refusal(), (400, "InvalidIdentityToken"));
    assert!(early.body.contains("Response is not yet valid"), "{}", early.body);
    house.clock.advance(time::Duration::hours(1));
    let second = assume_with_saml(&house, ADMIN, &good(&house, "2")).await.credentials();
    for session in [&first, &second] {
        let answer = get_caller_identity(&house, session).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    house.clock.advance(time::Duration::hours(1));
    assert_eq!(get_caller_identity(&house, &first).await.refusal(), (403, "ExpiredToken"));
    house.clock.advance(time::Duration::hours(-1));
    assert_eq!(get_caller_identity(&house, &first).await.status, 200);
}
