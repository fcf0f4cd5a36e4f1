//! Every case of the table by the AWS SDK for Rust. Prints the same as `conformance_boto3.py`.
#![expect(deprecated, reason = "PackedPolicySize is what many read, and it is answered")]

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::{Builder, Credentials, Region};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::types::{self, AssumedRoleUser, FederatedUser, PolicyDescriptorType, ProvidedContext, Tag};
use serde_json::{Value, json};
use std::error::Error;

pub async fn run(config: &SdkConfig, endpoint: &str, file: &str) -> Result<(), Box<dyn Error>> {
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let mut told = Vec::new();
    for case in &cases {
        let builder = Builder::from(config).endpoint_url(endpoint).region(Region::new("us-east-1"));
        let builder = builder.retry_config(RetryConfig::disabled());
        let builder = match case["by"].as_array() {
            Some(by) => {
                let text = |at: usize| by[at].as_str().map(str::to_owned);
                let (id, secret) = (text(0).unwrap_or_default(), text(1).unwrap_or_default());
                builder.credentials_provider(Credentials::new(id, secret, text(2), None, "the table"))
            }
            None => builder,
        };
        let client = Client::from_conf(builder.build());
        let mut outcome = call(&client, case["action"].as_str().unwrap_or_default(), &case["parameters"]).await;
        outcome["name"] = case["name"].clone();
        told.push(outcome);
    }
    println!("{}", Value::from(told));
    Ok(())
}

/// Sends what is named of the parameters, each by the SDK's own setter.
macro_rules! send {
    ($request:expr, $parameters:expr, $($setter:ident = $read:ident $name:literal),*) => {
        $request$(.$setter($read(&$parameters[$name])))*.send().await
    };
}

async fn call(client: &Client, action: &str, p: &Value) -> Value {
    match action {
        "AssumeRole" => outcome(
            send!(client.assume_role(), p,
                set_role_arn = text "RoleArn", set_role_session_name = text "RoleSessionName",
                set_policy_arns = policies "PolicyArns", set_policy = text "Policy",
                set_duration_seconds = number "DurationSeconds", set_tags = tags "Tags",
                set_transitive_tag_keys = texts "TransitiveTagKeys", set_external_id = text "ExternalId",
                set_serial_number = text "SerialNumber", set_token_code = text "TokenCode",
                set_source_identity = text "SourceIdentity", set_provided_contexts = contexts "ProvidedContexts",
                set_minimum_session_token_size = number "MinimumSessionTokenSize"),
            |it| {
                json!({
                    "Credentials": it.credentials.as_ref().map(credentials),
                    "AssumedRoleUser": it.assumed_role_user.as_ref().map(assumed),
                    "PackedPolicySize": it.packed_policy_size, "SourceIdentity": it.source_identity,
                    "SessionTokenSize": it.session_token_size,
                    "SessionTokenUtilization": it.session_token_utilization,
                })
            },
        ),
        "AssumeRoleWithSAML" => outcome(
            send!(client.assume_role_with_saml(), p,
                set_role_arn = text "RoleArn", set_principal_arn = text "PrincipalArn",
                set_saml_assertion = text "SAMLAssertion", set_policy_arns = policies "PolicyArns",
                set_policy = text "Policy", set_duration_seconds = number "DurationSeconds",
                set_minimum_session_token_size = number "MinimumSessionTokenSize"),
            |it| {
                json!({
                    "Credentials": it.credentials.as_ref().map(credentials),
                    "AssumedRoleUser": it.assumed_role_user.as_ref().map(assumed),
                    "PackedPolicySize": it.packed_policy_size, "SourceIdentity": it.source_identity,
                    "Subject": it.subject, "SubjectType": it.subject_type, "Issuer": it.issuer,
                    "Audience": it.audience, "NameQualifier": it.name_qualifier,
                })
            },
        ),
        "AssumeRoleWithWebIdentity" => outcome(
            send!(client.assume_role_with_web_identity(), p,
                set_role_arn = text "RoleArn", set_role_session_name = text "RoleSessionName",
                set_web_identity_token = text "WebIdentityToken", set_provider_id = text "ProviderId",
                set_policy_arns = policies "PolicyArns", set_policy = text "Policy",
                set_duration_seconds = number "DurationSeconds",
                set_minimum_session_token_size = number "MinimumSessionTokenSize"),
            |it| {
                json!({
                    "Credentials": it.credentials.as_ref().map(credentials),
                    "AssumedRoleUser": it.assumed_role_user.as_ref().map(assumed),
                    "PackedPolicySize": it.packed_policy_size, "SourceIdentity": it.source_identity,
                    "SubjectFromWebIdentityToken": it.subject_from_web_identity_token, "Provider": it.provider,
                    "Audience": it.audience,
                })
            },
        ),
        "AssumeRoot" => outcome(
            send!(client.assume_root(), p,
                set_target_principal = text "TargetPrincipal", set_task_policy_arn = policy "TaskPolicyArn"),
            |it| json!({ "Credentials": it.credentials.as_ref().map(credentials) }),
        ),
        "GetFederationToken" => outcome(
            send!(client.get_federation_token(), p,
                set_name = text "Name", set_policy = text "Policy", set_policy_arns = policies "PolicyArns",
                set_duration_seconds = number "DurationSeconds", set_tags = tags "Tags",
                set_minimum_session_token_size = number "MinimumSessionTokenSize"),
            |it| {
                json!({
                    "Credentials": it.credentials.as_ref().map(credentials),
                    "FederatedUser": it.federated_user.as_ref().map(federated),
                    "PackedPolicySize": it.packed_policy_size,
                })
            },
        ),
        "GetWebIdentityToken" => outcome(
            send!(client.get_web_identity_token(), p,
                set_audience = texts "Audience", set_duration_seconds = number "DurationSeconds",
                set_signing_algorithm = text "SigningAlgorithm", set_tags = tags "Tags"),
            |it| json!({ "WebIdentityToken": it.web_identity_token, "Expiration": it.expiration.map(|at| at.to_string()) }),
        ),
        "GetSessionToken" => outcome(
            send!(client.get_session_token(), p,
                set_duration_seconds = number "DurationSeconds", set_serial_number = text "SerialNumber",
                set_token_code = text "TokenCode",
                set_minimum_session_token_size = number "MinimumSessionTokenSize"),
            |it| json!({ "Credentials": it.credentials.as_ref().map(credentials) }),
        ),
        "GetAccessKeyInfo" => outcome(
            send!(client.get_access_key_info(), p, set_access_key_id = text "AccessKeyId"),
            |it| json!({ "Account": it.account }),
        ),
        "DecodeAuthorizationMessage" => outcome(
            send!(client.decode_authorization_message(), p, set_encoded_message = text "EncodedMessage"),
            |it| json!({ "DecodedMessage": it.decoded_message }),
        ),
        "GetDelegatedAccessToken" => outcome(
            send!(client.get_delegated_access_token(), p, set_trade_in_token = text "TradeInToken"),
            |it| json!({ "Credentials": it.credentials.as_ref().map(credentials) }),
        ),
        "GetCallerIdentity" => outcome(
            client.get_caller_identity().send().await,
            |it| json!({ "UserId": it.user_id, "Account": it.account, "Arn": it.arn }),
        ),
        other => json!({ "unsent": format!("there is no {other}") }),
    }
}

