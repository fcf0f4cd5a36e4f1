//! What is right in each table and does not fit together, and what is checked by its meaning.

use crate::config_world::{ADMIN, BASE, GIVES_ADMIN, OPS, PUBLIC, WHEN, World, each_addition_is_named, each_is_named};
use gatehouse::config::{Peers, Secrets};

#[test]
fn arns_accounts_and_names_must_fit_together() {
    let federated = "arn:aws:iam::111122223333:saml-provider/corp";
    each_is_named(&[
        ("[[account]]", "[[account]]\nid = \"1111\"\n[[account]]", "account \"1111\".id", "is exactly 12 digits"),
        (
            "[[account]]",
            "[[account]]\nid = \"111122223333\"\n[[account]]",
            "account \"111122223333\".id",
            "occurs twice",
        ),
        (
            "[[account]]",
            "[[account]]\nid = \"444455556666\"\nalias = \"production\"\n[[account]]",
            "account \"111122223333\".alias",
            "production occurs twice",
        ),
        (
            "111122223333:user/ops",
            "444455556666:user/ops",
            "user \"arn:aws:iam::444455556666:user/ops\".arn",
            "there is no [[account]] 444455556666",
        ),
        (
            "account = \"111122223333\"\nkind = \"oidc\"",
            "account = \"444455556666\"\nkind = \"oidc\"",
            "provider \"issuer\".account",
            "there is no [[account]] 444455556666",
        ),
        ("name = \"issuer\"", "name = \"corp\"", "provider \"corp\".name", "occurs twice"),
        ("name = \"issuer\"", "name = \"co rp\"", "provider \"co rp\".name", "has 1 to 128 letters, digits and . _ -"),
        (":user/ops", ":role/ops", "user \"arn:aws:iam::111122223333:role/ops\".arn", "is not a user ARN, as in"),
        (GIVES_ADMIN, "roles = [\"Admin\"]", "provider \"corp\".rule[0].roles", "\"Admin\" is not a role ARN, as in"),
        (
            GIVES_ADMIN,
            "roles = [\"arn:aws:iam::111122223333:role/Nobody\"]",
            "provider \"corp\".rule[0].roles",
            "there is no [[role]] arn:aws:iam::111122223333:role/Nobody",
        ),
        (
            GIVES_ADMIN,
            "roles = [\"arn:aws:iam::444455556666:role/Admin\"]",
            "provider \"corp\".rule[0].roles",
            "is not of this provider's account",
        ),
        (
            federated,
            "arn:aws:iam::111122223333:saml-provider/crop",
            &format!("{ADMIN}.trust"),
            "saml-provider/crop\", which is no provider of account 111122223333",
        ),
        (
            "{ arn = \"arn:aws:iam::111122223333:policy/ReadOnly\" }",
            "{ arn = \"arn:aws:iam::111122223333:policy/Other\" }",
            &format!("{ADMIN}.policies[0].arn"),
            "there is no [[policy]]",
        ),
        (
            "AKIAEXAMPLE000000001",
            "ASIAEXAMPLE000000001",
            &format!("{OPS}.access_keys \"ASIAEXAMPLE000000001\".id"),
            "must begin with AKIA",
        ),
    ]);
    let twice = |table: &str| {
        let at = BASE.find(table).expect("the table");
        let table = BASE[at..].split("\n\n[").next().expect("its text");
        format!("{table}\n\n{table}")
    };
    for (table, key, piece) in [
        ("[[policy]]", "policy \"arn:aws:iam::111122223333:policy/ReadOnly\".arn", "policy/ReadOnly occurs twice"),
        ("[[role]]", &format!("{ADMIN}.arn"), "role/Admin occurs twice"),
    ] {
        let double = twice(table);
        each_is_named(&[(&double[..double.len() / 2 - 1], &double, key, piece)]);
    }
    let other = "[[user]]\narn = \"arn:aws:iam::111122223333:user/twin\"\naccess_keys = [{ id = \"AKIAEXAMPLE000000001\", secret = { file = \"ops-secret\" } }]\n[[user]]";
    each_is_named(&[("[[user]]", other, &format!("{OPS}.access_keys"), "AKIAEXAMPLE000000001 is used twice")]);
}

