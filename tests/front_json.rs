//! STS answers in JSON, for those who ask for it and for nobody else.

use crate::front::{ADMIN, CORP, assume_with_saml, good, open};
use crate::front_signed::{call, get_caller_identity, user};
use crate::house::{Answer, House};
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use serde_json::{Value, json};

/// A client that accepts this, whatever it calls.
fn accept(house: &mut House, what: &'static str) {
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(what))]);
    house.client = reqwest::Client::builder().no_proxy().default_headers(headers).build().expect("a client");
}

fn read(answer: &Answer) -> Value {
    assert_eq!(answer.headers["content-type"], "application/json", "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

#[tokio::test]
async fn it_is_for_those_who_ask() {
    let mut house = open("").await;
    for what in
        ["application/json", "Application/JSON;q=0.9", "text/html, application/json, */*", "application/json, text/xml"]
    {
        accept(&mut house, what);
        let answer = get_caller_identity(&house, &user()).await;
        assert_eq!(
            read(&answer)["GetCallerIdentityResponse"]["GetCallerIdentityResult"]["Account"],
            "111122223333",
            "{what}"
        );
    }
    for what in [
        "*/*",
        "text/xml",
        "text/xml, application/json",
        "application/xml;q=0.1,application/json",
        "application/*",
        "application/jsonp",
        "text/json",
    ] {
        accept(&mut house, what);
        let answer = get_caller_identity(&house, &user()).await;
        assert_eq!(answer.headers["content-type"], "text/xml", "{what}");
        assert_eq!(answer.element("Account"), "111122223333", "{what}");
    }
}

#[tokio::test]
async fn it_says_what_the_xml_says() {
    let mut house = open("").await;
    accept(&mut house, "application/json");
    let answer = assume_with_saml(&house, ADMIN, &good(&house, "1")).await;
    let said = read(&answer);
    let given = &said["AssumeRoleWithSAMLResponse"]["AssumeRoleWithSAMLResult"];
    assert_eq!(said["AssumeRoleWithSAMLResponse"]["ResponseMetadata"], json!({ "RequestId": answer.request_id }));
    assert_eq!(given["Credentials"]["Expiration"], 1_925_038_800, "{said}");
    assert_eq!(given["AssumedRoleUser"]["Arn"], "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com");
    assert_eq!(given["Subject"], "alice@example.com");
    assert!(given.get("SourceIdentity").is_none() && given.get("PackedPolicySize").is_none(), "{said}");
}

#[tokio::test]
async fn refusals_are_in_json_too() {
    let mut house = open("").await;
    accept(&mut house, "application/json");
    let form = |action: &'static str, more: &[(&'static str, &'static str)]| {
        [&[("Action", action), ("Version", "2011-06-15")], more].concat()
    };
    let closed = [("RoleArn", "arn:aws:iam::111122223333:role/Closed"), ("RoleSessionName", "worker")];
    let role = [("RoleArn", ADMIN), ("PrincipalArn", CORP), ("SAMLAssertion", "%%%%")];
    let rows = [
        (call(&house, &user(), &form("AssumeRole", &closed)).await, 403, "AccessDenied"),
        (call(&house, &user(), &form("AssumeRole", &closed[..1])).await, 400, "ValidationError"),
        (house.post("/", &form("GetCallerIdentity", &[])).await, 403, "MissingAuthenticationToken"),
        (house.post("/", &form("AssumeRoleWithSAML", &role)).await, 400, "InvalidIdentityToken"),
        (house.post("/", &form("Nothing", &[])).await, 400, "InvalidAction"),
        (house.post("/?a=b", &form("GetCallerIdentity", &[])).await, 400, "InvalidParameterCombination"),
        (house.get("/?Action=%FF").await, 400, "MalformedQueryString"),
        (
            Answer::of(house.client.post(house.url("/")).body("{}").send().await.unwrap()).await,
            400,
            "MalformedQueryString",
        ),
        (
            Answer::of(house.client.post(house.url("/")).body("a".repeat(300 * 1024)).send().await.unwrap()).await,
            413,
            "RequestEntityTooLarge",
        ),
        (
            Answer::of(house.client.get(house.url("/?Action=a")).header("host", "other.example").send().await.unwrap())
                .await,
            421,
            "MisdirectedRequest",
        ),
    ];
    for (answer, status, code) in rows {
        let said = read(&answer);
        assert_eq!((answer.status, &said["Error"]["Code"]), (status, &json!(code)), "{said}");
        assert_eq!((&said["Error"]["Type"], &said["RequestId"]), (&json!("Sender"), &json!(answer.request_id)));
        assert!(said["Error"]["Message"].as_str().is_some_and(|message| !message.is_empty()), "{said}");
    }
}
