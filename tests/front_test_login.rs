//! Test logins: somebody who looks after a provider sees what comes of a sign-in there, and nobody is signed in by it.

use crate::front::{ADMIN, assume_with_saml, sessions, unsigned};
use crate::front_console::{answer_to, begin, who};
use crate::house::{Address, Answer, Browser, House, encoded};
use crate::keeper_world::{HALL, HALL_IDP, csrf, files, keeper, open, open_with, world};
use crate::oidc_issuer::{self, Issuer};
use crate::saml_identity::{EC, IDP, Identity, NOW, changed, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::ambient::Clock;
use gatehouse::catalogue::Expression;
use serde_json::json;
use std::io::Read;
use time::Duration;

/// A test that this browser has begun: the RelayState, and the id that the answer must speak of.
async fn begin_test(house: &House, browser: &mut Browser, provider: &str) -> (String, String) {
    let csrf = csrf(house, browser).await;
    let page = browser.post(house, &format!("/console/providers/{provider}/test"), &[("csrf", &csrf)]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let url = onward(&page);
    let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    let mut xml = String::new();
    let request = STANDARD.decode(value("SAMLRequest")).unwrap();
    flate2::read::DeflateDecoder::new(&*request).read_to_string(&mut xml).unwrap();
    let from = xml.find(" ID=\"").unwrap() + 5;
    (value("RelayState"), xml[from..from + xml[from..].find('"').unwrap()].to_owned())
}

/// Where the page leads.
fn onward(page: &Answer) -> url::Url {
    let mark = "<a class=\"button\" href=\"";
    let from = page.body.find(mark).unwrap_or_else(|| panic!("no link in {}", page.body)) + mark.len();
    let text = &page.body[from..from + page.body[from..].find('"').unwrap()];
    text.replace("&#38;", "&").replace("&amp;", "&").parse().unwrap()
}

/// What the hall's identity provider answers to that request.
fn answer_of_hall(house: &House, request: &str, id: &str) -> String {
    let xml = changed(&unsigned(house, id), IDP, HALL_IDP);
    let xml = changed(&xml, " Destination=", &format!(" InResponseTo=\"{request}\" Destination="));
    let xml = changed(&xml, " Recipient=", &format!(" InResponseTo=\"{request}\" Recipient="));
    let mail = r#"<saml:Attribute Name="mail"><saml:AttributeValue>alice@example.com</saml:AttributeValue></saml:Attribute><saml:Attribute Name="department"><saml:AttributeValue>blue</saml:AttributeValue></saml:Attribute><saml:Attribute Name="groups">"#;
    let xml = changed(&xml, r#"<saml:Attribute Name="groups">"#, mail);
    signed_by(&xml, id, &EC)
}

fn signed_by(xml: &str, id: &str, by: &Identity) -> String {
    STANDARD.encode(sign(xml, &format!("_assertion-{id}"), by))
}

async fn come_back(house: &House, browser: &mut Browser, response: &str, relay_state: &str) -> Answer {
    browser.post(house, "/saml/acs", &[("SAMLResponse", response), ("RelayState", relay_state)]).await
}

#[tokio::test]
async fn it_shows_what_would_be_and_signs_nobody_in() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let before = (who(&house, &mut alice).await, sessions(&house).await);
    let console_sessions = house.rows("SELECT id_hash FROM console_session").await.len();
    let (relay_state, request) = begin_test(&house, &mut alice, "hall").await;
    let cookies = alice.cookies.clone();
    let response = answer_of_hall(&house, &request, "2");
    let back = come_back(&house, &mut alice, &response, &relay_state).await;
    let place = back.location.clone().expect("a redirect");
    assert!(back.status == 303 && place == format!("/console/providers/hall/test/{relay_state}"), "{place}");
    assert!(
        back.cookies.iter().all(|cookie| cookie.starts_with("__Host-a-") && cookie.contains("Max-Age=0")),
        "{:?}",
        back.cookies
    );

    let mut other = keeper(&house, "3").await;
    let strangers = other.get(&house, &place).await;
    assert_eq!((strangers.status, house.code(&strangers).await.as_str()), (404, "console.not-there"), "it is alice's");
    let nobody = Browser::default().get(&house, &place).await;
    let back = format!("/console?{}", encoded(&[("destination", &place)]));
    assert_eq!((nobody.status, nobody.location), (303, Some(back)), "whoever is nobody signs in first");

    let session = format!("__Host-s1={}", alice.cookies["__Host-s1"]);
    let looked_at = house.client.head(house.url(&place)).header("cookie", session).send().await.expect("an answer");
    assert_eq!(looked_at.status(), 405, "whoever only looks at the link does not take it");
    let page = alice.get(&house, &place).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for said in [
        "saml.signature",
        "alice@example.com",
        "role/Hall",
        "OfTheHall",
        "rule[0]",
        "team=blue",
        "This provider is disabled",
    ] {
        assert!(page.body.contains(said), "{said} is not in {}", page.body);
    }
    let foreign = page.body.contains("saml-provider/guests") || page.body.contains("444455556666");
    assert!(!foreign, "another account knows the hall as well, which is nobody else's to know: {}", page.body);
    let draft = draft(&page);
    assert!(draft.contains(r#"when = 'claims.groups.exists(g, g == "ops")'"#), "{draft}");
    assert!(draft.contains("session_name = 'claims.mail[0]'"), "{draft}");
    let again = alice.get(&house, &place).await;
    assert_eq!((again.status, house.code(&again).await.as_str()), (404, "console.not-there"), "it is shown once");

    let after = (who(&house, &mut alice).await, sessions(&house).await);
    assert_eq!(before.0, after.0, "she is who she was");
    assert_eq!(after.1, before.1 + 1, "and the other keeper's role is all that was given since");
    assert_eq!(house.rows("SELECT id_hash FROM console_session").await.len(), console_sessions + 1);
    let sealed = house.rows("SELECT quote(sealed) FROM signin_token").await.concat().concat();
    assert!(!sealed.contains(&hex_of("alice")), "what was found is not kept in the open");

    let book = house.rows("SELECT record FROM audit WHERE record LIKE '%\"TestLogin\"%'").await.concat().concat();
    let record: serde_json::Value = serde_json::from_str(&book).expect("one record");
    let by = &record["additionalEventData"]["testedBy"];
    assert_eq!(by["arn"], "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com", "who pressed the button");
    assert!(by["accessKeyId"].as_str().is_some_and(|id| id.starts_with("ASIA")), "{record}");

    // The cookie again, and what came, somewhere else.
    let mut once_more = Browser { cookies };
    let answer = come_back(&house, &mut once_more, &answer_of_hall(&house, &request, "4"), &relay_state).await;
    assert_eq!((answer.status, house.code(&answer).await.as_str()), (403, "signin.no-attempt"));
    let parameters = [("RoleArn", "arn:aws:iam::111122223333:role/Hall"), ("SAMLAssertion", response.as_str())];
    let parameters = [parameters[0], ("PrincipalArn", "arn:aws:iam::111122223333:saml-provider/hall"), parameters[1]];
    let replayed = house.sts("AssumeRoleWithSAML", &parameters).await;
    assert_ne!(replayed.status, 200, "{}", replayed.body);
}

/// Whoever writes the database shows nobody what another test has found.
#[tokio::test]
async fn a_finding_is_read_in_its_own_place_alone() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let mut places = Vec::new();
    for id in ["2", "3"] {
        let (relay_state, request) = begin_test(&house, &mut alice, "hall").await;
        let response = answer_of_hall(&house, &request, id);
        places.push(come_back(&house, &mut alice, &response, &relay_state).await.location.expect("a redirect"));
    }
    crate::front_seal_rows::swap(&house, "signin_token", "hash");
    for place in &places {
        let answer = alice.get(&house, place).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (404, "console.not-there"));
    }
    crate::front_seal_rows::swap(&house, "signin_token", "hash");
    assert_eq!(alice.get(&house, &places[0]).await.status, 200);
}

fn hex_of(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

fn draft(page: &Answer) -> String {
    let from = page.body.find("id=\"draft\"").unwrap_or_else(|| panic!("no draft in {}", page.body));
    let from = from + page.body[from..].find('>').unwrap() + 1;
    let text = &page.body[from..from + page.body[from..].find("</pre>").unwrap()];
    let text = text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#38;", "&").replace("&amp;", "&")
}

/// Of an enabled provider, so that the same assertion would be a sign-in if it could.
#[tokio::test]
async fn a_test_is_no_sign_in_and_a_sign_in_is_no_test() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let (relay_state, request) = begin_test(&house, &mut alice, "corp").await;
    let response = answer_to(&house, &request, "2", false);

    // Somebody takes the test's cookie and posts what genuinely came: a finding for alice, and no session.
    let attempt: Vec<(String, String)> =
        alice.cookies.clone().into_iter().filter(|(name, _)| name.contains("-a-")).collect();
    let mut thief = Browser { cookies: attempt.iter().cloned().collect() };
    let stripped = come_back(&house, &mut Browser::default(), &response, &relay_state).await;
    assert_eq!(
        (stripped.status, house.code(&stripped).await.as_str()),
        (403, "saml.in-response-to"),
        "without the cookie"
    );
    // Under the name of a sign-in that was begun honestly.
    let mut renamed = Browser::default();
    let (honest_state, honest_request) = begin(&house, &mut renamed, "").await;
    let honest = renamed.cookies.clone();
    renamed.cookies = [(format!("__Host-a-{honest_state}"), attempt[0].1.clone())].into();
    let swapped = come_back(&house, &mut renamed, &response, &honest_state).await;
    assert_eq!((swapped.status, house.code(&swapped).await.as_str()), (403, "saml.in-response-to"));
    let stolen = come_back(&house, &mut thief, &response, &relay_state).await;
    assert!(stolen.location.as_deref().is_some_and(|place| place.contains("/test/")), "{:?}", stolen.location);
    assert!(thief.cookies.is_empty() && who(&house, &mut thief).await["signed_in"] == false, "{:?}", thief.cookies);
    let replayed = assume_with_saml(&house, ADMIN, &response).await;
    assert_eq!(house.code(&replayed).await, "sts.replayed", "it is used up everywhere");

    // And a sign-in's attempt under the test's name is no test.
    let mut honest = Browser { cookies: honest };
    let signed_in =
        come_back(&house, &mut honest, &answer_to(&house, &honest_request, "3", false), &honest_state).await;
    assert_eq!((signed_in.status, signed_in.location.as_deref()), (303, Some("/console")), "{}", signed_in.body);
    assert_eq!(who(&house, &mut honest).await["role"], ADMIN);
}

#[tokio::test]
async fn what_fails_is_shown_as_well() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let (relay_state, request) = begin_test(&house, &mut alice, "hall").await;
    let good = answer_of_hall(&house, &request, "2");
    let xml = String::from_utf8(STANDARD.decode(&good).unwrap()).unwrap();
    let tampered = STANDARD.encode(changed(&xml, ">ops<", ">boss<"));
    let back = come_back(&house, &mut alice, &tampered, &relay_state).await;
    let page = alice.get(&house, back.location.as_deref().expect("a redirect")).await;
    assert!(page.status == 200 && page.body.contains("step failed") && page.body.contains("saml."), "{}", page.body);
    assert!(!page.body.contains("boss") && !page.body.contains("A draft of rules"), "nothing unproven: {}", page.body);

    // The answer of another identity provider that this house knows.
    let (relay_state, request) = begin_test(&house, &mut alice, "hall").await;
    let other = answer_to(&house, &request, "5", false);
    let back = come_back(&house, &mut alice, &other, &relay_state).await;
    let page = alice.get(&house, back.location.as_deref().expect("a redirect")).await;
    assert!(page.body.contains("signin.other-provider"), "{}", page.body);

    // After ten minutes there is no test.
    let (relay_state, request) = begin_test(&house, &mut alice, "hall").await;
    house.clock.advance(Duration::minutes(10));
    let late = come_back(&house, &mut alice, &answer_of_hall(&house, &request, "6"), &relay_state).await;
    assert_eq!(late.status, 403, "{}", late.body);
}

#[tokio::test]
async fn only_those_who_may_begin_one() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let csrf = csrf(&house, &mut alice).await;
    for (path, token, status, code) in [
        ("/console/providers/corp/test", "stolen", 403, "console.foreign-form"),
        ("/console/providers/guests/test", csrf.as_str(), 404, "console.not-there"),
        ("/console/providers/tokens/test", csrf.as_str(), 404, "signin.unknown-provider"),
    ] {
        let answer = alice.post(&house, path, &[("csrf", token)]).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (status, code), "{path}");
        assert!(answer.cookies.is_empty(), "{path}: {:?}", answer.cookies);
    }
    let ordinary = alice.get(&house, "/saml/login/hall").await;
    assert_eq!(ordinary.status, 403, "people do not come in by it: {}", ordinary.body);
}

