//! Bad papers beside good ones, from one address: the bad ones wait and are throttled, the good ones are not.

use crate::break_glass_world;
use crate::front::{ADMIN, good};
use crate::front_metrics::read;
use crate::front_signed::{get_caller_identity, user};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Address, Browser, House, free_port};
use crate::limited_world::{exchange, from, open, present};
use crate::saml_identity::changed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::ambient::Stopwatch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const NOT_HELD: (u16, &str) = (400, "InvalidIdentityToken");
const THROTTLED: (u16, &str) = (400, "Throttling");
/// Three at once, then one in a third of a second; those that come while time stands still wait for up to one.
const THREE: &str = "[limits]\nfailures_per_source = 3\n";

/// What becomes of that many papers that do not hold, one after the other.
async fn bad(house: &House, by: &reqwest::Client, count: usize) -> Vec<(u16, String)> {
    let mut all = Vec::new();
    for _ in 0..count {
        let answer = present(house, by, ADMIN, "%%%%", &[]).await;
        let (status, code) = answer.refusal();
        all.push((status, code.to_owned()));
    }
    all
}

fn all_are(answers: &[(u16, String)], expected: (u16, &str)) -> bool {
    answers.iter().all(|(status, code)| (*status, code.as_str()) == expected)
}

#[tokio::test]
async fn only_what_does_not_hold_waits_for_that() {
    let house = open("", THREE).await;
    let (noisy, other) = (from("127.0.0.2"), from("127.0.0.3"));
    let watch = Stopwatch::start();
    assert!(all_are(&bad(&house, &noisy, 3).await, NOT_HELD));
    // A third, two thirds and a whole second.
    assert!(all_are(&bad(&house, &noisy, 3).await, NOT_HELD));
    assert!(watch.left_of(Duration::from_millis(1_990)).is_none(), "their time had not come");
    let answer = present(&house, &noisy, ADMIN, "%%%%", &[]).await;
    assert_eq!(answer.refusal(), THROTTLED, "{}", answer.body);
    assert_eq!(house.code(&answer).await, "limits.failures");
    let said = house.trace(&answer.request_id).await;
    assert!(format!("{said:?}").contains("it did not hold: saml.base64"), "{said:?}");
    // What holds is accepted, whoever else is behind the address, and what is signed does not ask.
    assert_eq!(exchange(&house, &noisy, "1", &[]).await.status, 200);
    assert_eq!(get_caller_identity(&house, &user()).await.status, 200);
    assert!(all_are(&bad(&house, &other, 3).await, NOT_HELD), "nobody else has to do with it");
    house.clock.let_pass(Duration::from_secs(2));
    assert!(all_are(&bad(&house, &noisy, 3).await, NOT_HELD), "it is over when it has ended");
}

/// Every surface that takes papers counts them, and says so in its own form.
#[tokio::test]
async fn each_surface_has_its_words_for_it() {
    let house = open("", THREE).await;
    assert!(all_are(&bad(&house, &house.client, 6).await, NOT_HELD));
    let page = house.post("/saml/acs", &[("SAMLResponse", "%%%%")]).await;
    assert_eq!((page.status, page.headers["retry-after"].as_str()), (429, "1"), "{}", page.body);
    let logout = house.post("/saml/slo", &[("SAMLRequest", "%%%%")]).await;
    assert_eq!((logout.status, logout.headers["retry-after"].as_str()), (429, "1"), "{}", logout.body);
    let parameters = [("RoleArn", ADMIN), ("RoleSessionName", "worker"), ("WebIdentityToken", "a.b.c")];
    assert_eq!(house.sts("AssumeRoleWithWebIdentity", &parameters).await.refusal(), THROTTLED);
    let credentials = r#"{"sessionId":"ASIA","sessionKey":"x","sessionToken":"y"}"#;
    let link = house.post("/federation", &[("Action", "getSigninToken"), ("Session", credentials)]).await;
    assert_eq!((link.status, link.headers["retry-after"].as_str()), (429, "1"), "{}", link.body);
    assert!(link.body.contains("\"limits.failures\""), "{}", link.body);
}

/// Nor does the store have to look who it is that sends too much.
#[tokio::test]
async fn whoever_is_turned_away_for_too_much_is_not_looked_up() {
    let house = open("", THREE).await;
    let credentials = exchange(&house, &house.client, "1", &[]).await.credentials();
    let mut browser = Browser::default();
    let answer = browser.get(&house, &login_url(&signin_token(&house, &credentials, &[]).await, "")).await;
    browser.follow(&house, answer).await;
    let page = browser.post(&house, "/saml/acs", &[("SAMLResponse", "%%%%")]).await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.body.contains("Back to the console"), "{}", page.body);
    // What held before makes up for some.
    assert!(all_are(&bad(&house, &house.client, 12).await[11..], THROTTLED));
    let page = browser.post(&house, "/saml/acs", &[("SAMLResponse", "%%%%")]).await;
    assert_eq!(page.status, 429, "{}", page.body);
    assert!(page.body.contains("To the sign-in page") && !page.body.contains("Sign out"), "{}", page.body);
}

