//! The lesser actions of the STS in the hands of the AWS CLI and boto3.

use crate::house::{Answer, Credentials};
use crate::peers_start::{aws, python};
use crate::use_case_world::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn i_find_out_whose_access_key_this_is() {
    let us = json!([trusts(json!({ "AWS": OURS }), "sts:AssumeRole")]);
    let house = open(&[
        role(THEIRS, "Guest", us, json!([])),
        user(OURS, "alice", json!([allow("sts:AssumeRole", "*")])),
        user(VENDOR, "collector", json!([])),
    ])
    .await;
    keys_of(&house, "alice");
    let session = credentials(&assume(&house, &key("alice"), &arn(THEIRS, "Guest"), json!({})).await);
    for (id, account) in [(&key("alice").id, OURS), (&key("collector").id, VENDOR), (&session.id, THEIRS)] {
        let output = cli(&house, "alice", &["get-access-key-info", "--access-key-id", id]).await;
        assert!(output.good, "{}", output.errors);
        let answer: Value = serde_json::from_str(&output.text).expect("JSON");
        assert_eq!(answer["Account"], account, "{id}");
    }
    let unknown =
        call(&house, &session, "get_access_key_info", &json!({ "AccessKeyId": "AKIAIOSFODNN7EXAMPLE" })).await;
    refused(&house, &unknown, (400, "ValidationError", "sts.no-such-access-key")).await;
    house.close().await;
}

/// What a program gives to each of its customers, who have no account anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn i_give_a_customer_a_part_of_what_i_may() {
    let give = allow("sts:GetFederationToken", &format!("arn:aws:sts::{OURS}:federated-user/customer-*"));
    let us = json!([trusts(json!({ "AWS": OURS }), "sts:AssumeRole")]);
    let house = open(&[
        role(OURS, "Dev", us, json!([])),
        user(OURS, "shop", json!([give, allow("sts:AssumeRole", "*"), allow("s3:*", "*")])),
    ])
    .await;
    keys_of(&house, "shop");
    let document = policy(json!([allow("s3:GetObject", "arn:aws:s3:::files/customer-7/*"), allow("sts:*", "*")]));
    let asked = ["get-federation-token", "--name", "customer-7", "--policy", &document, "--duration-seconds", "900"];
    let output = cli(&house, "shop", &asked).await;
    assert!(output.good, "{}", output.errors);
    let answer: Value = serde_json::from_str(&output.text).expect("JSON");
    let expected = json!({
        "FederatedUserId": format!("{OURS}:customer-7"), "Arn": format!("arn:aws:sts::{OURS}:federated-user/customer-7"),
    });
    assert_eq!(answer["FederatedUser"], expected);
    assert!(answer["PackedPolicySize"].as_u64().is_some_and(|percent| (1..=20).contains(&percent)), "{answer}");
    let customer = credentials(&answer);
    assert_eq!(who(&house, &customer).await, format!("arn:aws:sts::{OURS}:federated-user/customer-7"));
    let worn = assume(&house, &customer, &arn(OURS, "Dev"), json!({})).await;
    refused(&house, &worn, (403, "AccessDenied", "sts.session-credentials")).await;
    let other = call(&house, &key("shop"), "get_federation_token", &json!({ "Name": "somebody" })).await;
    refused(&house, &other, (403, "AccessDenied", "trust.caller-not-allowed")).await;
    house.close().await;
}

