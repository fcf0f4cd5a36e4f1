//! Genuine tokens of another attempt. The API knows of no attempt and takes them.

use super::super::table::ACCEPTED;
use super::row::{Row, claim, hostile};
use super::world::{ACCESS, CODE};
use crate::oidc_issuer::b64;
use aws_lc_rs::digest::{SHA256, SHA512, digest};
use serde_json::{Value, json};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        claim("E22", "another nonce", "Core 1.0 3.1.3.7", "oidc.nonce", "nonce", json!("another")),
        claim("E22", "an empty nonce", "Core 1.0 3.1.3.7", "oidc.nonce", "nonce", json!("")),
        claim("E22", "a nonce that is null", "Core 1.0 3.1.3.7", "oidc.claim-type", "nonce", Value::Null),
        hostile("E22", "a list with the nonce", "Core 1.0 3.1.3.7", "oidc.claim-type", |good| {
            good.sign(&good.with("nonce", json!([good.nonce])))
        }),
        hostile("E22", "the nonce and more", "Core 1.0 3.1.3.7", "oidc.nonce", |good| {
            good.sign(&good.with("nonce", json!(format!("{} ", good.nonce))))
        }),
        hostile("E22", "no nonce", "Core 1.0 3.1.3.7", "oidc.missing-claim", |good| {
            let mut claims = good.claims();
            claims.as_object_mut().unwrap().remove("nonce");
            good.sign(&claims)
        }),
    ];
    for (claim_name, came, code, reference) in [
        ("at_hash", ACCESS, "oidc.access-token-hash", "Core 1.0 3.1.3.6"),
        ("c_hash", CODE, "oidc.code-hash", "Core 1.0 3.3.2.11"),
    ] {
        let half = |algorithm, text: &str, bytes: usize| b64(&digest(algorithm, text.as_bytes()).as_ref()[..bytes]);
        for (name, value) in [
            ("of another", json!(half(&SHA256, "another", 16))),
            ("whole", json!(half(&SHA256, came, 32))),
            ("short", json!(half(&SHA256, came, 15))),
            ("by another digest", json!(half(&SHA512, came, 32))),
            ("empty", json!("")),
            ("with padding", json!(format!("{}==", half(&SHA256, came, 16)))),
        ] {
            rows.push(claim("E22", format!("{claim_name}: {name}"), reference, code, claim_name, value));
        }
    }
    let of_the_attempt = rows.into_iter().map(|row| row.api(ACCEPTED));
    let broken = ["at_hash", "c_hash"]
        .map(|name| claim("E22", format!("{name}: a number"), "Core 1.0 3.1.3.6", "oidc.claim-type", name, json!(1)));
    let [at_hash, c_hash] = broken;
    of_the_attempt.chain([at_hash, c_hash.api(ACCEPTED)]).collect()
}
