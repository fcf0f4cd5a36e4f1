//! `POST /decide`: which requests are genuine.

use crate::decide_world::{EMPTY, Sent, ask, ask_as, open, question, sha256, verdict, wear, with};
use crate::house::{Credentials, House};
use crate::use_case_world::key;
use serde_json::{Value, json};
use std::sync::Arc;
use time::Duration;

#[tokio::test]
async fn a_request_that_is_changed_is_not_genuine() {
    let house = open().await;
    let (reader, other) = (key("reader"), key("blank"));
    let sent = Sent::get(&house);
    let changed = |received: Value, member: &str, value: &str| with(received, member, json!(value));
    let header = |name: &str, value: &str| {
        let mut received = sent.signed(&reader);
        received["headers"][name] = json!(value);
        received
    };
    let authorization = sent.signed(&reader)["headers"]["Authorization"].as_str().expect("a header").to_owned();
    let flipped = format!(
        "{}{}",
        &authorization[..authorization.len() - 1],
        if authorization.ends_with('0') { "1" } else { "0" }
    );
    let unsigned = Sent { payload: "UNSIGNED-PAYLOAD".into(), ..sent.clone() };
    let streaming = Sent { payload: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".into(), ..sent.clone() };
    let (late, early) = (
        Sent { at: sent.at - Duration::seconds(901), ..sent.clone() },
        Sent { at: sent.at + Duration::seconds(901), ..sent.clone() },
    );
    let worn = wear(&house, "reader", "Reader", &[]).await;
    let mixed = Credentials { token: wear(&house, "reader", "Reader", &[]).await.token, ..worn.clone() };
    let unknown = Credentials { id: "AKIAUSECASENOBODYATALL".into(), ..reader.clone() };
    let url = "https://files.example.com/own/a?versionId=7";
    let mut bare = sent.signed(&reader);
    bare["headers"].as_object_mut().expect("headers").remove("Authorization");
    let hashed = |payload: &str| Sent { payload: payload.into(), ..sent.clone() };
    let cases = [
        ("signature", header("Authorization", &flipped), "SignatureDoesNotMatch", "sigv4.mismatch"),
        ("method", changed(sent.signed(&reader), "method", "PUT"), "SignatureDoesNotMatch", "sigv4.mismatch"),
        (
            "host",
            changed(sent.signed(&reader), "url", &url.replace("files", "other")),
            "SignatureDoesNotMatch",
            "sigv4.mismatch",
        ),
        (
            "path",
            changed(sent.signed(&reader), "url", &url.replace("own/a", "own/b")),
            "SignatureDoesNotMatch",
            "sigv4.mismatch",
        ),
        (
            "query",
            changed(sent.signed(&reader), "url", &url.replace('7', "8")),
            "SignatureDoesNotMatch",
            "sigv4.mismatch",
        ),
        (
            "payload",
            changed(sent.signed(&reader), "payload_sha256", &sha256(b"x")),
            "SignatureDoesNotMatch",
            "sigv4.payload-mismatch",
        ),
        (
            "payload of a presigned request",
            changed(sent.presigned(&reader), "payload_sha256", &sha256(b"x")),
            "SignatureDoesNotMatch",
            "sigv4.mismatch",
        ),
        ("a header more", header("x-amz-acl", "public-read"), "SignatureDoesNotMatch", "sigv4.unsigned-header"),
        ("a header twice", header("authorization", &authorization), "SignatureDoesNotMatch", "sigv4.duplicate-header"),
        (
            "hash in capitals",
            changed(sent.signed(&reader), "payload_sha256", &EMPTY.to_uppercase()),
            "SignatureDoesNotMatch",
            "sigv4.payload-unsupported",
        ),
        (
            "what is no hash",
            hashed("0123abcd").presigned(&reader),
            "SignatureDoesNotMatch",
            "sigv4.payload-unsupported",
        ),
        ("unsigned payload", unsigned.signed(&reader), "SignatureDoesNotMatch", "sigv4.payload-unsupported"),
        (
            "presigned, unsigned payload",
            unsigned.presigned(&reader),
            "SignatureDoesNotMatch",
            "sigv4.payload-unsupported",
        ),
        ("streaming", streaming.signed(&reader), "SignatureDoesNotMatch", "sigv4.payload-unsupported"),
        (
            "unsigned payload, other hash",
            changed(unsigned.signed(&reader), "payload_sha256", EMPTY),
            "SignatureDoesNotMatch",
            "sigv4.payload-unsupported",
        ),
        ("late", late.signed(&reader), "SignatureDoesNotMatch", "sigv4.expired"),
        ("late, presigned for a week", late.presigned(&reader), "SignatureDoesNotMatch", "sigv4.expired"),
        ("early", early.signed(&reader), "SignatureDoesNotMatch", "sigv4.not-yet-current"),
        ("not signed", bare, "MissingAuthenticationToken", "sigv4.missing"),
        ("unknown key", sent.signed(&unknown), "InvalidClientTokenId", "sts.unknown-access-key"),
        (
            "another's secret",
            sent.signed(&Credentials { secret: "another".into(), ..reader.clone() }),
            "SignatureDoesNotMatch",
            "sigv4.mismatch",
        ),
        ("another session's token", sent.signed(&mixed), "InvalidClientTokenId", "sts.token-does-not-fit"),
        (
            "no token",
            sent.signed(&Credentials { token: None, ..worn.clone() }),
            "InvalidClientTokenId",
            "sts.token-does-not-fit",
        ),
        ("service", Sent { service: "S3", ..sent.clone() }.signed(&reader), "SignatureDoesNotMatch", "sigv4.service"),
    ];
    for (what, received, code, reason) in cases {
        let answer = ask_as(&house, &key("files"), &question(received).to_string()).await;
        let said: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(answer.status, 200, "{what}");
        assert_eq!(
            (&said["authentic"], &said["principal"], &said["decision"]),
            (&json!(false), &Value::Null, &json!("deny")),
            "{what}: {said}"
        );
        assert_eq!(
            said["reason"],
            json!({ "policy": null, "statement": null, "kind": "implicit-deny", "code": code }),
            "{what}"
        );
        assert!(said["encoded_message"].is_string(), "{what}");
        assert_eq!(house.code(&answer).await, reason, "{what}");
    }
    for good in [
        sent.signed(&reader),
        sent.presigned(&reader),
        hashed(&sha256(b"x")).signed(&reader),
        hashed(&sha256(b"x")).presigned(&reader),
    ] {
        assert_eq!(verdict(&ask(&house, &question(good)).await).0, "allow", "unchanged, it is good");
    }
    for seconds in [-900, 900] {
        let at = sent.at + Duration::seconds(seconds);
        assert_eq!(ask(&house, &question(Sent { at, ..sent.clone() }.signed(&worn))).await["authentic"], true);
    }
    assert_eq!(ask(&house, &question(sent.signed(&other))).await["authentic"], true, "genuine, and not permitted");
}

/// One wire form must never be taken for another: what a service opens is what was signed.
#[tokio::test]
async fn the_path_is_read_as_the_service_reads_it() {
    let house = open().await;
    let of = |service: &'static str, path: &str, canonical_path: &str| Sent {
        service,
        path: path.into(),
        canonical_path: canonical_path.into(),
        ..Sent::get(&house)
    };
    let cases = [
        ("s3", "/own//a/./b/../c", "/own//a/./b/../c", true),
        ("s3", "/own//a/./b/../c", "/own/a/c", false),
        ("s3", "/own/a%20b", "/own/a%20b", true),
        ("s3", "/own/a%20b", "/own/a%2520b", false),
        ("s3", "/own/a+b", "/own/a%2Bb", true),
        ("s3", "/own/a%2Fb", "/own/a%2Fb", true),
        ("s3", "/own/a%2Fb", "/own/a/b", false),
        ("s3", "/own/a/b", "/own/a%2Fb", false),
        ("s3", "", "/", true),
        ("sqs", "/own//a/./b/../c", "/own/a/c", true),
        ("sqs", "/own//a/./b/../c", "/own//a/./b/../c", false),
        ("sqs", "/own/a%20b", "/own/a%2520b", true),
        ("execute-api", "/own/a%20b", "/own/a%20b", false),
    ];
    for (service, path, canonical, genuine) in cases {
        let said = ask(&house, &question(of(service, path, canonical).signed(&key("reader")))).await;
        assert_eq!(said["authentic"], genuine, "{service} {path} {canonical}");
    }
    let ported = |host: &'static str, url: &str| {
        with(Sent { host, ..Sent::get(&house) }.signed(&key("reader")), "url", json!(url))
    };
    for (host, url, genuine) in [
        ("files.example.com", "https://files.example.com:443/own/a?versionId=7", true),
        ("files.example.com:8443", "https://files.example.com:8443/own/a?versionId=7", true),
        ("files.example.com", "http://files.example.com:443/own/a?versionId=7", false),
        ("files.example.com", "https://files.example.com:8443/own/a?versionId=7", false),
    ] {
        assert_eq!(ask(&house, &question(ported(host, url))).await["authentic"], genuine, "{host} {url}");
    }
}