/// As `aws eks get-token` makes it, and as the verifier on the cluster's side reads it.
#[tokio::test(flavor = "multi_thread")]
async fn i_show_a_cluster_who_i_am() {
    let us = json!([trusts(json!({ "AWS": OURS }), "sts:AssumeRole")]);
    let house =
        open(&[role(OURS, "Dev", us, json!([])), user(OURS, "alice", json!([allow("sts:AssumeRole", "*")]))]).await;
    let session = credentials(&assume(&house, &key("alice"), &arn(OURS, "Dev"), json!({})).await);
    let environment = environment(&house, &session);
    let output = aws(&["eks", "get-token", "--cluster-name", "demo", "--output", "json"], &environment).await;
    assert!(output.good, "{}", output.errors);
    let token: Value = serde_json::from_str(&output.text).expect("JSON");
    let token = token["status"]["token"].as_str().and_then(|token| token.strip_prefix("k8s-aws-v1.")).expect("a token");
    let url = String::from_utf8(URL_SAFE_NO_PAD.decode(token).expect("base64")).expect("a URL");
    assert!(url.starts_with(&house.public_url), "{url}");

    let verify = async |cluster: &str, url: &str| {
        let request = house.client.get(url).header("x-k8s-aws-id", cluster).header("accept", "application/json");
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        assert_eq!(answer.headers["content-type"], "application/json", "{}", answer.body);
        (answer.status, serde_json::from_str::<Value>(&answer.body).expect("JSON"), answer.request_id)
    };
    let (status, said, id) = verify("demo", &url).await;
    assert_eq!((status, &said["GetCallerIdentityResponse"]["ResponseMetadata"]["RequestId"]), (200, &json!(id)));
    let identity = &said["GetCallerIdentityResponse"]["GetCallerIdentityResult"];
    assert_eq!(identity["Arn"], format!("arn:aws:sts::{OURS}:assumed-role/Dev/worker"));
    assert_eq!(identity["Account"], OURS);
    assert!(identity["UserId"].as_str().is_some_and(|id| id.starts_with("AROA") && id.ends_with(":worker")), "{said}");
    // Made for one cluster it is worth nothing at another, nor for anything but the question who it is.
    for (cluster, url) in [("other", url.clone()), ("demo", url.replace("GetCallerIdentity", "GetAccessKeyInfo"))] {
        let (status, said, _) = verify(cluster, &url).await;
        assert_eq!(
            (status, &said["Error"]["Code"], &said["Error"]["Type"]),
            (403, &json!("SignatureDoesNotMatch"), &json!("Sender"))
        );
        assert!(said["RequestId"].is_string(), "{said}");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_get_asks_whatever_a_post_does() {
    let us = json!([trusts(json!({ "AWS": OURS }), "sts:AssumeRole")]);
    let house =
        open(&[role(OURS, "Dev", us, json!([])), user(OURS, "alice", json!([allow("sts:AssumeRole", "*")]))]).await;
    let alice = key("alice");
    let get = async |query: &str, accept: &[&str]| {
        let arguments = [&[query], accept].concat();
        let said = python("clients/signed_get.py", &arguments, &environment(&house, &alice)).await;
        (said["status"].clone(), said["type"].clone(), said["body"].as_str().expect("a body").to_owned())
    };
    let role = arn(OURS, "Dev").replace(':', "%3A").replace('/', "%2F");
    let query =
        format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=by%20get&DurationSeconds=900");
    let (status, kind, body) = get(&query, &[]).await;
    assert_eq!((status, kind), (json!(400), json!("text/xml")), "{body}");
    assert!(body.contains("roleSessionName"), "{body}");
    let (status, kind, body) = get(&query.replace("%20", "-"), &[]).await;
    assert_eq!((status, kind), (json!(200), json!("text/xml")), "{body}");
    assert!(body.contains("assumed-role/Dev/by-get"), "{body}");
    let (status, kind, body) = get(&query.replace("%20", "-"), &["application/json"]).await;
    assert_eq!((status, kind), (json!(200), json!("application/json")), "{body}");
    let said: Value = serde_json::from_str(&body).expect("JSON");
    let result = &said["AssumeRoleResponse"]["AssumeRoleResult"];
    assert_eq!(result["AssumedRoleUser"]["Arn"], format!("arn:aws:sts::{OURS}:assumed-role/Dev/by-get"));
    let text = |name: &str| result["Credentials"][name].as_str().expect(name).to_owned();
    let session =
        Credentials { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: Some(text("SessionToken")) };
    assert!(who(&house, &session).await.ends_with("assumed-role/Dev/by-get"));
    house.close().await;
}

/// What AWS itself gives context to, nobody does here: a promise that would not be kept is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_context_of_another_service_is_refused() {
    let us = json!([trusts(json!({ "AWS": OURS }), "sts:*")]);
    let house = open(&[role(OURS, "Dev", us, json!([])), user(OURS, "alice", json!([allow("sts:*", "*")]))]).await;
    let context = json!({ "ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter", "ContextAssertion": "eyJhbGciOiJub25lIn0.e30." });
    let answer = assume(&house, &key("alice"), &arn(OURS, "Dev"), json!({ "ProvidedContexts": [context] })).await;
    let said = &answer["refused"];
    assert_eq!((&said["status"], &said["code"]), (&json!(400), &json!("ValidationError")));
    assert!(said["message"].as_str().is_some_and(|message| message.contains("ProvidedContexts")), "{answer}");
    assert!(!house.rows("SELECT access_key_id FROM role_session").await.iter().any(|_| true));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i_try_how_my_program_bears_the_longest_session_token() {
    let us = json!([trusts(json!({ "AWS": OURS }), "sts:*")]);
    let house = open(&[role(OURS, "Dev", us, json!([])), user(OURS, "alice", json!([allow("sts:*", "*")]))]).await;
    let tags: Vec<Value> = (0..40).map(|n| json!({ "Key": format!("tag-{n}"), "Value": "v".repeat(200) })).collect();
    for (least, tags) in [(0, json!([])), (1, json!([])), (4_095, json!([])), (4_096, json!([])), (4_096, json!(tags))]
    {
        let more = json!({ "MinimumSessionTokenSize": least, "Tags": tags });
        let answer = assume(&house, &key("alice"), &arn(OURS, "Dev"), more).await;
        let session = credentials(&answer);
        let length = session.token.as_deref().map_or(0, str::len);
        assert!((least..=4_096).contains(&length), "{length} of {least}");
        assert_eq!(answer["SessionTokenSize"], length, "{answer}");
        assert_eq!(answer["SessionTokenUtilization"], (length * 100).div_ceil(4_096), "{answer}");
        assert!(who(&house, &session).await.ends_with("assumed-role/Dev/worker"));
    }
    let answer = assume(&house, &key("alice"), &arn(OURS, "Dev"), json!({ "MinimumSessionTokenSize": 4_097 })).await;
    assert_eq!((&answer["refused"]["status"], &answer["refused"]["code"]), (&json!(400), &json!("ValidationError")));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn my_administrator_reads_why_i_was_refused() {
    let us = json!([trusts(json!({ "AWS": OURS }), "sts:AssumeRole")]);
    let house = open(&[
        role(OURS, "Dev", us, json!([])),
        user(
            OURS,
            "alice",
            json!([{ "Sid": "NotDev", "Effect": "Deny", "Action": "sts:AssumeRole", "Resource": arn(OURS, "Dev") }]),
        ),
        user(OURS, "admin", json!([allow("sts:DecodeAuthorizationMessage", "*")])),
    ])
    .await;
    let answer = assume(&house, &key("alice"), &arn(OURS, "Dev"), json!({})).await;
    let message = answer["refused"]["message"].as_str().expect("a message");
    let encoded = message.split_once("Encoded authorization failure message: ").expect("an encoded message").1;
    keys_of(&house, "admin");
    let output = cli(&house, "admin", &["decode-authorization-message", "--encoded-message", encoded]).await;
    assert!(output.good, "{}", output.errors);
    let answer: Value = serde_json::from_str(&output.text).expect("JSON");
    let decoded: Value = serde_json::from_str(answer["DecodedMessage"].as_str().expect("a text")).expect("JSON");
    assert_eq!(decoded["matchedStatements"]["items"][0]["statementId"], "NotDev", "{decoded}");
    assert_eq!(decoded["context"]["principal"]["arn"], format!("arn:aws:iam::{OURS}:user/alice"));
    // Alice may not read it herself.
    let own = call(&house, &key("alice"), "decode_authorization_message", &json!({ "EncodedMessage": encoded })).await;
    refused(&house, &own, OWN).await;
    let broken =
        call(&house, &key("admin"), "decode_authorization_message", &json!({ "EncodedMessage": "AAAA" })).await;
    refused(&house, &broken, (400, "InvalidAuthorizationMessageException", "sts.invalid-authorization-message")).await;
    house.close().await;
}
