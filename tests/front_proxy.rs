//! A gateway that reaches the world through a proxy: which hosts it asks the proxy for, and what it reaches without.

use crate::connect_proxy::{Asked, ConnectProxy, certificate_for, serve_tls};
use crate::front_oidc::{DEV, assume, world};
use crate::house::{Address, House};
use crate::oidc_issuer::{EC, Issuer, NOW, claims};
use gatehouse::outbound::{Fetcher, NotAProxy, OutboundRules, Proxy};
use gatehouse::trace::Refusal;
use gatehouse::words::Secret;
use serde_json::json;

/// Names that no resolver knows, so that only the proxy can lead there.
const HOST: &str = "issuer.gatehouse.test";
const ELSEWHERE: &str = "keys.gatehouse.test";

struct Network {
    issuer: Issuer,
    proxy: ConnectProxy,
    ca: String,
}

impl Network {
    async fn open() -> Self {
        let (tls, ca) = certificate_for(&[HOST, ELSEWHERE]);
        let (issuer, router) = Issuer::behind(format!("https://{HOST}"), &[&EC]);
        let address = serve_tls(router, tls).await;
        Self { issuer, proxy: ConnectProxy::open(&[(HOST, address), (ELSEWHERE, address)]).await, ca }
    }

    async fn house(&self, outbound: &str) -> House {
        let files =
            [("ca.pem", self.ca.clone()), ("proxy", format!("http://gate:s%40fe-word@{}\n", self.proxy.address))];
        let world =
            world(&self.issuer).replacen("allowed_networks = [\"127.0.0.0/8\"]", "ca = { file = \"ca.pem\" }", 1);
        let outbound = format!("[outbound]\nproxy = {{ file = \"proxy\" }}\n{outbound}\n");
        House::open(NOW, &files, |_: &Address| outbound + &world).await
    }

    fn token(&self) -> String {
        EC.sign(&claims(&self.issuer.url))
    }
}

#[tokio::test]
async fn a_provider_is_reached_through_the_proxy() {
    let network = Network::open().await;
    let house = network.house("").await;
    assume(&house, DEV, &network.token()).await.credentials();
    let authorization = Some("Basic Z2F0ZTpzQGZlLXdvcmQ=".to_owned());
    for asked in network.proxy.asked() {
        assert_eq!(asked, Asked { authority: format!("{HOST}:443"), authorization: authorization.clone() });
    }
    assert!(!network.proxy.asked().is_empty());
    house.close().await;
}

/// The proxy would look up whatever name a provider's document says, and might reach what we must not.
#[tokio::test]
async fn a_document_cannot_send_us_to_a_host_that_is_not_named() {
    let network = Network::open().await;
    network.issuer.answers.lock().unwrap().discovery = json!({"jwks_uri": format!("https://{ELSEWHERE}/keys")});
    let house = network.house("").await;
    let answer = assume(&house, DEV, &network.token()).await;
    assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"));
    assert_eq!(house.code(&answer).await, "outbound.unlisted-host");
    assert_eq!(network.proxy.authorities(), [format!("{HOST}:443")]);
    house.close().await;

    let house = network.house(&format!("hosts = [\"{ELSEWHERE}\"]")).await;
    assume(&house, DEV, &network.token()).await.credentials();
    assert_eq!(network.proxy.authorities(), [format!("{HOST}:443"), format!("{ELSEWHERE}:443")]);
    house.close().await;
}

#[tokio::test]
async fn what_is_near_is_reached_without_the_proxy() {
    let proxy = ConnectProxy::open(&[]).await;
    let issuer = Issuer::start(&[&EC]).await;
    let files = [("proxy", format!("http://{}", proxy.address))];
    let outbound = "[outbound]\nproxy = { file = \"proxy\" }\n".to_owned();
    let house = House::open(NOW, &files, |_: &Address| outbound + &world(&issuer)).await;
    assume(&house, DEV, &EC.sign(&claims(&issuer.url))).await.credentials();
    assert_eq!(proxy.asked(), []);
    house.close().await;
}

#[tokio::test]
async fn a_proxy_that_fails_is_an_outage() {
    let network = Network::open().await;
    let house = network.house("").await;
    let closed = ConnectProxy::open(&[]).await;
    house.directory.write("proxy", format!("http://{}", closed.address));
    let (directory, clock, public_url) = house.close().await;
    let house = House::serve(directory, clock, public_url).await;
    let answer = assume(&house, DEV, &network.token()).await;
    assert_eq!(answer.refusal(), (400, "IDPCommunicationError"), "{}", answer.body);
    assert_eq!(house.code(&answer).await, "outbound.unreachable");
    assert_eq!(closed.authorities(), [format!("{HOST}:443")]);
    house.close().await;
}

fn through(proxy: &ConnectProxy, networks: &[&str], hosts: &[&str]) -> Fetcher {
    let allowed_networks = networks.iter().map(|network| network.parse().unwrap()).collect();
    let way = Proxy::parse(&Secret::new(format!("http://{}", proxy.address))).unwrap();
    let way = hosts.iter().fold(way, |way, host| way.and_for(host));
    Fetcher::new(OutboundRules { allowed_networks, ca_pem: None, proxy: Some(way) }).unwrap()
}

/// The address rule holds on both ways, and no document's spelling of a host passes for a listed one.
#[tokio::test]
async fn the_proxy_is_asked_for_listed_hosts_alone() {
    let proxy = ConnectProxy::open(&[]).await;
    let fetcher = through(&proxy, &["192.168.0.0/16"], &[HOST, "192.0.2.1"]);
    for (url, code) in [
        ("https://10.0.0.1/", "outbound.refused-address"),
        ("https://169.254.169.254/", "outbound.refused-address"),
        ("https://[::ffff:127.0.0.1]/", "outbound.refused-address"),
        ("https://127.0.0.1/", "outbound.refused-address"),
        ("https://localhost/", "outbound.refused-address"),
        ("http://localhost/", "outbound.refused-address"),
        ("https://8.8.8.8/", "outbound.unlisted-host"),
        ("https://other.gatehouse.test/", "outbound.unlisted-host"),
        ("https://issuer.gatehouse.test./", "outbound.unlisted-host"),
        ("https://x.issuer.gatehouse.test/", "outbound.unlisted-host"),
        ("https://issuer.gatehouse.test.evil.test/", "outbound.unlisted-host"),
        ("http://issuer.gatehouse.test/", "outbound.scheme"),
    ] {
        assert_eq!(fetcher.get(url).await.err().unwrap().code().name(), code, "{url}");
    }
    assert_eq!(proxy.asked(), []);
    assert_eq!(
        fetcher.get("https://ISSUER.gatehouse.test/").await.err().unwrap().code().name(),
        "outbound.unreachable"
    );
    assert_eq!(proxy.authorities(), [format!("{HOST}:443")]);
}

#[test]
fn a_proxys_address_is_http_and_stays_unseen() {
    let parse = |text: &str| Proxy::parse(&Secret::new(text));
    for bad in [
        "",
        "proxy.example:3128",
        "https://proxy.example",
        "socks5://proxy.example",
        "http://",
        "http://proxy.example/path",
        "http://proxy.example?x",
    ] {
        assert_eq!(parse(bad).err(), Some(NotAProxy), "{bad}");
    }
    let proxy = parse("http://gate:safe-word@proxy.example:3128/").unwrap().and_for(HOST);
    let rules = OutboundRules { proxy: Some(proxy), ..OutboundRules::default() };
    let shown = format!("{rules:?}");
    assert!(shown.contains(HOST) && !shown.contains("safe-word") && !shown.contains("proxy.example"), "{shown}");
}
