//! Logout by OpenID Connect through the front door: from the provider's server, from its page, and from here.

use crate::front_console::{shown, who};
use crate::front_oidc::{begin, world};
use crate::front_signed::get_caller_identity;
use crate::house::{Address, Answer, Browser, Credentials, House, hidden};
use crate::oidc_issuer::{CLIENT, EC, Issuer, NOW, RSA, Signer, claims};
use serde_json::{Value, json};
use time::Duration;

async fn open(issuer: &Issuer, setting: &str) -> House {
    let with_setting = format!("kind = \"oidc\"\n{setting}");
    House::open(NOW, &[], |_: &Address| world(issuer).replacen("kind = \"oidc\"", &with_setting, 1)).await
}

/// Signs alice in with these members in her ID token beside the usual ones.
pub(crate) async fn sign_in(issuer: &Issuer, house: &House, browser: &mut Browser, members: Value) {
    let begun = begin(house, browser).await;
    let mut claims = claims(&issuer.url);
    claims["nonce"] = json!(begun.nonce);
    members.as_object().unwrap().iter().for_each(|(name, value)| claims[name] = value.clone());
    issue(issuer, &claims);
    let arrived = browser.get(house, &format!("/oidc/callback/app?code=c0de&state={}", begun.state)).await;
    assert_eq!(arrived.status, 303, "{}", arrived.body);
    assert!(is_in(house, browser).await);
}

fn issue(issuer: &Issuer, claims: &Value) {
    let token = json!({"token_type": "Bearer", "access_token": "opaque", "id_token": RSA.sign(claims)});
    issuer.answers.lock().unwrap().token = token;
}

async fn is_in(house: &House, browser: &mut Browser) -> bool {
    who(house, browser).await["signed_in"] == true
}

async fn credentials(house: &House, browser: &mut Browser) -> Credentials {
    let csrf = hidden(&browser.get(house, "/console").await.body, "csrf");
    shown(&browser.post(house, "/console/credentials", &[("csrf", &csrf)]).await.body)
}

