//! What is answered: every action, in every way that it is called.

use super::case::{CLIS, Case, NOBODY, OLD, good};
use super::world::{CORP, DEVICE, OURS, Premises, READ_ONLY, THEIRS, arn, session};
use crate::front::field;
use crate::front_signed;
use crate::house::Credentials;
use crate::oidc_issuer::{EC, RSA};
use serde_json::{Value, json};

const SILENT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

pub(super) async fn cases(at: &Premises) -> Vec<Case> {
    [identities(at), assume_role(at), with_saml(at), with_web_identity(at), session_tokens(at), lesser(at).await]
        .into_iter()
        .flatten()
        .collect()
}

fn identities(at: &Premises) -> Vec<Case> {
    let who = |name, by: &Credentials, arn: String, user_id: &str| {
        let answer = json!({ "Account": OURS, "Arn": arn, "UserId": user_id });
        good(name, by.clone(), "GetCallerIdentity", json!({}), answer)
    };
    let alice = format!("arn:aws:iam::{OURS}:user/alice");
    vec![
        who("a user", &at.alice, alice.clone(), "*"),
        who("somebody who may nothing", &at.bob, format!("arn:aws:iam::{OURS}:user/bob"), "*"),
        who("a role session", &at.worker, session("Dev", "worker"), "*"),
        who("a tagged one", &at.tagged, session("Dev", "worker"), "*"),
        who("a user's own session", &at.user_session, alice, "*"),
    ]
}

fn dev(more: Value) -> Value {
    of("Dev", more)
}

fn of(role: &str, more: Value) -> Value {
    let mut parameters = json!({ "RoleArn": arn(role), "RoleSessionName": "worker" });
    more.as_object().expect("parameters").iter().for_each(|(name, value)| parameters[name] = value.clone());
    parameters
}

fn assume_role(at: &Premises) -> Vec<Case> {
    let worn = |role: &str| json!({ "Credentials": "*", "AssumedRoleUser": { "Arn": session(role, "worker"), "AssumedRoleId": "*" } });
    let role = |name, more: Value| good(name, at.alice.clone(), "AssumeRole", dev(more), worn("Dev"));
    let tags = json!([{ "Key": "team", "Value": "ops" }, { "Key": "Über:1/2", "Value": "" }]);
    let guest = format!("arn:aws:iam::{THEIRS}:role/Guest");
    let longest = json!({ "SessionTokenSize": 4_096, "SessionTokenUtilization": 100 });
    vec![
        role("a role", json!({})),
        role("for the shortest time", json!({ "DurationSeconds": 900 })),
        role("for the longest time", json!({ "DurationSeconds": 7_200 })),
        role("limited by a policy", json!({ "Policy": SILENT })),
        role("limited by a managed policy", json!({ "PolicyArns": [{ "arn": READ_ONLY }] })),
        role("limited by both", json!({ "Policy": SILENT, "PolicyArns": [{ "arn": READ_ONLY }] })),
        role("with an external id nobody asks for", json!({ "ExternalId": "Ticket:8/9" })),
        role("with no tags", json!({ "Tags": [], "TransitiveTagKeys": [], "PolicyArns": [] })),
        good(
            "tagged",
            at.alice.clone(),
            "AssumeRole",
            dev(json!({ "Tags": tags, "TransitiveTagKeys": ["team"] })),
            json!({ "PackedPolicySize": "*" }),
        ),
        good(
            "with a source identity",
            at.alice.clone(),
            "AssumeRole",
            dev(json!({ "SourceIdentity": "alice@example.com" })),
            json!({ "SourceIdentity": "alice@example.com" }),
        ),
        good(
            "with its external id",
            at.alice.clone(),
            "AssumeRole",
            of("Ticket", json!({ "ExternalId": "Ticket-7" })),
            worn("Ticket"),
        ),
        good(
            "in another account",
            at.alice.clone(),
            "AssumeRole",
            json!({ "RoleArn": guest, "RoleSessionName": "a+=,.@-_9" }),
            json!({ "AssumedRoleUser": { "Arn": format!("arn:aws:sts::{THEIRS}:assumed-role/Guest/a+=,.@-_9") } }),
        ),
        good(
            "from a role session",
            at.worker.clone(),
            "AssumeRole",
            dev(json!({ "DurationSeconds": 3_600 })),
            worn("Dev"),
        ),
        good("what goes along", at.tagged.clone(), "AssumeRole", dev(json!({})), json!({ "SourceIdentity": "alice" })),
        good("from a user's own session", at.user_session.clone(), "AssumeRole", dev(json!({})), worn("Dev")),
        good(
            "with a second factor",
            at.carol.clone(),
            "AssumeRole",
            of("Factor", json!({ "SerialNumber": DEVICE, "TokenCode": at.code(false) })),
            worn("Factor"),
        ),
        good(
            "with the longest token",
            at.alice.clone(),
            "AssumeRole",
            dev(json!({ "MinimumSessionTokenSize": 4_096 })),
            longest,
        )
        .unsent_by(CLIS),
    ]
}

