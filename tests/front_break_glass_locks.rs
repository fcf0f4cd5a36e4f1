//! Break glass under attack: locks, and sessions whose user has changed since.

use crate::break_glass_world::{ON, OPS, PASSWORD, attempt, code, hashed, open, records, sign_in, world};
use crate::front_console::{answer_to, begin, who};
use crate::house::{Browser, House, hidden};
use serde_json::json;
use time::Duration;

async fn refused(house: &House, user: &str, password: &str, code: &str, reason: &str) {
    let answer = attempt(house, &mut Browser::default(), user, password, code).await;
    assert_eq!((answer.status, house.code(&answer).await.as_str()), (403, reason));
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_password() {
    let house = open(ON).await;
    for (lock, minutes) in [(1, 1), (2, 2)] {
        for _ in 0..5 {
            refused(&house, "ops", "wrong", &code(&house), "console.wrong-password").await;
        }
        house.clock.advance(Duration::minutes(minutes) - Duration::SECOND);
        refused(&house, "ops", PASSWORD, &code(&house), "console.password-locked").await;
        refused(&house, "ops", "wrong", &code(&house), "console.password-locked").await;
        house.clock.advance(Duration::SECOND);
        let written = records(&house, "ConsoleLogin").await;
        assert_eq!(written.len(), lock, "one record for each lock, whatever else strangers try");
        let last = &written[lock - 1];
        assert_eq!((&last["errorCode"], &last["userIdentity"]["arn"]), (&json!("console.password-locks"), &json!(OPS)));
    }
    assert_eq!(attempt(&house, &mut Browser::default(), "ops", PASSWORD, &code(&house)).await.status, 303);
    let totp = "SELECT wrong, locked_until FROM user_factor WHERE factor = 'totp'";
    assert_eq!(house.rows(totp).await, [["0", "0"]], "no code was looked at beside a wrong password");
}

#[tokio::test]
async fn five_wrong_codes_lock_the_device() {
    let house = open(ON).await;
    let wrong = if code(&house) == "000000" { "111111" } else { "000000" };
    for _ in 0..5 {
        refused(&house, "ops", PASSWORD, wrong, "sts.mfa-wrong-code").await;
    }
    house.clock.advance(Duration::seconds(59));
    refused(&house, "ops", PASSWORD, &code(&house), "sts.mfa-locked").await;
    house.clock.advance(Duration::SECOND);
    let mut browser = Browser::default();
    sign_in(&house, &mut browser).await;
    assert_eq!(who(&house, &mut browser).await["original"], OPS);
    // The same code, to somebody who has seen it typed.
    refused(&house, "ops", PASSWORD, &code(&house), "sts.mfa-reused-code").await;
    let written = records(&house, "\"errorCode\"").await;
    assert_eq!(written.len(), 7, "somebody has the password: each time is in the book");
}

#[tokio::test]
async fn whoever_is_signed_in_is_asked_first() {
    let house = open(ON).await;
    let mut browser = Browser::default();
    // The page was opened before alice signed in, as in another tab.
    let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
    let cookie = browser.cookies["__Host-signin"].clone();
    let (relay_state, asked) = begin(&house, &mut browser, "").await;
    let response = answer_to(&house, &asked, "1", false);
    browser.post(&house, "/saml/acs", &[("SAMLResponse", &response), ("RelayState", &relay_state)]).await;
    let alice = who(&house, &mut browser).await;
    assert!(alice["original"].as_str().is_some_and(|original| original.ends_with("alice@example.com")), "{alice}");
    for answer in ["no", "yes"] {
        house.clock.advance(Duration::seconds(30));
        let now = code(&house);
        let form = [("csrf", csrf.as_str()), ("user", "ops"), ("password", PASSWORD), ("code", now.as_str())];
        browser.cookies.insert("__Host-signin".to_owned(), cookie.clone());
        let sent = browser.post(&house, "/console/signin", &form).await;
        let page = browser.follow(&house, sent).await;
        assert!(
            page.body.contains(&format!("Sign in as {OPS}?")) && page.body.contains("alice@example.com"),
            "{}",
            page.body
        );
        assert_eq!(who(&house, &mut browser).await, alice, "nothing has changed yet");
        let (csrf, replaces) = (hidden(&page.body, "csrf"), hidden(&page.body, "replaces"));
        let answered = [("csrf", &*csrf), ("replaces", &*replaces), ("answer", answer)];
        let answered = browser.post(&house, "/console/confirm", &answered).await;
        browser.follow(&house, answered).await;
    }
    assert_eq!(who(&house, &mut browser).await["original"], OPS);
}

#[tokio::test]
async fn there_is_no_such_door_unless_it_is_opened() {
    for console in ["", "\n[console]\nbreak_glass = false\n"] {
        let house = open(console).await;
        let mut browser = Browser::default();
        let page = browser.get(&house, "/console").await;
        assert!(!page.body.contains("/console/signin") && page.cookies.is_empty(), "{}", page.body);
        let now = code(&house);
        let form = [("csrf", "x"), ("user", "ops"), ("password", PASSWORD), ("code", now.as_str())];
        assert_eq!(browser.post(&house, "/console/signin", &form).await.status, 404);
        assert_eq!(browser.get(&house, "/console/signin").await.status, 404);
    }
}

/// A session is the user's who signed in, with what they showed, as long as that is still what they would have to show.
#[tokio::test]
async fn a_session_ends_with_what_opened_it() {
    let serial = "arn:aws:iam::111122223333:mfa/ops";
    let (from, until) = (
        "\n[[user]]\narn = \"arn:aws:iam::111122223333:user/ops\"",
        "\n[[user]]\narn = \"arn:aws:iam::111122223333:user/plain\"",
    );
    let without_ops =
        move |text: &str| format!("{}{}", text.split(from).next().unwrap(), &text[text.find(until).unwrap()..]);
    type Change = Box<dyn Fn(&str) -> String>;
    let changes: [(&str, Option<(&str, String)>, Change, bool); 7] = [
        ("nothing", None, Box::new(str::to_owned), true),
        (
            "the password",
            Some(("ops-password", hashed("another", b"a salt of sixteen"))),
            Box::new(str::to_owned),
            false,
        ),
        ("its salt", Some(("ops-password", hashed(PASSWORD, b"another salt of it"))), Box::new(str::to_owned), false),
        ("the device", None, Box::new(move |text| text.replace(serial, &format!("{serial}2"))), false),
        ("the device's secret", Some(("ops-totp", "GEZDGNBVGY3TQOJQ".into())), Box::new(str::to_owned), false),
        ("the user", None, Box::new(without_ops), false),
        ("the door", None, Box::new(|text| text.replace("break_glass = true", "break_glass = false")), false),
    ];
    for (what, file, change, lives) in changes {
        let house = open(ON).await;
        let mut browser = Browser::default();
        sign_in(&house, &mut browser).await;
        assert_eq!(who(&house, &mut browser).await["signed_in"], true);
        let (directory, clock, url) = house.close().await;
        let text = std::fs::read_to_string(directory.path().join("gatehouse.toml")).expect("the configuration");
        directory.write("gatehouse.toml", change(&text));
        if let Some((name, text)) = file {
            directory.write(name, text);
        }
        let house = House::serve(directory, clock, url).await;
        assert_eq!(who(&house, &mut browser).await["signed_in"], lives, "{what}");
        let roles = browser.get(&house, "/console/roles").await;
        assert_eq!(roles.status, if lives { 200 } else { 303 }, "{what}");
        house.close().await;
    }
    assert!(world(ON).contains(from) && world(ON).contains(until));
}
