//! Several people side by side in one browser: each with a cookie, pages and an end of their own.

use crate::front::{field, unsigned};
use crate::front_console::{answer_to, begin, open};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Address, Answer, Browser, House, hidden};
use crate::saml_identity::{EC, IDP, NOW, changed, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::ambient::Clock;
use serde_json::Value;

/// The response of the identity provider for somebody else than alice.
fn of(house: &House, who: &str, request: &str, id: &str) -> String {
    let xml = unsigned(house, id).replace(">alice@example.com<", &format!(">{who}@example.com<"));
    let xml = changed(&xml, " Destination=", &format!(" InResponseTo=\"{request}\" Destination="));
    field(&changed(&xml, " Recipient=", &format!(" InResponseTo=\"{request}\" Recipient=")), id)
}

/// Nobody asked for it.
fn unasked_of(house: &House, who: &str, id: &str) -> String {
    field(&unsigned(house, id).replace(">alice@example.com<", &format!(">{who}@example.com<")), id)
}

fn base(nth: u8) -> String {
    if nth == 1 { "/console".to_owned() } else { format!("/console/s/{nth}") }
}

/// Signs somebody in as the session of that number.
pub(crate) async fn sign_in_as(house: &House, browser: &mut Browser, who: &str, nth: u8) -> Answer {
    let (relay_state, request) = begin(house, browser, &format!("?session={nth}")).await;
    let response = of(house, who, &request, &format!("{who}{nth}"));
    browser.post(house, "/saml/acs", &[("SAMLResponse", &response), ("RelayState", &relay_state)]).await
}

pub(crate) async fn who_at(house: &House, browser: &mut Browser, nth: u8) -> Value {
    serde_json::from_str(&browser.get(house, &format!("{}/session", base(nth))).await.body).unwrap()
}

async fn post_unasked(house: &House, browser: &mut Browser, who: &str, id: &str) -> Answer {
    let answer = browser.post(house, "/saml/acs", &[("SAMLResponse", &unasked_of(house, who, id))]).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console/confirm")), "{}", answer.body);
    browser.follow(house, answer).await
}

#[tokio::test]
async fn nine_people_stand_side_by_side_in_one_browser() {
    let house = open().await;
    let mut browser = Browser::default();
    for nth in 1..=9 {
        let answer = sign_in_as(&house, &mut browser, &format!("p{nth}"), nth).await;
        assert_eq!((answer.status, answer.location.as_deref()), (303, Some(&*base(nth))), "{}", answer.body);
        let page = browser.get(&house, &base(nth)).await.body;
        assert!(page.contains("You wear") && page.contains(&format!("p{nth}@example.com")), "{page}");
        assert!(page.contains(&format!("action=\"{}/signout\"", base(nth))), "{page}");
        let elsewhere =
            |line: &str| line.contains("href=\"/console/") && !line.contains(&format!("href=\"{}", base(nth)));
        let own = |line: &&str| elsewhere(line) && !line.contains(".css");
        assert_eq!(page.lines().filter(own).collect::<Vec<_>>(), [""; 0], "its links stay within it");
    }
    let sessions = browser.cookies.keys().filter(|name| name.starts_with("__Host-s")).count();
    assert_eq!(sessions, 9, "{:?}", browser.cookies.keys());
    for nth in 1..=9 {
        assert_eq!(who_at(&house, &mut browser, nth).await["session_name"], format!("p{nth}@example.com"));
    }
    let list = browser.get(&house, "/console/s/4/identities").await.body;
    for nth in 1..=9 {
        assert!(list.contains(&format!("{nth} · p{nth}@example.com")) && list.contains("Admin @ production"), "{list}");
        assert!(list.contains(&format!("class=\"button\" href=\"{}\"", base(nth))), "{list}");
    }
    assert!(list.contains("All nine places are taken"), "{list}");
    // The end of one is the end of that one only.
    let csrf = hidden(&browser.get(&house, "/console/s/3").await.body, "csrf");
    let out = browser.post(&house, "/console/s/3/signout", &[("csrf", &csrf)]).await;
    assert_eq!((out.status, out.location.as_deref()), (303, Some("/console/s/3")), "{}", out.body);
    assert_eq!(who_at(&house, &mut browser, 3).await["signed_in"], false);
    assert!(!browser.cookies.contains_key("__Host-s3"));
    for nth in [1, 2, 4, 5, 6, 7, 8, 9] {
        assert_eq!(who_at(&house, &mut browser, nth).await["signed_in"], true, "{nth}");
    }
    let list = browser.get(&house, "/console/identities").await.body;
    assert!(list.contains("href=\"/console/s/3\">Sign in as somebody else"), "{list}");
    let door = browser.get(&house, "/console/s/3").await.body;
    assert!(door.contains("/saml/login/111122223333:corp?session=3"), "the sign-in page knows its number: {door}");
}

#[tokio::test]
async fn the_first_session_has_two_addresses_and_there_is_no_tenth() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in_as(&house, &mut browser, "alice", 1).await;
    let twin = browser.get(&house, "/console/s/1/session").await.body;
    assert!(twin.contains("alice@example.com"), "{twin}");
    for nowhere in ["/console/s/0", "/console/s/10", "/console/s/01/session", "/console/s/x"] {
        assert_eq!(browser.get(&house, nowhere).await.status, 404, "{nowhere}");
    }
    for door in ["/saml/login/111122223333:corp", "/federation?Action=login&SigninToken=x"] {
        for session in ["0", "10", "02", "", "1&session=1", "%31%0d"] {
            let mark = if door.contains('?') { '&' } else { '?' };
            let answer = Browser::default().get(&house, &format!("{door}{mark}session={session}")).await;
            assert_eq!((answer.status, answer.cookies.len()), (400, 0), "{door} {session}");
            assert_eq!(house.code(&answer).await, "console.no-such-session");
        }
    }
}