/// What an honest issuer says when the login `s1` of alice has ended.
fn logout(issuer: &Issuer) -> Value {
    let now = NOW.unix_timestamp();
    json!({
        "iss": issuer.url, "aud": CLIENT, "sub": "alice", "sid": "s1", "iat": now, "exp": now + 120, "jti": "logout-1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    })
}

pub(crate) fn signed(claims: &Value, kind: &str, signer: &Signer) -> String {
    let mut header = signer.header();
    header["typ"] = json!(kind);
    signer.sign_text(&header.to_string(), &claims.to_string())
}

pub(crate) async fn tell(house: &House, token: &str) -> Answer {
    house.post("/oidc/backchannel-logout/app", &[("logout_token", token)]).await
}

#[tokio::test]
async fn a_providers_server_ends_a_login() {
    for (signer, kind) in [(&*RSA, "logout+jwt"), (&*EC, "application/logout+JWT"), (&*RSA, "JWT")] {
        let issuer = Issuer::start(&[&RSA, &EC]).await;
        let house = open(&issuer, "").await;
        let (mut here, mut there, mut other) = (Browser::default(), Browser::default(), Browser::default());
        sign_in(&issuer, &house, &mut here, json!({"sid": "s1"})).await;
        sign_in(&issuer, &house, &mut there, json!({"sid": "s1", "jti": "2"})).await;
        sign_in(&issuer, &house, &mut other, json!({"sid": "s2"})).await;
        let token = signed(&logout(&issuer), kind, signer);
        let told = tell(&house, &token).await;
        assert_eq!((told.status, told.body.as_str()), (200, ""));
        assert_eq!(told.headers["cache-control"], "no-store");
        assert!(!is_in(&house, &mut here).await && !is_in(&house, &mut there).await);
        assert!(is_in(&house, &mut other).await, "another login of the same person");
        assert_eq!(house.rows("SELECT record FROM audit WHERE record LIKE '%OidcLogout%'").await.len(), 1);
        let again = tell(&house, &token).await;
        assert_eq!((again.status, house.code(&again).await.as_str()), (400, "oidc.logout-replayed"));
        let said: Value = serde_json::from_str(&again.body).unwrap();
        assert_eq!((&said["error"], again.headers["cache-control"].as_str()), (&json!("invalid_request"), "no-store"));
    }
}

#[tokio::test]
async fn it_may_name_the_person_the_login_or_both() {
    for (session, missing, ended) in [
        (json!({"sid": "s1"}), "sid", true),
        (json!({"sid": "s1"}), "sub", true),
        (json!({}), "sid", true),
        // The issuer numbers logins, but the ID token did not say so.
        (json!({}), "none", true),
        (json!({}), "sub", false),
        (json!({"sid": "s2"}), "none", false),
        (json!({"sid": 7}), "none", true),
    ] {
        let issuer = Issuer::start(&[&RSA]).await;
        let (house, mut browser) = (open(&issuer, "").await, Browser::default());
        sign_in(&issuer, &house, &mut browser, session.clone()).await;
        let mut claims = logout(&issuer);
        claims.as_object_mut().unwrap().remove(missing);
        assert_eq!(tell(&house, &signed(&claims, "logout+jwt", &RSA)).await.status, 200);
        assert_eq!(is_in(&house, &mut browser).await, !ended, "{session} without {missing}");
    }
}

/// The order may come while the code is being redeemed: what was issued before it opens nothing, what came after does.
#[tokio::test]
async fn a_login_that_is_under_way_is_ended_too() {
    let before = NOW.unix_timestamp() - 10;
    for (what, session, missing, issued, opens) in [
        ("person and login", json!("s1"), "none", before, false),
        ("the login alone", json!("s1"), "sub", before, false),
        ("the person alone", json!("s1"), "sid", before, false),
        ("of a login without a number", Value::Null, "none", before, false),
        ("of the same second", json!("s1"), "none", before + 10, false),
        ("another login", json!("s2"), "none", before, true),
        ("another login, nobody named", json!("s2"), "sub", before, true),
        ("signed in again since", json!("s1"), "none", before + 11, true),
    ] {
        let issuer = Issuer::start(&[&RSA]).await;
        let (house, mut browser) = (open(&issuer, "").await, Browser::default());
        let begun = begin(&house, &mut browser).await;
        let mut order = logout(&issuer);
        order.as_object_mut().unwrap().remove(missing);
        assert_eq!(tell(&house, &signed(&order, "logout+jwt", &RSA)).await.status, 200, "{what}");
        let mut claims = claims(&issuer.url);
        (claims["nonce"], claims["iat"]) = (json!(begun.nonce), json!(issued));
        session.as_str().into_iter().for_each(|session| claims["sid"] = json!(session));
        issue(&issuer, &claims);
        let late = browser.get(&house, &format!("/oidc/callback/app?code=c0de&state={}", begun.state)).await;
        assert_eq!(is_in(&house, &mut browser).await, opens, "{what}");
        let expected = if opens { (303, "") } else { (403, "sts.logged-out") };
        assert_eq!((late.status, house.code(&late).await.as_str()), expected, "{what}");
    }
}

#[tokio::test]
async fn nobody_is_found_by_reading_the_book() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer, "").await;
    sign_in(&issuer, &house, &mut Browser::default(), json!({"sid": "s1"})).await;
    let kept = house.rows("SELECT hex(person), hex(login) FROM console_login").await.concat();
    assert!(kept.iter().all(|hash| hash.len() == 64), "{kept:?}");
    let kept = kept.concat();
    for (what, text) in [("subject", "alice"), ("session", "s1")] {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        assert!(!kept.contains(&digest), "{what}: its hash needs a key");
    }
}

