//! Throttling as boto3 takes it: it waits, tries again, and is let in.

use crate::front::{USER, WORLD, files};
use crate::house::{Address, House};
use crate::peers_start::python;

#[tokio::test(flavor = "multi_thread")]
async fn boto3_tries_again_when_it_is_throttled() {
    let config = format!("{WORLD}[limits]\nrate_per_principal = 2\n");
    let house = House::open_at(Address::loopback(), &files(), config).await;
    let environment = [
        ("AWS_ACCESS_KEY_ID", USER.0),
        ("AWS_SECRET_ACCESS_KEY", USER.1),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_RETRY_MODE", "standard"),
        ("AWS_MAX_ATTEMPTS", "8"),
        ("AWS_ENDPOINT_URL_STS", house.public_url.as_str()),
    ];
    let retries = python("clients/patience.py", &["6"], &environment).await;
    let total: u64 = retries.as_array().expect("a list").iter().filter_map(|tries| tries.as_u64()).sum();
    eprintln!("six calls at two a second; tried again: {retries}");
    assert!(total > 0, "six calls take boto3 no three seconds, so it was throttled: {retries}");
    let throttled = house.rows("SELECT SUM(count) FROM refusal WHERE code = 'limits.principal'").await;
    assert_eq!(throttled[0][0], total.to_string(), "each was refused once, and then answered");
    house.close().await;
}
