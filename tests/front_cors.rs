//! Which pages of other sites may call the API by script: what a browser is told. tests/peers_cors.rs asks a real one.

use crate::front::{WORLD, files};
use crate::front_signed::{get_caller_identity, user};
use crate::house::{Answer, House};
use crate::saml_identity::NOW;
use reqwest::Method;
use std::collections::BTreeMap;

pub(crate) const APP: &str = "https://app.example.com";
const LOCAL: &str = "http://127.0.0.1:3000";
const HEADERS: &str = "amz-sdk-invocation-id,amz-sdk-request,authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token,x-amz-user-agent";

/// The house with these origins, started anew.
pub(crate) async fn with_origins(house: House, origins: &[&str]) -> House {
    let (directory, clock, url) = house.close().await;
    let text = std::fs::read_to_string(directory.path().join("gatehouse.toml")).expect("the file");
    let with = text.replacen("\n[store]", &format!("cors_origins = {origins:?}\n\n[store]"), 1);
    directory.write("gatehouse.toml", with);
    House::serve(directory, clock, url).await
}

async fn open(origins: &[&str]) -> House {
    with_origins(House::open(NOW, &files(), |_| WORLD.to_owned()).await, origins).await
}

/// A request from a page, as a browser sends it.
async fn from(house: &House, origin: &str, method: Method, path: &str, more: &[(&str, &str)]) -> Answer {
    let request = house.client.request(method, house.url(path)).header("origin", origin);
    let request = more.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    Answer::of(request.send().await.expect("an answer")).await
}

async fn preflight(house: &House, origin: &str, path: &str) -> Answer {
    let asks = [("access-control-request-method", "POST"), ("access-control-request-headers", HEADERS)];
    from(house, origin, Method::OPTIONS, path, &asks).await
}

