//! Signatures that are not there, not right, or right for somebody else's eyes.

use super::keys::KEYS;
use super::row::{Good, Row, hostile, parts};
use crate::oidc_issuer::{CLIENT, EC, RSA, Signer, b64};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::BigNum;
use serde_json::json;
use std::sync::LazyLock;

static STRANGER: LazyLock<Signer> = LazyLock::new(|| Signer::rsa("rsa-1"));

pub(super) fn rows() -> Vec<Row> {
    [missing_or_changed(), of_curves(), of_rsa(), of_others()].into_iter().flatten().collect()
}

fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

/// The good token with another signature.
fn replaced(good: &Good, change: impl Fn(Vec<u8>) -> Vec<u8>) -> String {
    let [header, payload, signature] = parts(&good.token());
    format!("{header}.{payload}.{}", b64(&change(decoded(&signature))))
}

fn missing_or_changed() -> Vec<Row> {
    const RFC: &str = "RFC 7515 5.2";
    let with = |name, change: fn(Vec<u8>) -> Vec<u8>| {
        hostile("E3", name, RFC, "oidc.signature", move |good| replaced(good, change))
    };
    let mut rows = vec![
        with("empty signature", |_| Vec::new()),
        with("a signature of zeros", |old| vec![0; old.len()]),
        with("a signature of ones", |old| vec![0xff; old.len()]),
        with("a signature cut by a byte", |old| old[..old.len() - 1].to_vec()),
        with("a signature and a byte", |old| [&old[..], &[0]].concat()),
        with("a zero before the signature", |old| [&[0], &old[..]].concat()),
        with("one bit of the signature", |mut old| {
            old[100] ^= 1;
            old
        }),
    ];
    rows.push(hostile("E3", "the signature part is taken away", RFC, "oidc.not-a-jwt", |good| {
        let [header, payload, _] = parts(&good.token());
        format!("{header}.{payload}")
    }));
    rows.push(hostile("E3", "the signature of another token", RFC, "oidc.signature", |good| {
        let [header, payload, _] = parts(&good.token());
        format!("{header}.{payload}.{}", parts(&good.sign(&good.with("jti", json!("2"))))[2])
    }));
    rows.push(hostile("E3", "another subject under the signature", RFC, "oidc.signature", |good| {
        let [header, _, signature] = parts(&good.token());
        format!("{header}.{}.{signature}", b64(good.with("sub", json!("mallory")).to_string().as_bytes()))
    }));
    rows.push(hostile("E3", "a header written otherwise", RFC, "oidc.signature", |good| {
        let [_, payload, signature] = parts(&good.token());
        let header = RSA.header().to_string().replace("\":", "\": ");
        format!("{}.{payload}.{signature}", b64(header.as_bytes()))
    }));
    rows.push(hostile("E3", "a stranger's, under the key's id", RFC, "oidc.signature", |good| {
        STRANGER.sign(&good.claims())
    }));
    rows
}

/// The order of P-256.
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

fn of_curves() -> Vec<Row> {
    const PSYCHIC: &str = "CVE-2022-21449";
    let order = || BigNum::from_hex_str(ORDER).unwrap().to_vec();
    let one = [vec![0; 31], vec![1]].concat();
    let pairs: [(&str, Vec<u8>); 6] = [
        ("r = s = 0", vec![0; 64]),
        ("r = s = n", [order(), order()].concat()),
        ("r = n, s = 1", [order(), one.clone()].concat()),
        ("r = 0, s = 1", [vec![0; 32], one.clone()].concat()),
        ("r = 1, s = 0", [one, vec![0; 32]].concat()),
        ("r and s of all bits", vec![0xff; 64]),
    ];
    let mut rows: Vec<Row> = pairs
        .into_iter()
        .map(|(name, signature)| {
            hostile("E5", format!("ES256 with {name}"), PSYCHIC, "oidc.signature", move |good| {
                good.signed_otherwise(&EC.header(), |_| signature.clone())
            })
        })
        .collect();
    let changed = |name, reference, change: fn(&[u8]) -> Vec<u8>| {
        hostile("E5", name, reference, "oidc.signature", move |good| {
            let [header, payload, signature] = parts(&EC.sign(&good.claims()));
            format!("{header}.{payload}.{}", b64(&change(&decoded(&signature))))
        })
    };
    rows.push(changed("ES256 in ASN.1", "RFC 7518 3.4", |raw| {
        let number = |part: &[u8]| BigNum::from_slice(part).unwrap();
        openssl::ecdsa::EcdsaSig::from_private_components(number(&raw[..32]), number(&raw[32..]))
            .and_then(|signature| signature.to_der())
            .unwrap()
    }));
    rows.push(changed("ES256 with numbers of 33 bytes", "RFC 7518 3.4", |raw| {
        [&[0][..], &raw[..32], &[0][..], &raw[32..]].concat()
    }));
    for signer in [&KEYS.es384, &KEYS.es512] {
        let length = if signer.id() == "es384" { 96 } else { 132 };
        let name = format!("{} with r = s = 0", signer.id());
        rows.push(hostile("E5", name, PSYCHIC, "oidc.signature", move |good| {
            good.signed_otherwise(&signer.header(), |_| vec![0; length])
        }));
    }
    rows.extend([
        hostile("E5", "EdDSA with S + L", "RFC 8032 8.4", "oidc.signature", |good| {
            let [header, payload, signature] = parts(&KEYS.eddsa.sign(&good.claims()));
            let mut signature = decoded(&signature);
            add_the_order(&mut signature[32..]);
            format!("{header}.{payload}.{}", b64(&signature))
        })
        .wide(),
        hostile("E5", "EdDSA with zeros", "RFC 8032 5.1.7", "oidc.signature", |good| {
            good.signed_otherwise(&KEYS.eddsa.header(), |_| vec![0; 64])
        })
        .wide(),
        hostile("E5", "EdDSA by a point of small order", "RFC 8032 5.1.7", "oidc.broken-key", |good| {
            // R is the neutral point and S is nothing: it holds for every text.
            let header = json!({"alg": "EdDSA", "kid": "small"});
            good.signed_otherwise(&header, |_| [&[1][..], &[0; 63]].concat())
        })
        .wide(),
    ]);
    rows
}

