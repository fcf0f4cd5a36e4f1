//! The message in a refusal, and DecodeAuthorizationMessage: who may read it, and what it says and does not say.

use crate::front::{USER, open};
use crate::front_signed::{call, user};
use crate::house::{Answer, Credentials, House};
use serde_json::{Value, json};
use time::Duration;

/// Of another account, of this one but not permitted, and denied; all have the secret of `ops`.
const PEOPLE: &str = r#"
[[user]]
arn = "arn:aws:iam::111122223333:user/auditor"
access_keys = [{ id = "AKIAIOSFODNN7AUDITOR", secret = { file = "ops-secret" } }]
policies = [{ name = "decode", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:DecodeAuthorizationMessage","Resource":"*"}]}' }]

[[user]]
arn = "arn:aws:iam::444455556666:user/stranger"
access_keys = [{ id = "AKIAIOSFODNN7STRANGE", secret = { file = "ops-secret" } }]
policies = [{ name = "all", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}]}' }]

[[user]]
arn = "arn:aws:iam::111122223333:user/shut"
access_keys = [{ id = "AKIAIOSFODNN7SHUTOUT", secret = { file = "ops-secret" } }]
policies = [{ name = "none", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"},{"Sid":"Shut","Effect":"Deny","Action":"sts:*","Resource":"*","Condition":{"StringEquals":{"aws:username":"shut"}}}]}' }]

[[user]]
arn = "arn:aws:iam::111122223333:user/all"
access_keys = [{ id = "AKIAIOSFODNN7ALLALLX", secret = { file = "ops-secret" } }]
policies = [{ name = "all", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}]}' }]

[[role]]
arn = "arn:aws:iam::111122223333:role/Denying"
tags = { secret-project = "mayfly" }
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["111122223333","444455556666"]},"Action":"sts:*"},{"Sid":"NotYou","Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}' }

[[role]]
arn = "arn:aws:iam::111122223333:role/Strange"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:*"}]}' }

[[role]]
arn = "arn:aws:iam::111122223333:role/Nearest"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Sid":"OnlyTagged","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:*","Condition":{"StringEquals":{"aws:RequestTag/team":"dev"}}}]}' }

[[role]]
arn = "arn:aws:iam::111122223333:role/Wordier"
trust = { json = 'MANY' }
"#;

const DENYING: &str = "arn:aws:iam::111122223333:role/Denying";
const PARTNER: &str = "arn:aws:iam::111122223333:role/Partner";

fn by(id: &str) -> Credentials {
    Credentials { id: id.into(), secret: USER.1.into(), token: None }
}

fn auditor() -> Credentials {
    by("AKIAIOSFODNN7AUDITOR")
}

/// The people and roles; of one role many statements deny, all with long names.
fn people() -> String {
    let deny = |n: usize| json!({ "Sid": format!("N{n}{}", "o".repeat(40)), "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": "sts:*" });
    let statements: Vec<Value> = (0..30).map(deny).collect();
    PEOPLE.replace("MANY", &json!({ "Version": "2012-10-17", "Statement": statements }).to_string())
}

async fn assume(house: &House, who: &Credentials, role: &str, more: &[(&str, &str)]) -> Answer {
    let first = [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", role), ("RoleSessionName", "worker")];
    call(house, who, &[&first, more].concat()).await
}

/// The message in a refusal.
fn encoded(answer: &Answer) -> String {
    assert_eq!(answer.refusal(), (403, "AccessDenied"), "{}", answer.body);
    let message = answer.element("Message").split_once("Encoded authorization failure message: ").expect("a message").1;
    assert!((1..=10_240).contains(&message.len()), "{} characters", message.len());
    message.to_owned()
}

async fn decode(house: &House, who: &Credentials, message: &str) -> Answer {
    let form = [("Action", "DecodeAuthorizationMessage"), ("Version", "2011-06-15"), ("EncodedMessage", message)];
    call(house, who, &form).await
}

async fn decoded(house: &House, message: &str) -> Value {
    let answer = decode(house, &auditor(), message).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.element("DecodedMessage").replace("&quot;", "\"")).expect("JSON")
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().expect("items").iter()
}

fn conditions(message: &Value) -> Vec<(&str, Vec<&str>)> {
    items(&message["context"]["conditions"])
        .map(|item| {
            let values = items(&item["values"]).filter_map(|value| value["value"].as_str());
            (item["key"].as_str().expect("a key"), values.collect())
        })
        .collect()
}

#[tokio::test]
async fn an_auditor_reads_what_a_user_was_denied() {
    let house = open(&people()).await;
    let tags = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "ops"), ("SourceIdentity", "alice")];
    let refused = assume(&house, &user(), DENYING, &tags).await;
    let message = decoded(&house, &encoded(&refused)).await;
    let principal = &message["context"]["principal"];
    assert_eq!((&message["allowed"], &message["explicitDeny"]), (&json!(false), &json!(true)));
    assert_eq!(message["matchedStatements"]["items"], json!([{ "statementId": "NotYou", "effect": "DENY" }]));
    assert_eq!(message["failures"], json!({ "items": [] }));
    assert_eq!(principal["arn"], "arn:aws:iam::111122223333:user/ops");
    assert!(principal["id"].as_str().is_some_and(|id| id.starts_with("AIDA")), "{message}");
    assert_eq!(
        (&message["context"]["action"], &message["context"]["resource"]),
        (&json!("sts:AssumeRole"), &json!(DENYING))
    );
    let known = conditions(&message);
    for (key, value) in [
        ("aws:username", "ops"),
        ("aws:currenttime", "2031-01-01T12:00:00Z"),
        ("aws:sourceip", "127.0.0.1"),
        ("aws:requesttag/team", "ops"),
        ("aws:tagkeys", "team"),
        ("sts:sourceidentity", "alice"),
        ("sts:rolesessionname", "worker"),
    ] {
        assert!(known.contains(&(key, vec![value])), "{key}: {known:?}");
    }
    // The caller's own policies are silent: nothing matched, nothing denied.
    let silent =
        decoded(&house, &encoded(&assume(&house, &user(), "arn:aws:iam::444455556666:role/Guest", &[]).await)).await;
    assert_eq!((&silent["explicitDeny"], &silent["matchedStatements"]["items"]), (&json!(false), &json!([])));
    let denied = decoded(
        &house,
        &encoded(&assume(&house, &by("AKIAIOSFODNN7SHUTOUT"), "arn:aws:iam::111122223333:role/Admin", &[]).await),
    )
    .await;
    assert_eq!(denied["matchedStatements"]["items"], json!([{ "statementId": "Shut", "effect": "DENY" }]));
    let untagged =
        assume(&house, &by("AKIAIOSFODNN7ALLALLX"), "arn:aws:iam::111122223333:role/Admin", &tags[..2]).await;
    assert_eq!(decoded(&house, &encoded(&untagged)).await["context"]["action"], "sts:TagSession");
}

