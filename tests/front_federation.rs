//! The federation endpoint, whole: forms and errors, durations, where a session leads when it ends, and signing out.

use crate::front::{ADMIN, admin};
use crate::front_console::{open, who};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Answer, Browser, Credentials, FORM, House, encoded, hidden};
use std::sync::atomic::{AtomicU32, Ordering};
use time::Duration;

const GRAFANA: &str = "https://grafana.example.com/d/1";

fn asks(by: &Credentials, more: &[(&str, &str)]) -> String {
    let session =
        serde_json::json!({"sessionId": by.id, "sessionKey": by.secret, "sessionToken": by.token}).to_string();
    let first = [("Action", "getSigninToken"), ("Session", session.as_str())];
    encoded(&first.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
}

async fn with(house: &House, path: &str, headers: &[(&str, &str)], browser: &Browser) -> Answer {
    let cookies = browser.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
    let mut request = house.client.get(house.url(path)).header("cookie", cookies);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request.send().await.expect("an answer")).await
}

/// A browser that has come by a sign-in URL with this Issuer.
async fn come(house: &House, issuer: &str) -> Browser {
    static COME: AtomicU32 = AtomicU32::new(0);
    let credentials = admin(house, &format!("come-{}", COME.fetch_add(1, Ordering::Relaxed))).await;
    let token: serde_json::Value = serde_json::from_str(&signin_token(house, &credentials, &[]).await.body).unwrap();
    let token = token["SigninToken"].as_str().unwrap().to_owned();
    let mut browser = Browser::default();
    let url = encoded(&[("Action", "login"), ("Issuer", issuer), ("Destination", ""), ("SigninToken", &token)]);
    let answer = browser.get(house, &format!("/federation?{url}")).await;
    browser.follow(house, answer).await;
    assert_eq!(who(house, &mut browser).await["role"], ADMIN);
    browser
}

#[tokio::test]
async fn a_token_comes_by_get_and_post_whatever_the_session_type() {
    let house = open().await;
    let credentials = admin(&house, "1").await;
    for more in [&[("SessionType", "json")][..], &[("SessionType", "anything")], &[]] {
        let by_get = house.get(&format!("/federation?{}", asks(&credentials, more))).await;
        for answer in [by_get, signin_token(&house, &credentials, more).await] {
            assert_eq!(answer.headers["content-type"], "application/json");
            assert_eq!(answer.headers["cache-control"], "no-store");
            let mut browser = Browser::default();
            let opened = browser.get(&house, &login_url(&answer, "")).await;
            browser.follow(&house, opened).await;
            assert_eq!(who(&house, &mut browser).await["role"], ADMIN);
        }
    }
}

#[tokio::test]
async fn durations_are_read_by_the_letter() {
    let house = open().await;
    let credentials = admin(&house, "1").await;
    for wrong in ["+900", " 900", "900 ", "0x384", "900.0", "9e2", "", "-900", "899", "43201", "100000000000000000000"]
    {
        let answer = signin_token(&house, &credentials, &[("SessionDuration", wrong)]).await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.body.contains("console.bad-duration"), "{wrong}: {}", answer.body);
    }
    for (asked, ends) in [("900", "2031-01-01T12:15:00Z"), ("43200", "2031-01-01T13:00:00Z")] {
        let token = signin_token(&house, &credentials, &[("SessionDuration", asked)]).await;
        let mut browser = Browser::default();
        let opened = browser.get(&house, &login_url(&token, "")).await;
        browser.follow(&house, opened).await;
        assert_eq!(who(&house, &mut browser).await["expires"], ends);
    }
}

/// Of two values each reader could take another.
#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused() {
    let house = open().await;
    let credentials = admin(&house, "1").await;
    let twice = [("SessionDuration", "900"), ("SessionDuration", "3600")];
    let answer = signin_token(&house, &credentials, &twice).await;
    assert_eq!((answer.status, answer.headers["content-type"].as_str()), (400, "application/json"));
    assert!(answer.body.contains("console.repeated-parameter"), "{}", answer.body);
    let both_ways = async |query: &str| {
        let request = house.client.post(house.url(&format!("/federation?{query}"))).header("content-type", FORM);
        Answer::of(request.body(asks(&credentials, &[])).send().await.expect("an answer")).await
    };
    assert_eq!(both_ways("SessionDuration=900").await.status, 200, "wherever it stands");
    assert!(both_ways("Action=getSigninToken").await.body.contains("console.repeated-parameter"));
    let token = signin_token(&house, &credentials, &[]).await;
    let url = login_url(&token, "/console");
    for more in ["&Destination=//evil.test", "&Action=logout", "&Issuer=https://evil.test", "&SigninToken=x"] {
        let answer = house.get(&format!("{url}{more}")).await;
        assert_eq!((answer.status, answer.cookies.len()), (400, 0), "{more}");
        assert_eq!(house.code(&answer).await, "console.repeated-parameter", "{more}");
    }
    let looked_at = house.client.head(house.url(&url)).send().await.expect("an answer");
    assert_eq!((looked_at.status().as_u16(), &looked_at.headers()["allow"]), (405, &"GET, POST".parse().unwrap()));
    assert_eq!(house.get(&url).await.status, 303, "and nothing was used up");
}

