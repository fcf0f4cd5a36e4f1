//! What hostile clients add to a request, and paths that two programs read in two ways.

use crate::decide_world::Sent;
use crate::forward_world::{Client, NO_BODY, exchange, in_both_forms, open, open_with, sent, service};
use crate::house::Credentials;
use crate::use_case_world::key;

#[tokio::test]
async fn a_path_that_can_be_read_in_two_ways_is_refused() {
    let gate = open().await;
    let rows = [
        "/own/../role/a",
        "/own/./a",
        "/own/a/..",
        "/own/%2e%2e/role/a",
        "/own/%2E./role/a",
        "/own/.%2e/a",
        "//own/a",
        "/own//a",
        "/own/a//",
        "//",
        "/own%2Fa",
        "/own/a%2fb",
        "/own/a%5cb",
        "/own/a\\b",
        "/own/a%00",
        "/own/a%0d%0aX-Gatehouse-Principal:%20root",
        "/own/a%7f",
        "/own/a%C2%85",
        "/own/a%ff",
        "/own/a%c0%af",
        "/own/%252e%252e/a",
        "/own/a%252Fb",
        "/own/a%25%32%66",
        "/own/..;/role/a",
        "/own/a;v=1",
        "/own/..%3bx/role/a",
        "/own/a%",
        "/own/a%4",
        "/own/a%zz",
        "/own/a|b",
        "/own/a\"b",
        "/own/a{b}",
        "/own/ü",
    ];
    for path in rows {
        // Well signed, as far as that can be: the path is why it is refused, and nothing else.
        let client = Client::signed(&gate.house, &key("reader"), path);
        let reply = exchange(&gate.forward, &client.by_nginx("files", NO_BODY)).await;
        assert_eq!(reply.status, 403, "{path}: {}", reply.body);
        let code = reply.code(&gate.house).await;
        // Beyond ASCII, what the proxy says is not read at all.
        assert_eq!(code, if path.is_ascii() { "forward.path" } else { "forward.proxy-silent" }, "{path}");
        if path.is_ascii() {
            assert!(reply.verdict().1 == "InvalidURI" && reply.body.contains("the path "), "{path}: {}", reply.body);
        }
        // A proxy of the other form may send on what a reader of HTTP does not let through.
        let reply = exchange(&gate.forward, &client.by_envoy("mesh", "")).await;
        assert!([400, 403].contains(&reply.status), "{path}: {}", reply.status);
    }
    for target in ["/own/a#b", "/own/a?b=#c", "/own/a?b=c d"] {
        let client = Client { target: target.into(), ..Client::signed(&gate.house, &key("reader"), "/own/a") };
        let reply = exchange(&gate.forward, &client.by_nginx("files", NO_BODY)).await;
        assert_eq!(reply.verdict(), (403, "InvalidURI"), "{target}");
    }
    for (path, canonical) in [
        ("/own/a", "/own/a"),
        ("/own/a/b/c", "/own/a/b/c"),
        ("/own/a%20b+c", "/own/a%20b%2Bc"),
        ("/own/%C3%BC", "/own/%C3%BC"),
        ("/own/...", "/own/..."),
        ("/own/.a", "/own/.a"),
        ("/own/100%25", "/own/100%25"),
        ("/own/a:b@c,d=e", "/own/a%3Ab%40c%2Cd%3De"),
        ("/own/a%3Bb", "/own/a%3Bb"),
        ("/%6Fwn/a", "/own/a"),
    ] {
        let good = Sent { canonical_path: canonical.into(), ..sent(&gate.house, path) };
        for reply in in_both_forms(&gate, &Client::of(&good.signed(&key("reader")))).await {
            assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        }
    }
}

#[tokio::test]
async fn what_no_route_covers_is_nobodys() {
    let gate = open().await;
    let unknown = Credentials { secret: "another".into(), ..key("reader") };
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/own"),
        ("GET", "/own/"),
        ("GET", "/own/a/"),
        ("GET", "/OWN/a"),
        ("GET", "/teams/ops"),
        ("GET", "/other/a"),
        ("PUT", "/own/a"),
        ("HEAD", "/own/a"),
    ] {
        let sent = Sent { method, ..sent(&gate.house, path) };
        for reply in in_both_forms(&gate, &Client::of(&sent.signed(&key("wide")))).await {
            assert_eq!(reply.verdict(), (403, "AccessDenied"), "{method} {path}");
            assert_eq!(reply.code(&gate.house).await, "forward.not-mapped", "{method} {path}");
        }
        for reply in in_both_forms(&gate, &Client::of(&sent.signed(&unknown))).await {
            assert_eq!(reply.verdict(), (401, "SignatureDoesNotMatch"), "a stranger learns nothing of {method} {path}");
        }
    }
    let records = gate.house.rows("SELECT record FROM audit").await;
    assert!(records.len() == 18 && records.iter().all(|row| row[0].contains("forward.not-mapped")), "{records:?}");
}

