//! `POST /decide`: whose policies count, within an account and across.

use crate::decide_world::{Sent, ask, config, open, question, verdict, wear, with};
use crate::front_signed::call;
use crate::house::{Address, Credentials, House};
use crate::oidc_issuer::RSA;
use crate::saml_identity::NOW;
use crate::use_case_world::{OURS, THEIRS, allow, arn, files, key, policy as rules, role, trusts};
use serde_json::{Value, json};

fn file(path: &str) -> String {
    format!("arn:aws:s3:::files/{path}")
}

async fn may(house: &House, by: &Credentials, path: &str, policy: Value) -> Value {
    let asked = with(question(Sent::get(house).signed(by)), "resource", json!(file(path)));
    ask(house, &with(asked, "resource_policy", policy)).await
}

fn says(sid: &str, effect: &str, principal: &Value) -> Value {
    json!({ "Sid": sid, "Effect": effect, "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/*" })
}

fn policy(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Id": "files", "Statement": statements })
}

fn silent() -> (&'static str, &'static str, String) {
    ("deny", "implicit-deny", String::new())
}

fn allowed(by: &str) -> (&'static str, &'static str, String) {
    ("allow", "allow", by.to_owned())
}

fn denied(by: &str) -> (&'static str, &'static str, String) {
    ("deny", "explicit-deny", by.to_owned())
}

/// Whoever wears a role is the role, and nothing of what they were before.
#[tokio::test]
async fn a_role_session_and_its_user_have_each_their_own() {
    let house = open().await;
    let (reader, worn) = (key("reader"), wear(&house, "reader", "Reader", &[]).await);
    for (by, path, expected) in [
        (&reader, "own/a", allowed("own/Read")),
        (&worn, "own/a", silent()),
        (&reader, "role/a", silent()),
        (&worn, "role/a", allowed("own/Role")),
    ] {
        let said = may(&house, by, path, Value::Null).await;
        assert_eq!((verdict(&said), &said["authentic"]), (expected, &json!(true)), "{path}");
    }
}

