//! What two identity providers make of requests that ask for more than a sign-in.

use crate::house::{Address, Browser, FORM, House, encoded, hidden};
use crate::peers_browser::Scene;
use crate::peers_lemonldap::LemonLdap;
use crate::peers_saml::campus;
use crate::peers_simplesamlphp::SimpleSaml;
use crate::peers_start::{client, saml_response};
use crate::saml_identity::changed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

pub(crate) const LOGIN: &str = "/saml/login/111111111111:ssp";

/// A campus whose providers have `setting`.
pub(crate) async fn house(address: Address, idp: &SimpleSaml, setting: &str) -> House {
    let world = campus(false).replace("idp_initiated = false", setting);
    let house = House::open_at(address, &[("ssp.xml", idp.metadata.clone())], world).await;
    idp.knows(&house, &json!({})).await;
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_by_post_is_verified_there() {
    let idp = SimpleSaml::start().await;
    let house = house(Address::loopback(), &idp, "request_binding = \"post\"").await;
    let page = Browser::default().get(&house, LOGIN).await.body;
    let action = page.split_once("action=\"").and_then(|(_, rest)| rest.split_once('"')).expect("a form").0;
    let xml = String::from_utf8(STANDARD.decode(hidden(&page, "SAMLRequest")).expect("base64")).expect("XML");
    let forged = changed(&xml, "ProtocolBinding=", "ForceAuthn=\"true\" ProtocolBinding=");
    for (request, refused) in [(xml, false), (forged, true)] {
        let form = encoded(&[("SAMLRequest", &STANDARD.encode(request)), ("RelayState", &hidden(&page, "RelayState"))]);
        let said = client()
            .post(action)
            .header("content-type", FORM)
            .body(form)
            .send()
            .await
            .expect("an answer")
            .text()
            .await
            .expect("a page");
        // A signature that does not hold is none to it.
        assert_eq!(said.contains("no signature found on message"), refused, "{said}");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_carries_requests_by_post() {
    let idp = SimpleSaml::start().await;
    let campus = house(Address::tls("gate.test"), &idp, "request_binding = \"post\"").await;
    let mut portal = LemonLdap::start().await;
    let police_box = portal.house(Address::tls("gate.test"), "request_binding = \"post\"", &json!({})).await;
    let scene = Scene::new().goto(&campus.url(LOGIN)).expect("Enter your username").saml_login("student");
    let scene = scene.wait_for(&campus.url("/console")).heading("You wear Student");
    let scene = scene.goto(&police_box.url("/saml/login/lemon")).expect("Connect").lemon_login("dwho");
    let scene = scene.wait_for(&police_box.url("/console")).heading("You wear Doctor");
    let seen = scene.violations().view("violations").play().await;
    assert!(seen["violations"].violations.is_empty(), "{:?}", seen["violations"].violations);
    campus.close().await;
    police_box.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_authenticate_anew_does() {
    let idp = SimpleSaml::start().await;
    let strict = house(Address::tls("gate.test"), &idp, "force_authn = true").await;
    let mild = house(Address::tls("gate.test"), &idp, "force_authn = false").await;
    let mut scene = Scene::new().goto(&mild.url(LOGIN)).saml_login("student").wait_for(&mild.url("/console"));
    // The identity provider has a session now, which is good enough for the one and not for the other.
    scene = scene.goto(&mild.url(LOGIN)).wait_for(&mild.url("/console")).heading("You wear Student");
    for _ in ["the first time", "and again"] {
        scene = scene.goto(&strict.url(LOGIN)).expect("Enter your username").saml_login("student");
        scene = scene.wait_for(&strict.url("/console")).heading("You wear Student");
    }
    scene.play().await;
    strict.close().await;
    mild.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_that_is_not_given_lets_nobody_in() {
    const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";
    const MFA: &str = "https://refeds.org/profile/mfa";
    let idp = SimpleSaml::start().await;
    for (context, taken) in [(PASSWORD, true), (MFA, false)] {
        let house = house(Address::loopback(), &idp, &format!("authn_context = [\"{context}\"]")).await;
        let mut browser = Browser::default();
        let start = browser.get(&house, LOGIN).await.location.expect("to the provider");
        let posted = saml_response(&start, "student").await;
        let form = [("SAMLResponse", posted.response.as_str()), ("RelayState", posted.relay_state.as_str())];
        let answer = browser.post(&house, "/saml/acs", &form).await;
        if taken {
            assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{}", answer.body);
        } else {
            assert_eq!((answer.status, house.code(&answer).await.as_str()), (403, "saml.authn-context"));
        }
        house.close().await;
    }
}
