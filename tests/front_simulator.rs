//! The simulator: it says what would be, and nothing comes of it.

use crate::front::{ADMIN, CLOSED, assume_with_saml, field, good, unsigned};
use crate::front_console::{GUEST, answer_to, begin};
use crate::house::{Browser, House, hidden};
use crate::keeper_world::{csrf, files, keeper, left_behind, open, open_with, simulate, token, world};
use crate::saml_identity::{NOW, RSA, STRANGER, changed, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// The text of a page without its marks, so that sentences can be looked for.
fn plain(page: &str) -> String {
    let mut text = String::new();
    let mut is_mark = false;
    for character in page.chars() {
        match character {
            '<' => is_mark = true,
            '>' => is_mark = false,
            other if !is_mark => text.push(other),
            _ => {}
        }
    }
    text.replace("&#34;", "\"").replace("&#39;", "'").replace("&quot;", "\"").replace("&#x27;", "'")
}

/// Lets what is queued be written: a request that has its record has been behind everything before it.
async fn settled(house: &House) {
    let refused = house.get("/saml/login/nobody").await;
    house.trace(&refused.request_id).await;
}

/// What was left behind, and the stranger of [`settled`], who came once more.
fn and_a_stranger(mut counts: Vec<Vec<String>>) -> Vec<Vec<String>> {
    counts[0][5] = (counts[0][5].parse::<i64>().expect("a number") + 1).to_string();
    counts
}

#[tokio::test]
async fn a_response_is_explained_and_is_as_good_as_before() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    settled(&house).await;
    let before = left_behind(&house).await;
    let response = good(&house, "2");
    let xml = String::from_utf8(STANDARD.decode(&response).unwrap()).unwrap();
    for paper in [response.as_str(), xml.as_str(), &format!("\n  {response}\n")] {
        let page = simulate(&house, &mut alice, "corp", paper).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let text = plain(&page.body);
        for said in ["saml.signature", "alice@example.com", "staff", "ops", ADMIN, "session name", "7200 s", CLOSED] {
            assert!(text.contains(said), "{said} is not in {text}");
        }
        assert!(text.contains("wants \"https://idp.example/metadata\"; received"), "the condition's two sides: {text}");
        assert!(text.contains("4 roles that the provider does not give"), "{text}");
        assert!(!text.contains("444455556666") && !text.contains(GUEST), "nothing of another account: {text}");
        assert_eq!(page.body.matches("<h2>Roles</h2>").count(), 1, "the other registration is not asked: {text}");
        assert!(!page.body.contains(&response[..200]), "what was pasted does not come back");
        assert_eq!(page.headers["cache-control"], "no-store");
    }
    settled(&house).await;
    assert_eq!(left_behind(&house).await, and_a_stranger(before), "nothing is left behind");
    let kept = house.rows("SELECT steps FROM trace UNION ALL SELECT record FROM audit").await.concat().concat();
    assert!(!kept.contains("_assertion-2"), "nothing of it is on record");
    let used = assume_with_saml(&house, ADMIN, &response).await;
    assert_eq!(used.status, 200, "it is as good as before: {}", used.body);
}

#[tokio::test]
async fn claims_are_shown_as_they_come_and_as_rules_read_them() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let claims = json!({ "groups": "staff;ops", "mail": "bob@example.com", "department": "blue", "name_id": "bob" });
    let page = simulate(&house, &mut alice, "hall", &claims.to_string()).await;
    let text = plain(&page.body);
    for said in ["staff;ops", "rules read:", "Hall", "OfTheHall", "rule[0]", "team=blue", "bob@example.com", "disabled"]
    {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    assert!(text.contains("nothing was verified"), "{text}");
    let red = changed(&claims.to_string(), "blue", "red");
    let text = plain(&simulate(&house, &mut alice, "hall", &red).await.body);
    assert!(
        text.contains("the nearest is OfTheHall") && text.contains("aws:RequestTag/team"),
        "the nearest miss: {text}"
    );
}

