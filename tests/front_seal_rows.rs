//! Whoever writes the database, and has a cookie or a sign-in URL of their own, finds nobody else behind it: what is sealed in
//! a row opens in that row alone.

use crate::book::Book;
use crate::front::{ADMIN, admin};
use crate::front_console::{GUEST, who};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Browser, House, encoded, hidden};
use crate::pages_world::{AUDITOR, about, open, page, sign_in};
use crate::switch_world::switch;
use time::Duration;

/// Writes to the database as somebody may who has come by it.
fn write(house: &House, script: &str) {
    Book::open(&house.directory.path().join("gatehouse.db")).run(script);
}

/// What is sealed in either of a table's two rows goes into the other.
pub(crate) fn swap(house: &House, table: &str, key: &str) {
    write(
        house,
        &format!(
            "CREATE TEMP TABLE held AS SELECT {key}, sealed FROM {table};
             UPDATE {table} SET sealed = (SELECT held.sealed FROM held WHERE held.{key} <> {table}.{key});
             DROP TABLE held"
        ),
    );
}

#[tokio::test]
async fn nobody_is_somebody_else_by_a_row_of_their_own() {
    let house = open().await;
    let mut alice = sign_in(&house, "1", "alice", &[ADMIN]).await;
    let mut mallory = sign_in(&house, "2", "mallory", &[AUDITOR]).await;
    swap(&house, "console_session", "id_hash");
    for browser in [&mut alice, &mut mallory] {
        assert_eq!(who(&house, browser).await["signed_in"], false);
    }
    swap(&house, "console_session", "id_hash");
    for (browser, role) in [(&mut alice, ADMIN), (&mut mallory, AUDITOR)] {
        assert_eq!(who(&house, browser).await["role"], role, "each at home again");
    }
}

#[tokio::test]
async fn nor_is_anybody_elses_browser_among_ones_own() {
    let house = open().await;
    sign_in(&house, "1", "alice", &[ADMIN]).await;
    house.clock.advance(Duration::MINUTE);
    let mut mallory = sign_in(&house, "2", "mallory", &[AUDITOR]).await;
    house.clock.advance(Duration::MINUTE);
    sign_in(&house, "3", "mallory", &[AUDITOR]).await;
    let before = page(&house, &mut mallory, "/console/sessions").await;
    assert_eq!(before.matches("end?browser=").count(), 2, "{before}");
    write(
        &house,
        "UPDATE console_session SET sealed =
             (SELECT first.sealed FROM console_session AS first ORDER BY first.opened LIMIT 1)
         WHERE opened = (SELECT max(last.opened) FROM console_session AS last)",
    );
    let own = page(&house, &mut mallory, "/console/sessions").await;
    assert!(own.matches("end?browser=").count() == 1 && !own.contains("assumed-role/Admin/"), "{own}");
}

#[tokio::test]
async fn a_session_ends_when_it_was_sealed_to_end() {
    let house = open().await;
    let mut alice = Browser::default();
    let response = about(&house, "1", "alice", &[ADMIN, AUDITOR]);
    let answer = alice.post(&house, "/saml/acs", &[("SAMLResponse", &response)]).await;
    alice.follow(&house, answer).await;
    assert_eq!(who(&house, &mut alice).await["signed_in"], true);
    write(&house, "UPDATE console_session SET expires = expires + 864000");
    house.clock.advance(Duration::hours(13));
    assert_eq!(who(&house, &mut alice).await["signed_in"], false);
}

#[tokio::test]
async fn a_sign_in_url_opens_what_it_was_made_for() {
    let house = open().await;
    let (first, second) = (admin(&house, "1").await, admin(&house, "2").await);
    let urls = [
        login_url(&signin_token(&house, &first, &[]).await, ""),
        login_url(&signin_token(&house, &second, &[]).await, ""),
    ];
    swap(&house, "signin_token", "hash");
    for url in &urls {
        let answer = Browser::default().get(&house, url).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (400, "console.token-spent"));
    }
    swap(&house, "signin_token", "hash");
    assert_eq!(Browser::default().get(&house, &urls[0]).await.status, 303);
}

