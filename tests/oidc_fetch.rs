//! What a fetch may reach, and how it ends.

use crate::connect_proxy::{certificate_for, serve_tls};
use crate::oidc_issuer::loopback_fetcher;
use flate2::Compression;
use flate2::write::GzEncoder;
use gatehouse::outbound::{Fetcher, OutboundError, OutboundRules};
use gatehouse::trace::Refusal;
use gatehouse::words::Network;
use std::io::Write;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn code(fetcher: &Fetcher, url: &str) -> &'static str {
    fetcher.get(url).await.map_or_else(|error| error.code().name(), |_| "answered")
}

fn fetcher(networks: &[&str]) -> Fetcher {
    let allowed_networks = networks.iter().map(|network| network.parse().unwrap()).collect();
    Fetcher::new(OutboundRules { allowed_networks, ca_pem: None, proxy: None }).unwrap()
}

#[test]
fn networks_hold_their_addresses() {
    let holds = |network: &str, address: &str| network.parse::<Network>().unwrap().contains(address.parse().unwrap());
    assert!(holds("10.20.0.0/16", "10.20.255.1") && !holds("10.20.0.0/16", "10.21.0.1"));
    assert!(holds("127.0.0.1", "127.0.0.1") && !holds("127.0.0.1", "127.0.0.2"));
    assert!(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "::1"));
    assert!(holds("fd12::/48", "fd12:0:0:1::1") && !holds("fd12::/48", "fd12:0:1::1"));
    assert!(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
    for bad in ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0/8", "fd12::/129", "example"] {
        assert!(bad.parse::<Network>().is_err(), "{bad}");
    }
}

#[tokio::test]
async fn private_addresses_are_refused_in_every_spelling() {
    let fetcher = fetcher(&[]);
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[::]",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[fc00::1]",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "localhost",
    ] {
        assert_eq!(code(&fetcher, &format!("https://{host}/")).await, "outbound.refused-address", "{host}");
    }
}

#[tokio::test]
async fn metadata_addresses_stay_closed_even_when_listed() {
    let fetcher = fetcher(&["0.0.0.0/0", "::/0"]);
    for host in [
        "169.254.169.254",
        "169.254.170.2",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[64:ff9b:1:a9fe:a9:fe00::]",
        "[2002:a9fe:a9fe::1]",
        "[2001:0:102:304::5601:5601]",
        "[2001:4860::5efe:169.254.169.254]",
        "[2001:4860::200:5efe:169.254.169.254]",
        "[::169.254.169.254]",
        "[fd20:ce::254]",
        "100.100.100.200",
        "168.63.129.16",
        "224.0.0.1",
        "0.0.0.0",
    ] {
        assert_eq!(code(&fetcher, &format!("https://{host}/")).await, "outbound.refused-address", "{host}");
    }
}

/// Where only IPv6 is spoken, a public IPv4 host has an address of this kind.
#[tokio::test]
async fn translated_public_addresses_may_be_tried() {
    for host in ["[64:ff9b::808:808]", "[2001:4860:4860::8888]"] {
        let (fetcher, url) = (fetcher(&[]), format!("https://{host}/"));
        let asked = tokio::time::timeout(std::time::Duration::from_millis(200), fetcher.get(&url));
        let refused = asked.await.is_ok_and(|outcome| matches!(outcome, Err(OutboundError::RefusedAddress { .. })));
        assert!(!refused, "{host}");
    }
    for host in ["[64:ff9b::a00:1]", "[2001:4860::5efe:169.254.169.254]", "[2001:0:102:304::5601:5601]"] {
        assert_eq!(code(&fetcher(&[]), &format!("https://{host}/")).await, "outbound.refused-address", "{host}");
    }
}

