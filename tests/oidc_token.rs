//! Tokens, good and bad. Every bad one is the good one with exactly one thing changed.

use crate::oidc_issuer::{CLIENT, EC, NOW, RSA, Signer, b64, claims};
use gatehouse::oidc::{KeySet, OidcError, TokenExpectation, UnverifiedToken, VerifiedToken};
use gatehouse::trace::{Refusal, Trace};
use serde_json::{Value, json};
use time::Duration;

const ISSUER: &str = "https://issuer.example/tenant";

fn keys() -> KeySet {
    KeySet::parse(json!({"keys": [RSA.jwk, EC.jwk]}).to_string().as_bytes()).unwrap()
}

fn verify_with(
    token: &str,
    keys: &KeySet,
    change: impl Fn(&mut TokenExpectation<'_>),
) -> Result<VerifiedToken, OidcError> {
    let client_ids = [CLIENT.to_owned(), "second-client".to_owned()];
    let audiences = ["api".to_owned()];
    let mut expected = TokenExpectation {
        issuer: ISSUER,
        algorithms: &[],
        client_ids: &client_ids,
        audiences: &audiences,
        clock_skew: Duration::seconds(60),
        now: NOW,
        nonce: None,
        login_client: None,
        access_token: None,
    };
    change(&mut expected);
    UnverifiedToken::decode(token)?.verify(keys, &expected, &mut Trace::new("test"))
}

fn verify(token: &str) -> Result<VerifiedToken, OidcError> {
    verify_with(token, &keys(), |_| {})
}

/// The code that refuses a token, or "accepted".
fn outcome(result: Result<VerifiedToken, OidcError>) -> &'static str {
    result.map_or_else(|error| error.code().name(), |_| "accepted")
}

fn outcome_of(token: &str) -> &'static str {
    outcome(verify(token))
}

fn changed(name: &str, value: Value) -> Value {
    let mut claims = claims(ISSUER);
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims(ISSUER);
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn with_claim(name: &str, value: Value) -> &'static str {
    outcome_of(&EC.sign(&changed(name, value)))
}

fn with_header(name: &str, value: Value) -> &'static str {
    let mut header = EC.header();
    header[name] = value;
    outcome_of(&EC.sign_text(&header.to_string(), &claims(ISSUER).to_string()))
}

#[test]
fn honest_tokens_are_verified() {
    for signer in [&*RSA, &*EC] {
        let token = signer.sign(&changed("groups", json!(["a", "b"])));
        let verified = verify(&token).unwrap();
        assert_eq!(verified.issuer(), ISSUER);
        assert_eq!(verified.subject(), "alice");
        assert_eq!(verified.audience(), CLIENT);
        assert_eq!(verified.issued_at(), NOW - Duration::seconds(10));
        assert_eq!(verified.expires_at(), NOW + Duration::seconds(600));
        assert_eq!(verified.claims()["groups"], json!(["a", "b"]));
        let signed = token.rsplit_once('.').unwrap().0;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, signed.as_bytes());
        assert_eq!(verified.digest(), digest.as_ref());
        assert!(verified.into_said().original_audience.is_empty(), "there is no authorized party");
    }
}