#[tokio::test]
async fn tokens_are_verified_with_keys_at_hand() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let text = plain(&simulate(&house, &mut alice, "tokens", &token(|_| {})).await.body);
    for said in ["oidc.signature", "ES256", "role/Machine", "session namealice", "the nearest is OfTheHall"] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    let other_audience = token(|claims| claims["aud"] = json!("somebody-else"));
    let other_issuer = token(|claims| claims["iss"] = json!("https://other.example"));
    let late = token(|claims| claims["exp"] = json!(NOW.unix_timestamp() - 600));
    for (what, paper, code) in [
        ("another audience", &other_audience, "oidc.audience"),
        ("another issuer", &other_issuer, "oidc.unknown-issuer"),
        ("too late", &late, "oidc.expired"),
    ] {
        let page = simulate(&house, &mut alice, "tokens", paper).await;
        let text = plain(&page.body);
        assert!(page.status == 200 && text.contains(code) && !text.contains("role/Machine"), "{what}: {text}");
    }
    let page = simulate(&house, &mut alice, "tokens", &good(&house, "2")).await;
    assert_eq!(page.status, 400, "{}", page.body);
}

#[tokio::test]
async fn what_does_not_hold_is_told_and_counted_nowhere() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    settled(&house).await;
    let before = left_behind(&house).await;
    let xml = unsigned(&house, "2");
    let forged = STANDARD.encode(sign(&xml, "_assertion-2", &STRANGER));
    let late = field(&changed(&xml, "2031-01-01T12:0", "2031-01-01T11:0"), "2");
    let signed = sign(&xml, "_assertion-2", &RSA);
    let bomb = format!("<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]>{signed}");
    let deep = "<a>".repeat(20_000);
    for (what, paper, code) in [
        ("a stranger's signature", forged.as_str(), "saml.signature"),
        ("too late", &late, "saml."),
        ("an entity bomb", &bomb, "saml."),
        ("a deep document", &deep, "saml."),
        ("no base64", "*nonsense*", "saml.base64"),
    ] {
        let page = simulate(&house, &mut alice, "corp", paper).await;
        let text = plain(&page.body);
        assert!(page.status == 200 && page.body.contains("step failed") && text.contains(code), "{what}: {text}");
        assert!(!text.contains(ADMIN), "{what}: {text}");
    }
    settled(&house).await;
    assert_eq!(left_behind(&house).await, and_a_stranger(before), "nobody is blamed for it");
    let page = alice.get(&house, "/console/providers/corp").await;
    assert!(page.body.contains("<dt>Last failure</dt><dd>none on record"), "{}", page.body);
}

#[tokio::test]
async fn markup_stays_text() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let evil = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"";
    let claims = json!({ "groups": evil, evil: ["x"], "name_id": evil, "mail": evil });
    let page = simulate(&house, &mut alice, "hall", &claims.to_string()).await;
    assert!(
        page.status == 200 && !page.body.contains("<script>alert") && !page.body.contains("<img src=x"),
        "{}",
        page.body
    );
    let xml = changed(&unsigned(&house, "2"), ">staff<", "><![CDATA[<script>alert(1)</script>]]><");
    let page = simulate(&house, &mut alice, "corp", &field(&xml, "2")).await;
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    let csrf = csrf(&house, &mut alice).await;
    let form = [("action", evil), ("resource", evil), ("context", evil), ("csrf", &csrf)];
    let page = alice.post(&house, "/console/simulator/question", &form).await;
    assert!(
        page.status == 400 && !page.body.contains("<script>alert") && !page.body.contains("<img src=x"),
        "{}",
        page.body
    );
    let form = [("provider", "hall"), ("paper", "{}"), ("role", evil), ("source", evil), ("csrf", &csrf)];
    let page = alice.post(&house, "/console/simulator", &form).await;
    assert!(page.status == 400 && !page.body.contains("<script>alert"), "{}", page.body);
}

#[tokio::test]
async fn questions_have_an_end() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let long = simulate(&house, &mut alice, "corp", &"A".repeat(100_001)).await;
    assert_eq!(long.status, 413, "{}", long.body);
    let longer = simulate(&house, &mut alice, "corp", &"A".repeat(300_000)).await;
    assert_eq!(longer.status, 413, "{}", longer.body);
    for nothing in ["", "   \n"] {
        assert_eq!(simulate(&house, &mut alice, "corp", nothing).await.status, 400);
    }
    let broken = simulate(&house, &mut alice, "hall", r#"{"a": 1, "a": 2}"#).await;
    assert!(broken.status == 400 && broken.body.contains("The claims cannot be read"), "{}", broken.body);
}

