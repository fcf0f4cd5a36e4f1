//! LemonLDAP::NG as SAML 2.0 identity provider, scripted and in Chromium.

use crate::house::{Address, Browser, House};
use crate::peers_browser::Scene;
use crate::peers_lemonldap::{COMPANION, DOCTOR, LEMON, LOGIN, LemonLdap, name};
use crate::peers_start::{Posted, no_saml_response_by, saml_response_by};
use crate::saml_identity::changed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// In the demonstration each name is the password.
async fn response(start: &str, person: &str) -> Posted {
    saml_response_by(start, person, person).await
}

/// The whole way by a scripted browser: asked by us, signed in there, taken by us.
async fn signs_in(house: &House, person: &str) -> Browser {
    let mut browser = Browser::default();
    let start = browser.get(house, LOGIN).await.location.expect("to the provider");
    let posted = response(&start, person).await;
    let form = [("SAMLResponse", posted.response.as_str()), ("RelayState", posted.relay_state.as_str())];
    let answer = browser.post(house, "/saml/acs", &form).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{person}: {}", answer.body);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_become_roles_by_rule() {
    let mut portal = LemonLdap::start().await;
    let house = portal.house(Address::loopback(), "idp_initiated = true", &json!({})).await;
    let people = [
        ("dwho", DOCTOR, "dwho", "dwho@badwolf.org"),
        ("rtyler", COMPANION, "rtyler@badwolf.org", "rtyler@badwolf.org"),
    ];
    for (person, role, session_name, mail) in people {
        let mut browser = signs_in(&house, person).await;
        let session: Value = serde_json::from_str(&browser.get(&house, "/console/session").await.body).expect("JSON");
        assert_eq!(session["role"], role, "{person}");
        assert_eq!(session["session_name"], session_name, "{person}");
        assert_eq!(session["original"], format!("{LEMON}:{mail}"), "{person}");
    }

    let posted = response(&portal.unasked(&house), "dwho").await;
    let with = |role| [("RoleArn", role), ("PrincipalArn", LEMON), ("SAMLAssertion", posted.response.as_str())];
    let denied = house.sts("AssumeRoleWithSAML", &with(COMPANION)).await;
    assert_eq!(denied.refusal(), (403, "AccessDenied"), "a role that no rule gives: {}", denied.body);
    let assumed = house.sts("AssumeRoleWithSAML", &with(DOCTOR)).await;
    assert_eq!(assumed.element("Arn"), "arn:aws:sts::111111111111:assumed-role/Doctor/dwho", "{}", assumed.body);
    assert_eq!(assumed.element("Subject"), "dwho@badwolf.org");
    assert_eq!(assumed.element("Issuer"), format!("{}/saml/metadata", portal.base));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_verifies_what_we_ask() {
    let mut portal = LemonLdap::start().await;
    let house = portal.house(Address::loopback(), "idp_initiated = false", &json!({})).await;
    signs_in(&house, "dwho").await;
    let asked = Browser::default().get(&house, LOGIN).await.location.expect("to the provider");
    let forged = changed(&asked, "&RelayState=", "&RelayState=x");
    no_saml_response_by(&forged, "dwho", "dwho").await;
    let (said, gateway) = (portal.output(), name(&house));
    assert!(said.contains(&format!("Could not verify signature of incoming SSO request from {gateway}")), "{said}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_by_its_own_pages() {
    let mut portal = LemonLdap::start().await;
    let house = portal.house(Address::tls("gate.test"), "idp_initiated = true", &json!({})).await;
    let gate = house.public_url.clone();
    let mut scene = Scene::new();
    for (how, start) in [("asked", house.url(LOGIN)), ("unasked", portal.unasked(&house))] {
        scene = scene.goto(&start).lemon_login("dwho").wait_for(&format!("{gate}/console")).heading("You wear Doctor");
        scene = scene.goto(&format!("{gate}/console/session")).view(how).forget_all();
    }
    let seen = scene.violations().view("violations").play().await;
    for how in ["asked", "unasked"] {
        assert_eq!(seen[how].json()["role"], DOCTOR, "{how}");
    }
    assert!(seen["violations"].violations.is_empty(), "{:?}", seen["violations"].violations);
    house.close().await;
}

/// What the portal is told, in which environment; a text that shows in what it sent that it did so; the code that
/// refuses it, and what the remedy names that a person sets there.
#[tokio::test(flavor = "multi_thread")]
async fn what_it_encrypts_is_taken_if_it_is_signed_around() {
    const CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
    const RSA_1_5: &str = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";
    const BEFORE_2_8: &[(&str, &str)] = &[("LASSO_DEFAULT_KEY_ENCRYPTION_METHOD", "rsa-pkcs1")];
    let encrypted = |signed: u8| json!({ "EncryptionMode": "assertion", "SignSSOMessage": signed });
    for (environment, options, says, refused) in [
        (&[][..], encrypted(1), CBC, None),
        (&[], encrypted(0), CBC, Some(("saml.cbc-unsigned", "Sign SSO message"))),
        (BEFORE_2_8, encrypted(1), RSA_1_5, Some(("saml.rsa-1_5", "LASSO_DEFAULT_KEY_ENCRYPTION_METHOD=rsa-oaep"))),
    ] {
        let mut portal = LemonLdap::start_in(environment).await;
        let house = portal.house(Address::loopback(), "encrypted_assertions = \"required\"", &options).await;
        let mut browser = Browser::default();
        let start = browser.get(&house, LOGIN).await.location.expect("to the provider");
        let posted = response(&start, "dwho").await;
        let xml = String::from_utf8(STANDARD.decode(&posted.response).expect("base64")).expect("XML");
        assert!(xml.contains(says) && !xml.contains("<saml:Assertion"), "it does as it was told, {options}: {xml}");
        let form = [("SAMLResponse", posted.response.as_str()), ("RelayState", posted.relay_state.as_str())];
        let answer = browser.post(&house, "/saml/acs", &form).await;
        let session: Value = serde_json::from_str(&browser.get(&house, "/console/session").await.body).expect("JSON");
        if let Some((code, remedy)) = refused {
            assert_eq!(answer.status, 403, "{options}: {}", answer.body);
            let failed = house.trace(&answer.request_id).await.pop().expect("a step");
            assert_eq!(failed.code.as_deref(), Some(code), "{options}");
            assert!(failed.remedy.as_deref().is_some_and(|text| text.contains(remedy)), "{options}: {failed:?}");
            assert_eq!(session["signed_in"], false, "{options}");
        } else {
            assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{}", answer.body);
            assert_eq!(session["role"], DOCTOR, "{options}");
        }
        house.close().await;
    }
}