#[tokio::test]
async fn a_session_that_has_ended_signs_nothing() {
    let house = open().await;
    let worn = wear(&house, "reader", "Reader", &[]).await;
    assert_eq!(ask(&house, &question(Sent::get(&house).signed(&worn))).await["authentic"], true);
    let book = house.hold_the_book();
    let revoked = format!("INSERT INTO revocation (access_key_id, until) VALUES ('{}', 9999999999); COMMIT", worn.id);
    book.run(&revoked);
    drop(book);
    let (directory, clock, url) = house.close().await;
    let house = House::serve(Arc::clone(&directory), clock, url).await;
    let other = wear(&house, "reader", "Reader", &[]).await;
    assert_eq!(ask(&house, &question(Sent::get(&house).signed(&other))).await["authentic"], true);
    let ended = async |by: &Credentials, reason: &str| {
        let asked = question(Sent::get(&house).signed(by)).to_string();
        let answer = ask_as(&house, &key("files"), &asked).await;
        let said: Value = serde_json::from_str(&answer.body).expect("JSON");
        let told = (&said["authentic"], &said["decision"], &said["principal"], &said["reason"]["code"]);
        assert_eq!(told, (&json!(false), &json!("deny"), &Value::Null, &json!("ExpiredToken")), "{said}");
        assert_eq!(house.code(&answer).await, reason);
    };
    ended(&worn, "sts.session-revoked").await;
    house.clock.advance(Duration::hours(1));
    ended(&other, "sts.session-ended").await;
}