/// Each differs from the good one in one thing, and alice stays signed in.
#[tokio::test]
async fn what_ends_nothing() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer, "logout_revokes = true").await;
    let mut browser = Browser::default();
    sign_in(&issuer, &house, &mut browser, json!({"sid": "s1"})).await;
    let good = logout(&issuer);
    let with = |member: &str, value: Value| {
        let mut claims = good.clone();
        claims[member] = value;
        signed(&claims, "logout+jwt", &RSA)
    };
    let without = |members: &[&str]| {
        let mut claims = good.clone();
        members.iter().for_each(|member| drop(claims.as_object_mut().unwrap().remove(*member)));
        signed(&claims, "logout+jwt", &RSA)
    };
    let at = |seconds: i64| json!(NOW.unix_timestamp() + seconds);
    let stranger = Signer::rsa(RSA.id());
    let parts: Vec<String> = signed(&good, "logout+jwt", &RSA).split('.').map(str::to_owned).collect();
    let mut login = claims(&issuer.url);
    login["sid"] = json!("s1");
    for (what, token, code) in [
        ("no token", String::new(), "oidc.not-a-jwt"),
        ("an access token", signed(&good, "at+jwt", &RSA), "oidc.token-type"),
        ("a security event", signed(&good, "secevent+jwt", &RSA), "oidc.token-type"),
        ("an ID token", RSA.sign(&login), "oidc.logout-event"),
        ("an ID token by another name", signed(&login, "logout+jwt", &RSA), "oidc.logout-event"),
        ("wrong key", signed(&good, "logout+jwt", &stranger), "oidc.signature"),
        ("a key that nobody publishes", signed(&good, "logout+jwt", &EC), "oidc.unknown-key"),
        ("no signature", format!("{}.{}.", parts[0], parts[1]), "oidc.signature"),
        ("cut", format!("{}.{}", parts[0], parts[1]), "oidc.not-a-jwt"),
        ("another issuer", with("iss", json!("https://other.example")), "oidc.issuer"),
        ("no issuer", without(&["iss"]), "oidc.missing-claim"),
        ("another audience", with("aud", json!("another")), "oidc.audience"),
        ("one audience too many", with("aud", json!([CLIENT, "another"])), "oidc.audience"),
        ("no audience", without(&["aud"]), "oidc.missing-claim"),
        ("another party", with("azp", json!("another")), "oidc.authorized-party"),
        ("no time", without(&["iat"]), "oidc.missing-claim"),
        ("of the future", with("iat", at(61)), "oidc.issued-in-future"),
        ("old", with("iat", at(-361)), "oidc.logout-too-old"),
        ("over", with("exp", at(-60)), "oidc.expired"),
        ("time as text", with("iat", json!("1")), "oidc.claim-type"),
        ("no events", without(&["events"]), "oidc.logout-event"),
        ("events as text", with("events", json!("logout")), "oidc.logout-event"),
        ("another event", with("events", json!({"http://schemas.openid.net/event/other": {}})), "oidc.logout-event"),
        (
            "event without an object",
            with("events", json!({"http://schemas.openid.net/event/backchannel-logout": true})),
            "oidc.logout-event",
        ),
        ("a nonce", with("nonce", json!("n")), "oidc.logout-nonce"),
        ("a nonce of null", with("nonce", Value::Null), "oidc.logout-nonce"),
        ("of nobody", without(&["sub", "sid"]), "oidc.logout-nobody"),
        ("sub of null", with("sub", Value::Null), "oidc.claim-type"),
        ("sid as number", with("sid", json!(1)), "oidc.claim-type"),
        ("empty sid", with("sid", json!("")), "oidc.claim-type"),
        ("no jti", without(&["jti"]), "oidc.missing-claim"),
        ("endless jti", with("jti", json!("j".repeat(256))), "oidc.claim-type"),
    ] {
        let answer = tell(&house, &token).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (400, code), "{what}");
        assert!(is_in(&house, &mut browser).await, "{what}");
    }
    let token = signed(&good, "logout+jwt", &RSA);
    let twice = [("logout_token", token.as_str()), ("logout_token", token.as_str())];
    for (what, path, form, code) in [
        ("two tokens", "/oidc/backchannel-logout/app", &twice[..], "oidc.logout-missing"),
        ("none", "/oidc/backchannel-logout/app", &[], "oidc.logout-missing"),
        ("at nobody's door", "/oidc/backchannel-logout/nobody", &twice[..1], "signin.unknown-provider"),
    ] {
        let answer = house.post(path, form).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (400, code), "{what}");
    }
    assert_eq!(house.get(&format!("/oidc/backchannel-logout/app?logout_token={token}")).await.status, 405);
    // Heard and believed, and of nobody who is here.
    let elsewhere = [
        ("another person", json!({"sub": "bob", "sid": "s9", "jti": "a"})),
        ("another login", json!({"sid": "s9", "jti": "b"})),
    ];
    for (what, members) in elsewhere {
        let mut claims = good.clone();
        members.as_object().unwrap().iter().for_each(|(name, value)| claims[name] = value.clone());
        assert_eq!(tell(&house, &signed(&claims, "logout+jwt", &RSA)).await.status, 200, "{what}");
        assert!(is_in(&house, &mut browser).await, "{what}");
    }
    assert_eq!(tell(&house, &token).await.status, 200, "the good one, unchanged");
    assert!(!is_in(&house, &mut browser).await);
}

