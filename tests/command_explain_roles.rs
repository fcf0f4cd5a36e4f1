//! What `gatehouse explain` tells of each role: by whom it is given, what decided, and how it would be worn.

use crate::config_world::{BASE, World};
use crate::running::{ended, gatehouse};
use crate::saml_identity::changed;
use serde_json::{Value, json};

const ACCOUNT: &str = "arn:aws:iam::111122223333";

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

/// Roles of the account, each with the statements of its trust policy.
fn roles(all: &[(&str, &[String])]) -> String {
    let role = |(name, statements): &(&str, &[String])| {
        let policy = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(", "));
        format!("[[role]]\narn = \"{ACCOUNT}:role/{name}\"\ntrust = {{ json = '''{policy}''' }}\n\n")
    };
    all.iter().map(role).collect()
}

/// A statement about whoever comes through the provider, where this holds.
fn statement(effect: &str, provider: &str, condition: &str) -> String {
    let action = if provider.starts_with("saml") { "AssumeRoleWithSAML" } else { "AssumeRoleWithWebIdentity" };
    let principal = format!(r#"{{"Federated": "{ACCOUNT}:{provider}"}}"#);
    format!(
        r#"{{"Effect": "{effect}", "Action": "sts:{action}", "Principal": {principal}, "Condition": {{{condition}}}}}"#
    )
}

/// What is told of a role: the decision, and what it depends on.
fn told(world: &World, provider: &str, role: &str, more: &[&str]) -> (String, Value, String) {
    let ask = |more: &[&str]| {
        let mut command = gatehouse();
        command.current_dir(world.0.path()).args(["explain", "--config", "gatehouse.toml", "--claims", "claims.json"]);
        let role = format!("{ACCOUNT}:role/{role}");
        let (_, out, err) = ended(command.args(["--provider", provider, "--role", &role]).args(more));
        assert_eq!(err, "");
        out
    };
    let answer: Value = serde_json::from_str(&ask(&[more, &["--json"]].concat())).expect("JSON");
    let told = &answer["roles"][0];
    (told["decision"].as_str().unwrap_or_default().to_owned(), told["depends_on"].clone(), ask(more))
}

/// Whoever brings a token chooses the session's name where no rule does, and sends their request in whatever manner.
#[test]
fn what_depends_on_the_request_of_a_bearer_is_said_to() {
    let of = |effect: &str, condition: &str| statement(effect, "oidc-provider/issuer.example", condition);
    let anyone = || of("Allow", r#""StringEquals": {"issuer.example:aud": "web"}"#);
    let named = [of("Allow", r#""StringEquals": {"sts:RoleSessionName": "admin"}"#)];
    let not_named = [anyone(), of("Deny", r#""StringEquals": {"sts:RoleSessionName": "alice"}"#)];
    let here = [anyone(), of("Deny", r#""StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}"#)];
    let by_tls = [anyone(), of("Deny", r#""Bool": {"aws:SecureTransport": "false"}"#)];
    let agent = [of("Allow", r#""StringNotLike": {"aws:UserAgent": "curl*"}"#)];
    let office = [of("Allow", r#""IpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#)];
    let bob = [of("Allow", r#""StringEquals": {"issuer.example:sub": "bob", "sts:RoleSessionName": "admin"}"#)];
    let barred = [named[0].clone(), of("Deny", r#""StringEquals": {"issuer.example:sub": "alice"}"#)];
    let all = roles(&[
        ("Named", &named),
        ("NotNamed", &not_named),
        ("Here", &here),
        ("ByTls", &by_tls),
        ("Agent", &agent),
        ("Office", &office),
        ("Bob", &bob),
        ("Barred", &barred),
    ]);
    let world = World::new();
    let text = changed(BASE, "[sts]", "[sts]\nregion = \"eu-west-1\"");
    let text = changed(&text, "[[user]]", &format!("{all}[[user]]"));
    world.write(&text);
    world.0.write("claims.json", json!({ "sub": "alice" }).to_string());
    for (role, decision, depends_on) in [
        ("Named", "deny", json!(["sts:RoleSessionName"])),
        ("NotNamed", "deny", json!(["sts:RoleSessionName"])),
        ("Here", "allow", json!([])),
        ("ByTls", "allow", json!(["aws:SecureTransport"])),
        ("Agent", "allow", json!(["aws:UserAgent"])),
        ("Office", "deny", json!(["aws:SourceIp"])),
        // Whatever the session is called.
        ("Bob", "deny", json!([])),
        ("Barred", "deny", json!([])),
    ] {
        let (decided, on, text) = told(&world, "issuer", role, &[]);
        assert_eq!((decided.as_str(), &on), (decision, &depends_on), "{role}");
        let says_so = text.contains("\n         cannot be told on paper: it depends on ");
        assert_eq!(says_so, depends_on != json!([]), "{role}: {text}");
    }
    let (_, _, said) = told(&world, "issuer", "NotNamed", &[]);
    let line = "         cannot be told on paper: it depends on the session name that the caller sends";
    assert!(said.lines().any(|it| it == line), "{said}");
    let (decided, on, _) = told(&world, "issuer", "Office", &["--source-ip", "203.0.113.9"]);
    assert_eq!((decided.as_str(), on), ("allow", json!([])));

    // A rule names the session, and the caller does not.
    let login = "login = { client_id = \"web\", client_secret = { file = \"ops-secret\" } }\n";
    let rule = format!(
        "[[provider.rule]]\nwhen = 'true'\nroles = [\"{ACCOUNT}:role/Named\", \"{ACCOUNT}:role/NotNamed\"]\nsession_name = 'claims.sub'\n"
    );
    world.write(&changed(&text, &format!("{login}\n[[role]]"), &format!("{login}\n{rule}\n[[role]]")));
    for role in ["Named", "NotNamed"] {
        let (decided, on, _) = told(&world, "issuer", role, &[]);
        assert_eq!((decided.as_str(), on), ("deny", json!([])), "{role}");
    }
}

/// Attributes do not say in which form an assertion speaks of its subject, and may not say of whom: that is not there.
#[test]
fn what_claims_leave_unsaid_of_an_assertion_is_not_made_up() {
    let of = |effect: &str, condition: &str| statement(effect, "saml-provider/corp", condition);
    let anyone = || of("Allow", r#""StringEquals": {"saml:aud": "https://gate.example/saml/acs"}"#);
    let persistent = r#""StringEquals": {"saml:sub_type": "persistent"}"#;
    let lasting = [of("Allow", persistent)];
    let fleeting = [anyone(), of("Deny", persistent)];
    let nobody = [of("Allow", r#""Null": {"saml:sub": "true"}"#)];
    let all = roles(&[("Lasting", &lasting), ("Fleeting", &fleeting), ("Nobody", &nobody)]);
    let given = ["Lasting", "Fleeting", "Nobody"].map(|role| format!("\"{ACCOUNT}:role/{role}\"")).join(", ");
    let text = changed(BASE, "when = 'claims.department == \"ops\"'", "when = 'true'\nsession_name = '\"alice\"'");
    let text = changed(&text, &format!("roles = [\"{ADMIN}\"]"), &format!("roles = [{given}]"));
    let world = World::new();
    world.write(&changed(&text, "[[user]]", &format!("{all}[[user]]")));
    for (claims, role, decision, depends_on) in [
        (json!({ "name_id": "a-1" }), "Lasting", "deny", json!(["saml:sub_type"])),
        (json!({ "name_id": "a-1" }), "Fleeting", "allow", json!(["saml:sub_type"])),
        (json!({ "name_id": "a-1" }), "Nobody", "deny", json!([])),
        (json!({}), "Nobody", "allow", json!(["saml:sub"])),
    ] {
        world.0.write("claims.json", claims.to_string());
        let (decided, on, text) = told(&world, "corp", role, &[]);
        assert_eq!((decided.as_str(), on), (decision, depends_on), "{role} {claims}: {text}");
        assert!(!text.contains("received \"persistent\""), "{text}");
    }
}
