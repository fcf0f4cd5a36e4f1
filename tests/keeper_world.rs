//! The world of those who look after identity providers: alice may, as Admin; in the other account as Guest nobody may.

use crate::front::{WORLD, files as plain_files};
use crate::front_console::{answer_to, begin};
use crate::house::{Address, Answer, Browser, House, hidden, idp_metadata};
use crate::oidc_issuer;
use crate::saml_identity::{EC, NOW, changed};
use gatehouse::ambient::Clock;
use serde_json::{Value, json};

const PERMITS: &str = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/*"}"#;
const KEEPS: &str = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/*"},{"Sid":"Keep","Effect":"Allow","Action":["gatehouse:Simulate","gatehouse:ReadProvider"],"Resource":"arn:aws:gatehouse::*:provider/*"},{"Sid":"Files","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::files/*"},{"Sid":"Shut","Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}"#;

/// Of an identity provider that is to come: its people have groups, all in one text.
pub(crate) const HALL: &str = r#"
[[provider]]
name = "hall"
account = "111122223333"
kind = "saml"
enabled = false
metadata = { file = "hall.xml" }

[provider.claims]
split = { groups = ";" }

[[provider.rule]]
when = 'claims.groups.exists(g, g == "ops")'
roles = ["arn:aws:iam::111122223333:role/Hall"]
session_name = 'claims.mail[0]'
tags = { team = 'claims.department[0]' }

[[provider]]
name = "tokens"
account = "111122223333"
kind = "oidc"
issuer = "https://issuer.example"
client_ids = ["our-client"]
jwks = { file = "jwks.json" }

[[provider]]
name = "guests"
account = "444455556666"
kind = "saml"
metadata = { file = "hall.xml" }

[[role]]
arn = "arn:aws:iam::111122223333:role/Hall"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Sid":"OfTheHall","Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/hall"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],"Condition":{"StringEquals":{"aws:RequestTag/team":"blue"}}}]}' }

[[role]]
arn = "arn:aws:iam::111122223333:role/Machine"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/issuer.example"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"issuer.example:aud":"our-client"}}}]}' }
"#;

pub(crate) const HALL_IDP: &str = "https://hall.example/metadata";
pub(crate) const SIGN_ON: &str = "https://hall.example/sso";

pub(crate) fn files() -> Vec<(&'static str, String)> {
    let mut files = plain_files();
    files.push(("hall.xml", idp_metadata(HALL_IDP, SIGN_ON, &[&EC.certificate])));
    files.push(("jwks.json", json!({ "keys": [oidc_issuer::EC.jwk] }).to_string()));
    files
}

pub(crate) fn world() -> String {
    changed(WORLD, PERMITS, KEEPS) + HALL
}

pub(crate) async fn open() -> House {
    open_with("").await
}

pub(crate) async fn open_with(more: &str) -> House {
    let config = format!("{}{more}", world());
    House::open_tls(Clock::held(NOW), "localhost", &files(), |_: &Address| config).await
}

/// Alice, with the role that her assertion of this number gives her.
pub(crate) async fn keeper(house: &House, id: &str) -> Browser {
    let mut browser = Browser::default();
    let (relay_state, request) = begin(house, &mut browser, "").await;
    let response = answer_to(house, &request, id, false);
    let form = [("SAMLResponse", response.as_str()), ("RelayState", relay_state.as_str())];
    let answer = browser.post(house, "/saml/acs", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    browser
}

pub(crate) async fn csrf(house: &House, browser: &mut Browser) -> String {
    let page = browser.get(house, "/console").await;
    assert!(page.body.contains("You wear"), "{}", page.body);
    hidden(&page.body, "csrf")
}

/// Pastes it into the simulator, for a provider.
pub(crate) async fn simulate(house: &House, browser: &mut Browser, provider: &str, paper: &str) -> Answer {
    let csrf = csrf(house, browser).await;
    let form = [("provider", provider), ("paper", paper), ("csrf", csrf.as_str())];
    browser.post(house, "/console/simulator", &form).await
}

/// Somebody's token at noon, when this world is.
pub(crate) fn token(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = oidc_issuer::claims("https://issuer.example");
    claims["iat"] = json!(NOW.unix_timestamp() - 10);
    claims["exp"] = json!(NOW.unix_timestamp() + 600);
    change(&mut claims);
    oidc_issuer::EC.sign(&claims)
}

/// Everything that a visit could leave behind, as it is now.
pub(crate) async fn left_behind(house: &House) -> Vec<Vec<String>> {
    let counts = "SELECT (SELECT count(*) FROM redemption), (SELECT count(*) FROM role_session), (SELECT count(*) FROM console_session),
         (SELECT count(*) FROM audit), (SELECT count(*) FROM signin_token), (SELECT coalesce(sum(count), 0) FROM refusal),
         (SELECT count(*) FROM decision), (SELECT count(*) FROM provider_note)";
    house.rows(counts).await
}
