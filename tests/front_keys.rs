//! Key sets as time goes by, seen from the front door.
//!
//! What an issuer's server, or whoever speaks in its place, may try, and where it is shown what comes of it:
//!
//! | it… | shown by |
//! |---|---|
//! | says that it is another issuer | `what_an_issuers_server_may_try`, `oidc_keys::a_discovery_document_of_another_issuer_is_refused` |
//! | sends us to a private, loopback, link-local or metadata address, in any spelling | `what_an_issuers_server_may_try`, `oidc_fetch::private_addresses_are_refused_in_every_spelling`, `oidc_fetch::metadata_addresses_stay_closed_even_when_listed` |
//! | has a name that leads to such an address when it is connected to | `oidc_fetch` (`localhost`, on the very path on which any name is resolved) |
//! | redirects, or names a host that only a proxy can see | `what_an_issuers_server_may_try`, `front_proxy` |
//! | answers without end, drop by drop, compressed, or never | `what_an_issuers_server_may_try`, `oidc_fetch`, `a_silent_provider_delays_nobody_else` |
//! | fails, or answers with what is no key set | `what_an_issuers_server_may_try` |
//! | changes its keys, or withdraws one | `a_thousand_exchanges_while_the_keys_change`, `what_was_kept_grows_old_all_the_same` |
//! | publishes keys that must not be used beside good ones | `oidc_keys::the_good_keys_of_a_hostile_set_serve` |
//! | has no certificate of the web's, or speaks plain http | `oidc_fetch::tls_is_verified_against_the_private_ca_or_the_systems`, `oidc_fetch::plain_http_is_for_loopback_alone` |

use crate::front_oidc::{DEV, assume, open, world};
use crate::house::{Address, Browser, House};
use crate::oidc_issuer::{EC, Issuer, NOW, Published, RSA, Signer, b64, claims};
use crate::running;
use serde_json::{Value, json};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A token of the issuer that is good around `now`.
fn token(signer: &Signer, issuer: &str, now: OffsetDateTime) -> String {
    let mut claims = claims(issuer);
    claims["iat"] = json!(now.unix_timestamp());
    claims["exp"] = json!(now.unix_timestamp() + 600);
    signer.sign(&claims)
}

fn fetches(issuer: &Issuer) -> usize {
    issuer.discovery_fetches() + issuer.key_fetches()
}

async fn restart(house: House) -> House {
    let (directory, clock, public_url) = house.close().await;
    House::serve(directory, clock, public_url).await
}

#[tokio::test]
async fn a_restart_during_an_outage_is_no_outage() {
    let issuer = Issuer::start(&[&EC]).await;
    let house = open(&issuer).await;
    assume(&house, DEV, &token(&EC, &issuer.url, NOW)).await.credentials();
    issuer.answers.lock().unwrap().is_down = true;

    house.clock.advance(Duration::DAY - Duration::SECOND);
    let house = restart(house).await;
    assume(&house, DEV, &token(&EC, &issuer.url, house.clock.now())).await.credentials();
    let begun = Browser::default().get(&house, "/oidc/login/app").await;
    assert_eq!(begun.status, 303, "{}", begun.body);

    house.clock.advance(Duration::SECOND);
    let house = restart(house).await;
    let late = assume(&house, DEV, &token(&EC, &issuer.url, house.clock.now())).await;
    assert_eq!(late.refusal(), (400, "IDPCommunicationError"), "{}", late.body);
    assert_eq!(house.code(&late).await, "outbound.server-error");
    house.close().await;
}

