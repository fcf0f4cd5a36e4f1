//! `gatehouse explain`: what papers would come to, without anything coming of it.

use crate::config_world::{BASE, World};
use crate::oidc_issuer;
use crate::running::{ended, gatehouse, keeps_silent};
use crate::saml_encrypted::{Encryptor, PRESENT};
use crate::saml_identity::{EC, changed, form, response, sign};
use serde_json::{Value, json};

const ADMIN: &str = "arn:aws:iam::111122223333:role/Admin";
const DEPLOY: &str = "arn:aws:iam::111122223333:role/Deploy";
const NOON: &str = "2031-01-01T12:00:00Z";

/// The world, where people come with assertions and machines with tokens.
fn world() -> World {
    let world = World::new();
    let rule =
        "[[provider.rule]]\nwhen = 'claims.department == \"ops\"'\nroles = [\"arn:aws:iam::111122223333:role/Admin\"]";
    let deploy = r#"[[role]]
arn = "arn:aws:iam::111122223333:role/Deploy"
trust = { json = '''
{"Version": "2012-10-17", "Statement": [
  {"Sid": "Main", "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
   "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example"},
   "Condition": {"StringEquals": {"issuer.example:aud": "web", "issuer.example:sub": "main"}}}]}
''' }
[[user]]"#;
    world.write(&changed(&changed(BASE, rule, ""), "[[user]]", deploy));
    world
}

/// Exit status and stdout; on stderr is nothing unless the question was wrong.
fn explain(world: &World, options: &[&str]) -> (i32, String) {
    let mut command = gatehouse();
    command.current_dir(world.0.path()).args(["explain", "--config", "gatehouse.toml"]).args(options);
    let (code, out, err) = ended(&mut command);
    let code = code.expect("it ends by itself");
    assert_eq!(err.is_empty(), code != 1, "{err}");
    // Nothing is redeemed: neither the store nor the keys are even opened.
    assert!(!world.0.path().join("gatehouse.db").exists() && !world.0.path().join("keys").exists());
    (code, if code == 1 { err } else { out })
}

fn in_json(world: &World, options: &[&str]) -> (i32, Value) {
    let (code, out) = explain(world, &[options, &["--json"]].concat());
    (code, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}")))
}

fn unsigned() -> String {
    let name = r#"<saml:AttributeStatement><saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName"><saml:AttributeValue>alice</saml:AttributeValue></saml:Attribute>"#;
    let xml = changed(&response(), " InResponseTo=\"_request-1\"", "");
    changed(&xml, "<saml:AttributeStatement>", name)
}

fn signed(xml: &str) -> String {
    sign(xml, "_assertion", &EC)
}

fn step<'v>(answer: &'v Value, check: &str) -> &'v Value {
    let steps = answer["steps"].as_array().expect("steps");
    steps.iter().find(|step| step["check"] == check).unwrap_or_else(|| panic!("no {check} in {answer:#}"))
}

#[test]
fn an_assertion_is_explained_from_base64_and_from_xml() {
    let world = world();
    let xml = signed(&unsigned());
    world.0.write("paper.xml", &xml);
    world.0.write("paper.b64", form(&xml) + "\n");
    for file in ["paper.xml", "paper.b64"] {
        let (code, answer) = in_json(&world, &["--saml-response", file, "--at", NOON]);
        assert_eq!(code, 0, "{answer:#}");
        assert_eq!(answer["allowed"], true);
        assert_eq!(answer["identities"][0]["subject"], "alice@example.com");
        assert_eq!(answer["identities"][0]["provider"], "arn:aws:iam::111122223333:saml-provider/corp");
        assert_eq!(answer["identities"][0]["claims"]["groups"], json!(["staff", "ops"]));
        assert_eq!(step(&answer, "saml.signature")["outcome"], "pass");
        let admin = answer["roles"].as_array().unwrap().iter().find(|role| role["role"] == ADMIN).unwrap();
        assert_eq!((&admin["decision"], &admin["session_name"]), (&json!("allow"), &json!("alice")));
        assert!(admin["statement"].as_str().unwrap().contains("People"), "{admin}");
        keeps_silent(&answer.to_string(), &[&form(&xml)]);
    }
    let (code, text) = explain(&world, &["--saml-response", "paper.xml", "--at", NOON, "--role", ADMIN]);
    assert_eq!(code, 0);
    for line in ["At 2031-01-01T12:00:00Z:", "  pass  saml.signature", "  allow  arn:aws:iam::111122223333:role/Admin"]
    {
        assert!(text.lines().any(|it| it.starts_with(line)), "{line} in {text}");
    }
}

