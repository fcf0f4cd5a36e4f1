//! Sign-ins that ask for more: by POST, with a new authentication, in named contexts; and answers that fit or do not.

use crate::front::{ADMIN, WORLD, assume_with_saml, field, files, unsigned};
use crate::front_console::{answer_to, begin};
use crate::house::{Address, Answer, Browser, House, hidden};
use crate::saml_identity::{NOW, changed};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::ambient::Clock;
use time::Duration;

const BY_POST: &str =
    r#"Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example:444/post?x=1&amp;y"/>"#;
const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";

/// A house whose first provider has `settings`, and whose identity provider takes requests by both bindings or, with
/// `post_only`, by POST.
async fn open(settings: &str, post_only: bool) -> House {
    let mut files = files();
    let redirect =
        r#"Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>"#;
    let services = if post_only { BY_POST.to_owned() } else { format!("{redirect}<md:SingleSignOnService {BY_POST}") };
    files[0].1 = changed(&files[0].1, redirect, &services);
    let world = WORLD.replace("idp_initiated = true", &format!("idp_initiated = true\n{settings}"));
    House::open_tls(Clock::held(NOW), "localhost", &files, |_: &Address| world).await
}

#[tokio::test]
async fn a_request_by_post_is_a_page_that_works_without_a_script() {
    let house = open("request_binding = \"post\"", false).await;
    let mut browser = Browser::default();
    let page = browser.get(&house, "/saml/login/111122223333:corp").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("action=\"https://idp.example:444/post?x=1&#38;y\""), "{}", page.body);
    assert!(page.body.contains("<button>Continue</button>") && !page.body.contains("<script>"), "{}", page.body);
    assert!(page.body.contains("<script src=\"/console/continue.js\" defer></script>"));
    assert_eq!(
        page.headers["content-security-policy"],
        "default-src 'none'; style-src 'self'; script-src 'self'; form-action https: 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    assert_eq!(page.headers["cache-control"], "no-store");
    let script = house.get("/console/continue.js").await;
    assert!(script.headers["content-type"].starts_with("text/javascript") && script.body.contains("submit()"));
    assert!(!script.headers["content-security-policy"].contains("script-src"), "that page only");

    let xml = String::from_utf8(STANDARD.decode(hidden(&page.body, "SAMLRequest")).unwrap()).unwrap();
    assert!(xml.contains("Destination=\"https://idp.example:444/post?x=1&amp;y\"") && xml.contains("SignatureValue"));
    let from = xml.find(" ID=\"").unwrap() + 5;
    let request = &xml[from..from + xml[from..].find('"').unwrap()];
    let relay_state = hidden(&page.body, "RelayState");
    let response = answer_to(&house, request, "1", false);
    let form = [("SAMLResponse", response.as_str()), ("RelayState", relay_state.as_str())];
    assert_eq!(browser.post(&house, "/saml/acs", &form).await.status, 303, "the answer to it is taken");
}

#[tokio::test]
async fn the_metadata_chooses_the_binding_that_nobody_chose() {
    let both = open("", false).await;
    assert_eq!(Browser::default().get(&both, "/saml/login/111122223333:corp").await.status, 303);
    let post_only = open("", true).await;
    let page = Browser::default().get(&post_only, "/saml/login/111122223333:corp").await;
    assert!(page.status == 200 && page.body.contains("name=\"SAMLRequest\""), "{}", page.body);
}

/// Signs in with the assertion's AuthnInstant and context changed.
async fn answer_with(house: &House, id: &str, from: &str, to: &str) -> Answer {
    let mut browser = Browser::default();
    let (relay_state, request) = begin(house, &mut browser, "").await;
    let xml = changed(&unsigned(house, id), from, to);
    let xml = changed(&xml, " Destination=", &format!(" InResponseTo=\"{request}\" Destination="));
    let xml = changed(&xml, " Recipient=", &format!(" InResponseTo=\"{request}\" Recipient="));
    browser.post(house, "/saml/acs", &[("SAMLResponse", &field(&xml, id)), ("RelayState", &relay_state)]).await
}

async fn refused(house: &House, answer: &Answer, code: &str) {
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert_eq!(house.code(answer).await, code);
}

#[tokio::test]
async fn an_old_authentication_is_none_when_a_new_one_was_asked_for() {
    let house = open("force_authn = true", false).await;
    // 12:00:00 is the time of the request, a minute the clock skew.
    let good =
        answer_with(&house, "1", "AuthnInstant=\"2031-01-01T11:58:30Z\"", "AuthnInstant=\"2031-01-01T11:59:00Z\"");
    assert_eq!(good.await.status, 303);
    let old =
        answer_with(&house, "2", "AuthnInstant=\"2031-01-01T11:58:30Z\"", "AuthnInstant=\"2031-01-01T11:58:59Z\"");
    refused(&house, &old.await, "saml.authn-too-old").await;
    // Whoever was not asked cannot have been asked anew.
    let paper = field(&unsigned(&house, "3"), "3");
    assert_eq!(Browser::default().post(&house, "/saml/acs", &[("SAMLResponse", &paper)]).await.status, 303);
    let indifferent = open("", false).await;
    let old = answer_with(
        &indifferent,
        "4",
        "AuthnInstant=\"2031-01-01T11:58:30Z\"",
        "AuthnInstant=\"2031-01-01T01:00:00Z\"",
    );
    assert_eq!(old.await.status, 303);
}

#[tokio::test]
async fn a_context_that_is_demanded_must_be_asserted() {
    let house = open(&format!("authn_context = [\"https://refeds.org/profile/mfa\", \"{PASSWORD}\"]"), false).await;
    let good = answer_with(&house, "1", PASSWORD, PASSWORD).await;
    assert_eq!(good.status, 303, "{}", good.body);
    let steps = house.trace(&good.request_id).await;
    let step = steps.iter().find(|step| step.check == "saml.authn-context").expect("the step");
    assert_eq!(step.received.as_deref(), Some(PASSWORD));
    let refeds = answer_with(&house, "2", PASSWORD, "https://refeds.org/profile/mfa").await;
    assert_eq!(refeds.status, 303);
    let class = format!("<saml:AuthnContextClassRef>{PASSWORD}</saml:AuthnContextClassRef>");
    for (id, to) in [("3", PASSWORD.replace("Password", "password")), ("4", "urn:x".to_owned()), ("5", String::new())] {
        let to = if to.is_empty() { to } else { class.replace(PASSWORD, &to) };
        refused(&house, &answer_with(&house, id, &class, &to).await, "saml.authn-context").await;
    }
    // The setting is a demand on every assertion, also where nobody could ask.
    let weak = |id: &str| field(&changed(&unsigned(&house, id), PASSWORD, "urn:x"), id);
    let unasked = Browser::default().post(&house, "/saml/acs", &[("SAMLResponse", &weak("6"))]).await;
    refused(&house, &unasked, "saml.authn-context").await;
    let api = assume_with_saml(&house, ADMIN, &weak("7")).await;
    assert_eq!(api.refusal(), (400, "InvalidIdentityToken"));
    assert_eq!(house.code(&api).await, "saml.authn-context");
    house.clock.advance(Duration::SECOND);
    assert_eq!(assume_with_saml(&house, ADMIN, &field(&unsigned(&house, "8"), "8")).await.status, 200);
}