/// The age of a key set counts from its fetch, whatever happened since: a restart asks nobody, and lets no key live longer.
#[tokio::test]
async fn what_was_kept_grows_old_all_the_same() {
    let issuer = Issuer::start(&[&EC]).await;
    let house = open(&issuer).await;
    assume(&house, DEV, &token(&EC, &issuer.url, NOW)).await.credentials();
    issuer.publish(&[&RSA]);
    let asked = fetches(&issuer);

    house.clock.advance(Duration::minutes(49));
    let house = restart(house).await;
    assume(&house, DEV, &token(&EC, &issuer.url, house.clock.now())).await.credentials();
    assert_eq!(fetches(&issuer), asked);

    house.clock.advance(Duration::minutes(11));
    let house = restart(house).await;
    let withdrawn = assume(&house, DEV, &token(&EC, &issuer.url, house.clock.now())).await;
    assert_eq!(house.code(&withdrawn).await, "oidc.unknown-key");
    house.close().await;
}

#[tokio::test]
async fn what_was_kept_is_read_as_if_it_came_now() {
    let issuer = Issuer::start(&[&EC]).await;
    let house = open(&issuer).await;
    let token = token(&EC, &issuer.url, NOW);
    assume(&house, DEV, &token).await.credentials();
    issuer.answers.lock().unwrap().is_down = true;
    let (directory, clock, public_url) = house.close().await;
    for (what, spoil) in [
        ("nothing", "UPDATE metadata SET name = name RETURNING name"),
        ("from later", "UPDATE metadata SET fetched = fetched + 1 WHERE name LIKE 'oidc-keys %' RETURNING name"),
        (
            "no key that can be used",
            "UPDATE metadata SET document = replace(document, 'P-256', 'P-384') WHERE name LIKE 'oidc-keys %' RETURNING name",
        ),
        ("not JSON", "UPDATE metadata SET document = '<html>' WHERE name LIKE 'oidc-keys %' RETURNING name"),
    ] {
        assert!(!running::rows(&directory, spoil).await.is_empty(), "{what}");
        let house = House::serve(directory.clone(), clock.clone(), public_url.clone()).await;
        let answer = assume(&house, DEV, &token).await;
        match what {
            "nothing" => drop(answer.credentials()),
            _ => assert_eq!(answer.refusal(), (400, "IDPCommunicationError"), "{what}"),
        }
        house.close().await;
        let mend = "UPDATE metadata SET fetched = 1924992000 WHERE name LIKE 'oidc-keys %' RETURNING name";
        running::rows(&directory, mend).await;
    }
}

/// An answer of the issuer's server, what STS says of it, and the reason in the trace.
struct Trick {
    what: &'static str,
    discovery: Value,
    keys: Option<Published>,
    refusal: (&'static str, &'static str),
}