#[test]
fn an_encrypted_assertion_is_explained_where_the_key_is() {
    let world = world();
    world.0.write("paper.xml", Encryptor::ours().response(&signed(&unsigned())));
    let (code, answer) = in_json(&world, &["--saml-response", "paper.xml", "--at", NOON]);
    assert_eq!(code, 2);
    let failed = step(&answer, "saml.no-decryption-key");
    assert!(failed["remedy"].as_str().is_some_and(|remedy| remedy.contains("keys directory")), "{failed}");

    world.0.write("keys/saml-encryption.pem", &PRESENT.pem);
    let mut command = gatehouse();
    command.current_dir(world.0.path()).args(["explain", "--config", "gatehouse.toml", "--at", NOON, "--json"]);
    let (code, out, _) = ended(command.args(["--saml-response", "paper.xml"]));
    assert_eq!(code, Some(0), "{out}");
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["identities"][0]["subject"], "alice@example.com");
    assert_eq!(step(&answer, "saml.decryption")["received"], "AES-256-GCM, by the present key");
    let files = std::fs::read_dir(world.0.path().join("keys")).expect("keys").count();
    assert_eq!(files, 1, "nothing was made");
}

#[test]
fn an_expired_assertion_says_when_it_was_good() {
    let world = world();
    world.0.write("paper.xml", signed(&unsigned()));
    let (code, answer) = in_json(&world, &["--saml-response", "paper.xml", "--at", "2031-01-01T12:10:00Z"]);
    assert_eq!((code, &answer["allowed"]), (2, &json!(false)));
    let failed: Vec<&Value> =
        answer["steps"].as_array().unwrap().iter().filter(|step| step["outcome"] == "fail").collect();
    let [failed] = failed[..] else { panic!("{answer:#}") };
    assert_eq!(failed["code"], "saml.confirmation-expired");
    for (side, time) in [("expected", "12:04:00"), ("received", "12:10:00")] {
        let both = format!("{} {}", failed["expected"], failed["received"]);
        assert!(failed[side].is_string() && both.contains(time), "{failed:#}");
    }
    assert!(failed["remedy"].as_str().is_some_and(|remedy| remedy.contains("clocks")), "{failed:#}");
    let (code, text) = explain(&world, &["--saml-response", "paper.xml", "--at", "2031-01-01T12:10:00Z"]);
    assert_eq!(code, 2);
    for piece in
        ["  FAIL  saml.confirmation-expired", "        expected ", "        received ", "        → Sign in again"]
    {
        assert!(text.contains(piece), "{piece} in {text}");
    }
    // Without --at it is now, and the assertion is of another time.
    assert_eq!(explain(&world, &["--saml-response", "paper.xml"]).0, 2);
}

/// An assertion that is good for a minute more of somebody whose session has ended gives nothing, here as there.
#[test]
fn nothing_is_left_of_a_session_that_has_ended() {
    let world = world();
    for (ends, code, said) in
        [("2031-01-01T11:59:50Z", 2, json!("sts.nothing-left")), ("2031-01-01T12:00:10Z", 0, Value::Null)]
    {
        world.0.write("paper.xml", signed(&changed(&unsigned(), "2031-01-01T20:00:00Z", ends)));
        let (status, answer) = in_json(&world, &["--saml-response", "paper.xml", "--at", NOON, "--role", ADMIN]);
        assert_eq!((status, &answer["roles"][0]["code"]), (code, &said), "{answer:#}");
    }
}

#[test]
fn a_forged_assertion_and_a_role_that_is_not_given() {
    let world = world();
    world.0.write("forged.xml", changed(&signed(&unsigned()), ">staff<", ">admins<"));
    let (code, answer) = in_json(&world, &["--saml-response", "forged.xml", "--at", NOON]);
    assert_eq!(code, 2);
    assert_eq!(step(&answer, "saml.signature")["code"], "saml.signature");
    assert_eq!((&answer["identities"], &answer["roles"]), (&json!([]), &json!([])));

    world.0.write("paper.xml", signed(&unsigned()));
    let (code, answer) = in_json(&world, &["--saml-response", "paper.xml", "--at", NOON, "--role", DEPLOY]);
    assert_eq!(code, 2);
    assert_eq!(
        (&answer["roles"][0]["role"], &answer["roles"][0]["code"]),
        (&json!(DEPLOY), &json!("trust.role-not-given"))
    );
}

