//! Sessions on their page: one's own, the account's, and ending them.

use crate::front::{ADMIN, CORP, assume_with_saml};
use crate::front_signed::{assume, get_caller_identity, user};
use crate::house::{Browser, Credentials, House, hidden};
use crate::pages_world::{AUDITOR, PORTER, WATCH, about, open, page, refused, sign_in};
use std::process::Command;

const ELSEWHERE: &str = "ASIAXXXXXXXXXXXXXXXX";

/// The access key ids on a page, in order.
pub(crate) fn keys(page: &str) -> Vec<String> {
    let all = page.split("end?key=").skip(1).map(|rest| rest[..rest.find('"').unwrap()].to_owned());
    all.collect()
}

pub(crate) async fn end(house: &House, browser: &mut Browser, field: &str, value: &str) -> crate::house::Answer {
    let form = page(house, browser, &format!("/console/sessions/end?{field}={value}")).await;
    let csrf = hidden(&form, "csrf");
    browser.post(house, "/console/sessions/end", &[("csrf", &csrf), (field, &hidden(&form, field))]).await
}

/// With credentials that this person was given at the API.
pub(crate) async fn at_the_api(house: &House, id: &str, person: &str) -> Credentials {
    assume_with_saml(house, ADMIN, &about(house, id, person, &[ADMIN])).await.credentials()
}

pub(crate) async fn is_in(house: &House, browser: &mut Browser) -> bool {
    let session = browser.get(house, "/console/session").await.body;
    serde_json::from_str::<serde_json::Value>(&session).unwrap()["signed_in"] == true
}

#[tokio::test]
async fn a_person_sees_what_is_theirs_and_nobody_elses() {
    let house = open().await;
    let (mut alice, mut phone) =
        (sign_in(&house, "1", "alice", &[ADMIN]).await, sign_in(&house, "2", "alice", &[ADMIN]).await);
    let mut bob = sign_in(&house, "3", "bob", &[ADMIN]).await;
    let api = at_the_api(&house, "4", "alice").await;
    let next = assume(&house, &api, ADMIN, &[]).await.credentials();
    let (hers, phones, his) = (
        page(&house, &mut alice, "/console/sessions").await,
        page(&house, &mut phone, "/console/sessions").await,
        page(&house, &mut bob, "/console/sessions").await,
    );
    assert_eq!(hers.matches("end?browser=").count(), 2, "{hers}");
    assert_eq!(hers.matches(">here</span>").count(), 1, "{hers}");
    assert_eq!(keys(&hers).len(), 4, "two browsers', one from the API, one made with that: {hers}");
    assert!(keys(&hers).contains(&api.id) && keys(&hers).contains(&next.id), "{hers}");
    assert_eq!(keys(&hers), keys(&phones), "in each browser the same");
    assert_eq!((his.matches("end?browser=").count(), keys(&his).len()), (1, 1), "{his}");
    assert!(keys(&hers).iter().all(|key| !keys(&his).contains(key)), "nothing is both's");
    assert!(!hers.contains("/console/sessions/all"), "who may not list them is not offered it: {hers}");
}

#[tokio::test]
async fn ending_a_session_ends_what_was_made_with_it_and_bars_its_paper() {
    let house = open().await;
    let mut alice = sign_in(&house, "1", "alice", &[ADMIN]).await;
    let paper = about(&house, "2", "alice", &[ADMIN]);
    let api = assume_with_saml(&house, ADMIN, &paper).await.credentials();
    let next = assume(&house, &api, ADMIN, &[]).await.credentials();
    let form = page(&house, &mut alice, &format!("/console/sessions/end?key={}", api.id)).await;
    for text in ["End the session", &api.id, "made with it end as well: 1"] {
        assert!(form.contains(text), "{text} is not in {form}");
    }
    assert_eq!(get_caller_identity(&house, &api).await.status, 200, "a question ends nothing");
    let answer = end(&house, &mut alice, "key", &api.id).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("Ended: 2 role sessions and 0 browser sessions."), "{}", answer.body);
    for ended in [&api, &next] {
        assert_eq!(get_caller_identity(&house, ended).await.refusal(), (403, "ExpiredToken"));
    }
    assert!(is_in(&house, &mut alice).await, "another session of hers goes on");
    let again = assume_with_saml(&house, crate::pages_world::AUDITOR, &paper).await;
    assert_ne!(again.status, 200, "what it was made from makes no other");
    let listed = page(&house, &mut alice, "/console/sessions").await;
    assert!(!listed.contains(&api.id) && !listed.contains(&next.id), "{listed}");
    let book = house.rows("SELECT record FROM audit ORDER BY number DESC LIMIT 2").await;
    let record = book.iter().find(|row| row[0].contains("RevokeSessions")).expect("it is in the book");
    for text in ["\"userName\":\"alice\"", &api.id, "\"sessionsEnded\":2"] {
        assert!(record[0].contains(text), "{text} is not in {}", record[0]);
    }
}

