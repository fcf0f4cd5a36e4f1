//! Who a request is from when proxies stand before the gate, and what it is when nobody trusted does.

use crate::front::{ADMIN, WORLD, files};
use crate::house::{Address, Answer, Directory, FORM, House, free_port, store};
use crate::limited_world::{exchange, from, open, present};
use crate::saml_identity::NOW;
use crate::tagged_world::{ALL, all_files, arn, asserting, config, everything, record, role_if};
use gatehouse::ambient::Clock;
use std::net::{IpAddr, UdpSocket};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a record says of the sender, who comes from `peer` with these lines of X-Forwarded-For.
async fn told(house: &House, n: usize, peer: &str, lines: &[&str]) -> String {
    let headers: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
    let answer = exchange(house, &from(peer), &n.to_string(), &headers).await;
    assert_eq!(answer.status, 200, "{lines:?}: {}", answer.body);
    record(house, &answer).await["sourceIPAddress"].as_str().expect("a text").to_owned()
}

/// Each row: the peer, the lines, and the client. 127.0.0.5 and all of 10/8 are proxies, as is one of IPv6.
#[tokio::test]
async fn the_client_is_the_right_most_hop_that_is_no_proxy_of_ours() {
    let house = open("trusted_proxies = [\"127.0.0.5\", \"10.0.0.0/8\", \"fd12::/16\"]", "").await;
    let thousand = format!("{}203.0.113.9", "198.51.100.1, ".repeat(1_000));
    let proxies = format!("203.0.113.9{}", ", 10.0.0.1".repeat(1_000));
    let rows: [(&str, &[&str], &str); 23] = [
        ("127.0.0.2", &["203.0.113.9"], "127.0.0.2"),
        ("127.0.0.2", &["203.0.113.9, 127.0.0.5"], "127.0.0.2"),
        ("127.0.0.5", &[], "127.0.0.5"),
        ("127.0.0.5", &[""], "127.0.0.5"),
        ("127.0.0.5", &["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.5", &["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.5", &["198.51.100.1, 203.0.113.9, 10.0.0.1"], "203.0.113.9"),
        ("127.0.0.5", &["198.51.100.1", "203.0.113.9", " 10.0.0.1 ,10.0.0.2,"], "203.0.113.9"),
        ("127.0.0.5", &["10.0.0.3, 10.0.0.1"], "10.0.0.3"),
        ("127.0.0.5", &["203.0.113.9:4711"], "203.0.113.9"),
        ("127.0.0.5", &["2001:db8::7"], "2001:db8::7"),
        ("127.0.0.5", &["[2001:db8::7]"], "2001:db8::7"),
        ("127.0.0.5", &["[2001:db8::7]:1, [fd12::1]:443"], "2001:db8::7"),
        ("127.0.0.5", &["::ffff:203.0.113.9, ::ffff:10.0.0.1"], "203.0.113.9"),
        ("127.0.0.5", &["[::ffff:203.0.113.9]:1"], "203.0.113.9"),
        // What cannot be read ends the search at whoever passed it on.
        ("127.0.0.5", &["203.0.113.9, unknown"], "127.0.0.5"),
        ("127.0.0.5", &["203.0.113.9, _hidden, 10.0.0.1"], "10.0.0.1"),
        ("127.0.0.5", &["203.0.113.9, 10.0.0.1/8"], "127.0.0.5"),
        ("127.0.0.5", &["\u{e4}, 10.0.0.1"], "10.0.0.1"),
        ("127.0.0.5", &["\u{e4}, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.5", &["garbage, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.5", &[&thousand], "203.0.113.9"),
        ("127.0.0.5", &[&proxies], "10.0.0.1"),
    ];
    for (n, (peer, lines, client)) in rows.into_iter().enumerate() {
        assert_eq!(told(&house, n, peer, lines).await, client, "{peer} {lines:?}");
    }
}

/// What else proxies write is not read, whoever they are.
#[tokio::test]
async fn nothing_else_that_is_forwarded_counts() {
    let house = open("trusted_proxies = [\"127.0.0.5\"]", "").await;
    let forwarded = [("forwarded", "for=203.0.113.9;proto=https"), ("x-real-ip", "203.0.113.9")];
    let answer = exchange(&house, &from("127.0.0.5"), "1", &forwarded).await;
    assert_eq!(record(&house, &answer).await["sourceIPAddress"], "127.0.0.5");
    let elsewhere = [("x-forwarded-host", "evil.test"), ("x-forwarded-for", "203.0.113.9")];
    assert_eq!(exchange(&house, &from("127.0.0.5"), "2", &elsewhere).await.status, 200, "the Host is ours");
    let host = [("host", "evil.test"), ("x-forwarded-host", house.public_url.strip_prefix("http://").unwrap())];
    assert_eq!(present(&house, &from("127.0.0.5"), ADMIN, "x", &host).await.refusal(), (421, "MisdirectedRequest"));
}

/// Each row: the peer, what is said of the scheme, and whether `aws:SecureTransport` is true, in plain HTTP and over TLS.
#[tokio::test]
async fn a_proxy_of_ours_says_whether_the_client_spoke_tls() {
    let roles = [
        role_if("OverTls", ALL, r#""Bool":{"aws:SecureTransport":"true"}"#),
        role_if("InTheOpen", ALL, r#""Bool":{"aws:SecureTransport":"false"}"#),
    ];
    let rows: [(&str, &[&str], [bool; 2]); 9] = [
        ("127.0.0.2", &["https"], [false, true]),
        ("127.0.0.2", &["http"], [false, true]),
        ("127.0.0.5", &[], [false, true]),
        ("127.0.0.5", &["https"], [true, true]),
        ("127.0.0.5", &["HTTPS, https"], [true, true]),
        ("127.0.0.5", &["http"], [false, false]),
        ("127.0.0.5", &["https, http"], [false, false]),
        ("127.0.0.5", &["https", "http"], [false, false]),
        ("127.0.0.5", &["https;"], [false, false]),
    ];
    let world = format!("{}{}", config(), roles.concat());
    for over_tls in [false, true] {
        let address = if over_tls { Address::tls("localhost") } else { Address::loopback() };
        let address = Address { server: "trusted_proxies = [\"127.0.0.5\"]\n".to_owned(), ..address };
        let house = House::start(Clock::held(NOW), address, &all_files(), |_| world.clone()).await;
        for (n, (peer, said, secure)) in rows.into_iter().enumerate() {
            let secure = secure[usize::from(over_tls)];
            let headers: Vec<_> = said.iter().map(|scheme| ("x-forwarded-proto", *scheme)).collect();
            for (role, may) in [("OverTls", secure), ("InTheOpen", !secure)] {
                let paper = asserting(&house, &format!("{n}{role}"), role, &everything());
                let answer = present(&house, &there(&house, peer), &arn(role), &paper, &headers).await;
                assert_eq!(answer.status == 200, may, "{over_tls} {peer} {said:?} {role}: {}", answer.body);
            }
        }
    }
}

/// Who connects from there and knows the house's certificate.
fn there(house: &House, peer: &str) -> reqwest::Client {
    let client = reqwest::Client::builder().local_address(peer.parse::<IpAddr>().expect("an address")).no_proxy();
    let pem = std::fs::read(house.directory.path().join("certs/demo-ca.pem"));
    let known = pem.map(|pem| reqwest::Certificate::from_pem(&pem).expect("a certificate"));
    let client = if let Ok(known) = known { client.tls_certs_only([known]) } else { client };
    client.build().expect("a client")
}

/// Over a network, plain HTTP is for proxies of ours: others get no answer but the reason, whatever they ask for.
#[tokio::test]
async fn who_is_no_proxy_of_ours_gets_nothing_in_the_open() {
    let Some(own) = own_address() else { return };
    for (proxies, answers) in [("10.99.0.0/16".to_owned(), false), (own.to_string(), true)] {
        let (house, port) = open_to_a_network(own, &proxies).await;
        for (path, status) in [("/console", 200), ("/healthz", 200), ("/saml/metadata", 200)] {
            let ask = house.client.get(house.url(path)).header("host", "gate.example");
            // Whoever is not trusted is not believed either.
            let answer = Answer::of(ask.header("x-forwarded-for", "127.0.0.1").send().await.expect("an answer")).await;
            assert_eq!(answer.status, if answers { status } else { 403 }, "{path}: {}", answer.body);
            let reason = format!("{own} is not in server.trusted_proxies");
            assert_eq!(answer.body.contains(&reason), !answers, "{path}: {}", answer.body);
        }
        let call = house.client.post(house.url("/")).header("host", "gate.example").header("content-type", FORM);
        let answer = Answer::of(call.body("Action=GetCallerIdentity").send().await.expect("an answer")).await;
        let code = if answers { "MissingAuthenticationToken" } else { "AccessDenied" };
        assert_eq!(answer.refusal(), (403, code), "{}", answer.body);
        // This very machine is no network.
        let near = from("127.0.0.1").get(format!("http://127.0.0.1:{port}/console")).header("host", "gate.example");
        assert_eq!(near.send().await.expect("an answer").status(), 200);
    }
}

/// One address may hold so many connections; a proxy of ours holds those of everybody.
#[tokio::test]
async fn a_proxy_of_ours_may_hold_many_connections() {
    const MOST: usize = 256;
    let Some(own) = own_address() else { return };
    for (proxies, last) in [("10.99.0.0/16".to_owned(), ""), (own.to_string(), "HTTP/1.1 200 OK")] {
        let (_house, port) = open_to_a_network(own, &proxies).await;
        let mut held = Vec::new();
        for n in 0..=MOST {
            let mut stream = TcpStream::connect((own, port)).await.expect("a connection");
            let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
            let mut answer = [0; 15];
            let came = stream.read_exact(&mut answer).await.map_or("".into(), |_| String::from_utf8_lossy(&answer));
            assert!(n == MOST || !came.is_empty(), "connection {n} was turned away");
            assert!(n < MOST || came == last, "connection {n}: {came:?}");
            held.push(stream);
        }
    }
}

/// The address that this machine has for others, if there are any. Nothing is sent to find out.
pub(crate) fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
    let own = socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()).map(|own| own.ip());
    let own = own.ok().filter(|own| !own.is_loopback());
    if own.is_none() {
        eprintln!("this machine has no address but loopback, so nobody can come from elsewhere");
    }
    own
}

/// In plain HTTP on every address of this machine; and its port.
async fn open_to_a_network(own: IpAddr, proxies: &str) -> (House, u16) {
    let (directory, port) = (Arc::new(Directory::new()), free_port());
    for (name, text) in files() {
        directory.write(name, text);
    }
    directory.write("wrapping-key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
    let store = store(&directory);
    directory.write(
        "gatehouse.toml",
        format!(
            "[server]\nlisten = \"0.0.0.0:{port}\"\npublic_url = \"https://gate.example\"\ntrusted_proxies = [\"{proxies}\"]\n[store]\n{store}[keys]\ndirectory = \"keys\"\nwrapping_key = {{ file = \"wrapping-key\" }}\n{WORLD}"
        ),
    );
    (House::serve(directory, Clock::held(NOW), format!("http://{own}:{port}")).await, port)
}