/// Somebody who answers every question with these bytes.
async fn answering(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _request = stream.read(&mut [0; 4096]).await.unwrap();
            let _ = stream.write_all(&answer).await;
        }
    });
    url
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// The cap holds for what is unpacked, and what cannot be unpacked is no answer.
#[tokio::test]
async fn compressed_answers_are_bounded_once_unpacked() {
    const LIMIT: usize = 1024 * 1024;
    let packed = |coding: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\n{coding}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    let honest = gzip(&[b' '; LIMIT]);
    for coding in ["content-encoding: gzip\r\n", "Content-Encoding: GZIP\r\n", "content-encoding: x-gzip\r\n"] {
        let answer = loopback_fetcher().get(&answering(packed(coding, &honest)).await).await;
        assert_eq!(answer.map(|answer| answer.body.len()), Ok(LIMIT), "{coding}");
    }
    let gz = "content-encoding: gzip\r\n";
    let cut = &honest[..honest.len() - 9];
    let twice = [&gzip(b"{}")[..], &gzip(b"{}")[..]].concat();
    for (what, coding, body, expected) in [
        ("one byte more", gz, &gzip(&[b' '; LIMIT + 1])[..], "outbound.too-large"),
        ("a bomb", gz, &gzip(&vec![b' '; 100 * LIMIT])[..], "outbound.too-large"),
        ("cut short", gz, cut, "outbound.encoding"),
        ("something behind it", gz, &twice[..], "outbound.encoding"),
        ("not gzip", gz, &b"{\"keys\":[]}"[..], "outbound.encoding"),
        ("another coding", "content-encoding: br\r\n", &b"{}"[..], "outbound.encoding"),
        ("two codings", "content-encoding: gzip, gzip\r\n", &gzip(&gzip(b"{}"))[..], "outbound.encoding"),
        ("two headers", "content-encoding: gzip\r\ncontent-encoding: gzip\r\n", &gzip(b"{}")[..], "outbound.encoding"),
        ("plain", "", &[b' '; LIMIT + 1][..], "outbound.too-large"),
    ] {
        assert_eq!(code(&loopback_fetcher(), &answering(packed(coding, body)).await).await, expected, "{what}");
    }
}

#[tokio::test]
async fn plain_http_is_for_loopback_alone() {
    let fetcher = fetcher(&["10.0.0.0/8"]);
    assert_eq!(code(&fetcher, "http://10.0.0.1/").await, "outbound.scheme");
    assert_eq!(code(&fetcher, "http://issuer.example/").await, "outbound.scheme");
    assert_eq!(code(&fetcher, "ftp://127.0.0.1/").await, "outbound.scheme");
    assert_eq!(code(&fetcher, "http://127.0.0.1/").await, "outbound.refused-address");
    for url in ["file:///etc/passwd", "not a url", "https://u:p@a.example/", "https://a.example/#x"] {
        assert_eq!(code(&fetcher, url).await, "outbound.url", "{url}");
    }
}

#[tokio::test]
async fn a_listed_loopback_server_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _request = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(b"HTTP/1.1 418 Teapot\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").await.unwrap();
        }
    });
    for host in ["127.0.0.1", "localhost"] {
        let answer = loopback_fetcher().get(&format!("http://{host}:{port}/")).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (418, &b"ok"[..]));
    }
}

#[tokio::test]
async fn a_dripping_server_ends_by_the_time_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _request = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut drip = tokio::time::interval(std::time::Duration::from_millis(200));
        while stream.write_all(b" ").await.is_ok() {
            drip.tick().await;
        }
    });
    let url = format!("http://127.0.0.1:{port}/");
    let error = tokio::time::timeout(std::time::Duration::from_secs(8), loopback_fetcher().get(&url)).await.unwrap();
    let error = error.err().unwrap();
    assert!(matches!(error, OutboundError::TimeLimit { seconds: 5, .. }) && error.is_unreachable(), "{error:?}");
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let error = loopback_fetcher().get(&url).await.err().unwrap();
    assert!(matches!(error, OutboundError::Unreachable { .. }) && error.is_unreachable(), "{error:?}");
}

#[test]
fn a_private_ca_must_be_certificates() {
    for pem in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let rules = OutboundRules { allowed_networks: vec![], ca_pem: Some(pem.to_owned()), proxy: None };
        assert!(matches!(Fetcher::new(rules).err(), Some(OutboundError::Authority { .. })), "{pem}");
    }
}

#[tokio::test]
async fn tls_is_verified_against_the_private_ca_or_the_systems() {
    let (tls, ca_pem) = certificate_for(&["localhost"]);
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "ok" }));
    let port = serve_tls(router, tls).await.port();
    let allowed_networks = vec!["127.0.0.1".parse().unwrap()];
    let trusting = OutboundRules { allowed_networks, ca_pem: Some(ca_pem), proxy: None };
    let trusting = Fetcher::new(trusting).unwrap();
    assert_eq!(code(&trusting, &format!("https://localhost:{port}/")).await, "answered");
    // Another host than the certificate's, and another authority than the server's.
    assert_eq!(code(&trusting, &format!("https://127.0.0.1:{port}/")).await, "outbound.unreachable");
    assert_eq!(code(&loopback_fetcher(), &format!("https://localhost:{port}/")).await, "outbound.unreachable");
}
