//! Genuinely signed claims that are not those of an ID token for this house, now.

use super::super::table::ACCEPTED;
use super::row::{Good, Row, claim, hostile, without};
use super::world::{API, SECOND};
use crate::oidc_issuer::{CLIENT, RSA};
use serde_json::{Value, json};

/// Issuer and subject.
pub(super) fn rows() -> Vec<Row> {
    issuers().into_iter().chain(subjects()).collect()
}

fn issuers() -> Vec<Row> {
    let other = |name, reference, change: fn(&str) -> String| {
        hostile("E18", name, reference, "oidc.issuer", move |good: &Good| {
            good.sign(&good.with("iss", json!(change(&good.issuer))))
        })
        .api("oidc.unknown-issuer")
    };
    const CORE: &str = "Core 1.0 3.1.3.7";
    vec![
        other("a slash behind", CORE, |iss| format!("{iss}/")),
        other("a path behind", "CVE-2024-53861", |iss| format!("{iss}/tenant")),
        other("a part of it", "CVE-2024-53861", |iss| iss[..iss.len() - 1].to_owned()),
        other("another case", CORE, |iss| iss.replace("http", "HTTP")),
        other("https instead", CORE, |iss| iss.replace("http:", "https:")),
        other("a user name in it", CORE, |iss| iss.replace("//", "//user@")),
        other("it as a user name", CORE, |iss| format!("{iss}@evil.example")),
        other("a blank behind", CORE, |iss| format!("{iss} ")),
        other("nothing", CORE, |_| String::new()),
        without("E18", CORE, "iss"),
        hostile("E18", "a list", "CVE-2025-30144", "oidc.claim-type", |good| {
            good.sign(&good.with("iss", json!([good.issuer, "https://evil.example"])))
        }),
        claim("E18", "null", CORE, "oidc.claim-type", "iss", Value::Null),
        claim("E18", "a number", CORE, "oidc.claim-type", "iss", json!(7)),
    ]
}

fn subjects() -> Vec<Row> {
    const CORE: &str = "Core 1.0 2";
    let mut rows = vec![without("E21", CORE, "sub")];
    for (name, value) in [
        ("empty", json!("")),
        ("256 characters", json!("x".repeat(256))),
        ("a line break in it", json!("alice\nadmin")),
        ("NUL in it", json!("alice\u{0}")),
        ("an escape in it", json!("\u{1b}[2Jalice")),
        ("DEL in it", json!("alice\u{7f}")),
    ] {
        rows.push(claim("E21", name, CORE, "oidc.subject", "sub", value));
    }
    for (name, value) in [
        ("a number", json!(17)),
        ("a list", json!(["alice"])),
        ("an object", json!({"name": "alice"})),
        ("null", Value::Null),
        ("true", json!(true)),
    ] {
        rows.push(claim("E21", name, CORE, "oidc.claim-type", "sub", value));
    }
    rows
}

pub(super) fn time_rows() -> Vec<Row> {
    const DATE: &str = "RFC 7519 2";
    let mut rows = vec![without("E16", "RFC 7519 4.1.4", "exp"), without("E16", "Core 1.0 2", "iat")];
    for name in ["exp", "iat", "nbf"] {
        for (what, value) in
            [("a text", json!("1925000000")), ("true", json!(true)), ("null", Value::Null), ("a list", json!([1]))]
        {
            rows.push(claim("E16", format!("{name}: {what}"), "CVE-2026-25537", "oidc.claim-type", name, value));
        }
        for (what, value) in [
            ("before 1970", json!(-1)),
            ("2^64 - 1", json!(u64::MAX)),
            ("1e300", json!(1e300)),
            ("the year 10000", json!(253_402_300_800_u64)),
        ] {
            rows.push(claim("E16", format!("{name}: {what}"), DATE, "oidc.time-range", name, value));
        }
        rows.push(hostile("E16", format!("{name}: 1e400"), "RFC 8259 6", "oidc.json", move |good| {
            let text = good.with(name, json!("@")).to_string().replace("\"@\"", "1e400");
            good.sign_text(&RSA.header().to_string(), &text)
        }));
    }
    let relative = |name, reference, code, member: &'static str, seconds: i64| {
        hostile("E16", name, reference, code, move |good: &Good| {
            good.sign(&good.with(member, json!(good.now + seconds)))
        })
    };
    rows.extend([
        relative("expired beyond the tolerance", "RFC 7519 4.1.4", "oidc.expired", "exp", -60),
        relative("expired ten years ago", "RFC 7519 4.1.4", "oidc.expired", "exp", -315_360_000),
        relative("of the future", "Core 1.0 3.1.3.7", "oidc.issued-in-future", "iat", 61),
        relative("not valid yet", "RFC 7519 4.1.5", "oidc.not-yet-valid", "nbf", 61),
    ]);
    // The STS caps no session by its token's end, and sets a token no longest life: the role's maximum ends the session.
    rows.push(hostile("E17", "good for ten years", "AWS STS, measured", ACCEPTED, |good| {
        good.sign(&good.with("exp", json!(good.now + 315_360_000)))
    }));
    rows
}