/// A key that no claim ever fills: a Deny on it denies nobody.
#[test]
fn condition_keys_of_claims_are_those_of_a_provider() {
    let end = "saml-provider/corp\"}}]}";
    let under = |condition: &str| format!("saml-provider/corp\"}}, \"Condition\": {{{condition}}}}}]}}");
    let unlike = |key: &str| under(&format!(r#""StringNotEquals": {{"{key}": "mallory"}}"#));
    let trust = format!("{ADMIN}.trust");
    let meant = "which no provider of account 111122223333 has; did you mean \"issuer.example:sub\"?";
    for (slip, piece) in [
        (unlike("isuer.example:sub"), meant),
        (unlike("issuer.example/:sub"), meant),
        (unlike("issuer.example:8443:sub"), meant),
        (
            unlike("gitlab.com:sub"),
            "\"gitlab.com:sub\", which no provider of account 111122223333 has; such a key begins",
        ),
        (under(r#""StringNotLike": {"sts:RoleSessionName": "${isuer.example:sub}*"}"#), meant),
    ] {
        each_is_named(&[(end, &slip, &trust, piece)]);
    }
    let world = World::new();
    let right = BASE.replace(end, &unlike("Issuer.Example:Sub"));
    assert_eq!(world.mistakes(&right), Vec::<String>::new());
    // Sessions come from other accounts too, with what they keep of their tokens.
    let neighbour = "\n[[account]]\nid = \"444455556666\"\n\n[[provider]]\nname = \"neighbour\"\naccount = \"444455556666\"\nkind = \"oidc\"\nissuer = \"https://neighbour.example\"\nclient_ids = [\"web\"]\njwks = { file = \"keys.json\" }\n";
    let beside = |key: &str| world.mistakes(&(BASE.replace(end, &unlike(key)) + neighbour));
    assert_eq!(beside("neighbour.example:sub"), Vec::<String>::new());
    let told = beside("neighbour.example:groups");
    assert!(
        matches!(told.as_slice(), [only] if only.contains("\"neighbour.example:groups\", which no provider")),
        "{told:#?}"
    );
    // Of a provider that is wrong in itself, the key is right.
    let told = world.mistakes(&right.replace("keys.json", "no-keys.json"));
    assert!(matches!(told.as_slice(), [only] if only.contains("provider \"issuer\".jwks")), "{told:#?}");
}

/// What a session does not keep of the paper that it was traded for: a Deny on it would deny nobody.
#[test]
fn permission_policies_read_what_outlasts_the_paper() {
    let unlike = |key: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {{"Null": {{"{key}": "true"}}}}}}]}}"#
        )
    };
    let (attached, document) = ("policies = [{ arn =", "document = { file = \"policies/read-only.json\" }");
    let own = |key: &str| format!("policies = [{{ name = \"own\", json = '{}' }}, {{ arn =", unlike(key));
    let bounded = |key: &str| format!("boundary = {{ json = '{}' }}\n{attached}", unlike(key));
    let managed = |key: &str| format!("document = {{ json = '{}' }}", unlike(key));
    let of_user = |key: &str| format!("policies = [{{ name = \"own\", json = '{}' }}]\naccess_keys", unlike(key));
    let managed_at = "policy \"arn:aws:iam::111122223333:policy/ReadOnly\".document.json";
    for (key, piece) in [
        (
            "saml:aud",
            "\"saml:aud\" is gone once the role is worn (saml:sub, saml:sub_type and saml:namequalifier remain)",
        ),
        ("SAML:eduPersonAffiliation", "\"SAML:eduPersonAffiliation\" is gone once the role is worn"),
        ("issuer.example:groups", "the claim \"issuer.example:groups\" is gone once the role is worn"),
    ] {
        each_is_named(&[
            (attached, &own(key), &format!("{ADMIN}.policies \"own\".json"), piece),
            (attached, &bounded(key), &format!("{ADMIN}.boundary.json"), piece),
            (document, &managed(key), managed_at, piece),
            ("access_keys", &of_user(key), &format!("{OPS}.policies \"own\".json"), piece),
        ]);
    }
    let world = World::new();
    for key in ["saml:sub", "saml:sub_type", "SAML:nameQualifier", "issuer.example:sub"] {
        for (from, to) in
            [(attached, own(key)), (attached, bounded(key)), (document, managed(key)), ("access_keys", of_user(key))]
        {
            assert_eq!(world.mistakes(&BASE.replacen(from, &to, 1)), Vec::<String>::new(), "{key}");
        }
    }
}