fn tricks(issuer: &Issuer) -> Vec<Trick> {
    const INVALID: &str = "InvalidIdentityToken";
    let says = |what, discovery, reason| Trick { what, discovery, keys: None, refusal: (INVALID, reason) };
    let leads_to = |what, jwks_uri: &str, reason| says(what, json!({ "jwks_uri": jwks_uri }), reason);
    let answers = |what, status, body: &str, code, reason| Trick {
        what,
        discovery: json!({}),
        keys: Some(Published { status, location: None, body: body.to_owned() }),
        refusal: (code, reason),
    };
    let location = Some(format!("{}/token", issuer.url));
    let redirect = Published { status: 302, location, body: String::new() };
    let good = json!({"keys": [EC.jwk]}).to_string();
    let weak = json!({"keys": [
        {"kty": "oct", "kid": EC.id(), "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": EC.id(), "n": b64(&[0xff; 255]), "e": "AQAB"},
        {"kty": "RSA", "kid": EC.id(), "n": RSA.jwk["n"], "e": "AQ"},
        {"kty": "EC", "kid": EC.id(), "crv": "P-256", "x": EC.jwk["y"], "y": EC.jwk["x"]},
    ]});
    let mut private = json!({"keys": [EC.jwk]});
    private["keys"][0]["d"] = json!("c2VjcmV0");
    let port = issuer.url.rsplit(':').next().unwrap();
    vec![
        says("another issuer", json!({"issuer": "https://issuer.example"}), "oidc.discovery-issuer"),
        says("a slash more", json!({"issuer": format!("{}/", issuer.url)}), "oidc.discovery-issuer"),
        says("no key set", json!({"jwks_uri": null}), "oidc.discovery-member"),
        leads_to("plain http", "http://keys.example/", "oidc.discovery-member"),
        leads_to("a file", "file:///etc/passwd", "oidc.discovery-member"),
        leads_to("a private address", "https://10.0.0.1/keys", "outbound.refused-address"),
        leads_to("in one number", "https://167772161/keys", "outbound.refused-address"),
        leads_to("a cloud's metadata", "https://169.254.169.254/latest", "outbound.refused-address"),
        leads_to("in other clothes", "https://[::ffff:169.254.169.254]/", "outbound.refused-address"),
        leads_to("translated", "https://[64:ff9b::a00:1]/keys", "outbound.refused-address"),
        leads_to("loopback that is not listed", &format!("http://[::1]:{port}/keys"), "outbound.refused-address"),
        Trick {
            what: "a redirect",
            discovery: json!({}),
            keys: Some(redirect),
            refusal: (INVALID, "outbound.redirect"),
        },
        answers("too much", 200, &format!("{good}{}", " ".repeat(1024 * 1024)), INVALID, "outbound.too-large"),
        answers("a failure", 500, &good, "IDPCommunicationError", "outbound.server-error"),
        answers("nothing there", 404, &good, INVALID, "oidc.provider-status"),
        answers("a page", 200, "<html>", INVALID, "oidc.json"),
        answers("half a document", 200, &good[..good.len() - 1], INVALID, "oidc.json"),
        answers("a member twice", 200, &good.replacen('{', "{\"keys\":[],", 1), INVALID, "oidc.duplicate-member"),
        answers("a deep document", 200, &format!("{{\"keys\":{}", "[".repeat(1000)), INVALID, "oidc.too-deep"),
        answers("no list", 200, "{\"keys\":{}}", INVALID, "oidc.key-set-shape"),
        answers("an empty list", 200, "{\"keys\":[]}", INVALID, "oidc.no-usable-key"),
        answers("bad keys only", 200, &weak.to_string(), INVALID, "oidc.no-usable-key"),
        answers("its private half as well", 200, &private.to_string(), INVALID, "oidc.private-key"),
    ]
}

fn play(issuer: &Issuer, trick: &Trick) {
    let mut answers = issuer.answers.lock().unwrap();
    answers.discovery = trick.discovery.clone();
    if let Some(keys) = &trick.keys {
        answers.keys = keys.clone();
    }
}

/// With nothing known before, each is refused; with good keys known, those serve on, and no trick takes their place.
#[tokio::test]
async fn what_an_issuers_server_may_try() {
    let issuer = Issuer::start(&[&EC]).await;
    let house = open(&issuer).await;
    let at = |house: &House| token(&EC, &issuer.url, house.clock.now());
    let tricks = tricks(&issuer);
    for trick in &tricks {
        play(&issuer, trick);
        house.clock.advance(Duration::minutes(61));
        let (asked, answer) = (fetches(&issuer), assume(&house, DEV, &at(&house)).await);
        assert_eq!(answer.refusal(), (400, trick.refusal.0), "{}: {}", trick.what, answer.body);
        assert_eq!(house.code(&answer).await, trick.refusal.1, "{}", trick.what);
        assert!(fetches(&issuer) > asked, "{}", trick.what);
        issuer.publish(&[&EC]);
    }
    issuer.answers.lock().unwrap().discovery = json!({});
    house.clock.advance(Duration::minutes(61));
    assume(&house, DEV, &at(&house)).await.credentials();
    let stranger = Signer::ec(EC.id());
    for trick in &tricks {
        play(&issuer, trick);
        house.clock.advance(Duration::minutes(61));
        let (asked, answer) = (fetches(&issuer), assume(&house, DEV, &at(&house)).await);
        assert_eq!(answer.status, 200, "{}: {}", trick.what, answer.body);
        assert!(fetches(&issuer) > asked, "{}", trick.what);
        let forged = assume(&house, DEV, &token(&stranger, &issuer.url, house.clock.now())).await;
        assert_eq!(house.code(&forged).await, "oidc.signature", "{}", trick.what);
        issuer.publish(&[&EC]);
    }
    house.close().await;
}

