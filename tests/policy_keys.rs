//! The condition keys that a policy may speak of.

use crate::policy_documents::{GOOD_IDENTITY, GOOD_TRUST, changed};
use gatehouse::policy::Policy;

#[test]
fn every_allowed_condition_key_is_read_in_any_case() {
    let keys = [
        "saml:aud",
        "saml:iss",
        "saml:sub",
        "SAML:sub_type",
        "saml:NameQualifier",
        "saml:doc",
        "sts:ExternalId",
        "sts:RoleSessionName",
        "aws:PrincipalArn",
        "aws:PrincipalAccount",
        "aws:PrincipalType",
        "aws:userid",
        "aws:username",
        "aws:FederatedProvider",
        "accounts.google.com:sub",
        "127.0.0.1:7201:aud",
        "idp.example/realms/a:groups",
        "localhost:aud",
        "localhost:8080/x:sub",
        "[::1]:7201:aud",
        "keycloak:8443/r:sub",
    ];
    for key in keys {
        let condition = format!(r#""sts:AssumeRole", "Condition": {{"StringLike": {{"{key}": ["x", true, 7]}}}}}}"#);
        let policy = Policy::trust(&changed(GOOD_TRUST, r#""sts:AssumeRole"}"#, &condition)).expect(key);
        let statement = policy.statements().next().expect("a statement");
        assert_eq!(statement.required_values(&key.to_uppercase()), Some(vec!["x", "true", "7"]), "{key}");
    }
}

#[test]
fn the_claims_that_outlast_a_token_are_read() {
    for key in [
        "idp.example/realms/a:sub",
        "IDP.example:AUD",
        "127.0.0.1:7201:amr",
        "127.0.0.1:7201/a:amr",
        "[::1]:7201/a:aud",
        "accounts.google.com:oaud",
        "graph.facebook.com:id",
        "graph.facebook.com:app_id",
        "www.amazon.com:user_id",
        "WWW.amazon.com:App_Id",
    ] {
        let condition = format!(
            r#""Resource": "arn:aws:s3:::b/${{{key}}}", "Condition": {{"ForAnyValue:StringLike": {{"{key}": "x"}}}}"#
        );
        let read = Policy::identity(&changed(GOOD_IDENTITY, r#""Resource": "*""#, &condition));
        assert!(read.is_ok(), "{key}: {read:?}");
    }
    for key in ["idp.example:groups", "idp.example/realms/a:custom:id", "[::1]:7201/a:custom:sub"] {
        let gone = format!(r#""Resource": "*", "Condition": {{"ForAnyValue:StringLike": {{"{key}": "x"}}}}"#);
        let told = Policy::identity(&changed(GOOD_IDENTITY, r#""Resource": "*""#, &gone)).expect_err(key);
        let sentence = format!(
            "the claim \"{key}\" is gone once the role is worn (aud, sub, amr and id remain); ask for it in the role's trust policy, or make it a session tag"
        );
        assert!(told[0].to_string().ends_with(&sentence), "{}", told[0]);
    }
}

/// Of what an assertion says, a trust policy may ask for all, and whatever judges a session for what that keeps.
#[test]
fn the_keys_that_outlast_an_assertion_are_read() {
    let document = |key: &str| {
        let condition = format!(
            r#""Resource": "arn:aws:s3:::b/${{{key}}}", "Condition": {{"ForAnyValue:StringLike": {{"{key}": "x"}}}}"#
        );
        changed(GOOD_IDENTITY, r#""Resource": "*""#, &condition)
    };
    for key in ["saml:sub", "SAML:Sub_Type", "saml:nameQualifier"] {
        let read = Policy::identity(&document(key));
        assert!(read.is_ok(), "{key}: {read:?}");
    }
    for key in ["saml:aud", "saml:iss", "saml:doc", "saml:cn", "saml:edupersonprincipalname"] {
        let told = Policy::identity(&document(key)).expect_err(key);
        let sentence = format!(
            "\"{key}\" is gone once the role is worn (saml:sub, saml:sub_type and saml:namequalifier remain); ask for it in the role's trust policy, or make it a session tag"
        );
        assert_eq!(told.len(), 2, "as a variable and in a condition: {told:?}");
        assert!(told.iter().all(|told| told.to_string().ends_with(&sentence)), "{told:?}");
    }
    let slip = Policy::identity(&document("saml:audience")).expect_err("a refusal");
    assert!(slip.iter().all(|told| told.to_string().ends_with("is not known to this version")), "{slip:?}");
}