/// Adds the order of Ed25519's group to a little-endian number.
fn add_the_order(number: &mut [u8]) {
    let order = BigNum::from_hex_str("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed").unwrap();
    let reversed: Vec<u8> = number.iter().rev().copied().collect();
    let sum = &BigNum::from_slice(&reversed).unwrap() + &order;
    number.copy_from_slice(&sum.to_vec_padded(32).unwrap().into_iter().rev().collect::<Vec<u8>>());
}

fn of_rsa() -> Vec<Row> {
    vec![
        hostile("E5", "RS256 with the modulus added", "RFC 8017 5.2.2", "oidc.signature", |good| {
            // Below 2^2048 for about every second token, so the token is made again until it is.
            (0..1_000)
                .find_map(|number| {
                    let [header, payload, signature] = parts(&good.sign(&good.with("jti", json!(number))));
                    let modulus = BigNum::from_slice(&decoded(RSA.jwk["n"].as_str().unwrap())).unwrap();
                    let sum = (&BigNum::from_slice(&decoded(&signature)).unwrap() + &modulus).to_vec();
                    (sum.len() == 256).then(|| format!("{header}.{payload}.{}", b64(&sum)))
                })
                .expect("one that is short enough")
        }),
        hostile("E5", "RS256 that is PSS inside", "RFC 8725 3.1", "oidc.signature", |good| {
            let header = json!({"alg": "RS256", "kid": "ps256"}).to_string();
            KEYS.ps256.sign_text(&header, &good.claims().to_string())
        })
        .wide(),
        hostile("E5", "PS256 that is PKCS #1 inside", "RFC 8725 3.1", "oidc.signature", |good| {
            let header = json!({"alg": "PS256", "kid": "of-another"}).to_string();
            KEYS.of_another.sign_text(&header, &good.claims().to_string())
        })
        .wide(),
        hostile("E5", "RS512 that is RS384 inside", "RFC 8725 3.1", "oidc.signature", |good| {
            let header = json!({"alg": "RS512", "kid": "rs384"}).to_string();
            KEYS.rs384.sign_text(&header, &good.claims().to_string())
        }),
    ]
}

/// Two issuers, one house.
fn of_others() -> Vec<Row> {
    vec![
        hostile("E26", "another registered issuer's key", "RFC 8725 3.8", "oidc.unknown-key", |good| {
            KEYS.of_another.sign(&good.claims())
        }),
        hostile("E26", "another registered issuer's name", "RFC 8725 3.8", "oidc.issuer", |good| {
            // At the API the name decides whose keys are asked, and there the key is not.
            KEYS.rs384.sign(&good.with("iss", json!(good.other_issuer)))
        })
        .api("oidc.unknown-key"),
        hostile("E26", "for another client of another issuer", "RFC 8725 3.8", "oidc.issuer", |good| {
            let claims = json!({"iss": "https://accounts.google.com", "sub": "alice", "aud": CLIENT,
                "iat": good.now, "exp": good.now + 600, "nonce": good.nonce});
            good.sign(&claims)
        })
        .api("oidc.unknown-issuer"),
    ]
}