#[tokio::test]
async fn each_paper_that_holds_makes_up_for_one_that_does_not() {
    let house = open("", THREE).await;
    let nat = from("127.0.0.2");
    for n in 0..12 {
        assert!(all_are(&bad(&house, &nat, 1).await, NOT_HELD), "number {n}");
        assert_eq!(exchange(&house, &nat, &n.to_string(), &[]).await.status, 200, "number {n}");
    }
    // As if there had been none: the next three are told at once, and three more within their time.
    let watch = Stopwatch::start();
    assert!(all_are(&bad(&house, &nat, 3).await, NOT_HELD));
    assert!(watch.left_of(Duration::from_millis(330)).is_some(), "nothing was held back");
}

/// Somebody's one good paper, presented again and again, does not make room for a flood.
#[tokio::test]
async fn one_good_paper_buys_nothing_twice() {
    let house = open("", THREE).await;
    let nat = from("127.0.0.2");
    assert!(all_are(&bad(&house, &nat, 6).await, NOT_HELD));
    assert!(all_are(&bad(&house, &nat, 1).await, THROTTLED));
    let paper = good(&house, "1");
    assert_eq!(present(&house, &nat, ADMIN, &paper, &[]).await.status, 200);
    assert!(all_are(&bad(&house, &nat, 1).await, NOT_HELD), "it has made up for one");
    assert!(all_are(&bad(&house, &nat, 1).await, THROTTLED));
    for role in [ADMIN, "arn:aws:iam::111122223333:role/Closed", ADMIN] {
        present(&house, &nat, role, &paper, &[]).await;
        // Written another way it is the same.
        let spaced = STANDARD.encode(format!("{}\n", String::from_utf8(STANDARD.decode(&paper).unwrap()).unwrap()));
        present(&house, &nat, role, &spaced, &[]).await;
    }
    assert!(all_are(&bad(&house, &nat, 1).await, THROTTLED));
}

/// Passwords are papers as well.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_count() {
    let address = Address { port: free_port(), ..Address::loopback() };
    let address = Address { public_url: format!("http://127.0.0.1:{}", address.port), ..address };
    let config = format!("{}{THREE}", break_glass_world::world(break_glass_world::ON));
    let clock = gatehouse::ambient::Clock::held(crate::saml_identity::NOW);
    let house = House::start(clock, address, &break_glass_world::all_files(), |_| config).await;
    let visitor = break_glass_world::Visitor::from([127, 0, 0, 2], &house).await;
    for n in 1..=7 {
        let (status, _) = visitor.attempts(&house, "nobody", "x", "123456").await;
        assert_eq!(status, if n > 6 { 429 } else { 403 }, "attempt {n}");
    }
}

/// A sender who floods, and honest people: beside it behind the same address, and elsewhere. Each of them is answered, and
/// about how long it takes is printed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flood_shuts_nobody_out() {
    const HONEST: usize = 100;
    const SENDERS: usize = 24;
    let admin = format!("127.0.0.1:{}", free_port());
    let server = format!("admin_listen = \"{admin}\"\n");
    let house = Arc::new(open(&server, "[limits]\nrate_per_source = 1000000\nrate_per_principal = 1000000\n").await);
    // Changed after it was signed, so that all is done for it that can be; and as deep as may be.
    let signed = STANDARD.decode(good(&house, "forged")).expect("base64");
    let forged = STANDARD.encode(changed(&String::from_utf8(signed).expect("XML"), "alice", "mallory"));
    let deep = STANDARD.encode(format!("<a>{}", "<a b='c'>".repeat(15_000)));
    let (over, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let flood: Vec<_> = (0..SENDERS)
        .map(|n| {
            let (house, over, sent) = (house.clone(), over.clone(), sent.clone());
            let paper = if n % 8 == 0 { deep.clone() } else { forged.clone() };
            tokio::spawn(async move {
                let by = from("127.0.0.2");
                while !over.load(Ordering::Relaxed) {
                    let answer = present(&house, &by, ADMIN, &paper, &[]).await;
                    assert_ne!(answer.status, 200, "{}", answer.body);
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    while sent.load(Ordering::Relaxed) < 100 {
        tokio::task::yield_now().await;
    }
    let watch = Stopwatch::start();
    for (who, address) in [("beside it", "127.0.0.2"), ("elsewhere", "127.0.0.3")] {
        let (by, mut times) = (from(address), Vec::new());
        for n in 0..HONEST {
            let paper = good(&house, &format!("{address}-{n}"));
            let asked = Stopwatch::start();
            let answer = present(&house, &by, ADMIN, &paper, &[]).await;
            times.push(FOREVER - asked.left_of(FOREVER).unwrap_or_default());
            assert_eq!(answer.status, 200, "{who}, number {n}: {}", answer.body);
        }
        times.sort_unstable();
        eprintln!("honest, {who}: half within {:?}, p99 {:?}", times[HONEST / 2], times[HONEST * 99 / 100]);
        assert!(times[HONEST * 99 / 100] < Duration::from_secs(3), "{who}: {times:?}");
    }
    let took = FOREVER - watch.left_of(FOREVER).unwrap_or_default();
    over.store(true, Ordering::Relaxed);
    for sender in flood {
        sender.await.expect("it was answered");
    }
    let sent = sent.load(Ordering::Relaxed);
    eprintln!("flood: {sent} papers, {:.0} a second", sent as f64 / took.as_secs_f64());
    let counted = read(&house, &format!("http://{admin}"), "/metrics").await.body;
    assert!(counted.contains("gatehouse_refusals_total{code=\"limits.failures\"}"), "{counted}");
}

const FOREVER: Duration = Duration::from_secs(600);