#[tokio::test]
async fn a_browser_is_signed_out_from_another_with_what_it_wears() {
    let house = open().await;
    let (mut alice, mut phone) =
        (sign_in(&house, "1", "alice", &[ADMIN]).await, sign_in(&house, "2", "alice", &[ADMIN]).await);
    let listed = page(&house, &mut alice, "/console/sessions").await;
    let browsers = listed.split("end?browser=").skip(1).map(|rest| {
        (
            &rest[..64],
            rest.contains("End the session of this browser") && rest.find("this browser") < rest.find("</li>"),
        )
    });
    let (other, _) = browsers.clone().find(|(_, here)| !here).expect("the phone");
    let mut bob = sign_in(&house, "3", "bob", &[ADMIN]).await;
    let foreign = bob.get(&house, &format!("/console/sessions/end?browser={other}")).await;
    assert_eq!(refused(&foreign), (404, "console.not-there"), "it is not bob's");
    let answer = end(&house, &mut alice, "browser", other).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(!is_in(&house, &mut phone).await && is_in(&house, &mut alice).await);
    assert_eq!(
        keys(&page(&house, &mut alice, "/console/sessions").await).len(),
        1,
        "the phone's role has ended as well"
    );
}

#[tokio::test]
async fn everything_of_mine_ends_and_this_session_as_well() {
    let house = open().await;
    let (mut alice, mut phone) =
        (sign_in(&house, "1", "alice", &[ADMIN]).await, sign_in(&house, "2", "alice", &[ADMIN]).await);
    let mut bob = sign_in(&house, "3", "bob", &[ADMIN]).await;
    let (hers, his) = (at_the_api(&house, "4", "alice").await, at_the_api(&house, "5", "bob").await);
    let form = page(&house, &mut alice, "/console/sessions/end?mine=all").await;
    assert!(form.contains("This browser is signed out, too.") && form.contains("signed in: 2"), "{form}");
    let answer = end(&house, &mut alice, "mine", "all").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(
        answer.body.contains("This browser's session has ended as well.")
            || answer.body.contains("This browser&#x27;s session has ended as well.")
            || answer.body.contains("This browser&#39;s session has ended as well."),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("Ended: 3 role sessions and 2 browser sessions."), "{}", answer.body);
    assert!(!is_in(&house, &mut alice).await && !is_in(&house, &mut phone).await && is_in(&house, &mut bob).await);
    assert_eq!(get_caller_identity(&house, &hers).await.refusal(), (403, "ExpiredToken"));
    assert_eq!(get_caller_identity(&house, &his).await.status, 200);
    sign_in(&house, "6", "alice", &[ADMIN]).await;
}

#[tokio::test]
async fn whoever_may_sees_and_ends_the_accounts_sessions() {
    let house = open().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    let mut alice = sign_in(&house, "2", "alice", &[ADMIN]).await;
    let api = at_the_api(&house, "3", "100%_alice").await;
    sign_in(&house, "4", "dave", &[WATCH]).await;
    let all = page(&house, &mut auditor, "/console/sessions/all").await;
    assert_eq!(keys(&all).len(), 3, "those of the account: {all}");
    let found = page(&house, &mut auditor, "/console/sessions/all?q=100%25_").await;
    assert_eq!(keys(&found), std::slice::from_ref(&api.id), "what has a meaning in SQL stands for itself: {found}");
    for nothing in ["%25", "_"] {
        let found = page(&house, &mut auditor, &format!("/console/sessions/all?q={nothing}{nothing}")).await;
        assert!(keys(&found).is_empty(), "{nothing}: {found}");
    }
    let by_key = page(&house, &mut auditor, &format!("/console/sessions/all?q={}", api.id)).await;
    assert_eq!(keys(&by_key), std::slice::from_ref(&api.id));
    assert_eq!(end(&house, &mut auditor, "key", &api.id).await.status, 200);
    assert_eq!(get_caller_identity(&house, &api).await.refusal(), (403, "ExpiredToken"));
    let form = page(&house, &mut auditor, &format!("/console/sessions/end?role={ADMIN}")).await;
    assert!(form.contains(&format!("End all sessions of {ADMIN}?")), "{form}");
    let answer = end(&house, &mut auditor, "role", ADMIN).await;
    assert!(answer.body.contains("Ended: 1 role session and 1 browser session."), "{}", answer.body);
    assert!(!is_in(&house, &mut alice).await && is_in(&house, &mut auditor).await);
    let record = &house.rows("SELECT record FROM audit ORDER BY number DESC LIMIT 1").await[0][0];
    assert!(record.contains("RevokeSessions") && record.contains("assumed-role/Auditor/alice@example.com"), "{record}");
}

