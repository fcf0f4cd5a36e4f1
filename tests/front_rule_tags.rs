//! Tags and source identities that a provider's rules compute, through the front door.

use crate::house::House;
use crate::saml_identity::NOW;
use crate::tagged_world::{all_files, arn, asked_for, assume, attribute, aws, config, everything, record, with_saml};
use serde_json::json;

/// The world with these rules at the provider.
async fn open(rules: &str) -> House {
    let config = config().replacen("idp_initiated = true\n", &format!("idp_initiated = true\n{rules}\n"), 1);
    House::open(NOW, &all_files(), |_| config).await
}

fn rule(role: &str, more: &str) -> String {
    format!("[[provider.rule]]\nwhen = '\"ops\" in claims.groups'\nroles = [\"{}\"]\n{more}\n", arn(role))
}

#[tokio::test]
async fn the_rules_that_give_a_role_give_its_tags() {
    let first = "tags = { team = 'claims.groups[1]', subject = 'claims.name_id[0]' }\ntransitive_tags = [\"team\"]\nsource_identity = '\"alice\"'";
    let second = "tags = { TEAM = '\"ops\"', more = '\"yes\"' }";
    let house = open(&(rule("Open", first) + &rule("Open", second) + &rule("Untagged", ""))).await;
    // The assertion's own tags and source identity give way.
    let asserted = aws("PrincipalTag:team", &["dev"]) + &aws("SourceIdentity", &["mallory"]);
    let answer = with_saml(&house, "1", "Open", &asserted).await;
    assert_eq!(answer.element("SourceIdentity"), "alice");
    let expected = json!({
        "roleArn": arn("Open"), "principalTags": { "team": "ops", "subject": "alice@example.com", "more": "yes" },
        "transitiveTagKeys": ["team"], "sourceIdentity": "alice",
    });
    assert_eq!(asked_for(&record(&house, &answer).await), expected);
    for role in ["Worn", "Source"] {
        assert_eq!(assume(&house, &answer.credentials(), role, &[]).await.status, 200, "{role}");
    }
    // A rule that speaks of neither leaves them to the assertion.
    let answer = with_saml(&house, "2", "Untagged", &everything()).await;
    assert_eq!(house.code(&answer).await, "trust.tag-session-not-allowed");
}

/// Whoever may set an attribute of their own is nobody else by it.
#[tokio::test]
async fn an_attribute_that_is_called_like_the_subject_is_not_it() {
    let named = |name: &str, role: &str| {
        format!("[[provider.rule]]\nwhen = '\"{name}\" in claims.name_id'\nroles = [\"{}\"]\n", arn(role))
    };
    let rules = named("root@example.com", "Open") + &named("alice@example.com", "Sub");
    let house = open(&rules).await;
    for (id, attributes, noted) in
        [("1", String::new(), false), ("2", attribute("name_id", &["root@example.com"]), true)]
    {
        let answer = with_saml(&house, &format!("{id}0"), "Sub", &attributes).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let steps = house.trace(&answer.request_id).await;
        let note = steps.iter().find(|step| step.check == "saml.not-acted-on").and_then(|it| it.received.as_deref());
        assert_eq!(note.is_some_and(|note| note.starts_with("name_id")), noted, "{note:?}");
        let answer = with_saml(&house, &format!("{id}1"), "Open", &attributes).await;
        assert_eq!(
            (answer.refusal(), &*house.code(&answer).await),
            ((403, "AccessDenied"), "trust.role-not-given"),
            "{attributes}"
        );
    }
}

#[tokio::test]
async fn rules_that_differ_are_named() {
    for (id, first, second, what) in [
        ("1", "tags = { team = '\"a\"' }", "tags = { Team = '\"b\"' }", "the tag team"),
        ("2", "source_identity = '\"alice\"'", "source_identity = '\"bob\"'", "source_identity"),
        ("3", "session_name = '\"alice\"'", "session_name = '\"bob\"'", "session_name"),
    ] {
        let house = open(&(rule("Open", first) + &rule("Open", "") + &rule("Open", second))).await;
        let answer = with_saml(&house, id, "Open", "").await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"), "{what}");
        assert_eq!(house.code(&answer).await, "trust.rules-differ", "{what}");
        let steps = house.trace(&answer.request_id).await;
        let sentence = steps.last().and_then(|step| step.sentence.as_deref()).unwrap();
        assert!(sentence.contains(&format!("the rules rule[0] and rule[2] do not agree on {what}")), "{sentence}");
    }
}

#[tokio::test]
async fn a_rule_that_comes_to_no_tag_gives_nothing() {
    for (id, more, why) in [
        ("1", "tags = { team = 'claims.department[0]' }".to_owned(), ""),
        ("2", "tags = { team = 'claims.groups' }".to_owned(), "not to a string"),
        ("3", "tags = { team = '\"a*\"' }".to_owned(), "the value of the tag \"team\""),
        ("4", "source_identity = '\"a b\"'".to_owned(), "a source identity is 2 to 64"),
        ("5", "source_identity = 'claims.groups'".to_owned(), "not to a string"),
    ] {
        let house = open(&rule("Open", &more)).await;
        let answer = with_saml(&house, id, "Open", "").await;
        assert_eq!(house.code(&answer).await, "trust.rule-failed", "{more}");
        let steps = house.trace(&answer.request_id).await;
        let sentence = steps.last().and_then(|step| step.sentence.as_deref()).unwrap();
        assert!(sentence.contains(why), "{sentence}");
    }
}
