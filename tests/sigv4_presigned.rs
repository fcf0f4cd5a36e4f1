//! Presigned queries that differ from a well-formed one in one attack.

use gatehouse::sigv4::{RawRequest, SignedRequest};
use gatehouse::trace::Refusal;
use gatehouse::words::{Secret, parse_basic};

const NOW: &str = "20310203T040506Z";
const SECRET: &str = "a secret access key for the tests only!!";

#[test]
fn a_presigned_query_is_held_to_the_same_rules() {
    let pairs = [
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE%2F20310203%2Feu-west-1%2Fsts%2Faws4_request"),
        ("X-Amz-Date", NOW),
        ("X-Amz-Expires", "900"),
        ("X-Amz-SignedHeaders", "host"),
        ("X-Amz-Signature", "0000000000000000000000000000000000000000000000000000000000000000"),
    ];
    let asked = |name: &str, value: &str, headers: &[(&str, &[u8])]| {
        let query: Vec<String> =
            pairs.iter().map(|(n, v)| format!("{n}={}", if *n == name { value } else { v })).collect();
        let query = query.join("&") + if name == "&" { value } else { "" };
        let raw = RawRequest { method: "GET", path: "/", query: &query, headers, body: b"" };
        let outcome = SignedRequest::parse(raw, "sts", parse_basic(NOW).expect("a time"));
        outcome.and_then(|signed| signed.verify(&Secret::new(SECRET))).err().expect("a refusal").code().name()
    };
    let host: &[(&str, &[u8])] = &[("host", b"sts.example.org")];
    let cases = [
        ("", "", "sigv4.mismatch"),
        ("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256", "sigv4.algorithm"),
        ("X-Amz-Date", "20310203T034906Z", "sigv4.expired"),
        ("X-Amz-SignedHeaders", "x-k8s-aws-id", "sigv4.host-unsigned"),
        ("&", "&X-Amz-Date=20310203T040506Z", "sigv4.repeated-parameter"),
        ("&", "&x-amz-date=20310203T040506Z", "sigv4.unknown-parameter"),
        ("&", "&X-Amz-Security-Token=", "sigv4.session-token-form"),
        ("&", "&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD", "sigv4.payload-unsupported"),
    ];
    for (name, value, code) in cases {
        assert_eq!(asked(name, value, host), code, "{name}={value}");
    }
    let with = |name, value| asked("", "", &[("host", b"sts.example.org"), (name, value)]);
    assert_eq!(with("x-amz-target", b"x"), "sigv4.unsigned-header");
    assert_eq!(with("x-amz-security-token", b"x"), "sigv4.two-session-tokens");
    let raw = RawRequest { method: "GET", path: "/", query: "X-Amz-Date=20310203T040506Z", headers: host, body: b"" };
    let error = SignedRequest::parse(raw, "sts", parse_basic(NOW).expect("a time")).err().expect("a refusal");
    assert!(error.aws_message().starts_with("AWS query-string parameters must include 'X-Amz-Algorithm'. "));
}