#[tokio::test]
async fn whose_session_has_ended_is_led_where_their_own_url_said() {
    let house = open().await;
    let mut browsers = Vec::new();
    for (id, issuer) in [("1", "https://one.example"), ("2", "https://two.example")] {
        let credentials = admin(&house, id).await;
        let token: serde_json::Value =
            serde_json::from_str(&signin_token(&house, &credentials, &[]).await.body).expect("a token");
        let token = token["SigninToken"].as_str().expect("a token");
        let url = encoded(&[("Action", "login"), ("Issuer", issuer), ("SigninToken", token)]);
        let mut browser = Browser::default();
        let answer = browser.get(&house, &format!("/federation?{url}")).await;
        browser.follow(&house, answer).await;
        browsers.push((browser, issuer));
    }
    house.clock.advance(Duration::hours(2));
    swap(&house, "console_session", "id_hash");
    for (browser, _) in &browsers {
        let cookies = browser.cookies.clone();
        let page = Browser { cookies }.get(&house, "/console").await.body;
        assert!(!page.contains("one.example") && !page.contains("two.example"), "{page}");
    }
    swap(&house, "console_session", "id_hash");
    for (mut browser, issuer) in browsers {
        let page = browser.get(&house, "/console").await.body;
        assert!(page.contains(issuer), "{page}");
    }
}

#[tokio::test]
async fn where_others_switched_to_is_not_among_ones_own() {
    let house = crate::switch_world::open().await;
    let mut browsers = Vec::new();
    for who in ["alice", "mallory"] {
        let mut browser = Browser::default();
        crate::front_browser_sessions::sign_in_as(&house, &mut browser, who, 1).await;
        let label = format!("place of {who}");
        let answer = switch(&house, &mut browser, "sandbox", "Deploy", &[("displayName", &label)]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browsers.push(browser);
    }
    swap(&house, "recent_role", "person");
    let mut again = Browser::default();
    let (relay_state, request) = crate::front_console::begin(&house, &mut again, "").await;
    let xml = crate::switch_world::assertion(&house, "again", "mallory", crate::switch_world::PASSWORD, &[ADMIN]);
    let answer = crate::switch_world::answer(&house, &mut again, (&relay_state, &request), ("again", &xml)).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = again.get(&house, "/switchrole").await.body;
    assert!(page.contains("name=\"roleName\"") && !page.contains("place of"), "{page}");
}

/// Anybody may register the name of an identity provider with a key of their own: what a person does is not told to whom
/// that key calls alike.
#[tokio::test]
async fn whoever_another_account_calls_alike_has_used_nothing() {
    let house = crate::pages_world::open_with_a_key_of_theirs().await;
    let sign_in = async |id: &str, response: &str| {
        let mut browser = Browser::default();
        let answer = browser.post(&house, "/saml/acs", &[("SAMLResponse", response)]).await;
        let page = browser.follow(&house, answer).await;
        assert!(page.status == 200 && page.body.contains("Choose a role"), "{id}: {}", page.body);
        browser
    };
    let roles = [GUEST, crate::pages_world::WATCH];
    let mut alice = sign_in("1", &about(&house, "1", "alice", &roles)).await;
    let csrf = hidden(&page(&house, &mut alice, "/console/roles").await, "csrf");
    assert_eq!(alice.post(&house, "/console/choose", &[("role", GUEST), ("csrf", &csrf)]).await.status, 303);
    let mut again = sign_in("2", &about(&house, "2", "alice", &roles)).await;
    assert!(page(&house, &mut again, "/console/roles").await.contains("last used"));
    let xml = crate::pages_world::unsigned_about(&house, "3", "alice", &roles);
    let forged = crate::saml_identity::sign(&xml, "_assertion-3", &crate::saml_identity::STRANGER);
    let forged = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, forged);
    let mut mallory = sign_in("3", &forged).await;
    let theirs = page(&house, &mut mallory, "/console/roles").await;
    assert!(!theirs.contains("last used"), "{theirs}");
}