#[tokio::test]
async fn a_logout_token_signs_nobody_in() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer, "").await;
    let role = "arn:aws:iam::111122223333:role/Dev";
    for (kind, code) in [("logout+jwt", "oidc.token-type"), ("JWT", "oidc.events")] {
        let token = signed(&logout(&issuer), kind, &RSA);
        let asked = [("RoleArn", role), ("RoleSessionName", "app-1"), ("WebIdentityToken", token.as_str())];
        let answer = house.sts("AssumeRoleWithWebIdentity", &asked).await;
        assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "{kind}");
        assert_eq!(house.code(&answer).await, code, "{kind}");
    }
}

#[tokio::test]
async fn a_logout_revokes_if_the_provider_says_so() {
    for (setting, by_server, status) in
        [("logout_revokes = true", true, 403), ("", true, 200), ("logout_revokes = true", false, 403), ("", false, 200)]
    {
        let issuer = Issuer::start(&[&RSA]).await;
        let house = open(&issuer, setting).await;
        let mut browser = Browser::default();
        sign_in(&issuer, &house, &mut browser, json!({"sid": "s1"})).await;
        let worn = credentials(&house, &mut browser).await;
        assert_eq!(get_caller_identity(&house, &worn).await.status, 200);
        let page = format!("/oidc/frontchannel-logout/app?iss={}&sid=s1", issuer.url);
        let told = match by_server {
            true => tell(&house, &signed(&logout(&issuer), "logout+jwt", &RSA)).await,
            false => house.get(&page).await,
        };
        assert_eq!(told.status, 200);
        let answer = get_caller_identity(&house, &worn).await;
        assert_eq!(answer.status, status, "{setting}: {}", answer.body);
        let records = "SELECT record FROM audit";
        let before = house.rows(records).await.len();
        assert_eq!(house.get(&page).await.status, 200);
        assert_eq!(house.rows(records).await.len(), before, "nothing is left to end");
    }
}

#[tokio::test]
async fn a_providers_page_ends_the_login_that_it_can_name() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer, "").await;
    let mut browser = Browser::default();
    sign_in(&issuer, &house, &mut browser, json!({"sid": "s1"})).await;
    let page = |query: String| {
        let house = &house;
        async move { house.get(&format!("/oidc/frontchannel-logout/app?{query}")).await }
    };
    let (iss, records) = (format!("iss={}", issuer.url), "SELECT record FROM audit");
    let before = house.rows(records).await.len();
    for (what, query) in [
        ("no sid", iss.clone()),
        ("no issuer", "sid=s1".to_owned()),
        ("another issuer", "iss=https://other.example&sid=s1".to_owned()),
        ("two issuers", format!("{iss}&{iss}&sid=s1")),
        ("two logins", format!("{iss}&sid=s1&sid=s1")),
        ("empty sid", format!("{iss}&sid=")),
        ("endless sid", format!("{iss}&sid={}", "s".repeat(256))),
    ] {
        let answer = page(query).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (400, "signin.front-channel"), "{what}");
        assert_eq!(answer.headers["x-frame-options"], "DENY", "{what}");
    }
    let guessed = page(format!("{iss}&sid=guess")).await;
    assert!(is_in(&house, &mut browser).await);
    assert_eq!(house.rows(records).await.len(), before, "a guess is not written down");
    let ended = page(format!("{iss}&sid=s1")).await;
    assert!(!is_in(&house, &mut browser).await);
    assert_eq!((guessed.status, guessed.body), (ended.status, ended.body), "a guess is not answered either");
    assert_eq!(house.rows(records).await.len(), before + 1);
    let policy = &ended.headers["content-security-policy"];
    assert!(policy.contains(&format!("frame-ancestors {}", issuer.url)), "{policy}");
    assert!(!ended.headers.contains_key("x-frame-options") && ended.cookies.is_empty());
    let elsewhere = house.get("/console").await;
    assert!(elsewhere.headers["content-security-policy"].contains("frame-ancestors 'none'"));
    assert_eq!(elsewhere.headers["x-frame-options"], "DENY");
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
}

async fn sign_out(house: &House, browser: &mut Browser) -> Answer {
    let csrf = hidden(&browser.get(house, "/console").await.body, "csrf");
    browser.post(house, "/console/signout", &[("csrf", &csrf)]).await
}

