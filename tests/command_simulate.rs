//! `gatehouse simulate`: many questions in, one answer each; or one question with the reason.

use crate::config_world::World;
use crate::running::{ended, gatehouse};
use serde_json::{Value, json};

const ALLOW_READ: &str = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}]}"#;

/// Exit status, stdout and stderr, with these files lying about.
fn simulate(files: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let world = World::new();
    for (name, text) in files {
        std::fs::write(world.0.path().join(name), text).expect("written");
    }
    let (code, out, err) = ended(gatehouse().current_dir(world.0.path()).arg("simulate").args(arguments));
    (code.expect("it ends by itself"), out, err)
}

fn answers(lines: &str) -> Vec<Value> {
    let (code, out, err) = simulate(&[("cases.jsonl", lines)], &["--cases", "cases.jsonl"]);
    assert_eq!((code, err.as_str()), (0, ""));
    out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn answer(question: &Value) -> Value {
    answers(&question.to_string()).remove(0)
}

fn statement(effect: &str, action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]})
}

/// A question whose other parts are these.
fn question(change: Value) -> Value {
    let mut question = json!({"id": "q", "identity_policies": [statement("Allow", "s3:*")], "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/k"});
    for (name, value) in change.as_object().expect("an object") {
        question[name] = value.clone();
    }
    question
}

#[test]
fn every_kind_of_policy_has_its_say() {
    let (allow, other, deny) =
        (statement("Allow", "s3:Get*"), statement("Allow", "ec2:*"), statement("Deny", "s3:GetObject"));
    let everywhere = ["identity_policies[0]#0", "boundary#0", "session_policies[1]#0"];
    for (what, change, decision, matched) in [
        ("alone", json!({}), "allow", vec!["identity_policies[0]#0"]),
        ("nothing allows", json!({"identity_policies": []}), "implicit-deny", vec![]),
        ("no boundary", json!({"boundary": null, "session_policies": []}), "allow", vec!["identity_policies[0]#0"]),
        ("boundary is silent", json!({"boundary": other}), "implicit-deny", vec![]),
        ("session is silent", json!({"session_policies": [other]}), "implicit-deny", vec![]),
        ("boundary alone", json!({"identity_policies": [other], "boundary": allow}), "implicit-deny", vec![]),
        ("session alone", json!({"identity_policies": [other], "session_policies": [allow]}), "implicit-deny", vec![]),
        ("all three", json!({"boundary": allow, "session_policies": [other, allow]}), "allow", everywhere.to_vec()),
        (
            "identity denies",
            json!({"identity_policies": [allow, deny]}),
            "explicit-deny",
            vec!["identity_policies[1]#0"],
        ),
        ("boundary denies", json!({"boundary": deny}), "explicit-deny", vec!["boundary#0"]),
        ("session denies", json!({"session_policies": [allow, deny]}), "explicit-deny", vec!["session_policies[1]#0"]),
        (
            "two deny",
            json!({"boundary": deny, "session_policies": [deny]}),
            "explicit-deny",
            vec!["boundary#0", "session_policies[0]#0"],
        ),
    ] {
        assert_eq!(answer(&question(change)), json!({"id": "q", "decision": decision, "matched": matched}), "{what}");
    }
}

/// Whatever the context does not say is not known; what it says counts by its text.
#[test]
fn the_context_is_all_that_is_known() {
    let met = |operator: &str, key: &str, wanted: Value, context: Value| {
        let mut policy = statement("Allow", "s3:*");
        policy["Statement"][0]["Condition"] = json!({operator: {key: wanted}});
        let answer = answer(&question(json!({"identity_policies": [policy], "context": context})));
        answer["decision"].as_str().unwrap_or_else(|| panic!("{answer}")) == "allow"
    };
    assert!(met("StringEquals", "aws:Username", json!("alice"), json!({"aws:username": "alice"})));
    assert!(!met("StringEquals", "aws:username", json!("alice"), json!({})));
    assert!(met("StringEquals", "s3:prefix", json!("home/"), json!({"s3:prefix": "home/"})));
    assert!(met("NumericLessThan", "s3:max-keys", json!(10), json!({"s3:max-keys": 9.5})));
    assert!(met("Bool", "aws:SecureTransport", json!("true"), json!({"aws:SecureTransport": true})));
    assert!(met("Null", "aws:TagKeys", json!(true), json!({"aws:TagKeys": []})));
    assert!(met("ForAllValues:StringEquals", "aws:TagKeys", json!(["a", "b"]), json!({"aws:TagKeys": ["a", "b"]})));
    assert!(!met("StringEquals", "aws:TagKeys", json!("a"), json!({"aws:TagKeys": ["a"]})));
    assert!(!met("StringNotEquals", "aws:TagKeys", json!("z"), json!({"aws:TagKeys": ["a"]})));
}