#[tokio::test]
async fn a_form_of_one_session_does_nothing_in_another() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in_as(&house, &mut browser, "alice", 1).await;
    sign_in_as(&house, &mut browser, "bob", 2).await;
    let csrf = hidden(&browser.get(&house, "/console/s/2").await.body, "csrf");
    let role = ("role", crate::front::ADMIN);
    for (path, form) in
        [("/console/signout", vec![]), ("/console/choose", vec![role]), ("/console/credentials", vec![])]
    {
        let form: Vec<_> = form.into_iter().chain([("csrf", csrf.as_str())]).collect();
        let answer = browser.post(&house, path, &form).await;
        assert_eq!((answer.status, answer.cookies.len()), (403, 0), "{path}");
        assert_eq!(house.code(&answer).await, "console.foreign-form");
    }
    assert_eq!(who_at(&house, &mut browser, 1).await["session_name"], "alice@example.com");
}

#[tokio::test]
async fn whoever_comes_unasked_may_stand_beside_whoever_is_there() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in_as(&house, &mut browser, "alice", 1).await;
    sign_in_as(&house, &mut browser, "bob", 2).await;
    let question = post_unasked(&house, &mut browser, "mallory", "m1").await.body;
    for text in ["Sign in as mallory@example.com (corp)?", "alice@example.com", "bob@example.com", "as session 3"] {
        assert!(question.contains(text), "{text} is not in {question}");
    }
    let csrf = hidden(&question, "csrf");
    let forged = browser.post(&house, "/console/confirm", &[("answer", "beside"), ("csrf", "guess")]).await;
    assert_eq!((forged.status, house.code(&forged).await.as_str()), (403, "console.foreign-form"));
    let beside = browser.post(&house, "/console/confirm", &[("answer", "beside"), ("csrf", &csrf)]).await;
    assert_eq!((beside.status, beside.location.as_deref()), (303, Some("/console/s/3")), "{}", beside.body);
    for (nth, who) in [(1, "alice"), (2, "bob"), (3, "mallory")] {
        assert_eq!(who_at(&house, &mut browser, nth).await["session_name"], format!("{who}@example.com"));
    }
    // Asked to stand where nobody is, somebody new is asked about all the same: the browser is somebody.
    let token = signin_token(&house, &crate::front::admin(&house, "9").await, &[]).await;
    let url = format!("{}&session=5", login_url(&token, ""));
    let answer = browser.get(&house, &url).await;
    assert_eq!(answer.location.as_deref(), Some("/console/s/5/confirm"));
    let question = browser.follow(&house, answer).await.body;
    assert!(question.contains("beside them") && !question.contains("value=\"beside\""), "{question}");
    assert_eq!(who_at(&house, &mut browser, 5).await["signed_in"], false, "nothing has happened yet");
    let csrf = hidden(&question, "csrf");
    let yes = browser.post(&house, "/console/s/5/confirm", &[("answer", "yes"), ("csrf", &csrf)]).await;
    assert_eq!(yes.location.as_deref(), Some("/console/s/5"));
    assert_eq!(who_at(&house, &mut browser, 5).await["signed_in"], true);
    assert_eq!(who_at(&house, &mut browser, 1).await["session_name"], "alice@example.com");
}

