//! Requests as boto3 signs them for other services, asked about.

use crate::decide_world::{ask, config, question, verdict, wear, with};
use crate::house::{Address, Credentials, House};
use crate::peers_start::python;
use crate::use_case_world::{environment, files, key};
use serde_json::{Value, json};

async fn received(house: &House, by: &Credentials, arguments: &[&str]) -> Value {
    python("clients/received.py", arguments, &environment(house, by)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_boto3_signs_for_other_services_is_genuine() {
    let house = House::open_at(Address::loopback(), &files(), config()).await;
    let (reader, worn) = (key("reader"), wear(&house, "reader", "Reader", &[]).await);
    let odd = r#"{"Bucket": "own", "Key": "a b+c//./d%2F~é'(1)=&", "VersionId": "7 +/"}"#;
    let put = r#"{"Bucket": "own", "Key": "a", "Body": "a letter", "Metadata": {"two": "a  b"}}"#;
    let item = r#"{"TableName": "orders", "Key": {"id": {"S": "7"}}}"#;
    for by in [&reader, &worn] {
        for arguments in [
            &["s3", "get_object", odd, "whole"][..],
            &["s3", "put_object", put, "whole"],
            &["s3", "list_objects_v2", r#"{"Bucket": "own", "Prefix": "a/b c", "Delimiter": "/"}"#, "whole"],
            &["dynamodb", "get_item", item],
            &["sqs", "send_message", r#"{"QueueUrl": "https://files.example.com/1/q", "MessageBody": "ü"}"#],
            &["lambda", "get_function", r#"{"FunctionName": "arn:aws:lambda:eu-west-1:111122223333:function:f"}"#],
        ] {
            let request = received(&house, by, arguments).await;
            let said = ask(&house, &question(request.clone())).await;
            assert_eq!(said["authentic"], true, "{arguments:?}: {request} {said}");
            for (member, value) in [("method", "DELETE"), ("url", "https://files.example.com/own/b")] {
                let changed = with(request.clone(), member, json!(value));
                assert_eq!(ask(&house, &question(changed)).await["authentic"], false, "{member}: {request}");
            }
        }
    }
    let said = ask(&house, &question(received(&house, &reader, &["s3", "get_object", odd, "whole"]).await)).await;
    assert_eq!(verdict(&said), ("allow", "allow", "own/Read".into()));
    // Over TLS boto3 by itself leaves the body to the transport: nobody could say what was signed.
    for (operation, parameters) in [("get_object", odd), ("put_object", put)] {
        let request = received(&house, &reader, &["s3", operation, parameters]).await;
        let hash = request["headers"]["X-Amz-Content-SHA256"].as_str().expect("a header");
        assert!(hash.contains("UNSIGNED-PAYLOAD"), "{hash}");
        assert_eq!(ask(&house, &question(request)).await["authentic"], false);
    }
    house.close().await;
}
