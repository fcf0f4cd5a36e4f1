//! The age of a session, and what was shown for it: at `POST /decide`, and in the trust policies of roles. A Deny by age is
//! how AWS's console revokes what a role has given out (IAM User Guide, "Revoke IAM role temporary security credentials").

use crate::decide_world::{Sent, ask, ask_as, config, question, verdict, wear};
use crate::front_revocation::change;
use crate::front_signed::{assume, call, get_caller_identity};
use crate::house::{Address, Credentials, House};
use crate::saml_identity::NOW;
use crate::totp::{RFC, code_of};
use crate::use_case_world::{OURS, allow, arn, files, key, role, trusts, user};
use serde_json::{Value, json};
use time::Duration;

const SINCE: &str = "2031-01-01T12:00:30Z";
const SERIAL: &str = "arn:aws:iam::111122223333:mfa/careful";

/// Of the console, and the same for a trust policy.
fn revoked(more: &Value) -> Value {
    let mut statement = json!({
        "Sid": "AWSRevokeOlderSessions", "Effect": "Deny", "Action": ["*"],
        "Condition": { "DateLessThan": { "aws:TokenIssueTime": SINCE } },
    });
    more.as_object().expect("members").iter().for_each(|(name, value)| statement[name] = value.clone());
    statement
}

async fn open() -> House {
    let everything = json!({ "Resource": ["*"] });
    let reads = json!([allow("s3:GetObject", "*"), allow("sts:*", "*"), revoked(&everything)]);
    let ours = || trusts(json!({ "AWS": OURS }), "sts:AssumeRole");
    let anybody = json!({ "Action": "sts:AssumeRole", "Principal": { "AWS": "*" } });
    let without_code = json!({
        "Sid": "Code", "Effect": "Deny", "Action": "s3:*", "Resource": "*",
        "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } },
    });
    let late = json!({
        "Sid": "Late", "Effect": "Deny", "Action": "s3:*", "Resource": "*",
        "Condition": { "NumericGreaterThan": { "aws:MultiFactorAuthAge": "60" } },
    });
    let device = format!("mfa = {{ serial = \"{SERIAL}\", totp_secret = {{ file = \"totp\" }} }}\n");
    let parts = [
        role(OURS, "Older", json!([ours()]), reads.clone()),
        user(OURS, "older", reads),
        role(OURS, "Roamer", json!([ours()]), json!([allow("sts:*", "*")])),
        role(OURS, "Guarded", json!([ours(), revoked(&anybody)]), json!([])),
        user(OURS, "careful", json!([allow("s3:GetObject", "*"), without_code, late])) + &device,
    ];
    let files = [files()[0].clone(), ("totp", RFC.to_owned())];
    House::open(NOW, &files, |_: &Address| config() + &parts.concat()).await
}

async fn session(house: &House, user: &str, more: &[(&str, &str)]) -> Credentials {
    let form = [("Action", "GetSessionToken"), ("Version", "2011-06-15")];
    call(house, &key(user), &[&form[..], more].concat()).await.credentials()
}

/// What becomes of a request that they signed.
pub(crate) async fn decided(house: &House, by: &Credentials) -> (&'static str, String) {
    let said = ask(house, &question(Sent::get(house).signed(by))).await;
    assert_eq!(said["authentic"], true);
    let (decision, _, decided_by) = verdict(&said);
    (if decision == "allow" { "allow" } else { "deny" }, decided_by)
}

#[tokio::test]
async fn sessions_of_before_a_moment_are_denied_everything() {
    let house = open().await;
    let before = [wear(&house, "reader", "Older", &[]).await, session(&house, "older", &[]).await];
    house.clock.advance(Duration::seconds(31));
    let since = [wear(&house, "reader", "Older", &[]).await, session(&house, "older", &[]).await];
    for by in &before {
        assert_eq!(decided(&house, by).await, ("deny", "own/AWSRevokeOlderSessions".into()));
        assert_eq!(get_caller_identity(&house, by).await.status, 200, "who they are they may still ask");
    }
    for by in since.iter().chain([&key("older")]) {
        assert_eq!(decided(&house, by).await, ("allow", "own/0".into()), "a key has no age");
    }
}

#[tokio::test]
async fn a_role_turns_sessions_of_before_a_moment_away() {
    let house = open().await;
    let guarded = arn(OURS, "Guarded");
    let before = [wear(&house, "reader", "Roamer", &[]).await, session(&house, "reader", &[]).await];
    house.clock.advance(Duration::seconds(31));
    for by in &before {
        let answer = assume(&house, by, &guarded, &[]).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"));
        assert_eq!(house.code(&answer).await, "trust.explicit-deny");
    }
    for by in [wear(&house, "reader", "Roamer", &[]).await, key("reader")] {
        assert_eq!(assume(&house, &by, &guarded, &[]).await.status, 200);
    }
}

/// A key has shown nothing, and cannot say that it has not: so a Deny with IfExists is for it as well.
#[tokio::test]
async fn what_a_user_has_shown_counts_at_the_desk() {
    let house = open().await;
    let without = session(&house, "careful", &[]).await;
    let code = code_of(b"12345678901234567890", house.clock.now().unix_timestamp());
    let with = session(&house, "careful", &[("SerialNumber", SERIAL), ("TokenCode", &code)]).await;
    for by in [&key("careful"), &without] {
        assert_eq!(decided(&house, by).await, ("deny", "own/Code".into()));
    }
    assert_eq!(decided(&house, &with).await, ("allow", "own/0".into()));
    house.clock.advance(Duration::seconds(60));
    assert_eq!(decided(&house, &with).await, ("allow", "own/0".into()));
    house.clock.advance(Duration::SECOND);
    assert_eq!(decided(&house, &with).await, ("deny", "own/Late".into()));
}

/// Of a key it is known, of a session it is not, and a service is not told that it is not genuine.
#[tokio::test]
async fn without_knowing_what_has_been_ended_nothing_is_said_of_a_session() {
    let house = open().await;
    let worn = wear(&house, "reader", "Older", &[]).await;
    change(&house, "ALTER TABLE revocation RENAME TO hidden").await;
    house.clock.let_pass(std::time::Duration::from_secs(61));
    let asked = question(Sent::get(&house).signed(&worn)).to_string();
    let answer = ask_as(&house, &key("files"), &asked).await;
    assert_eq!((answer.status, house.code(&answer).await.as_str()), (503, "sts.revocations-unknown"));
    assert_eq!(decided(&house, &key("older")).await, ("allow", "own/0".into()));
}
