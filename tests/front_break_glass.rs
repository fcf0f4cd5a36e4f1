//! Break glass: a user of ours signs in with password and code, and nobody learns anything by trying.

use crate::break_glass_world::{
    FRESH, HASH, ON, OPS, PASSWORD, all_files, attempt, code, compared, counted, open, records, sign_in,
};
use crate::front::ADMIN;
use crate::front_console::{shown, who};
use crate::front_signed::get_caller_identity;
use crate::house::{Answer, Browser, House, hidden};
use serde_json::json;
use time::Duration;

async fn refused(house: &House, answer: &Answer, code: &str) {
    assert_eq!((answer.status, house.code(answer).await.as_str()), (403, code), "{}", answer.body);
    assert!(!answer.cookies.iter().any(|cookie| cookie.contains("-s1=") || cookie.contains("-pending=")));
}

async fn choose(house: &House, browser: &mut Browser, role: &str) -> Answer {
    let csrf = hidden(&browser.get(house, "/console/roles").await.body, "csrf");
    browser.post(house, "/console/choose", &[("csrf", &csrf), ("role", role)]).await
}

#[tokio::test]
async fn a_user_signs_in_and_wears_what_they_could_assume() {
    let house = open(ON).await;
    let mut browser = Browser::default();
    let page = browser.get(&house, "/console").await;
    for part in [
        "<label for=\"user\">User</label>",
        "autocomplete=\"username\"",
        "<label for=\"password\">Password</label>",
        "type=\"password\" required maxlength=\"1024\" autocomplete=\"current-password\"",
        "<label for=\"code\">Code</label>",
        "autocomplete=\"one-time-code\"",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    let [cookie] = page.cookies.as_slice() else { panic!("{:?}", page.cookies) };
    for flag in ["__Host-signin=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"] {
        assert!(cookie.contains(flag), "{flag} in {cookie}");
    }
    let chooser = sign_in(&house, &mut browser).await;
    for (role, offered) in [("Admin", true), ("Fresh", true), ("Partner", false), ("Closed", false), ("Guest", false)] {
        let line = format!("<strong>{role}</strong>");
        assert_eq!(chooser.body.contains(&line), offered, "{role} in {}", chooser.body);
    }
    // No answer waits for its trace to be written.
    let written = async {
        loop {
            let steps = house.rows("SELECT steps FROM trace").await.concat();
            if steps.iter().any(|text| text.contains("role/Partner")) {
                break steps;
            }
        }
    };
    let steps = tokio::time::timeout(std::time::Duration::from_secs(30), written).await;
    let steps = steps.expect("why not is told, in one word");
    assert!(!steps.iter().any(|text| text.contains("ExternalId") || text.contains("Ticket-7")), "{steps:?}");
    let expected = json!({
        "signed_in": true, "original": OPS, "role": null, "session_name": null, "via": "user",
        "expires": "2031-01-02T00:00:00Z",
    });
    assert_eq!(who(&house, &mut browser).await, expected);
    assert_eq!(choose(&house, &mut browser, FRESH).await.status, 303);
    let session = who(&house, &mut browser).await;
    assert_eq!(
        (&session["role"], &session["session_name"], &session["via"]),
        (&json!(FRESH), &json!("ops"), &json!("user"))
    );
    let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
    let credentials = shown(&browser.post(&house, "/console/credentials", &[("csrf", &csrf)]).await.body);
    let identity = get_caller_identity(&house, &credentials).await;
    assert_eq!(identity.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Fresh/ops");
    let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
    let mut kept = Browser { cookies: browser.cookies.clone() };
    let out = browser.post(&house, "/console/signout", &[("csrf", &csrf)]).await;
    assert_eq!((out.status, out.location.as_deref()), (303, Some("/console")));
    assert_eq!(who(&house, &mut kept).await["signed_in"], false);
    let ends = house.rows("SELECT expires - issued, CASE WHEN person IS NULL THEN 1 END FROM role_session").await;
    assert_eq!(ends, [["10800", "1"]], "as long as the role allows: it is not chained");
    let [signed_in] = &records(&house, "\"ConsoleLogin\"").await[..] else { panic!("one sign-in") };
    let [chosen] = &records(&house, "\"ConsoleChooseRole\"").await[..] else { panic!("one choice") };
    for record in [signed_in, chosen] {
        let user = &record["userIdentity"];
        assert_eq!((&user["type"], &user["arn"]), (&json!("IAMUser"), &json!(OPS)), "{record}");
    }
    assert_eq!(chosen["accessKeyId"], json!(credentials.id));
    assert_eq!(
        house.rows("SELECT wrong, CASE WHEN accepted IS NULL THEN 1 ELSE 0 END FROM user_factor ORDER BY factor").await,
        [["0", "1"], ["0", "0"]]
    );
}

/// The age counts from the code, as for AssumeRole.
#[tokio::test]
async fn a_role_that_wants_a_recent_code_is_open_as_long_as_it_is() {
    let house = open(ON).await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser).await;
    house.clock.advance(Duration::hours(1));
    assert_eq!(choose(&house, &mut browser, FRESH).await.status, 303, "an hour ago");
    house.clock.advance(Duration::SECOND);
    assert!(!browser.get(&house, "/console/roles").await.body.contains("Fresh"));
    let late = choose(&house, &mut browser, FRESH).await;
    refused(&house, &late, "trust.no-statement-allows").await;
    assert_eq!(choose(&house, &mut browser, ADMIN).await.status, 303);
    let [denied] = &records(&house, "trust.no-statement-allows").await[..] else { panic!("one denial") };
    assert_eq!(denied["userIdentity"]["arn"], json!(OPS));
}

/// What differs is in the trace, and in the book if the password was right; else it is counted. It costs one comparison
/// each time.
#[tokio::test]
async fn every_no_is_the_same_no() {
    let (house, admin) = counted(all_files()).await;
    let now = code(&house);
    let wrong = if now == "000000" { "111111" } else { "000000" };
    assert_eq!(attempt(&house, &mut Browser::default(), "ops", PASSWORD, &now).await.status, 303);
    let mut said = Vec::new();
    for (count, (what, user, password, code, reason, recorded)) in [
        ("wrong password", "ops", "correct horse", &*now, "console.wrong-password", false),
        ("wrong code", OPS, PASSWORD, wrong, "sts.mfa-wrong-code", true),
        ("used code", "111122223333:ops", PASSWORD, &now, "sts.mfa-reused-code", true),
        ("both wrong", "ops", "correct horse", wrong, "console.wrong-password", false),
        ("unknown", "nobody", PASSWORD, &now, "console.no-such-user", false),
        ("unknown ARN", "arn:aws:iam::111122223333:user/nobody", PASSWORD, &now, "console.no-such-user", false),
        ("unknown account", "222222222222:ops", PASSWORD, &now, "console.no-such-user", false),
        ("two of that name", "twin", "another", &now, "console.no-such-user", false),
        ("without a password", "plain", PASSWORD, &now, "console.user-has-none", false),
        ("without one beside one with", "111122223333:twin", "another", &now, "console.user-has-none", false),
        ("somebody else's", "444455556666:twin", PASSWORD, &now, "console.wrong-password", false),
    ]
    .into_iter()
    .enumerate()
    {
        let (before, written) = (compared(&house, &admin).await, records(&house, "ConsoleLogin").await.len());
        let counted_before = counted_refusals(&house).await;
        assert_eq!(before, count as u64 + 1);
        let answer = attempt(&house, &mut Browser::default(), user, password, code).await;
        refused(&house, &answer, reason).await;
        assert_eq!(compared(&house, &admin).await, before + 1, "{what}");
        let now_written = records(&house, "ConsoleLogin").await;
        assert_eq!(now_written.len() - written, usize::from(recorded), "{what}");
        assert_eq!(counted_refusals(&house).await - counted_before, u64::from(!recorded), "{what}");
        if recorded {
            let last = now_written.last().expect("a record");
            let known = last["userIdentity"]["arn"]
                .as_str()
                .expect("an ARN")
                .ends_with(user.rsplit([':', '/']).next().expect("a name"));
            assert!(known && last["errorCode"] == json!(reason), "{what}: {last}");
        }
        said.push((what, answer.body.replace(&answer.request_id, "number")));
    }
    for (what, body) in &said {
        assert_eq!(body, &said[0].1, "{what}");
        assert!(body.contains("console.user-refused") && !body.contains("ops"), "{what}: {body}");
    }
    let everything = house.rows("SELECT steps FROM trace UNION ALL SELECT record FROM audit").await.concat().concat();
    for secret in ["correct horse", "battery", HASH.as_str(), now.as_str(), "\"nobody\""] {
        assert!(!everything.contains(secret), "{secret}");
    }
    house.close().await;
}

async fn counted_refusals(house: &House) -> u64 {
    house.rows("SELECT coalesce(sum(count), 0) FROM refusal").await[0][0].parse().expect("a number")
}

/// Whatever it is about is refused before anything is compared.
#[tokio::test]
async fn what_is_no_attempt_costs_nothing() {
    let (house, admin) = counted(all_files()).await;
    let mut browser = Browser::default();
    let long = "x".repeat(1_025);
    for (what, user, password, code) in [
        ("no user", "", PASSWORD, "123456"),
        ("no password", "ops", "", "123456"),
        ("endless password", "ops", long.as_str(), "123456"),
        ("no code", "ops", PASSWORD, ""),
        ("short code", "ops", PASSWORD, "12345"),
        ("long code", "ops", PASSWORD, "1234567"),
        ("no digits", "ops", PASSWORD, "12345a"),
        ("other digits", "ops", PASSWORD, "１２３４５６"),
    ] {
        let answer = attempt(&house, &mut browser, user, password, code).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (400, "console.user-form"), "{what}");
    }
    // Another site's form: it can send everything but what the page and the cookie have in common.
    let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
    let others = hidden(&Browser::default().get(&house, "/console").await.body, "csrf");
    let now = code(&house);
    let form = [("user", "ops"), ("password", PASSWORD), ("code", now.as_str())];
    let mut without = Browser::default();
    let (good, foreign) = ([&form[..], &[("csrf", &*csrf)]].concat(), [&form[..], &[("csrf", &*others)]].concat());
    let twice = [&good[..], &[("csrf", &*csrf)]].concat();
    for (what, from, form) in [("no token", &mut browser, &form[..]), ("no cookie", &mut without, &good[..])] {
        let answer = from.post(&house, "/console/signin", form).await;
        refused(&house, &answer, "console.foreign-form").await;
        assert!(answer.cookies.is_empty(), "{what}");
    }
    for form in [&foreign, &twice] {
        let answer = browser.post(&house, "/console/signin", form).await;
        refused(&house, &answer, "console.foreign-form").await;
    }
    let twice = browser.post(&house, "/console/signin", &[&good[..], &[("password", "x")]].concat()).await;
    assert_eq!(house.code(&twice).await, "console.user-form", "two passwords are none");
    let astray =
        browser.post(&house, "/console/signin", &[&good[..], &[("destination", "//evil.example")]].concat()).await;
    assert_eq!((astray.status, house.code(&astray).await.as_str()), (400, "console.bad-destination"));
    assert_eq!(compared(&house, &admin).await, 0);
    assert!(house.rows("SELECT * FROM user_factor").await.is_empty(), "and counts against nobody");
    assert_eq!(browser.post(&house, "/console/signin", &good).await.status, 303, "the good one, unchanged");
    house.close().await;
}

/// The second tab is opened by a link on another site's page, which brings no Strict cookie along.
#[tokio::test]
async fn a_form_stays_good_while_another_tab_is_opened() {
    let house = open(ON).await;
    let mut first = Browser::default();
    let page = first.get(&house, "/console").await;
    let strict = page.cookies.iter().any(|cookie| cookie.contains("SameSite=Strict"));
    let cookies = if strict { Default::default() } else { first.cookies.clone() };
    let mut second = Browser { cookies };
    let other = second.get(&house, "/console").await;
    first.cookies.extend(second.cookies);
    let now = code(&house);
    for page in [&page, &other] {
        let csrf = hidden(&page.body, "csrf");
        let form = [("csrf", &*csrf), ("user", "ops"), ("password", "wrong"), ("code", now.as_str())];
        let answer = first.post(&house, "/console/signin", &form).await;
        refused(&house, &answer, "console.wrong-password").await;
    }
}
