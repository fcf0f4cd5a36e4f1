//! What a header says and may not decide: the algorithm, the key, extensions, the kind of token.

use super::row::{Row, header, hostile, parts};
use crate::oidc_issuer::{RSA, Signer, b64};
use aws_lc_rs::hmac;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Who puts his own key into the header.
static MALLORY: LazyLock<Signer> = LazyLock::new(|| Signer::rsa("rsa-1"));

pub(super) fn rows() -> Vec<Row> {
    [none(), hmac_keys(), keys_in_the_header(), key_ids(), extensions(), types()].into_iter().flatten().collect()
}

fn none() -> Vec<Row> {
    const JOSE: &str = "CVE-2015-9235";
    let mut rows: Vec<Row> = ["none", "None", "NONE", "nOnE", "none ", "", "rs256", "RS256\u{0}", "RSA1_5", "ES256K"]
        .into_iter()
        .map(|name| header("E1", format!("alg {name:?}"), JOSE, "oidc.algorithm", "alg", json!(name)))
        .collect();
    for (name, value) in [
        ("null", Value::Null),
        ("a list", json!(["RS256"])),
        ("an object", json!({"RS256": "none"})),
        ("a number", json!(0)),
    ] {
        rows.push(header("E1", format!("alg {name}"), "CVE-2024-48916", "oidc.algorithm", "alg", value));
    }
    rows.push(hostile("E1", "alg left out", "RFC 7515 4.1.1", "oidc.algorithm", |good| {
        good.sign_text(r#"{"kid":"rsa-1","typ":"JWT"}"#, &good.claims().to_string())
    }));
    rows.push(hostile("E1", "alg none, no signature", "CVE-2016-10555", "oidc.algorithm", |good| {
        good.signed_otherwise(&json!({"alg": "none", "typ": "JWT"}), |_| Vec::new())
    }));
    for name in ["PS256", "EdDSA", "PS384", "Ed25519"] {
        let title = format!("{name}, which the provider does not allow");
        rows.push(header("E1", title, "RFC 8725 3.1", "oidc.algorithm", "alg", json!(name)));
    }
    rows
}

/// HMAC, by whatever public text a library might take for the secret.
fn hmac_keys() -> Vec<Row> {
    let public = || openssl::rsa::Rsa::from_public_components(number("n"), number("e")).unwrap();
    let secrets: [(&str, Vec<u8>); 7] = [
        ("PEM of the key", public().public_key_to_pem().unwrap()),
        ("PKCS #1 PEM of the key", public().public_key_to_pem_pkcs1().unwrap()),
        ("DER of the key", public().public_key_to_der().unwrap()),
        ("modulus", number("n").to_vec()),
        ("modulus, as text", RSA.jwk["n"].as_str().unwrap().into()),
        ("JWK", RSA.jwk.to_string().into()),
        ("nothing", Vec::new()),
    ];
    let mac = |algorithm, key: &[u8], signed: &str| {
        hmac::sign(&hmac::Key::new(algorithm, key), signed.as_bytes()).as_ref().to_vec()
    };
    let mut rows: Vec<Row> = secrets
        .into_iter()
        .map(|(name, secret)| {
            hostile("E2", format!("HS256 with {name}"), "CVE-2016-5431", "oidc.algorithm", move |good| {
                good.signed_otherwise(&json!({"alg": "HS256", "kid": "rsa-1"}), |signed| {
                    mac(hmac::HMAC_SHA256, &secret, signed)
                })
            })
        })
        .collect();
    rows.push(hostile("E2", "HS256 with a secret of the key set", "RFC 7518 6.4", "oidc.algorithm", move |good| {
        good.signed_otherwise(&json!({"alg": "HS256", "kid": "shared"}), |signed| {
            mac(hmac::HMAC_SHA256, b"secret", signed)
        })
    }));
    rows.push(hostile("E2", "HS512 with PEM of the key", "CVE-2024-54150", "oidc.algorithm", move |good| {
        let pem = public().public_key_to_pem().unwrap();
        good.signed_otherwise(&json!({"alg": "HS512", "kid": "rsa-1"}), |signed| mac(hmac::HMAC_SHA512, &pem, signed))
    }));
    rows
}

fn number(member: &str) -> openssl::bn::BigNum {
    use base64::Engine;
    let text = RSA.jwk[member].as_str().unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap();
    openssl::bn::BigNum::from_slice(&bytes).unwrap()
}

/// Mallory signs, and the header says by which key.
fn keys_in_the_header() -> Vec<Row> {
    let by_mallory = |member: &'static str, value: fn(&str) -> Value, id: &'static str, code| {
        let name = format!("{member}, under the id {id}");
        hostile("E7", name, "CVE-2018-0114", code, move |good| {
            let mut header = MALLORY.header();
            header["kid"] = json!(id);
            header[member] = value(&good.canary);
            MALLORY.sign_text(&header.to_string(), &good.claims().to_string())
        })
    };
    let url: fn(&str) -> Value = |canary| json!(format!("{canary}keys"));
    let own: fn(&str) -> Value = |_| MALLORY.jwk.clone();
    let chain: fn(&str) -> Value = |_| json!(["MIIB"]);
    vec![
        by_mallory("jwk", own, "rsa-1", "oidc.signature"),
        by_mallory("jwk", own, "of-mallory", "oidc.unknown-key"),
        by_mallory("jku", url, "rsa-1", "oidc.signature"),
        by_mallory("jku", url, "of-mallory", "oidc.unknown-key"),
        by_mallory("x5u", url, "rsa-1", "oidc.signature"),
        by_mallory("x5c", chain, "rsa-1", "oidc.signature"),
        by_mallory("x5c", chain, "of-mallory", "oidc.unknown-key"),
    ]
}

fn key_ids() -> Vec<Row> {
    const RFC: &str = "RFC 8725 3.10";
    let unknown = [
        ("a path", "../../../../dev/null"),
        ("SQL", "rsa-1' UNION SELECT 'secret"),
        ("a command", "rsa-1; id"),
        ("NUL behind the id", "rsa-1\u{0}"),
        ("a blank behind the id", "rsa-1 "),
        ("another case", "RSA-1"),
        ("a part of the id", "rsa"),
    ];
    let unknown = unknown.map(|(name, id)| header("E8", name, RFC, "oidc.unknown-key", "kid", json!(id)));
    let refused = [
        ("a number", json!(1)),
        ("a list", json!(["rsa-1"])),
        ("an object", json!({"rsa-1": 1})),
        ("null", Value::Null),
        ("empty", json!("")),
        ("257 bytes", json!("k".repeat(257))),
    ];
    let refused = refused.map(|(name, id)| header("E8", name, RFC, "oidc.key-id", "kid", id));
    let mut rows: Vec<Row> = unknown.into_iter().chain(refused).collect();
    rows.push(hostile("E8", "a URL", RFC, "oidc.unknown-key", |good| good.with_header("kid", json!(good.canary))));
    rows.push(header("E8", "70 kB", RFC, "oidc.too-long", "kid", json!("k".repeat(70_000))).api("sts.parameters"));
    rows.push(hostile("E8", "none, where several keys fit", RFC, "oidc.key-id-missing", |good| {
        good.sign_text(r#"{"alg":"RS256"}"#, &good.claims().to_string())
    }));
    rows
}

fn extensions() -> Vec<Row> {
    let critical = [
        ("unknown", json!(["mfa"])),
        ("empty", json!([])),
        ("a text", json!("exp")),
        ("null", Value::Null),
        ("a standard name", json!(["alg"])),
        ("what is there", json!(["kid"])),
        ("b64", json!(["b64"])),
    ];
    let mut rows: Vec<Row> = critical
        .into_iter()
        .map(|(name, value)| {
            header("E10", format!("crit: {name}"), "CVE-2025-59420", "oidc.critical-header", "crit", value)
        })
        .collect();
    for (name, reference, member, value) in [
        ("b64 false", "RFC 7797", "b64", json!(false)),
        ("b64 true", "RFC 7797", "b64", json!(true)),
        ("zip", "CVE-2024-21319", "zip", json!("DEF")),
        ("enc", "RFC 7516 4.1.2", "enc", json!("A128GCM")),
        ("cty", "RFC 7519 5.2", "cty", json!("JWT")),
    ] {
        rows.push(header("E11", name, reference, "oidc.header-member", member, value));
    }
    rows.push(hostile("E11", "a token in a token", "RFC 7519 5.2", "oidc.json", |good| {
        good.sign_text(&RSA.header().to_string(), &good.token())
    }));
    rows.push(hostile("E11", "encrypted, compact", "CVE-2024-28180", "oidc.encrypted", |good| {
        let [_, payload, signature] = parts(&good.token());
        let header = b64(br#"{"alg":"RSA-OAEP","enc":"A128GCM","zip":"DEF"}"#);
        format!("{header}.{signature}.AAAAAAAAAAAAAAAA.{payload}.AAAAAAAAAAAAAAAAAAAAAA")
    }));
    let serialised = |name, general: bool| {
        hostile("E11", name, "CVE-2022-39227", "oidc.not-a-jwt", move |good| {
            let [header, payload, signature] = parts(&good.token());
            let signature = json!({"protected": header, "signature": signature});
            match general {
                true => json!({"payload": payload, "signatures": [signature]}).to_string(),
                false => {
                    json!({"payload": payload, "protected": header, "signature": signature["signature"]}).to_string()
                }
            }
        })
    };
    rows.extend([serialised("JSON, flattened", false), serialised("JSON, general", true)]);
    rows.push(hostile("E12", "PBES2 with a count of 2^31", "CVE-2023-52428", "oidc.algorithm", |good| {
        let header = json!({"alg": "PBES2-HS256+A128KW", "p2c": 2_147_483_648_u32, "p2s": "AAAA", "kid": "rsa-1"});
        good.signed_otherwise(&header, |_| vec![0; 32])
    }));
    rows.push(
        hostile("E12", "100,000 dots", "CVE-2025-30204", "oidc.too-long", |_| ".".repeat(100_000))
            .api("sts.parameters"),
    );
    rows.push(hostile("E12", "20,000 dots", "CVE-2025-30204", "oidc.not-a-jwt", |_| ".".repeat(20_000)));
    rows
}

fn types() -> Vec<Row> {
    const RFC: &str = "RFC 8725 3.11";
    let mut rows: Vec<Row> = [
        ("an access token", json!("at+jwt"), "RFC 9068 4"),
        ("an access token, in full", json!("application/at+jwt"), "RFC 9068 2.1"),
        ("an access token, in capitals", json!("AT+JWT"), "RFC 9068 2.1"),
        ("a logout token", json!("logout+jwt"), "Back-Channel Logout 1.0 2.4"),
        ("a security event", json!("secevent+jwt"), "RFC 8417 2.3"),
        ("a proof of possession", json!("dpop+jwt"), "RFC 9449 4.2"),
        ("an authorization request", json!("oauth-authz-req+jwt"), "RFC 9101 10.8"),
        ("a verifiable credential", json!("vc+sd-jwt"), "CVE-2022-3102"),
        ("an empty type", json!(""), RFC),
        ("a type that is a number", json!(1), RFC),
        ("a type that is null", Value::Null, RFC),
        ("a type that is a list", json!(["JWT"]), RFC),
    ]
    .into_iter()
    .map(|(name, value, reference)| header("E13", name, reference, "oidc.token-type", "typ", value))
    .collect();
    rows.push(hostile("E13", "a logout token without a type", "Back-Channel Logout 1.0 2.4", "oidc.events", |good| {
        let event = "http://schemas.openid.net/event/backchannel-logout";
        let claims = good.with("events", json!({ event: {} }));
        good.sign_text(r#"{"alg":"RS256","kid":"rsa-1"}"#, &claims.to_string())
    }));
    rows
}
