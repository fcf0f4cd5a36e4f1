//! The lesser actions of the STS in the hands of the AWS CLI and boto3.

use crate::use_case_world::*;
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
