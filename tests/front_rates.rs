//! How often somebody may ask: by address before anything is read, and by name once it is known.

use crate::decide_world::{self, Sent, question};
use crate::front::{ADMIN, admin, assume_with_saml, field, good, unsigned};
use crate::front_console::begin;
use crate::front_signed::{call, get_caller_identity, user};
use crate::house::{Address, Answer, Browser, Credentials, FORM, House};
use crate::limited_world::{from, open};
use crate::saml_identity::{NOW, changed};
use crate::use_case_world::{self, key};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const THROTTLED: (u16, &str) = (400, "Throttling");

async fn get(house: &House, by: &reqwest::Client, path: &str, forwarded: &str) -> Answer {
    let request = by.get(house.url(path)).header("x-forwarded-for", forwarded);
    Answer::of(request.send().await.expect("an answer")).await
}

/// A call that nobody signed, and its refusal.
async fn ask(house: &House, by: &reqwest::Client, forwarded: &str) -> Answer {
    let request = by.post(house.url("/")).header("content-type", FORM).header("x-forwarded-for", forwarded);
    Answer::of(request.body("Action=GetCallerIdentity").send().await.expect("an answer")).await
}

/// The default: a thousand at once, and a thousand more in the next second. Each surface says it in its own form.
#[tokio::test]
async fn a_thousand_at_once_and_not_one_more() {
    let house = open("", "[limits]\n").await;
    let (noisy, other) = (from("127.0.0.2"), from("127.0.0.3"));
    for n in 1..=1_000 {
        assert_eq!(get(&house, &noisy, "/console/style.css", "").await.status, 200, "request {n}");
    }
    let answer = ask(&house, &noisy, "").await;
    assert_eq!(answer.refusal(), THROTTLED, "{}", answer.body);
    assert_eq!((answer.element("Type"), answer.element("Message")), ("Sender", "Rate exceeded"));
    let asked = Answer::of(noisy.post(house.url("/decide")).body("{}").send().await.expect("an answer")).await;
    assert!(asked.status == 400 && asked.body.contains("\"Throttling\""), "{}", asked.body);
    for path in ["/console", "/saml/metadata", "/nowhere"] {
        let page = get(&house, &noisy, path, "").await;
        assert_eq!((page.status, page.headers["retry-after"].as_str()), (429, "1"), "{path}: {}", page.body);
        assert!(page.body.contains(&page.request_id), "{}", page.body);
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(&house, &noisy, path, "").await.status, 200, "a noisy neighbour makes nobody ill: {path}");
    }
    assert_eq!(ask(&house, &other, "").await.refusal(), (403, "MissingAuthenticationToken"));
    house.clock.let_pass(SECOND);
    for n in 1..=1_000 {
        assert_eq!(get(&house, &noisy, "/console/style.css", "").await.status, 200, "request {n} of the next second");
    }
    assert_eq!(ask(&house, &noisy, "").await.refusal(), THROTTLED);
}

/// Whoever is no proxy of ours speaks for itself, whatever it says of others.
#[tokio::test]
async fn an_invented_address_is_not_another_one() {
    let house = open("trusted_proxies = [\"127.0.0.5\"]\n", "[limits]\nrate_per_source = 3\n").await;
    let (liar, proxy) = (from("127.0.0.2"), from("127.0.0.5"));
    for n in 1..=5 {
        let throttled = ask(&house, &liar, &format!("203.0.113.{n}")).await.refusal() == THROTTLED;
        assert_eq!(throttled, n > 3, "request {n}");
    }
    // Nor does it spend what is another's.
    for n in 1..=4 {
        assert_eq!(ask(&house, &proxy, "203.0.113.1").await.refusal() == THROTTLED, n > 3, "request {n}");
    }
    // What a client writes in front of its own address changes nothing either.
    assert_eq!(ask(&house, &proxy, "198.51.100.7, 203.0.113.1").await.refusal(), THROTTLED);
}

/// Each row: who fills it, who shares it, and who does not.
#[tokio::test]
async fn a_subscriber_is_an_address_or_a_network_of_ipv6() {
    let house = open("trusted_proxies = [\"127.0.0.5\"]\n", "[limits]\nrate_per_source = 2\n").await;
    let proxy = from("127.0.0.5");
    for (first, same, other) in [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"),
        ("203.0.113.1", "::ffff:203.0.113.1", "203.0.113.2"),
        ("::ffff:198.51.100.1", "198.51.100.1", "::ffff:198.51.100.2"),
    ] {
        for address in [first, same] {
            assert_ne!(ask(&house, &proxy, address).await.refusal(), THROTTLED, "{address}");
        }
        for (address, throttled) in [(first, true), (same, true), (other, false)] {
            assert_eq!(ask(&house, &proxy, address).await.refusal() == THROTTLED, throttled, "{address}");
        }
    }
}

