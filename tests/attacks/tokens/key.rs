//! Genuine signatures by keys that are published and should not be trusted.

use super::keys::{KEYS, OddRsa};
use super::row::{Good, Row, hostile};
use crate::oidc_issuer::{EC, RSA};
use serde_json::json;

pub(super) fn rows() -> Vec<Row> {
    [purposes(), weak(), malformed()].into_iter().flatten().collect()
}

/// Keys whose issuer says what they are for, and it is not this.
fn purposes() -> Vec<Row> {
    let misused = |name, id: &'static str, reference, code| {
        hostile("E4", name, reference, code, move |good: &Good| KEYS.misused(id).sign(&good.claims()))
    };
    let other = |name, header: serde_json::Value, code| {
        hostile("E4", name, "RFC 8725 3.1", code, move |good: &Good| {
            let header = header.to_string();
            match header.contains("es384") {
                true => KEYS.es384.sign_text(&header, &good.claims().to_string()),
                false => EC.sign_text(&header, &good.claims().to_string()),
            }
        })
    };
    vec![
        misused("a key for encryption, by use", "encrypts", "RFC 7517 4.2", "oidc.key-use"),
        misused("a key for encryption, by key_ops", "operates-encrypt", "RFC 7517 4.3", "oidc.key-operations"),
        misused("a key with key_ops that is no list", "operates-text", "RFC 7517 4.3", "oidc.key-operations"),
        misused("a key for RSA-OAEP", "is-for-oaep", "RFC 7517 4.4", "oidc.key-algorithm"),
        misused("an RSA key for HS256", "is-for-hmac", "RFC 7517 4.4", "oidc.key-algorithm"),
        misused("a key for RS384 under RS256", "is-for-rs384", "RFC 7517 4.4", "oidc.key-algorithm"),
        other("P-384 under ES256", json!({"alg": "ES256", "kid": "es384"}), "oidc.key-algorithm"),
        other("P-256 under ES384", json!({"alg": "ES384", "kid": "ec-1"}), "oidc.key-algorithm"),
        other("RS256 with a curve's key", json!({"alg": "RS256", "kid": "ec-1"}), "oidc.key-algorithm"),
        other("ES256 with an RSA key", json!({"alg": "ES256", "kid": "rsa-1"}), "oidc.key-algorithm"),
        other("ES512 with P-384", json!({"alg": "ES512", "kid": "es384"}), "oidc.key-algorithm"),
    ]
}

fn weak() -> Vec<Row> {
    let odd = |name, reference, code, key: fn() -> &'static OddRsa| {
        hostile("E6", name, reference, code, move |good: &Good| key().sign(&good.claims()))
    };
    vec![
        odd("RSA of 1024 bits", "RFC 7518 3.3", "oidc.key-size", || &KEYS.short),
        odd("RSA with the exponent 3", "Bleichenbacher 2006", "oidc.key-exponent", || &KEYS.cubic),
        odd("RSA that can be factored", "CVE-2017-15361", "oidc.factorable-key", || &KEYS.factorable),
        // With the exponent 1 the signature is the padded text, and everybody can write that.
        hostile("E6", "RSA with the exponent 1", "NIST SP 800-56B 6.2", "oidc.key-exponent", |good| {
            good.signed_otherwise(&json!({"alg": "RS256", "kid": "everybody"}), |signed| {
                let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, signed.as_bytes());
                const INFO: [u8; 20] =
                    [0, 0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
                [&[0, 1][..], &[0xff; 202], &INFO, digest.as_ref()].concat()
            })
        }),
        hostile("E6", "RSA with an even exponent", "RFC 8017 3.1", "oidc.key-exponent", |good| {
            RSA.sign_text(r#"{"alg":"RS256","kid":"even"}"#, &good.claims().to_string())
        }),
    ]
}

/// Entries of the set that are no keys; the others of the set serve on, as every other row shows.
fn malformed() -> Vec<Row> {
    let named = |threat, name, reference, code, header: &'static str| {
        hostile(threat, name, reference, code, move |good: &Good| {
            let signer = if header.contains("RS256") { &*RSA } else { &*EC };
            signer.sign_text(header, &good.claims().to_string())
        })
    };
    const SET: &str = "RFC 7517 5";
    vec![
        named("F6", "a modulus with padding", SET, "oidc.broken-key", r#"{"alg":"RS256","kid":"padded"}"#),
        named("F6", "a shared secret", SET, "oidc.key-type", r#"{"alg":"RS256","kid":"shared"}"#),
        named("E4", "a point off its curve", "RFC 7518 6.2", "oidc.broken-key", r#"{"alg":"ES256","kid":"off-curve"}"#),
        named("E4", "another curve", "RFC 7518 7.6", "oidc.key-type", r#"{"alg":"ES256","kid":"koblitz"}"#),
        named(
            "E4",
            "a P-384 point called P-256",
            "RFC 7518 6.2",
            "oidc.broken-key",
            r#"{"alg":"ES256","kid":"renamed"}"#,
        ),
    ]
}
