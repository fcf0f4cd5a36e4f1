//! `/decide/forward`: what proxies are told of a request, and where alone they are told it.

use crate::decide_world::{EMPTY, Sent, sha256, wear};
use crate::forward_world::{Client, NO_BODY, Reply, exchange, in_both_forms, open, open_with, sent, services};
use crate::front_signed::call;
use crate::house::{Credentials, House};
use crate::use_case_world::{OURS, key};
use serde_json::{Value, json};
use time::Duration;

/// Everything that is told of a principal, without what every answer has.
fn principal(reply: &Reply) -> Vec<(&str, &str)> {
    assert_eq!(reply.status, 200, "{} {}", reply.header("x-gatehouse-reason"), reply.body);
    let told = reply.headers.iter().filter_map(|(name, value)| Some((name.strip_prefix("x-gatehouse-")?, &**value)));
    told.collect()
}

#[tokio::test]
async fn whoever_signed_is_told_in_either_form() {
    let gate = open().await;
    let good = sent(&gate.house, "/own/a");
    for client in [good.signed(&key("reader")), good.presigned(&key("reader"))] {
        for reply in in_both_forms(&gate, &Client::of(&client)).await {
            let arn = format!("arn:aws:iam::{OURS}:user/reader");
            let told = principal(&reply);
            let empty = ["session-name", "source-identity", "tags"].map(|name| (name, ""));
            assert_eq!(told[..3], [("account", OURS), ("expires", ""), ("principal", &*arn)]);
            // What is not known is said to be so, lest a client say it.
            assert_eq!(told[3..6], empty);
            assert!(told.len() == 7 && told[6].0 == "user-id" && told[6].1.starts_with("AIDA"), "{told:?}");
            assert_eq!((reply.header("cache-control"), &*reply.body), ("no-store", ""));
        }
    }
    let tags = [
        ("Tags.member.1.Key", "Team"),
        ("Tags.member.1.Value", "ops\u{2028}X: dev=é"),
        ("SourceIdentity", "rita+x@example.com"),
    ];
    let worn = wear(&gate.house, "reader", "Reader", &tags).await;
    for reply in in_both_forms(&gate, &Client::signed(&gate.house, &worn, "/role/a")).await {
        let told = principal(&reply);
        let expected = [
            ("account", OURS),
            ("expires", "2031-01-01T13:00:00Z"),
            ("principal", "arn:aws:sts::111122223333:assumed-role/Reader/worker"),
            ("session-name", "worker"),
            ("source-identity", "rita+x@example.com"),
            ("tags", "Team=ops%E2%80%A8X%3A%20dev%3D%C3%A9&floor=2"),
        ];
        assert_eq!(told[..6], expected);
        assert!(told[6].0 == "user-id" && told[6].1.ends_with(":worker"), "{told:?}");
    }
    assert!(gate.house.rows("SELECT record FROM audit WHERE record LIKE '%\"Decide\"%'").await.is_empty());
    gate.house.close().await;
}