/// What stands beside somebody has pages of its own: a sign-in that was bound for the console is not led to theirs.
#[tokio::test]
async fn whoever_stands_beside_is_led_to_pages_of_their_own() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in_as(&house, &mut browser, "alice", 1).await;
    let credentials = crate::front::admin(&house, "9").await;
    for (answer, session, place, onward) in [
        ("beside", "", "/console", "/console/s/2"),
        ("yes", "&session=3", "/console/sessions?q=a", "/console/s/3/sessions?q=a"),
        (
            "yes",
            "&session=4",
            "/switchrole?account=sandbox&roleName=Guest",
            "/console/s/4/switchrole?account=sandbox&roleName=Guest",
        ),
        ("yes", "&session=5", "/console/s/1/roles", "/console/s/1/roles"),
        ("yes", "&session=6", "/consoles", "/consoles"),
    ] {
        let token = signin_token(&house, &credentials, &[]).await;
        let asked = browser.get(&house, &format!("{}{session}", login_url(&token, &house.url(place)))).await;
        let confirm = asked.location.clone().expect("a question");
        let question = browser.follow(&house, asked).await.body;
        let replaces = hidden(&question, "replaces");
        let form = [("answer", answer), ("csrf", &*hidden(&question, "csrf")), ("replaces", &*replaces)];
        let there = browser.post(&house, &confirm, &form).await;
        assert_eq!((there.status, there.location), (303, Some(house.url(onward))), "{place}: {}", there.body);
    }
    assert_eq!(who_at(&house, &mut browser, 1).await["session_name"], "alice@example.com");
    // And so where they wear a role only later.
    let (relay_state, request) = begin(&house, &mut browser, "?session=7&destination=/console/traces").await;
    let response = answer_to(&house, &request, "later", true);
    let chooser = browser.post(&house, "/saml/acs", &[("SAMLResponse", &response), ("RelayState", &relay_state)]).await;
    assert_eq!(chooser.location.as_deref(), Some("/console/s/7/roles"), "{}", chooser.body);
    let csrf = hidden(&browser.get(&house, "/console/s/7/roles").await.body, "csrf");
    let choose = [("role", crate::front::ADMIN), ("csrf", csrf.as_str())];
    let there = browser.post(&house, "/console/s/7/choose", &choose).await;
    assert_eq!(there.location, Some(house.url("/console/s/7/traces")), "{}", there.body);
}

/// Two identity providers may call two people by one name; the question and the list tell them apart by who vouches for them.
#[tokio::test]
async fn namesakes_are_told_apart_by_their_providers() {
    const HALL: &str = "https://hall.example/metadata";
    for (display_name, alice, namesake) in [
        ("", "alice@example.com (corp)", "alice@example.com (hall)"),
        ("display_name = \"corp\"", "alice@example.com (111122223333:corp)", "alice@example.com (corp, hall)"),
    ] {
        let hall = format!(
            r#"
[[provider]]
name = "hall"
account = "111122223333"
kind = "saml"
metadata = {{ file = "hall.xml" }}
idp_initiated = true
{display_name}

[[role]]
arn = "arn:aws:iam::111122223333:role/Hall"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:saml-provider/hall"}},"Action":"sts:AssumeRoleWithSAML"}}]}}' }}
"#
        );
        let metadata = crate::house::idp_metadata(HALL, "https://hall.example/sso", &[&EC.certificate]);
        let files: Vec<_> = crate::front::files().into_iter().chain([("hall.xml", metadata)]).collect();
        let world = format!("{}{hall}", crate::front::WORLD);
        let house = House::open_tls(Clock::held(NOW), "localhost", &files, |_: &Address| world).await;
        let mut browser = Browser::default();
        sign_in_as(&house, &mut browser, "alice", 1).await;
        let xml = changed(&unsigned(&house, "h1"), IDP, HALL);
        let xml = changed(
            &xml,
            "role/Admin,arn:aws:iam::111122223333:saml-provider/corp",
            "role/Hall,arn:aws:iam::111122223333:saml-provider/hall",
        );
        let response = STANDARD.encode(sign(&xml, "_assertion-h1", &EC));
        let answer = browser.post(&house, "/saml/acs", &[("SAMLResponse", &response)]).await;
        assert_eq!(answer.location.as_deref(), Some("/console/confirm"), "{}", answer.body);
        let question = browser.follow(&house, answer).await.body;
        let asked = [format!("Sign in as {namesake}, and sign {alice} out"), format!("Stay {alice}")];
        assert!(asked.iter().all(|text| question.contains(text)), "{asked:?}: {question}");
        let beside = [("answer", "beside"), ("csrf", &*hidden(&question, "csrf"))];
        browser.post(&house, "/console/confirm", &beside).await;
        let list = browser.get(&house, "/console/identities").await.body;
        assert!(list.contains(&format!("1 · {alice}")) && list.contains(&format!("2 · {namesake}")), "{list}");
    }
}

