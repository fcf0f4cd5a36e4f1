//! The browser's side through the front door: sign-in by SAML, the chooser, the console page, sign-in URLs.

use crate::front::{ADMIN, WORLD, field, files, good, in_both_accounts, unsigned};
use crate::front_signed::get_caller_identity;
use crate::house::{Address, Answer, Browser, Credentials, House, hidden};
use crate::saml_identity::{NOW, changed};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::ambient::Clock;
use std::io::Read;
use time::Duration;

pub(crate) const GUEST: &str = "arn:aws:iam::444455556666:role/Guest";

pub(crate) async fn open() -> House {
    let more = "\n[console]\ndestinations = [\"https://grafana.example.com/d/\"]\n";
    House::open_tls(Clock::held(NOW), "localhost", &files(), |_: &Address| format!("{WORLD}{more}")).await
}

/// A sign-in that this browser began: the RelayState, and the id that the answer must speak of.
pub(crate) async fn begin(house: &House, browser: &mut Browser, query: &str) -> (String, String) {
    begun(&browser.get(house, &format!("/saml/login/111122223333:corp{query}")).await)
}

/// What a browser is sent to the identity provider with.
pub(crate) fn begun(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let url = url::Url::parse(answer.location.as_deref().unwrap()).unwrap();
    assert_eq!(url.host_str(), Some("idp.example"));
    let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    let mut xml = String::new();
    flate2::read::DeflateDecoder::new(&*STANDARD.decode(value("SAMLRequest")).unwrap())
        .read_to_string(&mut xml)
        .unwrap();
    let from = xml.find(" ID=\"").unwrap() + 5;
    (value("RelayState"), xml[from..from + xml[from..].find('"').unwrap()].to_owned())
}

/// The response to that request, with roles in both accounts if `both`.
pub(crate) fn answer_to(house: &House, request: &str, id: &str, both: bool) -> String {
    let xml = if both { in_both_accounts(house, id) } else { unsigned(house, id) };
    let xml = changed(&xml, " Destination=", &format!(" InResponseTo=\"{request}\" Destination="));
    field(&changed(&xml, " Recipient=", &format!(" InResponseTo=\"{request}\" Recipient=")), id)
}

async fn sign_in(house: &House, browser: &mut Browser, id: &str, both: bool) -> Answer {
    let (relay_state, request) = begin(house, browser, "").await;
    let response = answer_to(house, &request, id, both);
    browser.post(house, "/saml/acs", &[("SAMLResponse", &response), ("RelayState", &relay_state)]).await
}

/// A sign-in that nobody began.
pub(crate) async fn unasked(house: &House, browser: &mut Browser, response: &str) -> Answer {
    let answer = browser.post(house, "/saml/acs", &[("SAMLResponse", response)]).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console/confirm")), "{}", answer.body);
    browser.follow(house, answer).await
}

pub(crate) async fn who(house: &House, browser: &mut Browser) -> serde_json::Value {
    serde_json::from_str(&browser.get(house, "/console/session").await.body).unwrap()
}

#[tokio::test]
async fn a_person_signs_in_and_wears_their_one_role() {
    let house = open().await;
    let mut browser = Browser::default();
    let answer = sign_in(&house, &mut browser, "1", false).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{}", answer.body);
    let session = answer.cookies.iter().find(|cookie| cookie.starts_with("__Host-s1=")).unwrap();
    for flag in ["Path=/", "HttpOnly", "Secure", "SameSite=Lax"] {
        assert!(session.contains(flag), "{flag} is not in {session}");
    }
    assert!(browser.cookies.keys().all(|name| !name.contains("-a-")), "the attempt is used up");
    let former = browser.cookies["__Host-s1"].clone();
    sign_in(&house, &mut browser, "2", false).await;
    let mut kept = Browser { cookies: [("__Host-s1".to_owned(), former)].into() };
    assert_eq!(who(&house, &mut kept).await["signed_in"], false, "signing in again ends the former session");
    let page = browser.get(&house, "/console").await;
    for text in ["You wear", "Admin", "alice@example.com", "in 2 h 0 min", "in 8 h 0 min"] {
        assert!(page.body.contains(text), "{text} is not in {}", page.body);
    }
    assert!(!page.body.contains("AWS_SECRET_ACCESS_KEY"), "secrets are shown only when asked for");
    let session = who(&house, &mut browser).await;
    assert_eq!(session["signed_in"], true);
    assert_eq!(session["role"], ADMIN);
    assert_eq!(session["session_name"], "alice@example.com");
    assert_eq!(session["expires"], "2031-01-01T20:00:00Z", "the identity provider's session is the limit");
}

