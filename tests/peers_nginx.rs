//! A service behind nginx, as `examples/nginx.conf` has it: the very file, on other ports.

use crate::decide_world::{Sent, wear};
use crate::forward_world::{Client, Gate, Reply, exchange, open, open_today, sent};
use crate::house::{Credentials, Directory, free_port};
use crate::peers_start::{Peer, python};
use crate::use_case_world::{environment, key};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Gatehouse, a service, and nginx between them.
struct Place {
    gate: Gate,
    nginx: String,
    /// The same server, for HTTP/2 without TLS.
    second: String,
    _peer: Peer,
}

/// Tells what it received.
async fn service(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> String {
    let mut received = serde_json::Map::new();
    for (name, value) in &headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        received
            .entry(name.to_string())
            .or_insert_with(|| json!([]))
            .as_array_mut()
            .expect("a list")
            .push(value.into());
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    json!({ "method": method.as_str(), "target": uri.to_string(), "headers": received, "body": body }).to_string()
}

impl Place {
    async fn open() -> Self {
        Self::around(open().await).await
    }

    /// For clients that know today's date.
    async fn open_today() -> Self {
        Self::around(open_today().await).await
    }

    async fn around(gate: Gate) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let backend = listener.local_addr().expect("an address").to_string();
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(service)).await });
        let (nginx, second) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
        let directory = Directory::new();
        let here_too = directory.path().display();
        let example = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/nginx.conf"));
        let mut conf = example.expect("the example");
        let listen = format!("listen {nginx};\n        listen {second} http2;");
        let own = format!(
            "http {{\n    access_log off;\n    client_body_temp_path {here_too}/body;\n    proxy_temp_path {here_too}/proxy;\n    fastcgi_temp_path {here_too}/f;\n    uwsgi_temp_path {here_too}/u;\n    scgi_temp_path {here_too}/s;\n"
        );
        for (from, to) in [
            ("127.0.0.1:9444;", format!("{};", gate.forward)),
            ("127.0.0.1:3000", backend),
            ("listen 127.0.0.1:8080;", listen),
            ("http {\n", own),
        ] {
            // The first is what the file says of Gatehouse's own configuration; the last is what nginx reads.
            assert!(conf.contains(from), "the example has {from}");
            conf = conf.replace(from, &to);
        }
        let conf = directory.write("nginx.conf", conf);
        let global = format!("daemon off; master_process off; pid {here_too}/pid; error_log stderr info;");
        let mut program = Command::new("/usr/sbin/nginx");
        program.arg("-p").arg(directory.path()).args(["-e", "stderr", "-g", &global, "-c"]).arg(conf);
        let mut peer = Peer::start("nginx", &mut program, directory);
        let ready = async {
            while tokio::net::TcpStream::connect(&nginx).await.is_err() {
                assert!(!peer.has_ended(), "{}", peer.output());
                tokio::time::sleep(std::time::Duration::from_millis(20)).await; // between two questions
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), ready).await.expect("nginx listens");
        Self { gate, nginx, second, _peer: peer }
    }

    fn signed(&self, by: &Credentials, path: &str) -> Client {
        Client::signed(&self.gate.house, by, path)
    }

    async fn asked(&self, client: &Client) -> Reply {
        exchange(&self.nginx, &client.plain()).await
    }

    /// What the service received.
    async fn received(&self, client: &Client) -> Value {
        received(&self.asked(client).await)
    }
}

fn received(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{} {}", reply.header("x-gatehouse-reason"), reply.body);
    let body = &reply.body[reply.body.find('{').expect("JSON")..=reply.body.rfind('}').expect("JSON")];
    serde_json::from_str(body).expect("JSON")
}

const READER: &str = "arn:aws:iam::111122223333:user/reader";

