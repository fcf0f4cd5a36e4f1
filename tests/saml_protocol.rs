//! Genuine responses that are not for us, not for this request or not for now.

use crate::saml_identity::*;
use gatehouse::saml::{Request, aws};
use gatehouse::trace::Refusal;
use time::Duration;

const FIVE_MINUTES: Duration = Duration::minutes(5);

#[test]
fn genuine_but_not_acceptable() {
    let confirmation = "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">";
    let conditions = element(&response(), "saml:Conditions").to_owned();
    let restriction = element(&response(), "saml:AudienceRestriction").to_owned();
    let subject = element(&response(), "saml:Subject").to_owned();
    let name_id = element(&response(), "saml:NameID").to_owned();
    let authn = element(&response(), "saml:AuthnStatement").to_owned();
    let success = "urn:oasis:names:tc:SAML:2.0:status:Success";
    let audience = format!("<saml:Audience>{AUDIENCE}<");
    let recipient = format!("Recipient=\"{ACS}\"");
    for (from, to, code) in [
        ("_response\" Version=\"2.0\"", "_response\" Version=\"1.1\"", "saml.version"),
        ("_assertion\" Version=\"2.0\"", "_assertion\" Version=\"1.1\"", "saml.version"),
        (success, "urn:oasis:names:tc:SAML:2.0:status:Responder", "saml.status"),
        (&format!("<samlp:StatusCode Value=\"{success}\"/>"), "", "saml.status"),
        (
            &format!("<samlp:StatusCode Value=\"{success}\"/>"),
            &format!(
                "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode Value=\"{success}\"/></samlp:StatusCode>"
            ),
            "saml.status",
        ),
        (
            "</samlp:Status>",
            &format!("</samlp:Status><samlp:Status><samlp:StatusCode Value=\"{success}\"/></samlp:Status>"),
            "saml.status",
        ),
        (&format!("Destination=\"{ACS}\""), "Destination=\"https://gate.example/saml/acs/\"", "saml.destination"),
        (
            &format!("<saml:Issuer>{IDP}</saml:Issuer><samlp:Status>"),
            "<saml:Issuer>https://idp.example/metadata/</saml:Issuer><samlp:Status>",
            "saml.issuer",
        ),
        (&recipient, "Recipient=\"https://gate.example/saml/acs2\"", "saml.recipient"),
        (&recipient, "", "saml.recipient"),
        ("cm:bearer", "cm:holder-of-key", "saml.confirmation-method"),
        (
            "<saml:SubjectConfirmationData ",
            "<saml:SubjectConfirmationData NotBefore=\"2031-01-01T11:00:00Z\" ",
            "saml.confirmation-not-before",
        ),
        ("NotOnOrAfter=\"2031-01-01T12:04:00Z\"", "", "saml.confirmation-no-limit"),
        ("NotOnOrAfter=\"2031-01-01T12:04:00Z\"", "NotOnOrAfter=\"2031-01-01T11:59:00Z\"", "saml.confirmation-expired"),
        (confirmation, &format!("{confirmation}<saml:SubjectConfirmationData/>"), "saml.statement-count"),
        ("InResponseTo=\"_request-1\"/>", "InResponseTo=\"_request-2\"/>", "saml.in-response-to"),
        ("InResponseTo=\"_request-1\"/>", "/>", "saml.in-response-to"),
        ("InResponseTo=\"_request-1\">", "InResponseTo=\"_request-2\">", "saml.in-response-to"),
        (&conditions, "", "saml.conditions-missing"),
        (" NotOnOrAfter=\"2031-01-01T12:05:00Z\"", "", "saml.conditions-missing"),
        ("NotOnOrAfter=\"2031-01-01T12:05:00Z\"", "NotOnOrAfter=\"2031-01-01T11:59:00Z\"", "saml.expired"),
        ("NotBefore=\"2031-01-01T11:58:00Z\"", "NotBefore=\"2031-01-01T12:01:01Z\"", "saml.not-yet-valid"),
        ("NotBefore=\"2031-01-01T11:58:00Z\"", "NotBefore=\"2031-01-01T12:06:00Z\"", "saml.inverted-times"),
        (&restriction, "", "saml.audience-missing"),
        (&audience, "<saml:Audience>https://gate.example/saml/metadata/<", "saml.audience"),
        (&audience, "<saml:Audience>HTTPS://gate.example/saml/metadata<", "saml.audience"),
        (
            &restriction,
            &format!(
                "{restriction}<saml:AudienceRestriction><saml:Audience>urn:x</saml:Audience></saml:AudienceRestriction>"
            ),
            "saml.audience",
        ),
        (&restriction, &format!("{restriction}<saml:ProxyRestriction/>"), "saml.unexpected-element"),
        ("</saml:AttributeStatement>", "</saml:AttributeStatement><saml:Advice/>", "saml.unexpected-element"),
        ("</saml:AttributeStatement>", "text</saml:AttributeStatement>", "saml.unexpected-text"),
        (&subject, "", "saml.subject"),
        (&subject, &subject.repeat(2), "saml.subject"),
        (&name_id, "", "saml.name-id"),
        (&name_id, &name_id.repeat(2), "saml.name-id"),
        ("alice@example.com", " ", "saml.name-id"),
        ("alice@example.com", "alice<saml:X/>", "saml.unexpected-element"),
        (
            "_assertion\" Version=\"2.0\" IssueInstant=\"2031-01-01T11:59:00Z\"",
            "_assertion\" Version=\"2.0\" IssueInstant=\"2031-01-01T12:01:01Z\"",
            "saml.issued-in-future",
        ),
        (
            "_assertion\" Version=\"2.0\" IssueInstant=\"2031-01-01T11:59:00Z\"",
            "_assertion\" Version=\"2.0\"",
            "saml.missing-attribute",
        ),
        ("NotBefore=\"2031-01-01T11:58:00Z\"", "NotBefore=\"2031-01-01T11:58:00\"", "saml.time-syntax"),
        ("NotBefore=\"2031-01-01T11:58:00Z\"", "NotBefore=\"tomorrow\"", "saml.time-syntax"),
        (
            "SessionNotOnOrAfter=\"2031-01-01T20:00:00Z\"",
            "SessionNotOnOrAfter=\"9999-12-31T23:59:59-05:00\"",
            "saml.time-syntax",
        ),
        (&authn, "", "saml.authn-statement"),
        (
            "SessionNotOnOrAfter=\"2031-01-01T20:00:00Z\"",
            "SessionNotOnOrAfter=\"2031-01-01T11:59:00Z\"",
            "saml.session-ended",
        ),
        ("Name=\"groups\"", "NameFormat=\"groups\"", "saml.missing-attribute"),
    ] {
        let at_issuer = |xml: &str| changed(xml, from, to);
        refused(&format!("{from} → {to}"), &sign(&at_issuer(&response()), "_assertion", &RSA), code);
    }
    assert_eq!(outcome(&signed()), "accepted");
}