/// The provider's post comes from its own site: a Lax cookie stays at home.
#[tokio::test]
async fn a_former_session_ends_though_its_cookie_does_not_come_along() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1", false).await;
    let former = browser.cookies["__Host-s1"].clone();
    let (relay_state, request) = begin(&house, &mut browser, "").await;
    browser.cookies.remove("__Host-s1");
    let form = [("SAMLResponse", &*answer_to(&house, &request, "2", false)), ("RelayState", &*relay_state)];
    let answer = browser.post(&house, "/saml/acs", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let mut kept = Browser { cookies: [("__Host-s1".to_owned(), former)].into() };
    assert_eq!(who(&house, &mut kept).await["signed_in"], false);
    assert_eq!(who(&house, &mut browser).await["signed_in"], true);
}

#[tokio::test]
async fn a_sign_in_begins_in_a_window() {
    let house = open().await;
    for (what, status) in [("document", 303), ("image", 400), ("iframe", 400), ("empty", 400)] {
        let request = house.client.get(house.url("/saml/login/111122223333:corp")).header("sec-fetch-dest", what);
        let answer = crate::house::Answer::of(request.send().await.unwrap()).await;
        assert_eq!((answer.status, answer.cookies.is_empty()), (status, status == 400), "{what}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_attempt_travels_in_a_cookie_of_its_own() {
    let house = open().await;
    let answer = house.get("/saml/login/111122223333:corp").await;
    let [cookie] = answer.cookies.as_slice() else { panic!("{:?}", answer.cookies) };
    for flag in ["__Host-a-", "Path=/", "HttpOnly", "Secure", "SameSite=None", "Max-Age=600"] {
        assert!(cookie.contains(flag), "{flag} is not in {cookie}");
    }
    let url = url::Url::parse(answer.location.as_deref().unwrap()).unwrap();
    assert!(url.query_pairs().any(|(name, _)| name == "Signature"), "the request is signed");
    assert!(house.rows("SELECT id_hash FROM console_session").await.is_empty(), "beginning writes nothing");
}

#[tokio::test]
async fn an_answer_without_the_cookie_of_its_attempt_is_refused() {
    let house = open().await;
    let (mut mine, mut theirs) = (Browser::default(), Browser::default());
    let (relay_state, request) = begin(&house, &mut mine, "").await;
    let (their_state, _) = begin(&house, &mut theirs, "").await;
    let response = answer_to(&house, &request, "1", false);
    let form = [("SAMLResponse", response.as_str()), ("RelayState", relay_state.as_str())];
    let elsewhere = theirs.post(&house, "/saml/acs", &form).await;
    refused(&house, &elsewhere, "saml.in-response-to").await;
    assert!(elsewhere.body.contains("Please begin again."), "{}", elsewhere.body);
    let other_attempt = theirs.post(&house, "/saml/acs", &[form[0], ("RelayState", &their_state)]).await;
    refused(&house, &other_attempt, "saml.in-response-to").await;
    assert_eq!(mine.post(&house, "/saml/acs", &form).await.status, 303, "in the right browser it is good");
}

#[tokio::test]
async fn an_attempt_lasts_ten_minutes() {
    let house = open().await;
    let mut browser = Browser::default();
    let (relay_state, request) = begin(&house, &mut browser, "").await;
    house.clock.advance(Duration::minutes(10));
    let xml = unsigned(&house, "2").replace("T11:5", "T12:0").replace("T12:04", "T12:20").replace("T12:05", "T12:21");
    let xml = changed(&xml, " Destination=", &format!(" InResponseTo=\"{request}\" Destination="));
    let xml = changed(&xml, " Recipient=", &format!(" InResponseTo=\"{request}\" Recipient="));
    let late = field(&xml, "2");
    let answer = browser.post(&house, "/saml/acs", &[("SAMLResponse", &late), ("RelayState", &relay_state)]).await;
    refused(&house, &answer, "saml.in-response-to").await;
}

#[tokio::test]
async fn an_assertion_opens_one_session() {
    let house = open().await;
    let mut browser = Browser::default();
    let response = good(&house, "1");
    unasked(&house, &mut browser, &response).await;
    let again = Browser::default().post(&house, "/saml/acs", &[("SAMLResponse", &response)]).await;
    refused(&house, &again, "sts.replayed").await;
    assert_eq!(house.rows("SELECT expires FROM console_session").await.len(), 1);
}

#[tokio::test]
async fn all_accounts_stand_in_one_chooser() {
    let house = open().await;
    let mut browser = Browser::default();
    let answer = sign_in(&house, &mut browser, "1", true).await;
    assert_eq!(answer.location.as_deref(), Some("/console/roles"));
    let page = browser.get(&house, "/console/roles").await.body;
    for text in ["Account: production", "111122223333", "Account: sandbox", "444455556666", ADMIN, GUEST] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    let csrf = hidden(&page, "csrf");
    let foreign = browser.post(&house, "/console/choose", &[("role", GUEST), ("csrf", "stolen")]).await;
    assert_eq!(foreign.status, 403);
    let unlisted = "arn:aws:iam::111122223333:role/Closed";
    let tampered = browser.post(&house, "/console/choose", &[("role", unlisted), ("csrf", &csrf)]).await;
    assert_eq!(tampered.status, 403);
    assert_eq!(house.code(&tampered).await, "trust.role-not-given");
    let before = browser.cookies["__Host-s1"].clone();
    let chosen = browser.post(&house, "/console/choose", &[("role", GUEST), ("csrf", &csrf)]).await;
    assert_eq!(chosen.location.as_deref(), Some("/console"), "{}", chosen.body);
    assert_eq!(who(&house, &mut browser).await["role"], GUEST);
    let mut old = Browser { cookies: [("__Host-s1".to_owned(), before)].into() };
    assert_eq!(who(&house, &mut old).await["signed_in"], false, "a new role is a new session id");
    let page = browser.get(&house, "/console/roles").await.body;
    let back = browser.post(&house, "/console/choose", &[("role", ADMIN), ("csrf", &hidden(&page, "csrf"))]).await;
    assert_eq!(back.status, 303);
    assert_eq!(who(&house, &mut browser).await["role"], ADMIN);
}

/// The credentials on the page that shows them.
pub(crate) fn shown(page: &str) -> Credentials {
    let value = |name: &str| {
        let from = page.find(&format!("export {name}=")).unwrap() + name.len() + 8;
        page[from..from + page[from..].find('\n').unwrap()].to_owned()
    };
    Credentials {
        id: value("AWS_ACCESS_KEY_ID"),
        secret: value("AWS_SECRET_ACCESS_KEY"),
        token: Some(value("AWS_SESSION_TOKEN").trim_end().to_owned()),
    }
}

#[tokio::test]
async fn the_page_gives_credentials_that_work() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1", false).await;
    let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
    let forged = browser.post(&house, "/console/credentials", &[("csrf", "x")]).await;
    assert!(forged.status == 403 && !forged.body.contains("AWS_SECRET"));
    let page = browser.post(&house, "/console/credentials", &[("csrf", &csrf)]).await;
    assert_eq!(page.headers["cache-control"], "no-store");
    let shown = shown(&page.body);
    let answer = get_caller_identity(&house, &shown).await;
    assert_eq!(answer.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com");
    let everything = house.rows("SELECT steps FROM trace UNION ALL SELECT record FROM audit").await.concat().concat();
    for secret in [&shown.secret, shown.token.as_ref().unwrap()] {
        assert!(!everything.contains(secret.as_str()), "a secret is in the records");
    }
}

#[tokio::test]
async fn signing_out_ends_it_on_the_server() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1", false).await;
    let mut kept = Browser { cookies: browser.cookies.clone() };
    let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
    let out = browser.post(&house, "/console/signout", &[("csrf", &csrf)]).await;
    assert_eq!(out.status, 303);
    assert_eq!(who(&house, &mut kept).await["signed_in"], false);
}

#[tokio::test]
async fn one_session_becomes_one_and_signing_out_is_the_end() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1", true).await;
    let csrf = hidden(&browser.get(&house, "/console/roles").await.body, "csrf");
    let cookie = format!("__Host-s1={}", browser.cookies["__Host-s1"]);
    let post = |path: &str, form: &[(&str, &str)]| {
        let request = house.client.post(house.url(path)).header("content-type", crate::house::FORM);
        tokio::spawn(request.header("cookie", cookie.clone()).body(crate::house::encoded(form)).send())
    };
    // Nobody can write while the book is held: all of them find the session before one of them can change it. What they
    // are waiting for gives no sign, hence the pause; a shorter one would only make the test kinder.
    let book = house.hold_the_book();
    let mut calls: Vec<_> = (0..4).map(|_| post("/console/choose", &[("role", ADMIN), ("csrf", &csrf)])).collect();
    calls.push(post("/console/signout", &[("csrf", &csrf)]));
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    drop(book);
    let mut given = 0;
    for call in calls {
        let answer = call.await.unwrap().unwrap();
        let cookies = answer.headers().get_all("set-cookie");
        given += usize::from(cookies.iter().any(|cookie| !cookie.to_str().unwrap().contains("Max-Age=0")));
    }
    let left = house.rows("SELECT expires FROM console_session").await.len();
    assert!(given <= 1 && left == given, "{given} cookies were given, {left} sessions are left");
}

