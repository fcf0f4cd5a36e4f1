//! `[[test]]`: what a configuration is to come to is run before it is loaded.

use crate::config_world::{BASE, World, each_is_named};
use crate::running::{ended, gatehouse};
use crate::saml_identity::changed;

const ROLE: &str = "arn:aws:iam::111122223333:role/Admin";
const OPERATOR: &str = r#"{ department = "ops", mail = ["alice@example.com"], "https://aws.amazon.com/SAML/Attributes/RoleSessionName" = "alice" }"#;

/// The base, whose rule is for SAML's lists, and a test.
fn tested(claims: &str, expect: &str, more: &str) -> String {
    let base = changed(BASE, "claims.department == \"ops\"", "\"ops\" in claims.department");
    format!(
        "{base}\n[[test]]\nname = \"who is in\"\nprovider = \"corp\"\nclaims = {claims}\nrole = \"{ROLE}\"\nexpect = \"{expect}\"\n{more}\n"
    )
}

#[test]
fn a_test_that_passes_is_counted() {
    let world = World::new();
    world.0.write("alice.json", r#"{"department": ["ops"], "mail": "alice@example.com"}"#);
    let other = tested("{ department = \"sales\" }", "deny", "reason = \"trust.no-role-given\"");
    let (_, other) = other.split_once("\n[[test]]").expect("a test");
    let text = format!("{}\n[[test]]{other}", tested(OPERATOR, "allow", "reason = \"People\""));
    let output = world.check(&text, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.ends_with("roles: 1, tests passed: 2.\n"), "{said}");
    // Without secrets, from a file, and by the provider's longer name; a rule's session name.
    let named = changed(
        &tested("{ file = \"alice.json\" }", "allow", ""),
        "provider = \"corp\"",
        "provider = \"111122223333:corp\"",
    );
    let named = changed(
        &named,
        "\"ops\" in claims.department'",
        "\"ops\" in claims.department'\nsession_name = 'claims.mail[0]'",
    );
    let output = world.check(
        &changed(&named, "expect = \"allow\"", "expect = \"allow\"\nreason = \"as alice@example.com, by People\""),
        &["--without-secrets"],
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Each expects the wrong thing, and is told what came of it in the words of `explain`.
#[test]
fn a_test_that_fails_is_a_mistake_with_the_decision_and_why() {
    let world = World::new();
    let told = |text: &str| {
        let mistakes = world.mistakes(text);
        let [only] = mistakes.as_slice() else { panic!("{mistakes:#?}") };
        only.clone()
    };
    assert_eq!(
        told(&tested(OPERATOR, "deny", "")),
        "gatehouse.toml: test \"who is in\".expect: \"deny\" is expected, and it is allowed: as alice, by People"
    );
    let sales = "{ department = \"sales\", \"https://aws.amazon.com/SAML/Attributes/RoleSessionName\" = \"bob\" }";
    assert_eq!(
        told(&tested(sales, "allow", "")),
        "gatehouse.toml: test \"who is in\".expect: \"allow\" is expected, and it is denied: trust.no-role-given: provider arn:aws:iam::111122223333:saml-provider/corp gives no role for these claims"
    );
    // The trust policy's nearest miss.
    let condition = r#""Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}, "Condition": {"StringEquals": {"saml:aud": "https://other.example/saml/acs"}}}"#;
    let principal = r#""Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}}"#;
    let said = told(&changed(&tested(OPERATOR, "allow", ""), principal, condition));
    for piece in ["denied: trust.no-statement-allows", "People", "saml:aud", "https://gate.example/saml/acs"] {
        assert!(said.contains(piece), "{piece} in {said}");
    }
    let said = told(&tested(sales, "deny", "reason = \"trust.implicit-deny\""));
    assert!(said.starts_with("gatehouse.toml: test \"who is in\".reason: it is denied, and \"trust.implicit-deny\" is not why: trust.no-role"), "{said}");
    let said = told(&tested(OPERATOR, "allow", "reason = \"Robots\""));
    assert!(said.contains(".reason: it is allowed, and \"Robots\" is not why: as alice, by People"), "{said}");
    // Nobody comes with such claims, so being denied shows nothing.
    let two = "{ \"https://aws.amazon.com/SAML/Attributes/SourceIdentity\" = [\"a1\", \"b1\"] }";
    for expect in ["allow", "deny"] {
        let said = told(&tested(two, expect, ""));
        assert!(said.contains("\"who is in\".claims: nobody comes with these: saml.source-identity: "), "{said}");
    }
}

/// They would be denied everything, and a test that expects just that would pass whatever the rules say.
#[test]
fn claims_that_no_token_can_have_are_a_mistake() {
    let world = World::new();
    for (claims, why) in [
        ("aud = \"web\"", "oidc.missing-claim: the token lacks the claim sub"),
        ("sub = 1", "oidc.claim-type: the token's claim sub is not a string"),
        ("sub = \"\"", "oidc.subject: "),
        ("sub = \"main\", aud = \"other\"", "oidc.audience: "),
        ("sub = \"main\", aud = []", "oidc.audience: "),
        ("sub = \"main\", azp = \"other\"", "oidc.authorized-party: "),
        ("sub = \"main\", iss = \"https://other.example\"", "oidc.issuer: "),
    ] {
        let test = tested(&format!("{{ {claims} }}"), "deny", "");
        let mistakes = world.mistakes(&changed(&test, "provider = \"corp\"", "provider = \"issuer\""));
        let said = format!("gatehouse.toml: test \"who is in\".claims: nobody comes with these: {why}");
        assert!(mistakes.len() == 1 && mistakes[0].starts_with(&said), "{claims}: {mistakes:?}");
    }
    // The issuer, and the only client, may be left out.
    let plain = changed(&tested("{ sub = \"main\" }", "deny", ""), "provider = \"corp\"", "provider = \"issuer\"");
    assert_eq!(world.mistakes(&plain), Vec::<String>::new());
    let two = changed(&plain, "client_ids = [\"web\"]", "client_ids = [\"web\", \"app\"]");
    let said = world.mistakes(&two);
    assert!(said.len() == 1 && said[0].ends_with("oidc.missing-claim: the token lacks the claim aud"), "{said:?}");
}

#[test]
fn an_assertion_on_paper_has_its_role_attribute() {
    let world = World::new();
    let rule =
        "[[provider.rule]]\nwhen = '\"ops\" in claims.department'\nroles = [\"arn:aws:iam::111122223333:role/Admin\"]";
    let pair = format!("{ROLE},arn:aws:iam::111122223333:saml-provider/corp");
    let claims = |pair: &str| {
        format!(
            "{{ \"https://aws.amazon.com/SAML/Attributes/Role\" = [\"{pair}\"], \"https://aws.amazon.com/SAML/Attributes/RoleSessionName\" = \"alice\" }}"
        )
    };
    assert_eq!(world.mistakes(&changed(&tested(&claims(&pair), "allow", ""), rule, "")), Vec::<String>::new());
    let other = pair.replace("/corp", "/crop");
    assert_eq!(world.mistakes(&changed(&tested(&claims(&other), "deny", ""), rule, "")), Vec::<String>::new());
}

#[test]
fn a_token_on_paper_is_its_issuers() {
    let world = World::new();
    let trust = r#"{"Sid": "Machines", "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example"}, "Condition": {"StringEquals": {"issuer.example:aud": "web", "issuer.example:sub": "main"}}}]}"#;
    let text = |sub: &str, expect: &str| {
        let text = tested(&format!("{{ sub = \"{sub}\", aud = \"web\" }}"), expect, "");
        changed(
            &changed(&text, "provider = \"corp\"", "provider = \"issuer\""),
            "saml-provider/corp\"}}]}",
            &format!("saml-provider/corp\"}}}},\n{trust}"),
        )
    };
    assert_eq!(world.mistakes(&text("main", "allow")), Vec::<String>::new());
    assert_eq!(world.mistakes(&text("branch", "deny")), Vec::<String>::new());
    assert_eq!(world.mistakes(&text("branch", "allow")).len(), 1);
}

/// Such a test would pass, and whoever sends another session name or another request be told something else.
#[test]
fn a_test_of_what_cannot_be_told_is_a_mistake() {
    let world = World::new();
    let principal = r#""Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example"}"#;
    let action = r#""Action": "sts:AssumeRoleWithWebIdentity""#;
    let open = format!(r#"{{"Effect": "Allow", {action}, {principal}}}"#);
    let of = |effect: &str, condition: &str| {
        format!(r#"{{"Effect": "{effect}", {action}, {principal}, "Condition": {{{condition}}}}}"#)
    };
    let text = |statements: &[String], expect: &str| {
        let text = changed(&tested("{ sub = \"alice\" }", expect, ""), "provider = \"corp\"", "provider = \"issuer\"");
        let statements = format!("saml-provider/corp\"}}}},\n{}]}}", statements.join(",\n"));
        changed(&text, "saml-provider/corp\"}}]}", &statements)
    };
    let told = |on: &str, remedy: &str| {
        let sentence = "what becomes of them cannot be told on paper: it depends on";
        vec![format!("gatehouse.toml: test \"who is in\".role: {sentence} {on}; {remedy}")]
    };
    let by_rule = "give the provider a rule with session_name, or test another role";
    let on_name = told("the session name that the caller sends", by_rule);
    let named = [of("Allow", r#""StringEquals": {"sts:RoleSessionName": "admin"}"#)];
    let not_named = [open.clone(), of("Deny", r#""StringEquals": {"sts:RoleSessionName": "alice"}"#)];
    let by_tls = [open.clone(), of("Deny", r#""Bool": {"aws:SecureTransport": "false"}"#)];
    for expect in ["allow", "deny"] {
        assert_eq!(world.mistakes(&text(&named, expect)), on_name);
        assert_eq!(world.mistakes(&text(&not_named, expect)), on_name);
        assert_eq!(world.mistakes(&text(&by_tls, expect)), told("aws:SecureTransport", "test another role"));
    }
    // The control: a rule names the session, the house its region, and a claim that decides alone.
    let login = "login = { client_id = \"web\", client_secret = { file = \"ops-secret\" } }\n";
    let rule = format!("[[provider.rule]]\nwhen = 'true'\nroles = [\"{ROLE}\"]\nsession_name = 'claims.sub'\n");
    let ruled = |text: &str| changed(text, &format!("{login}\n[[role]]"), &format!("{login}\n{rule}\n[[role]]"));
    assert_eq!(world.mistakes(&ruled(&text(&named, "deny"))), Vec::<String>::new());
    let here = [open.clone(), of("Deny", r#""StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}"#)];
    let region = changed(&text(&here, "allow"), "[sts]", "[sts]\nregion = \"eu-west-1\"");
    assert_eq!(world.mistakes(&region), Vec::<String>::new());
    let bob = [of("Allow", r#""StringEquals": {"issuer.example:sub": "bob", "sts:RoleSessionName": "admin"}"#)];
    assert_eq!(world.mistakes(&text(&bob, "deny")), Vec::<String>::new());
}

/// Other mistakes come first: what is half there is not asked.
#[test]
fn tests_are_run_when_everything_else_is_right() {
    let world = World::new();
    let mistakes = world.mistakes(&changed(&tested(OPERATOR, "deny", ""), "[sts]", "[sts]\nregions = 1"));
    assert!(mistakes.len() == 1 && mistakes[0].contains("sts.regions"), "{mistakes:?}");
}

#[test]
fn a_gateway_does_not_start_and_explain_tells_why() {
    let world = World::new();
    let path = world.write(&tested(OPERATOR, "deny", ""));
    let (code, _, err) = ended(gatehouse().arg("serve").arg("--config").arg(&path));
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("\"deny\" is expected, and it is allowed") && err.contains("nothing was started"), "{err}");
    world.0.write(
        "claims.json",
        r#"{"department": "ops", "https://aws.amazon.com/SAML/Attributes/RoleSessionName": "alice"}"#,
    );
    let mut command = gatehouse();
    command.current_dir(world.0.path()).args(["explain", "--config", "gatehouse.toml", "--provider", "corp"]);
    let (code, out, _) = ended(command.args(["--claims", "claims.json", "--role", ROLE]));
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn slips_are_named_by_their_place() {
    let table = |line: &str| {
        let whole = [
            ("name", "name = \"t\""),
            ("provider", "provider = \"corp\""),
            ("claims", "claims = { a = \"b\" }"),
            ("role", "role = \"arn:aws:iam::111122223333:role/Admin\""),
            ("expect", "expect = \"deny\""),
            ("reason", "reason = \"trust\""),
        ];
        let key = line.split(' ').next().unwrap_or_default().trim_start_matches('!');
        let kept = whole.iter().filter(|(name, _)| *name != key).map(|(_, text)| *text);
        let added = (!line.starts_with('!')).then_some(line);
        format!("[[test]]\n{}\n[[role]]", kept.chain(added).collect::<Vec<_>>().join("\n"))
    };
    let slips = [
        ("!name", "test[0].name", "is missing"),
        ("!provider", "test \"t\".provider", "is missing"),
        ("!claims", "test \"t\".claims", "is missing"),
        ("!role", "test \"t\".role", "is missing"),
        ("!expect", "test \"t\".expect", "is missing"),
        ("provider = \"crop\"", "test \"t\".provider", "there is no provider \"crop\""),
        ("claims = \"x\"", "test \"t\".claims", "must be a table"),
        ("claims = { file = \"absent.json\" }", "test \"t\".claims.file", "cannot be read"),
        ("claims = { file = \"idp.xml\" }", "test \"t\".claims.file", "it is not a JSON object: expected value"),
        ("claims = { file = \"twice.json\" }", "test \"t\".claims.file", "it has the member \"groups\" twice"),
        ("role = \"Admin\"", "test \"t\".role", "\"Admin\" is not"),
        ("role = \"arn:aws:iam::111122223333:role/Admn\"", "test \"t\".role", "there is no [[role]]"),
        ("expect = \"maybe\"", "test \"t\".expect", "one of \"allow\", \"deny\""),
        ("reason = \"\"", "test \"t\".reason", "is empty"),
        ("raison = \"x\"", "test \"t\".raison", "did you mean \"reason\"?"),
    ];
    let tables: Vec<String> = slips.iter().map(|(line, ..)| table(line)).collect();
    let slips: Vec<_> =
        slips.iter().zip(&tables).map(|((_, key, piece), to)| ("[[role]]", to.as_str(), *key, *piece)).collect();
    each_is_named(&slips);
}