#[test]
fn tokens_of_another_implementation_are_verified() {
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let point = rcgen::PublicKeyData::der_bytes(&pair);
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": b64(&point[1..33]), "y": b64(&point[33..])});
    let keys = KeySet::parse(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap();
    let key = EncodingKey::from_ec_der(&pair.serialize_der());
    let token = encode(&Header::new(Algorithm::ES256), &claims(ISSUER), &key).unwrap();
    assert_eq!(outcome(verify_with(&token, &keys, |_| {})), "accepted");
}

#[test]
fn an_unverified_token_shows_only_issuer_and_key() {
    let token = UnverifiedToken::decode(&RSA.sign(&claims(ISSUER))).unwrap();
    assert_eq!((token.issuer(), token.key_id()), (ISSUER, Some("rsa-1")));
}

#[test]
fn what_is_no_algorithm_of_ours_is_refused() {
    let spellings = [
        "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519",
        "ES256K", "RSA1_5", "rs256", "RS256 ",
    ];
    for spelling in spellings {
        assert_eq!(with_header("alg", json!(spelling)), "oidc.algorithm", "{spelling}");
    }
    for value in [json!(null), json!(["RS256"]), json!(1), json!({})] {
        assert_eq!(with_header("alg", value), "oidc.algorithm");
    }
    let text = claims(ISSUER).to_string();
    assert_eq!(outcome_of(&format!("{}.{}.", b64(br#"{"alg":"none"}"#), b64(text.as_bytes()))), "oidc.algorithm");
    assert_eq!(outcome_of(&EC.sign_text(r#"{"kid":"ec-1"}"#, &text)), "oidc.algorithm");
}

#[test]
fn the_key_decides_the_algorithm() {
    let mut header = EC.header();
    header["kid"] = json!("rsa-1");
    assert_eq!(outcome_of(&EC.sign_text(&header.to_string(), &claims(ISSUER).to_string())), "oidc.key-algorithm");
}

#[test]
fn signatures_are_checked() {
    let token = EC.sign(&claims(ISSUER));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let other = RSA.sign(&claims(ISSUER));
    for bad in
        [b64(&[0; 64]), b64(&[1; 64]), String::new(), b64(&[0; 63]), other.rsplit_once('.').unwrap().1.to_owned()]
    {
        assert_eq!(outcome_of(&format!("{signed}.{bad}")), "oidc.signature");
    }
    // The same r and s in ASN.1, which other protocols use.
    let raw = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, signature).unwrap();
    let mut der = vec![0x30, 70, 2, 33, 0];
    der.extend(&raw[..32]);
    der.extend([2, 33, 0]);
    der.extend(&raw[32..]);
    assert_eq!(outcome_of(&format!("{signed}.{}", b64(&der))), "oidc.signature");
    let foreign = Signer::ec("ec-1");
    assert_eq!(outcome_of(&foreign.sign(&claims(ISSUER))), "oidc.signature");
    let payload = b64(changed("sub", json!("mallory")).to_string().as_bytes());
    let header = signed.split_once('.').unwrap().0;
    assert_eq!(outcome_of(&format!("{header}.{payload}.{signature}")), "oidc.signature");
}

#[test]
fn forms_other_than_a_strict_compact_jws_are_refused() {
    let token = EC.sign(&claims(ISSUER));
    let dots = ".".repeat(10_000);
    for bad in [
        "",
        "abc",
        "a.b",
        &format!("{token}.x"),
        &format!(" {token}"),
        &format!("{token}\n"),
        &format!("{token}="),
        &dots,
        "Atza|opaque",
    ] {
        assert_eq!(outcome_of(bad), "oidc.not-a-jwt", "{bad:.20}");
    }
    // One token, one spelling: 64 bytes end in four loose bits.
    let last = token.chars().last().unwrap();
    let loose =
        char::from(if last == 'A' || last == 'Q' || last == 'g' || last == 'w' { last as u8 + 1 } else { b'B' });
    assert_eq!(outcome_of(&format!("{}{loose}", &token[..token.len() - 1])), "oidc.not-a-jwt");
    assert_eq!(outcome_of(&"a".repeat(20_001)), "oidc.too-long");
    assert_eq!(outcome_of("a.b.c.d.e"), "oidc.encrypted");
    let serialised = json!({"payload": "e30", "protected": "e30", "signature": "AA"}).to_string();
    assert_eq!(outcome_of(&serialised), "oidc.not-a-jwt");
    let text = claims(ISSUER).to_string();
    let header = EC.header().to_string();
    for bad in [format!("{text} x"), format!("[{text}]"), "true".to_owned(), format!("{text}{text}"), "{".to_owned()] {
        assert_eq!(outcome_of(&EC.sign_text(&header, &bad)), "oidc.json");
    }
    assert_eq!(outcome_of(&EC.sign_text(&format!("[{header}]"), &text)), "oidc.json");
    let deep = format!("{{\"iss\":\"{ISSUER}\",\"a\":{}{}}}", "[".repeat(60), "]".repeat(60));
    assert_eq!(outcome_of(&EC.sign_text(&header, &deep)), "oidc.too-deep");
}

#[test]
fn header_extensions_are_refused_and_header_keys_ignored() {
    for crit in [json!(["b64"]), json!([]), json!(null), json!("exp"), json!(["unknown"])] {
        assert_eq!(with_header("crit", crit), "oidc.critical-header");
    }
    for (name, value) in
        [("b64", json!(false)), ("zip", json!("DEF")), ("enc", json!("A128GCM")), ("cty", json!("JWT"))]
    {
        assert_eq!(with_header(name, value), "oidc.header-member", "{name}");
    }
    // An attacker's key in the header, under the id of a real one, signs nothing.
    let attacker = Signer::ec("ec-1");
    let mut header = attacker.header();
    header["jwk"] = attacker.jwk.clone();
    header["jku"] = json!("https://attacker.example/keys");
    header["x5c"] = json!(["MIIB"]);
    header["x5u"] = json!("https://attacker.example/certificate");
    assert_eq!(outcome_of(&attacker.sign_text(&header.to_string(), &claims(ISSUER).to_string())), "oidc.signature");
    assert_eq!(with_header("jku", json!("https://attacker.example/keys")), "accepted");
}

#[test]
fn only_id_tokens_are_accepted_by_type() {
    for kind in ["JWT", "jwt", "application/jwt"] {
        assert_eq!(with_header("typ", json!(kind)), "accepted");
    }
    for kind in [
        json!("at+jwt"),
        json!("logout+jwt"),
        json!("secevent+jwt"),
        json!("dpop+jwt"),
        json!(""),
        json!(1),
        json!(null),
    ] {
        assert_eq!(with_header("typ", kind), "oidc.token-type");
    }
    assert_eq!(with_claim("events", json!({})), "oidc.events");
}

#[test]
fn key_ids_find_a_key_or_nothing() {
    for id in ["../../etc/passwd", "' OR 1=1", "rsa", "rsa-1\u{0}", "https://attacker.example/keys"] {
        assert_eq!(with_header("kid", json!(id)), "oidc.unknown-key");
    }
    for id in [json!(1), json!({}), json!(null), json!(""), json!("x".repeat(10_000))] {
        assert_eq!(with_header("kid", id), "oidc.key-id");
    }
    let header = r#"{"alg":"ES256"}"#;
    let token = EC.sign_text(header, &claims(ISSUER).to_string());
    assert_eq!(outcome_of(&token), "accepted");
    let two = KeySet::parse(json!({"keys": [EC.jwk, Signer::ec("ec-2").jwk]}).to_string().as_bytes()).unwrap();
    assert_eq!(outcome(verify_with(&token, &two, |_| {})), "oidc.key-id-missing");
}

#[test]
fn issuers_are_compared_exactly() {
    for issuer in [
        "https://issuer.example/tenant/",
        "https://issuer.example",
        "https://Issuer.example/tenant",
        "https://issuer.example/tenant2",
        "http://issuer.example/tenant",
    ] {
        assert_eq!(with_claim("iss", json!(issuer)), "oidc.issuer", "{issuer}");
    }
    assert_eq!(with_claim("iss", json!([ISSUER])), "oidc.claim-type");
    assert_eq!(outcome_of(&EC.sign(&without("iss"))), "oidc.missing-claim");
}

#[test]
fn subjects_are_short_plain_text() {
    assert_eq!(with_claim("sub", json!("x".repeat(255))), "accepted");
    for subject in ["", &"x".repeat(256), "a\nb", "a\u{0}"] {
        assert_eq!(with_claim("sub", json!(subject)), "oidc.subject");
    }
    for subject in [json!(17), json!(["alice"]), json!(null)] {
        assert_eq!(with_claim("sub", subject), "oidc.claim-type");
    }
    assert_eq!(outcome_of(&EC.sign(&without("sub"))), "oidc.missing-claim");
}

#[test]
fn every_audience_must_be_listed() {
    assert_eq!(with_claim("aud", json!([CLIENT])), "accepted");
    for audience in
        [json!("other"), json!("our-clien"), json!(["other"]), json!([]), json!(""), json!("our-client,other")]
    {
        assert_eq!(with_claim("aud", audience), "oidc.audience");
    }
    assert_eq!(with_claim("aud", json!("api")), "oidc.audience", "without an authorized party");
    for audience in [json!(null), json!({}), json!(1), json!([[CLIENT]]), json!([CLIENT, 1])] {
        assert_eq!(with_claim("aud", audience), "oidc.claim-type");
    }
    assert_eq!(outcome_of(&EC.sign(&without("aud"))), "oidc.missing-claim");
    assert_eq!(with_claim("aud", json!([CLIENT, "second-client"])), "oidc.authorized-party-missing");
    assert_eq!(with_claim("aud", json!([CLIENT, "other"])), "oidc.audience");
}

#[test]
fn an_authorized_party_becomes_the_audience() {
    let mut claims = changed("azp", json!(CLIENT));
    claims["aud"] = json!(["api", "second-client"]);
    let verified = verify(&EC.sign(&claims)).unwrap();
    assert_eq!(verified.audience(), CLIENT);
    assert_eq!(verified.into_said().original_audience, ["api", "second-client"]);
    assert_eq!(with_claim("azp", json!("other")), "oidc.authorized-party");
    assert_eq!(with_claim("azp", json!("api")), "oidc.authorized-party");
    assert_eq!(with_claim("azp", json!([CLIENT])), "oidc.claim-type");
    claims["aud"] = json!(["api", "other"]);
    assert_eq!(outcome_of(&EC.sign(&claims)), "oidc.audience");
}

#[test]
fn a_login_takes_only_its_own_clients_tokens() {
    let login = |claims: &Value| {
        outcome(verify_with(&EC.sign(claims), &keys(), |expected| expected.login_client = Some("second-client")))
    };
    assert_eq!(login(&claims(ISSUER)), "oidc.login-client");
    assert_eq!(login(&changed("aud", json!("second-client"))), "accepted");
    let mut both = changed("aud", json!([CLIENT, "second-client"]));
    both["azp"] = json!("second-client");
    assert_eq!(login(&both), "accepted");
    both["azp"] = json!(CLIENT);
    assert_eq!(login(&both), "oidc.login-client");
}

#[test]
fn times_are_numbers_within_the_tolerance() {
    let now = NOW.unix_timestamp();
    assert_eq!(with_claim("exp", json!(now - 59)), "accepted");
    assert_eq!(with_claim("exp", json!(now - 60)), "oidc.expired");
    assert_eq!(with_claim("exp", json!(now as f64 + 0.5)), "accepted");
    assert_eq!(with_claim("iat", json!(now + 60)), "accepted");
    assert_eq!(with_claim("iat", json!(now + 61)), "oidc.issued-in-future");
    assert_eq!(with_claim("nbf", json!(now + 60)), "accepted");
    assert_eq!(with_claim("nbf", json!(now + 61)), "oidc.not-yet-valid");
    for claim in ["exp", "iat", "nbf"] {
        for value in [json!(now.to_string()), json!(true), json!(null), json!([now])] {
            assert_eq!(with_claim(claim, value), "oidc.claim-type", "{claim}");
        }
        for value in [json!(-1), json!(u64::MAX), json!(1e300), json!(-0.5)] {
            assert_eq!(with_claim(claim, value), "oidc.time-range", "{claim}");
        }
        let endless = changed(claim, json!("@")).to_string().replace("\"@\"", "1e400");
        assert_eq!(outcome_of(&EC.sign_text(&EC.header().to_string(), &endless)), "oidc.json", "{claim}");
    }
    for claim in ["exp", "iat"] {
        assert_eq!(outcome_of(&EC.sign(&without(claim))), "oidc.missing-claim");
    }
}

#[test]
fn nonce_and_access_token_must_belong_to_the_login() {
    let nonce = |claims: &Value, nonce| {
        outcome(verify_with(&EC.sign(claims), &keys(), |expected| expected.nonce = Some(nonce)))
    };
    let claims_with = changed("nonce", json!("n-1"));
    assert_eq!(nonce(&claims_with, "n-1"), "accepted");
    assert_eq!(nonce(&claims_with, "n-2"), "oidc.nonce");
    assert_eq!(nonce(&claims(ISSUER), "n-1"), "oidc.missing-claim");
    assert_eq!(nonce(&changed("nonce", json!(["n-1"])), "n-1"), "oidc.claim-type");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"access");
    let access = |claims: &Value, token| {
        outcome(verify_with(&EC.sign(claims), &keys(), |expected| expected.access_token = Some(token)))
    };
    let hashed = changed("at_hash", json!(b64(&hash.as_ref()[..16])));
    assert_eq!(access(&hashed, "access"), "accepted");
    assert_eq!(access(&hashed, "another"), "oidc.access-token-hash");
    assert_eq!(access(&changed("at_hash", json!("")), "access"), "oidc.access-token-hash");
    assert_eq!(access(&claims_with, "access"), "accepted");
}

#[test]
fn refusals_do_not_quote_the_token() {
    let token = RSA.sign(&changed("aud", json!("other")));
    let mut trace = Trace::new("test");
    trace.refuse(&verify(&token).err().unwrap());
    let record = serde_json::to_string(&trace).unwrap();
    assert!(record.contains("oidc.audience"));
    assert!(token.split('.').all(|part| !record.contains(part)));
}