#[tokio::test]
async fn a_refusal_has_the_form_that_was_asked_for() {
    let house = open().await;
    let token = "/federation?Action=getSigninToken&Session=x";
    let login = "/federation?Action=login&SigninToken=x";
    let browser = "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8";
    for (path, accept, json) in [
        (token, "*/*", true),
        (token, "application/json", true),
        (token, browser, false),
        (login, "*/*", false),
        (login, "application/json", true),
        (login, browser, false),
        ("/federation?Action=other", "application/json", true),
        ("/federation", "*/*", false),
        ("/federation?Action=logout&redirect_uri=//evil.test", "application/json", true),
    ] {
        let answer = with(&house, path, &[("accept", accept)], &Browser::default()).await;
        assert_eq!((answer.status, answer.cookies.len()), (400, 0), "{path}");
        let kind = if json { "application/json" } else { "text/html; charset=utf-8" };
        assert_eq!(answer.headers["content-type"], kind, "{path} {accept}");
        assert!(answer.body.contains("console."), "each has its code: {}", answer.body);
        assert!(answer.body.contains(&answer.request_id));
    }
}

#[tokio::test]
async fn who_came_by_a_url_is_told_where_they_may_go_on_to() {
    let house = open().await;
    let mut browser = come(&house, "https://portal.example.com/start?a=b").await;
    let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
    let out = browser.post(&house, "/console/signout", &[("csrf", &csrf)]).await;
    assert_eq!((out.status, out.location.as_deref()), (200, None), "nobody is sent there unasked");
    assert!(out.body.contains("<strong>portal.example.com</strong>"), "{}", out.body);
    assert!(out.body.contains("href=\"https://portal.example.com/start?a=b\""), "{}", out.body);
    assert_eq!(who(&house, &mut browser).await["signed_in"], false);
}

#[tokio::test]
async fn and_when_it_ends_by_itself() {
    let house = open().await;
    let mut browser = come(&house, "https://portal.example.com/start").await;
    house.clock.advance(Duration::hours(1));
    let page = browser.get(&house, "/console").await;
    assert!(page.body.contains("has ended") && page.body.contains("https://portal.example.com/start"), "{}", page.body);
    let page = browser.get(&house, "/console").await;
    assert!(page.body.contains("/saml/login/"), "once told, they may sign in: {}", page.body);
}

#[tokio::test]
async fn an_issuer_that_is_no_https_url_is_a_name_and_leads_nowhere() {
    let house = open().await;
    for issuer in [
        "Example.org",
        "",
        "http://portal.example.com/",
        "javascript:alert(1)",
        "https://user@portal.example.com/",
        "https://portal.example.com\\@evil.test/",
        "https://portal.example.com/\r\nSet-Cookie: a=b",
        "https://pörtal.example.com/",
        "//portal.example.com/",
    ] {
        let mut browser = come(&house, issuer).await;
        let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
        let out = browser.post(&house, "/console/signout", &[("csrf", &csrf)]).await;
        assert_eq!((out.status, out.location.as_deref()), (303, Some("/console")), "{issuer}");
    }
}

#[tokio::test]
async fn logout_ends_the_session_and_goes_on() {
    let house = open().await;
    for site in [None, Some("none"), Some("same-origin")] {
        let mut browser = come(&house, "").await;
        let path = format!("/federation?{}", encoded(&[("Action", "logout"), ("redirect_uri", GRAFANA)]));
        let headers: Vec<_> = site.map(|site| ("sec-fetch-site", site)).into_iter().collect();
        let out = with(&house, &path, &headers, &browser).await;
        assert_eq!((out.status, out.location.as_deref()), (303, Some(GRAFANA)), "{}", out.body);
        assert!(out.cookies.iter().any(|cookie| cookie.starts_with("__Host-s1=;") && cookie.contains("Max-Age=0")));
        assert_eq!(who(&house, &mut browser).await["signed_in"], false, "on the server as well");
    }
    // Whoever is nobody is sent on all the same, and without a place they are told.
    let again = house.get("/federation?Action=logout&redirect_uri=/console").await;
    assert_eq!(again.location, Some(house.url("/console")));
    let out = house.get("/federation?Action=logout").await;
    assert!(out.status == 200 && out.body.contains("You are signed out"), "{}", out.body);
}