#[tokio::test]
async fn only_those_who_may_ask_about_their_own_account() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let foreign = simulate(&house, &mut alice, "guests", "{}").await;
    assert_eq!((foreign.status, house.code(&foreign).await.as_str()), (404, "console.not-there"));
    let csrf_of_alice = csrf(&house, &mut alice).await;
    let form = [("provider", "corp"), ("paper", "{}"), ("csrf", "stolen")];
    let crossed = alice.post(&house, "/console/simulator", &form).await;
    assert_eq!((crossed.status, house.code(&crossed).await.as_str()), (403, "console.foreign-form"));
    let form = [("provider", "corp"), ("paper", "{}"), ("csrf", csrf_of_alice.as_str())];
    let nobody = Browser::default().post(&house, "/console/simulator", &form).await;
    assert_eq!(nobody.status, 401, "{}", nobody.body);

    // As Guest of the other account, which permits nothing.
    let mut guest = Browser::default();
    let (relay_state, request) = begin(&house, &mut guest, "").await;
    let response = answer_to(&house, &request, "3", true);
    let form = [("SAMLResponse", response.as_str()), ("RelayState", relay_state.as_str())];
    let chooser = guest.post(&house, "/saml/acs", &form).await;
    assert_eq!(chooser.location.as_deref(), Some("/console/roles"));
    let unworn = guest.get(&house, "/console/simulator").await;
    assert_eq!((unworn.status, house.code(&unworn).await.as_str()), (403, "console.nothing-worn"));
    let csrf = hidden(&guest.get(&house, "/console/roles").await.body, "csrf");
    guest.post(&house, "/console/choose", &[("role", GUEST), ("csrf", &csrf)]).await;
    let denied = simulate(&house, &mut guest, "guests", "{}").await;
    assert_eq!(denied.status, 403, "{}", denied.body);
    let record = house.rows("SELECT record FROM audit ORDER BY number DESC LIMIT 1").await.concat().concat();
    assert!(record.contains("\"Simulate\"") && record.contains("provider/guests"), "{record}");
    let page = guest.get(&house, "/console/simulator").await;
    assert!(page.status == 200 && page.body.contains("There is no provider of this account that you may simulate"));
}

#[tokio::test]
async fn nobody_asks_all_the_time() {
    let house = open_with("\n[limits]\nrate_per_principal = 20\n").await;
    let mut alice = keeper(&house, "1").await;
    let csrf = csrf(&house, &mut alice).await;
    let form = [("provider", "hall"), ("paper", "{}"), ("csrf", csrf.as_str())];
    let mut last = 0;
    for _ in 0..20 {
        last = alice.post(&house, "/console/simulator", &form).await.status;
    }
    assert_eq!(last, 429, "as many a second as any other request");
}

