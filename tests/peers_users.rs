//! A user with an authenticator, in the hands of the AWS CLI and boto3 as they are. The clock is held at today's time, so
//! that what they sign is fresh and what the authenticator shows stands still.

use crate::house::House;
use crate::totp::{RFC, code_of};
use crate::use_case_world::*;
use gatehouse::ambient::Clock;
use serde_json::{Value, json};
use time::Duration;

const SERIAL: &str = "arn:aws:iam::111122223333:mfa/alice";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const INVALID: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code.";

/// A role that alice may wear under this condition.
fn role_if(name: &str, condition: Value) -> String {
    let mut statement = trusts(json!({ "AWS": ALICE }), "sts:AssumeRole");
    statement["Condition"] = condition;
    role(OURS, name, json!([statement]), json!([]))
}

async fn open_with_mfa() -> House {
    let device = format!("mfa = {{ serial = \"{SERIAL}\", totp_secret = {{ file = \"totp\" }} }}\n");
    let config = [
        accounts(),
        role_if("Admin", json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } })),
        role_if("Recent", json!({ "NumericLessThan": { "aws:MultiFactorAuthAge": "300" } })),
        user(OURS, "alice", json!([])) + &device,
    ];
    let files: Vec<_> = files().into_iter().chain([("totp", RFC.to_owned())]).collect();
    House::open(Clock::system().now(), &files, |_| config.concat()).await
}

fn code(house: &House) -> String {
    code_of(b"12345678901234567890", house.clock.now().unix_timestamp())
}

/// A code that the device shows neither now nor half a minute before or after.
fn wrong(house: &House) -> String {
    let now = house.clock.now().unix_timestamp();
    let shown = [-30, 0, 30].map(|seconds| code_of(b"12345678901234567890", now + seconds));
    (0..4).map(|n| format!("00000{n}")).find(|code| !shown.contains(code)).expect("one of four")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_assumes_a_role_with_a_code_and_only_once() {
    let house = open_with_mfa().await;
    keys_of(&house, "alice");
    let admin = arn(OURS, "Admin");
    let plain = ["assume-role", "--role-session-name", "worker", "--role-arn", &admin];
    let assume = async |code: &str| {
        let factor = ["--serial-number", SERIAL, "--token-code", code];
        cli(&house, "alice", &[plain.as_slice(), &factor].concat()).await
    };
    let without = cli(&house, "alice", &plain).await;
    cli_refused(&house, &without, ("AccessDenied", "trust.no-statement-allows")).await;
    let guessed = assume(&wrong(&house)).await;
    cli_refused(&house, &guessed, ("AccessDenied", "sts.mfa-wrong-code")).await;
    assert!(guessed.errors.contains(INVALID), "{}", guessed.errors);
    let given = assume(&code(&house)).await;
    assert!(given.good, "{}", given.errors);
    let answer: Value = serde_json::from_str(&given.text).expect("JSON");
    let worn = credentials(&answer);
    assert_eq!(who(&house, &worn).await, "arn:aws:sts::111122223333:assumed-role/Admin/worker");
    let again = assume(&code(&house)).await;
    cli_refused(&house, &again, ("AccessDenied", "sts.mfa-reused-code")).await;
    assert!(again.errors.contains(INVALID), "{}", again.errors);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i_type_a_code_in_the_morning_and_none_for_a_role_until_it_is_too_old() {
    let house = open_with_mfa().await;
    let alice = key("alice");
    let (admin, recent) = (arn(OURS, "Admin"), arn(OURS, "Recent"));
    let bare = credentials(&call(&house, &alice, "get_session_token", &json!({})).await);
    refused(&house, &assume(&house, &bare, &admin, json!({})).await, TRUST).await;
    let factor = json!({ "SerialNumber": SERIAL, "TokenCode": code(&house), "DurationSeconds": 3600 });
    let answer = call(&house, &alice, "get_session_token", &factor).await;
    let session = credentials(&answer);
    assert_eq!(who(&house, &session).await, ALICE);
    for role in [&admin, &recent] {
        credentials(&assume(&house, &session, role, json!({})).await);
    }
    let again = call(&house, &alice, "get_session_token", &factor).await;
    refused(&house, &again, (403, "AccessDenied", "sts.mfa-reused-code")).await;
    let prolonged = call(&house, &session, "get_session_token", &json!({})).await;
    refused(&house, &prolonged, (403, "AccessDenied", "sts.session-credentials")).await;

    // The AWS CLI, whose profiles take the session for what it is: a user to assume roles with.
    let token = session.token.as_deref().expect("a token");
    let (id, secret) = (&session.id, &session.secret);
    let keys =
        format!("[morning]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\naws_session_token = {token}\n");
    house.directory.write(".aws/credentials", keys);
    let profile = |name: &str, role: &str| {
        format!("[profile {name}]\nrole_arn = {role}\nsource_profile = morning\nrole_session_name = day\n")
    };
    house.directory.write(".aws/config", profile("admin", &admin) + &profile("recent", &recent));
    for (name, role) in [("admin", "Admin"), ("recent", "Recent")] {
        let arn = format!("arn:aws:sts::111122223333:assumed-role/{role}/day");
        assert_eq!(cli_is(&house, name).await, arn);
    }
    house.clock.advance(Duration::seconds(300));
    let old = assume(&house, &session, &recent, json!({})).await;
    let (told, _) = refused(&house, &old, TRUST).await;
    // She has no policies of her own; the role's names her.
    let nothing_allows = " because no identity-based policy allows the sts:AssumeRole action";
    assert_eq!(told, not_authorized(ALICE, &recent) + nothing_allows);
    credentials(&assume(&house, &session, &admin, json!({})).await);
    house.close().await;
}