/// It is counted by who they are: whoever knows only the name of somebody's key spends nothing of theirs.
#[tokio::test]
async fn a_principal_has_a_rate_of_its_own() {
    let house = open("", "[limits]\nrate_per_principal = 2\n").await;
    let stranger = Credentials { secret: "wrong".into(), ..user() };
    let session = admin(&house, "0").await;
    for _ in 0..5 {
        assert_eq!(get_caller_identity(&house, &stranger).await.refusal(), (403, "SignatureDoesNotMatch"));
    }
    for by in [&user(), &session] {
        for n in 1..=2 {
            assert_eq!(get_caller_identity(&house, by).await.status, 200, "request {n}");
        }
        let answer = get_caller_identity(&house, by).await;
        assert_eq!(answer.refusal(), THROTTLED, "{}", answer.body);
        let steps = house.trace(&answer.request_id).await;
        let checks: Vec<&str> = steps.iter().map(|step| &*step.check).collect();
        assert_eq!(checks, ["sigv4.form", "sigv4.signature", "limits.principal"], "it is told who was refused");
    }
    house.clock.let_pass(SECOND);
    assert_eq!(get_caller_identity(&house, &user()).await.status, 200);
    assert_eq!(house.rows("SELECT record FROM audit").await.len(), 1, "nothing was decided about them");
}

/// A paper that comes too soon is not used up by that.
#[tokio::test]
async fn who_is_told_to_come_again_can() {
    let house = open("", "[limits]\nrate_per_principal = 2\n").await;
    for id in ["1", "2"] {
        assert_eq!(assume_with_saml(&house, ADMIN, &good(&house, id)).await.status, 200);
    }
    let paper = good(&house, "3");
    let answer = assume_with_saml(&house, ADMIN, &paper).await;
    assert_eq!(answer.refusal(), THROTTLED, "{}", answer.body);
    assert_eq!(house.code(&answer).await, "limits.principal");
    let page = house.post("/saml/acs", &[("SAMLResponse", &good(&house, "4"))]).await;
    assert_eq!((page.status, page.headers["retry-after"].as_str()), (429, "1"), "{}", page.body);
    assert!(page.cookies.is_empty(), "{:?}", page.cookies);
    house.clock.let_pass(SECOND);
    assert_eq!(assume_with_saml(&house, ADMIN, &paper).await.status, 200);
    assert_eq!(house.post("/saml/acs", &[("SAMLResponse", &good(&house, "4"))]).await.status, 303);
}

/// A service asks for all of its users, who must not spend what is one principal's.
#[tokio::test]
async fn a_service_asks_as_often_as_it_is_asked() {
    let limits = "[limits]\nrate_per_principal = 1\nrate_per_source = 3\n";
    let house = House::open(NOW, &use_case_world::files(), |_: &Address| decide_world::config() + limits).await;
    let (files, reader) = (key("files"), key("reader"));
    for n in 1..=5 {
        let said = decide_world::ask(&house, &question(Sent::get(&house).signed(&reader))).await;
        assert_eq!(said["decision"], "allow", "question {n}: {said}");
    }
    // Whoever does not show that they are a service pays with their address.
    let question = question(Sent::get(&house).signed(&reader)).to_string();
    for (n, throttled) in [(1, false), (2, false), (3, false), (4, true)] {
        let answer = decide_world::send(&house, &files, "another body", &question).await;
        assert_eq!(answer.body.contains("\"Throttling\""), throttled, "question {n}: {}", answer.body);
    }
    house.clock.let_pass(SECOND);
    // Its own calls are its own.
    assert_eq!(get_caller_identity(&house, &files).await.status, 200);
    assert_eq!(get_caller_identity(&house, &files).await.refusal(), THROTTLED);
}

