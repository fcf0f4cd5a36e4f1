//! The world of GetFederationToken: a broker who may give credentials away, users who may not, and services that are asked.

use crate::decide_world::config;
use crate::front_signed::call;
use crate::house::{Address, Answer, Credentials, House};
use crate::saml_identity::NOW;
use crate::use_case_world::{OURS, allow, files, key, policy, user};
use gatehouse::ambient::Clock;
use serde_json::{Value, json};

/// What `broker` gives at most; `own/shut/*` is denied to it.
pub(crate) const READ: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Sid":"Handed","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

pub(crate) fn federated(name: &str) -> String {
    format!("arn:aws:sts::{OURS}:federated-user/{name}")
}

/// `broker` may read `own/*` and hand that on to whoever is called `bo…`, with the tag `team`; `careless` may not tag.
fn world() -> String {
    let give = |names: &str| allow("sts:GetFederationToken", &federated(names));
    let tag = json!({
        "Effect": "Allow", "Action": "sts:TagSession", "Resource": federated("bo*"),
        "Condition": { "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] }, "StringLike": { "aws:RequestTag/team": "o*" } },
    });
    let own = json!({
        "Sid": "Own", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/own/*",
    });
    let shut =
        json!({ "Sid": "Shut", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::files/own/shut/*" });
    let wears = allow("sts:AssumeRole", "*");
    let managed = policy(json!([allow("s3:GetObject", "arn:aws:s3:::files/own/managed/*")]));
    let parts = [
        user(OURS, "broker", json!([give("bo*"), tag, own, shut, wears])),
        user(OURS, "careless", json!([give("*"), allow("s3:GetObject", "*")])),
        user(
            OURS,
            "mindful",
            json!([
                { "Effect": "Allow", "Action": "sts:GetFederationToken", "Resource": "*",
                  "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } } },
            ]),
        ),
        user(OURS, "lavish", json!([allow("sts:*", "*")])),
        format!("\n[[policy]]\narn = \"arn:aws:iam::{OURS}:policy/Managed\"\ndocument = {{ json = '{managed}' }}\n"),
    ];
    config() + &parts.concat()
}

pub(crate) async fn open() -> House {
    House::open(NOW, &files(), |_: &Address| world()).await
}

/// For browsers.
pub(crate) async fn open_tls() -> House {
    House::open_tls(Clock::held(NOW), "localhost", &files(), |_: &Address| world()).await
}

pub(crate) async fn get_federation_token(house: &House, by: &Credentials, name: &str, more: &[(&str, &str)]) -> Answer {
    let first = [("Action", "GetFederationToken"), ("Version", "2011-06-15"), ("Name", name)];
    call(house, by, &first.into_iter().chain(more.iter().copied()).collect::<Vec<_>>()).await
}

/// Credentials for bob, by the broker.
pub(crate) async fn bob(house: &House, more: &[(&str, &str)]) -> Credentials {
    get_federation_token(house, &key("broker"), "bob", more).await.credentials()
}

/// The last record of the book that is of such an event.
pub(crate) async fn last_record(house: &House, event: &str) -> Value {
    let rows = house.rows("SELECT record FROM audit ORDER BY number").await;
    let mut records = rows.iter().rev().map(|row| serde_json::from_str::<Value>(&row[0]).expect("JSON"));
    records.find(|record| record["eventName"] == event).unwrap_or_else(|| panic!("no {event}"))
}
