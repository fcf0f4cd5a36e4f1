//! Attacks that are no single document.

use crate::front::{ADMIN, assume_with_saml, good, open};
use crate::house::{House, idp_metadata};
use crate::saml_identity::{IDP, STRANGER};

/// A26: what was stolen is taken out of the metadata. (What was minted before ends in its time.)
#[tokio::test]
async fn a_withdrawn_key_stops_new_assertions() {
    let house = open("").await;
    assert_eq!(assume_with_saml(&house, ADMIN, &good(&house, "1")).await.status, 200);
    let (directory, clock, url) = house.close().await;
    directory.write("idp.xml", idp_metadata(IDP, "https://idp.example/sso", &[&STRANGER.certificate]));
    let house = House::serve(directory, clock, url).await;
    let answer = assume_with_saml(&house, ADMIN, &good(&house, "2")).await;
    assert_eq!((answer.status, house.code(&answer).await.as_str()), (400, "saml.signature"));
}

/// C15: it is a handle of ours, or it is nothing.
#[tokio::test]
async fn a_hostile_relay_state_leads_nowhere() {
    let house = open("").await;
    let long = "a".repeat(4_000);
    for (number, relay_state) in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/console\r\nSet-Cookie: s1=x",
        "<script>alert(1)</script>",
        "%2f%2fevil.example",
        long.as_str(),
    ]
    .into_iter()
    .enumerate()
    {
        let paper = good(&house, &number.to_string());
        let answer = house.post("/saml/acs", &[("SAMLResponse", &paper), ("RelayState", relay_state)]).await;
        assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console/confirm")), "{relay_state}");
        assert!(!answer.body.contains("evil") && !answer.body.contains("script"), "{}", answer.body);
        assert!(answer.cookies.iter().all(|cookie| cookie.starts_with("pending=")), "{:?}", answer.cookies);
    }
}
