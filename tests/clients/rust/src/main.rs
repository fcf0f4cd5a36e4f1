//! The AWS SDK for Rust as a client. Without arguments: who it says we are, with nothing but the environment of a
//! workload (AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ENDPOINT_URL_STS and SSL_CERT_FILE); prints
//! GetCallerIdentity's answer as JSON. With ENDPOINT and CASES(FILE): every case of the table, as in `conformance`.

mod conformance;

use aws_config::BehaviorVersion;
use std::error::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [endpoint, file] = arguments.as_slice() {
        return conformance::run(&config, endpoint, file).await;
    }
    let identity = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await?;
    let [user_id, account, arn] =
        [identity.user_id(), identity.account(), identity.arn()].map(Option::unwrap_or_default);
    println!(r#"{{"UserId": "{user_id}", "Account": "{account}", "Arn": "{arn}"}}"#);
    Ok(())
}
