//! `POST /decide`: who may ask, and what.

use crate::decide_world::{FILE, Sent, ask, ask_as, open, question, send, verdict, wear, with};
use crate::house::{Answer, Credentials, House};
use crate::use_case_world::{OURS, key};
use serde_json::{Value, json};

/// `(status, code, message)` of a refusal in JSON.
fn refusal(answer: &Answer) -> (u16, String, String) {
    let said: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", answer.body));
    assert_eq!((&said["RequestId"], &said["Error"]["Type"]), (&json!(answer.request_id), &json!("Sender")));
    let text = |name: &str| said["Error"][name].as_str().expect(name).to_owned();
    (answer.status, text("Code"), text("Message"))
}

fn read(house: &House) -> Value {
    question(Sent::get(house).signed(&key("reader")))
}

#[tokio::test]
async fn a_genuine_request_of_one_who_may_is_allowed() {
    let house = open().await;
    for received in [Sent::get(&house).signed(&key("reader")), Sent::get(&house).presigned(&key("reader"))] {
        let said = ask(&house, &question(received)).await;
        let principal = json!({
            "arn": format!("arn:aws:iam::{OURS}:user/reader"), "account": OURS,
            "user_id": said["principal"]["user_id"], "tags": {}, "source_identity": null, "expires": null,
        });
        assert!(said["principal"]["user_id"].as_str().is_some_and(|id| id.starts_with("AIDA")), "{said}");
        let reason = json!({ "policy": "own", "statement": "Read", "kind": "allow", "code": null });
        let expected = json!({
            "authentic": true, "decision": "allow", "principal": principal, "reason": reason, "encoded_message": null,
            "trace": said["trace"],
        });
        assert_eq!(said, expected);
    }
    assert!(house.rows("SELECT record FROM audit").await.is_empty(), "an allow gives nobody a credential");
}