#[tokio::test]
async fn another_accounts_session_is_as_one_that_is_not_there() {
    let house = open().await;
    let mut watch = sign_in(&house, "1", "dave", &[WATCH]).await;
    let api = at_the_api(&house, "2", "alice").await;
    let all = page(&house, &mut watch, "/console/sessions/all").await;
    assert!(!all.contains(&api.id), "{all}");
    let found = page(&house, &mut watch, &format!("/console/sessions/all?q={}", api.id)).await;
    assert!(keys(&found).is_empty(), "{found}");
    let csrf = hidden(&page(&house, &mut watch, "/console/sessions").await, "csrf");
    for id in [&*api.id, ELSEWHERE] {
        let asked = watch.get(&house, &format!("/console/sessions/end?key={id}")).await;
        assert_eq!(refused(&asked), (404, "console.not-there"), "{id}");
        let ended = watch.post(&house, "/console/sessions/end", &[("csrf", &csrf), ("key", id)]).await;
        assert_eq!(refused(&ended), (404, "console.not-there"), "{id}");
    }
    let role = watch.post(&house, "/console/sessions/end", &[("csrf", &csrf), ("role", ADMIN)]).await;
    assert_eq!(refused(&role), (404, "console.not-there"));
    assert_eq!(get_caller_identity(&house, &api).await.status, 200);
}

#[tokio::test]
async fn whoever_may_not_is_told_so_and_it_is_in_the_book() {
    let house = open().await;
    let mut alice = sign_in(&house, "1", "alice", &[ADMIN]).await;
    let bobs = at_the_api(&house, "2", "bob").await;
    let csrf = hidden(&page(&house, &mut alice, "/console/sessions").await, "csrf");
    for path in ["/console/sessions/all", "/console/sessions/barred", "/console/activity/all", "/console/traces/all"] {
        let answer = alice.get(&house, path).await;
        assert_eq!(refused(&answer), (403, "trust.caller-not-allowed"), "{path}");
    }
    // Of a session that is there, and of one that is not, the same is said.
    for id in [&*bobs.id, ELSEWHERE] {
        let answer = alice.post(&house, "/console/sessions/end", &[("csrf", &csrf), ("key", id)]).await;
        assert_eq!(refused(&answer), (403, "trust.caller-not-allowed"), "{id}");
    }
    let answer =
        alice.post(&house, "/console/sessions/admit", &[("csrf", &csrf), ("provider", CORP), ("subject", "x")]).await;
    assert_eq!(refused(&answer), (403, "trust.caller-not-allowed"));
    assert_eq!(get_caller_identity(&house, &bobs).await.status, 200);
    let book = house.rows("SELECT record FROM audit").await;
    let denied = |name: &str| {
        book.iter()
            .filter(|row| {
                row[0].contains(&format!("\"eventName\":\"{name}\"")) && row[0].contains("trust.caller-not-allowed")
            })
            .count()
    };
    let names = ["ListSessions", "RevokeSession", "AdmitPerson", "ReadAudit", "ReadTrace"];
    assert_eq!(names.map(denied), [2, 2, 1, 1, 1]);
}

