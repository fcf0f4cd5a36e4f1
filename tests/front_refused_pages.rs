//! Pages that say no: whoever is signed in stays in their console, and whoever is not is shown the way in.

use crate::front::ADMIN;
use crate::front_oidc;
use crate::house::{Answer, Browser, hidden};
use crate::oidc_issuer::{Issuer, RSA};
use crate::pages_world::refused;
use crate::switch_world::{alice, back, open, sign_in, switch, switched};
use crate::use_case_world::OURS;
use time::Duration;

const FRAME: [&str; 4] =
    ["<summary class=\"who\">alice@example.com</summary>", "Sign out", "class=\"tabs\"", "Back to the console"];

fn in_the_console(answer: &Answer, base: &str) {
    let page = &answer.body;
    assert!(page.contains("<h1>Refused</h1>") && page.contains("<title>Refused ·"), "{page}");
    for text in FRAME {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    let links = [format!("<a class=\"button\" href=\"{base}\">"), format!("action=\"{base}/signout\"")];
    assert!(links.iter().all(|link| page.contains(link)), "{links:?} are not in {page}");
    assert!(!page.contains("Not let in") && !page.contains("To the sign-in page"), "{page}");
}

fn at_the_door(answer: &Answer) {
    let page = &answer.body;
    for text in
        ["<h1>Not let in</h1>", "<title>Not let in ·", "<a class=\"button\" href=\"/console\">To the sign-in page"]
    {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    assert!(FRAME.iter().all(|text| !page.contains(text)), "{page}");
}

/// What is wrong with a request itself, whoever sends it.
const WRONG: [(&str, u16, &str); 5] = [
    ("/federation?Action=dance", 400, "console.unknown-action"),
    ("/federation?Action=logout&session=10", 400, "console.no-such-session"),
    ("/saml/login/nobody", 404, "signin.unknown-provider"),
    ("/console/go/production/team/Reader?to=https://evil.example/", 400, "console.bad-destination"),
    ("/console/confirm", 400, "console.nothing-waits"),
];

#[tokio::test]
async fn whoever_is_signed_in_is_refused_in_their_own_console() {
    let house = open().await;
    let mut browser = alice(&house).await;
    for (path, status, code) in WRONG {
        let answer = browser.get(&house, path).await;
        assert_eq!(refused(&answer), (status, code), "{path}");
        in_the_console(&answer, "/console");
    }
    let answer = switch(&house, &mut browser, OURS, "Deep", &[]).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    in_the_console(&answer, "/console");
    let form = [("account", OURS), ("roleName", "team/Reader"), ("csrf", "x")];
    let answer = browser.post(&house, "/switchrole", &form).await;
    assert_eq!(refused(&answer), (403, "console.foreign-form"));
    in_the_console(&answer, "/console");
    assert_eq!(browser.get(&house, "/console").await.status, 200, "and they are signed in as before");
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_shown_the_way_in() {
    let house = open().await;
    for (path, status, code) in WRONG {
        let answer = Browser::default().get(&house, path).await;
        assert_eq!(refused(&answer), (status, code), "{path}");
        at_the_door(&answer);
    }
    let mut browser = alice(&house).await;
    let kept = browser.cookies["__Host-s1"].clone();
    let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
    browser.post(&house, "/console/signout", &[("csrf", &csrf)]).await;
    let mut gone = Browser { cookies: [("__Host-s1".to_owned(), kept)].into() };
    let answer = gone.post(&house, "/switchrole", &[("csrf", &csrf)]).await;
    assert_eq!(refused(&answer), (401, "console.not-signed-in"));
    at_the_door(&answer);
}

#[tokio::test]
async fn whoever_has_switched_keeps_the_way_back() {
    let house = open().await;
    let mut browser = alice(&house).await;
    switched(&house, &mut browser, OURS, "team/Reader").await;
    let answer = browser.post(&house, "/switchrole", &[("csrf", "x")]).await;
    assert_eq!(refused(&answer), (403, "console.foreign-form"));
    in_the_console(&answer, "/console");
    assert!(answer.body.contains("action=\"/console/switch/back\""), "{}", answer.body);
    house.clock.advance(Duration::hours(2));
    let answer = back(&house, &mut browser).await;
    assert_eq!(refused(&answer), (403, "console.base-ended"));
    in_the_console(&answer, "/console");
    assert!(!answer.body.contains("action=\"/console/switch/back\""), "they have come back: {}", answer.body);
}

#[tokio::test]
async fn an_identity_providers_own_words_are_on_no_page() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = front_oidc::open(&issuer).await;
    let mut browser = Browser::default();
    let state = front_oidc::begin(&house, &mut browser).await.state;
    let error = "error=access_denied&error_description=ask+%3Cb%3EHR%3C/b%3E%0A";
    let answer = browser.get(&house, &format!("/oidc/callback/app?{error}&state={state}")).await;
    assert_eq!(refused(&answer), (403, "signin.provider-refused"));
    assert!(answer.body.contains("Please begin again") && !answer.body.contains("HR"), "{}", answer.body);
    at_the_door(&answer);
    let told = house.trace(&answer.request_id).await.pop().expect("the refusal");
    let words = "access_denied; in the identity provider's own words: \"ask <b>HR</b>\\u{a}\"";
    assert_eq!(told.received.as_deref(), Some(words));
}

#[tokio::test]
async fn each_session_of_a_browser_is_refused_in_its_own_pages() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let answer = sign_in(&house, &mut browser, "2", "?session=2", &[ADMIN]).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console/s/2")), "{}", answer.body);
    in_the_console(&browser.post(&house, "/console/s/2/switchrole", &[("csrf", "x")]).await, "/console/s/2");
    browser.cookies.remove("__Host-s2");
    let answer = browser.post(&house, "/console/s/2/switchrole", &[("csrf", "x")]).await;
    assert_eq!(refused(&answer), (401, "console.not-signed-in"));
    assert!(answer.body.contains("<h1>Not let in</h1>") && !answer.body.contains("alice"), "{}", answer.body);
}
