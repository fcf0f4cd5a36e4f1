//! While somebody has switched, only what the other role may counts, wherever it is asked; afterwards only what theirs may.

use crate::command_sessions::revoke;
use crate::front::ADMIN;
use crate::front_signed::{assume, get_caller_identity};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Browser, Credentials, House};
use crate::switch_world::{READER, alice, back, credentials, may_read, open, refused, switched};
use crate::use_case_world::{OURS, THEIRS, arn};

/// What a service is told of each of the two.
async fn may(house: &House, by: &Credentials) -> (bool, bool) {
    (may_read(house, by, "admin").await, may_read(house, by, "reader").await)
}

#[tokio::test]
async fn a_service_is_told_of_the_role_that_is_switched_to_and_of_no_other() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let base = credentials(&house, &mut browser).await;
    assert_eq!(may(&house, &base).await, (true, false));
    switched(&house, &mut browser, OURS, "team/Reader").await;
    let worn = credentials(&house, &mut browser).await;
    assert_eq!(may(&house, &worn).await, (false, true), "what only the other may is refused");
    assert_ne!(worn.id, base.id);
    // Nor may it assume what only the other may.
    assert_eq!(assume(&house, &worn, &arn(THEIRS, "Deploy"), &[]).await.refusal(), (403, "AccessDenied"));
    back(&house, &mut browser).await;
    let again = credentials(&house, &mut browser).await;
    assert_eq!(
        (again.id.as_str(), may(&house, &again).await),
        (base.id.as_str(), (true, false)),
        "it is the same session"
    );
}

#[tokio::test]
async fn pages_and_what_they_give_are_of_the_role_that_is_switched_to() {
    let house = open().await;
    let mut browser = alice(&house).await;
    switched(&house, &mut browser, OURS, "team/Reader").await;
    let page = browser.get(&house, "/console").await.body;
    assert!(page.contains("You wear <em>Reader</em>") && page.contains(READER) && !page.contains(ADMIN), "{page}");
    // A sign-in URL of these credentials opens that role, and nothing of the one before.
    let worn = credentials(&house, &mut browser).await;
    let url = login_url(&signin_token(&house, &worn, &[]).await, "");
    let mut other = Browser::default();
    let answer = other.get(&house, &url).await;
    other.follow(&house, answer).await;
    let session = crate::front_console::who(&house, &mut other).await;
    assert_eq!(session["role"], READER);
    let admin = crate::switch_world::switch(&house, &mut other, "sandbox", "Deploy", &[]).await;
    crate::switch_world::refused(&house, &admin, 403, "trust.no-statement-allows").await;
}

#[tokio::test]
async fn what_the_house_itself_shows_is_asked_of_the_role_that_is_switched_to() {
    let house = open().await;
    let mut browser = alice(&house).await;
    // Admin may `gatehouse:*`, Reader nothing of it.
    let pages = ["/console/sessions/all", "/console/activity/all", "/console/traces/all"];
    for page in pages {
        assert_eq!(browser.get(&house, page).await.status, 200, "{page}");
    }
    switched(&house, &mut browser, OURS, "team/Reader").await;
    for page in pages {
        refused(&house, &browser.get(&house, page).await, 403, "trust.caller-not-allowed").await;
    }
    // Nor is the one before asked once the other has ended, as long as they have not come back.
    let worn = credentials(&house, &mut browser).await;
    revoke(&house, &["--session", &worn.id]).await;
    let heard = async { while get_caller_identity(&house, &worn).await.status != 403 {} };
    tokio::time::timeout(std::time::Duration::from_secs(30), heard).await.expect("heard of");
    for page in pages {
        refused(&house, &browser.get(&house, page).await, 403, "console.nothing-worn").await;
    }
    back(&house, &mut browser).await;
    for page in pages {
        assert_eq!(browser.get(&house, page).await.status, 200, "{page}: they are back at once");
    }
}
