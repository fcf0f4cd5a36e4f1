//! Traces on their pages: why somebody was not let in, for whoever may know.

use crate::front::{ADMIN, CLOSED, WORLD, assume_with_saml, field, files, unsigned};
use crate::front_console::{GUEST, begin};
use crate::front_sessions_page::{at_the_api, end, is_in, keys};
use crate::front_signed::{assume, get_caller_identity, user};
use crate::house::{Address, Answer, Browser, House, encoded};
use crate::pages_world::{
    AUDITOR, WATCH, about, open, open_with_a_key_of_theirs, page, refused, sign_in, unsigned_about,
};
use crate::saml_identity::{EC, Identity, NOW, STRANGER, changed, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Of a browser that is not let in.
async fn refused_sign_in(house: &House, id: &str, person: &str, role: &str) -> Answer {
    let mut browser = Browser::default();
    let answer = browser.post(house, "/saml/acs", &[("SAMLResponse", &about(house, id, person, &[role]))]).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    house.trace(&answer.request_id).await;
    answer
}

fn traces(page: &str) -> Vec<String> {
    page.split("/console/traces/")
        .skip(1)
        .filter(|rest| rest.as_bytes().get(8) == Some(&b'-'))
        .map(|rest| rest[..36].to_owned())
        .collect()
}

#[tokio::test]
async fn an_administrator_finds_out_in_two_clicks_why_a_login_failed() {
    let house = open().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    let answer = refused_sign_in(&house, "2", "alice", CLOSED).await;
    let link = format!("/console/traces/{}", answer.request_id);
    assert!(answer.body.contains(&format!("href=\"{link}\"")), "the page leads there: {}", answer.body);
    assert!(!answer.body.contains("saml:sub"), "and tells nothing of the policy: {}", answer.body);
    let shown = page(&house, &mut auditor, &link).await;
    for text in [
        &*answer.request_id,
        "refused",
        "saml.issuer",
        "saml.signature",
        "trust.",
        "nobody",
        "What to do:",
        "111122223333",
    ] {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
    for query in [
        "",
        "?q=ALICE",
        "?q=saml-provider%2Fcorp",
        "?q=SamlSignIn",
        "?outcome=refuse",
        "?outcome=refuse&q=alice&since=2031-01-01&until=2031-01-01",
    ] {
        let list = page(&house, &mut auditor, &format!("/console/traces/all{query}")).await;
        assert!(traces(&list).contains(&answer.request_id), "{query}: {list}");
    }
    for query in
        ["?outcome=allow&q=alice", "?q=%25", "?q=_", "?q=nobody-of-that-name", "?since=2031-01-02", "?until=2030-12-31"]
    {
        let list = page(&house, &mut auditor, &format!("/console/traces/all{query}")).await;
        assert!(!traces(&list).contains(&answer.request_id), "{query}: {list}");
    }
    let found = auditor.get(&house, &format!("/console/traces/find?id={}", answer.request_id.to_uppercase())).await;
    assert_eq!(found.location.as_deref(), Some(&*link));
    let mut nobody = Browser::default();
    let asked = nobody.get(&house, &link).await;
    assert_eq!(
        (asked.status, asked.location.as_deref().is_some_and(|to| to.starts_with("/console"))),
        (303, true),
        "who is not signed in is asked to"
    );
}

#[tokio::test]
async fn a_person_sees_the_traces_of_their_own_sign_ins_without_what_policies_say() {
    let house = open().await;
    let mut alice = sign_in(&house, "1", "alice", &[ADMIN]).await;
    let hers = refused_sign_in(&house, "2", "alice", CLOSED).await;
    let bobs = refused_sign_in(&house, "3", "bob", CLOSED).await;
    let list = page(&house, &mut alice, "/console/traces").await;
    assert!(traces(&list).contains(&hers.request_id) && !traces(&list).contains(&bobs.request_id), "{list}");
    let shown = page(&house, &mut alice, &format!("/console/traces/{}", hers.request_id)).await;
    assert!(shown.contains("saml.signature") && shown.contains("What to do:"), "{shown}");
    assert!(!shown.contains("nobody"), "what the trust policy wants is not told: {shown}");
    assert!(shown.contains("is shown to those alone who may read"), "{shown}");
    for page in [&list, &shown] {
        let told = page.matches("trust.").count();
        assert!(told > 0 && told == page.matches("trust.policy").count(), "nor by which check it refused: {page}");
    }
    let other = alice.get(&house, &format!("/console/traces/{}", bobs.request_id)).await;
    let none = alice.get(&house, "/console/traces/00000000-0000-4000-8000-000000000000").await;
    assert_eq!(
        (refused(&other), refused(&none)),
        ((403, "trust.caller-not-allowed"), (403, "trust.caller-not-allowed"))
    );
}

#[tokio::test]
async fn another_accounts_trace_is_as_one_that_is_not_there() {
    let house = open().await;
    let mut watch = sign_in(&house, "1", "dave", &[WATCH]).await;
    let denied = assume(&house, &user(), CLOSED, &[]).await;
    assert_ne!(denied.status, 200);
    house.trace(&denied.request_id).await;
    let other = watch.get(&house, &format!("/console/traces/{}", denied.request_id)).await;
    let none = watch.get(&house, "/console/traces/00000000-0000-4000-8000-000000000000").await;
    assert_eq!((refused(&other), refused(&none)), ((404, "console.not-there"), (404, "console.not-there")));
    for id in ["none", "%27", "..%2f..", "0000", &"a".repeat(500)] {
        let answer = watch.get(&house, &format!("/console/traces/{id}")).await;
        assert_eq!(refused(&answer), (404, "console.not-there"), "{id}");
    }
    let list = page(&house, &mut watch, "/console/traces/all").await;
    assert!(!traces(&list).contains(&denied.request_id), "{list}");
}

#[tokio::test]
async fn of_a_sign_in_that_two_accounts_judged_each_reads_its_own_part() {
    let house = open().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    let mut watch = sign_in(&house, "2", "dave", &[WATCH]).await;
    let mut browser = Browser::default();
    let response = about(&house, "3", "alice", &[CLOSED, GUEST]);
    let answer = browser.post(&house, "/saml/acs", &[("SAMLResponse", &response)]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    house.trace(&answer.request_id).await;
    let path = format!("/console/traces/{}", answer.request_id);
    let (here, there) = (page(&house, &mut auditor, &path).await, page(&house, &mut watch, &path).await);
    assert!(here.contains("nobody"), "its own policy's words: {here}");
    assert!(
        !there.contains("nobody") && there.contains("is shown to those alone who may read"),
        "not the other's: {there}"
    );
    for page in [&here, &there] {
        assert!(page.contains("saml.signature"), "what was judged for both is both's: {page}");
    }
}

#[tokio::test]
async fn a_trace_of_no_account_is_found_by_its_number_alone() {
    let house = open().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    let mut alice = sign_in(&house, "2", "alice", &[ADMIN]).await;
    let nonsense = house.post("/saml/acs", &[("SAMLResponse", "bm9uc2Vuc2U=")]).await;
    assert_eq!(nonsense.status, 403, "{}", nonsense.body);
    house.trace(&nonsense.request_id).await;
    let list = page(&house, &mut auditor, "/console/traces/all").await;
    assert!(!traces(&list).contains(&nonsense.request_id), "{list}");
    let path = format!("/console/traces/{}", nonsense.request_id);
    assert!(page(&house, &mut auditor, &path).await.contains(&nonsense.request_id));
    assert_eq!(refused(&alice.get(&house, &path).await), (403, "trust.caller-not-allowed"));
}

/// Two accounts know the identity provider by name; the second has registered a key of its own as well.
#[tokio::test]
async fn whom_another_accounts_key_speaks_of_is_told_to_nobody_else() {
    let house = open_with_a_key_of_theirs().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    let mut watch = sign_in(&house, "2", "dave", &[WATCH]).await;
    let come = async |id: &str, key: &Identity| {
        let xml = sign(&unsigned_about(&house, id, "zoe", &[WATCH]), &format!("_assertion-{id}"), key);
        let response = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, xml);
        let answer = Browser::default().post(&house, "/saml/acs", &[("SAMLResponse", &response)]).await;
        house.trace(&answer.request_id).await;
        answer
    };
    let by_theirs = come("3", &STRANGER).await;
    assert_eq!(by_theirs.status, 303, "{}", by_theirs.body);
    let path = format!("/console/traces/{}", by_theirs.request_id);
    assert_eq!(refused(&auditor.get(&house, &path).await), (404, "console.not-there"));
    let here = page(&house, &mut auditor, "/console/traces/all").await;
    assert!(!here.contains("zoe") && !traces(&here).contains(&by_theirs.request_id), "{here}");
    let there = page(&house, &mut watch, "/console/traces/all").await;
    assert!(there.contains("zoe") && traces(&there).contains(&by_theirs.request_id), "{there}");

    let by_none = come("4", &EC).await;
    assert_eq!(by_none.status, 403, "{}", by_none.body);
    for (browser, known) in [(&mut auditor, false), (&mut watch, true)] {
        let list = page(&house, browser, "/console/traces/all").await;
        assert!(traces(&list).contains(&by_none.request_id), "whoever looks after it sees that it failed: {list}");
        assert_eq!(list.contains("zoe"), known, "and nobody's name: {list}");
        assert!(!page(&house, browser, &format!("/console/traces/{}", by_none.request_id)).await.contains("zoe"));
    }
}

#[tokio::test]
async fn a_link_to_a_trace_is_kept_while_somebody_signs_in() {
    let house = open().await;
    let refused_one = refused_sign_in(&house, "1", "alice", CLOSED).await;
    for base in ["/console", "/console/s/2"] {
        let path = format!("{base}/traces/{}?a=b%26c", refused_one.request_id);
        let mut browser = Browser::default();
        let sent = browser.get(&house, &path).await;
        let query = encoded(&[("destination", &path)]);
        assert_eq!((sent.status, sent.location.clone()), (303, Some(format!("{base}?{query}"))));
        let door = browser.follow(&house, sent).await.body;
        assert!(door.contains(&format!("/saml/login/111122223333:corp?{query}")), "{door}");
        let session = if base == "/console" { "" } else { "&session=2" };
        let (relay_state, request) = begin(&house, &mut browser, &format!("?{query}{session}")).await;
        let id = format!("back{}", session.len());
        let xml = changed(
            &unsigned_about(&house, &id, "carol", &[AUDITOR]),
            " Destination=",
            &format!(" InResponseTo=\"{request}\" Destination="),
        );
        let xml = changed(&xml, " Recipient=", &format!(" InResponseTo=\"{request}\" Recipient="));
        let form = [("SAMLResponse", field(&xml, &id)), ("RelayState", relay_state)];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let landed = browser.post(&house, "/saml/acs", &form).await;
        assert_eq!(landed.location, Some(house.url(&path)), "{}", landed.body);
        assert!(browser.follow(&house, landed).await.body.contains("saml.signature"));
    }
    // Nowhere else, and no further than a sign-in leads.
    for path in ["/console//evil.test", "//evil.test/console/traces", "/console/traces/..%2f..%2f%2fevil.test"] {
        let sent = Browser::default().get(&house, path).await;
        let place = sent.location.unwrap_or_default();
        assert!(place.is_empty() || place.starts_with("/console?destination=%2Fconsole%2F"), "{path}: {place}");
    }
    let long = format!("/console/traces/all?q={}", "x".repeat(2_100));
    let sent = Browser::default().get(&house, &long).await;
    assert_eq!((sent.status, sent.location.as_deref()), (303, Some("/console")));
}

#[tokio::test]
async fn markup_in_a_trace_is_text() {
    let house = open().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    let evil = "&lt;img src=x onerror=alert(1)&gt;";
    let paper = about(&house, "2", evil, &[CLOSED]);
    let answer = assume_with_saml(&house, CLOSED, &paper).await;
    assert_ne!(answer.status, 200);
    house.trace(&answer.request_id).await;
    let shown = page(&house, &mut auditor, &format!("/console/traces/{}", answer.request_id)).await;
    let list = page(&house, &mut auditor, "/console/traces/all").await;
    assert!(list.contains("onerror"), "{list}");
    assert!(!shown.contains("<img") && !list.contains("<img"), "{shown} {list}");
}

/// Anybody may register the name of an identity provider with a key of their own.
#[tokio::test]
async fn a_key_of_another_account_speaks_for_nobody_elses_people() {
    let house = open_with_a_key_of_theirs().await;
    let mut alice = sign_in(&house, "1", "alice", &[ADMIN]).await;
    let api = at_the_api(&house, "2", "alice").await;
    let hers = page(&house, &mut alice, "/console/sessions").await;
    assert!(keys(&hers).len() == 2 && hers.matches("end?browser=").count() == 1, "{hers}");
    let forged = sign(&unsigned_about(&house, "3", "alice", &[WATCH]), "_assertion-3", &STRANGER);
    let forged = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, forged);
    let mut mallory = Browser::default();
    let answer = mallory.post(&house, "/saml/acs", &[("SAMLResponse", &forged)]).await;
    let came = mallory.follow(&house, answer).await;
    assert_eq!(came.status, 200, "its own account believes its own key: {}", came.body);
    let theirs = page(&house, &mut mallory, "/console/sessions").await;
    assert_eq!(theirs.matches("end?browser=").count(), 1, "{theirs}");
    assert!(keys(&theirs).len() == 1 && !keys(&hers).contains(&keys(&theirs)[0]), "{theirs}");
    let activity = page(&house, &mut mallory, "/console/activity").await;
    assert!(!activity.contains(&api.id) && !activity.contains("AssumeRoleWithSAML"), "{activity}");
    let traces = page(&house, &mut mallory, "/console/traces").await;
    assert!(!traces.contains("AssumeRoleWithSAML"), "{traces}");
    assert_eq!(end(&house, &mut mallory, "mine", "all").await.status, 200);
    assert!(is_in(&house, &mut alice).await && !is_in(&house, &mut mallory).await);
    assert_eq!(get_caller_identity(&house, &api).await.status, 200);
}

/// The README's own example, and longer ones: what explains it stands at the end.
#[tokio::test]
async fn a_refusal_is_told_to_its_end() {
    let long = |letter: &str| letter.repeat(180);
    let (near, far) = ("Alice@example.com".to_owned(), "repo:example-org/website:ref:refs/heads/main".to_owned());
    let many = (0..30).map(|n| format!("{}{n}", long("m"))).chain([near.clone()]);
    for (id, wanted, hint) in [
        ("1", vec![far.clone(), far.clone() + "/2", far.clone() + "/3", far + "/4"], ""),
        ("2", vec![long("a"), long("b"), near], " (they differ in capital letters)"),
        ("3", many.collect(), " (they differ in capital letters)"),
    ] {
        let wanted = serde_json::to_string(&wanted).unwrap();
        let world = changed(WORLD, r#""saml:sub":"nobody""#, &format!(r#""saml:sub":{wanted}"#));
        let house = House::open(NOW, &files(), |_: &Address| world.clone()).await;
        let paper = changed(&unsigned(&house, id), "role/Admin,", "role/Closed,");
        let answer = assume_with_saml(&house, CLOSED, &field(&paper, id)).await;
        assert_eq!(house.code(&answer).await, "trust.no-statement-allows", "{}", answer.body);
        let steps = house.trace(&answer.request_id).await;
        let step = steps.iter().find(|step| step.code.is_some()).expect("a refusal");
        let (sentence, received) = (step.sentence.as_deref().unwrap(), format!("\"alice@example.com\"{hint}"));
        assert!(sentence.ends_with(&format!("; received {received}")), "{sentence}");
        assert_eq!(step.received.as_deref(), Some(&*received));
        let expected = step.expected.as_deref().unwrap();
        assert!(expected.starts_with("StringEquals on saml:sub wants one of [\""), "{expected}");
        assert!(sentence.chars().count() <= 2_001 && expected.chars().count() <= 301, "{sentence}");
        let records = house.rows("SELECT record FROM audit").await.concat();
        let record: serde_json::Value = serde_json::from_str(&records[0]).unwrap();
        assert_eq!(record["errorMessage"], sentence, "and so in the book");
    }
}

#[tokio::test]
async fn what_is_not_even_looked_at_leaves_a_trace_as_well() {
    let house = open().await;
    let code = "console.unknown-action";
    for (answer, status, code) in [
        (house.post("/saml/acs", &[("RelayState", "x")]).await, 400, "signin.no-response"),
        (house.get("/saml/acs?RelayState=x").await, 405, "signin.no-response"),
        (house.get("/saml/acs?SAMLResponse=bm9uc2Vuc2U%3D").await, 405, "signin.by-link"),
        (house.get("/federation").await, 400, code),
        (house.get("/federation?Action=getsignintoken").await, 400, code),
        (house.post("/federation", &[("SigninToken", "x")]).await, 400, code),
    ] {
        assert_eq!(refused(&answer), (status, code), "{}", answer.body);
        assert_eq!(house.code(&answer).await, code);
        assert_eq!(answer.headers.get("allow").map(String::as_str), (status == 405).then_some("POST"), "{code}");
    }
    let looked_at = house.client.head(house.url("/saml/acs")).send().await.expect("an answer");
    assert_eq!((looked_at.status().as_u16(), &looked_at.headers()["allow"]), (405, &"POST".parse().unwrap()));
}

#[tokio::test]
async fn an_identity_providers_words_are_told_as_its_own_and_to_whoever_reads_traces() {
    let house = open().await;
    let status = |code: &str| format!("urn:oasis:names:tc:SAML:2.0:status:{code}");
    let success = format!("<samlp:StatusCode Value=\"{}\"/>", status("Success"));
    let within = format!("<samlp:StatusCode Value=\"{}\"/>", status("NoAuthnContext"));
    let failed = format!(
        "<samlp:StatusCode Value=\"{}\">{within}</samlp:StatusCode><samlp:StatusMessage> alice is\u{202e} on leave\n{}</samlp:StatusMessage>",
        status("Responder"),
        "x".repeat(1_000)
    );
    let xml = changed(&unsigned_about(&house, "1", "alice", &[ADMIN]), &success, &failed);
    let with_one = field(&xml, "1");
    let from = xml.find("<saml:Assertion").expect("an assertion");
    let to = xml.find("</saml:Assertion>").expect("its end") + "</saml:Assertion>".len();
    let without = STANDARD.encode(xml.replace(&xml[from..to], ""));
    for paper in [with_one, without] {
        let answer = Browser::default().post(&house, "/saml/acs", &[("SAMLResponse", &paper)]).await;
        assert_eq!(refused(&answer), (403, "saml.status"), "{}", answer.body);
        let steps = house.trace(&answer.request_id).await;
        let step = steps.iter().find(|step| step.code.is_some()).expect("a refusal");
        let (codes, received) =
            (format!("{}, {}", status("Responder"), status("NoAuthnContext")), step.received.as_deref());
        let told = format!("{codes}; in the identity provider's own words: \"alice is\\u{{202e}} on leave\\u{{a}}xxx");
        assert!(received.is_some_and(|it| it.starts_with(&told) && it.chars().count() <= 301), "{received:?}");
        assert!(!answer.body.contains("on leave"), "{}", answer.body);
        assert!(!step.sentence.as_ref().unwrap().contains("on leave"), "{step:?}");
    }
}

#[tokio::test]
async fn a_refusal_counts_rightly_and_names_what_it_counts() {
    let house = open().await;
    let told = async |answer: &Answer| {
        let steps = house.trace(&answer.request_id).await;
        let step = steps.into_iter().find(|step| step.code.is_some()).expect("a refusal");
        (step.sentence.unwrap_or_default(), step.received.unwrap_or_default())
    };
    let one = house.sts("AssumeRoleWithWebIdentity", &[("RoleArn", ADMIN), ("RoleSessionName", "alice")]).await;
    let (sentence, _) = told(&one).await;
    assert!(sentence.starts_with("1 parameter breaks its constraint: "), "{sentence}");
    assert!(sentence.contains("'webIdentityToken'"), "{sentence}");
    let two = house.sts("AssumeRoleWithWebIdentity", &[("RoleArn", ADMIN)]).await;
    let (sentence, _) = told(&two).await;
    assert!(sentence.starts_with("2 parameters break their constraints: "), "{sentence}");
    let forged = sign(&unsigned(&house, "1"), "_assertion-1", &STRANGER);
    let forged = assume_with_saml(&house, ADMIN, &STANDARD.encode(forged)).await;
    assert_eq!(house.code(&forged).await, "saml.signature");
    assert_eq!(told(&forged).await.1, "1 key tried");
}