/// Beside a good one the key is left out, and a token that names it is told why.
#[tokio::test]
async fn a_key_that_is_published_with_its_private_half_is_nobodys() {
    let issuer = Issuer::start(&[&EC]).await;
    let house = open(&issuer).await;
    for member in ["d", "p", "q"] {
        let mut keys = json!({"keys": [EC.jwk, RSA.jwk]});
        keys["keys"][1][member] = json!("c2VjcmV0");
        issuer.publish_answer(200, &keys.to_string());
        house.clock.advance(Duration::minutes(61));
        let refused = assume(&house, DEV, &token(&RSA, &issuer.url, house.clock.now())).await;
        assert_eq!(house.code(&refused).await, "oidc.private-key", "{member}: {}", refused.body);
        let steps = house.trace(&refused.request_id).await;
        let step = steps.iter().find(|step| step.code.is_some()).expect("a refusal");
        assert!(step.sentence.as_deref().is_some_and(|text| text.contains("private half")), "{step:?}");
        assert_eq!(step.received.as_deref(), Some(RSA.id()));
        assert_eq!(assume(&house, DEV, &token(&EC, &issuer.url, house.clock.now())).await.status, 200);
    }
}

/// Eighty who wait for one that hangs take no turn of those behind the same address whose keys are here.
#[tokio::test]
async fn an_issuer_that_hangs_holds_up_its_own_alone() {
    let issuer = Issuer::start(&[&EC]).await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let hangs = format!("issuer = \"{url}\"\nallowed_networks = [\"127.0.0.0/8\"]");
    let world = world(&issuer).replace("issuer = \"https://other.example\"", &hangs);
    let house = Arc::new(House::open(NOW, &[], |_: &Address| world.clone()).await);
    assume(&house, DEV, &token(&EC, &issuer.url, NOW)).await.credentials();
    let mut crowd = JoinSet::new();
    for _ in 0..80 {
        let (house, paper) = (house.clone(), token(&EC, &url, NOW));
        crowd.spawn(async move { assume(&house, DEV, &paper).await.status });
    }
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let good = token(&EC, &issuer.url, NOW);
    let good = tokio::time::timeout(std::time::Duration::from_secs(2), assume(&house, DEV, &good)).await;
    assert_eq!(good.expect("at once").status, 200);
    assert!(crowd.try_join_next().is_none(), "they wait");
}

#[tokio::test]
async fn ten_thousand_unknown_keys_cause_two_fetches() {
    let issuer = Issuer::start(&[&EC]).await;
    let house = Arc::new(open(&issuer).await);
    let (turns, mut crowd) = (Arc::new(Semaphore::new(32)), JoinSet::new());
    for number in 0..10_000 {
        let header = json!({"alg": "ES256", "kid": format!("unknown-{number}")}).to_string();
        let unknown = EC.sign_text(&header, &claims(&issuer.url).to_string());
        let (house, turn) = (house.clone(), turns.clone().acquire_owned().await.unwrap());
        crowd.spawn(async move {
            let answer = assume(&house, DEV, &unknown).await;
            drop(turn);
            (answer.status, answer.element("Code").to_owned())
        });
    }
    let answers = crowd.join_all().await;
    assert!(answers.iter().all(|answer| *answer == (400, "InvalidIdentityToken".to_owned())), "{:?}", answers.first());
    assert!(issuer.key_fetches() <= 2, "{}", issuer.key_fetches());
    assert_eq!(issuer.discovery_fetches(), 1);
    assume(&house, DEV, &EC.sign(&claims(&issuer.url))).await.credentials();
}