#[tokio::test]
async fn it_tells_no_secret_and_nothing_of_a_role_that_is_not_theirs() {
    let house = open(&people()).await;
    let refused = assume(&house, &user(), PARTNER, &[("ExternalId", "Ticket-8/very-secret")]).await;
    let message = decoded(&house, &encoded(&refused)).await.to_string();
    assert!(!message.contains("Ticket") && !message.to_lowercase().contains("externalid"), "{message}");
    let own = decoded(&house, &encoded(&assume(&house, &user(), DENYING, &[]).await)).await.to_string();
    assert!(!own.contains("mayfly"), "{own}");

    // Of another account's role: the same whether it denies, is silent, or is not there.
    let stranger = by("AKIAIOSFODNN7STRANGE");
    let mut told = Vec::new();
    for role in [DENYING, "arn:aws:iam::111122223333:role/Closed", "arn:aws:iam::111122223333:role/Nowhere"] {
        let answer = assume(&house, &stranger, role, &[]).await;
        let read = decode(&house, &stranger, &encoded(&answer)).await;
        let message = read.element("DecodedMessage").replace(role, "the role");
        assert!(message.contains("explicitDeny&quot;:false") && !message.contains("NotYou"), "{message}");
        told.push(message);
    }
    assert!(told.iter().all(|message| *message == told[0]), "{told:#?}");
}

/// Whoever cannot have the message read still sees how long it is.
#[tokio::test]
async fn its_length_tells_nothing_of_a_trust_policy() {
    let house = open(&people()).await;
    let caller = by("AKIAIOSFODNN7ALLALLX");
    let mut lengths = std::collections::BTreeSet::new();
    // Short of a bound, at it, beyond it: whatever padding rounds to, somewhere among these it would show.
    for tag in (0..=256).step_by(16) {
        let value = "v".repeat(tag);
        let tags = [("Tags.member.1.Key", "note"), ("Tags.member.1.Value", &*value)];
        let mut told = Vec::new();
        for (role, code) in [
            ("Nowhere", "trust.no-such-role"),
            ("Strange", "trust.no-statement-allows"),
            ("Nearest", "trust.no-statement-allows"),
            ("Denying", "trust.explicit-deny"),
            ("Wordier", "trust.explicit-deny"),
        ] {
            let answer = assume(&house, &caller, &format!("arn:aws:iam::111122223333:role/{role}"), &tags).await;
            assert_eq!(house.code(&answer).await, code, "{role}");
            told.push((role, encoded(&answer).len()));
        }
        assert!(told.iter().all(|(_, length)| *length == told[0].1), "{tag}: {told:?}");
        lengths.insert(told[0].1);
    }
    assert!(lengths.len() > 2, "what the caller brings may show: {lengths:?}");
    let wordy = assume(&house, &caller, "arn:aws:iam::111122223333:role/Wordier", &[]).await;
    let wordy = decoded(&house, &encoded(&wordy)).await;
    let told = items(&wordy["matchedStatements"]).count();
    assert!((3..30).contains(&told), "as many as there is room for: {told}");
    assert_eq!(wordy["explicitDeny"], json!(true));
}