#[tokio::test]
async fn openid_providers_are_tried_alike() {
    let issuer = Issuer::start(&[&oidc_issuer::EC]).await;
    let more = format!(
        r#"
[[provider]]
name = "app"
account = "111122223333"
kind = "oidc"
enabled = false
issuer = "{}"
client_ids = ["our-client"]
login = {{ client_id = "our-client" }}
allowed_networks = ["127.0.0.0/8"]

[[provider.rule]]
when = '"groups" in claims && claims.groups.exists(g, g == "ops")'
roles = ["arn:aws:iam::111122223333:role/Machine"]
"#,
        issuer.url
    );
    let house = open_with(&more).await;
    let mut alice = keeper(&house, "1").await;
    let csrf = csrf(&house, &mut alice).await;
    let page = alice.post(&house, "/console/providers/app/test", &[("csrf", &csrf)]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let url = onward(&page);
    let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    let token = crate::keeper_world::token(|claims| {
        claims["iss"] = json!(issuer.url);
        claims["nonce"] = json!(value("nonce"));
        claims["groups"] = json!(["ops", "x' || \"true", "<b>"]);
        claims["email"] = json!("alice@example.com");
    });
    issuer.answers.lock().unwrap().token =
        json!({ "token_type": "Bearer", "access_token": "opaque", "id_token": token });
    let query = encoded(&[("code", "c0de"), ("state", &value("state"))]);
    let back = alice.get(&house, &format!("/oidc/callback/app?{query}")).await;
    let place = back.location.clone().unwrap_or_else(|| panic!("{}", back.body));
    assert!(place.starts_with("/console/providers/app/test/"), "{place}");
    let page = alice.get(&house, &place).await;
    for said in ["oidc.signature", "oidc.nonce", "role/Machine", "This provider is disabled"] {
        assert!(page.body.contains(said), "{said} is not in {}", page.body);
    }
    assert!(!page.body.contains("<b>"), "{}", page.body);
    let draft: toml::Table = draft(&page).replace("provider.rule", "rule").parse().expect("TOML");
    let rules = draft["rule"].as_array().unwrap();
    assert_eq!(rules.len(), 3);
    for rule in rules {
        let when = rule["when"].as_str().unwrap();
        assert!(when.parse::<Expression>().is_ok() && when.starts_with("\"groups\" in claims && "), "{when}");
    }
    assert!(rules[1]["when"].as_str().unwrap().contains(r#"g == "x' || \"true""#), "{:?}", rules[1]);
    assert_eq!(rules[0]["session_name"].as_str(), Some("claims.email"));
    let refused = house
        .sts(
            "AssumeRoleWithWebIdentity",
            &[
                ("RoleArn", "arn:aws:iam::111122223333:role/Machine"),
                ("RoleSessionName", "app-1"),
                ("WebIdentityToken", token.as_str()),
            ],
        )
        .await;
    assert_eq!(house.code(&refused).await, "trust.provider-disabled");
}

/// The draft of a test becomes the configuration, and then people come in.
#[tokio::test]
async fn a_draft_is_good_to_begin_with() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let (relay_state, request) = begin_test(&house, &mut alice, "hall").await;
    let back = come_back(&house, &mut alice, &answer_of_hall(&house, &request, "2"), &relay_state).await;
    let page = alice.get(&house, back.location.as_deref().unwrap()).await;
    let rules = draft(&page).replace("role/WhichRole", "role/Hall");
    let from = HALL.find("[[provider.rule]]").unwrap();
    let to = HALL[from..].find("[[provider]]").unwrap() + from;
    let config = changed(&world(), &HALL[from..to], &format!("{rules}\n"));
    let config = changed(&config, "enabled = false\n", "")
        .replace(",\"Condition\":{\"StringEquals\":{\"aws:RequestTag/team\":\"blue\"}}", "");
    let house = House::open_tls(Clock::held(NOW), "localhost", &files(), |_: &Address| config).await;
    let mut bob = Browser::default();
    let answer = bob.get(&house, "/saml/login/hall").await;
    let url = url::Url::parse(answer.location.as_deref().unwrap_or_else(|| panic!("{}", answer.body))).unwrap();
    let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    let mut xml = String::new();
    let request = STANDARD.decode(value("SAMLRequest")).unwrap();
    flate2::read::DeflateDecoder::new(&*request).read_to_string(&mut xml).unwrap();
    let from = xml.find(" ID=\"").unwrap() + 5;
    let request = xml[from..from + xml[from..].find('"').unwrap()].to_owned();
    let answer = come_back(&house, &mut bob, &answer_of_hall(&house, &request, "7"), &value("RelayState")).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{}", answer.body);
    assert_eq!(who(&house, &mut bob).await["session_name"], "alice@example.com");
}