/// "Yes, replace alice" is said of alice, and of nobody who has come since in another window.
#[tokio::test]
async fn nobody_is_replaced_whom_the_question_did_not_name() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in_as(&house, &mut browser, "alice", 1).await;
    let question = post_unasked(&house, &mut browser, "mallory", "m1").await.body;
    let (csrf, replaces) = (hidden(&question, "csrf"), hidden(&question, "replaces"));
    sign_in_as(&house, &mut browser, "bob", 1).await;
    let yes = [("answer", "yes"), ("csrf", csrf.as_str()), ("replaces", replaces.as_str())];
    for form in [&yes[..], &yes[..2]] {
        let again = browser.post(&house, "/console/confirm", form).await;
        assert_eq!((again.status, again.location.as_deref(), again.cookies.len()), (409, None, 0), "{}", again.body);
        for text in ["has become another one", "Sign in as mallory@example.com", "bob@example.com"] {
            assert!(again.body.contains(text), "{text} is not in {}", again.body);
        }
        assert_eq!(who_at(&house, &mut browser, 1).await["session_name"], "bob@example.com");
    }
    // Where whoever was named has gone, nobody is replaced.
    browser.cookies.retain(|name, _| !name.ends_with("s1"));
    assert_eq!(browser.post(&house, "/console/confirm", &yes).await.location.as_deref(), Some("/console"));
    assert_eq!(who_at(&house, &mut browser, 1).await["session_name"], "mallory@example.com");
}

#[tokio::test]
async fn where_no_place_is_left_beside_it_is_said_and_asked_again() {
    let house = open().await;
    let mut browser = Browser::default();
    sign_in_as(&house, &mut browser, "alice", 1).await;
    let question = post_unasked(&house, &mut browser, "mallory", "m1").await.body;
    for nth in 2..=9 {
        sign_in_as(&house, &mut browser, &format!("p{nth}"), nth).await;
    }
    let csrf = hidden(&question, "csrf");
    let full = browser.post(&house, "/console/confirm", &[("answer", "beside"), ("csrf", &csrf)]).await;
    assert_eq!((full.status, full.cookies.len()), (409, 0), "{}", full.body);
    assert!(full.body.contains("all nine places in this browser are taken"), "{}", full.body);
    assert!(!full.body.contains("value=\"beside\"") && full.body.contains("value=\"yes\""), "{}", full.body);
    let yes = [("answer", "yes"), ("csrf", csrf.as_str()), ("replaces", &hidden(&full.body, "replaces"))];
    assert_eq!(browser.post(&house, "/console/confirm", &yes).await.status, 303, "it still waits");
    assert_eq!(who_at(&house, &mut browser, 1).await["session_name"], "mallory@example.com");
}

#[tokio::test]
async fn a_cookie_that_was_there_before_is_worth_nothing() {
    let house = open().await;
    // Whoever plants an id, their own or one of the right form, does not have it after a sign-in of somebody else.
    let mut mallory = Browser::default();
    sign_in_as(&house, &mut mallory, "mallory", 1).await;
    let planted = mallory.cookies["__Host-s1"].clone();
    let mut victim = Browser { cookies: [("__Host-s1".to_owned(), planted.clone())].into() };
    let (relay_state, request) = begin(&house, &mut victim, "").await;
    let response = answer_to(&house, &request, "v1", false);
    victim.post(&house, "/saml/acs", &[("SAMLResponse", &response), ("RelayState", &relay_state)]).await;
    assert_ne!(victim.cookies["__Host-s1"], planted);
    assert_eq!(who_at(&house, &mut victim, 1).await["session_name"], "alice@example.com");
    assert_eq!(who_at(&house, &mut mallory, 1).await["signed_in"], false, "the planted one has ended");
    // Of two cookies of one name one was planted: neither counts, in whichever order they come.
    sign_in_as(&house, &mut mallory, "mallory", 2).await;
    let (mine, theirs) = (victim.cookies["__Host-s1"].clone(), mallory.cookies["__Host-s2"].clone());
    for (first, second) in [(&mine, &theirs), (&theirs, &mine)] {
        let request = house.client.get(house.url("/console/session"));
        let cookies = format!("__Host-s1={first}; __Host-s1={second}");
        let answer = Answer::of(request.header("cookie", cookies).send().await.unwrap()).await;
        assert_eq!(answer.body, r#"{"signed_in":false}"#);
    }
    // Nor one without the prefix, which another host of the domain could set.
    let request = house.client.get(house.url("/console/session")).header("cookie", format!("s1={mine}"));
    assert_eq!(Answer::of(request.send().await.unwrap()).await.body, r#"{"signed_in":false}"#);
}