/// As programs do that open the console for one account after the other. A sign-in URL asks nobody where nobody is signed in:
/// behind a logout it would make a browser somebody else by one click, or by none where a link was opened in a mail. So another
/// site may not chain them, and for whoever may the logout ends nothing: the question comes as always.
#[tokio::test]
async fn logout_and_login_are_one_chain_for_nobody_elses_site() {
    let house = open().await;
    let mut browser = come(&house, "").await;
    let other = somebody_else(&house).await;
    let url = login_url(&signin_token(&house, &other, &[]).await, "/console");
    let spelled = |path: &str| url.replacen("/federation", path, 1);
    let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
    let ways = [
        url.clone(),
        house.url(&url),
        spelled("/%66ederation"),
        spelled("/console/../federation"),
        spelled("/./federation/"),
        house.url(&spelled("//federation")),
        spelled("/Federation"),
    ];
    for onward in ways {
        let form = [("Action", "logout"), ("redirect_uri", &*onward), ("session", "1"), ("csrf", &*csrf)];
        let path = format!("/federation?{}", encoded(&form[..2]));
        for answer in [
            with(&house, &path, &[("sec-fetch-site", "cross-site")], &browser).await,
            browser.post(&house, "/federation", &form).await,
        ] {
            assert_eq!((answer.status, answer.location.as_deref()), (400, None), "{onward}");
            assert_eq!(house.code(&answer).await, "console.bad-destination", "{onward}");
        }
    }
    assert_eq!(who(&house, &mut browser).await["role"], ADMIN, "nor is anything ended by it");
    let logout = |onward: &str| format!("/federation?{}", encoded(&[("Action", "logout"), ("redirect_uri", onward)]));
    for (site, answer) in [(None, "no"), (Some("none"), "no"), (Some("same-origin"), "yes")] {
        let url = login_url(&signin_token(&house, &other, &[]).await, "/console");
        // And a logout behind a logout, which the first is not to make way for either.
        let onward = if site == Some("none") { logout(&url) } else { house.url(&url) };
        let headers: Vec<_> = site.map(|site| ("sec-fetch-site", site)).into_iter().collect();
        let out = with(&house, &logout(&onward), &headers, &browser).await;
        assert_eq!((out.status, out.cookies.len()), (303, 0), "{}", out.body);
        let question = browser.follow(&house, out).await.body;
        assert!(question.contains("role/Guest/somebody-else (") && question.contains("role/Admin/alice"), "{question}");
        assert_eq!(who(&house, &mut browser).await["role"], ADMIN, "nothing has happened yet");
        let field = |name| hidden(&question, name);
        let form = [("answer", answer), ("csrf", &*field("csrf")), ("replaces", &*field("replaces"))];
        let there = browser.post(&house, "/console/confirm", &form).await;
        assert_eq!(there.status, 303, "{}", there.body);
        let role = if answer == "yes" { crate::front_console::GUEST } else { ADMIN };
        assert_eq!(who(&house, &mut browser).await["role"], role);
    }
}

/// Whose sign-in URL makes a browser somebody else.
async fn somebody_else(house: &House) -> Credentials {
    let first = admin(house, "other").await;
    let form = [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", crate::front_console::GUEST),
        ("RoleSessionName", "somebody-else"),
    ];
    crate::front_signed::call(house, &first, &form).await.credentials()
}