#[tokio::test]
async fn whoever_may_not_is_told_why() {
    let gate = open().await;
    for (path, rule) in [("/own/shut/a", "an explicit deny"), ("/role/a", "because no identity-based policy allows")] {
        for reply in in_both_forms(&gate, &Client::signed(&gate.house, &key("reader"), path)).await {
            assert_eq!(reply.verdict(), (403, "AccessDenied"), "{path}");
            assert!(reply.headers.keys().all(|name| name != "www-authenticate" && name != "x-gatehouse-principal"));
            let said: Value = serde_json::from_str(&reply.body).expect("JSON");
            assert_eq!(said["RequestId"], reply.header("x-amzn-requestid"));
            let message = said["Error"]["Message"].as_str().expect("a message");
            assert!(message.contains(rule) && message.contains("s3:GetObject"), "{message}");
            let encoded = [("EncodedMessage", reply.header("x-gatehouse-encoded-message"))];
            let form = [("Action", "DecodeAuthorizationMessage"), ("Version", "2011-06-15"), encoded[0]];
            let decoded = call(&gate.house, &key("auditor"), &form).await;
            let decoded = decoded.element("DecodedMessage").replace("&quot;", "\"");
            let decoded: Value = serde_json::from_str(&decoded).unwrap_or_else(|_| panic!("no JSON: {decoded}"));
            assert_eq!(decoded["context"]["resource"], format!("arn:aws:s3:::files{path}"));
            assert!(decoded.to_string().contains("192.0.2.7"), "the client's own address is asked about: {decoded}");
        }
    }
    let records = gate.house.rows("SELECT record FROM audit").await;
    assert_eq!(records.len(), 4);
    let record: Value = serde_json::from_str(&records[0][0]).expect("JSON");
    assert_eq!((&record["eventName"], &record["sourceIPAddress"]), (&json!("Decide"), &json!("192.0.2.7")));
    assert_eq!(record["userIdentity"]["arn"], format!("arn:aws:iam::{OURS}:user/reader"));
    let service = json!({ "type": "ProxiedService", "name": "files", "accountId": OURS });
    let asked = json!({ "service": service, "action": "s3:GetObject", "resource": "arn:aws:s3:::files/own/shut/a" });
    assert_eq!(record["requestParameters"], asked);
    let book = gate.house.hold_the_book();
    book.run("DROP TABLE audit; COMMIT");
    let [unwritten, _] = in_both_forms(&gate, &Client::signed(&gate.house, &key("reader"), "/own/shut/a")).await;
    assert_eq!(unwritten.verdict(), (503, "ServiceUnavailable"), "a denial that cannot be recorded is no answer");
}

