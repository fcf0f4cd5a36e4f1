//! Links to a page together with a role: they sign in, they put on, but they take nobody out of another role.

use crate::break_glass_world::{OPS, PASSWORD, code};
use crate::front::ADMIN;
use crate::front_console::who;
use crate::front_mfa::Trip;
use crate::house::{Answer, Browser, encoded, hidden};
use crate::switch_world::{MFA, READER, alice, answer, assertion, back, open, refused, sign_in, switched};
use crate::use_case_world::{OURS, arn};

const THERE: &str = "https://grafana.example.com/d/abc?orgId=1";

fn link(account: &str, role: &str, to: &str) -> String {
    format!("/console/go/{account}/{role}?{}", encoded(&[("to", to)]))
}

/// The query of the sign-in that the page offers where somebody was sent to.
fn door(page: &Answer) -> String {
    let from = page.body.find("/saml/login/111122223333:corp?").unwrap_or_else(|| panic!("no door in {}", page.body));
    let href = page.body[from..].split('"').next().unwrap().replace("&#38;", "&");
    format!("?{}", href.split_once('?').unwrap().1)
}

#[tokio::test]
async fn a_link_signs_in_puts_on_and_leads_there() {
    let house = open().await;
    let mut browser = Browser::default();
    let plain = arn(OURS, "Plain");
    let go = link("production", "Plain", THERE);
    let first = browser.get(&house, &go).await;
    assert_eq!(first.status, 303);
    let page = browser.follow(&house, first).await;
    let answer = sign_in(&house, &mut browser, "1", &door(&page), &[ADMIN, &plain]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    // Past the chooser, with the role that the link named.
    assert_eq!(who(&house, &mut browser).await["role"], plain.as_str());
    let landed = browser.get(&house, answer.location.as_deref().unwrap()).await;
    assert_eq!((landed.status, landed.location.as_deref()), (303, Some(THERE)), "{}", landed.body);
    // Again, while it is worn: straight there.
    assert_eq!(browser.get(&house, &go).await.location.as_deref(), Some(THERE));
    let home = browser.get(&house, "/console/go/111122223333/Plain").await;
    assert_eq!(home.location.as_deref(), Some("/console"), "without a place the home page");
}

#[tokio::test]
async fn where_no_role_is_worn_the_link_puts_it_on() {
    let house = open().await;
    let mut browser = Browser::default();
    let plain = arn(OURS, "Plain");
    sign_in(&house, &mut browser, "1", "", &[ADMIN, &plain]).await;
    assert_eq!(who(&house, &mut browser).await["role"], serde_json::Value::Null);
    let before = browser.cookies["__Host-s1"].clone();
    let answer = browser.get(&house, &link("production", "Plain", "/console/session")).await;
    assert_eq!((answer.status, answer.location.clone()), (303, Some(house.url("/console/session"))), "{}", answer.body);
    assert_ne!(browser.cookies["__Host-s1"], before);
    assert_eq!(who(&house, &mut browser).await["role"], plain.as_str());
    // One that is not theirs is refused, and in the book.
    let mut other = Browser::default();
    sign_in(&house, &mut other, "2", "", &[ADMIN, &plain]).await;
    let answer = other.get(&house, &link("production", "Closed", THERE)).await;
    refused(&house, &answer, 403, "trust.role-not-given").await;
}

#[tokio::test]
async fn whoever_wears_another_role_is_asked_first() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let go = link("production", "team/Reader", THERE);
    let page = browser.get(&house, &go).await;
    assert_eq!((page.status, page.cookies.len()), (200, 0));
    for text in
        ["Go there as Reader @ production?", "Admin @ production", READER, "https://grafana.example.com/d/abc?orgId=1"]
    {
        assert!(page.body.contains(text), "{text} is not in {}", page.body);
    }
    assert_eq!(who(&house, &mut browser).await["role"], ADMIN, "nothing has happened yet");
    let from = page.body.find("action=\"/console/go/").unwrap() + 8;
    let action = page.body[from..].split('"').next().unwrap().replace("&#38;", "&");
    let answer = browser.post(&house, &action, &[("csrf", &hidden(&page.body[from..], "csrf"))]).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some(THERE)), "{}", answer.body);
    assert_eq!(who(&house, &mut browser).await["role"], READER, "what only the worn role may assume is switched to");
    // While switched, to one that the provider gives: that is put on, and nothing is switched any more.
    let page = browser.get(&house, &link("production", "Admin", THERE)).await;
    let csrf = hidden(&page.body[page.body.find("Go there as").unwrap()..], "csrf");
    let answer = browser.post(&house, &link("production", "Admin", THERE), &[("csrf", &csrf)]).await;
    assert_eq!(answer.location.as_deref(), Some(THERE), "{}", answer.body);
    assert_eq!(who(&house, &mut browser).await["role"], ADMIN);
    refused(&house, &back(&house, &mut browser).await, 400, "console.not-switched").await;
}