/// The issuer changes its key without a word; everybody who comes with the new one gets in at once.
#[tokio::test]
async fn a_thousand_exchanges_while_the_keys_change() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = Arc::new(open(&issuer).await);
    let (turns, mut crowd) = (Arc::new(Semaphore::new(16)), JoinSet::new());
    for number in 0..1_000 {
        if number == 300 {
            issuer.publish(&[&RSA, &EC]);
        }
        // Before 300 the old key, then both by turns, and from 700 the new one alone.
        let by = if number < 300 || (number < 700 && number % 2 == 0) { &*RSA } else { &*EC };
        let (token, house) = (by.sign(&claims(&issuer.url)), house.clone());
        let turn = turns.clone().acquire_owned().await.unwrap();
        crowd.spawn(async move {
            let answer = assume(&house, DEV, &token).await;
            drop(turn);
            (number, answer.status, answer.body)
        });
    }
    let refused: Vec<_> = crowd.join_all().await.into_iter().filter(|(_, status, _)| *status != 200).collect();
    assert!(refused.is_empty(), "{} refused: {:?}", refused.len(), refused.first());
    assert_eq!((issuer.discovery_fetches(), issuer.key_fetches()), (1, 2), "the start, and once for the new key");
}

#[tokio::test]
async fn an_issuer_in_two_accounts_is_asked_once() {
    let issuer = Issuer::start(&[&EC]).await;
    let second = |world: &str| {
        let own = world.replace("111122223333", "444455556666").replace("production", "sandbox");
        format!("{world}{own}")
    };
    let house = House::open(NOW, &[], |_: &Address| second(&world(&issuer))).await;
    let token = EC.sign(&claims(&issuer.url));
    assume(&house, DEV, &token).await.credentials();
    assume(&house, &DEV.replace("111122223333", "444455556666"), &token).await.credentials();
    assert_eq!((issuer.discovery_fetches(), issuer.key_fetches()), (1, 1));
    house.close().await;
}

/// A server that takes connections and says nothing.
async fn silent() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    url
}

/// How long exchanges take, one after the other; the last value is that of the slowest.
async fn times(house: &House, token: &str, count: usize) -> Vec<std::time::Duration> {
    let mut times = Vec::new();
    for _ in 0..count {
        let began = tokio::time::Instant::now();
        assume(house, DEV, token).await.credentials();
        times.push(began.elapsed());
    }
    times
}

fn p99(times: &mut [std::time::Duration]) -> std::time::Duration {
    times.sort_unstable();
    times[times.len() * 99 / 100 - 1]
}

/// By turns: alone, and while fifty people wait for a provider that never answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_provider_delays_nobody_else() {
    let (issuer, silent) = (Issuer::start(&[&EC]).await, silent().await);
    let listed = format!("issuer = \"{silent}\"\nallowed_networks = [\"127.0.0.1\"]");
    let world = crate::saml_identity::changed(&world(&issuer), "issuer = \"https://other.example\"", &listed);
    let house = Arc::new(House::open(NOW, &[], |_: &Address| world).await);
    let good = EC.sign(&claims(&issuer.url));
    times(&house, &good, 50).await;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        alone.extend(times(&house, &good, 100).await);
        let mut waiting = JoinSet::new();
        for _ in 0..50 {
            let (house, dead) = (house.clone(), EC.sign(&claims(&silent)));
            waiting.spawn(async move { assume(&house, DEV, &dead).await });
        }
        // All of it within the five seconds that the fetch may take.
        beside.extend(times(&house, &good, 100).await);
        assert!(waiting.try_join_next().is_none(), "nobody was answered yet");
        for answer in waiting.join_all().await {
            assert_eq!(answer.refusal(), (400, "IDPCommunicationError"), "{}", answer.body);
        }
        // The failure is remembered for a moment; after that the next round asks anew.
        house.clock.advance(Duration::seconds(6));
    }
    let (alone, beside) = (p99(&mut alone), p99(&mut beside));
    eprintln!("p99 of an exchange: {alone:?} alone, {beside:?} beside a silent provider");
    assert!(beside < alone * 2 + std::time::Duration::from_millis(50), "{beside:?} instead of {alone:?}");
}