#[tokio::test]
async fn what_limits_a_session_limits_it_here() {
    let house = open().await;
    let bounded = wear(&house, "reader", "Bounded", &[]).await;
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::files/role/*"}]}"#;
    let narrow = wear(&house, "reader", "Reader", &[("Policy", document)]).await;
    for (what, by) in [("boundary", &bounded), ("session policy", &narrow)] {
        assert_eq!(verdict(&may(&house, by, "role/a", Value::Null).await), allowed("own/Role"), "{what}");
        assert_eq!(verdict(&may(&house, by, "wide/a", Value::Null).await), silent(), "{what}");
    }
    let whole = wear(&house, "reader", "Reader", &[]).await;
    assert_eq!(verdict(&may(&house, &whole, "wide/a", Value::Null).await), allowed("own/Wide"));
}

#[tokio::test]
async fn within_an_account_a_resource_may_speak_for_itself() {
    let house = open().await;
    let (blank, reader) = (key("blank"), key("reader"));
    let named = |arn: &str| json!({ "AWS": arn });
    let user = |name: &str| named(&format!("arn:aws:iam::{OURS}:user/{name}"));
    let (everybody, account, role) = (json!("*"), named(OURS), named(&arn(OURS, "Bounded")));
    let session = named(&format!("arn:aws:sts::{OURS}:assumed-role/Bounded/worker"));
    let bounded = wear(&house, "reader", "Bounded", &[]).await;
    let lets = |principal: &Value| policy(&[says("Let", "Allow", principal)]);
    let cases = [
        ("nobody asked the resource", &blank, "x", Value::Null, silent()),
        ("the user is named", &blank, "x", lets(&user("blank")), allowed("resource_policy/Let")),
        ("another user is named", &blank, "x", lets(&user("reader")), silent()),
        ("everybody is named", &blank, "x", lets(&everybody), allowed("resource_policy/Let")),
        ("the account is left to decide", &blank, "x", lets(&account), silent()),
        ("and decides", &reader, "own/a", lets(&account), allowed("own/Read")),
        ("its own policies suffice", &reader, "own/a", lets(&user("blank")), allowed("own/Read")),
        ("the session is named", &bounded, "x", lets(&session), allowed("resource_policy/Let")),
        ("the role is named, its boundary limits", &bounded, "x", lets(&role), silent()),
        ("the role is named, within its boundary", &bounded, "role/a", lets(&role), allowed("own/Role")),
        ("everybody is named, its boundary limits", &bounded, "x", lets(&everybody), silent()),
        (
            "a deny of the resource",
            &reader,
            "own/a",
            policy(&[says("No", "Deny", &user("reader"))]),
            denied("resource_policy/No"),
        ),
        (
            "a deny of somebody else",
            &reader,
            "own/a",
            policy(&[says("No", "Deny", &user("blank"))]),
            allowed("own/Read"),
        ),
        (
            "a deny beside an allow",
            &blank,
            "x",
            policy(&[says("Let", "Allow", &everybody), says("No", "Deny", &account)]),
            denied("resource_policy/No"),
        ),
        ("its own deny", &reader, "own/shut/a", lets(&user("reader")), denied("own/Shut")),
    ];
    for (what, by, path, policy, expected) in cases {
        let said = may(&house, by, path, policy).await;
        assert_eq!(verdict(&said), expected, "{what}");
        assert_eq!(said["encoded_message"].is_string(), expected.0 == "deny", "{what}");
    }
    let put = |action: &str| with(question(Sent::get(&house).signed(&blank)), "action", json!(action));
    let said = ask(&house, &with(put("s3:PutObject"), "resource_policy", lets(&user("blank")))).await;
    assert_eq!(verdict(&said), silent(), "another action");
    let elsewhere = with(question(Sent::get(&house).signed(&blank)), "resource", json!("arn:aws:s3:::other/x"));
    let said = ask(&house, &with(elsewhere, "resource_policy", lets(&user("blank")))).await;
    assert_eq!(verdict(&said), silent(), "another resource");
}

/// Somebody who came through Google, and wears Guest within what limits it.
async fn guest(house: &House, more: &[(&str, &str)]) -> Credentials {
    let now = house.clock.now().unix_timestamp();
    let claims = json!({ "iss": "https://accounts.google.com", "sub": "1029384756", "aud": "web", "iat": now, "exp": now + 600 });
    let (role, token) = (arn(OURS, "Guest"), RSA.sign(&claims));
    let asked = [("RoleArn", &*role), ("RoleSessionName", "guest"), ("WebIdentityToken", &*token)];
    house.sts("AssumeRoleWithWebIdentity", &[&asked, more].concat()).await.credentials()
}

fn with_google() -> String {
    let provider = format!(
        "\n[[provider]]\nname = \"google\"\naccount = \"{OURS}\"\nkind = \"oidc\"\nissuer = \"https://accounts.google.com\"\nclient_ids = [\"web\"]\njwks = {{ file = \"keys.json\" }}\n"
    );
    let mut lets_in = trusts(json!({ "Federated": "accounts.google.com" }), "sts:AssumeRoleWithWebIdentity");
    lets_in["Condition"] = json!({ "StringEquals": { "accounts.google.com:aud": "web" } });
    let own = json!([allow("s3:GetObject", "arn:aws:s3:::files/role/*")]);
    let bounded = format!("boundary = {{ json = '{}' }}\n", rules(json!([allow("s3:*", "arn:aws:s3:::files/*")])));
    let guest = role(OURS, "Guest", json!([lets_in, trusts(json!({ "AWS": OURS }), "sts:AssumeRole")]), own);
    config() + &provider + &guest + &bounded
}

/// What a resource says of a provider it says of the sessions that began there, and of nobody else.
#[tokio::test]
async fn a_resource_may_speak_of_a_provider() {
    let files = files().into_iter().chain([("keys.json", json!({ "keys": [RSA.jwk] }).to_string())]);
    let house = House::open(NOW, &files.collect::<Vec<_>>(), |_: &Address| with_google()).await;
    let narrow = rules(json!([allow("s3:GetObject", "arn:aws:s3:::files/role/*")]));
    let (whole, narrow) = (guest(&house, &[]).await, guest(&house, &[("Policy", &narrow)]).await);
    let reader = wear(&house, "reader", "Guest", &[]).await;
    let provider = |account: &str, name: &str| json!({ "Federated": format!("arn:aws:iam::{account}:{name}") });
    let google = provider(OURS, "oidc-provider/accounts.google.com");
    let well_known = json!({ "Federated": "accounts.google.com" });
    let (elsewhere, other) =
        (provider(THEIRS, "oidc-provider/accounts.google.com"), provider(OURS, "saml-provider/corp"));
    let says = |effect: &str, principal: &Value| policy(&[says("It", effect, principal)]);
    for (what, by, path, policy, expected) in [
        ("its own policies suffice", &whole, "role/a", Value::Null, allowed("own/0")),
        ("denied by its provider", &whole, "role/a", says("Deny", &google), denied("resource_policy/It")),
        ("denied by its well-known name", &whole, "role/a", says("Deny", &well_known), denied("resource_policy/It")),
        ("another account's", &whole, "role/a", says("Deny", &elsewhere), allowed("own/0")),
        ("another provider", &whole, "role/a", says("Deny", &other), allowed("own/0")),
        ("the same role without a provider", &reader, "role/a", says("Deny", &google), allowed("own/0")),
        ("let in by its provider", &whole, "x", says("Allow", &google), allowed("resource_policy/It")),
        ("let in by its well-known name", &whole, "x", says("Allow", &well_known), allowed("resource_policy/It")),
        ("within its session policy", &narrow, "x", says("Allow", &google), silent()),
        ("nobody else is let in", &reader, "x", says("Allow", &google), silent()),
    ] {
        assert_eq!(verdict(&may(&house, by, path, policy).await), expected, "{what}");
    }
}

#[tokio::test]
async fn across_accounts_both_sides_must_allow() {
    let house = open().await;
    let (stranger, pauper) = (key("stranger"), key("pauper"));
    let lets = |principal: &Value| policy(&[says("Let", "Allow", principal)]);
    let user = |name: &str| json!({ "AWS": format!("arn:aws:iam::{THEIRS}:user/{name}") });
    let (account, everybody) = (json!({ "AWS": format!("arn:aws:iam::{THEIRS}:root") }), json!({ "AWS": "*" }));
    let no = policy(&[says("Let", "Allow", &account), says("No", "Deny", &user("stranger"))]);
    let cases = [
        ("the resource is silent", &stranger, Value::Null, silent()),
        ("the resource lets others in", &stranger, lets(&user("pauper")), silent()),
        ("the resource lets our own in", &stranger, lets(&json!({ "AWS": OURS })), silent()),
        ("both, by name", &stranger, lets(&user("stranger")), allowed("own/0")),
        ("both, by account", &stranger, lets(&account), allowed("own/0")),
        ("both, by everybody", &stranger, lets(&everybody), allowed("own/0")),
        ("the resource alone, by name", &pauper, lets(&user("pauper")), silent()),
        ("the resource alone, by everybody", &pauper, lets(&everybody), silent()),
        ("the resource denies", &stranger, no, denied("resource_policy/No")),
    ];
    for (what, by, policy, expected) in cases {
        let said = may(&house, by, "x", policy).await;
        assert_eq!((verdict(&said), &said["principal"]["account"]), (expected, &json!(THEIRS)), "{what}");
    }
}

async fn decode(house: &House, message: &Value) -> (u16, Value) {
    let text = message.as_str().expect("a message");
    let form = [("Action", "DecodeAuthorizationMessage"), ("Version", "2011-06-15"), ("EncodedMessage", text)];
    let answer = call(house, &key("auditor"), &form).await;
    let said = (answer.status == 200).then(|| answer.element("DecodedMessage").replace("&quot;", "\""));
    (answer.status, said.map_or(Value::Null, |json| serde_json::from_str(&json).expect("JSON")))
}

#[tokio::test]
async fn a_denial_is_told_to_the_principals_own_account() {
    let house = open().await;
    let said = may(&house, &key("reader"), "own/shut/a", Value::Null).await;
    let (status, message) = decode(&house, &said["encoded_message"]).await;
    assert_eq!((status, &message["allowed"], &message["explicitDeny"]), (200, &json!(false), &json!(true)));
    assert_eq!(message["matchedStatements"]["items"], json!([{ "statementId": "Shut", "effect": "DENY" }]));
    let about = &message["context"];
    assert_eq!((&about["action"], &about["resource"]), (&json!("s3:GetObject"), &json!(file("own/shut/a"))));
    assert_eq!(about["principal"]["arn"], format!("arn:aws:iam::{OURS}:user/reader"));
    // A stranger's is for the stranger's account, and says nothing of our policy's statements.
    let no = policy(&[says("No", "Deny", &json!("*"))]);
    let said = may(&house, &key("stranger"), "x", no).await;
    assert_eq!(decode(&house, &said["encoded_message"]).await.0, 400);
    // Where nobody is known, the service's account may read what was asked.
    let asked = question(with(Sent::get(&house).signed(&key("reader")), "method", json!("PUT")));
    let said = ask(&house, &with(asked, "context", json!({ "aws:SourceIp": "10.0.0.7" }))).await;
    let (status, message) = decode(&house, &said["encoded_message"]).await;
    assert_eq!((status, &message["context"]["principal"]), (200, &Value::Null));
    let known = json!([{ "key": "aws:sourceip", "values": { "items": [{ "value": "10.0.0.7" }] } }]);
    assert_eq!(message["context"]["conditions"]["items"], known);
}