#[test]
fn the_destination_is_required_of_a_signed_response_only() {
    let without = changed(&response(), &format!(" Destination=\"{ACS}\""), "");
    refused("signed response", &sign(&without, "_response", &RSA), "saml.destination-missing");
    assert_eq!(outcome(&sign(&without, "_assertion", &RSA)), "accepted");
}

#[test]
fn no_issuer_no_key() {
    let issuer = format!("<saml:Issuer>{IDP}</saml:Issuer><saml:Subject>");
    refused("none", &signed_with(&issuer, "<saml:Subject>"), "saml.issuer-missing");
    refused("empty", &signed_with(&issuer, "<saml:Issuer/><saml:Subject>"), "saml.issuer-missing");
}

#[test]
fn one_confirmation_must_satisfy_everything() {
    let data = format!(
        "<saml:SubjectConfirmationData NotOnOrAfter=\"2031-01-01T12:04:00Z\" Recipient=\"{ACS}\" InResponseTo=\"{REQUEST}\"/>"
    );
    let split = "<saml:SubjectConfirmationData NotOnOrAfter=\"2031-01-01T12:04:00Z\" Recipient=\"https://elsewhere.example\" InResponseTo=\"_request-1\"/></saml:SubjectConfirmation><saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">";
    let late = data.replace("12:04", "11:04");
    refused("split", &signed_with(&data, &format!("{split}{late}")), "saml.recipient");
    assert_eq!(outcome(&signed_with(&data, &format!("{split}{data}"))), "accepted");
}

#[test]
fn times_have_their_skew_and_offsets_count() {
    let response = authenticate(&signed(), &[RSA.key()]).expect("authentic");
    let at = |offset: Duration| {
        let request = Request::Solicited { id: REQUEST };
        confirm(&response, request, NOW + offset).map(|_| ()).map_err(|error| error.code().name())
    };
    assert_eq!(at(Duration::seconds(299)), Ok(()));
    assert_eq!(at(FIVE_MINUTES), Err("saml.confirmation-expired"));
    assert_eq!(at(Duration::seconds(-120)), Ok(()));
    assert_eq!(at(Duration::seconds(-121)), Err("saml.issued-in-future"));
    assert_eq!(at(Duration::seconds(-181)), Err("saml.not-yet-valid"));
    let offset = signed_with("NotOnOrAfter=\"2031-01-01T12:05:00Z\"", "NotOnOrAfter=\"2031-01-01T17:05:00+05:00\"");
    assert_eq!(outcome(&offset), "accepted");
    let offset = signed_with("NotOnOrAfter=\"2031-01-01T12:05:00Z\"", "NotOnOrAfter=\"2031-01-01T12:05:00+00:10\"");
    assert_eq!(outcome(&offset), "saml.inverted-times");
}

