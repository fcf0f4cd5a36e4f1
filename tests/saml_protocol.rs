//! The edges of times and requests, and the attributes that AWS knows. What is refused otherwise is in `attacks/`.

use crate::saml_identity::*;
use gatehouse::saml::{InResponseTo, aws};
use gatehouse::trace::Refusal;
use time::Duration;

const FIVE_MINUTES: Duration = Duration::minutes(5);

#[test]
fn times_have_their_skew_and_offsets_count() {
    let response = authenticate(&signed(), &[RSA.key()]).expect("authentic");
    let at = |offset: Duration| {
        let request = InResponseTo::Solicited { id: REQUEST };
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
        (&solicited, InResponseTo::Solicited { id: REQUEST }, Ok(())),
        (&solicited, InResponseTo::Solicited { id: "_request-2" }, Err("saml.in-response-to")),
        (&solicited, InResponseTo::UnsolicitedAllowed, Err("saml.in-response-to")),
        (&solicited, InResponseTo::UnsolicitedRefused, Err("saml.in-response-to")),
        (&solicited, InResponseTo::Api, Ok(())),
        (&unsolicited, InResponseTo::Solicited { id: REQUEST }, Err("saml.in-response-to")),
        (&unsolicited, InResponseTo::UnsolicitedAllowed, Ok(())),
        (&unsolicited, InResponseTo::UnsolicitedRefused, Err("saml.unsolicited")),
        (&unsolicited, InResponseTo::Api, Ok(())),
    ] {
        let found = confirm(response, request, NOW).map(|_| ()).map_err(|error| error.code().name());
        assert_eq!(found, code, "{request:?}");
    }
}

#[test]
fn the_api_redeems_within_five_minutes() {
    let longer = response().replace("12:04:00Z", "13:00:00Z").replace("12:05:00Z", "13:00:00Z");
    let response = authenticate(&sign(&longer, "_assertion", &RSA), &[RSA.key()]).expect("authentic");
    let at =
        |offset| confirm(&response, InResponseTo::Api, NOW + offset).map(|_| ()).map_err(|error| error.code().name());
    assert_eq!(at(FIVE_MINUTES), Ok(()));
    assert_eq!(at(FIVE_MINUTES + Duration::SECOND), Err("saml.issued-too-long-ago"));
    assert!(confirm(&response, InResponseTo::Solicited { id: REQUEST }, NOW + FIVE_MINUTES * 2).is_ok());
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
    let assertion = read(
        "Role",
        &[&turned, role, &format!("{role},{role}"), &format!("{role},arn:aws:iam::111122223333:oidc-provider/x")],
    );
    let roles = aws::roles(&assertion.attributes);
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
