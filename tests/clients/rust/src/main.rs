//! Who the AWS SDK for Rust says we are, with nothing but the environment of a workload: AWS_WEB_IDENTITY_TOKEN_FILE,
//! AWS_ROLE_ARN, AWS_ENDPOINT_URL_STS and SSL_CERT_FILE. Prints GetCallerIdentity's answer as JSON.

use aws_config::BehaviorVersion;
use std::error::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let identity = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await?;
    let [user_id, account, arn] =
        [identity.user_id(), identity.account(), identity.arn()].map(Option::unwrap_or_default);
    println!(r#"{{"UserId": "{user_id}", "Account": "{account}", "Arn": "{arn}"}}"#);
    Ok(())
}