/// What is refused to somebody known is in the book, which nobody may fill as fast as they can send.
#[tokio::test]
async fn nobody_fills_the_book_as_fast_as_they_can_send() {
    let config = |_: &Address| {
        let line = |id: &str, more: &str| format!("id = \"{id}\", secret = {{ file = \"secret\" }}{more} }}]");
        let former = key("pauper").id;
        let world = decide_world::config().replace(&line(&former, ""), &line(&former, ", active = false"));
        format!("{world}[limits]\nrate_per_principal = 2\n")
    };
    let house = House::open(NOW, &use_case_world::files(), config).await;
    let written = async || house.rows("SELECT record FROM audit").await.len();
    let asks = question(Sent::get(&house).signed(&key("reader"))).to_string();
    for (n, denied) in [(1, true), (2, true), (3, false), (4, false)] {
        let answer = decide_world::ask_as(&house, &key("nobody"), &asks).await;
        assert_eq!(answer.body.contains("AccessDenied"), denied, "may not ask, {n}: {}", answer.body);
        assert_eq!(answer.body.contains("\"Throttling\""), !denied, "may not ask, {n}: {}", answer.body);
    }
    assert_eq!(written().await, 2);
    // A key that is good for nothing now, at the API and in a question; and who is denied what a service asks.
    for n in 1..=4 {
        let answer = get_caller_identity(&house, &key("pauper")).await;
        let told = if n > 2 { THROTTLED } else { (403, "InvalidClientTokenId") };
        assert_eq!(answer.refusal(), told, "{n}: {}", answer.body);
    }
    assert_eq!(written().await, 4);
    house.clock.let_pass(SECOND);
    for (by, authentic) in [("pauper", false), ("blank", true)] {
        let asked = question(Sent::get(&house).signed(&key(by))).to_string();
        let before = written().await;
        for n in 1..=4 {
            let answer = decide_world::ask_as(&house, &key("files"), &asked).await;
            assert_eq!(answer.status, if n > 2 { 400 } else { 200 }, "{by} {n}: {}", answer.body);
            let told = if n > 2 { "\"Throttling\"" } else { &format!("\"authentic\":{authentic}") };
            assert!(answer.body.contains(told), "{by} {n}: {}", answer.body);
        }
        assert_eq!(written().await, before + 2, "{by}");
    }
}

/// Nobody chooses the name under which they are counted.
#[tokio::test]
async fn another_name_is_no_fresh_start_and_nobody_elses_burden() {
    let house = open("", "[limits]\nrate_per_principal = 4\n").await;
    let assumed = async |by: &Credentials, name: &str| {
        let form = [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", ADMIN), ("RoleSessionName", name)];
        call(&house, by, &form).await.credentials()
    };
    // alice@example.com wears the role by her provider, and somebody else under her name.
    let alice = admin(&house, "0").await;
    let (posing, other) = (assumed(&user(), "alice@example.com").await, assumed(&user(), "other").await);
    for n in 1..=4 {
        assert_eq!(get_caller_identity(&house, &posing).await.status, 200, "request {n}");
    }
    assert_eq!(get_caller_identity(&house, &posing).await.refusal(), THROTTLED);
    assert_eq!(get_caller_identity(&house, &other).await.refusal(), THROTTLED, "the same under another name");
    for n in 1..=2 {
        assert_eq!(get_caller_identity(&house, &user()).await.status, 200, "{n}: their maker's calls are another's");
    }
    // What she assumes with that session has a rate of its own, whatever she calls it and what it assumes again.
    let first = assumed(&alice, "first").await;
    let again = assumed(&first, "again").await;
    assert_eq!(get_caller_identity(&house, &assumed(&alice, "second").await).await.status, 200);
    for n in 1..=2 {
        assert_eq!(get_caller_identity(&house, &again).await.status, 200, "request {n}");
    }
    assert_eq!(get_caller_identity(&house, &first).await.refusal(), THROTTLED);
    assert_eq!(get_caller_identity(&house, &alice).await.status, 200, "hers are her own");
}

/// Whoever has a user's ARN as their subject somewhere is counted as whoever they are there.
#[tokio::test]
async fn a_subject_that_is_called_like_a_user_spends_nothing_of_theirs() {
    let house = open("", "[limits]\nrate_per_principal = 3\n").await;
    let ops = "arn:aws:iam::111122223333:user/ops";
    let mut browser = Browser::default();
    let (relay_state, request) = begin(&house, &mut browser, "").await;
    let xml = changed(&unsigned(&house, "1"), " Destination=", &format!(" InResponseTo=\"{request}\" Destination="));
    let xml = changed(&xml, " Recipient=", &format!(" InResponseTo=\"{request}\" Recipient="));
    let paper = field(&changed(&xml, "alice@example.com</saml:NameID>", &format!("{ops}</saml:NameID>")), "1");
    let arrived = browser.post(&house, "/saml/acs", &[("SAMLResponse", &paper), ("RelayState", &relay_state)]).await;
    assert_eq!((arrived.status, arrived.location.as_deref()), (303, Some("/console")), "{}", arrived.body);
    for n in 1..=3 {
        let status = browser.get(&house, "/console/session").await.status;
        assert_eq!(status, if n > 2 { 429 } else { 200 }, "request {n}");
    }
    assert_eq!(get_caller_identity(&house, &user()).await.status, 200);
}
