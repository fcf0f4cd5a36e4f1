//! A second factor of people and programs who come with a token.

use crate::front_console::who;
use crate::house::{Address, Answer, Browser, House, hidden, keys_of};
use crate::oidc_issuer::{CLIENT, Issuer, NOW, RSA, claims};
use gatehouse::ambient::Random;
use gatehouse::sts::Purpose;
use serde_json::{Value, json};
use time::Duration;

const DEV: &str = "arn:aws:iam::111122223333:role/Dev";
const VAULT: &str = "arn:aws:iam::111122223333:role/Vault";

async fn open(issuer: &Issuer) -> House {
    let (url, name) = (&issuer.url, issuer.url.split_once("//").unwrap().1);
    let role = |arn: &str, condition: &str| {
        format!(
            r#"
[[role]]
arn = "{arn}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{name}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{{condition}}}}}]}}' }}
"#
        )
    };
    let provider = format!(
        r#"
[[account]]
id = "111122223333"

[[provider]]
name = "app"
account = "111122223333"
kind = "oidc"
issuer = "{url}"
client_ids = ["{CLIENT}"]
login = {{ client_id = "{CLIENT}" }}
allowed_networks = ["127.0.0.0/8"]
mfa = '"mfa" in claims.amr || authn_context == "phr"'
mfa_context = ["phr", "mfa"]
"#
    );
    let within_the_hour =
        r#""Bool":{"aws:MultiFactorAuthPresent":true},"NumericLessThan":{"aws:MultiFactorAuthAge":3600}"#;
    let world = provider + &role(DEV, "") + &role(VAULT, within_the_hour);
    House::open(NOW, &[], |_: &Address| world).await
}

/// The browser goes to `url`, and the issuer will answer with these members beside the usual ones.
fn promise(issuer: &Issuer, url: &str, members: Value) -> String {
    let url = url::Url::parse(url).unwrap();
    let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    let mut claims = claims(&issuer.url);
    claims["nonce"] = json!(value("nonce"));
    members.as_object().unwrap().iter().for_each(|(name, value)| claims[name] = value.clone());
    issuer.answers.lock().unwrap().token =
        json!({"token_type": "Bearer", "access_token": "opaque", "id_token": RSA.sign(&claims)});
    format!("/oidc/callback/app?code=c0de&state={}", value("state"))
}

/// Where the page that sends somebody back for a second factor leads.
fn trip(page: &Answer) -> String {
    let mark = "<meta http-equiv=\"refresh\" content=\"0; url=";
    let from = page.body.find(mark).unwrap_or_else(|| panic!("no trip in {}", page.body)) + mark.len();
    let text = page.body[from..from + page.body[from..].find('"').unwrap()].replace("&#38;", "&");
    let url = url::Url::parse(&text).unwrap();
    let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    assert_eq!(value("prompt").as_deref(), Some("login"));
    assert_eq!(value("max_age").as_deref(), Some("0"));
    assert_eq!(value("acr_values").as_deref(), Some("phr mfa"));
    text
}

async fn signed_in(issuer: &Issuer, house: &House, browser: &mut Browser, query: &str) -> Answer {
    let begun = browser.get(house, &format!("/oidc/login/app{query}")).await;
    let url = begun.location.unwrap();
    assert!(!url.contains("prompt=") && !url.contains("max_age=") && !url.contains("acr_values="), "{url}");
    let callback = promise(issuer, &url, json!({}));
    browser.get(house, &callback).await
}

#[tokio::test]
async fn the_trip_asks_for_a_new_login_and_gives_the_role() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let mut browser = Browser::default();
    let answer = signed_in(&issuer, &house, &mut browser, "").await;
    assert_eq!(answer.location.as_deref(), Some("/console/roles"), "{}", answer.body);
    let steps = house.trace(&answer.request_id).await;
    assert!(
        steps.iter().any(|step| step.code.as_deref() == Some("trust.mfa-failed")),
        "a token without amr: {steps:?}"
    );
    let page = browser.get(&house, "/console/roles").await.body;
    assert_eq!(page.matches("needs MFA").count(), 1, "{page}");
    let csrf = hidden(&page, "csrf");
    let choose = [("role", VAULT), ("csrf", csrf.as_str())];
    let page = browser.post(&house, "/console/choose", &choose).await;
    let at = NOW.unix_timestamp();
    let without = promise(&issuer, &trip(&page), json!({"amr": ["pwd"], "auth_time": at}));
    let answer = browser.get(&house, &without).await;
    assert_eq!((answer.status, answer.location.as_deref()), (403, None), "{}", answer.body);
    assert_eq!(house.code(&answer).await, "trust.mfa-missing");
    assert_eq!(who(&house, &mut browser).await["signed_in"], true, "as before");

    let page = browser.post(&house, "/console/choose", &choose).await;
    let with = promise(&issuer, &trip(&page), json!({"amr": ["pwd", "mfa"], "auth_time": at}));
    let answer = browser.get(&house, &with).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{}", answer.body);
    assert_eq!(who(&house, &mut browser).await["role"], VAULT);

    house.clock.advance(Duration::HOUR);
    let page = browser.get(&house, "/console/roles").await.body;
    assert!(page.contains("needs MFA"), "an hour later: {page}");
    let choose = [("role", VAULT), ("csrf", &*hidden(&page, "csrf"))];
    trip(&browser.post(&house, "/console/choose", &choose).await);
}

