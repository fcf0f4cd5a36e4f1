//! Records in the book have the shape of CloudTrail's, and no secret in them.

use crate::front_logout::sign_in;
use crate::house::{Answer, Browser, FORM, House, encoded};
use crate::tagged_world::{arn, asserting, assume, everything, open, record, with_saml};
use crate::use_case_world::OURS;
use serde_json::{Value, json};

fn uuid(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() == 36)
}

#[tokio::test]
async fn an_assertion_and_what_was_assumed_with_it() {
    let house = open().await;
    let answer = with_saml(&house, "1", "Open", &everything()).await;
    let saml = record(&house, &answer).await;
    let hop = assume(&house, &answer.credentials(), "Open", &[]).await;
    let chained = record(&house, &hop).await;
    for (record, answer, name) in [(&saml, &answer, "AssumeRoleWithSAML"), (&chained, &hop, "AssumeRole")] {
        let common = json!({
            "eventVersion": "1.11", "eventTime": "2031-01-01T12:00:00Z", "eventSource": "sts.amazonaws.com",
            "eventName": name, "sourceIPAddress": "127.0.0.1", "readOnly": true,
            "eventType": "AwsApiCall", "managementEvent": true, "eventCategory": "Management",
            "requestID": answer.request_id, "recipientAccountId": OURS, "accessKeyId": answer.element("AccessKeyId"),
        });
        for (member, value) in common.as_object().expect("members") {
            assert_eq!(&record[member], value, "{name}: {member}");
        }
        assert!(uuid(&record["eventID"]) && record["eventID"] != record["requestID"], "{record}");
    }
    assert_ne!(saml["eventID"], chained["eventID"]);
    let provider = "arn:aws:iam::111122223333:saml-provider/corp";
    let qualifier = answer.element("NameQualifier");
    assert_eq!(
        saml["userIdentity"],
        json!({
            "type": "SAMLUser", "principalId": format!("{qualifier}:alice@example.com"),
            "userName": "alice@example.com", "identityProvider": qualifier, "providerArn": provider,
            "issuer": answer.element("Issuer"), "paper": { "assertionID": "_assertion-1" },
        })
    );
    assert_eq!(
        saml["requestParameters"],
        json!({
            "sAMLAssertionID": "_assertion-1", "principalArn": provider, "roleArn": arn("Open"),
            "roleSessionName": "alice@example.com", "durationSeconds": 3600, "transitiveTagKeys": ["team"],
            "principalTags": { "team": "ops", "Cost:Centre/1": "Zürich 42" }, "sourceIdentity": "alice",
        })
    );
    let role_id = answer.element("AssumedRoleId").split(':').next().expect("an id").to_owned();
    assert_eq!(
        saml["responseElements"],
        json!({
            "credentials": { "accessKeyId": answer.element("AccessKeyId"), "expiration": "2031-01-01T13:00:00Z" },
            "assumedRoleUser": { "assumedRoleId": answer.element("AssumedRoleId"), "arn": answer.element("Arn") },
            "packedPolicySize": 2, "sourceIdentity": "alice", "audience": answer.element("Audience"),
            "subject": "alice@example.com", "subjectType": "persistent", "issuer": answer.element("Issuer"),
            "nameQualifier": qualifier,
        })
    );
    let role = json!({ "ARN": arn("Open"), "accountId": OURS, "type": "AWS::IAM::Role" });
    let registered = json!({ "ARN": provider, "accountId": OURS, "type": "AWS::IAM::SAMLProvider" });
    assert_eq!((&saml["resources"], &chained["resources"]), (&json!([role, registered]), &json!([role])));
    assert_eq!(
        chained["userIdentity"],
        json!({
            "type": "AssumedRole", "principalId": answer.element("AssumedRoleId"), "arn": answer.element("Arn"),
            "accountId": OURS, "accessKeyId": answer.element("AccessKeyId"),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role", "principalId": role_id, "arn": arn("Open"), "accountId": OURS, "userName": "Open",
                },
                "attributes": { "creationDate": "2031-01-01T12:00:00Z", "mfaAuthenticated": "false" },
                "sourceIdentity": "alice",
            },
        })
    );
    let all = house.rows("SELECT record FROM audit").await.concat().concat();
    for made in [&answer, &hop] {
        for secret in ["SecretAccessKey", "SessionToken"] {
            assert!(!all.contains(made.element(secret)), "{secret}");
        }
    }
}

/// What a stranger says of themselves ends no text and begins no member.
#[tokio::test]
async fn quotation_marks_of_strangers() {
    let house = open().await;
    let (agent, subject) = (r#"a "quoted", \u0022escaped\ {"eventName":"Nothing"}"#, "alice@example.com");
    let paper = asserting(&house, "1", "Open", &everything());
    let form = [
        ("Action", "AssumeRoleWithSAML"),
        ("Version", "2011-06-15"),
        ("RoleArn", &arn("Open")),
        ("PrincipalArn", "arn:aws:iam::111122223333:saml-provider/corp"),
        ("SAMLAssertion", &paper),
    ];
    let request = house.client.post(house.url("/")).header("user-agent", agent).header("content-type", FORM);
    let answer = Answer::of(request.body(encoded(&form)).send().await.expect("an answer")).await;
    let kept = record(&house, &answer).await;
    assert_eq!((&kept["userAgent"], &kept["eventName"]), (&json!(agent), &json!("AssumeRoleWithSAML")));
    assert_eq!(kept["userIdentity"]["userName"], subject);
    let text = house.rows("SELECT record FROM audit ORDER BY number DESC").await.concat().swap_remove(0);
    assert_eq!(text.len(), kept.to_string().len(), "written as JSON writes it: {text}");
    house.close().await;
}

/// A sign-in, and the role that was put on.
#[tokio::test]
async fn a_sign_in_to_the_console() {
    let house = crate::saml_logout::open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let login = last(&house, "ConsoleLogin").await;
    let common = json!({
        "eventSource": "signin.amazonaws.com", "eventType": "AwsConsoleSignIn", "readOnly": false,
        "requestParameters": null, "responseElements": { "ConsoleLogin": "Success" }, "recipientAccountId": OURS,
        "additionalEventData": {
            "SamlProviderArn": "arn:aws:iam::111122223333:saml-provider/corp", "MFAUsed": "No", "MobileVersion": "No",
        },
        "tlsDetails": { "clientProvidedHostHeader": house.public_url.split_once("//").expect("a host").1 },
    });
    for (member, value) in common.as_object().expect("members") {
        assert_eq!(&login[member], value, "{member}");
    }
    assert_eq!(login["userIdentity"]["userName"], "alice@example.com");
    house.close().await;
}

async fn last(house: &House, event: &str) -> Value {
    let rows = house.rows("SELECT record FROM audit ORDER BY number DESC").await;
    let mut records = rows.iter().map(|row| serde_json::from_str::<Value>(&row[0]).expect("JSON"));
    records.find(|record| record["eventName"] == event).expect("a record")
}
