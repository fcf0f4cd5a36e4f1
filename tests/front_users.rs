//! Users and their second factor through the front door: SerialNumber and TokenCode of AssumeRole.

use crate::front::{ADMIN, CLOSED, USER, WORLD, admin, files};
use crate::front_signed::{assume, user};
use crate::house::{Answer, Credentials, House};
use crate::saml_identity::NOW;
use crate::totp::{RFC, code_of};
use std::sync::Arc;
use time::Duration;
use tokio::task::JoinSet;

const KEY: &[u8] = b"12345678901234567890";
pub(crate) const SERIAL: &str = "arn:aws:iam::111122223333:mfa/ops";
const OTHERS: &str = "arn:aws:iam::111122223333:mfa/other";
const INVALID: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code.";

pub(crate) fn role(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

/// A role that lets the user in, with `statement` beside or `condition` on the statement that does.
fn table(name: &str, condition: &str, more: &str) -> String {
    let arn = role(name);
    format!(
        r#"
[[role]]
arn = "{arn}"
max_session = "2h"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::111122223333:user/ops"}},"Action":"sts:AssumeRole"{condition}}}{more}]}}' }}
"#
    )
}

/// The world of the other front-door tests; its user has an authenticator, and there is a second user with one.
pub(crate) fn world() -> String {
    let deny = |operator: &str| {
        format!(
            r#",{{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{{"{operator}":{{"aws:MultiFactorAuthPresent":"false"}}}}}}"#
        )
    };
    let condition = |text: &str| format!(r#","Condition":{{{text}}}"#);
    let (keys, device) = ("secret = { file = \"ops-secret\" } }]\n", "totp_secret = { file = \"totp\" } }\n");
    let with_device = WORLD.replacen(keys, &format!("{keys}mfa = {{ serial = \"{SERIAL}\", {device}"), 1);
    let other = r#"
[[user]]
arn = "arn:aws:iam::111122223333:user/other"
access_keys = [{ id = "AKIAIOSFODNN7OTHERXX", secret = { file = "ops-secret" } }]
mfa = { serial = "arn:aws:iam::111122223333:mfa/other", totp_secret = { file = "other-totp" } }
"#;
    let known = r#""StringEquals":{"aws:PrincipalType":"User","aws:username":"ops","aws:PrincipalArn":"arn:aws:iam::111122223333:user/ops"},"StringLike":{"aws:userid":"AIDA*"},"DateEquals":{"aws:TokenIssueTime":"2031-01-01T12:00:00Z"}"#;
    [
        with_device,
        other.to_owned(),
        table("Mfa", &condition(r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#), ""),
        table("Recent", &condition(r#""NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}"#), ""),
        table("Now", &condition(r#""NumericEquals":{"aws:MultiFactorAuthAge":"0"}"#), ""),
        table(
            "Unknown",
            &condition(r#""Null":{"aws:MultiFactorAuthPresent":"true","aws:MultiFactorAuthAge":"true"}"#),
            "",
        ),
        table("DenyBool", "", &deny("Bool")),
        table("DenyBoolIfExists", "", &deny("BoolIfExists")),
        table("Known", &condition(known), ""),
    ]
    .concat()
}

pub(crate) fn all_files() -> Vec<(&'static str, String)> {
    let secrets = [("totp", format!("{RFC}\n")), ("other-totp", "GEZDGNBVGY3TQOJQ".to_owned())];
    files().into_iter().chain(secrets).collect()
}

pub(crate) async fn open() -> House {
    House::open(NOW, &all_files(), |_| world()).await
}

/// What the user's device shows `steps` from now.
pub(crate) fn code(house: &House, steps: i64) -> String {
    code_of(KEY, house.clock.now().unix_timestamp() + 30 * steps)
}

fn wrong(house: &House) -> String {
    let all = [-1, 0, 1].map(|steps| code(house, steps));
    (0..).map(|n| format!("{n:06}")).find(|code| !all.contains(code)).expect("one of them")
}

pub(crate) async fn with_code(house: &House, by: &Credentials, role_name: &str, code: &str) -> Answer {
    assume(house, by, &role(role_name), &[("SerialNumber", SERIAL), ("TokenCode", code)]).await
}

/// Refused for what was said of the second factor.
async fn denied(house: &House, answer: &Answer, sentence: &str, reason: &str) {
    assert_eq!(answer.refusal(), (403, "AccessDenied"), "{reason}");
    assert!(answer.element("Message").starts_with(sentence), "{reason}: {}", answer.body);
    assert_eq!(house.code(answer).await, reason);
}

#[tokio::test]
async fn a_role_that_wants_a_second_factor_is_given_for_a_right_code_only() {
    let house = open().await;
    let without = assume(&house, &user(), &role("Mfa"), &[]).await;
    denied(&house, &without, "User: arn:aws:iam::111122223333:user/ops", "trust.no-statement-allows").await;
    let right = code(&house, 0);
    let both = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
    let device = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number";
    for (parameters, sentence, reason) in [
        (&[("SerialNumber", SERIAL)][..], both, "sts.mfa-incomplete"),
        (&[("TokenCode", &right)], both, "sts.mfa-incomplete"),
        (&[("SerialNumber", OTHERS), ("TokenCode", &right)], device, "sts.mfa-device"),
        (&[("SerialNumber", "arn:aws:iam::111122223333:mfa/Ops"), ("TokenCode", &right)], device, "sts.mfa-device"),
        (&[("SerialNumber", "GAHT12345678"), ("TokenCode", &right)], device, "sts.mfa-device"),
        (&[("SerialNumber", SERIAL), ("TokenCode", &wrong(&house))], INVALID, "sts.mfa-wrong-code"),
    ] {
        let answer = assume(&house, &user(), &role("Mfa"), parameters).await;
        denied(&house, &answer, sentence, reason).await;
    }
    let given = with_code(&house, &user(), "Mfa", &right).await;
    assert_eq!(given.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Mfa/worker");
    let again = with_code(&house, &user(), "Mfa", &right).await;
    denied(&house, &again, INVALID, "sts.mfa-reused-code").await;
    for text in house.rows("SELECT record FROM audit UNION ALL SELECT steps FROM trace").await {
        assert!(!text[0].contains(&right), "{text:?}");
    }
    let mut named = house.rows("SELECT record FROM audit").await;
    named.retain(|record| record[0].contains("\"serialNumber\":\"arn:aws:iam::111122223333:mfa/ops\""));
    assert_eq!(named.len(), 4, "who named their device is in the book with it: {named:?}");
}

#[tokio::test]
async fn a_code_has_six_digits_or_is_not_looked_at() {
    let house = open().await;
    for code in ["12345", "1234567", "12345a", "１23456", ""] {
        let answer = with_code(&house, &user(), "Mfa", code).await;
        assert_eq!(answer.refusal(), (400, "ValidationError"), "{code}");
        assert!(answer.element("Message").contains("Value '***' at 'tokenCode'"), "{}", answer.body);
    }
    for serial in ["12345678", "a serial number"] {
        let answer = assume(&house, &user(), &role("Mfa"), &[("SerialNumber", serial), ("TokenCode", "123456")]).await;
        assert_eq!(answer.refusal(), (400, "ValidationError"), "{serial}");
    }
    assert!(house.rows("SELECT * FROM user_factor").await.is_empty());
}

#[tokio::test]
async fn codes_of_the_steps_beside_this_one_are_good_and_those_beyond_are_not() {
    let house = open().await;
    for steps in [-2, 2] {
        let answer = with_code(&house, &user(), "Mfa", &code(&house, steps)).await;
        denied(&house, &answer, INVALID, "sts.mfa-wrong-code").await;
    }
    for steps in [-1, 0, 1] {
        assert_eq!(with_code(&house, &user(), "Mfa", &code(&house, steps)).await.status, 200, "{steps}");
    }
    for steps in [-1, 0, 1] {
        let answer = with_code(&house, &user(), "Mfa", &code(&house, steps)).await;
        denied(&house, &answer, INVALID, "sts.mfa-reused-code").await;
    }
    house.clock.advance(Duration::seconds(60));
    assert_eq!(with_code(&house, &user(), "Mfa", &code(&house, 0)).await.status, 200);
}

#[tokio::test]
async fn five_wrong_codes_lock_the_device_for_a_minute() {
    let house = open().await;
    let other = Credentials { id: "AKIAIOSFODNN7OTHERXX".into(), ..user() };
    for _ in 0..5 {
        let answer = with_code(&house, &user(), "Mfa", &wrong(&house)).await;
        denied(&house, &answer, INVALID, "sts.mfa-wrong-code").await;
    }
    house.clock.advance(Duration::seconds(59));
    for code in [code(&house, 0), wrong(&house)] {
        denied(&house, &with_code(&house, &user(), "Mfa", &code).await, INVALID, "sts.mfa-locked").await;
    }
    assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200, "what wants no code is open as before");
    let others = [("SerialNumber", OTHERS), ("TokenCode", &code_of(&KEY[..10], house.clock.now().unix_timestamp()))];
    let answer = assume(&house, &other, ADMIN, &others).await;
    assert_eq!(house.code(&answer).await, "trust.caller-not-allowed", "and so is another's device");
    house.clock.advance(Duration::SECOND);
    assert_eq!(with_code(&house, &user(), "Mfa", &code(&house, 0)).await.status, 200);
}

/// Whoever has no key can neither try codes nor lock anybody out.
#[tokio::test]
async fn a_code_counts_only_once_the_signature_has_held() {
    let house = open().await;
    let forger = Credentials { secret: "x".repeat(40), ..user() };
    for code in [code(&house, 0)].into_iter().chain((0..6).map(|_| wrong(&house))) {
        assert_eq!(with_code(&house, &forger, "Mfa", &code).await.refusal(), (403, "SignatureDoesNotMatch"));
    }
    assert_eq!(with_code(&house, &user(), "Mfa", &code(&house, 0)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_at_once_with_one_code_are_one_and_nine() {
    let house = Arc::new(open().await);
    let right = code(&house, 0);
    let mut all = JoinSet::new();
    for _ in 0..10 {
        let (house, right) = (house.clone(), right.clone());
        all.spawn(async move { with_code(&house, &user(), "Mfa", &right).await });
    }
    let answers = all.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        denied(&house, answer, INVALID, "sts.mfa-reused-code").await;
    }
    assert_eq!(house.rows("SELECT * FROM role_session").await.len(), 1);
}

#[tokio::test]
async fn a_right_code_is_used_up_whatever_becomes_of_the_request() {
    let house = open().await;
    let right = code(&house, 0);
    let closed = assume(&house, &user(), CLOSED, &[("SerialNumber", SERIAL), ("TokenCode", &right)]).await;
    assert_eq!(house.code(&closed).await, "trust.no-statement-allows");
    denied(&house, &with_code(&house, &user(), "Mfa", &right).await, INVALID, "sts.mfa-reused-code").await;
}

#[tokio::test]
async fn a_role_session_has_no_device() {
    let house = open().await;
    let right = code(&house, 0);
    let answer = with_code(&house, &admin(&house, "1").await, "Mfa", &right).await;
    denied(&house, &answer, "MultiFactorAuthentication failed, unable", "sts.mfa-device").await;
    assert_eq!(with_code(&house, &user(), "Mfa", &right).await.status, 200, "nothing was used up");
}

/// AWS: with long-lived keys and no code both keys are absent, so that `Bool` does not deny and `BoolIfExists` does.
#[tokio::test]
async fn without_a_code_nothing_is_known_of_a_second_factor() {
    let house = open().await;
    for (name, without, with) in [
        ("Mfa", false, true),
        ("Recent", false, true),
        ("Now", false, true),
        ("Unknown", true, false),
        ("DenyBool", true, true),
        ("DenyBoolIfExists", false, true),
    ] {
        house.clock.advance(Duration::seconds(30));
        assert_eq!(assume(&house, &user(), &role(name), &[]).await.status == 200, without, "{name} without");
        let answer = with_code(&house, &user(), name, &code(&house, 0)).await;
        assert_eq!(answer.status == 200, with, "{name} with: {}", answer.body);
    }
    assert_eq!(user().id, USER.0);
}
