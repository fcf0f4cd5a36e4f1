//! Signature algorithms: each one that is known, by keys of our own and by published vectors.

use crate::oidc_issuer::{CLIENT, NOW, Signer, b64, claims};
use gatehouse::oidc::{Algorithm, CompactJws, KeySet, TokenExpectation, UnverifiedToken};
use gatehouse::trace::{Refusal, Trace};
use serde_json::{Value, json};
use time::Duration;

const ISSUER: &str = "https://issuer.example/tenant";
const ALWAYS: [&str; 6] = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];
const BY_SETTING: [&str; 2] = ["PS256", "EdDSA"];

fn set(keys: &[&Value]) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn outcome(token: &str, jwk: &Value, also: &[Algorithm], access_token: Option<&str>) -> &'static str {
    let client_ids = [CLIENT.to_owned()];
    let expected = TokenExpectation {
        issuer: ISSUER,
        algorithms: also,
        client_ids: &client_ids,
        audiences: &[],
        clock_skew: Duration::seconds(60),
        now: NOW,
        nonce: None,
        login_client: None,
        access_token,
    };
    let verified =
        UnverifiedToken::decode(token).and_then(|token| token.verify(&set(&[jwk]), &expected, &mut Trace::new("test")));
    verified.map_or_else(|error| error.code().name(), |_| "accepted")
}

/// The key with the algorithm that it is for.
fn named(jwk: &Value, algorithm: &str) -> Value {
    let mut jwk = jwk.clone();
    jwk["alg"] = json!(algorithm);
    jwk
}

#[test]
fn every_known_algorithm_verifies_with_its_key() {
    for name in ALWAYS {
        let signer = Signer::of(name, "k");
        let token = signer.sign(&claims(ISSUER));
        assert_eq!(outcome(&token, &signer.jwk, &[], None), "accepted", "{name}, by a key that names none");
        assert_eq!(outcome(&token, &named(&signer.jwk, name), &[], None), "accepted", "{name}");
        let (signed, _) = token.rsplit_once('.').unwrap();
        let foreign = Signer::of(name, "k").sign(&claims(ISSUER));
        let swapped = format!("{signed}.{}", foreign.rsplit_once('.').unwrap().1);
        assert_eq!(outcome(&swapped, &signer.jwk, &[], None), "oidc.signature", "{name}");
    }
}

#[test]
fn pss_and_edwards_need_the_providers_word() {
    for name in BY_SETTING {
        let signer = Signer::of(name, "k");
        let token = signer.sign(&claims(ISSUER));
        let also = [Algorithm::by_setting(name).unwrap()];
        assert_eq!(outcome(&token, &signer.jwk, &also, None), "accepted", "{name}");
        assert_eq!(outcome(&token, &signer.jwk, &[], None), "oidc.algorithm", "{name}");
    }
}

/// A header that names another algorithm of the same key type, over a signature that is good by the key's own.
#[test]
fn a_key_is_for_the_algorithm_that_it_names() {
    for (own, other) in [("RS256", "RS384"), ("RS384", "RS256"), ("RS512", "PS256"), ("PS256", "RS256")] {
        let signer = Signer::of(other, "k");
        let also = [Algorithm::Ps256];
        let jwk = named(&signer.jwk, own);
        assert_eq!(
            outcome(&signer.sign(&claims(ISSUER)), &jwk, &also, None),
            "oidc.key-algorithm",
            "{other} with {own}"
        );
    }
    let signer = Signer::of("ES384", "k");
    let header = json!({"alg": "ES256", "kid": "k"}).to_string();
    let token = signer.sign_text(&header, &claims(ISSUER).to_string());
    assert_eq!(outcome(&token, &signer.jwk, &[], None), "oidc.key-algorithm", "P-384 under ES256");
}