/// What would load and mean nothing, or something else.
#[test]
fn lists_and_days_are_conditions_of_their_own_form() {
    let end = "saml-provider/corp\"}}]}";
    let under = |condition: &str| format!("saml-provider/corp\"}}, \"Condition\": {{{condition}}}}}]}}");
    let trust = format!("{ADMIN}.trust.json");
    let list = "is always a list, which this operator never matches; write ForAnyValue: or ForAllValues: before it";
    for (condition, piece) in [
        (r#""StringEquals": {"aws:TagKeys": "admin"}"#, list),
        (r#""StringNotLike": {"saml:eduPersonAffiliation": "student"}"#, list),
        (r#""StringLike": {"issuer.example:amr": "pwd"}"#, list),
        (r#""DateLessThan": {"aws:CurrentTime": "20261201"}"#, "would count as seconds since 1970; write 2026-12-01"),
    ] {
        each_is_named(&[(end, &under(condition), &trust, piece)]);
    }
    let right = r#""ForAnyValue:StringEquals": {"aws:TagKeys": "admin"}, "ForAllValues:StringNotLike": {"saml:eduPersonAffiliation": "student"}, "Null": {"issuer.example:amr": "true"}, "DateLessThan": {"aws:CurrentTime": "2026-12-01"}"#;
    assert_eq!(World::new().mistakes(&BASE.replace(end, &under(right))), Vec::<String>::new());
}

#[test]
fn policies_and_expressions_say_where() {
    let effect = "\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRoleWithSAML\"";
    let (trust, when) = (format!("{ADMIN}.trust.json"), "provider \"corp\".rule[0].when");
    each_is_named(&[
        (
            effect,
            "\"Effect\": \"Permit\", \"Action\": \"sts:AssumeRoleWithSAML\"",
            &trust,
            "Statement[0].Effect (line 2): Effect is",
        ),
        (
            effect,
            "\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\"",
            &trust,
            "Statement[0].Action (line 2): a trust policy speaks of",
        ),
        (
            "\"Sid\"",
            "\"Colour\": 1, \"Sid\"",
            &trust,
            "Statement[0].Colour (line 2): no policy element is called \"Colour\"",
        ),
        ("\"2012-10-17\", \"Statement\"", "\"2010-10-17\", \"Statement\"", &trust, "Version (line 1): Version must be"),
        ("saml-provider/corp\"}}]}", "saml-provider/corp\"}}]", &trust, "document: this is not JSON: "),
        ("trust = { json", "trust = { file = \"x\", json", &format!("{ADMIN}.trust"), "say exactly one of file = "),
        (
            "policies/read-only.json",
            "idp.xml",
            "policy \"arn:aws:iam::111122223333:policy/ReadOnly\".document.file",
            "is not JSON",
        ),
        (WHEN, "when = 'claims.department =='", when, "is not CEL at line 1, column 21: Syntax error"),
        (WHEN, "when = 'claim.department == \"ops\"'", when, "uses \"claim\"; known are claims, provider and account"),
        (WHEN, "when = 'claims.a.all(x, claims.b.all(y, claims.c.all(z, x == y)))'", when, "nests 3 loops; at most 2"),
        (GIVES_ADMIN, "roles_from = 'clams.roles'", "provider \"corp\".rule[0].roles_from", "uses \"clams\""),
    ]);
}

#[test]
fn secrets_stand_elsewhere_and_must_be_there() {
    let wrapping = "directory = \"keys\"";
    let key = "keys.wrapping_key";
    each_addition_is_named(&[
        (wrapping, "wrapping_key = \"c2VjcmV0\"", key, "a secret is never written in the file; say { env"),
        (
            wrapping,
            "wrapping_key = { env = \"GATEHOUSE_TEST_UNSET\" }",
            key,
            "variable GATEHOUSE_TEST_UNSET is not set",
        ),
        (wrapping, "wrapping_key = { file = \"ops-secret\" }", key, "must be 32 random bytes in base64"),
        (wrapping, "wrapping_key = { file = \"absent\" }", key, "absent cannot be read"),
        (wrapping, "wrapping_key = { env = \"A\", file = \"short\" }", key, "say exactly one of { env"),
        (wrapping, "wrapping_key = {}", key, "say exactly one of { env"),
    ]);
    let access_key = format!("{OPS}.access_keys \"AKIAEXAMPLE000000001\".secret");
    each_is_named(&[
        (
            "client_secret = { file = \"ops-secret\" }",
            "client_secret = { file = \"ops-secret\" }, client_key = { file = \"server.key\" }",
            "provider \"issuer\".login.client_key",
            "a client authenticates by one of them",
        ),
        (
            "client_secret = { file = \"ops-secret\" }",
            "client_key = { file = \"ops-secret\" }",
            "provider \"issuer\".login.client_key",
            "is no private key that can be used",
        ),
        (
            "client_secret = { file = \"ops-secret\" }",
            "client_secret = \"hush\"",
            "provider \"issuer\".login.client_secret",
            "never written in the file",
        ),
        ("secret = { file = \"ops-secret\" } }]", "secret = \"hush\" }]", &access_key, "never written in the file"),
        (
            "secret = { file = \"ops-secret\" } }]",
            "secret = { file = \"short\" } }]",
            &access_key,
            "shorter than 16 characters",
        ),
    ]);
    // With secrets left shut, what is not there cannot be missed; what is written openly still is.
    let world = World::new();
    let told = |text: &str| world.told(world.load(text, Secrets::LeaveShut, Peers::Real));
    let elsewhere = BASE.replace("file = \"ops-secret\"", "env = \"GATEHOUSE_TEST_UNSET\"");
    assert_eq!(told(&elsewhere), Vec::<String>::new());
    let tls = "[server]\ntls = { certificate = \"absent.pem\", key = \"absent.key\" }";
    assert_eq!(told(&elsewhere.replace("[server]", tls)), Vec::<String>::new());
    assert_eq!(world.mistakes(&elsewhere).len(), 2);
    assert_eq!(told(&BASE.replace("{ file = \"ops-secret\" }", "\"hush\"")).len(), 2);
}

#[test]
fn the_development_identity_provider_is_trusted_by_demo_alone() {
    let idp = "which signs for anybody; only `demo` may trust it";
    each_is_named(&[
        ("file = \"idp.xml\"", "file = \"demo-idp.xml\"", "provider \"corp\".metadata", idp),
        ("https://issuer.example", "http://localhost:8444/gatehouse-demo", "provider \"issuer\".issuer", idp),
    ]);
    let world = World::new();
    let text = BASE.replace("idp.xml", "demo-idp.xml");
    assert_eq!(world.told(world.load(&text, Secrets::Read, Peers::Demo)), Vec::<String>::new());
}

/// A listener that the world can reach needs TLS and wrapped keys: two mistakes at once.
#[test]
fn outside_of_loopback_more_is_asked_for() {
    let mistakes = World::new().mistakes(&BASE.replace("127.0.0.1:8443", "0.0.0.0:8443"));
    let [tls, keys] = mistakes.as_slice() else { panic!("{mistakes:#?}") };
    assert!(tls.starts_with("gatehouse.toml: server.tls: is missing, and 0.0.0.0:8443 is reachable"), "{tls}");
    assert!(keys.starts_with("gatehouse.toml: keys.wrapping_key: is required unless"), "{keys}");
}

/// Whoever takes the place of AWS takes what is meant for AWS.
#[test]
fn check_notes_the_audience_of_aws() {
    for (audiences, noted) in [("\"urn:amazon:webservices\"", 1), ("\"urn:amazon:webservices:eu\"", 0), ("", 0)] {
        let text = BASE.replace("[saml]", &format!("[saml]\naudiences = [{audiences}]"));
        let out = World::new().check(&text, &["--without-secrets"]);
        let said = String::from_utf8(out.stdout).expect("UTF-8");
        let notes =
            said.lines().filter(|line| line.starts_with("note: saml.audiences has \"urn:amazon:webservices\": "));
        assert!(out.status.success() && notes.count() == noted, "{said}");
    }
}

/// The command: every mistake of one file at once, one a line, and the exit status.
#[test]
fn check_names_everything_and_exits_so() {
    let world = World::new();
    let told = |output: &std::process::Output| {
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let file = world.0.path().join("gatehouse.toml").display().to_string();
    let (code, out, err) = told(&world.check(BASE, &[]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(out, format!("{file}: good. Accounts: 1, providers: 2, roles: 1.\n"));

    let broken = BASE
        .replace("[server]", "sever = 1\n[server]")
        .replace("listen = \"127.0.0.1:8443\"", "listen = 8443")
        .replace(PUBLIC, "")
        .replace("sqlite:gatehouse.db", "postgres://gate:hush-hush-hush@db/gate")
        .replace("idp.xml", "demo-idp.xml")
        .replace("department ==", "department = =")
        .replace("client_secret = { file = \"ops-secret\" }", "client_secret = \"hush-hush-hush\"")
        .replace(
            "\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRoleWithSAML\"",
            "\"Effect\": \"Permit\", \"Action\": \"sts:AssumeRoleWithSAML\"",
        )
        .replace("[[user]]", "[[user]]\nmfa = \"totp\"");
    let (code, out, err) = told(&world.check(&broken, &[]));
    assert_eq!((code, out.as_str()), (Some(1), ""));
    let mut lines: Vec<&str> = err.lines().collect();
    assert_eq!(lines.pop(), Some("gatehouse: 9 mistakes; nothing was started"), "{err}");
    for key in [
        "sever",
        "server.listen",
        "server.public_url",
        "store.url",
        "provider \"corp\".metadata",
        "provider \"corp\".rule[0].when",
        "provider \"issuer\".login.client_secret",
        "role \"arn:aws:iam::111122223333:role/Admin\".trust.json: Statement[0].Effect (line 2)",
        "user \"arn:aws:iam::111122223333:user/ops\".mfa",
    ] {
        let named = lines.iter().filter(|line| line.starts_with(&format!("{file}: {key}: "))).count();
        assert_eq!(named, 1, "{key} in {err}");
    }
    assert_eq!(lines.len(), 9, "{err}");
    assert!(!err.contains("hush-hush-hush"), "{err}");

    // Nothing of a line that is no TOML is shown: it may be a secret that somebody is about to remove.
    let (code, _, err) = told(&world.check("[keys]\nwrapping_key = hush-hush-hush\n", &[]));
    assert_eq!(code, Some(1));
    assert!(err.starts_with(&format!("{file}: is not TOML at line 2, column ")) && !err.contains("hush"), "{err}");

    let elsewhere = BASE.replace("file = \"ops-secret\"", "env = \"GATEHOUSE_TEST_UNSET\"");
    assert_eq!(world.check(&elsewhere, &[]).status.code(), Some(1));
    assert_eq!(world.check(&elsewhere, &["--without-secrets"]).status.code(), Some(0));
    let (code, _, err) = told(&world.check(BASE, &["--frobnicate"]));
    assert_eq!(code, Some(1), "{err}");
    std::fs::remove_file(&file).expect("removed");
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_gatehouse")).args(["serve", "--config", &file]).output();
    let (code, _, err) = told(&output.expect("it runs"));
    assert_eq!(code, Some(1));
    assert!(err.starts_with(&format!("{file}: cannot be read: No such file")), "{err}");
}

/// What `check` refuses, `serve` refuses in the same words, before it opens anything.
#[test]
fn serve_refuses_what_check_refuses() {
    let world = World::new();
    let text = BASE.replace("idp.xml", "demo-idp.xml");
    let check = world.check(&text, &[]);
    let file = world.0.path().join("gatehouse.toml");
    let serve =
        std::process::Command::new(env!("CARGO_BIN_EXE_gatehouse")).arg("serve").arg("--config").arg(file).output();
    let serve = serve.expect("it runs");
    assert_eq!((check.status.code(), serve.status.code()), (Some(1), Some(1)));
    assert_eq!(String::from_utf8_lossy(&check.stderr), String::from_utf8_lossy(&serve.stderr));
    assert!(!world.0.path().join("gatehouse.db").exists() && !world.0.path().join("keys").exists());
}
