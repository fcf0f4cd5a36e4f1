//! What an identity provider's answer holds twice is not chosen from.

use crate::front::{good, open};
use crate::front_logout::{is_in, sign_in};
use crate::front_oidc::{begin, promise};
use crate::house::{Answer, Browser, House};
use crate::oidc_issuer::{Issuer, RSA};
use crate::{saml_identity, saml_logout};

#[tokio::test]
async fn a_form_that_holds_a_parameter_twice_is_refused() {
    let house = open("").await;
    let papers = [good(&house, "1"), good(&house, "2")];
    let (first, second) = (("SAMLResponse", papers[0].as_str()), ("SAMLResponse", papers[1].as_str()));
    for form in [&[first, second][..], &[first, first], &[first, ("RelayState", ""), ("RelayState", "a")]] {
        refused(&house, &house.post("/saml/acs", form).await).await;
    }
    let once = house.post("/saml/acs", &[first, ("RelayState", "")]).await;
    assert_eq!(once.status, 303, "nothing was used up: {}", once.body);
}

#[tokio::test]
async fn a_query_that_holds_a_parameter_twice_is_refused() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = crate::front_oidc::open(&issuer).await;
    let mut browser = Browser::default();
    let begun = begin(&house, &mut browser).await;
    promise(&issuer, &begun.nonce);
    let state = format!("state={}", begun.state);
    for query in [
        format!("code=c0de&code=c1de&{state}"),
        format!("code=c0de&{state}&{state}"),
        format!("error=access_denied&error=login_required&{state}"),
    ] {
        refused(&house, &browser.get(&house, &format!("/oidc/callback/app?{query}")).await).await;
    }
    assert!(issuer.token_requests().is_empty(), "no code was sent anywhere");
    let once = browser.get(&house, &format!("/oidc/callback/app?code=c0de&{state}")).await;
    assert_eq!(once.status, 303, "the attempt is still there: {}", once.body);
}

#[tokio::test]
async fn a_logout_by_a_form_that_leaves_open_what_is_meant_ends_nothing() {
    let house = saml_logout::open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let message = saml_logout::post(&saml_logout::request(&house), "_logout", &saml_identity::RSA);
    let (asked, relayed) = (("SAMLRequest", message.as_str()), ("RelayState", "theirs"));
    let (answered, other) = (("SAMLResponse", "eA=="), ("RelayState", "others"));
    let twice = [&[asked, asked][..], &[asked, relayed, other], &[asked, relayed, relayed], &[answered, answered]];
    for form in twice.into_iter().chain([&[asked, answered][..], &[relayed]]) {
        let answer = Browser::default().post(&house, "/saml/slo", form).await;
        assert_eq!((answer.status, &*house.code(&answer).await), (403, "saml.logout-form"), "{form:?}");
        assert!(answer.body.contains("nothing was ended by it"), "{}", answer.body);
        assert!(is_in(&house, &mut browser).await, "{form:?}");
    }
    let once = Browser::default().post(&house, "/saml/slo", &[asked, relayed]).await;
    assert_eq!(once.status, 303, "the order was not used up: {}", once.body);
    let url = once.location.expect("an address");
    assert_eq!(saml_logout::parameter(&url, "RelayState").as_deref(), Some("theirs"));
    assert!(!is_in(&house, &mut browser).await);
}

async fn refused(house: &House, answer: &Answer) {
    assert_eq!((answer.status, house.code(answer).await.as_str()), (400, "signin.twice"), "{}", answer.body);
    assert!(answer.body.contains("holds a parameter twice"), "{}", answer.body);
}
