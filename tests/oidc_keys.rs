//! Key sets: which keys serve, and how a provider's set is fetched and kept.

use crate::oidc_issuer::{EC, Issuer, NOW, Published, RSA, Signer, b64, claims};
use gatehouse::oidc::{
    Discovery, KeySet, OidcError, RelyingParty, UnverifiedToken, check_issuer, issuer_without_scheme,
};
use gatehouse::trace::{Refusal, Trace};
use serde_json::{Value, json};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

fn parse(keys: Value) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

/// The good key with one member changed.
fn key(signer: &Signer, name: &str, value: Value) -> Value {
    let mut jwk = signer.jwk.clone();
    jwk[name] = value;
    jwk
}

fn is_usable(jwk: &Value) -> bool {
    !parse(json!([jwk])).is_empty()
}

async fn outcome(party: &RelyingParty, token: &str, now: OffsetDateTime) -> &'static str {
    let token = UnverifiedToken::decode(token).unwrap();
    match party.verify_token(token, now, None, &mut Trace::new("test")).await {
        Ok(_) => "accepted",
        Err(error) => error.code().name(),
    }
}

/// An honest token at any time near `now`.
fn token(signer: &Signer, issuer: &Issuer, now: OffsetDateTime) -> String {
    let mut claims = claims(&issuer.url);
    claims["iat"] = json!(now.unix_timestamp());
    claims["exp"] = json!(now.unix_timestamp() + 600);
    signer.sign(&claims)
}

#[test]
fn only_strong_signature_keys_serve() {
    assert!(is_usable(&RSA.jwk) && is_usable(&EC.jwk));
    assert!(is_usable(&key(&RSA, "key_ops", json!(["verify"]))));
    // 2048 bits stand; one bit less does not.
    let modulus = |first: u8| json!(b64(&[&[first][..], &[0xff; 255]].concat()));
    assert!(is_usable(&key(&RSA, "n", modulus(0x80))));
    assert!(!is_usable(&key(&RSA, "n", modulus(0x7f))));
    for exponent in ["AQ", "Aw", "AQAA", "AQABAAAAAAE", ""] {
        assert!(!is_usable(&key(&RSA, "e", json!(exponent))), "{exponent}");
    }
    for (name, value) in [
        ("kty", json!("oct")),
        ("kty", json!("OKP")),
        ("use", json!("enc")),
        ("key_ops", json!(["encrypt"])),
        ("key_ops", json!("verify")),
        ("alg", json!("RSA-OAEP")),
        ("alg", json!("ES256")),
        ("alg", json!(null)),
        ("kid", json!(7)),
        ("n", json!("not base64!")),
    ] {
        assert!(!is_usable(&key(&RSA, name, value)), "{name}");
    }
    assert!(!is_usable(&key(&EC, "crv", json!("P-384"))));
    assert!(!is_usable(&key(&EC, "x", EC.jwk["y"].clone())), "not on the curve");
    assert!(!is_usable(&key(&EC, "alg", json!("RS256"))));
    assert!(!is_usable(&json!({"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"})));
}

/// 1 modulo every small prime, which is a power of anything.
#[test]
fn factorable_keys_are_left_out() {
    let primes = (3..=167_u32).filter(|n| (2..*n).all(|divisor| n % divisor != 0));
    let mut product = vec![1_u8];
    for prime in primes {
        let mut carry = 0;
        for byte in product.iter_mut().rev() {
            carry += u32::from(*byte) * prime;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            product.insert(0, carry as u8);
        }
    }
    let modulus = |last| [&product[..], &vec![0; 256 - product.len()][..], &[last]].concat();
    assert!(!is_usable(&key(&RSA, "n", json!(b64(&modulus(1))))));
    assert!(is_usable(&key(&RSA, "n", json!(b64(&modulus(3))))));
}

