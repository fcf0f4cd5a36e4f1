//! Sign-in URLs through the front door: credentials open a browser, once and soon.

use crate::front::{ADMIN, admin};
use crate::front_console::{GUEST, open, who};
use crate::front_signed::call;
use crate::house::{Answer, Browser, Credentials, House};
use time::Duration;

/// Sign-in URL tokens for these credentials.
pub(crate) async fn signin_token(house: &House, by: &Credentials, more: &[(&str, &str)]) -> Answer {
    let session =
        serde_json::json!({"sessionId": by.id, "sessionKey": by.secret, "sessionToken": by.token}).to_string();
    let first = [("Action", "getSigninToken"), ("SessionType", "json"), ("Session", session.as_str())];
    house.post("/federation", &first.into_iter().chain(more.iter().copied()).collect::<Vec<_>>()).await
}

pub(crate) fn login_url(token: &Answer, destination: &str) -> String {
    assert_eq!(token.status, 200, "{}", token.body);
    let token: serde_json::Value = serde_json::from_str(&token.body).unwrap();
    let form = [
        ("Action", "login"),
        ("Issuer", "https://example.com"),
        ("Destination", destination),
        ("SigninToken", token["SigninToken"].as_str().unwrap()),
    ];
    format!("/federation?{}", crate::house::encoded(&form))
}

#[tokio::test]
async fn a_sign_in_url_opens_the_console_once() {
    let house = open().await;
    let url = login_url(&signin_token(&house, &admin(&house, "1").await, &[]).await, &house.url("/console"));
    let mut browser = Browser::default();
    let answer = browser.get(&house, &url).await;
    let page = browser.follow(&house, answer).await;
    assert!(page.body.contains("You wear") && page.body.contains("Admin"), "{}", page.body);
    let session = who(&house, &mut browser).await;
    assert_eq!(session["role"], ADMIN);
    assert_eq!(session["expires"], "2031-01-01T13:00:00Z", "no longer than the credentials");
    let twice = Browser::default().get(&house, &url).await;
    assert_eq!((twice.status, twice.cookies.len()), (400, 0));
    assert_eq!(house.code(&twice).await, "console.token-spent");
}

#[tokio::test]
async fn a_sign_in_url_lasts_a_quarter_of_an_hour() {
    let house = open().await;
    let credentials = admin(&house, "1").await;
    let (in_time, too_late) =
        (signin_token(&house, &credentials, &[]).await, signin_token(&house, &credentials, &[]).await);
    house.clock.advance(Duration::seconds(899));
    assert_eq!(house.get(&login_url(&in_time, "")).await.status, 303);
    house.clock.advance(Duration::seconds(1));
    let late = house.get(&login_url(&too_late, "")).await;
    assert_eq!(late.status, 400);
    assert_eq!(house.code(&late).await, "console.token-spent");
}

#[tokio::test]
async fn eight_at_once_open_a_sign_in_url_once() {
    let house = open().await;
    let url = house.url(&login_url(&signin_token(&house, &admin(&house, "1").await, &[]).await, ""));
    let calls: Vec<_> = (0..8).map(|_| tokio::spawn(house.client.get(&url).send())).collect();
    let mut opened = 0;
    for call in calls {
        opened += usize::from(call.await.unwrap().unwrap().status() == 303);
    }
    assert_eq!(opened, 1);
}

#[tokio::test]
async fn a_sign_in_url_needs_living_credentials_that_belong_together() {
    let house = open().await;
    let good = admin(&house, "1").await;
    let other = admin(&house, "2").await;
    let cases = [
        (
            "key of another",
            Credentials { secret: other.secret.clone(), ..good.clone() },
            &[][..],
            "console.bad-credentials",
        ),
        (
            "token of another",
            Credentials { token: other.token.clone(), ..good.clone() },
            &[],
            "console.bad-credentials",
        ),
        ("a user's keys", crate::front_signed::user(), &[], "console.bad-session"),
        ("too short", good.clone(), &[("SessionDuration", "899")], "console.bad-duration"),
        ("too long", good.clone(), &[("SessionDuration", "43201")], "console.bad-duration"),
    ];
    for (what, by, more, code) in cases {
        let answer = signin_token(&house, &by, more).await;
        assert_eq!(answer.status, 400, "{what}");
        assert!(answer.body.contains(code), "{what}: {}", answer.body);
    }
    let assume =
        [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", GUEST), ("RoleSessionName", "chained")];
    let chained = call(&house, &good, &assume).await.credentials();
    assert!(
        signin_token(&house, &chained, &[("SessionDuration", "900")]).await.body.contains("console.chained-duration")
    );
    assert_eq!(signin_token(&house, &chained, &[]).await.status, 200);
    house.clock.advance(Duration::hours(1));
    assert!(signin_token(&house, &good, &[]).await.body.contains("console.credentials-ended"));
}

/// What sessions have assumed under one name has one ARN, whoever is behind them: it is known by the first of them.
#[tokio::test]
async fn a_namesake_at_the_end_of_a_chain_is_somebody_else() {
    let house = open().await;
    let (one, other) = (admin(&house, "1").await, admin(&house, "2").await);
    let assume =
        [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", GUEST), ("RoleSessionName", "chained")];
    let mut browser = Browser::default();
    for (first, asked) in [(&one, false), (&one, false), (&other, true)] {
        let chained = call(&house, first, &assume).await.credentials();
        let answer = browser.get(&house, &login_url(&signin_token(&house, &chained, &[]).await, "")).await;
        let page = browser.follow(&house, answer).await;
        assert_eq!(page.body.contains("Sign in as "), asked, "{}", page.body);
    }
}

#[tokio::test]
async fn a_sign_in_leads_to_listed_places_only() {
    let house = open().await;
    let credentials = admin(&house, "1").await;
    for place in [
        "//evil.test",
        "https://evil.test/",
        "https:evil.test",
        "\\\\evil.test",
        "/\\evil.test",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://grafana.example.com.evil.test/d/",
        "https://grafana.example.com@evil.test/d/",
        "https://grafana.example.com/other",
        "https://grafana.example.com/d/../other",
        "http://grafana.example.com/d/",
        "/console\r\nSet-Cookie: a=b",
        "https://gráfana.example.com/d/",
        "/federation?Action=logout&redirect_uri=/console",
        "/saml/login/111122223333:corp",
        "/console/signin/111122223333:corp",
        "/oidc/login/corp",
        "/oauth/token",
        "/console/s/2/confirm",
    ] {
        let answer = house.get(&login_url(&signin_token(&house, &credentials, &[]).await, place)).await;
        assert_eq!((answer.status, answer.cookies.len()), (400, 0), "{place}");
        assert_eq!(house.code(&answer).await, "console.bad-destination", "{place}");
    }
    for (place, onward) in [
        ("https://grafana.example.com/d/1", "https://grafana.example.com/d/1"),
        ("/console/roles", &house.url("/console/roles")),
    ] {
        let mut browser = Browser::default();
        let first = browser.get(&house, &login_url(&signin_token(&house, &credentials, &[]).await, place)).await;
        let confirmed = browser.get(&house, first.location.as_deref().unwrap()).await;
        assert_eq!(confirmed.location.as_deref(), Some(onward));
    }
    let begun = house.get("/saml/login/111122223333:corp?destination=//evil.test").await;
    assert_eq!((begun.status, begun.cookies.len()), (400, 0));
}