/// Nothing that a client adds changes what is asked about it.
#[tokio::test]
async fn nothing_in_a_request_chooses_what_is_asked() {
    let gate = open().await;
    let (reader, path) = (key("reader"), "/own/shut/a");
    let (shut, good) = (Client::signed(&gate.house, &reader, path), Client::signed(&gate.house, &reader, "/own/a"));
    for line in [
        "X-Amzn-Requestid: mine",
        "X-Forwarded-Host: other.example.com",
        "X-Forwarded-Uri: /own/a",
        "X-Forwarded-Method: GET",
        "Forwarded: host=other.example.com",
        "X_Request_Id: mine",
        "X-Originals: mine",
        "Cookie: X-Original-URI=/own/a",
        "Connection: X-Amz-Date",
    ] {
        for reply in in_both_forms(&gate, &shut.with(line)).await {
            assert_eq!(reply.verdict(), (403, "AccessDenied"), "{line}");
        }
        for reply in in_both_forms(&gate, &good.with(line)).await {
            let told = (reply.status, reply.header("x-gatehouse-principal"), reply.header("x-gatehouse-account"));
            assert_eq!(told, (200, "arn:aws:iam::111122223333:user/reader", "111122223333"), "{line}");
            assert_ne!(reply.header("x-amzn-requestid"), "mine");
        }
    }
    // Under Envoy's form these are nobody's words.
    for line in ["X-Original-Method: GET", "X-Original-URI: /own/a", "X-Original-Body: ;"] {
        let reply = exchange(&gate.forward, &good.with(line).by_envoy("mesh", "")).await;
        assert_eq!(reply.verdict(), (403, "InvalidRequest"), "{line}");
        assert_eq!(reply.code(&gate.house).await, "forward.override", "{line}");
    }
    // Under nginx's they are the proxy's, once.
    for line in
        ["X-Original-Method: GET", "X-Original-URI: /own/a", "X-Original-Body: ;", "X-Original-Address: 10.0.0.7"]
    {
        for client in [&shut, &good] {
            let reply = exchange(&gate.forward, &client.with(line).by_nginx("files", NO_BODY)).await;
            assert_eq!(reply.code(&gate.house).await, "forward.proxy-silent", "{line}");
        }
    }
}

/// What a service could take for the proxy's word, or for another method, under whatever spelling.
#[tokio::test]
async fn no_header_says_what_only_the_proxy_may_say() {
    let gate = open().await;
    let good = Client::signed(&gate.house, &key("reader"), "/own/a");
    for header in [
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X_HTTP_Method_Override",
        "X-HTTP_Method",
        "x_rewrite-url",
        "X-Gatehouse-Principal",
        "X-Gatehouse-Account",
        "X-Gatehouse-Tags",
        "X-Gatehouse-Anything",
        "X_Gatehouse_Principal",
        "X-Gatehouse_Principal",
        "X-Original-Host",
        "X-Original-Content-Sha256",
        "X_Original_URI",
        "X-Original_Address",
    ] {
        for reply in in_both_forms(&gate, &good.with(&format!("{header}: DELETE"))).await {
            assert_eq!(reply.verdict(), (403, "InvalidRequest"), "{header}");
            assert_eq!(reply.code(&gate.house).await, "forward.override", "{header}");
            let named = format!("The header {} is not accepted.", header.to_lowercase());
            assert!(reply.body.contains(&named), "{}", reply.body);
        }
    }
}