#[test]
fn the_good_keys_of_a_hostile_set_serve() {
    assert!(!parse(json!([1, null, {"kty": "oct", "k": "AA"}, {"kty": "RSA"}, EC.jwk])).is_empty());
    let set = json!({"keys": [EC.jwk]}).to_string();
    let twice = set.replacen('{', r#"{"keys":[],"#, 1);
    assert!(matches!(KeySet::parse(twice.as_bytes()), Err(OidcError::DuplicateMember { .. })));
    assert!(matches!(KeySet::parse(b"<html>"), Err(OidcError::Json { .. })));
    assert!(matches!(KeySet::parse(b"{\"keys\":{}}"), Err(OidcError::KeySetShape)));
}

#[test]
fn more_than_a_hundred_keys_of_a_type_disable_that_type() {
    let rsa = vec![json!({"kty": "RSA"}); 99];
    let with = |extra: &[&Value]| parse(rsa.iter().chain(extra.iter().copied()).cloned().collect());
    assert!(!with(&[&RSA.jwk]).is_empty());
    assert!(with(&[&RSA.jwk, &RSA.jwk]).is_empty());
    assert!(!with(&[&RSA.jwk, &RSA.jwk, &EC.jwk]).is_empty());
}

#[test]
fn issuers_are_plain_https_urls() {
    for good in [
        "https://a.example",
        "https://a.example:8443/t/",
        "http://127.0.0.1:9/x",
        "http://localhost:1",
        "http://[::1]:1",
    ] {
        assert!(check_issuer(good).is_ok(), "{good}");
    }
    for bad in [
        "http://a.example",
        "https://a.example?x",
        "https://a.example#x",
        "https://u@a.example",
        "https:/a.example",
        "HTTPS://a.example",
        "ftp://a.example",
        "a.example",
        "https://",
        "https://a .example",
        "https:\\\\a.example",
        "http://localhost.a.example",
        "http://127.0.0.1.a.example",
    ] {
        assert!(matches!(check_issuer(bad), Err(OidcError::IssuerUrl { .. })), "{bad}");
    }
    assert_eq!(issuer_without_scheme("https://a.example:8443/t/"), "a.example:8443/t/");
}

#[test]
fn discovery_must_be_of_the_issuer_and_name_safe_endpoints() {
    let document = json!({"issuer": "https://a.example/", "jwks_uri": "https://keys.example/jwks"});
    let parse = |document: &Value| Discovery::parse(document.to_string().as_bytes(), "https://a.example/");
    assert_eq!(parse(&document).unwrap().jwks_uri, "https://keys.example/jwks");
    assert_eq!(Discovery::address("https://a.example/"), "https://a.example/.well-known/openid-configuration");
    for issuer in [json!("https://a.example"), json!("https://A.example/"), json!(["https://a.example/"]), json!(null)]
    {
        let mut other = document.clone();
        other["issuer"] = issuer;
        assert!(matches!(parse(&other), Err(OidcError::DiscoveryIssuer { .. })));
    }
    for uri in ["http://keys.example/jwks", "file:///etc/passwd", "https://u:p@keys.example/", "jwks"] {
        let mut other = document.clone();
        other["jwks_uri"] = json!(uri);
        assert!(matches!(parse(&other), Err(OidcError::DiscoveryMember { member: "jwks_uri" })), "{uri}");
    }
}

#[tokio::test]
async fn keys_are_fetched_once_and_kept_for_an_hour() {
    let issuer = Issuer::start(&[&EC]).await;
    let party = issuer.relying_party();
    for minute in 0..49 {
        let now = NOW + Duration::minutes(minute);
        assert_eq!(outcome(&party, &token(&EC, &issuer, now), now).await, "accepted");
    }
    assert_eq!((issuer.discovery_fetches(), issuer.key_fetches()), (1, 1));
}

#[tokio::test]
async fn requests_on_a_cold_cache_share_one_fetch() {
    let issuer = Issuer::start(&[&EC]).await;
    let party = Arc::new(issuer.relying_party());
    let token = token(&EC, &issuer, NOW);
    let crowd: Vec<_> = (0..50)
        .map(|_| {
            let (party, token) = (party.clone(), token.clone());
            tokio::spawn(async move { outcome(&party, &token, NOW).await })
        })
        .collect();
    for one in crowd {
        assert_eq!(one.await.unwrap(), "accepted");
    }
    assert_eq!((issuer.discovery_fetches(), issuer.key_fetches()), (1, 1));
}

#[tokio::test]
async fn keys_near_their_end_are_renewed_in_the_background() {
    let issuer = Issuer::start(&[&EC]).await;
    let party = issuer.relying_party();
    assert_eq!(outcome(&party, &token(&EC, &issuer, NOW), NOW).await, "accepted");
    let now = NOW + Duration::minutes(55);
    assert_eq!(outcome(&party, &token(&EC, &issuer, now), now).await, "accepted");
    let renewed = async {
        while issuer.key_fetches() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), renewed).await.unwrap();
}

