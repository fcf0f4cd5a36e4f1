//! What `gatehouse explain` tells of each role: by whom it is given, what decided, and how it would be worn.

use crate::config_world::{BASE, World};
use crate::running::{ended, gatehouse};
use crate::saml_identity::changed;
use serde_json::{Value, json};

const ADMIN: &str = "arn:aws:iam::111122223333:role/Admin";
const GUARDED: &str = "arn:aws:iam::111122223333:role/Guarded";

/// People in `ops` get a role with everything that a rule can say, and one that forbids those of the blue team.
fn world(more: &str) -> World {
    let rule = r#"when = '"ops" in claims.groups'
session_name = 'claims.uid[0]'
source_identity = 'claims.uid[0]'
tags = { team = 'claims.team[0]' }
transitive_tags = ["team"]"#;
    let conditions = r#""Action": ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"],
   "Condition": {"StringEquals": {"saml:aud": "https://gate.example/saml/acs"}, "StringLike": {"aws:RequestTag/team": "b*"}},"#;
    let guarded = r#"[[role]]
arn = "arn:aws:iam::111122223333:role/Guarded"
trust = { json = '''
{"Version": "2012-10-17", "Statement": [
  {"Sid": "In", "Effect": "Allow", "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"],
   "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}},
  {"Sid": "NotBlue", "Effect": "Deny", "Action": "sts:AssumeRoleWithSAML",
   "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"},
   "Condition": {"StringEquals": {"aws:RequestTag/team": "blue"}}}]}
''' }
"#;
    let text = changed(BASE, "when = 'claims.department == \"ops\"'", rule);
    let text = changed(
        &text,
        "roles = [\"arn:aws:iam::111122223333:role/Admin\"]",
        &format!("roles = [\"{ADMIN}\", \"{GUARDED}\"]"),
    );
    let text = changed(&text, r#""Action": "sts:AssumeRoleWithSAML","#, conditions);
    let text = changed(&text, "[[user]]", &format!("{guarded}{more}\n[[user]]"));
    let world = World::new();
    world.write(&text);
    let claims = json!({ "name_id": "a-1", "groups": ["ops"], "uid": "alice", "team": "blue", "acr": "password" });
    world.0.write("claims.json", claims.to_string());
    world
}

fn explain(world: &World, options: &[&str]) -> (Option<i32>, String) {
    let mut command = gatehouse();
    command.current_dir(world.0.path()).args(["explain", "--config", "gatehouse.toml", "--claims", "claims.json"]);
    let (code, out, err) = ended(command.args(["--provider", "corp"]).args(options));
    assert_eq!(err, "");
    (code, out)
}

fn in_json(world: &World) -> Value {
    serde_json::from_str(&explain(world, &["--json"]).1).expect("JSON")
}

fn about<'v>(answer: &'v Value, role: &str) -> &'v Value {
    answer["roles"].as_array().unwrap().iter().find(|it| it["role"] == role).unwrap_or_else(|| panic!("{answer:#}"))
}