#[tokio::test]
async fn a_session_ends_in_its_time() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1", false).await;
    house.clock.advance(Duration::hours(2));
    assert_eq!(who(&house, &mut browser).await["role"], serde_json::Value::Null, "the role lasts two hours");
    assert_eq!(browser.get(&house, "/console").await.location.as_deref(), Some("/console/roles"), "choose again");
    house.clock.advance(Duration::hours(6));
    assert_eq!(who(&house, &mut browser).await["signed_in"], false, "the identity provider's session has ended");
}

#[tokio::test]
async fn a_provider_session_that_has_just_ended_opens_nothing() {
    let house = open().await;
    // Within the clock skew the assertion is good; of the session that it speaks of nothing is left.
    let xml = changed(
        &unsigned(&house, "1"),
        "SessionNotOnOrAfter=\"2031-01-01T20:00:00Z\"",
        "SessionNotOnOrAfter=\"2031-01-01T11:59:30Z\"",
    );
    let answer = Browser::default().post(&house, "/saml/acs", &[("SAMLResponse", &field(&xml, "1"))]).await;
    refused(&house, &answer, "sts.nothing-left").await;
    assert!(house.rows("SELECT expires FROM console_session").await.is_empty());
    assert_eq!(house.rows("SELECT record FROM audit WHERE record LIKE '%sts.nothing-left%'").await.len(), 1);
}