#[tokio::test]
async fn a_flood_of_unknown_keys_causes_one_fetch() {
    let issuer = Issuer::start(&[&EC]).await;
    let party = Arc::new(issuer.relying_party());
    assert_eq!(outcome(&party, &token(&EC, &issuer, NOW), NOW).await, "accepted");
    let before = issuer.key_fetches();
    let unknown = |number| {
        let header = json!({"alg": "ES256", "kid": format!("unknown-{number}")}).to_string();
        EC.sign_text(&header, &claims(&issuer.url).to_string())
    };
    let flood: Vec<_> = (0..200)
        .map(|number| {
            let (party, token) = (party.clone(), unknown(number));
            tokio::spawn(async move { outcome(&party, &token, NOW).await })
        })
        .collect();
    for one in flood {
        assert_eq!(one.await.unwrap(), "oidc.unknown-key");
    }
    assert_eq!(issuer.key_fetches() - before, 1);
    assert_eq!(outcome(&party, &unknown(0), NOW + Duration::seconds(29)).await, "oidc.unknown-key");
    assert_eq!(issuer.key_fetches() - before, 1);
    assert_eq!(outcome(&party, &unknown(0), NOW + Duration::seconds(30)).await, "oidc.unknown-key");
    assert_eq!(issuer.key_fetches() - before, 2);
    assert_eq!(issuer.discovery_fetches(), 1);
}

#[tokio::test]
async fn unknown_keys_on_a_cold_cache_cause_one_fetch() {
    let issuer = Issuer::start(&[&EC]).await;
    let party = issuer.relying_party();
    for number in 0..200 {
        let header = json!({"alg": "ES256", "kid": format!("unknown-{number}")}).to_string();
        let token = EC.sign_text(&header, &claims(&issuer.url).to_string());
        assert_eq!(outcome(&party, &token, NOW).await, "oidc.unknown-key");
    }
    assert_eq!(issuer.key_fetches(), 1);
}

#[tokio::test]
async fn a_rotated_key_is_found_at_once_and_a_withdrawn_one_ends() {
    let issuer = Issuer::start(&[&EC]).await;
    let party = issuer.relying_party();
    assert_eq!(outcome(&party, &token(&EC, &issuer, NOW), NOW).await, "accepted");
    let new = Signer::ec("ec-2");
    issuer.publish(&[&new]);
    let now = NOW + Duration::seconds(1);
    assert_eq!(outcome(&party, &token(&new, &issuer, now), now).await, "accepted");
    assert_eq!(outcome(&party, &token(&EC, &issuer, now), now).await, "oidc.unknown-key");
}

#[tokio::test]
async fn a_key_withdrawn_while_nobody_asked_does_not_outlive_the_hour() {
    let issuer = Issuer::start(&[&EC, &RSA]).await;
    let party = issuer.relying_party();
    assert_eq!(outcome(&party, &token(&EC, &issuer, NOW), NOW).await, "accepted");
    issuer.publish(&[&RSA]);
    let now = NOW + Duration::hours(20);
    assert_eq!(outcome(&party, &token(&EC, &issuer, now), now).await, "oidc.unknown-key");
}