fn outcome<O, E>(result: Result<O, SdkError<E>>, answer: impl FnOnce(&O) -> Value) -> Value
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match result {
        Ok(output) => json!({ "status": 200, "answer": answer(&output) }),
        Err(error) => match error.raw_response().map(|raw| raw.status().as_u16()) {
            Some(status) => json!({ "status": status, "code": error.code(), "message": error.message() }),
            None => json!({ "unsent": aws_sdk_sts::error::DisplayErrorContext(&error).to_string() }),
        },
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn number(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|number| i32::try_from(number).ok())
}

fn texts(value: &Value) -> Option<Vec<String>> {
    Some(value.as_array()?.iter().filter_map(text).collect())
}

fn tags(value: &Value) -> Option<Vec<Tag>> {
    let tag = |it: &Value| Tag::builder().set_key(text(&it["Key"])).set_value(text(&it["Value"])).build().ok();
    Some(value.as_array()?.iter().filter_map(tag).collect())
}

fn policy(value: &Value) -> Option<PolicyDescriptorType> {
    value.is_object().then(|| PolicyDescriptorType::builder().set_arn(text(&value["arn"])).build())
}

fn policies(value: &Value) -> Option<Vec<PolicyDescriptorType>> {
    Some(value.as_array()?.iter().filter_map(policy).collect())
}

fn contexts(value: &Value) -> Option<Vec<ProvidedContext>> {
    let context = |it: &Value| {
        let builder = ProvidedContext::builder().set_provider_arn(text(&it["ProviderArn"]));
        builder.set_context_assertion(text(&it["ContextAssertion"])).build()
    };
    Some(value.as_array()?.iter().map(context).collect())
}

fn credentials(it: &types::Credentials) -> Value {
    json!({
        "AccessKeyId": it.access_key_id, "SecretAccessKey": it.secret_access_key,
        "SessionToken": it.session_token, "Expiration": it.expiration.to_string(),
    })
}

fn assumed(it: &AssumedRoleUser) -> Value {
    json!({ "AssumedRoleId": it.assumed_role_id, "Arn": it.arn })
}

fn federated(it: &FederatedUser) -> Value {
    json!({ "FederatedUserId": it.federated_user_id, "Arn": it.arn })
}