#[tokio::test]
async fn who_has_lost_every_role_is_told_and_let_go() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1", true).await;
    let (directory, clock, url) = house.close().await;
    let config = std::fs::read_to_string(directory.path().join("gatehouse.toml")).unwrap();
    let closed = config.replace(
        "\"Effect\":\"Allow\",\"Principal\":{\"Federated\"",
        "\"Effect\":\"Deny\",\"Principal\":{\"Federated\"",
    );
    assert_ne!(config, closed);
    directory.write("gatehouse.toml", closed);
    let house = House::serve(directory, clock, url).await;
    // Whoever looks at a link before the person does ends nothing.
    let session = format!("__Host-s1={}", browser.cookies["__Host-s1"]);
    let looked_at = house.client.head(house.url("/console/roles")).header("cookie", session).send().await.unwrap();
    assert_eq!((looked_at.status().as_u16(), &looked_at.headers()["allow"]), (405, &"GET".parse().unwrap()));
    assert_eq!(who(&house, &mut browser).await["signed_in"], true);
    let answer = browser.get(&house, "/console/roles").await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert_eq!(house.code(&answer).await, "trust.explicit-deny");
    assert_eq!(who(&house, &mut browser).await["signed_in"], false, "they may come as somebody else");
}

#[tokio::test]
async fn nobody_is_replaced_without_a_question() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1", false).await;
    let mallory = |id: &str| field(&unsigned(&house, id).replace(">alice@example.com<", ">mallory@example.com<"), id);
    let question = unasked(&house, &mut browser, &mallory("2")).await;
    assert!(question.body.contains("Sign in as mallory@example.com (corp)?"), "{}", question.body);
    assert_eq!(who(&house, &mut browser).await["session_name"], "alice@example.com", "nothing has happened yet");
    let csrf = hidden(&question.body, "csrf");
    assert_eq!(browser.post(&house, "/console/confirm", &[("answer", "yes"), ("csrf", "guess")]).await.status, 403);
    browser.post(&house, "/console/confirm", &[("answer", "no"), ("csrf", &csrf)]).await;
    assert_eq!(who(&house, &mut browser).await["session_name"], "alice@example.com");
    let question = unasked(&house, &mut browser, &mallory("3")).await;
    let field = |name| hidden(&question.body, name);
    let yes = [("answer", "yes"), ("csrf", &*field("csrf")), ("replaces", &*field("replaces"))];
    browser.post(&house, "/console/confirm", &yes).await;
    assert_eq!(who(&house, &mut browser).await["session_name"], "mallory@example.com");
    let same = unasked(&house, &mut browser, &mallory("4")).await;
    assert!(same.body.contains("You wear"), "the same person is not asked: {}", same.body);
}