fn with_saml(at: &Premises) -> Vec<Case> {
    let call = |name, id: &str, more: Value, answer: Value| {
        let paper = field(&at.assertion(id), id);
        let mut parameters = json!({ "RoleArn": arn("People"), "PrincipalArn": CORP, "SAMLAssertion": paper });
        more.as_object().expect("parameters").iter().for_each(|(name, value)| parameters[name] = value.clone());
        good(name, NOBODY, "AssumeRoleWithSAML", parameters, answer)
    };
    let whole = json!({
        "Credentials": "*", "AssumedRoleUser": { "Arn": session("People", "alice@example.com") },
        "Subject": "alice@example.com", "SubjectType": "persistent", "Issuer": crate::saml_identity::IDP,
        "Audience": at.house.url("/saml/acs"), "NameQualifier": "*",
    });
    vec![
        call("an assertion", "good", json!({}), whole.clone()),
        call(
            "an assertion, limited",
            "limited",
            json!({ "Policy": SILENT, "PolicyArns": [{ "arn": READ_ONLY }], "DurationSeconds": 900 }),
            whole,
        ),
    ]
}

fn with_web_identity(at: &Premises) -> Vec<Case> {
    let call = |name, token: String, more: Value| {
        let mut parameters = of("Robots", more);
        parameters["WebIdentityToken"] = token.into();
        let answer = json!({
            "Credentials": "*", "AssumedRoleUser": { "Arn": session("Robots", "worker") },
            "SubjectFromWebIdentityToken": "robot-main", "Audience": "web",
            "Provider": format!("arn:aws:iam::{OURS}:oidc-provider/issuer.example"),
        });
        good(name, NOBODY, "AssumeRoleWithWebIdentity", parameters, answer)
    };
    vec![
        call("a token", EC.sign(&at.claims()), json!({})),
        call("a token signed by RSA", RSA.sign(&at.claims()), json!({})),
        call(
            "a token, again and limited",
            EC.sign(&at.claims()),
            json!({ "Policy": SILENT, "PolicyArns": [{ "arn": READ_ONLY }], "DurationSeconds": 900 }),
        ),
    ]
}

fn session_tokens(at: &Premises) -> Vec<Case> {
    let call = |name, by: &Credentials, parameters| {
        good(name, by.clone(), "GetSessionToken", parameters, json!({ "Credentials": "*" }))
    };
    vec![
        call("a user's own session", &at.alice, json!({})),
        call("for the longest time", &at.alice, json!({ "DurationSeconds": 129_600 })),
        call("with the next code", &at.carol, json!({ "SerialNumber": DEVICE, "TokenCode": at.code(true) })),
    ]
}

async fn lesser(at: &Premises) -> Vec<Case> {
    let account = |name, by: &Credentials, id: &str| {
        good(name, by.clone(), "GetAccessKeyInfo", json!({ "AccessKeyId": id }), json!({ "Account": OURS }))
    };
    let guest = |name, by: &Credentials, more: Value| {
        let mut parameters = json!({ "Name": "g.u-e+s=t,@9" });
        more.as_object().expect("parameters").iter().for_each(|(name, value)| parameters[name] = value.clone());
        let arn = format!("arn:aws:sts::{OURS}:federated-user/g.u-e+s=t,@9");
        let whole = json!({ "Credentials": "*", "FederatedUser": { "Arn": arn, "FederatedUserId": format!("{OURS}:g.u-e+s=t,@9") } });
        good(name, by.clone(), "GetFederationToken", parameters, whole)
    };
    let token = |name, by: &Credentials, more: Value| {
        let mut parameters = json!({ "Audience": ["https://api.example.com", "two"], "SigningAlgorithm": "ES384" });
        more.as_object().expect("parameters").iter().for_each(|(name, value)| parameters[name] = value.clone());
        let answer = json!({ "WebIdentityToken": "*", "Expiration": "*" });
        good(name, by.clone(), "GetWebIdentityToken", parameters, answer).unsent_by(OLD)
    };
    let denied = front_signed::assume(&at.house, &at.alice, &arn("Denied"), &[]).await;
    let (_, message) = denied.element("Message").split_once("failure message: ").expect("an encoded message");
    let message = json!({ "EncodedMessage": message });
    vec![
        account("of a user's key", &at.alice, &at.bob.id),
        account("of a session's key", &at.worker, &at.worker.id),
        guest("a guest", &at.alice, json!({})),
        guest(
            "a guest with a part of it",
            &at.alice,
            json!({ "Policy": SILENT, "PolicyArns": [{ "arn": READ_ONLY }], "DurationSeconds": 900 }),
        ),
        guest(
            "a guest with tags",
            &at.alice,
            json!({ "Policy": SILENT, "Tags": [{ "Key": "team", "Value": "ops" }], "DurationSeconds": 129_600 }),
        ),
        token("a token about a user", &at.alice, json!({})),
        token("a token about a role", &at.worker, json!({ "DurationSeconds": 60, "SigningAlgorithm": "RS256" })),
        token("a token with tags", &at.alice, json!({ "Tags": [{ "Key": "job", "Value": "7" }] })),
        good(
            "why somebody was refused",
            at.alice.clone(),
            "DecodeAuthorizationMessage",
            message,
            json!({ "DecodedMessage": "*" }),
        ),
    ]
}
