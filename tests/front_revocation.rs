//! Sessions that an operator ends, through the front door.

use crate::front::admin;
use crate::front_logout::{is_in, sign_in};
use crate::front_signed::{assume, get_caller_identity, user};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Browser, House};
use crate::saml_logout::open;
use std::time::Duration;

/// Something that only the operator of the database can do.
pub(crate) async fn change(house: &House, statement: &'static str) {
    let book = house.hold_the_book();
    book.run(statement);
    book.run("COMMIT");
}

/// Asks until the gateway has looked into its book.
async fn until_ready(house: &House) {
    let ready = async { while house.get("/readyz").await.status != 200 {} };
    tokio::time::timeout(Duration::from_secs(30), ready).await.expect("ready again");
}

#[tokio::test]
async fn without_knowing_what_has_been_ended_no_temporary_credentials_are_taken() {
    let house = open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let session = admin(&house, "2").await;
    change(&house, "ALTER TABLE revocation RENAME TO hidden").await;
    house.clock.let_pass(Duration::from_secs(60));
    assert_eq!(get_caller_identity(&house, &session).await.status, 200, "it has just been read");
    assert_eq!(house.get("/readyz").await.status, 200);
    house.clock.let_pass(Duration::from_secs(1));
    let answers = [
        get_caller_identity(&house, &session).await,
        assume(&house, &session, "arn:aws:iam::444455556666:role/Guest", &[]).await,
    ];
    for answer in answers {
        assert_eq!(answer.refusal(), (503, "ServiceUnavailable"));
        assert_eq!(house.code(&answer).await, "sts.revocations-unknown");
    }
    let answer = signin_token(&house, &session, &[]).await;
    assert_eq!((answer.status, house.code(&answer).await.as_str()), (503, "sts.revocations-unknown"));
    assert_eq!(browser.get(&house, "/console").await.status, 503);
    let answer = house.get("/readyz").await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "it is not known which sessions have been ended\n"));
    assert_eq!(house.get("/healthz").await.status, 200, "a restart would not help");
    assert_eq!(get_caller_identity(&house, &user()).await.status, 200, "a long-lived key is on no list");

    change(&house, "ALTER TABLE hidden RENAME TO revocation").await;
    until_ready(&house).await;
    assert_eq!(get_caller_identity(&house, &session).await.status, 200);
    assert!(is_in(&house, &mut browser).await);
}

/// Their signature has been verified, and their part in the book is not written yet.
#[tokio::test]
async fn what_is_under_way_with_a_session_that_is_being_ended_comes_to_nothing() {
    let house = open("").await;
    let session = admin(&house, "1").await;
    let url = login_url(&signin_token(&house, &session, &[]).await, "");
    let book = house.hold_the_book();
    let end = async {
        // They get as far as they can without it.
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        let insert = "INSERT INTO revocation (access_key_id, until) SELECT access_key_id, expires FROM role_session";
        book.run(insert);
        book.run("COMMIT");
    };
    let guest = "arn:aws:iam::444455556666:role/Guest";
    let (assumed, opened, ()) = tokio::join!(assume(&house, &session, guest, &[]), house.get(&url), end);
    assert_eq!(
        (assumed.refusal(), house.code(&assumed).await.as_str()),
        ((403, "ExpiredToken"), "sts.session-revoked")
    );
    assert_eq!((opened.status, house.code(&opened).await.as_str()), (400, "console.credentials-ended"));
    assert!(house.rows("SELECT id_hash FROM console_session").await.is_empty());
}