#[tokio::test]
async fn what_am_i_allowed() {
    let house = open().await;
    let mut alice = keeper(&house, "1").await;
    let csrf = csrf(&house, &mut alice).await;
    settled(&house).await;
    let before = left_behind(&house).await;
    for (action, resource, context, status, said) in [
        ("s3:GetObject", "arn:aws:s3:::files/a", "", 200, "Files"),
        ("s3:DeleteObject", "arn:aws:s3:::files/a", "{}", 200, "a statement forbids it"),
        ("s3:GetObject", "arn:aws:s3:::other/a", r#"{"aws:SourceIp": "203.0.113.7"}"#, 200, "nothing allows it"),
        ("sts:AssumeRole", "arn:aws:iam::444455556666:role/Guest", "", 200, "of another account"),
        ("s3:*", "arn:aws:s3:::files/a", "", 400, "does not name one action"),
        ("s3:GetObject", "files", "", 400, "neither an ARN"),
        ("s3:GetObject", "arn:aws:s3:::files/a", r#"{"aws:username": "root"}"#, 400, "Gatehouse knows this key itself"),
        ("s3:GetObject", "arn:aws:s3:::files/a", "[", 400, "context"),
    ] {
        let form = [("action", action), ("resource", resource), ("context", context), ("csrf", csrf.as_str())];
        let page = alice.post(&house, "/console/simulator/question", &form).await;
        let text = plain(&page.body);
        assert!(page.status == status && text.contains(said), "{action} {resource}: {} {text}", page.status);
        assert!(!text.contains("allow allow") && !text.contains("deny deny"), "{text}");
    }
    settled(&house).await;
    assert_eq!(left_behind(&house).await, and_a_stranger(before), "asking is not trying");
    let mut other = Browser::default();
    let form = [("action", "s3:GetObject"), ("resource", "*"), ("context", ""), ("csrf", csrf.as_str())];
    assert_eq!(other.post(&house, "/console/simulator/question", &form).await.status, 401);
}

/// A provider whose keys were never fetched is not asked for them here.
#[tokio::test]
async fn nothing_is_fetched_for_it() {
    let issuer = crate::oidc_issuer::Issuer::start(&[&crate::oidc_issuer::EC]).await;
    let config = changed(&world(), "jwks = { file = \"jwks.json\" }", "allowed_networks = [\"127.0.0.0/8\"]");
    let config = config.replace("https://issuer.example", &issuer.url);
    let config = config.replace("issuer.example", issuer.url.trim_start_matches("http://"));
    let clock = gatehouse::ambient::Clock::held(NOW);
    let house = House::open_tls(clock, "localhost", &files(), |_| config).await;
    let mut alice = keeper(&house, "1").await;
    let paper = token(|claims| claims["iss"] = json!(issuer.url));
    let page = simulate(&house, &mut alice, "tokens", &paper).await;
    assert!(page.status == 409 && page.body.contains("have not been fetched yet"), "{}", page.body);
    assert_eq!((issuer.key_fetches(), issuer.discovery_fetches()), (0, 0));
}

#[tokio::test]
async fn a_recorded_trace_is_asked_again() {
    let read = r#"{"Sid":"Keep","Effect":"Allow","Action":["gatehouse:Simulate","gatehouse:ReadProvider","gatehouse:ReadTrace"],"Resource":["arn:aws:gatehouse::*:provider/*","arn:aws:gatehouse::*:trace/*"]}"#;
    let keep = r#"{"Sid":"Keep","Effect":"Allow","Action":["gatehouse:Simulate","gatehouse:ReadProvider"],"Resource":"arn:aws:gatehouse::*:provider/*"}"#;
    let config = changed(&world(), keep, read);
    let clock = gatehouse::ambient::Clock::held(NOW);
    let house = House::open_tls(clock, "localhost", &files(), |_| config).await;
    let mut alice = keeper(&house, "1").await;
    let given = assume_with_saml(&house, ADMIN, &good(&house, "2")).await;
    let refused = assume_with_saml(&house, CLOSED, &good(&house, "3")).await;
    settled(&house).await;
    let before = left_behind(&house).await;
    for (answer, role, decision) in [(&given, ADMIN, "allow"), (&refused, CLOSED, "deny")] {
        house.trace(&answer.request_id).await;
        // In whatever letters it was noted down.
        let number = answer.request_id.to_uppercase();
        let page = alice.get(&house, &format!("/console/simulator?trace={number}")).await;
        let text = plain(&page.body);
        assert!(page.status == 200 && text.contains("explain.recorded"), "{text}");
        assert!(text.contains(&format!("{decision} {role}")), "{decision} {role} is not in {text}");
        assert!(!text.contains("444455556666"), "{text}");
    }
    settled(&house).await;
    assert_eq!(left_behind(&house).await, and_a_stranger(before), "asking again is not trying again");
    let stranger = house.get("/saml/login/nobody").await;
    house.trace(&stranger.request_id).await;
    let page = alice.get(&house, &format!("/console/simulator?trace={}", stranger.request_id)).await;
    assert!(page.body.contains("Nothing that can be asked again is kept of this trace"), "{}", page.body);
    let none = alice.get(&house, "/console/simulator?trace=00000000-0000-0000-0000-000000000000").await;
    assert_eq!((none.status, house.code(&none).await.as_str()), (404, "console.not-there"));

    // Without the permission to simulate, the number of a trace is no way around it.
    let without = changed(&world(), keep, &changed(read, "\"gatehouse:Simulate\",", ""));
    let clock = gatehouse::ambient::Clock::held(NOW);
    let house = House::open_tls(clock, "localhost", &files(), |_| without).await;
    let mut alice = keeper(&house, "1").await;
    let given = assume_with_saml(&house, ADMIN, &good(&house, "2")).await;
    house.trace(&given.request_id).await;
    let denied = alice.get(&house, &format!("/console/simulator?trace={}", given.request_id)).await;
    assert_eq!(denied.status, 403, "{}", denied.body);
}
