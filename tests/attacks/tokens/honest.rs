//! What honest issuers send.

use super::keys::KEYS;
use super::row::{Good, Row, honest};
use super::world::{ACCESS, API, CODE};
use crate::oidc_issuer::{CLIENT, EC, RSA, Signer, b64};
use aws_lc_rs::digest::{SHA256, SHA384, digest};
use serde_json::{Value, json};

pub(super) fn rows() -> Vec<Row> {
    [algorithms(), headers(), claims(), times(), issuers()].into_iter().flatten().collect()
}

fn by(name: &str, key: fn() -> &'static Signer) -> Row {
    honest(name, "RFC 7518 3.1", move |good| key().sign(&good.claims()))
}

fn algorithms() -> Vec<Row> {
    vec![
        by("RS256", || &RSA),
        by("RS384", || &KEYS.rs384),
        by("RS512", || &KEYS.rs512),
        by("ES256", || &EC),
        by("ES384", || &KEYS.es384),
        by("ES512", || &KEYS.es512),
        by("PS256, by setting", || &KEYS.ps256).wide(),
        by("EdDSA, by setting", || &KEYS.eddsa).wide(),
        by("RS256 where PS256 is allowed", || &KEYS.of_another).wide(),
    ]
}

/// The good token under another header.
fn under(name: &str, reference: &'static str, header: fn(&Good) -> Value) -> Row {
    honest(name, reference, move |good| good.sign_text(&header(good).to_string(), &good.claims().to_string()))
}

