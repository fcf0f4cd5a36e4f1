//! What a federated user may: at services, in the console, and until an operator ends it.

use crate::command_sessions::{command, revoke};
use crate::decide_world::{Sent, ask, question, verdict, wear, with};
use crate::federated_world::{READ, bob, federated, get_federation_token, last_record, open, open_tls};
use crate::front_console::who;
use crate::front_signed::{assume, call, get_caller_identity};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Answer, Browser, Credentials, House, hidden};
use crate::policy_hostile::said_of_trust;
use crate::use_case_world::{OURS, THEIRS, key};
use serde_json::{Value, json};
use time::Duration;

const TAGGED: [(&str, &str); 2] = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "ops")];

async fn may(house: &House, by: &Credentials, path: &str, policy: Value) -> Value {
    let asked = with(question(Sent::get(house).signed(by)), "resource", json!(format!("arn:aws:s3:::files/{path}")));
    ask(house, &with(asked, "resource_policy", policy)).await
}

fn lets(sid: &str, principal: &Value) -> Value {
    let statement = json!({
        "Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": "arn:aws:s3:::files/*",
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// The user's policies and the session's together, and neither beyond the other.
#[tokio::test]
async fn a_federated_user_may_what_both_policies_allow() {
    let house = open().await;
    let bound = [("PolicyArns.member.1.arn", "arn:aws:iam::111122223333:policy/Managed")];
    let (wide, managed, none) =
        (bob(&house, &[("Policy", READ)]).await, bob(&house, &bound).await, bob(&house, &[]).await);
    let silent = ("deny", "implicit-deny", String::new());
    for (what, by, path, expected) in [
        ("both", &wide, "own/a", ("allow", "allow", "own/Own".to_owned())),
        ("the session's alone", &wide, "wide/a", silent.clone()),
        ("the user's denies", &wide, "own/shut/a", ("deny", "explicit-deny", "own/Shut".into())),
        ("a managed one", &managed, "own/managed/a", ("allow", "allow", "own/Own".into())),
        ("outside the managed one", &managed, "own/a", silent.clone()),
        ("none was passed", &none, "own/a", silent.clone()),
    ] {
        let said = may(&house, by, path, Value::Null).await;
        assert_eq!((verdict(&said), &said["authentic"]), (expected, &json!(true)), "{what}: {said}");
        assert_eq!(said["principal"]["arn"], federated("bob"), "{what}");
        assert_eq!(said["encoded_message"].is_string(), verdict(&said).0 == "deny", "{what}");
    }
}

/// What names the federated user lets them in by itself; what names the user who gave it stays within the session's
/// policies; what names the account leaves it to the user's.
#[tokio::test]
async fn a_resource_may_name_a_federated_user() {
    let house = open().await;
    let (wide, none) = (bob(&house, &[("Policy", READ)]).await, bob(&house, &[]).await);
    let named = |arn: &str| json!({ "AWS": arn });
    let user = |name: &str| named(&format!("arn:aws:iam::{OURS}:user/{name}"));
    let allowed = |by: &str| ("allow", "allow", by.to_owned());
    let silent = ("deny", "implicit-deny", String::new());
    let shut = ("deny", "explicit-deny", "own/Shut".to_owned());
    for (what, by, path, principal, expected) in [
        ("named, with no policy", &none, "wide/a", named(&federated("bob")), allowed("resource_policy/Let")),
        ("named, beside policies", &wide, "wide/a", named(&federated("bob")), allowed("resource_policy/Let")),
        ("named, and denied to the user", &wide, "own/shut/a", named(&federated("bob")), shut),
        ("another is named", &wide, "wide/a", named(&federated("bo")), silent.clone()),
        ("capitals count", &wide, "wide/a", named(&federated("Bob")), silent.clone()),
        ("another account's", &wide, "wide/a", named(&federated("bob").replace(OURS, THEIRS)), silent.clone()),
        ("the user is named", &wide, "wide/a", user("broker"), allowed("resource_policy/Let")),
        ("the user is named, with no policy", &none, "wide/a", user("broker"), silent.clone()),
        ("another user is named", &wide, "wide/a", user("careless"), silent.clone()),
        ("everybody", &wide, "wide/a", json!("*"), allowed("resource_policy/Let")),
        ("everybody, with no policy", &none, "wide/a", json!("*"), silent.clone()),
        ("the account", &wide, "wide/a", named(OURS), silent.clone()),
        ("the account, and the user may", &wide, "own/a", named(OURS), allowed("own/Own")),
    ] {
        let said = may(&house, by, path, lets("Let", &principal)).await;
        assert_eq!(verdict(&said), expected, "{what}: {said}");
    }
}

#[tokio::test]
async fn policies_and_services_know_whom_they_have_before_them() {
    let house = open().await;
    let bob = bob(&house, &[&TAGGED[..], &[("Policy", READ)]].concat()).await;
    let conditions = json!({
        "StringEquals": {
            "aws:userid": format!("{OURS}:bob"), "aws:PrincipalType": "FederatedUser", "aws:PrincipalArn": federated("bob"),
            "aws:PrincipalAccount": OURS, "aws:PrincipalTag/team": "ops",
        },
        "Null": { "aws:username": "true", "aws:FederatedProvider": "true", "aws:SourceIdentity": "true" },
        "Bool": { "aws:MultiFactorAuthPresent": "false" },
        "DateEquals": { "aws:TokenIssueTime": "2031-01-01T12:00:00Z" },
    });
    let mut policy = lets("Known", &json!({ "AWS": federated("bob") }));
    policy["Statement"][0]["Condition"] = conditions;
    let said = may(&house, &bob, "wide/a", policy).await;
    assert_eq!(verdict(&said), ("allow", "allow", "resource_policy/Known".into()), "{said}");
    let principal = json!({
        "arn": federated("bob"), "account": OURS, "user_id": format!("{OURS}:bob"), "tags": { "team": "ops" },
        "source_identity": null, "expires": "2031-01-02T00:00:00Z",
    });
    assert_eq!(said["principal"], principal);
    let denied = may(&house, &bob, "wide/a", Value::Null).await;
    let record = last_record(&house, "Decide").await;
    assert_eq!(
        (&record["userIdentity"]["type"], &record["userIdentity"]["arn"]),
        (&json!("FederatedUser"), &json!(federated("bob")))
    );
    let message = denied["encoded_message"].as_str().expect("a message");
    let decode = [("Action", "DecodeAuthorizationMessage"), ("Version", "2011-06-15"), ("EncodedMessage", message)];
    let decoded = call(&house, &key("auditor"), &decode).await;
    let decoded = decoded.element("DecodedMessage").replace("&quot;", "\"");
    let decoded: Value = serde_json::from_str(&decoded).expect("JSON");
    let principal = json!({ "id": format!("{OURS}:bob"), "arn": federated("bob") });
    assert_eq!(decoded["context"]["principal"], principal);
}

/// They assume no role, so that a role which names one waits for nobody.
#[test]
fn a_trust_policy_names_no_federated_user() {
    let bob = federated("bob");
    let trust = lets("Let", &json!({ "AWS": bob })).to_string().replace("s3:*", "sts:AssumeRole");
    let trust = trust.replace(",\"Resource\":\"arn:aws:s3:::files/*\"", "");
    let sentence = format!("Statement[0].Principal.AWS: \"{bob}\" is a federated user, and those assume no role");
    assert_eq!(said_of_trust(&trust), [sentence]);
}

async fn sign_in(house: &House, browser: &mut Browser, by: &Credentials) -> Answer {
    let answer = browser.get(house, &login_url(&signin_token(house, by, &[]).await, "")).await;
    browser.follow(house, answer).await
}

#[tokio::test]
async fn a_federated_user_opens_the_console_as_themselves() {
    let house = open_tls().await;
    let bob = bob(&house, &[("DurationSeconds", "7200")]).await;
    let asked = signin_token(&house, &bob, &[("SessionDuration", "1800")]).await;
    assert_eq!(asked.status, 400, "AWS takes no SessionDuration for them");
    assert!(asked.body.contains("console.federated-duration"), "{}", asked.body);
    let mut browser = Browser::default();
    let page = sign_in(&house, &mut browser, &bob).await;
    assert!(page.body.contains("You are <em>bob</em>") && page.body.contains(&federated("bob")), "{}", page.body);
    assert!(!page.body.contains("You wear") && !page.body.contains("Choose another role"), "{}", page.body);
    let session = who(&house, &mut browser).await;
    let expected = json!({
        "signed_in": true, "original": federated("bob"), "role": null, "session_name": "bob",
        "via": format!("arn:aws:iam::{OURS}:user/broker"), "expires": "2031-01-01T14:00:00Z",
    });
    assert_eq!(session, expected);
    let form = [("csrf", hidden(&page.body, "csrf"))];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let shown = browser.post(&house, "/console/credentials", &form).await;
    assert!(shown.body.contains(&bob.id) && shown.body.contains(&bob.secret), "they are theirs to see");
    for event in ["GetSigninToken", "ConsoleLogin"] {
        let record = last_record(&house, event).await;
        assert_eq!(
            (&record["userIdentity"]["type"], &record["userIdentity"]["accessKeyId"]),
            (&json!("FederatedUser"), &json!(bob.id)),
            "{event}"
        );
        assert_eq!(record["responseElements"], json!({ event: "Success" }));
    }
    house.clock.advance(Duration::hours(2));
    assert_eq!(who(&house, &mut browser).await["signed_in"], false, "no longer than the credentials");
}

/// Names are free: another user's bob, or whoever wears a role under the same name, is somebody else.
#[tokio::test]
async fn a_namesake_replaces_nobody_without_a_question() {
    let house = open_tls().await;
    let bob_of = async |user: &str| get_federation_token(&house, &key(user), "bob", &[]).await.credentials();
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, &bob_of("broker").await).await;
    let question = sign_in(&house, &mut browser, &bob_of("careless").await).await;
    let named = |user: &str| format!("{} (arn:aws:iam::{OURS}:user/{user})", federated("bob"));
    assert!(question.body.contains(&format!("Sign in as {}?", named("careless"))), "{}", question.body);
    assert!(question.body.contains(&format!("Stay {}", named("broker"))), "{}", question.body);
    let via = who(&house, &mut browser).await["via"].clone();
    assert_eq!(via, format!("arn:aws:iam::{OURS}:user/broker"), "nothing has happened yet");
    let same = sign_in(&house, &mut browser, &bob_of("broker").await).await;
    assert!(same.body.contains("You are <em>bob</em>"), "the same person is not asked: {}", same.body);
    let mut browser = Browser::default();
    for (user, asked) in [("broker", false), ("broker", false), ("lavish", true)] {
        let page = sign_in(&house, &mut browser, &wear(&house, user, "Reader", &[]).await).await;
        assert_eq!(page.body.contains("Sign in as "), asked, "{user}: {}", page.body);
    }
}

/// With the key that made them, in the console and before it.
#[tokio::test]
async fn the_console_ends_with_the_key_too() {
    let house = open_tls().await;
    let bob = bob(&house, &[]).await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, &bob).await;
    let unused = login_url(&signin_token(&house, &bob, &[]).await, "");
    let (directory, clock, url) = house.close().await;
    let text = std::fs::read_to_string(directory.path().join("gatehouse.toml")).expect("the file");
    let active = format!("id = \"{}\", secret = {{ file = \"secret\" }}", key("broker").id);
    assert!(text.contains(&active));
    directory.write("gatehouse.toml", text.replace(&active, &format!("{active}, active = false")));
    let house = House::serve(directory, clock, url).await;
    assert_eq!(who(&house, &mut browser).await["signed_in"], false);
    let late = house.get(&unused).await;
    assert_eq!((late.status, &*house.code(&late).await), (400, "console.credentials-ended"));
    assert!(signin_token(&house, &bob, &[]).await.body.contains("console.credentials-ended"));
}

/// Each row: whose sessions end, and which of these do: bob's, by the broker; alice's, by another user; the broker's own.
#[tokio::test]
async fn an_operator_ends_what_a_user_gave_away() {
    let broker = format!("arn:aws:iam::{OURS}:user/broker");
    let by_name = federated("bob");
    for (whose, which) in [
        (["--session", "bob"], [true, false, false]),
        (["--principal", by_name.as_str()], [true, false, false]),
        (["--principal", broker.as_str()], [true, false, true]),
    ] {
        let house = open_tls().await;
        let bob = bob(&house, &[]).await;
        let other = get_federation_token(&house, &key("careless"), "alice", &[]).await.credentials();
        let own = call(&house, &key("broker"), &[("Action", "GetSessionToken"), ("Version", "2011-06-15")]).await;
        let mut browser = Browser::default();
        sign_in(&house, &mut browser, &bob).await;
        let unused = login_url(&signin_token(&house, &bob, &[]).await, "");
        let (_, listed) = command(&house, "list", &[]).await;
        let line = format!("{}  of {broker}", federated("bob"));
        assert!(listed.contains(&line), "{listed}");
        let whose = whose.map(|argument| if argument == "bob" { bob.id.as_str() } else { argument });
        let said = revoke(&house, &whose).await;
        let count = which.iter().filter(|ends| **ends).count();
        assert!(
            said.starts_with(&format!("Ended {count} live session")) && said.contains("1 console session"),
            "{said}"
        );
        let heard = async { while get_caller_identity(&house, &bob).await.status == 200 {} };
        tokio::time::timeout(std::time::Duration::from_secs(30), heard).await.expect("heard of");
        for (by, ends) in [&bob, &other, &own.credentials()].into_iter().zip(which) {
            let answer = get_caller_identity(&house, by).await;
            assert_eq!(answer.status, if ends { 403 } else { 200 }, "{whose:?}: {}", answer.body);
            if ends {
                assert_eq!((answer.refusal().1, &*house.code(&answer).await), ("ExpiredToken", "sts.session-revoked"));
            }
        }
        assert_eq!(who(&house, &mut browser).await["signed_in"], false);
        assert_eq!(house.get(&unused).await.status, 400);
        house.close().await;
    }
}

/// A service of the house that a federated user may be: the permission decides, as for everybody.
#[tokio::test]
async fn what_is_no_sts_action_is_a_matter_of_permission() {
    let house = open().await;
    let bob = bob(&house, &[("Policy", READ)]).await;
    let asked = question(Sent::get(&house).signed(&key("reader"))).to_string();
    let answer = crate::decide_world::ask_as(&house, &bob, &asked).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert_eq!(house.code(&answer).await, "trust.caller-not-allowed");
    assert_eq!(assume(&house, &bob, &crate::use_case_world::arn(OURS, "Reader"), &[]).await.status, 403);
}