#[test]
fn a_token_is_explained_with_the_statement_that_decides() {
    let world = world();
    let token = |sub: &str| {
        let mut claims = oidc_issuer::claims("https://issuer.example");
        claims["aud"] = json!("web");
        claims["sub"] = json!(sub);
        oidc_issuer::EC.sign(&claims)
    };
    let at = ["--at", "2031-01-01T00:00:00Z", "--role", DEPLOY];
    let ask = |token: &str| {
        world.0.write("token.jwt", format!("{token}\n"));
        in_json(&world, &[&["--id-token", "token.jwt"], at.as_slice()].concat())
    };
    let good = token("main");
    let (code, answer) = ask(&good);
    assert_eq!(code, 0, "{answer:#}");
    assert!(answer["roles"][0]["statement"].as_str().unwrap().contains("Main"), "{answer:#}");
    keeps_silent(&answer.to_string(), &[&good]);

    // At the end of the calendar no skew can be added to the time.
    let end = ["--id-token", "token.jwt", "--at", "9999-12-31T23:59:59Z"];
    let (code, answer) = in_json(&world, &end);
    assert!(code == 2 && step(&answer, "oidc.expired")["code"] == "oidc.expired", "{answer:#}");

    // The nearest miss: the statement, the condition that did not hold, and what came.
    let (code, answer) = ask(&token("branch"));
    assert_eq!(code, 2);
    let denied = &answer["roles"][0];
    assert_eq!((&denied["decision"], &denied["code"]), (&json!("deny"), &json!("trust.no-statement-allows")));
    let reason = denied["reason"].as_str().unwrap();
    for piece in ["Main", "issuer.example:sub", "branch"] {
        assert!(reason.contains(piece), "{piece} in {reason}");
    }
    let mut forged = good.clone();
    let last = if forged.pop() == Some('A') { 'Q' } else { 'A' };
    forged.push(last);
    let (code, answer) = ask(&forged);
    assert_eq!(code, 2);
    assert!(answer["steps"].as_array().unwrap().iter().any(|step| step["code"] == "oidc.signature"), "{answer:#}");
}

#[test]
fn claims_are_supposed_and_said_to_be() {
    let world = world();
    world.0.write("claims.json", json!({"sub": "main", "aud": "web", "iss": "https://issuer.example"}).to_string());
    let claims = ["--claims", "claims.json", "--provider"];
    let (code, answer) = in_json(&world, &[claims.as_slice(), &["issuer", "--role", DEPLOY]].concat());
    assert_eq!(code, 0, "{answer:#}");
    assert_eq!(step(&answer, "explain.claims")["outcome"], "note");
    let (code, text) = explain(&world, &[claims.as_slice(), &["111122223333:issuer"]].concat());
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("nothing was verified"), "{text}");
    assert_eq!(explain(&world, &[claims.as_slice(), &["issuer", "--role", ADMIN]].concat()).0, 2);
    // Nobody is somebody without a subject.
    for (claims_of_nobody, code) in
        [(json!({"aud": "web"}), "oidc.missing-claim"), (json!({"sub": 1, "aud": "web"}), "oidc.claim-type")]
    {
        world.0.write("claims.json", claims_of_nobody.to_string());
        let (status, answer) = in_json(&world, &[claims.as_slice(), &["issuer"]].concat());
        assert_eq!((status, &answer["identities"]), (2, &json!([])));
        assert_eq!(step(&answer, code)["outcome"], "fail");
    }
}