/// A new authentication was asked for: one of before is none, and neither is one that nobody tells the time of.
#[tokio::test]
async fn a_login_of_before_the_trip_does_not_do() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let mut browser = Browser::default();
    signed_in(&issuer, &house, &mut browser, "").await;
    let csrf = hidden(&browser.get(&house, "/console/roles").await.body, "csrf");
    let choose = [("role", VAULT), ("csrf", csrf.as_str())];
    let at = NOW.unix_timestamp();
    for (members, code) in [
        (json!({"amr": ["mfa"], "auth_time": at - 61}), "oidc.authn-too-old"),
        (json!({"amr": ["mfa"]}), "oidc.missing-claim"),
        (json!({"amr": ["mfa"], "auth_time": at.to_string()}), "oidc.claim-type"),
    ] {
        let page = browser.post(&house, "/console/choose", &choose).await;
        let old = promise(&issuer, &trip(&page), members.clone());
        let answer = browser.get(&house, &old).await;
        assert_eq!((answer.status, answer.location.as_deref()), (403, None), "{members}: {}", answer.body);
        assert_eq!(house.code(&answer).await, code, "{members}");
        assert_eq!(who(&house, &mut browser).await["role"], Value::Null, "as before");
    }
    let page = browser.post(&house, "/console/choose", &choose).await;
    let new = promise(&issuer, &trip(&page), json!({"amr": ["mfa"], "auth_time": at - 60}));
    assert_eq!(browser.get(&house, &new).await.status, 303, "within clock_skew");
    assert_eq!(who(&house, &mut browser).await["role"], VAULT);
}

/// Begun when it was not yet kept whether a new authentication was asked for.
#[tokio::test]
async fn an_attempt_of_before_is_still_good() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let mut browser = Browser::default();
    let begun = browser.get(&house, "/oidc/login/app").await;
    let keys = keys_of(std::fs::read(house.directory.path().join("keys/session.key")).expect("a key"));
    let (name, sealed) = browser.cookies.first_key_value().expect("an attempt");
    let plain = keys.seals.open_text(Purpose::SignInAttempt, sealed).expect("its own seal");
    let mut attempt: Value = serde_json::from_slice(&plain).expect("JSON");
    let since = attempt["asked"]["Oidc"].as_object_mut().expect("members").remove("authn_since");
    assert_eq!(since, Some(Value::Null));
    let former = keys.seals.seal_text(Purpose::SignInAttempt, attempt.to_string().as_bytes(), &Random);
    browser.cookies = [(name.clone(), former)].into();
    let callback = promise(&issuer, &begun.location.unwrap(), json!({}));
    let answer = browser.get(&house, &callback).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console/roles")), "{}", answer.body);
}

#[tokio::test]
async fn a_link_to_the_role_makes_the_trip_by_itself() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let mut browser = Browser::default();
    let page = signed_in(&issuer, &house, &mut browser, &format!("?role={VAULT}")).await;
    let with = promise(&issuer, &trip(&page), json!({"acr": "phr", "amr": [], "auth_time": NOW.unix_timestamp()}));
    assert_eq!(browser.get(&house, &with).await.status, 303);
    assert_eq!(who(&house, &mut browser).await["role"], VAULT);
}

#[tokio::test]
async fn at_the_api_the_token_says_when() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let at = NOW.unix_timestamp();
    for (members, allowed) in [
        (json!({"amr": ["mfa"], "auth_time": at - 3_599}), true),
        (json!({"amr": ["mfa"], "auth_time": at as f64 - 3_599.5}), false),
        (json!({"amr": ["mfa"], "auth_time": at - 3_600}), false),
        (json!({"amr": ["mfa"], "auth_time": at + 60}), true),
        (json!({"amr": ["mfa"], "auth_time": at * 1_000}), false),
        (json!({"amr": ["mfa"], "auth_time": (at - 10).to_string()}), false),
        (json!({"amr": ["mfa"]}), false),
        (json!({"amr": "mfa", "auth_time": at}), false),
        (json!({"amr": ["pwd"], "auth_time": at}), false),
        (json!({"auth_time": at}), false),
    ] {
        let mut token = claims(&issuer.url);
        members.as_object().unwrap().iter().for_each(|(name, value)| token[name] = value.clone());
        let parameters = [("RoleArn", VAULT), ("RoleSessionName", "app-1"), ("WebIdentityToken", &*RSA.sign(&token))];
        let answer = house.sts("AssumeRoleWithWebIdentity", &parameters).await;
        assert_eq!(answer.status, if allowed { 200 } else { 403 }, "{members}: {}", answer.body);
        if !allowed {
            assert_eq!(house.code(&answer).await, "trust.mfa-missing", "{members}");
        }
    }
}