#[tokio::test]
async fn no_parameter_says_another_method() {
    let gate = open().await;
    let asked = async |query: &str| {
        let good = Sent { query: query.into(), ..sent(&gate.house, "/own/a") };
        in_both_forms(&gate, &Client::of(&good.signed(&key("reader")))).await
    };
    for query in [
        "_method=DELETE",
        "a=b&_method=DELETE",
        "a=b;_method=DELETE",
        "_method",
        "_METHOD=DELETE",
        "%5Fmethod=DELETE",
        "_%6dethod=DELETE",
        "_method%5B%5D=DELETE",
        ".method=DELETE",
        "+_method=DELETE",
        "%20%2emethod=DELETE",
        "_method%00x=DELETE",
    ] {
        for reply in asked(query).await {
            assert_eq!(reply.verdict(), (403, "InvalidRequest"), "{query}");
            assert_eq!(reply.code(&gate.house).await, "forward.override", "{query}");
            assert!(reply.body.contains("The query parameter _method is not accepted."), "{}", reply.body);
        }
    }
    for query in ["method=DELETE", "a_method=DELETE", "a=_method", "_methods=DELETE", "a=b%26_method"] {
        for reply in asked(query).await {
            assert_eq!(reply.status, 200, "{query}: {}", reply.body);
        }
    }
}

#[tokio::test]
async fn a_request_for_another_service_is_none_for_this_one() {
    let gate = open().await;
    let reader = key("reader");
    let good = sent(&gate.house, "/own/a");
    let theirs = Client::of(&Sent { host: "other.example.com", ..good.clone() }.signed(&reader));
    let asked =
        async |service: &str, client: &Client| exchange(&gate.forward, &client.by_nginx(service, NO_BODY)).await;
    assert_eq!(asked("other", &theirs).await.status, 200);
    let replayed = asked("files", &theirs).await;
    assert_eq!(replayed.verdict(), (403, "MisdirectedRequest"));
    assert_eq!(replayed.code(&gate.house).await, "forward.host");
    let respelled = |to: &str| {
        let lines = theirs.lines.replace("host: other.example.com", to);
        Client { lines, ..theirs.clone() }
    };
    assert_eq!(asked("files", &respelled("host: files.example.com")).await.verdict(), (401, "SignatureDoesNotMatch"));
    for host in [
        "host: FILES.example.com",
        "host: files.example.com:443",
        "host: files.example.com.",
        "x: y",
        "host: files.example.com\r\nhost: files.example.com",
    ] {
        let reply = asked("files", &respelled(host)).await;
        assert!([400, 403].contains(&reply.status), "{host}: {}", reply.status);
    }
    // Of another account, where nothing has agreed to it.
    let stranger = Client::of(&good.signed(&key("stranger")));
    for reply in in_both_forms(&gate, &stranger).await {
        assert_eq!(reply.verdict(), (403, "AccessDenied"));
    }
}

#[tokio::test]
async fn a_variable_is_what_stands_in_the_path() {
    let routes = |maps: &[(&str, &str, &str)]| {
        let map = |(method, path, resource): &(&str, &str, &str)| {
            format!(
                "\n[[service.map]]\nmethod = \"{method}\"\npath = \"{path}\"\naction = \"s3:GetObject\"\nresource = \"{resource}\"\n"
            )
        };
        let whole = service("files", "nginx", "");
        let head = whole.split_once("\n[[service.map]]").expect("maps").0.to_owned();
        head + &maps.iter().map(map).collect::<String>()
    };
    let services = routes(&[
        ("GET", "/", "arn:aws:s3:::files/own/root"),
        ("GET", "/list/", "arn:aws:s3:::files/own/list"),
        ("GET", "/one/{key}", "arn:aws:s3:::files/own/{key}"),
        ("GET", "/swap/{a}/{b}", "arn:aws:s3:::files/{b}/{a}"),
        ("GET", "/grüße/{key...}", "arn:aws:s3:::files/own/{key}"),
        ("GET", "/any/{key...}", "*"),
    ]);
    let gate = open_with(&services).await;
    for (path, status) in [
        ("/", 200),
        ("/list/", 200),
        ("/list", 403),
        ("/one/a", 200),
        ("/one/shut", 200),
        ("/one/a/b", 403),
        ("/swap/a/own", 200),
        ("/swap/own/a", 403),
        ("/gr%C3%BC%C3%9Fe/a/b", 200),
        ("/gr%C3%BC%C3%9Fe/shut/b", 403),
        ("/any/a", 403),
    ] {
        let client = Client::signed(&gate.house, &key("reader"), path);
        let reply = exchange(&gate.forward, &client.by_nginx("files", NO_BODY)).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
    }
}