#[test]
fn requests_are_answered_as_expected() {
    let solicited = authenticate(&signed(), &[RSA.key()]).expect("authentic");
    let unasked = response().replace(&format!(" InResponseTo=\"{REQUEST}\""), "");
    let unsolicited = authenticate(&sign(&unasked, "_assertion", &RSA), &[RSA.key()]).expect("authentic");
    for (response, request, code) in [
        (&solicited, Request::Solicited { id: REQUEST }, Ok(())),
        (&solicited, Request::Solicited { id: "_request-2" }, Err("saml.in-response-to")),
        (&solicited, Request::UnsolicitedAllowed, Err("saml.in-response-to")),
        (&solicited, Request::UnsolicitedRefused, Err("saml.in-response-to")),
        (&solicited, Request::Api, Ok(())),
        (&unsolicited, Request::Solicited { id: REQUEST }, Err("saml.in-response-to")),
        (&unsolicited, Request::UnsolicitedAllowed, Ok(())),
        (&unsolicited, Request::UnsolicitedRefused, Err("saml.unsolicited")),
        (&unsolicited, Request::Api, Ok(())),
    ] {
        let found = confirm(response, request, NOW).map(|_| ()).map_err(|error| error.code().name());
        assert_eq!(found, code, "{request:?}");
    }
}

#[test]
fn the_api_redeems_within_five_minutes() {
    let longer = response().replace("12:04:00Z", "13:00:00Z").replace("12:05:00Z", "13:00:00Z");
    let response = authenticate(&sign(&longer, "_assertion", &RSA), &[RSA.key()]).expect("authentic");
    let at = |offset| confirm(&response, Request::Api, NOW + offset).map(|_| ()).map_err(|error| error.code().name());
    assert_eq!(at(FIVE_MINUTES), Ok(()));
    assert_eq!(at(FIVE_MINUTES + Duration::SECOND), Err("saml.issued-too-long-ago"));
    assert!(confirm(&response, Request::Solicited { id: REQUEST }, NOW + FIVE_MINUTES * 2).is_ok());
}

#[test]
fn one_time_use_and_the_earliest_session_end_are_told() {
    let authn = element(&response(), "saml:AuthnStatement").to_owned();
    let xml = changed(&response(), "</saml:Conditions>", "<saml:OneTimeUse/></saml:Conditions>");
    let xml = changed(&xml, &authn, &format!("{authn}{}", authn.replace("20:00:00Z", "18:00:00Z")));
    let assertion = accept(&sign(&xml, "_assertion", &RSA)).expect("accepted");
    assert!(assertion.one_time_use);
    assert_eq!(assertion.session_not_on_or_after, Some(time::macros::datetime!(2031-01-01 18:00 UTC)));
}

#[test]
fn aws_attributes() {
    let aws = |name: &str, values: &[&str]| {
        let values: String =
            values.iter().map(|value| format!("<saml:AttributeValue>{value}</saml:AttributeValue>")).collect();
        format!(
            "<saml:Attribute Name=\"https://aws.amazon.com/SAML/Attributes/{name}\">{values}</saml:Attribute></saml:AttributeStatement>"
        )
    };
    let read = |name: &str, values: &[&str]| {
        accept(&signed_with("</saml:AttributeStatement>", &aws(name, values))).expect("accepted")
    };
    let (role, provider) = ("arn:aws:iam::111122223333:role/Dev", "arn:aws:iam::111122223333:saml-provider/corp");
    let turned = format!(" {provider} , {role} ");
    let roles = aws::roles(&read(
        "Role",
        &[&turned, role, &format!("{role},{role}"), &format!("{role},arn:aws:iam::111122223333:oidc-provider/x")],
    ));
    let pairs: Vec<(&str, &str)> = roles.pairs.iter().map(|p| (p.role.as_str(), p.provider.as_str())).collect();
    assert_eq!(pairs, [("arn:aws:iam::111122223333:role/Admin", provider), (role, provider)]);
    assert_eq!(roles.malformed.len(), 3);

    assert_eq!(
        aws::role_session_names(&read("RoleSessionName", &["alice@example.com", "b"])),
        ["alice@example.com", "b"]
    );
    assert!(aws::role_session_names(&accept(&signed()).expect("accepted")).is_empty());

    let duration =
        |values: &[&str]| aws::session_duration(&read("SessionDuration", values)).map_err(|e| e.code().name());
    assert_eq!(duration(&["900"]), Ok(Some(900)));
    assert_eq!(duration(&[]), Ok(None));
    for wrong in [&["899"][..], &["43201"], &["1h"], &[""], &["+900"], &["900", "901"]] {
        assert_eq!(duration(wrong), Err("saml.session-duration"), "{wrong:?}");
    }
}

#[test]
fn name_qualifier_is_as_sts_computes_it() {
    let account = "123456789012".parse().expect("an account");
    assert_eq!(aws::name_qualifier("https://example.com/saml", account, "MySAMLIdP"), "1uAJanUnBc2XeUkHURMht+xam2c=");
}