#[tokio::test]
async fn a_second_factor_is_asked_for_on_the_way_and_the_place_is_kept() {
    let house = open().await;
    let mut browser = alice(&house).await;
    let go = link("production", "Vault", THERE);
    let page = browser.get(&house, &go).await;
    let csrf = hidden(&page.body[page.body.find("Go there as").unwrap()..], "csrf");
    let trip = Trip::on(&browser.post(&house, &go, &[("csrf", &csrf)]).await);
    let xml = assertion(&house, "2", "alice", MFA, &[ADMIN]);
    let landed = answer(&house, &mut browser, (&trip.relay_state, &trip.request), ("2", &xml)).await;
    assert_eq!((landed.status, landed.location.as_deref()), (303, Some(THERE)), "{}", landed.body);
    assert_eq!(who(&house, &mut browser).await["role"], arn(OURS, "Vault").as_str());
    back(&house, &mut browser).await;
    assert_eq!(who(&house, &mut browser).await["role"], ADMIN);
}

#[tokio::test]
async fn a_user_is_let_in_by_the_form_and_lands_there_too() {
    let house = open().await;
    let mut browser = Browser::default();
    let first = browser.get(&house, &link("production", "Admin", THERE)).await;
    let page = browser.follow(&house, first).await.body;
    let (csrf, role, destination) = (hidden(&page, "csrf"), hidden(&page, "role"), hidden(&page, "destination"));
    let destination = destination.replace("&#38;", "&");
    let (name, code) = (OPS, code(&house));
    let form = [
        ("user", name),
        ("password", PASSWORD),
        ("code", &code),
        ("csrf", &csrf),
        ("role", &role),
        ("destination", &destination),
    ];
    let answer = browser.post(&house, "/console/signin", &form).await;
    assert_eq!(answer.location.as_deref(), Some("/console/confirm"), "{}", answer.body);
    let answer = browser.get(&house, "/console/confirm").await;
    let landed = browser.get(&house, answer.location.as_deref().unwrap()).await;
    assert_eq!(landed.location.as_deref(), Some(THERE), "{}", landed.body);
    assert_eq!(who(&house, &mut browser).await["role"], ADMIN);
}

/// Whoever reads one of these leniently is led elsewhere. (So many at once leave no trace of each: the page tells.)
const ELSEWHERE: [&str; 30] = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:\\\\evil.example",
    "https://evil.example",
    "http://grafana.example.com/d/",
    "https://grafana.example.com.evil.example/d/",
    "https://grafana.example.com@evil.example/d/",
    "https://evil.example\\@grafana.example.com/d/",
    "https://user:word@grafana.example.com/d/",
    "https://user@grafana.example.com/d/",
    "https://grafana.example.com:444/d/",
    "https://grafana.example.com/e/",
    "https://grafana.example.com/d/../e/",
    "https://grafana.example.com/d/%2e%2e/e/",
    "https://gr\u{430}fana.example.com/d/",
    "https://xn--grfana-2of.example.com/d/",
    "https://grafana\u{3002}example\u{3002}com.evil.example/d/",
    "/console\r\nSet-Cookie: __Host-s1=planted",
    "/console%0d%0a\r\nLocation: https://evil.example",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "",
    " /console",
];

