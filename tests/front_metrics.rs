//! What operators read, and where alone they can.

use crate::front::{WORLD, files};
use crate::house::{Address, Answer, Directory, House, free_port, store};
use crate::saml_identity::NOW;
use gatehouse::ambient::Clock;
use std::sync::Arc;

/// A gateway whose metrics can be read, and where. `more` is the rest of its configuration.
pub(crate) async fn open_with(more: &str) -> (House, String) {
    let (directory, admin) = (Arc::new(Directory::new()), format!("127.0.0.1:{}", free_port()));
    for (name, text) in files() {
        directory.write(name, text);
    }
    let Address { port, public_url, .. } = Address::loopback();
    let store = store(&directory);
    let server = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{public_url}\"\nadmin_listen = \"{admin}\"\n\n[store]\n{store}\n[keys]\ndirectory = \"keys\"\n"
    );
    directory.write("gatehouse.toml", server + more);
    (House::serve(directory, Clock::held(NOW), public_url).await, format!("http://{admin}"))
}

pub(crate) async fn read(house: &House, admin: &str, path: &str) -> Answer {
    // Whoever asks there reaches it; what they call it does not matter.
    let request = house.client.get(format!("{admin}{path}")).header("host", "anything.example");
    Answer::of(request.send().await.expect("an answer")).await
}

#[tokio::test]
async fn refusals_are_counted_by_their_code() {
    let (house, admin) = open_with(WORLD).await;
    let before = read(&house, &admin, "/metrics").await;
    assert_eq!((before.status, before.body.contains("gatehouse_refusals_total{")), (200, false), "{}", before.body);
    for _ in 0..2 {
        assert_eq!(house.sts("Nonsense", &[]).await.status, 400);
    }
    let page = house.post("/saml/acs", &[("SAMLResponse", "?")]).await;
    assert_eq!(house.code(&page).await, "saml.base64");
    let after = read(&house, &admin, "/metrics").await;
    for line in [
        "gatehouse_refusals_total{code=\"sts.unknown-action\"} 2\n",
        "gatehouse_refusals_total{code=\"saml.base64\"} 1\n",
        "gatehouse_saml_responses_verified_total 0\n",
    ] {
        assert!(after.body.contains(line), "{line} in\n{}", after.body);
    }
    assert_eq!(after.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    house.close().await;
}

#[tokio::test]
async fn each_door_has_its_own() {
    let (house, admin) = open_with(WORLD).await;
    assert_eq!(house.get("/metrics").await.status, 404, "strangers do not read metrics");
    for path in ["/", "/console", "/healthz", "/saml/metadata"] {
        assert_eq!(read(&house, &admin, path).await.status, 404, "{path}");
    }
    house.close().await;
    assert!(reqwest::get(format!("{admin}/metrics")).await.is_err(), "the second door is shut with the first");
}