/// The authorized party is the audience, and then the audience is the original one, as at the API.
#[test]
fn an_authorized_party_is_supposed_too() {
    let world = world();
    let written = std::fs::read_to_string(world.0.path().join("gatehouse.toml")).expect("the configuration");
    let asks = r#"{"issuer.example:aud": "web""#;
    let written = changed(&written, "client_ids = [\"web\"]", "client_ids = [\"web\"]\naudiences = [\"api\"]");
    world.write(&changed(&written, asks, &format!(r#"{asks}, "issuer.example:oaud": "api""#)));
    for (party, audience, code) in [
        (json!("web"), json!("api"), 0),
        (json!("web"), json!(["api"]), 0),
        (json!("web"), json!("web"), 2),
        (json!(null), json!("web"), 2),
    ] {
        let mut claims = json!({"sub": "main", "aud": audience, "iss": "https://issuer.example", "OAUD": "api"});
        if party.is_string() {
            claims["azp"] = party;
        }
        world.0.write("claims.json", claims.to_string());
        let (got, answer) = in_json(&world, &["--claims", "claims.json", "--provider", "issuer", "--role", DEPLOY]);
        assert_eq!(got, code, "{claims}: {answer:#}");
    }
    world.write(&written);
    world.0.write("claims.json", json!({"sub": "main", "aud": ["web"], "iss": "https://issuer.example"}).to_string());
    assert_eq!(explain(&world, &["--claims", "claims.json", "--provider", "issuer", "--role", DEPLOY]).0, 0);
}

/// On paper nobody comes from anywhere, unless the question says from where.
#[test]
fn the_address_is_supposed_too() {
    let world = world();
    let here =
        r#""Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "StringEquals": {"issuer.example:aud""#;
    let written = std::fs::read_to_string(world.0.path().join("gatehouse.toml")).expect("the configuration");
    world.write(&changed(&written, r#""Condition": {"StringEquals": {"issuer.example:aud""#, here));
    world.0.write("claims.json", json!({"sub": "main", "aud": "web", "iss": "https://issuer.example"}).to_string());
    let ask = |more: &[&str]| {
        explain(&world, &[&["--claims", "claims.json", "--provider", "issuer", "--role", DEPLOY], more].concat())
    };
    let (code, text) = ask(&[]);
    assert!(code == 2 && text.contains("IpAddress on aws:SourceIp wants"), "{text}");
    assert_eq!(ask(&["--source-ip", "203.0.113.9"]).0, 0);
    assert_eq!(ask(&["--source-ip", "198.51.100.9"]).0, 2);
    assert!(ask(&["--source-ip", "here"]).1.starts_with("error: invalid value 'here' for '--source-ip <ADDRESS>'"));
}

/// Exit status 1, and one sentence.
#[test]
fn a_wrong_question_is_told_from_a_denial() {
    let world = world();
    world.0.write("list.json", "[]");
    world.0.write("twice.json", r#"{"groups": ["admins"], "groups": ["staff"]}"#);
    world.0.write("claims.json", "{}");
    for (options, said) in [
        (
            &["--claims", "claims.json", "--provider", "crop"][..],
            "gatehouse: there is no provider crop, or more than one; say account:name\n",
        ),
        (&["--claims", "list.json", "--provider", "issuer"], "gatehouse: list.json: it is not a JSON object: "),
        (
            &["--claims", "twice.json", "--provider", "corp"],
            "gatehouse: twice.json: it has the member \"groups\" twice\n",
        ),
        (&["--claims", "absent.json", "--provider", "issuer"], "gatehouse: absent.json cannot be read: No such file"),
        (&["--saml-response", "absent.xml"], "gatehouse: absent.xml cannot be read: No such file"),
        (
            &["--claims", "claims.json"],
            "error: the following required arguments were not provided:\n  --provider <NAME>",
        ),
        (&[], "error: the following required arguments were not provided:"),
        (
            &["--saml-response", "a", "--id-token", "b"],
            "error: the argument '--saml-response <FILE>' cannot be used with",
        ),
        (&["--saml-response", "a", "--at", "noon"], "error: invalid value 'noon' for '--at <TIME>': write it as"),
        // In UTC these are of years that nobody can write.
        (
            &["--saml-response", "a", "--at", "9999-12-31T23:59:59-12:00"],
            "error: invalid value '9999-12-31T23:59:59-12:00' for '--at <TIME>': write it as",
        ),
        (
            &["--saml-response", "a", "--at", "0000-01-01T00:00:00+12:00"],
            "error: invalid value '0000-01-01T00:00:00+12:00' for '--at <TIME>': write it as",
        ),
        (
            &["--saml-response", "a", "--role", "Admin"],
            "error: invalid value 'Admin' for '--role <ARN>': \"Admin\" is not",
        ),
    ] {
        let (code, err) = explain(&world, options);
        assert_eq!(code, 1, "{options:?}");
        assert!(err.starts_with(said), "{options:?}: {err}");
    }
    world.write("sever = 1");
    let (code, err) = explain(&world, &["--claims", "claims.json", "--provider", "issuer"]);
    assert_eq!(code, 1);
    assert!(err.contains("gatehouse.toml: sever: is not a key of this table; did you mean \"server\"?"), "{err}");
}