/// Ours, but no pages: a redirect of ours to them would do in our name what whoever made the link wants.
const ACTING: [&str; 12] = [
    "/federation?Action=logout&redirect_uri=%2Ffederation%3FAction%3Dlogin",
    "/federation?Action=login&SigninToken=x",
    "/%66ederation?Action=logout",
    "/console/..//Federation/?Action=logout",
    "/console%2f..%2ffederation?Action=logout",
    "/console/confirm",
    "/console/s/2/confirm",
    "/saml/login/111122223333:corp",
    "/saml/slo?SAMLRequest=x",
    "/oidc/callback/corp?code=c&state=s",
    "/oauth/token",
    "/console/s/2/signin/111122223333:corp",
];

#[tokio::test]
async fn no_destination_leads_elsewhere_however_it_is_spelled() {
    let house = open().await;
    let mut signed_in = alice(&house).await;
    switched(&house, &mut signed_in, OURS, "team/Reader").await;
    for to in ELSEWHERE.into_iter().chain(ACTING) {
        let stranger = Browser::default().get(&house, &link("production", "Admin", to)).await;
        let worn = signed_in.get(&house, &link("production", "team/Reader", to)).await;
        let other = signed_in.get(&house, &link("production", "Admin", to)).await;
        let csrf = hidden(&signed_in.get(&house, "/switchrole").await.body, "csrf");
        let posted = signed_in.post(&house, &link("production", "Admin", to), &[("csrf", &csrf)]).await;
        // And where a sign-in is to lead, which is where the link has it kept.
        let query =
            if to.is_empty() { encoded(&[("destination", "//evil.example")]) } else { encoded(&[("destination", to)]) };
        let door = Browser::default().get(&house, &format!("/saml/login/111122223333:corp?{query}")).await;
        for answer in [stranger, worn, other, posted, door] {
            assert_eq!((answer.status, answer.location.as_deref(), answer.cookies.len()), (400, None, 0), "{to:?}");
            let told = answer.body.contains("console.bad-destination") && !answer.body.contains("evil.example");
            assert!(told, "{to:?}: {}", answer.body);
        }
    }
    let twice = format!("{}&to=/console", link("production", "Admin", THERE));
    let twice = signed_in.get(&house, &twice).await;
    assert!(twice.status == 400 && twice.body.contains("console.bad-destination"), "{}", twice.body);
    assert_eq!(who(&house, &mut signed_in).await["role"], READER);
    // Escapes that stay within a path of ours lead nowhere else, and are not unwrapped a second time.
    let inside = signed_in.get(&house, &link("production", "team/Reader", "/%2f%2fevil.example/%5cevil.example")).await;
    assert_eq!(inside.location, Some(house.url("/%2f%2fevil.example/%5cevil.example")));
}

#[tokio::test]
async fn a_link_names_an_account_and_a_role() {
    let house = open().await;
    let mut browser = alice(&house).await;
    for path in [
        "nowhere/Reader",
        "<b>/Reader",
        "production/a*",
        "production/team//Reader",
        "production/..%2fReader",
        "111122223333/%3Cscript%3E",
    ] {
        let answer = browser.get(&house, &format!("/console/go/{path}")).await;
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
        assert!(
            answer.cookies.is_empty() && !answer.body.contains("<script") && !answer.body.contains("<b>"),
            "{}",
            answer.body
        );
        if answer.status == 400 {
            assert_eq!(house.code(&answer).await, "console.bad-switch", "{path}");
        }
    }
}