#[tokio::test]
async fn only_those_read_it_who_may() {
    let house = open(&people()).await;
    let message = encoded(&assume(&house, &user(), DENYING, &[]).await);
    let swap = |at: usize| {
        let mut bytes = message.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("ASCII")
    };
    let token = crate::front::admin(&house, "1").await.token.expect("a token");
    let stranger = by("AKIAIOSFODNN7STRANGE");
    let invalid = (400, "InvalidAuthorizationMessageException");
    for (what, who, message) in [
        ("another account", &stranger, message.clone()),
        ("a changed letter", &auditor(), swap(message.len() / 2)),
        ("a changed first letter", &auditor(), swap(0)),
        ("cut short", &auditor(), message[..message.len() - 4].to_owned()),
        ("a line break", &auditor(), format!("{}\n{}", &message[..76], &message[76..])),
        ("a blank after it", &auditor(), format!("{message} ")),
        ("a session token", &auditor(), token),
        ("anything", &auditor(), "hello".to_owned()),
    ] {
        let answer = decode(&house, who, &message).await;
        assert_eq!(answer.refusal(), invalid, "{what}");
        assert_eq!(house.code(&answer).await, "sts.invalid-authorization-message", "{what}");
    }
    // Whoever is not permitted learns that alone, of a good message and of a bad one.
    for (id, reason) in [
        (USER.0, "because no identity-based policy allows"),
        ("AKIAIOSFODNN7SHUTOUT", "with an explicit deny in an identity-based policy"),
    ] {
        for message in [message.as_str(), "hello"] {
            let answer = decode(&house, &by(id), message).await;
            let own = encoded(&answer);
            assert_eq!(house.code(&answer).await, "trust.caller-not-allowed");
            assert!(
                answer.element("Message").contains(&format!("sts:DecodeAuthorizationMessage on resource: * {reason}")),
                "{}",
                answer.body
            );
            assert_eq!(decoded(&house, &own).await["context"]["action"], "sts:DecodeAuthorizationMessage");
        }
    }
    for (what, message) in [("none", String::new()), ("too long", "A".repeat(10_241))] {
        assert_eq!(decode(&house, &auditor(), &message).await.refusal(), (400, "ValidationError"), "{what}");
    }
    let unsigned = house.sts("DecodeAuthorizationMessage", &[("EncodedMessage", &message)]).await;
    assert_eq!(unsigned.refusal(), (403, "MissingAuthenticationToken"));
    let denials = house.rows("SELECT record FROM audit WHERE record LIKE '%DecodeAuthorizationMessage%'").await;
    assert_eq!(denials.len(), 8 + 4, "each is in the book");
    assert!(denials.iter().all(|row| !row[0].contains(&message)), "without the message");

    house.clock.advance(Duration::hours(24) - Duration::SECOND);
    assert_eq!(decode(&house, &auditor(), &message).await.status, 200, "for a day");
    house.clock.advance(Duration::SECOND);
    assert_eq!(decode(&house, &auditor(), &message).await.refusal(), invalid);
}

#[tokio::test]
async fn it_stays_within_its_length_whatever_there_is_to_tell() {
    let house = open(&people()).await;
    let numbered: Vec<(String, String)> = (1..=50)
        .flat_map(|n| {
            [
                (format!("Tags.member.{n}.Key"), format!("{n}{}", "ä".repeat(126))),
                (format!("Tags.member.{n}.Value"), "ä".repeat(256)),
            ]
        })
        .collect();
    let tags: Vec<(&str, &str)> = numbered.iter().map(|(name, value)| (&**name, &**value)).collect();
    let message = encoded(&assume(&house, &user(), DENYING, &tags).await);
    assert!(message.len() > 8_000, "it is used: {}", message.len());
    let message = decoded(&house, &message).await;
    assert!(conditions(&message).len() > 10, "{message}");
}

#[tokio::test]
async fn a_policy_that_denies_it_hides_whose_a_key_is() {
    let house = open(&people()).await;
    let form = [("Action", "GetAccessKeyInfo"), ("Version", "2011-06-15"), ("AccessKeyId", USER.0)];
    let answer = call(&house, &by("AKIAIOSFODNN7SHUTOUT"), &form).await;
    encoded(&answer);
    assert_eq!(house.code(&answer).await, "trust.caller-not-allowed");
    assert_eq!(call(&house, &user(), &form).await.element("Account"), "111122223333", "whom nothing denies it may ask");
}