#[test]
fn the_access_tokens_hash_is_by_the_tokens_own_algorithm() {
    for (name, digest, half) in [
        ("RS256", &aws_lc_rs::digest::SHA256, 16),
        ("ES384", &aws_lc_rs::digest::SHA384, 24),
        ("RS512", &aws_lc_rs::digest::SHA512, 32),
    ] {
        let signer = Signer::of(name, "k");
        let hash = aws_lc_rs::digest::digest(digest, b"access");
        let mut claims = claims(ISSUER);
        claims["at_hash"] = json!(b64(&hash.as_ref()[..half]));
        let token = signer.sign(&claims);
        assert_eq!(outcome(&token, &signer.jwk, &[], Some("access")), "accepted", "{name}");
        assert_eq!(outcome(&token, &signer.jwk, &[], Some("other")), "oidc.access-token-hash", "{name}");
        claims["at_hash"] = json!(b64(&hash.as_ref()[..half - 1]));
        assert_eq!(outcome(&signer.sign(&claims), &signer.jwk, &[], Some("access")), "oidc.access-token-hash");
    }
}

/// Points of small order verify forged signatures under some implementations.
#[test]
fn edwards_keys_of_small_order_are_left_out() {
    let key = |x: [u8; 32]| json!({"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": b64(&x)});
    let one = |first: u8, rest: u8, last: u8| {
        let mut point = [rest; 32];
        (point[0], point[31]) = (first, last);
        point
    };
    assert!(!set(&[&Signer::of("EdDSA", "k").jwk]).is_empty());
    for point in
        [one(0, 0, 0), one(1, 0, 0), one(0, 0, 0x80), one(1, 0, 0x80), one(0xec, 0xff, 0x7f), one(0xee, 0xff, 0x7f)]
    {
        assert!(set(&[&key(point)]).is_empty(), "{point:?}");
    }
}

/// Wycheproof's JOSE vectors, from the folder that `TEST_VECTORS` names.
///
/// A vector may be refused although Wycheproof calls it valid where this house is narrower on purpose: no HMAC, no
/// PS384 and PS512.
#[test]
fn wycheproof() {
    let Some(folder) = std::env::var_os("TEST_VECTORS") else {
        eprintln!(
            "NOT RUN: Wycheproof's JOSE vectors; set TEST_VECTORS to the folder that holds jose-wycheproof.jsonl"
        );
        return;
    };
    let path = std::path::Path::new(&folder).join("jose-wycheproof.jsonl");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let also = [Algorithm::Ps256, Algorithm::EdDsa];
    let (mut accepted, mut refused, mut narrower) = (0, 0, 0);
    for line in text.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        let keys = match vector.get("jwks").or(vector.get("key")).filter(|keys| keys.is_object()) {
            Some(keys) if keys.get("keys").is_some() => keys.clone(),
            Some(key) => json!({ "keys": [key] }),
            None => continue,
        };
        let Some(jws) = vector["jws"].as_str() else { continue };
        let keys = KeySet::parse(keys.to_string().as_bytes());
        let verified = keys.and_then(|keys| CompactJws::decode(jws)?.verify(&keys, &also));
        match (vector["valid"] == true, verified) {
            (true, Ok(())) => accepted += 1,
            (false, Err(_)) => refused += 1,
            (true, Err(error)) => {
                let code = error.code().name();
                let shared_secret = line.contains(r#""kty": "oct""#);
                // RFC 7520's own slip: there is no algorithm ES521, and what a key names is enforced.
                let misnamed = line.contains(r#""alg": "ES521""#);
                assert!(shared_secret || misnamed || code == "oidc.algorithm", "{line}: {code}");
                narrower += 1;
            }
            (false, Ok(())) => panic!("accepted: {line}"),
        }
    }
    eprintln!("Wycheproof: {accepted} accepted, {refused} refused, {narrower} valid ones refused on purpose");
    assert!(accepted >= 20 && refused >= 380, "{accepted} accepted, {refused} refused");
}