/// What the answer says to browsers.
fn told(answer: &Answer) -> BTreeMap<&str, &str> {
    let told = answer.headers.iter().filter(|(name, _)| name.starts_with("access-control-"));
    told.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn a_page_that_is_listed_may_call_with_what_the_sdk_sends() {
    let house = open(&[APP, LOCAL]).await;
    for (origin, path, refusal) in
        [(APP, "/", "MissingAction"), (LOCAL, "/", "MissingAction"), (APP, "/oauth/token", "invalid_request")]
    {
        let answer = preflight(&house, origin, path).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        let told = told(&answer);
        assert_eq!((told["access-control-allow-origin"], told["access-control-allow-methods"]), (origin, "POST"));
        let allowed: Vec<&str> = told["access-control-allow-headers"].split(", ").collect();
        assert!(HEADERS.split(',').all(|name| allowed.contains(&name)), "{allowed:?}");
        assert!(!told.contains_key("access-control-allow-credentials"), "{told:?}");
        assert_eq!(answer.headers["vary"], "origin");
        let posted = from(&house, origin, Method::POST, path, &[("content-type", crate::house::FORM)]).await;
        let told = self::told(&posted);
        assert_eq!(told["access-control-allow-origin"], origin);
        assert_eq!(told["access-control-expose-headers"], "x-amzn-requestid, date");
        assert!(posted.status == 400 && posted.body.contains(refusal), "{}", posted.body);
        assert_eq!(posted.headers["vary"], "origin");
        assert!(!told.contains_key("access-control-allow-credentials"), "{told:?}");
    }
}

/// Also what is refused before it is read is the page's to read.
#[tokio::test]
async fn a_listed_page_reads_refusals_too() {
    let house = open(&[APP]).await;
    let long = "a".repeat(300 * 1024);
    let request = house.client.post(house.url("/")).header("origin", APP).body(long);
    let answer = Answer::of(request.send().await.expect("an answer")).await;
    assert_eq!((answer.status, told(&answer)["access-control-allow-origin"]), (413, APP));
}

/// What it cannot read is to a page a network that has failed, and it tries again at once.
#[tokio::test]
async fn a_listed_page_reads_that_it_is_to_wait_or_is_wrong_here() {
    let limited = format!("{WORLD}[limits]\nrate_per_source = 3\n");
    let house = with_origins(House::open(NOW, &files(), move |_| limited.clone()).await, &[APP]).await;
    let elsewhere = [("host", "evil.test")];
    for path in ["/", "/oauth/token"] {
        let misdirected = from(&house, APP, Method::POST, path, &elsewhere).await;
        assert_eq!((misdirected.status, told(&misdirected)["access-control-allow-origin"]), (421, APP), "{path}");
    }
    assert_eq!(preflight(&house, APP, "/").await.status, 204);
    for (path, status) in [("/", 400), ("/oauth/token", 429)] {
        let throttled = from(&house, APP, Method::POST, path, &[]).await;
        assert_eq!((throttled.status, told(&throttled)["access-control-allow-origin"]), (status, APP), "{path}");
        assert_eq!(throttled.headers["vary"], "origin", "{path}");
        let other = from(&house, "https://evil.test", Method::POST, path, &[]).await;
        assert_eq!((other.status, told(&other)), (status, BTreeMap::new()), "{path}");
        assert_eq!(preflight(&house, APP, path).await.status, status, "whoever asks first is counted too: {path}");
    }
    let page = from(&house, APP, Method::POST, "/console/credentials", &[]).await;
    assert_eq!((page.status, told(&page)), (429, BTreeMap::new()), "nothing else is shared");
}

#[tokio::test]
async fn every_other_page_is_told_nothing() {
    let house = open(&[APP, LOCAL]).await;
    for origin in [
        "https://app.example.com.evil.test",
        "https://evil.test",
        "http://app.example.com",
        "https://app.example.com:444",
        "https://APP.example.com",
        "https://app.example.com/",
        "http://127.0.0.1:3001",
        "http://localhost:3000",
        "null",
        "",
        "*",
    ] {
        let asked = preflight(&house, origin, "/").await;
        assert_eq!((asked.status, told(&asked)), (403, BTreeMap::new()), "{origin}");
        let posted = from(&house, origin, Method::POST, "/", &[("content-type", crate::house::FORM)]).await;
        assert_eq!((posted.status, told(&posted)), (400, BTreeMap::new()), "{origin}");
        assert_eq!(posted.headers["vary"], "origin", "{origin}: no cache may give another's answer");
    }
    let two = [("origin", "https://evil.test"), ("access-control-request-method", "POST")];
    let twice = from(&house, APP, Method::OPTIONS, "/", &two).await;
    assert_eq!((twice.status, told(&twice)), (403, BTreeMap::new()), "two origins are none");
}

/// Nothing else is shared: not the pages, not what is presigned, and nothing at all where nobody is listed.
#[tokio::test]
async fn nothing_but_the_api_is_shared() {
    let house = open(&[APP]).await;
    for path in [
        "/console",
        "/console/session",
        "/console/credentials",
        "/saml/acs",
        "/saml/metadata",
        "/federation",
        "/decide",
        "/oidc/callback/111122223333:app",
        "/healthz",
        "/readyz",
        "/nowhere",
    ] {
        let asked = preflight(&house, APP, path).await;
        assert!(asked.status >= 400 && told(&asked).is_empty(), "{path}: {} {:?}", asked.status, asked.headers);
        for method in [Method::GET, Method::POST] {
            let answer = from(&house, APP, method, path, &[]).await;
            assert!(told(&answer).is_empty(), "{path}: {:?}", answer.headers);
        }
    }
    let read = from(&house, APP, Method::GET, "/?Action=GetCallerIdentity&Version=2011-06-15", &[]).await;
    assert_eq!((read.status, told(&read)), (403, BTreeMap::new()));
    let plain = from(&house, APP, Method::OPTIONS, "/", &[]).await;
    assert_eq!((plain.status, told(&plain)), (405, BTreeMap::new()), "nobody asks for a page");
    assert_eq!(get_caller_identity(&house, &user()).await.headers.get("vary").map(String::as_str), Some("origin"));

    let shut = open(&[]).await;
    let asked = preflight(&shut, APP, "/").await;
    assert_eq!((asked.status, told(&asked)), (405, BTreeMap::new()));
    let posted = from(&shut, APP, Method::POST, "/", &[("content-type", crate::house::FORM)]).await;
    assert!(told(&posted).is_empty() && !posted.headers.contains_key("vary"), "{:?}", posted.headers);
}
