//! Token exchange by assertions: in a response or alone, once for each role wherever it is shown, and what is refused.

use crate::front::{ADMIN, BOTH, CLOSED, assume_with_saml, field, good, open, sessions, unsigned};
use crate::front_exchange::{JWT, SAML2, credentials, exchange, refusal, said};
use crate::front_signed::get_caller_identity;
use crate::house::{Answer, House};
use crate::issuer_world::{last_record, verified};
use crate::saml_identity::{RSA, STRANGER, changed, element, sign};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::json;

const GUEST: &str = "arn:aws:iam::444455556666:role/Guest";

/// The response with a signed assertion, and that assertion alone.
fn both_forms(xml: &str, id: &str) -> [String; 2] {
    let signed = sign(xml, &format!("_assertion-{id}"), &RSA);
    let alone = element(&signed, "saml:Assertion").to_owned();
    [signed, alone].map(|xml| URL_SAFE_NO_PAD.encode(xml))
}

pub(crate) fn alone(house: &House, id: &str) -> String {
    let [_, alone] = both_forms(&unsigned(house, id), id);
    alone
}

async fn with(house: &House, assertion: &str, role: &str, more: &[(&str, &str)]) -> Answer {
    exchange(house, (SAML2, assertion), role, more).await
}

#[tokio::test]
async fn an_assertion_becomes_credentials_in_a_response_or_alone() {
    let house = open("").await;
    for (n, form) in [0, 1].into_iter().enumerate() {
        let id = format!("{n}");
        let paper = &both_forms(&unsigned(&house, &id), &id)[form];
        let answer = with(&house, paper, ADMIN, &[]).await;
        let given = credentials(&answer);
        let who = get_caller_identity(&house, &given).await;
        assert_eq!(who.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com");
        let record = last_record(&house).await;
        assert_eq!(record["eventName"], "AssumeRoleWithSAML");
        assert_eq!(record["userIdentity"]["paper"]["assertionID"], format!("_assertion-{id}"));
        let steps = house.trace(&answer.request_id).await;
        assert!(steps.iter().any(|step| step.check == "saml.second-engine"), "both engines looked at it");
    }
}

#[tokio::test]
async fn or_a_token_about_the_session() {
    let house = open("").await;
    let more = [("requested_token_type", JWT), ("role_session_name", "bob@example.com")];
    let answer = with(&house, &alone(&house, "1"), ADMIN, &more).await;
    assert_eq!(house.code(&answer).await, "exchange.chosen-name");
    let answer = with(&house, &alone(&house, "1"), ADMIN, &more[..1]).await;
    let token = said(&answer);
    let (_, claims) = verified(&house, token["access_token"].as_str().expect("a token")).await;
    assert_eq!(claims["sub"], "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com");
    let about = &claims["https://sts.amazonaws.com/"];
    assert_eq!(about["federated_provider"], crate::front::CORP);
    assert_eq!(about["federated_subject"], "alice@example.com");
}

#[tokio::test]
async fn it_may_be_made_out_to_the_token_endpoint_and_is_then_for_nobody_else() {
    let house = open("").await;
    let made_out = |id: &str| changed(&unsigned(&house, id), &house.url("/saml/acs"), &house.url("/oauth/token"));
    let [response, _] = both_forms(&made_out("1"), "1");
    credentials(&with(&house, &response, ADMIN, &[]).await);
    let answer = assume_with_saml(&house, ADMIN, &field(&made_out("2"), "2")).await;
    assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"));
    assert_eq!(house.code(&answer).await, "saml.destination");
    let posted = house.post("/saml/acs", &[("SAMLResponse", &field(&made_out("3"), "3"))]).await;
    assert_eq!((posted.status, house.code(&posted).await.as_str()), (403, "saml.destination"));
}

#[tokio::test]
async fn it_is_good_once_for_each_role_whichever_way_it_comes() {
    let house = open("").await;
    let answer = assume_with_saml(&house, ADMIN, &good(&house, "1")).await;
    assert_eq!(answer.status, 200);
    let again = with(&house, &alone(&house, "1"), ADMIN, &[]).await;
    assert_eq!((refusal(&again), house.code(&again).await.as_str()), ((400, "invalid_request".into()), "sts.replayed"));
    credentials(&with(&house, &alone(&house, "2"), ADMIN, &[]).await);
    let again = assume_with_saml(&house, ADMIN, &good(&house, "2")).await;
    assert_eq!((again.refusal(), house.code(&again).await.as_str()), ((400, "InvalidIdentityToken"), "sts.replayed"));
    let in_browser = house.post("/saml/acs", &[("SAMLResponse", &good(&house, "2"))]).await;
    assert_eq!(house.code(&in_browser).await, "sts.replayed");
    let signed_in = house.post("/saml/acs", &[("SAMLResponse", &good(&house, "3"))]).await;
    assert_eq!(signed_in.status, 303, "{}", signed_in.body);
    let after = with(&house, &alone(&house, "3"), ADMIN, &[]).await;
    assert_eq!(house.code(&after).await, "sts.replayed", "a stolen copy of a browser's is worth nothing here");
    assert_eq!(sessions(&house).await, 3, "one at the STS, one here, one in the browser");
}

#[tokio::test]
async fn the_provider_is_the_one_of_the_roles_account() {
    let house = open("").await;
    let pair = "arn:aws:iam::111122223333:role/Admin,arn:aws:iam::111122223333:saml-provider/corp";
    let in_both = |id: &str| changed(&unsigned(&house, id), pair, BOTH);
    let [_, alone] = both_forms(&in_both("1"), "1");
    for role in [ADMIN, GUEST] {
        credentials(&with(&house, &alone, role, &[]).await);
    }
    let [_, alone] = both_forms(&in_both("2"), "2");
    let denied = with(&house, &alone, CLOSED, &[]).await;
    let absent = with(&house, &alone, "arn:aws:iam::111122223333:role/Absent", &[]).await;
    let elsewhere = with(&house, &alone, "arn:aws:iam::777788889999:role/Admin", &[]).await;
    assert_eq!(refusal(&denied), (400, "invalid_target".into()));
    assert_eq!((&denied.body, house.code(&absent).await.as_str()), (&absent.body, "trust.role-not-given"));
    assert_eq!(
        (refusal(&elsewhere).1.as_str(), house.code(&elsewhere).await.as_str()),
        ("invalid_target", "saml.other-provider")
    );
    assert_eq!(last_record(&house).await["errorCode"], "saml.other-provider", "somebody known asked");
}

#[tokio::test]
async fn what_is_wrong_with_it_is_not_told_apart() {
    let house = open("").await;
    let honest = unsigned(&house, "1");
    let signed = sign(&honest, "_assertion-1", &RSA);
    let assertion = element(&signed, "saml:Assertion");
    let bare = |xml: &str| element(&sign(xml, "_assertion-1", &RSA), "saml:Assertion").to_owned();
    let text = |xml: &str| URL_SAFE_NO_PAD.encode(xml);
    let stranger = sign(&honest, "_assertion-1", &STRANGER);
    let late = changed(&honest, r#"IssueInstant="2031-01-01T11:59:00Z""#, r#"IssueInstant="2031-01-01T11:53:00Z""#);
    let rows = [
        ("base64 as a form has it", STANDARD.encode(assertion.replacen("alice", "al>>>?", 1)), "saml.base64"),
        (
            "padded",
            URL_SAFE.encode(format!("{assertion}{}", " ".repeat((2 - assertion.len() % 3 + 2) % 3))),
            "saml.base64",
        ),
        ("not XML", text("assertion"), "saml.malformed"),
        ("unsigned", text(element(&honest, "saml:Assertion")), "saml.unsigned"),
        ("by a stranger", text(element(&stranger, "saml:Assertion")), "saml.signature"),
        ("one letter off", text(&assertion.replacen("alice@", "alicf@", 1)), "saml.signature"),
        ("something else", text("<Assertion/>"), "saml.root"),
        (
            "another within",
            text(&assertion.replacen("</saml:Subject>", &format!("</saml:Subject>{assertion}"), 1)),
            "saml.assertion-count",
        ),
        ("a comment", text(&assertion.replacen("alice@", "alice<!---->@", 1)), "saml.comment"),
        ("old", text(&bare(&late)), "saml.issued-too-long-ago"),
        (
            "for somebody else",
            text(&bare(&changed(&honest, "/saml/metadata</saml:Audience>", "/other</saml:Audience>"))),
            "saml.audience",
        ),
        (
            "made out to somebody else",
            text(&bare(&changed(&honest, &house.url("/saml/acs"), &house.url("/x")))),
            "saml.recipient",
        ),
        (
            "version 1.1",
            text(&bare(&changed(&honest, r#"_assertion-1" Version="2.0""#, r#"_assertion-1" Version="1.1""#))),
            "saml.version",
        ),
    ];
    for (what, paper, reason) in rows {
        let answer = with(&house, &paper, ADMIN, &[]).await;
        assert_eq!(refusal(&answer), (400, "invalid_request".into()), "{what}");
        assert_eq!(house.code(&answer).await, reason, "{what}");
    }
    let named = with(&house, &text(assertion), ADMIN, &[("role_session_name", "bob")]).await;
    assert_eq!(house.code(&named).await, "exchange.session-name");
    let as_token = exchange(&house, ("urn:ietf:params:oauth:token-type:id_token", &text(assertion)), ADMIN, &[]).await;
    assert_eq!(house.code(&as_token).await, "oidc.not-a-jwt");
    assert_eq!(sessions(&house).await, 0);
    credentials(&with(&house, &text(assertion), ADMIN, &[]).await);
}

#[tokio::test]
async fn an_assertion_alone_is_for_the_token_endpoint_alone() {
    let house = open("").await;
    let signed = sign(&unsigned(&house, "1"), "_assertion-1", &RSA);
    let alone = STANDARD.encode(element(&signed, "saml:Assertion"));
    let answer = assume_with_saml(&house, ADMIN, &alone).await;
    assert_eq!((answer.refusal(), house.code(&answer).await.as_str()), ((400, "InvalidIdentityToken"), "saml.root"));
    let posted = house.post("/saml/acs", &[("SAMLResponse", &alone)]).await;
    assert_eq!(house.code(&posted).await, "saml.root");
}

/// Two registrations of one identity provider in the account: the one counts whose side gives the role.
#[tokio::test]
async fn of_two_providers_the_one_counts_that_gives_the_role() {
    let second = r#"
[[provider]]
name = "partner"
account = "111122223333"
kind = "saml"
metadata = { file = "idp.xml" }

[[provider.rule]]
when = '"ops" in claims.groups'
roles = ["arn:aws:iam::111122223333:role/Ops"]

[[role]]
arn = "arn:aws:iam::111122223333:role/Ops"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/partner"},"Action":"sts:AssumeRoleWithSAML"}]}' }
"#;
    let house = open(second).await;
    let paper = alone(&house, "1");
    for role in [ADMIN, "arn:aws:iam::111122223333:role/Ops"] {
        credentials(&with(&house, &paper, role, &[]).await);
    }
    let record = last_record(&house).await;
    assert_eq!(record["userIdentity"]["providerArn"], json!("arn:aws:iam::111122223333:saml-provider/partner"));
}