#[tokio::test]
async fn every_page_is_armoured() {
    let house = open().await;
    for path in ["/console", "/console/roles", "/saml/login/nobody", "/nowhere", "/federation", "/oidc/callback/nobody"]
    {
        let answer = house.get(path).await;
        assert_eq!(answer.headers["x-frame-options"], "DENY", "{path}");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        let policy = &answer.headers["content-security-policy"];
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("script-src") && !policy.contains("unsafe-inline"), "{policy}");
        assert!(!answer.request_id.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn where_a_path_is_no_text_there_is_nothing() {
    let house = open().await;
    let nothing = house.get("/nowhere").await;
    for path in ["/saml/login/%ff", "/console/traces/%ff", "/console/logo/%c3%28", "/oidc/callback/%ff?code=a&state=b"]
    {
        let answer = house.get(path).await;
        assert_eq!((answer.status, &answer.body), (404, &nothing.body), "{path}");
    }
    let known = house.get("/saml/login/%c3%a9").await;
    assert_eq!(house.code(&known).await, "signin.unknown-provider", "what is text is looked at: {}", known.body);
}

#[tokio::test]
async fn names_with_markup_stay_text() {
    let house = open().await;
    let mut browser = Browser::default();
    let xml = unsigned(&house, "1")
        .replace("persistent\">alice@example.com", "persistent\">&lt;script&gt;alert(1)&lt;/script&gt;");
    let page = unasked(&house, &mut browser, &field(&xml, "1")).await;
    assert!(page.body.contains("script&") && !page.body.contains("<script>"), "{}", page.body);
}

/// 403, no session, and the reason.
async fn refused(house: &House, answer: &Answer, reason: &str) {
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(answer.cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{:?}", answer.cookies);
    assert_eq!(house.code(answer).await, reason);
    assert!(answer.body.contains(&answer.request_id), "the page names the request");
}