fn headers() -> Vec<Row> {
    vec![
        under("no typ", "RFC 7519 5.1", |_| json!({"alg": "RS256", "kid": "rsa-1"})),
        under("typ jwt", "RFC 7519 5.1", |_| json!({"alg": "RS256", "kid": "rsa-1", "typ": "jwt"})),
        under("typ in full", "RFC 7515 4.1.9", |_| json!({"alg": "RS256", "kid": "rsa-1", "typ": "application/jwt"})),
        under(
            "names of certificates",
            "RFC 7515 4.1.7",
            |_| json!({"alg": "RS256", "kid": "rsa-1", "x5t": "AAAA", "x5t#S256": "AAAA", "nonce": "x"}),
        ),
        under(
            "a key's URL, which nobody follows",
            "RFC 7515 4.1.2",
            |good| json!({"alg": "RS256", "kid": "rsa-1", "jku": good.canary, "x5u": good.canary}),
        ),
        honest("no kid, one key of the algorithm", "RFC 7515 4.1.4", |good| {
            EC.sign_text(r#"{"alg":"ES256"}"#, &good.claims().to_string())
        }),
        honest("white space in the JSON", "RFC 8259 2", |good| {
            let spaced = |value: &Value| serde_json::to_string_pretty(value).unwrap().replace('\n', "\r\n\t");
            good.sign_text(&spaced(&RSA.header()), &spaced(&good.claims()))
        }),
        honest("escapes in the JSON", "RFC 8259 7", |good| good.sign_changed("\"alice\"", r#""\u0061lice""#)),
    ]
}

fn with(name: &str, reference: &'static str, claim: &'static str, value: Value) -> Row {
    honest(name, reference, move |good| good.sign(&good.with(claim, value.clone())))
}

fn claims() -> Vec<Row> {
    const CORE: &str = "Core 1.0 2";
    vec![
        with("one audience in a list", CORE, "aud", json!([CLIENT])),
        honest("two audiences and our party", CORE, |good| good.sign(&good.of_both(json!(CLIENT)))),
        honest("an API's audience beside ours", CORE, |good| {
            good.sign(&good.with_party(json!([CLIENT, API]), json!(CLIENT)))
        }),
        honest("one audience and a party", CORE, |good| good.sign(&good.with_party(json!(CLIENT), json!(CLIENT)))),
        with("a subject of 255 characters", CORE, "sub", json!("x".repeat(255))),
        with("a subject of other scripts", CORE, "sub", json!("Ærøskøbing-Ωμέγα-東京")),
        with("a subject with every sign", CORE, "sub", json!("auth0|a/b:c%d&e<f>*?${aws:userid}")),
        honest("the hash of the access token", "Core 1.0 3.1.3.6", |good| {
            let hash = b64(&digest(&SHA256, ACCESS.as_bytes()).as_ref()[..16]);
            good.sign(&good.with("at_hash", json!(hash)))
        }),
        honest("the hash of the code, by ES384", "Core 1.0 3.3.2.11", |good| {
            let hash = b64(&digest(&SHA384, CODE.as_bytes()).as_ref()[..24]);
            KEYS.es384.sign(&good.with("c_hash", json!(hash)))
        }),
        with("two hundred groups", CORE, "groups", (0..200).map(|n| json!(format!("cn=group-{n},ou=staff"))).collect()),
        with(
            "claims of every type",
            "RFC 7519 4.3",
            "x",
            json!({"a": [1, -2.5e-3, true, null, {"b": [[["c"]]]}], "": ""}),
        ),
        with("a claim that is null", "RFC 7519 4.3", "amr", Value::Null),
    ]
}

fn times() -> Vec<Row> {
    const DATE: &str = "RFC 7519 2";
    let at = |name, claim: &'static str, seconds: f64| {
        honest(name, DATE, move |good| good.sign(&good.with(claim, json!(good.now as f64 + seconds))))
    };
    vec![
        at("expired within the tolerance", "exp", -59.0),
        at("issued within the tolerance", "iat", 60.0),
        at("valid within the tolerance", "nbf", 60.0),
        at("a fraction of a second", "exp", 0.5),
        at("issued a day ago", "iat", -86_400.0),
    ]
}

/// As these issuers write them.
fn issuers() -> Vec<Row> {
    let merged = |name, reference, more: Value| {
        honest(name, reference, move |good: &Good| {
            let mut claims = good.claims();
            claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            good.sign(&claims)
        })
    };
    vec![
        merged(
            "GitHub Actions",
            "docs.github.com, OIDC reference",
            json!({"sub": "repo:octo-org/octo-repo:environment:prod", "jti": "example-id", "environment": "prod",
                "repository": "octo-org/octo-repo", "ref": "refs/heads/main", "run_attempt": "2",
                "job_workflow_ref": "octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main"}),
        ),
        merged(
            "GitLab",
            "docs.gitlab.com, ID tokens",
            json!({"sub": "project_path:my-group/my-project:ref_type:branch:ref:feature-branch-1",
                "namespace_id": "72", "ref_protected": "false", "groups_direct": ["mygroup/mysubgroup"]}),
        ),
        merged(
            "Kubernetes",
            "kubernetes.io, service accounts",
            json!({"sub": "system:serviceaccount:default:builder", "aud": [CLIENT], "kubernetes.io": {
                "namespace": "default", "pod": {"name": "builder-1", "uid": "6f1b"},
                "serviceaccount": {"name": "builder", "uid": "7a2c"}, "warnafter": 1_924_995_607}}),
        ),
        merged(
            "Google",
            "developers.google.com, OpenID Connect",
            json!({"sub": "10769150350006150715113082367", "azp": CLIENT, "hd": "example.com", "locale": "en",
                "picture": "https://lh3.googleusercontent.com/a/x=s96-c"}),
        ),
        merged(
            "Entra ID",
            "learn.microsoft.com, ID token claims",
            json!({"ver": "2.0", "oid": "00000000-0000-0000-66f3-3332eca7ea81", "tid": "9122040d-6c67",
                "preferred_username": "alice@example.com", "uti": "fqiBqXLPj0eQa82S-IYFAA", "rh": "0.A.."}),
        ),
        merged(
            "Keycloak",
            "keycloak.org, securing applications",
            json!({"typ": "ID", "azp": CLIENT, "sid": "b4a5", "acr": "1", "auth_time": 1_924_991_990,
                "realm_access": {"roles": ["offline_access"]}}),
        ),
        merged(
            "tags and source identity",
            "IAM guide, session tags by OIDC",
            json!({"https://aws.amazon.com/source_identity": "alice", "https://aws.amazon.com/tags": {
                "principal_tags": {"team": ["ops"]}, "transitive_tag_keys": ["team"]}}),
        ),
    ]
}