#[tokio::test]
async fn signing_out_here_is_told_there() {
    let issuer = Issuer::start(&[&RSA]).await;
    let endpoint = format!("{}/end?tenant=1", issuer.url);
    issuer.answers.lock().unwrap().discovery = json!({"end_session_endpoint": endpoint});
    let house = open(&issuer, "").await;
    let mut browser = Browser::default();
    sign_in(&issuer, &house, &mut browser, json!({"sid": "s1"})).await;
    let (mut kept, mut twin) = (Browser { cookies: browser.cookies.clone() }, Browser::default());
    sign_in(&issuer, &house, &mut twin, json!({"sid": "s1", "jti": "2"})).await;
    let page = sign_out(&house, &mut browser).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(!is_in(&house, &mut kept).await && !is_in(&house, &mut twin).await, "first of all, here");
    let recorded = house.rows("SELECT record FROM audit WHERE record LIKE '%\"ConsoleSignOut\":\"Success\"%'").await;
    assert!(recorded.len() == 1 && recorded[0][0].contains("alice"), "{recorded:?}");
    let from = page.body.find(&format!("href=\"{}", issuer.url)).expect("a link") + 6;
    let url = page.body[from..from + page.body[from..].find('"').unwrap()].replace("&#38;", "&").replace("&amp;", "&");
    assert!(url.starts_with(&endpoint), "{url}");
    assert_eq!(parameter(&url, "client_id").as_deref(), Some(CLIENT));
    assert_eq!(parameter(&url, "post_logout_redirect_uri"), Some(house.url("/oidc/logout/app")));
    assert_eq!(parameter(&url, "id_token_hint"), None, "no token is kept for it");
    let state = parameter(&url, "state").expect("a state");
    let back = format!("/oidc/logout/app?state={state}");
    let elsewhere = Browser::default().get(&house, &back).await;
    assert_eq!((elsewhere.status, house.code(&elsewhere).await.as_str()), (403, "signin.no-attempt"));
    let mut mixed = Browser { cookies: browser.cookies.clone() };
    let other = mixed.get(&house, &format!("/oidc/logout/other?state={state}")).await;
    assert_eq!((other.status, house.code(&other).await.as_str()), (403, "signin.other-provider"));
    // What a sign-out began cannot be finished as a sign-in.
    let mut turned = Browser { cookies: browser.cookies.clone() };
    let login = turned.get(&house, &format!("/oidc/callback/app?code=c0de&state={state}")).await;
    assert_eq!((login.status, house.code(&login).await.as_str()), (403, "signin.no-attempt"));
    let done = browser.get(&house, &back).await;
    assert!(done.status == 200 && done.body.contains("has been told"), "{}", done.body);
    let again = browser.get(&house, &back).await;
    assert_eq!((again.status, house.code(&again).await.as_str()), (403, "signin.no-attempt"), "its cookie is used up");
}

#[tokio::test]
async fn whom_the_provider_cannot_be_told_of_is_signed_out_all_the_same() {
    for endpoint in [Value::Null, json!("javascript:alert(1)"), json!("http://evil.example/end")] {
        let issuer = Issuer::start(&[&RSA]).await;
        issuer.answers.lock().unwrap().discovery = json!({ "end_session_endpoint": endpoint });
        let (house, mut browser) = (open(&issuer, "").await, Browser::default());
        sign_in(&issuer, &house, &mut browser, json!({})).await;
        let (mut kept, mut twin) = (Browser { cookies: browser.cookies.clone() }, Browser::default());
        sign_in(&issuer, &house, &mut twin, json!({"jti": "2"})).await;
        let answer = sign_out(&house, &mut browser).await;
        assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{endpoint}");
        assert!(!is_in(&house, &mut kept).await);
        assert!(is_in(&house, &mut twin).await, "nobody was told, so nothing else has ended");
    }
}

#[tokio::test]
async fn an_issuer_that_is_down_is_told_apart() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer, "").await;
    let mut browser = Browser::default();
    sign_in(&issuer, &house, &mut browser, json!({"sid": "s1"})).await;
    issuer.publish_answer(503, "");
    house.clock.advance(Duration::hours(25));
    let mut claims = logout(&issuer);
    let now = house.clock.now().unix_timestamp();
    (claims["iat"], claims["exp"]) = (json!(now), json!(now + 120));
    assert_eq!(tell(&house, &signed(&claims, "logout+jwt", &RSA)).await.status, 503, "it may try again");
}