#[tokio::test(flavor = "multi_thread")]
async fn nginx_passes_on_what_is_permitted_and_says_who_it_is() {
    let place = Place::open().await;
    let (reader, house) = (key("reader"), &place.gate.house);
    let good = Sent { query: "versionId=7".into(), ..sent(house, "/own/a%20b/c") };
    for client in [good.signed(&reader), good.presigned(&reader)] {
        let client = Client::of(&client);
        let seen = place.received(&client).await;
        assert_eq!((&seen["method"], &seen["target"]), (&json!("GET"), &json!(client.target)));
        assert_eq!(seen["headers"]["x-gatehouse-principal"], json!([READER]));
        assert_eq!(seen["headers"]["host"], json!(["files.example.com"]));
        for absent in ["authorization", "x-gatehouse-tags", "x-gatehouse-expires", "x-gatehouse-session-name"] {
            assert_eq!(seen["headers"][absent], Value::Null, "{absent}");
        }
    }
    let tags = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a b: c=é"), ("SourceIdentity", "rita")];
    let worn = wear(house, "reader", "Reader", &tags).await;
    let seen = place.received(&place.signed(&worn, "/role/a")).await;
    for (name, value) in [
        ("x-gatehouse-principal", "arn:aws:sts::111122223333:assumed-role/Reader/worker"),
        ("x-gatehouse-account", "111122223333"),
        ("x-gatehouse-session-name", "worker"),
        ("x-gatehouse-source-identity", "rita"),
        ("x-gatehouse-tags", "team=a%20b%3A%20c%3D%C3%A9&floor=2"),
        ("x-gatehouse-expires", "2031-01-01T13:00:00Z"),
    ] {
        assert_eq!(seen["headers"][name], json!([value]), "{name}");
    }
    assert_eq!(seen["headers"]["x-amz-security-token"], Value::Null);
    let denied = place.asked(&place.signed(&reader, "/own/shut/a")).await;
    assert_eq!(denied.verdict(), (403, "AccessDenied"));
    assert!(denied.header("x-gatehouse-encoded-message").len() > 100);
    assert_eq!(denied.code(house).await, "trust.caller-not-allowed");
    // The message tells of the tags as well, and is longer than what proxies take for an answer's headers by themselves.
    let pairs = (1..=8).flat_map(|at| {
        [(format!("Tags.member.{at}.Key"), format!("t{at}")), (format!("Tags.member.{at}.Value"), "é".repeat(120))]
    });
    let pairs: Vec<(String, String)> = pairs.collect();
    let tags: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
    let told = place.asked(&place.signed(&wear(house, "reader", "Reader", &tags).await, "/own/a")).await;
    assert_eq!(told.verdict(), (403, "AccessDenied"));
    assert!(told.header("x-gatehouse-encoded-message").len() > 4_096);
    let unmapped = place.asked(&place.signed(&reader, "/elsewhere")).await;
    assert_eq!((unmapped.verdict(), &*unmapped.code(house).await), ((403, "AccessDenied"), "forward.not-mapped"));
    let bare = Client { lines: "Host: files.example.com\r\n".into(), ..place.signed(&reader, "/own/a") };
    let unsigned = place.asked(&bare).await;
    assert_eq!(unsigned.verdict(), (401, "MissingAuthenticationToken"));
    assert_eq!(unsigned.header("www-authenticate"), "AWS4-HMAC-SHA256");
    // The address is the connection's.
    let near =
        place.signed(&key("near"), "/own/a").with("X-Original-Address: 10.0.0.7").with("X-Forwarded-For: 10.0.0.7");
    assert_eq!(place.asked(&near).await.verdict(), (403, "AccessDenied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_a_client_chooses_nothing() {
    let place = Place::open().await;
    let reader = key("reader");
    let removed = [
        "X-Original-Method: GET",
        "X-Original-URI: /own/a",
        "X-Original-Body: ;",
        "X-Original-Address: 10.0.0.7",
        "X-Forwarded-Host: other.example.com",
        "X-Forwarded-Method: DELETE",
        "X-Forwarded-Port: 1",
        "X-Forwarded-Prefix: /own",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Server: other.example.com",
        "X-Forwarded-Uri: /own/a",
        "X-Real-IP: 10.0.0.7",
        "Forwarded: for=10.0.0.7",
        // nginx lets no header with an underscore through.
        "X_Original_URI: /own/a",
        "X_Gatehouse_Principal: arn:aws:iam::111122223333:user/root",
        "X_HTTP_Method_Override: DELETE",
    ];
    let told =
        removed.into_iter().chain(["X-Forwarded-For: 10.0.0.7", "X-Amzn-RequestId: mine", "Connection: X-Amz-Date"]);
    let all = |client: &Client| told.clone().fold(client.clone(), |client, line| client.with(line));
    let good = place.signed(&reader, "/own/a");
    let seen = place.received(&all(&good)).await;
    let without = place.received(&good).await;
    let principal = |seen: &Value| {
        let headers = seen["headers"].as_object().expect("headers").clone();
        let names = ["principal", "account", "user-id", "session-name", "source-identity", "tags", "expires"];
        names.map(|name| headers.get(&format!("x-gatehouse-{name}")).cloned().unwrap_or_default())
    };
    assert_eq!(principal(&seen), principal(&without));
    assert_eq!(seen["target"], "/own/a");
    for line in removed {
        let name = line.split(':').next().unwrap_or_default().to_lowercase();
        assert_eq!(seen["headers"][&name], Value::Null, "{line}");
    }
    assert_eq!(seen["headers"]["x-forwarded-for"], json!(["127.0.0.1"]));
    for client in [
        place.signed(&reader, "/own/shut/a"),
        place.signed(&reader, "/elsewhere"),
        place.signed(&key("blank"), "/own/a"),
    ] {
        let (with, without) = (place.asked(&all(&client)).await, place.asked(&client).await);
        assert_eq!(
            (with.verdict(), without.verdict()),
            ((403, "AccessDenied"), (403, "AccessDenied")),
            "{}",
            client.target
        );
        assert_ne!(with.header("x-amzn-requestid"), "mine");
    }
    let deletes = Client { method: "DELETE".into(), ..good.clone() };
    assert_eq!(place.asked(&all(&deletes)).await.verdict(), (401, "SignatureDoesNotMatch"));
    let forbidden = Client::of(&Sent { method: "DELETE", ..sent(&place.gate.house, "/own/a") }.signed(&reader));
    assert_eq!(place.asked(&all(&forbidden)).await.verdict(), (403, "AccessDenied"));
    for header in [
        "X-HTTP-Method-Override: DELETE",
        "X-Original-URL: /role/a",
        "X-Rewrite-URL: /role/a",
        "X-Original-Content-Sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "X-Gatehouse-Service: other",
        "X-Gatehouse-Action: s3:GetObject",
        "X-Gatehouse-Resource: arn:aws:s3:::files/own/a",
        "X-Gatehouse-Principal: arn:aws:iam::111122223333:user/root",
        "X-Gatehouse-Account: 444455556666",
        "X-Gatehouse-User-Id: AIDAROOT",
        "X-Gatehouse-Session-Name: root",
        "X-Gatehouse-Source-Identity: root",
        "X-Gatehouse-Tags: team=root",
        "X-Gatehouse-Expires: 2099-01-01T00:00:00Z",
        "X-Gatehouse-Encoded-Message: x",
    ] {
        assert_eq!(place.asked(&good.with(header)).await.verdict(), (403, "InvalidRequest"), "{header}");
    }
    // What asks is out of a client's reach.
    for (target, status) in [("/_gatehouse", 404), ("/%5Fgatehouse", 404), ("/decide/forward/files", 401)] {
        let reply = place.asked(&Client { target: target.into(), ..good.clone() }).await;
        assert_eq!(reply.status, status, "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_no_path_is_read_in_two_ways() {
    let place = Place::open().await;
    let reader = key("reader");
    for path in [
        "/own/../role/a",
        "/own/%2e%2e/role/a",
        "//own/a",
        "/own//a",
        "/own/a%2Fb",
        "/own/..;/role/a",
        "/own/a/",
        "/own/%252e%252e/a",
        "/own/a%0d%0ab",
        "/own/a#b",
    ] {
        let reply = place.asked(&place.signed(&reader, path)).await;
        assert!(reply.status == 403 || reply.status == 400, "{path}: {} {}", reply.status, reply.body);
    }
    let good = place.signed(&reader, "/own/a");
    // The host that is signed is the service's own, however it is said.
    let absolute = Client { target: "http://files.example.com/own/a".into(), ..good.clone() };
    assert_eq!(place.received(&absolute).await["target"], "/own/a");
    let elsewhere = Client { target: "http://other.example.com/own/a".into(), ..good.clone() };
    assert_eq!(place.received(&elsewhere).await["headers"]["host"], json!(["files.example.com"]));
    let hosts = [
        "host: other.example.com",
        "host: files.example.com:443",
        "x: y",
        "host: files.example.com\r\nhost: other.example.com",
    ];
    for host in hosts {
        let lines = good.lines.replace("host: files.example.com", host);
        let reply = place.asked(&Client { lines, ..good.clone() }).await;
        assert!([400, 403].contains(&reply.status), "{host}: {}", reply.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_no_body_comes_through() {
    let place = Place::open().await;
    let good = place.signed(&key("reader"), "/own/a");
    let body = |lines: &str, body: &str| {
        format!("GET /own/a HTTP/1.1\r\n{}{lines}Connection: close\r\n\r\n{body}", good.lines).into_bytes()
    };
    for request in [
        body("Content-Length: 8\r\n", "a letter"),
        body("Transfer-Encoding: chunked\r\n", "8\r\na letter\r\n0\r\n\r\n"),
    ] {
        let reply = exchange(&place.nginx, &request).await;
        assert_eq!((reply.verdict(), &*reply.code(&place.gate.house).await), ((403, "InvalidRequest"), "forward.body"));
    }
    // Two lengths, or a length and chunks, are one request to some and two to others.
    for request in [
        body("Content-Length: 8\r\nContent-Length: 0\r\n", "a letter"),
        body("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "8\r\na letter\r\n0\r\n\r\n"),
        body("Content-Length: 0\r\n", "GET /role/a HTTP/1.1\r\nHost: files.example.com\r\n\r\n"),
    ] {
        let reply = exchange(&place.nginx, &request).await;
        match reply.status {
            200 => assert_eq!(received(&reply)["body"], ""),
            status => assert!([400, 403].contains(&status), "{status}"),
        }
    }
    // HTTP/2 needs to say no length: what cannot be seen does not arrive.
    let mut curl = tokio::process::Command::new("curl");
    curl.args(["-sS", "--http2-prior-knowledge", "-X", "GET", "-T", "-", "-H", "Content-Type:", "-H", "Expect:"]);
    for line in good.lines.lines() {
        curl.args(["-H", line]);
    }
    let letter = place.gate.house.directory.write("letter", "a letter");
    curl.arg(format!("http://{}/own/a", place.second)).stdin(std::fs::File::open(letter).expect("a letter"));
    let output = curl.output().await.expect("curl runs");
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {output:?}"));
    assert_eq!((&seen["target"], &seen["body"]), (&json!("/own/a"), &json!("")));
    assert_eq!(seen["headers"]["x-gatehouse-principal"], json!([READER]));
}

/// What botocore's signer makes of requests to a service that it does not know.
#[tokio::test(flavor = "multi_thread")]
async fn what_botocore_signs_comes_through_nginx() {
    let place = Place::open_today().await;
    let (reader, worn) = (key("reader"), wear(&place.gate.house, "reader", "Reader", &[]).await);
    let asked = async |by: &Credentials, arguments: &[&str]| {
        let arguments = [&[place.nginx.as_str()], arguments].concat();
        python("clients/signed_for.py", &arguments, &environment(&place.gate.house, by)).await
    };
    let (of_reader, of_role) = (READER, "arn:aws:sts::111122223333:assumed-role/Reader/worker");
    for (by, path, principal) in [(&reader, "/own/a%20b?x=1&y=%C3%A9", of_reader), (&worn, "/role/a/b", of_role)] {
        for more in [&[][..], &["--presigned"]] {
            let said = asked(by, &[&["GET", path], more].concat()).await;
            assert_eq!(said["status"], 200, "{said}");
            let seen: Value = serde_json::from_str(said["body"].as_str().expect("a body")).expect("JSON");
            assert_eq!(seen["headers"]["x-gatehouse-principal"], json!([principal]));
        }
    }
    for (arguments, status, reason) in [
        (&["GET", "/own/shut/a"][..], 403, "AccessDenied"),
        (&["DELETE", "/own/a"], 403, "AccessDenied"),
        (&["PUT", "/own/a", "a letter"], 403, "InvalidRequest"),
    ] {
        let said = asked(&reader, arguments).await;
        assert_eq!(
            (&said["status"], &said["headers"]["x-gatehouse-reason"]),
            (&json!(status), &json!(reason)),
            "{said}"
        );
    }
}