/// A question on a condition, written here letter by letter: a JSON library would write its numbers anew.
fn condition(operator: &str, key: &str, wanted: &str, context: &str) -> Value {
    let policy = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Sid": "S", "Effect": "Allow", "Action": "a:B", "Resource": "*", "Condition": {{"{operator}": {{"{key}": {wanted}}}}}}}}}"#
    );
    let question = format!(
        r#"{{"id": "q", "identity_policies": [{policy}], "action": "a:B", "resource": "*", "context": {context}}}"#
    );
    answers(&question).remove(0)
}

#[test]
fn a_number_counts_as_it_is_written() {
    for (operator, wanted, received, decision) in [
        ("StringEquals", r#""1.50""#, "1.50", "allow"),
        ("StringEquals", r#""1.5""#, "1.50", "implicit-deny"),
        ("StringEquals", r#""1.0""#, "1.0", "allow"),
        ("StringEquals", r#""1""#, "1.0", "implicit-deny"),
        ("StringEquals", r#""1e2""#, "1e2", "allow"),
        ("StringEquals", r#""1E+02""#, "1E+02", "allow"),
        ("StringEquals", "1.5", "1.5", "allow"),
        ("StringEquals", "1e400", r#""1e400""#, "allow"),
        ("StringEquals", r#""1e400""#, "1e400", "allow"),
        ("StringNotEquals", r#""-0""#, "-0", "implicit-deny"),
        ("ForAnyValue:StringEquals", r#""1.50""#, "[1.5, 1.50]", "allow"),
        ("NumericEquals", r#""100000000000000000000000""#, "100000000000000000000001", "implicit-deny"),
        ("NumericEquals", r#""12345678901234567890123""#, "12345678901234567890123", "allow"),
        ("NumericLessThan", "100000000000000000000001", r#""100000000000000000000000.5""#, "allow"),
        ("NumericEquals", "1e3", r#""1000""#, "allow"),
        ("NumericEquals", r#""0.0000001""#, "1e-7", "allow"),
        ("NumericGreaterThan", "1e400", "1e401", "allow"),
        ("DateEquals", r#""1000000000""#, "1000000000.0", "allow"),
        ("DateEquals", r#""2030""#, "2030", "allow"),
    ] {
        let answer = condition(operator, "k:v", wanted, &format!(r#"{{"k:v": {received}}}"#));
        assert_eq!(answer["decision"], decision, "{operator} {wanted} {received}: {answer}");
    }
}

/// A key that only looks like another one is never there, and a negated condition on it always holds.
#[test]
fn what_only_looks_like_a_key_is_none() {
    for key in [
        "k:v ",
        " k:v",
        "k :v",
        "k: v",
        "k:v w",
        "k:v\\t",
        "k:\u{a0}v",
        "k:v\u{2003}",
        "ＡＷＳ:username",
        "aws:PrincipalTag/a ",
        "aws:Principal Tag/a",
        "k:",
        ":v",
        "k",
    ] {
        let answer = condition("StringNotEquals", key, r#""x""#, r#"{"k:v": "x"}"#);
        let error = answer["error"].as_str().unwrap_or_else(|| panic!("{key:?}: {answer}"));
        assert!(error.ends_with("is not known to this version"), "{key:?}: {error}");
        let answer = condition("StringNotEquals", "k:v", &format!(r#""${{{key}, 'y'}}""#), r#"{"k:v": "x"}"#);
        assert!(answer["error"].is_string(), "{key:?}: {answer}");
    }
    for key in [
        "k:v",
        "aws:PrincipalTag/cost centre",
        "ec2:ResourceTag/cost centre",
        "aws:RequestTag/ä",
        "[::1]:7201:sub",
        "idp.example/a:é",
    ] {
        let known = format!(r#"{{"{key}": "x"}}"#);
        assert_eq!(condition("StringEquals", key, r#""x""#, &known)["decision"], "allow", "{key}");
        let variable = format!(r#""${{{key}, 'y'}}""#);
        assert_eq!(condition("StringEquals", key, &variable, &known)["decision"], "allow", "{key}");
    }
}

#[test]
fn a_trust_question_asks_the_trust_policy_alone() {
    let ask = |principal: Value, named: Value, context: Value| {
        let policy = json!({"Version": "2012-10-17", "Statement": {"Sid": "In", "Effect": "Allow", "Principal": named,
            "Action": "sts:AssumeRole*", "Condition": {"StringEqualsIfExists": {"sts:ExternalId": "x"}}}});
        let question = json!({"id": "t", "trust_policy": policy, "principal": principal, "action": "sts:AssumeRole", "context": context});
        answer(&question)["decision"].as_str().map(str::to_owned).expect("decided")
    };
    let (user, root) = (json!({"AWS": "arn:aws:iam::111122223333:user/ops"}), json!({"AWS": "111122223333"}));
    let session = json!({"AWS": "arn:aws:sts::111122223333:assumed-role/Admin/alice"});
    let role = json!({"AWS": "arn:aws:iam::111122223333:role/team/Admin"});
    let corp = json!({"Federated": "arn:aws:iam::111122223333:saml-provider/corp"});
    let google = json!({"Federated": "arn:aws:iam::111122223333:oidc-provider/accounts.google.com"});
    let ec2 = json!({"Service": "ec2.amazonaws.com"});
    for (who, named, decision) in [
        (&user, &user, "allow"),
        (&user, &root, "allow"),
        (&json!({"AWS": "arn:aws:iam::111122223333:root"}), &root, "allow"),
        (&user, &json!({"AWS": "222233334444"}), "implicit-deny"),
        (&session, &role, "allow"),
        (&role, &role, "allow"),
        (&json!({"AWS": "arn:aws:sts::222233334444:assumed-role/Admin/alice"}), &role, "implicit-deny"),
        (&session, &json!("*"), "allow"),
        (&corp, &corp, "allow"),
        (&corp, &json!("*"), "implicit-deny"),
        (&corp, &json!({"AWS": "*"}), "implicit-deny"),
        (&google, &json!({"Federated": "accounts.google.com"}), "allow"),
        (&json!({"Federated": "accounts.google.com"}), &json!({"Federated": "accounts.google.com"}), "allow"),
        (&ec2, &ec2, "allow"),
        (&ec2, &json!({"Service": ["lambda.amazonaws.com", "ecs.amazonaws.com"]}), "implicit-deny"),
        (&ec2, &json!("*"), "allow"),
        (&user, &ec2, "implicit-deny"),
    ] {
        assert_eq!(ask(who.clone(), named.clone(), json!({})), decision, "{who} by {named}");
    }
    assert_eq!(ask(user.clone(), user.clone(), json!({"sts:ExternalId": "y"})), "implicit-deny");
}

/// One mistake spoils its own question only, wherever it is, and says where it is.
#[test]
fn mistakes_have_a_place_and_spoil_one_question() {
    let odd = |operator: &str| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {operator: {"s3:prefix": "a"}}}]});
    for (change, error) in [
        (
            json!({"identity_policies": [statement("Deny", "s3:*"), statement("Alow", "s3:*")]}),
            "identity_policies[1].Statement[0].Effect: Effect is",
        ),
        (
            json!({"session_policies": [odd("StringLikes")]}),
            "session_policies[0].Statement[0].Condition.StringLikes: no condition operator",
        ),
        (
            json!({"boundary": odd("NumericEquals")}),
            "boundary.Statement[0].Condition.NumericEquals[\"s3:prefix\"]: \"a\" is not",
        ),
        (json!({"boundary": 7}), "boundary: expected an object"),
        (json!({"session_policies": null}), "session_policies: is not a list"),
        (json!({"identity_policies": [statement("Allow", "s*:Get")]}), "identity_policies[0].Statement[0].Action: "),
        (json!({"context": {"aws:username": null}}), "context[\"aws:username\"]: is neither"),
        (json!({"context": {"aws:username": ["a", ["b"]]}}), "context[\"aws:username\"]: is neither"),
        (json!({"context": {"aws:username": "a", "aws:UserName": "b"}}), "context: the condition key"),
        (json!({"context": {"aws:TagKeys": [], "AWS:tagkeys": "b"}}), "context: the condition key"),
        (json!({"context": {"aws:TagKeys": "b", "AWS:tagkeys": []}}), "context: the condition key"),
        (json!({"context": {"aws:TagKeys": [], "AWS:tagkeys": []}}), "context: the condition key"),
        (json!({"context": []}), "context: is not an object"),
        (json!({"action": "s3:*"}), "action: \"s3:*\" does not name one action"),
        (json!({"action": "s3:Get Object"}), "action: \"s3:Get Object\" does not name one action"),
        (json!({"resource": 1}), "resource: is not a string"),
        (json!({"session_policy": []}), "session_policy: such a question has id, identity_policies"),
        (json!({"trust_policy": {}}), "identity_policies: such a question has id, trust_policy"),
    ] {
        let lines = format!("{}\n\n{}\n", question(change.clone()), question(json!({"id": "next"})));
        let [spoilt, next] = answers(&lines).try_into().expect("two answers");
        let found = spoilt["error"].as_str().unwrap_or_else(|| panic!("{change}: {spoilt}"));
        assert!(found.starts_with(error), "{change}: {found}");
        assert_eq!((&spoilt["id"], &next["decision"]), (&json!("q"), &json!("allow")), "{change}");
    }
}

#[test]
fn what_is_no_question_has_no_id() {
    let twice = r#"{"id": "d", "identity_policies": [{"Statement": [], "Statement": []}], "action": "s3:Get", "resource": "*"}"#;
    let deep = format!(r#"{{"context": {}1{}, "id": "deep"}}"#, "[".repeat(500), "]".repeat(500));
    let lines = format!(
        "[]\n{{\n{{\"action\": \"s3:Get\"}}\n{{\"id\": 1}}\n{twice}\n{deep}\n{{\"a\": 1e400, \"id\": \"large\"}}\n"
    );
    let found = answers(&lines);
    assert_eq!(found.len(), 7);
    for (answer, id) in found[4..].iter().zip(["d", "deep", "large"]) {
        assert!(answer["id"] == id && answer["error"].is_string(), "{answer}");
    }
    for answer in &found[..4] {
        assert!(answer["id"].is_null() && answer["error"].is_string() && answer.get("decision").is_none(), "{answer}");
    }
    assert!(found[4]["error"].as_str().is_some_and(|error| error.contains("is there twice")), "{}", found[4]);
    let endless = format!("{}\n{}\n", " ".repeat(5 * 1024 * 1024), question(json!({})));
    let found = answers(&endless.replacen(' ', "{", 1));
    assert!(found[0]["error"].is_string() && found[1]["decision"] == "allow", "{found:?}");
    let (code, _, err) = simulate(&[], &["--cases", "missing.jsonl"]);
    assert!(code == 1 && err.starts_with("gatehouse: cannot read missing.jsonl: "), "{err}");
}

#[test]
fn one_question_tells_its_reason() {
    let files = [("read.json", ALLOW_READ), ("context.json", "{}"), ("broken.json", "{\"Statement\": 1}")];
    let ask = |action: &str, policy: &str| {
        simulate(
            &files,
            &["--policy", policy, "--action", action, "--resource", "arn:aws:s3:::b/k", "--context", "context.json"],
        )
    };
    assert_eq!(ask("s3:GetObject", "read.json"), (0, "allow: Read\n".into(), String::new()));
    let (code, out, _) = ask("s3:PutObject", "read.json");
    assert_eq!(
        (code, out.as_str()),
        (2, "implicit deny: no statement allows it\n  Read: its Action covers s3:Get*, not s3:PutObject\n")
    );
    let (code, _, err) = ask("s3:GetObject", "broken.json");
    assert!(code == 1 && err.starts_with("gatehouse: broken.json.Statement: expected an object"), "{err}");
    for action in ["s3", "s3:Get Object", "s3:*"] {
        let (code, out, err) = ask(action, "read.json");
        let sentence = format!("gatehouse: action: \"{action}\" does not name one action, as in \"s3:GetObject\"");
        assert!((code, out.as_str()) == (1, "") && err.starts_with(&sentence), "{code} {out}{err}");
    }
    let (code, _, err) = simulate(&files, &["--policy", "read.json"]);
    assert!(code == 1 && err.contains("--action"), "{err}");
}

/// What would be ignored beside them is refused.
#[test]
fn many_questions_take_no_other_argument() {
    let files = [("cases.jsonl", ""), ("read.json", ALLOW_READ), ("context.json", "{}")];
    assert_eq!(simulate(&files, &["--cases", "cases.jsonl"]), (0, String::new(), String::new()));
    let rows: [&[&str]; 5] = [
        &["--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k"],
        &["--action", "s3:GetObject"],
        &["--resource", "arn:aws:s3:::b/k"],
        &["--context", "context.json"],
        &["--policy", "read.json"],
    ];
    for besides in rows {
        let (code, out, err) = simulate(&files, &[&["--cases", "cases.jsonl"], besides].concat());
        assert!(code == 1 && out.is_empty() && err.contains("cannot be used with"), "{besides:?}: {err}");
    }
}