/// Another site can have somebody wait in a browser. The press of "Sign out" is not to let them in.
#[tokio::test]
async fn a_logout_ends_what_waits_to_be_confirmed() {
    let house = open().await;
    let other = somebody_else(&house).await;
    for (door, status) in [("/federation", 200), ("/console/signout", 303)] {
        let mut browser = come(&house, "").await;
        let url = login_url(&signin_token(&house, &other, &[]).await, "/console");
        assert_eq!(browser.get(&house, &url).await.location.as_deref(), Some("/console/confirm"));
        let waiting = browser.cookies["__Host-pending"].clone();
        let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
        for place in [
            "/console/confirm",
            "/console/s/1/confirm",
            "/console/%63onfirm/",
            "/console//Confirm",
            "/./console/confirm?a",
        ] {
            let form = [("Action", "logout"), ("redirect_uri", place), ("csrf", csrf.as_str())];
            for answer in [
                browser.post(&house, "/federation", &form).await,
                browser.get(&house, &format!("/federation?{}", encoded(&form[..2]))).await,
            ] {
                assert_eq!((answer.status, answer.location.as_deref()), (400, None), "{place}");
                assert_eq!(house.code(&answer).await, "console.bad-destination", "{place}");
            }
        }
        assert_eq!(who(&house, &mut browser).await["role"], ADMIN, "nor is anything ended by it");
        let out = browser.post(&house, door, &[("Action", "logout"), ("csrf", &csrf)]).await;
        assert_eq!(out.status, status, "{}", out.body);
        assert!(browser.cookies.keys().all(|name| !name.contains("pending")), "{:?}", browser.cookies.keys());
        // Not for whoever has kept the cookie either.
        let mut kept = Browser { cookies: [("__Host-pending".to_owned(), waiting)].into() };
        let answer = kept.get(&house, "/console/confirm").await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (400, "console.nothing-waits"), "{door}");
    }
}

/// Whoever writes stands in one queue with all who sign in, so a cookie that somebody made up writes nothing.
#[tokio::test]
async fn a_logout_of_nobody_waits_for_no_writer() {
    let house = open().await;
    let book = house.hold_the_book();
    let mut nobody = Browser { cookies: [("__Host-pending".to_owned(), "a".repeat(43))].into() };
    let out = nobody.get(&house, "/federation?Action=logout");
    let out = tokio::time::timeout(std::time::Duration::from_secs(3), out).await.expect("it waits for the book");
    drop(book);
    assert_eq!((out.status, nobody.cookies.len()), (200, 0), "{}", out.body);
}

#[tokio::test]
async fn another_site_signs_nobody_out_unseen() {
    let house = open().await;
    for site in ["cross-site", "same-site"] {
        let mut browser = come(&house, "").await;
        let path = format!("/federation?{}", encoded(&[("Action", "logout"), ("redirect_uri", GRAFANA)]));
        let asked = with(&house, &path, &[("sec-fetch-site", site)], &browser).await;
        assert_eq!((asked.status, asked.cookies.len()), (200, 0), "{}", asked.body);
        assert!(asked.body.contains("Another site wants to sign you out"), "{}", asked.body);
        assert_eq!(who(&house, &mut browser).await["signed_in"], true);
        let field = |name| hidden(&asked.body, name);
        let (csrf, place, session) = (field("csrf"), field("redirect_uri"), field("session"));
        let form = [("Action", "logout"), ("redirect_uri", place.as_str()), ("session", session.as_str())];
        let out = browser.post(&house, "/federation", &[&form[..], &[("csrf", &csrf)]].concat()).await;
        assert_eq!((out.status, out.location.as_deref()), (303, Some(GRAFANA)));
        assert_eq!(who(&house, &mut browser).await["signed_in"], false);
    }
}

#[tokio::test]
async fn logout_leads_to_listed_places_only() {
    let house = open().await;
    let mut browser = come(&house, "").await;
    for place in [
        "//evil.test",
        "\\\\evil.test",
        "/\\evil.test",
        "https://evil.test/",
        "https://grafana.example.com@evil.test/d/",
    ] {
        let path = format!("/federation?{}", encoded(&[("Action", "logout"), ("redirect_uri", place)]));
        let answer = browser.get(&house, &path).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (400, "console.bad-destination"), "{place}");
    }
    assert_eq!(who(&house, &mut browser).await["signed_in"], true, "nor is anything ended by it");
}

/// What is encoded once more, or leads up and away, stays with us.
#[tokio::test]
async fn a_destination_that_looks_like_ours_leads_to_us() {
    let house = open().await;
    let credentials = admin(&house, "1").await;
    for place in ["/%2f/evil.test", "/%5cevil.test", "/console/%0d%0aSet-Cookie:a=b", "/..//evil.test", "/./%2e%2e/x"] {
        let token = signin_token(&house, &credentials, &[]).await;
        let mut browser = Browser::default();
        let first = browser.get(&house, &login_url(&token, place)).await;
        let onward = browser.get(&house, first.location.as_deref().unwrap()).await.location.expect("a place");
        assert!(onward.starts_with(&format!("{}/", house.public_url)), "{place}: {onward}");
        assert!(!onward.contains(['\r', '\n']));
    }
}