#[tokio::test]
async fn the_last_good_keys_serve_a_day_of_outage() {
    let issuer = Issuer::start(&[&EC]).await;
    let party = issuer.relying_party();
    assert_eq!(outcome(&party, &token(&EC, &issuer, NOW), NOW).await, "accepted");
    for (status, body) in [(500, ""), (200, "<html>"), (404, ""), (200, "{\"keys\":[]}")] {
        issuer.publish_answer(status, body);
        let now = NOW + Duration::hours(23);
        assert_eq!(outcome(&party, &token(&EC, &issuer, now), now).await, "accepted", "{status} {body}");
    }
    issuer.publish_answer(503, "");
    let now = NOW + Duration::hours(24);
    let error = refusal(&party, &token(&EC, &issuer, now), now).await;
    assert!(error.is_unreachable(), "{error}");
}

async fn refusal(party: &RelyingParty, token: &str, now: OffsetDateTime) -> OidcError {
    let token = UnverifiedToken::decode(token).unwrap();
    party.verify_token(token, now, None, &mut Trace::new("test")).await.err().unwrap()
}

#[tokio::test]
async fn answers_without_usable_keys_verify_nothing() {
    for (status, body, code, unreachable) in [
        (503, "", "outbound.server-error", true),
        (404, "", "oidc.provider-status", false),
        (200, "<html>", "oidc.json", false),
        (200, "{\"keys\":[]}", "oidc.no-usable-key", false),
        (200, "{\"keys\":[],\"keys\":[]}", "oidc.duplicate-member", false),
    ] {
        let issuer = Issuer::start(&[&EC]).await;
        issuer.publish_answer(status, body);
        let party = issuer.relying_party();
        let error = refusal(&party, &token(&EC, &issuer, NOW), NOW).await;
        assert_eq!((error.code().name(), error.is_unreachable()), (code, unreachable));
        // The failure speaks for the next moment too, without another fetch; then the provider is asked again.
        refusal(&party, &token(&EC, &issuer, NOW), NOW).await;
        assert_eq!(issuer.key_fetches(), 1);
        issuer.publish(&[&EC]);
        let now = NOW + Duration::seconds(5);
        assert_eq!(outcome(&party, &token(&EC, &issuer, now), now).await, "accepted");
    }
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_is_refused() {
    let issuer = Issuer::start(&[&EC]).await;
    issuer.answers.lock().unwrap().discovery = json!({"issuer": "https://issuer.example"});
    assert_eq!(outcome(&issuer.relying_party(), &token(&EC, &issuer, NOW), NOW).await, "oidc.discovery-issuer");
    assert_eq!(issuer.key_fetches(), 0);
}

#[tokio::test]
async fn redirects_and_huge_answers_are_refused() {
    let issuer = Issuer::start(&[&EC]).await;
    let target = format!("{}/token", issuer.url);
    issuer.answers.lock().unwrap().keys = Published { status: 302, location: Some(target), body: String::new() };
    assert_eq!(outcome(&issuer.relying_party(), &token(&EC, &issuer, NOW), NOW).await, "outbound.redirect");
    let padding = " ".repeat(1024 * 1024);
    issuer.publish_answer(200, &format!("{}{padding}", json!({"keys": [EC.jwk]})));
    assert_eq!(outcome(&issuer.relying_party(), &token(&EC, &issuer, NOW), NOW).await, "outbound.too-large");
}

#[tokio::test]
async fn one_issuers_key_never_vouches_for_another() {
    let (first, second) = (Issuer::start(&[&EC]).await, Issuer::start(&[&RSA]).await);
    assert_eq!(outcome(&second.relying_party(), &token(&EC, &second, NOW), NOW).await, "oidc.unknown-key");
    assert_eq!(outcome(&first.relying_party(), &token(&EC, &second, NOW), NOW).await, "oidc.issuer");
}