#[tokio::test]
async fn nothing_ends_without_the_sessions_own_form_or_by_something_that_is_no_id() {
    let house = open().await;
    let mut alice = sign_in(&house, "1", "alice", &[ADMIN]).await;
    let mut phone = sign_in(&house, "2", "alice", &[ADMIN]).await;
    let foreign = hidden(&page(&house, &mut phone, "/console/sessions").await, "csrf");
    let own = hidden(&page(&house, &mut alice, "/console/sessions").await, "csrf");
    let key = keys(&page(&house, &mut alice, "/console/sessions").await).remove(0);
    for csrf in ["", &foreign] {
        let form = [("csrf", csrf), ("key", &*key)];
        assert_eq!(refused(&alice.post(&house, "/console/sessions/end", &form).await), (403, "console.foreign-form"));
        let form = [("csrf", csrf), ("mine", "all")];
        assert_eq!(refused(&alice.post(&house, "/console/sessions/end", &form).await), (403, "console.foreign-form"));
    }
    let long = "A".repeat(5_000);
    for (field, value) in [
        ("key", "' OR 1=1 --"),
        ("key", "%"),
        ("key", ""),
        ("key", "\0"),
        ("key", &*long),
        ("browser", "zz"),
        ("browser", ""),
        ("role", "*"),
    ] {
        let answer = alice.post(&house, "/console/sessions/end", &[("csrf", &own), (field, value)]).await;
        assert!(
            matches!(refused(&answer), (404, "console.not-there") | (403, "trust.caller-not-allowed")),
            "{field}={value}"
        );
    }
    let both = [("csrf", &*own), ("key", &*key), ("mine", "all")];
    assert_eq!(refused(&alice.post(&house, "/console/sessions/end", &both).await), (404, "console.not-there"));
    assert!(is_in(&house, &mut alice).await && is_in(&house, &mut phone).await);
    for place in ["x", "1", "99999999999999999999.A", "1.%27"] {
        let answer = alice.get(&house, &format!("/console/sessions?after={place}")).await;
        assert!(answer.status == 200 || refused(&answer) == (400, "console.bad-search"), "{place}: {}", answer.body);
    }
}

#[tokio::test]
async fn markup_in_names_is_text() {
    let house = open().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    at_the_api(&house, "2", "&lt;script&gt;alert(1)&lt;/script&gt;").await;
    let mut evil = Browser::default();
    let response = about(&house, "3", "mallory", &[ADMIN]);
    let agent = "<img src=x onerror=alert(2)>";
    let request = house.client.post(house.url("/saml/acs")).header("user-agent", agent);
    let body = crate::house::encoded(&[("SAMLResponse", &response)]);
    let answer = request.header("content-type", crate::house::FORM).body(body).send().await.unwrap();
    let answer = crate::house::Answer::of(answer).await;
    for cookie in &answer.cookies {
        let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).unwrap();
        evil.cookies.insert(name.to_owned(), value.to_owned());
    }
    let came = evil.get(&house, "/console/confirm").await;
    assert_eq!(came.status, 303, "{}", came.body);
    let (all, own, book) = (
        page(&house, &mut auditor, "/console/sessions/all").await,
        page(&house, &mut evil, "/console/sessions").await,
        page(&house, &mut auditor, "/console/activity/all").await,
    );
    assert!(all.contains("&#60;script&#62;") || all.contains("&lt;script&gt;"), "{all}");
    for (name, text) in [("all", &all), ("own", &own), ("book", &book)] {
        assert!(!text.contains("<script>alert") && !text.contains("<img"), "{name}: {text}");
    }
    assert!(own.contains("onerror"), "the browser is told as it called itself: {own}");
}

#[tokio::test]
async fn the_account_is_read_page_by_page() {
    let house = open().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    for _ in 0..120 {
        assume(&house, &user(), ADMIN, &[]).await.credentials();
    }
    let (mut path, mut seen, mut pages) = ("/console/sessions/all?q=user%2Fops".to_owned(), Vec::new(), Vec::new());
    loop {
        let shown = page(&house, &mut auditor, &path).await;
        seen.extend(keys(&shown));
        pages.push(keys(&shown).len());
        match shown
            .split("<a href=\"")
            .find(|rest| rest.contains("rel=\"next\"") && rest.starts_with("/console/sessions/all?"))
        {
            Some(rest) => path = rest[..rest.find('"').unwrap()].replace("&#38;", "&").replace("&amp;", "&"),
            None => break,
        }
    }
    assert_eq!(pages, [50, 50, 20]);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 120, "each once");
}