/// For whom it is.
pub(super) fn party_rows() -> Vec<Row> {
    const CORE: &str = "Core 1.0 3.1.3.7";
    let mut rows = vec![without("E19", CORE, "aud")];
    for (name, value) in [
        ("another", json!("another")),
        ("another, in a list", json!(["another"])),
        ("empty", json!("")),
        ("an empty list", json!([])),
        ("a part of ours", json!("our-clien")),
        ("more than ours", json!("our-client2")),
        ("ours in another case", json!("Our-Client")),
        ("ours and a blank", json!("our-client ")),
        ("a list as a text", json!("our-client,another")),
        ("a list as JSON in a text", json!("[\"our-client\"]")),
        ("an API's, for nobody of ours", json!(API)),
    ] {
        rows.push(claim("E19", name, "CVE-2020-26160", "oidc.audience", "aud", value));
    }
    for (name, value) in [
        ("null", Value::Null),
        ("a number", json!(1)),
        ("an object", json!({CLIENT: true})),
        ("a list in a list", json!([[CLIENT]])),
        ("a number beside ours", json!([CLIENT, 1])),
    ] {
        rows.push(claim("E19", name, "RFC 7519 4.1.3", "oidc.claim-type", "aud", value));
    }
    let both = |name, code, audience: Value, party: Value| {
        hostile("E20", name, CORE, code, move |good: &Good| {
            good.sign(&good.with_party(audience.clone(), party.clone()))
        })
    };
    rows.extend([
        both("a foreign party", "oidc.authorized-party", json!(CLIENT), json!("another")),
        both("a party in another case", "oidc.authorized-party", json!(CLIENT), json!("OUR-CLIENT")),
        both("an API as party", "oidc.authorized-party", json!(CLIENT), json!(API)),
        both("an empty party", "oidc.authorized-party", json!(CLIENT), json!("")),
        both("a list of parties", "oidc.claim-type", json!(CLIENT), json!([CLIENT])),
        both("a party that is null", "oidc.claim-type", json!(CLIENT), Value::Null),
        both("ours as party, another audience", "oidc.audience", json!("another"), json!(CLIENT)),
        both("ours as party, a further audience", "oidc.audience", json!([CLIENT, "another"]), json!(CLIENT)),
        claim("E20", "a further audience", CORE, "oidc.audience", "aud", json!([CLIENT, "another"])),
        claim("E20", "two of ours, no party", CORE, "oidc.authorized-party-missing", "aud", json!([CLIENT, SECOND])),
        // Genuine tokens for another client of the same provider: good at the API, which none of the clients is.
        claim("E20", "another client of ours", CORE, "oidc.login-client", "aud", json!(SECOND)).api(ACCEPTED),
        hostile("E20", "both, by another client of ours", CORE, "oidc.login-client", |good| {
            good.sign(&good.of_both(json!(SECOND)))
        })
        .api(ACCEPTED),
        hostile("E20", "an API's, by another client of ours", CORE, "oidc.login-client", |good| {
            good.sign(&good.with_party(json!(API), json!(SECOND)))
        })
        .api(ACCEPTED),
    ]);
    rows
}