#[tokio::test]
async fn what_is_not_genuine_is_nobodys() {
    let gate = open().await;
    let (house, reader) = (&gate.house, key("reader"));
    let good = sent(house, "/own/a");
    let signed = |change: &dyn Fn(&mut Sent)| {
        let mut sent = good.clone();
        change(&mut sent);
        Client::of(&sent.signed(&reader))
    };
    let genuine = Client::of(&good.signed(&reader));
    let line = |from: &str, to: &str| Client { lines: genuine.lines.replace(from, to), ..genuine.clone() };
    let bare = Client { lines: "Host: files.example.com\r\n".into(), ..genuine.clone() };
    let unknown = Credentials { id: "AKIAUSECASENOBODYATALL".into(), ..reader.clone() };
    let wrong = Credentials { secret: "another".into(), ..reader.clone() };
    let worn = wear(house, "reader", "Reader", &[]).await;
    let tokenless = Credentials { token: None, ..worn };
    let mismatch = "SignatureDoesNotMatch";
    let rows = [
        ("unsigned", bare, "MissingAuthenticationToken", "sigv4.missing"),
        ("method", Client { method: "DELETE".into(), ..genuine.clone() }, mismatch, "sigv4.mismatch"),
        ("path", Client { target: "/own/b".into(), ..genuine.clone() }, mismatch, "sigv4.mismatch"),
        ("query", Client { target: "/own/a?b".into(), ..genuine.clone() }, mismatch, "sigv4.mismatch"),
        ("key", Client::of(&good.signed(&unknown)), "InvalidClientTokenId", "sts.unknown-access-key"),
        ("secret", Client::of(&good.signed(&wrong)), mismatch, "sigv4.mismatch"),
        ("token", Client::of(&good.signed(&tokenless)), "InvalidClientTokenId", "sts.token-does-not-fit"),
        ("late", signed(&|sent| sent.at -= Duration::seconds(901)), mismatch, "sigv4.expired"),
        (
            "unsigned payload",
            signed(&|sent| sent.payload = "UNSIGNED-PAYLOAD".into()),
            mismatch,
            "sigv4.payload-unsupported",
        ),
        (
            "streaming",
            signed(&|sent| sent.payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".into()),
            mismatch,
            "sigv4.payload-unsupported",
        ),
        ("another payload", signed(&|sent| sent.payload = sha256(b"x")), mismatch, "sigv4.payload-mismatch"),
        ("a header more", genuine.with("x-amz-acl: public-read"), mismatch, "sigv4.unsigned-header"),
        ("two dates", genuine.with("X-Amz-Date: 20300101T000000Z"), mismatch, "sigv4.duplicate-header"),
        ("two proofs", genuine.with("Authorization: AWS4-HMAC-SHA256 x"), mismatch, "sigv4.duplicate-header"),
        (
            "scheme",
            line("Authorization: AWS4-HMAC-SHA256", "Authorization: Bearer"),
            "IncompleteSignature",
            "sigv4.algorithm",
        ),
    ];
    for (what, client, code, reason) in rows {
        for reply in in_both_forms(&gate, &client).await {
            assert_eq!(reply.verdict(), (401, code), "{what}");
            assert_eq!(reply.header("www-authenticate"), "AWS4-HMAC-SHA256", "{what}");
            assert!(!reply.headers.contains_key("x-gatehouse-encoded-message"), "{what}");
            assert_eq!(reply.code(house).await, reason, "{what}");
        }
    }
    assert!(gate.house.rows("SELECT record FROM audit WHERE record LIKE '%\"Decide\"%'").await.is_empty());
    for reply in in_both_forms(&gate, &genuine).await {
        assert_eq!(reply.status, 200, "unchanged, it is good");
    }
}

#[tokio::test]
async fn a_session_that_has_ended_passes_no_proxy() {
    let gate = open().await;
    let worn = wear(&gate.house, "reader", "Reader", &[]).await;
    let other = wear(&gate.house, "reader", "Reader", &[]).await;
    let asked = async |by: &Credentials| {
        let [nginx, envoy] = in_both_forms(&gate, &Client::signed(&gate.house, by, "/role/a")).await;
        (envoy.status, nginx.status, nginx.header("x-gatehouse-reason").to_owned())
    };
    assert_eq!(asked(&worn).await.0, 200);
    let book = gate.house.hold_the_book();
    let revoked = format!("INSERT INTO revocation (access_key_id, until) VALUES ('{}', 9999999999); COMMIT", worn.id);
    book.run(&revoked);
    drop(book);
    let ended = async { while asked(&worn).await.0 == 200 {} };
    tokio::time::timeout(std::time::Duration::from_secs(30), ended).await.expect("it is heard of");
    assert_eq!(asked(&worn).await, (401, 401, "ExpiredToken".into()));
    assert_eq!(asked(&other).await.0, 200);
    let book = gate.house.hold_the_book();
    book.run("ALTER TABLE revocation RENAME TO hidden; COMMIT");
    gate.house.clock.let_pass(std::time::Duration::from_secs(61));
    assert_eq!(asked(&other).await, (503, 503, "ServiceUnavailable".into()), "nobody knows who has been ended");
    gate.house.clock.advance(Duration::hours(1));
    assert_eq!(asked(&other).await, (401, 401, "ExpiredToken".into()));
}

#[tokio::test]
async fn where_the_client_is_the_proxy_says() {
    let gate = open().await;
    let client = Client::signed(&gate.house, &key("near"), "/own/a").with("X-Forwarded-For: 10.0.0.7");
    for (address, status) in [("10.0.0.7", 200), ("192.0.2.7", 403), ("::ffff:10.0.0.7", 200), ("2001:db8::1", 403)] {
        for request in [client.by_nginx("files", NO_BODY), client.by_envoy("mesh", "")] {
            let request = String::from_utf8(request).expect("text").replace("192.0.2.7", address);
            assert_eq!(exchange(&gate.forward, request.as_bytes()).await.status, status, "{address}");
        }
    }
    for address in ["", "nowhere", "10.0.0.7:80"] {
        let request = String::from_utf8(client.by_envoy("mesh", "")).expect("text").replace("192.0.2.7", address);
        let reply = exchange(&gate.forward, request.as_bytes()).await;
        assert_eq!(
            (reply.verdict(), &*reply.code(&gate.house).await),
            ((403, "ProxyIncomplete"), "forward.proxy-silent")
        );
    }
}

#[tokio::test]
async fn only_where_proxies_ask_is_it_answered() {
    let gate = open().await;
    let client = Client::signed(&gate.house, &key("reader"), "/own/a");
    let (nginx, envoy) = (client.by_nginx("files", NO_BODY), client.by_envoy("mesh", ""));
    let text = std::fs::read_to_string(gate.house.directory.path().join("gatehouse.toml")).expect("the configuration");
    let admin = text.split_once("admin_listen = \"").and_then(|(_, rest)| rest.split_once('"')).expect("an address").0;
    let main = gate.house.public_url.split_once("//").expect("a scheme").1;
    for request in [&nginx, &envoy] {
        assert_eq!(exchange(&gate.forward, request).await.status, 200);
        assert_eq!(exchange(admin, request).await.status, 404);
        let ours = String::from_utf8(request.clone()).expect("text").replace("files.example.com", main);
        assert_eq!(exchange(main, ours.as_bytes()).await.status, 404);
    }
    for path in [
        "/",
        "/decide",
        "/healthz",
        "/metrics",
        "/console",
        "/decide/forward",
        "/decide/forward/",
        "/decide/forward/absent",
    ] {
        for method in ["GET", "POST"] {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: {main}\r\nConnection: close\r\n\r\n");
            assert_eq!(exchange(&gate.forward, request.as_bytes()).await.status, 404, "{method} {path}");
        }
    }
    // In the form of one proxy nobody is asked about whose service is behind the other.
    for request in [client.by_nginx("mesh", NO_BODY), client.by_envoy("files", NO_BODY)] {
        assert_eq!(exchange(&gate.forward, &request).await.status, 404);
    }
    let posted = String::from_utf8(nginx).expect("text").replacen("GET ", "POST ", 1);
    assert_eq!(exchange(&gate.forward, posted.as_bytes()).await.status, 404);
}

#[tokio::test]
async fn a_body_is_what_its_hash_says() {
    let gate = open().await;
    let hashed = |payload: &str| {
        Client::of(&Sent { payload: payload.into(), ..sent(&gate.house, "/own/a") }.signed(&key("reader")))
    };
    let letter = sha256(b"a letter");
    let with = |client: &Client, hash: &str| {
        client.by_nginx("hashed", &format!("X-Original-Body: 8;\r\nX-Original-Content-Sha256: {hash}\r\n"))
    };
    let rows = [
        (with(&hashed(&letter), &letter), (200, ""), ""),
        (with(&hashed(EMPTY), EMPTY), (200, ""), ""),
        (with(&hashed(&letter), EMPTY), (401, "SignatureDoesNotMatch"), "sigv4.payload-mismatch"),
        (with(&hashed("UNSIGNED-PAYLOAD"), &letter), (401, "SignatureDoesNotMatch"), "sigv4.payload-unsupported"),
        (with(&hashed(&letter), &letter.to_uppercase()), (401, "SignatureDoesNotMatch"), "sigv4.payload-unsupported"),
        (
            hashed(&letter).by_nginx("hashed", "X-Original-Body: 8;\r\n"),
            (403, "ProxyIncomplete"),
            "forward.proxy-silent",
        ),
        (
            with(&hashed(&letter).with(&format!("X-Original-Content-Sha256: {letter}")), &letter),
            (403, "ProxyIncomplete"),
            "forward.proxy-silent",
        ),
    ];
    for (request, verdict, code) in rows {
        let reply = exchange(&gate.forward, &request).await;
        assert_eq!(reply.verdict(), verdict, "{}", String::from_utf8_lossy(&request));
        if !code.is_empty() {
            assert_eq!(reply.code(&gate.house).await, code);
        }
    }
    // Where nobody has hashed it, there must be none.
    let empty = hashed(EMPTY);
    let bodies = [
        empty.by_nginx("files", "X-Original-Body: 8;\r\n"),
        empty.by_nginx("files", "X-Original-Body: ;chunked\r\n"),
        empty.by_nginx("files", "X-Original-Body: 0;chunked\r\n"),
        empty.by_nginx("files", "X-Original-Body: 00;\r\n"),
        empty.by_nginx("files", &format!("{NO_BODY}Content-Length: 8\r\n")),
        empty.by_nginx("files", &format!("{NO_BODY}Transfer-Encoding: chunked\r\n")),
        empty.by_envoy("mesh", "Content-Length: 1\r\n"),
        empty.by_envoy("mesh", "Transfer-Encoding: chunked\r\n"),
        hashed(&letter).by_envoy("mesh", "Content-Length: 8\r\n"),
    ];
    for request in bodies {
        let reply = exchange(&gate.forward, &request).await;
        assert_eq!(reply.verdict(), (403, "InvalidRequest"), "{}", String::from_utf8_lossy(&request));
        assert!(reply.body.contains("A request with a body is not accepted here"), "{}", reply.body);
        assert_eq!(reply.code(&gate.house).await, "forward.body");
    }
    for said in
        ["", "X-Original-Body: \r\n", "X-Original-Body: none\r\n", "X-Original-Body: ;\r\nX-Original-Body: ;\r\n"]
    {
        let reply = exchange(&gate.forward, &empty.by_nginx("files", said)).await;
        assert_eq!(reply.code(&gate.house).await, "forward.proxy-silent", "{said}");
    }
}

#[tokio::test]
async fn tags_that_no_header_takes_are_not_told_in_part() {
    let gate = open().await;
    let tags = |length: usize| {
        let value = |at: usize| (format!("Tags.member.{at}.Value"), "é".repeat(length));
        let name = |at: usize| (format!("Tags.member.{at}.Key"), format!("tag{at}"));
        (1..=8).flat_map(|at| [name(at), value(at)]).collect::<Vec<_>>()
    };
    // 8 names of 4 bytes, those of the role with 17, and the values.
    for (length, status) in [(124, 200), (128, 403)] {
        let tags = tags(length);
        let tags: Vec<(&str, &str)> = tags.iter().map(|(name, value)| (&**name, &**value)).collect();
        let worn = wear(&gate.house, "reader", "Reader", &tags).await;
        for reply in in_both_forms(&gate, &Client::signed(&gate.house, &worn, "/role/a")).await {
            assert_eq!(reply.status, status, "{length}: {}", reply.body);
            match status {
                200 => assert!(reply.header("x-gatehouse-tags").len() < 8_192),
                _ => assert_eq!(reply.code(&gate.house).await, "forward.tags-too-long"),
            }
        }
    }
    let records = gate.house.rows("SELECT record FROM audit WHERE record LIKE '%forward.tags-too-long%'").await;
    assert_eq!(records.len(), 2, "it is in the book");
}

#[tokio::test]
async fn who_asks_too_often_waits_here_as_elsewhere() {
    let gate = open_with(&format!("{}\n[limits]\nrate_per_principal = 3\nrate_per_source = 8\n", services())).await;
    let statuses = async |client: &Client, times: usize| {
        let mut statuses = Vec::new();
        for _ in 0..times {
            statuses.push(exchange(&gate.forward, &client.by_nginx("files", NO_BODY)).await.status);
        }
        statuses
    };
    let reader = Client::signed(&gate.house, &key("reader"), "/own/a");
    assert_eq!(statuses(&reader, 3).await, [200; 3], "one principal");
    let late = exchange(&gate.forward, &reader.by_nginx("files", NO_BODY)).await;
    assert_eq!((late.status, late.header("retry-after")), (429, "1"));
    let unsigned = Client { lines: "Host: files.example.com\r\n".into(), ..reader.clone() };
    assert_eq!(statuses(&unsigned, 4).await, [401; 4], "one address");
    let late = exchange(&gate.forward, &unsigned.by_nginx("files", NO_BODY)).await;
    assert_eq!((late.status, late.header("retry-after")), (429, "1"));
    gate.house.clock.let_pass(std::time::Duration::from_secs(2));
    assert_eq!(statuses(&reader, 1).await, [200]);
}

/// Both doors are closed together.
#[tokio::test]
async fn the_gateway_stops_with_both_doors() {
    let gate = open().await;
    let kept = tokio::net::TcpStream::connect(&gate.forward).await.expect("open");
    let closed: (_, _, String) = House::close(gate.house).await;
    assert!(tokio::net::TcpStream::connect(&gate.forward).await.is_err(), "nobody answers {}", closed.2);
    drop(kept);
}
