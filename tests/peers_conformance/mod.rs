//! One table of calls, made by every client as it is: the AWS CLI 1 and 2, boto3, the AWS SDKs for JavaScript and Rust.
//! Each has a house of its own, so that what one has used up (an assertion, a code) is nothing to the others.

mod case;
mod good;
mod refused;
mod world;

use crate::peers_start::{Output, conformance};
pub(crate) use case::Client;
use case::{Case, Outcome};
use serde_json::Value;

/// The whole table.
async fn table(house: &world::Premises) -> Vec<Case> {
    let (good, refused) = (good::cases(house).await, refused::cases(house).await);
    assert!(refused.iter().filter(|case| case.is_refused()).count() >= 60, "the table has lost its refusals");
    good.into_iter().chain(refused).collect()
}

async fn by(client: Client) {
    let premises = world::open().await;
    let cases = table(&premises).await;
    let written: Vec<Value> = cases.iter().map(Case::written).collect();
    let file = premises.house.directory.write("cases.json", Value::from(written).to_string());
    let file = file.to_str().expect("a path");
    let Output { good, text, errors } = conformance(client, &[&premises.house.public_url, file]).await;
    assert!(good, "{client:?}: {errors}");
    let told: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{client:?}: {error}: {text}"));
    assert_eq!(told.len(), cases.len(), "{client:?} tells of every case");
    let wrong: Vec<String> =
        cases.iter().zip(&told).filter_map(|(case, told)| case.differs(client, &Outcome::of(told))).collect();
    assert!(wrong.is_empty(), "{client:?}: {} of {} cases\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    premises.house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_aws_cli_1_is_answered_as_the_table_says() {
    by(Client::Cli1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_aws_cli_2_is_answered_as_the_table_says() {
    by(Client::Cli2).await;
}

/// And every answer has the shape that botocore's own model of the service gives it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_is_answered_as_the_table_says() {
    by(Client::Boto3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_javascript_sdk_is_answered_as_the_table_says() {
    by(Client::JavaScript).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rust_sdk_is_answered_as_the_table_says() {
    by(Client::Rust).await;
}