#[tokio::test]
async fn a_session_is_told_with_its_tags_and_its_end() {
    let house = open().await;
    let tags = [("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "ops"), ("SourceIdentity", "rita")];
    let worn = wear(&house, "reader", "Reader", &tags).await;
    for received in [Sent::get(&house).signed(&worn), Sent::get(&house).presigned(&worn)] {
        let asked = with(question(received), "resource", json!("arn:aws:s3:::files/team/ops/a"));
        let said = ask(&house, &asked).await;
        assert_eq!(verdict(&said), ("allow", "allow", "own/Team".into()), "{said}");
        let principal = &said["principal"];
        assert_eq!(principal["arn"], format!("arn:aws:sts::{OURS}:assumed-role/Reader/worker"));
        assert!(principal["user_id"].as_str().is_some_and(|id| id.starts_with("AROA") && id.ends_with(":worker")));
        // The session's own value goes before the role's, whatever the case of the key.
        assert_eq!(principal["tags"], json!({ "Team": "ops", "floor": "2" }));
        assert_eq!(
            (&principal["source_identity"], &principal["expires"]),
            (&json!("rita"), &json!("2031-01-01T13:00:00Z"))
        );
    }
    let untagged = question(Sent::get(&house).signed(&wear(&house, "reader", "Reader", &[]).await));
    let said = ask(&house, &with(untagged, "resource", json!("arn:aws:s3:::files/team/of-role/a"))).await;
    assert_eq!((verdict(&said).0, &said["principal"]["tags"]), ("allow", &json!({ "team": "of-role", "floor": "2" })));
}

#[tokio::test]
async fn only_a_service_that_may_is_answered() {
    let house = open().await;
    let body = read(&house).to_string();
    let answer = ask_as(&house, &key("nobody"), &body).await;
    let (status, code, message) = refusal(&answer);
    assert_eq!((status, &*code), (403, "AccessDenied"));
    let sentence = format!(
        "User: arn:aws:iam::{OURS}:user/nobody is not authorized to perform: gatehouse:Decide on resource: arn:aws:gatehouse::{OURS}:service because"
    );
    assert!(message.starts_with(&sentence), "{message}");
    let records = house.rows("SELECT record FROM audit").await;
    let record: Value = serde_json::from_str(&records[0][0]).expect("JSON");
    assert_eq!(
        (records.len(), &record["eventName"], &record["errorCode"]),
        (1, &json!("Decide"), &json!("trust.caller-not-allowed"))
    );
    assert_eq!(record["userIdentity"]["arn"], format!("arn:aws:iam::{OURS}:user/nobody"));
    // Whoever may not ask is not told what is wrong with the question.
    assert_eq!(refusal(&ask_as(&house, &key("nobody"), "{").await).1, "AccessDenied");
    let wrong = Credentials { secret: "another".into(), ..key("files") };
    assert_eq!(refusal(&ask_as(&house, &wrong, &body).await).1, "SignatureDoesNotMatch");
    let other = body.replace("own/a", "own/b");
    assert_eq!(refusal(&send(&house, &key("files"), &body, &other).await).1, "SignatureDoesNotMatch");
    let unsigned =
        Answer::of(house.client.post(house.url("/decide")).body(body).send().await.expect("an answer")).await;
    assert_eq!(refusal(&unsigned).1, "MissingAuthenticationToken");
    let long = " ".repeat(300 * 1024);
    assert_eq!(refusal(&ask_as(&house, &key("files"), &long).await).0, 413);
}

#[tokio::test]
async fn a_service_speaks_for_its_own_account_only() {
    let house = open().await;
    let theirs = with(read(&house), "resource_account", json!("444455556666"));
    for by in ["files", "wide"] {
        let (status, code, message) = refusal(&ask_as(&house, &key(by), &theirs.to_string()).await);
        assert_eq!((status, &*code), (403, "AccessDenied"), "{by}");
        assert!(message.contains("arn:aws:gatehouse::444455556666:service"), "{message}");
    }
    assert_eq!(house.rows("SELECT record FROM audit").await.len(), 2);
    let ours = with(read(&house), "resource_account", json!(OURS));
    assert_eq!(verdict(&ask(&house, &ours).await).0, "allow");
    assert_eq!(ask_as(&house, &key("wide"), &ours.to_string()).await.status, 200);
    // An ARN that names another account is not made ours by saying so.
    let disguised = with(ours, "resource", json!("arn:aws:sqs:eu-west-1:444455556666:orders"));
    let (status, code, message) = refusal(&ask_as(&house, &key("files"), &disguised.to_string()).await);
    assert_eq!((status, &*code), (400, "ValidationError"));
    assert!(message.contains("resource: is of the account 444455556666"), "{message}");
}

#[tokio::test]
async fn every_mistake_in_a_question_is_named() {
    let house = open().await;
    let good = read(&house);
    let without = |member: &str| {
        let mut question = good.clone();
        question.as_object_mut().expect("an object").remove(member);
        question.to_string()
    };
    let within = |member: &str, value: Value| {
        let mut question = good.clone();
        question["request"][member] = value;
        question.to_string()
    };
    let set = |member: &str, value: Value| with(good.clone(), member, value).to_string();
    let principal = json!({ "AWS": "*" });
    let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": "*" });
    let policy = |changes: &[(&str, Value)]| {
        let mut statement = statement.clone();
        for (member, value) in changes {
            match value {
                Value::Null => drop(statement.as_object_mut().expect("an object").remove(*member)),
                value => statement[*member] = value.clone(),
            }
        }
        set("resource_policy", json!({ "Version": "2012-10-17", "Statement": [statement] }))
    };
    let twice = good.to_string().replacen(r#""action":"#, r#""action":"s3:PutObject","action":"#, 1);
    let cases = [
        ("{".to_owned(), "JSON"),
        ("[]".to_owned(), "the body: is not an object"),
        (without("request"), "request: is missing"),
        (without("action"), "action: is missing"),
        (without("resource"), "resource: is missing"),
        (set("colour", json!("red")), "colour"),
        (twice, "action: the member \"action\" is there twice"),
        (set("action", json!("s3:Get*")), "action"),
        (set("action", json!("GetObject")), "action"),
        (set("resource", json!("files/own/a")), "resource"),
        (set("resource_account", json!(111_122_223_333_i64)), "resource_account: is not a string"),
        (set("resource_account", json!("ours")), "resource_account"),
        (set("context", json!([])), "context: is not an object"),
        (set("context", json!({ "aws:SourceIp": {} })), "aws:SourceIp"),
        (set("context", json!({ "aws:SourceIp": "10.0.0.1", "AWS:sourceIP": "10.0.0.2" })), "there twice"),
        (set("context", json!({ "prefix": "a" })), "prefix"),
        (within("method", Value::Null), "request.method: is missing"),
        (within("url", json!("ftp://files.example.com/")), "request.url"),
        (within("url", json!("https://user@files.example.com/")), "request.url"),
        (within("url", json!("https://files.example.com/#a")), "request.url"),
        (within("url", json!("/own/a")), "request.url"),
        (within("headers", json!([])), "request.headers: is not an object"),
        (within("headers", json!({ "authorization": 7 })), "authorization"),
        (within("payload_sha256", Value::Null), "request.payload_sha256: is missing"),
        (within("body", json!("a")), "request.body"),
        (set("resource_policy", json!("{}")), "resource_policy"),
        (policy(&[("Principal", Value::Null)]), "Principal"),
        (policy(&[("Resource", Value::Null)]), "Resource"),
        (policy(&[("Principal", json!("Everybody"))]), "Principal"),
        (policy(&[("NotPrincipal", principal.clone())]), "NotPrincipal has no place in a resource policy"),
        (policy(&[("Condition", json!({ "StringEquals": { "aws:Sourcelp": "a" } }))]), "aws:Sourcelp"),
    ];
    for (body, told) in cases {
        let (status, code, message) = refusal(&ask_as(&house, &key("files"), &body).await);
        assert_eq!((status, &*code), (400, "ValidationError"), "{body}");
        assert!(message.contains(told), "{told}: {message}");
    }
    assert_eq!(ask_as(&house, &key("files"), &policy(&[])).await.status, 200, "unchanged, the policy is read");
    let nulls = ["resource_account", "resource_policy", "context"]
        .into_iter()
        .fold(good.clone(), |q, m| with(q, m, Value::Null));
    assert_eq!(verdict(&ask(&house, &nulls).await).0, "allow", "what is null is not there");
}

#[tokio::test]
async fn a_service_cannot_say_what_the_house_knows() {
    let house = open().await;
    for name in [
        "aws:PrincipalTag/team",
        "aws:PrincipalArn",
        "AWS:principalaccount",
        "aws:PrincipalType",
        "aws:userid",
        "aws:username",
        "aws:MultiFactorAuthPresent",
        "aws:MultiFactorAuthAge",
        "aws:TokenIssueTime",
        "aws:SourceIdentity",
        "aws:FederatedProvider",
        "aws:CurrentTime",
        "aws:EpochTime",
        "sts:ExternalId",
        "saml:sub",
        "idp.example/realms/a:groups",
        "accounts.google.com:aud",
    ] {
        let asked = with(read(&house), "context", json!({ name: "x" }));
        let (status, code, message) = refusal(&ask_as(&house, &key("files"), &asked.to_string()).await);
        assert_eq!((status, &*code), (400, "ValidationError"), "{name}");
        assert!(message.contains(&format!("context[\"{name}\"]: Gatehouse knows this key itself")), "{message}");
    }
    let near = with(read(&house), "resource", json!("arn:aws:s3:::files/near/a"));
    for (source, decision) in [("10.0.0.7", "allow"), ("192.0.2.7", "deny")] {
        let known = json!({ "aws:SourceIp": source, "s3:prefix": "near/", "aws:SecureTransport": true, "aws:RequestedRegion": "eu-central-2" });
        assert_eq!(verdict(&ask(&house, &with(near.clone(), "context", known)).await).0, decision, "{source}");
    }
    assert_eq!(verdict(&ask(&house, &near).await).0, "deny", "the gateway's own client is not the principal");
}

#[tokio::test]
async fn a_denial_that_cannot_be_recorded_is_no_answer() {
    let house = open().await;
    let denied = with(read(&house), "resource", json!("arn:aws:s3:::files/own/shut/a"));
    let said = ask(&house, &denied).await;
    assert_eq!(verdict(&said), ("deny", "explicit-deny", "own/Shut".into()));
    let records = house.rows("SELECT record FROM audit").await;
    let record: Value = serde_json::from_str(&records[0][0]).expect("JSON");
    assert_eq!((records.len(), &record["eventName"], &record["requestID"]), (1, &json!("Decide"), &said["trace"]));
    assert_eq!(record["userIdentity"]["arn"], format!("arn:aws:iam::{OURS}:user/reader"));
    let asked = &record["requestParameters"];
    assert_eq!((&asked["action"], &asked["resource"]), (&json!("s3:GetObject"), &denied["resource"]));
    assert_eq!(asked["service"]["arn"], format!("arn:aws:iam::{OURS}:user/files"));
    let book = house.hold_the_book();
    book.run("DROP TABLE audit; COMMIT");
    let answer = ask_as(&house, &key("files"), &denied.to_string()).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    let allowed = with(denied, "resource", json!(FILE));
    assert_eq!(verdict(&ask(&house, &allowed).await).0, "allow", "which needs no record");
}