#[test]
fn an_allowed_role_is_told_with_everything_that_its_session_would_be() {
    let world = world("");
    let answer = in_json(&world);
    let admin = about(&answer, ADMIN);
    assert_eq!(
        (&admin["decision"], &admin["statement"], &admin["given_by"]),
        (&json!("allow"), &json!("People"), &json!(["rule[0]"]))
    );
    assert_eq!((&admin["session_name"], &admin["source_identity"]), (&json!("alice"), &json!("alice")));
    assert_eq!(admin["tags"], json!([{ "key": "team", "value": "blue", "transitive": true }]));
    assert_eq!((&admin["longest_session"], &admin["ends"]), (&json!(3600), &Value::Null));
    let conditions = admin["conditions"].as_array().unwrap();
    assert_eq!(
        conditions[0],
        r#"People: StringEquals on saml:aud wants "https://gate.example/saml/acs"; received "https://gate.example/saml/acs""#
    );
    assert!(conditions[1].as_str().unwrap().contains(r#"wants "b*"; received "blue""#), "{conditions:?}");
    assert_eq!(answer["identities"][0]["facts"]["authentication_context"], "password");

    let (code, text) = explain(&world, &["--role", ADMIN]);
    assert_eq!(code, Some(0));
    for line in [
        "    team = [\"blue\"]",
        "  allow  arn:aws:iam::111122223333:role/Admin",
        "         as alice, by People",
        "         given by rule[0]",
        "         tags: team=blue (goes along)",
        "         source identity: alice",
        "         for at most 3600 s",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }
}

/// A Deny is told with the condition that made it apply; the rules are run once, however many roles are asked about.
#[test]
fn a_denied_role_is_told_with_what_denied_it() {
    let world = world("");
    let answer = in_json(&world);
    let guarded = about(&answer, GUARDED);
    assert_eq!((&guarded["decision"], &guarded["code"]), (&json!("deny"), &json!("trust.explicit-deny")));
    let condition = r#"NotBlue: StringEquals on aws:RequestTag/team wants "blue"; received "blue""#;
    assert_eq!(guarded["conditions"], json!([condition]));
    let steps = answer["steps"].as_array().unwrap().iter().filter(|step| step["check"] == "rule.rule[0]");
    assert_eq!(steps.count(), 1, "{answer:#}");
    let (code, text) = explain(&world, &["--role", GUARDED]);
    assert_eq!(code, Some(2));
    assert!(text.contains(&format!("           {condition}")), "{text}");

    // One whom nobody lets in: the nearest statement, and what it would have matched.
    world.0.write("claims.json", json!({ "groups": ["ops"], "uid": "carol", "team": "red" }).to_string());
    let answer = in_json(&world);
    let reason = about(&answer, ADMIN)["reason"].as_str().unwrap();
    assert!(
        reason.ends_with(r#"the nearest is People: StringLike on aws:RequestTag/team wants "b*"; received "red""#),
        "{reason}"
    );
}

#[test]
fn claims_without_a_subject_and_a_rule_that_gives_nothing_are_said_so() {
    let world = world("");
    let written = std::fs::read_to_string(world.0.path().join("gatehouse.toml")).expect("the configuration");
    let listed = format!("roles = [\"{ADMIN}\", \"{GUARDED}\"]");
    world.write(&changed(&written, &listed, "roles_from = 'claims.groups.filter(group, group == \"nobody\")'"));
    let (code, text) = explain(&world, &[]);
    assert_eq!(code, Some(2));
    let lines = |text: &str, line: &str| text.lines().filter(|it| *it == line).count();
    assert_eq!(lines(&text, "  pass  rule.rule[0]                 matches, and gives no role"), 1, "{text}");
    assert_eq!(lines(&text, "a-1 is corp at arn:aws:iam::111122223333:saml-provider/corp"), 1, "{text}");
    world.0.write("claims.json", json!({ "groups": ["ops"], "uid": "carol", "team": "red" }).to_string());
    let (_, text) = explain(&world, &[]);
    let line = "These claims name no subject; they are of corp at arn:aws:iam::111122223333:saml-provider/corp";
    assert_eq!(lines(&text, line), 1, "{text}");
}

#[test]
fn roles_that_are_not_given_are_told_in_one_go() {
    let trust = r#"trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"}}]}' }"#;
    let role = |index: u32| format!("\n[[role]]\narn = \"arn:aws:iam::111122223333:role/Other{index}\"\n{trust}\n");
    let world = world(&(0..4).map(role).collect::<String>());
    let (_, text) = explain(&world, &[]);
    let told = text.lines().filter(|line| {
        line.starts_with("  deny   4 more, which arn:aws:iam::111122223333:saml-provider/corp does not give")
    });
    assert_eq!(told.count(), 1, "{text}");
    assert_eq!(text.matches("trust.role-not-given").count(), 0, "{text}");
    let answer = in_json(&world);
    let denied = answer["roles"].as_array().unwrap().iter().filter(|it| it["code"] == "trust.role-not-given");
    assert_eq!(denied.count(), 4, "{answer:#}");
    // One that is asked about is told in full.
    let (code, text) = explain(&world, &["--role", "arn:aws:iam::111122223333:role/Other1"]);
    assert!(code == Some(2) && text.contains("trust.role-not-given: provider arn:aws:iam::"), "{text}");
}