#[tokio::test]
async fn a_barred_person_is_shown_and_let_in_again_from_the_page() {
    let house = open().await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    let config = house.directory.path().join("gatehouse.toml");
    let order = ["sessions", "revoke", "--provider", "111122223333:corp", "--subject", "alice", "--config"];
    let done = Command::new(crate::house::program()).args(order).arg(&config).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let refused_now = assume_with_saml(&house, ADMIN, &about(&house, "2", "alice", &[ADMIN])).await;
    assert_ne!(refused_now.status, 200);
    let mut watch = sign_in(&house, "3", "dave", &[WATCH]).await;
    let elsewhere = page(&house, &mut watch, "/console/sessions/barred").await;
    assert!(elsewhere.contains("Nobody."), "another account's are not told: {elsewhere}");
    let csrf = hidden(&elsewhere, "csrf");
    let form = [("csrf", &*csrf), ("provider", CORP), ("subject", "alice")];
    let foreign = watch.post(&house, "/console/sessions/admit", &form).await;
    assert_eq!(refused(&foreign), (404, "console.not-there"));
    let seen = page(&house, &mut auditor, "/console/sessions/barred").await;
    assert!(seen.contains("<strong>alice</strong>") && !seen.contains("Let in again"), "{seen}");
    let form = [("csrf", &*hidden(&seen, "csrf")), ("provider", CORP), ("subject", "alice")];
    let by_whoever_ends = auditor.post(&house, "/console/sessions/admit", &form).await;
    assert_eq!(refused(&by_whoever_ends), (403, "trust.caller-not-allowed"), "ending is one thing, letting in another");
    let still = assume_with_saml(&house, ADMIN, &about(&house, "5", "alice", &[ADMIN])).await;
    assert_ne!(still.status, 200);
    let mut porter = sign_in(&house, "6", "erin", &[PORTER]).await;
    let shown = page(&house, &mut porter, "/console/sessions/barred").await;
    assert!(shown.contains("<strong>alice</strong>") && shown.contains(CORP), "{shown}");
    let form = [
        ("csrf", hidden(&shown, "csrf")),
        ("provider", hidden(&shown, "provider")),
        ("subject", hidden(&shown, "subject")),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(porter.post(&house, "/console/sessions/admit", &form).await.status, 303);
    assert!(page(&house, &mut porter, "/console/sessions/barred").await.contains("Nobody."));
    at_the_api(&house, "4", "alice").await;
    assert_eq!(
        refused(&porter.post(&house, "/console/sessions/admit", &form).await),
        (404, "console.not-there"),
        "once"
    );
    let record = house.rows("SELECT record FROM audit ORDER BY node, number").await;
    assert!(
        record.iter().any(|row| row[0].contains("\"AdmitPerson\"") && row[0].contains("assumed-role/Porter")),
        "it is in the book who did it"
    );
}

#[tokio::test]
async fn whoever_came_by_a_sign_in_url_has_this_browser_alone() {
    let house = open().await;
    let ops = assume(&house, &user(), ADMIN, &[]).await.credentials();
    let others = assume(&house, &user(), ADMIN, &[]).await.credentials();
    let session =
        serde_json::json!({ "sessionId": ops.id, "sessionKey": ops.secret, "sessionToken": ops.token }).to_string();
    let (mut guest, mut another) = (Browser::default(), Browser::default());
    for browser in [&mut guest, &mut another] {
        let answer = house.post("/federation", &[("Action", "getSigninToken"), ("Session", &session)]).await;
        let token: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let query = crate::house::encoded(&[
            ("Action", "login"),
            ("SigninToken", token["SigninToken"].as_str().unwrap()),
            ("Destination", "/console"),
        ]);
        let answer = browser.get(&house, &format!("/federation?{query}")).await;
        browser.follow(&house, answer).await;
    }
    let own = page(&house, &mut guest, "/console/sessions").await;
    assert_eq!((own.matches("end?browser=").count(), keys(&own).len()), (1, 0), "{own}");
    assert!(own.contains(">here</span>"), "{own}");
    let theirs = page(&house, &mut another, "/console/sessions").await;
    let theirs = theirs.split("end?browser=").nth(1).map(|rest| rest[..64].to_owned()).expect("their browser");
    let foreign = guest.get(&house, &format!("/console/sessions/end?browser={theirs}")).await;
    assert_eq!(refused(&foreign), (404, "console.not-there"));
    let shared = guest.get(&house, &format!("/console/sessions/end?key={}", ops.id)).await;
    assert_eq!(shared.status, 403, "what it came by is not its own to end: {}", shared.body);
    let activity = page(&house, &mut guest, "/console/activity").await;
    assert!(!activity.contains(&others.id) && !activity.contains(&ops.id), "{activity}");
    let form = end(&house, &mut guest, "mine", "all").await;
    assert_eq!(form.status, 200, "{}", form.body);
    assert!(form.body.contains("Ended: 0 role sessions and 1 browser session."), "{}", form.body);
    assert!(!is_in(&house, &mut guest).await && is_in(&house, &mut another).await);
    for others in [&ops, &others] {
        assert_eq!(get_caller_identity(&house, others).await.status, 200, "what others have goes on");
    }
}
