//! The world of the use cases: an administrator's configuration in a few words, people with access keys, and the AWS CLI
//! and boto3 as they are.

use crate::house::{Address, Credentials, House};
use crate::peers_start::{Output, aws, python};
use serde_json::{Value, json};

pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYUSECASEKEY";
pub(crate) const OURS: &str = "111122223333";
pub(crate) const THEIRS: &str = "444455556666";
pub(crate) const VENDOR: &str = "777788889999";

pub(crate) fn arn(account: &str, role: &str) -> String {
    format!("arn:aws:iam::{account}:role/{role}")
}

pub(crate) fn policy(statements: Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

pub(crate) fn allow(action: &str, resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

/// A statement of a trust policy.
pub(crate) fn trusts(principal: Value, action: &str) -> Value {
    json!({ "Effect": "Allow", "Principal": principal, "Action": action })
}

pub(crate) fn role(account: &str, name: &str, trust: Value, permissions: Value) -> String {
    let (arn, trust, own) = (arn(account, name), policy(trust), own(permissions));
    format!("\n[[role]]\narn = \"{arn}\"\nmax_session = \"4h\"\ntrust = {{ json = '{trust}' }}\n{own}")
}

/// A document has at least one statement, so that nobody's permissions are no document.
pub(crate) fn own(permissions: Value) -> String {
    let none = permissions.as_array().is_some_and(Vec::is_empty);
    if none { String::new() } else { format!("policies = [{{ name = \"own\", json = '{}' }}]\n", policy(permissions)) }
}

/// A user whose access key is made of the name.
pub(crate) fn user(account: &str, name: &str, permissions: Value) -> String {
    let (id, own) = (key(name).id, own(permissions));
    format!(
        "\n[[user]]\narn = \"arn:aws:iam::{account}:user/{name}\"\naccess_keys = [{{ id = \"{id}\", secret = {{ file = \"secret\" }} }}]\n{own}"
    )
}

pub(crate) fn key(user: &str) -> Credentials {
    let letters: String = user.to_uppercase().chars().filter(char::is_ascii_alphanumeric).collect();
    Credentials { id: format!("AKIAUSECASE{letters:X<9.9}"), secret: SECRET.into(), token: None }
}

pub(crate) fn accounts() -> String {
    [OURS, THEIRS, VENDOR].map(|id| format!("\n[[account]]\nid = \"{id}\"\n")).concat()
}

pub(crate) fn files() -> [(&'static str, String); 1] {
    [("secret", SECRET.to_owned())]
}

pub(crate) async fn open(parts: &[String]) -> House {
    House::open_at(Address::loopback(), &files(), accounts() + &parts.concat()).await
}

/// What stands in the environment of somebody who has these credentials.
pub(crate) fn environment<'a>(house: &'a House, by: &'a Credentials) -> Vec<(&'a str, &'a str)> {
    let mut environment = vec![
        ("AWS_ENDPOINT_URL_STS", house.public_url.as_str()),
        ("AWS_ACCESS_KEY_ID", &by.id),
        ("AWS_SECRET_ACCESS_KEY", &by.secret),
    ];
    environment.extend(by.token.as_deref().map(|token| ("AWS_SESSION_TOKEN", token)));
    environment
}

/// boto3's answer.
pub(crate) async fn call(house: &House, by: &Credentials, operation: &str, parameters: &Value) -> Value {
    python("clients/sts.py", &[operation, &parameters.to_string()], &environment(house, by)).await
}

pub(crate) async fn assume(house: &House, by: &Credentials, role: &str, more: Value) -> Value {
    let mut parameters = json!({ "RoleArn": role, "RoleSessionName": "worker" });
    for (name, value) in more.as_object().expect("parameters") {
        parameters[name] = value.clone();
    }
    call(house, by, "assume_role", &parameters).await
}

pub(crate) fn credentials(answer: &Value) -> Credentials {
    let text = |name: &str| answer["Credentials"][name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    Credentials { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: Some(text("SessionToken")) }
}

/// The session's name as GetCallerIdentity tells it, for credentials that hold.
pub(crate) async fn who(house: &House, by: &Credentials) -> String {
    let identity = call(house, by, "get_caller_identity", &json!({})).await;
    identity["Arn"].as_str().unwrap_or_else(|| panic!("{identity}")).to_owned()
}

/// boto3 is refused with this status and code, and the trace and the book know the reason. Comes to what the caller is
/// told, and what the trace says of it.
pub(crate) async fn refused(
    house: &House,
    answer: &Value,
    (status, code, reason): (u16, &str, &str),
) -> (String, String) {
    let text = |name: &str| answer["refused"][name].as_str().unwrap_or_else(|| panic!("not refused: {answer}"));
    assert_eq!((&answer["refused"]["status"], text("code")), (&json!(status), code), "{answer}");
    let told = why(house, text("request"), reason).await;
    let message = text("message");
    match message.split_once(". Encoded authorization failure message: ") {
        Some((said, encoded)) => {
            assert!(code == "AccessDenied" && (1..=10_240).contains(&encoded.len()), "{message}");
            (said.to_owned(), told)
        }
        None => {
            // What policies did not decide has nothing to tell of them.
            let undecided = ["Not authorized to perform", "MultiFactorAuthentication failed", "Cannot call "];
            assert!(code != "AccessDenied" || undecided.iter().any(|said| message.starts_with(said)), "{message}");
            (message.to_owned(), told)
        }
    }
}

/// The reason of a refused request: a step of its trace with a remedy, and a record in the book.
pub(crate) async fn why(house: &House, request: &str, reason: &str) -> String {
    let steps = house.trace(request).await;
    let failed = steps.iter().rev().find(|step| step.code.is_some()).expect("a failed step");
    assert_eq!(failed.code.as_deref(), Some(reason), "{steps:#?}");
    assert!(failed.remedy.as_deref().is_some_and(|remedy| !remedy.is_empty()));
    let denials = house.rows("SELECT record FROM audit").await;
    let denials = denials.iter().map(|row| serde_json::from_str::<Value>(&row[0]).expect("JSON"));
    assert!(denials.into_iter().any(|it| it["requestID"] == request && it["errorCode"] == reason), "it is in the book");
    failed.sentence.clone().unwrap_or_default()
}

/// How the role's side refuses, and the caller's own.
pub(crate) const TRUST: (u16, &str, &str) = (403, "AccessDenied", "trust.no-statement-allows");
pub(crate) const OWN: (u16, &str, &str) = (403, "AccessDenied", "trust.caller-not-allowed");

/// AWS's sentence.
pub(crate) fn not_authorized(who: &str, role: &str) -> String {
    format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {role}")
}

/// What stands in the environment of somebody whose `~/.aws` is in the house's directory. The AWS CLI keeps there what it
/// was given, too.
pub(crate) fn at_home<'a>(house: &'a House, profile: &'a str) -> Vec<(&'a str, &'a str)> {
    let home = house.directory.path().to_str().expect("a path");
    vec![("AWS_ENDPOINT_URL_STS", house.public_url.as_str()), ("HOME", home), ("AWS_PROFILE", profile)]
}

/// The AWS CLI as a profile of that home.
pub(crate) async fn cli(house: &House, profile: &str, arguments: &[&str]) -> Output {
    aws(&[&["sts", "--output", "json"], arguments].concat(), &at_home(house, profile)).await
}

/// Who the AWS CLI says that a profile is.
pub(crate) async fn cli_is(house: &House, profile: &str) -> String {
    let output = cli(house, profile, &["get-caller-identity"]).await;
    assert!(output.good, "{profile}: {}", output.errors);
    let identity: Value = serde_json::from_str(&output.text).expect("JSON");
    identity["Arn"].as_str().expect("an ARN").to_owned()
}

/// The code and words that the AWS CLI prints of a refusal, which was the last one, for a reason that is in the book.
pub(crate) async fn cli_refused(house: &House, output: &Output, (code, reason): (&str, &str)) {
    assert!(!output.good && output.errors.contains(&format!("({code})")), "{} {}", output.text, output.errors);
    let last = house.rows("SELECT record FROM audit ORDER BY number DESC LIMIT 1").await;
    let record: Value = serde_json::from_str(&last[0][0]).expect("JSON");
    assert_eq!(record["errorCode"], reason);
    why(house, record["requestID"].as_str().expect("an id"), reason).await;
}

/// The long-term keys of a user in their file.
pub(crate) fn keys_of(house: &House, user: &str) {
    let key = key(user);
    let text = format!("[{user}]\naws_access_key_id = {}\naws_secret_access_key = {SECRET}\n", key.id);
    house.directory.write(".aws/credentials", text);
}
