//! `[[test]]` with a paper: verified as `explain` verifies it, as of its time, and with nothing but what is configured.

use crate::config_world::{BASE, World};
use crate::house::idp_metadata;
use crate::oidc_issuer;
use crate::running::keeps_silent;
use crate::saml_encrypted::Encryptor;
use crate::saml_identity::{EC, changed, form, response, sign};
use gatehouse::config::{Peers, Secrets};
use serde_json::json;

const ADMIN: &str = "arn:aws:iam::111122223333:role/Admin";
const DEPLOY: &str = "arn:aws:iam::111122223333:role/Deploy";
const MIDNIGHT: &str = "at = \"2031-01-01T00:00:00Z\"";
const LAST: &str = "at = \"9999-12-31T23:59:59Z\"";
/// In UTC it is of a year that nobody can write.
const BEYOND: &str = "at = \"9999-12-31T23:59:59-12:00\"";
const NOON: &str = "at = \"2031-01-01T12:00:00Z\"";
const HOUR_LATE: &str = "at = \"2031-01-01T13:00:00Z\"";
const TOKEN: &str = "id_token = { file = \"token.jwt\" }";
const RESPONSE: &str = "saml_response = { file = \"response.b64\" }";

/// The base, where people come with assertions' own roles and machines with tokens, and a test of these lines.
fn tested(provider: &str, role: &str, expect: &str, lines: &[&str]) -> String {
    let rule =
        "[[provider.rule]]\nwhen = 'claims.department == \"ops\"'\nroles = [\"arn:aws:iam::111122223333:role/Admin\"]";
    let other = r#"[[provider]]
name = "other"
account = "111122223333"
kind = "saml"
metadata = { file = "other.xml" }

[[role]]
arn = "arn:aws:iam::111122223333:role/Deploy"
trust = { json = '''
{"Version": "2012-10-17", "Statement": [
  {"Sid": "Main", "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
   "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example"},
   "Condition": {"StringEquals": {"issuer.example:aud": "web", "issuer.example:sub": "main"}}}]}
''' }
[[user]]"#;
    let base = changed(&changed(BASE, rule, ""), "[[user]]", other);
    let lines = lines.join("\n");
    format!(
        "{base}\n[[test]]\nname = \"t\"\nprovider = \"{provider}\"\nrole = \"{role}\"\nexpect = \"{expect}\"\n{lines}\n"
    )
}

fn world() -> World {
    let world = World::new();
    let other = idp_metadata("https://other.example/metadata", "https://other.example/sso", &[&EC.certificate]);
    world.0.write("other.xml", other);
    world
}

fn token(sub: &str, issuer: &str) -> String {
    let mut claims = oidc_issuer::claims(issuer);
    (claims["aud"], claims["sub"], claims["email"]) = (json!("web"), json!(sub), json!("deploy@example.com"));
    oidc_issuer::EC.sign(&claims)
}

fn unsigned() -> String {
    let named = r#"<saml:AttributeStatement><saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName"><saml:AttributeValue>alice</saml:AttributeValue></saml:Attribute>"#;
    let xml = changed(&response(), " InResponseTo=\"_request-1\"", "");
    changed(&xml, "<saml:AttributeStatement>", named)
}

fn signed() -> String {
    sign(&unsigned(), "_assertion", &EC)
}

/// As another name over the same signature.
fn tampered(jwt: &str) -> String {
    let mut forged = jwt.to_owned();
    let last = if forged.pop() == Some('A') { 'Q' } else { 'A' };
    forged.push(last);
    forged
}

/// What is said of the test: nothing, or one mistake that begins with this.
#[track_caller]
fn says(what: &str, mistakes: &[String], said: &str, paper: &str) {
    let fits = match said {
        "" => mistakes.is_empty(),
        said => mistakes.len() == 1 && mistakes[0].starts_with(&format!("gatehouse.toml: test \"t\".{said}")),
    };
    assert!(fits, "{what}: wanted {said:?}, got {mistakes:#?}");
    keeps_silent(&mistakes.concat(), &[paper]);
}

#[test]
fn a_token_is_tested() {
    let world = world();
    let good = token("main", "https://issuer.example");
    let (branch, other) = (token("branch", "https://issuer.example"), token("main", "https://other.example"));
    let of_old = "nobody comes with this: oidc.expired: ";
    let forged = "nobody comes with this: oidc.signature: ";
    for (what, paper, expect, lines, said) in [
        ("good", &good, "allow", &[MIDNIGHT][..], ""),
        ("good, by its statement", &good, "allow", &[MIDNIGHT, "reason = \"Main\""], ""),
        (
            "good, denied",
            &good,
            "deny",
            &[MIDNIGHT],
            "expect: \"deny\" is expected, and it is allowed: as main, by Main",
        ),
        ("another subject", &branch, "deny", &[MIDNIGHT, "reason = \"trust.no-statement-allows\""], ""),
        (
            "another subject",
            &branch,
            "allow",
            &[MIDNIGHT],
            "expect: \"allow\" is expected, and it is denied: trust.no-st",
        ),
        ("expired", &good, "allow", &[NOON], &format!("id_token: {of_old}")),
        ("expired, denied for whatever reason", &good, "deny", &[NOON], &format!("id_token: {of_old}")),
        ("expired, denied for another", &good, "deny", &[NOON, "reason = \"trust.\""], &format!("id_token: {of_old}")),
        ("expired, as expected", &good, "deny", &[NOON, "reason = \"oidc.expired\""], ""),
        ("at the end of the calendar", &good, "deny", &[LAST, "reason = \"oidc.expired\""], ""),
        ("forged", &tampered(&good), "allow", &[MIDNIGHT], &format!("id_token: {forged}")),
        ("forged, as expected", &tampered(&good), "deny", &[MIDNIGHT, "reason = \"oidc.signature\""], ""),
        ("expected to be forged", &good, "deny", &[MIDNIGHT, "reason = \"oidc.signature\""], "expect: \"deny\" is"),
        ("of another issuer", &other, "allow", &[MIDNIGHT], "id_token: nobody comes with this: oidc.issuer: "),
        ("no token", &"alice".to_owned(), "allow", &[MIDNIGHT], "id_token: nobody comes with this: oidc."),
    ] {
        world.0.write("token.jwt", format!("{paper}\n"));
        let text = tested("issuer", DEPLOY, expect, &[&[TOKEN], lines].concat());
        says(what, &world.mistakes(&text), said, paper);
    }
    world.0.write("token.jwt", &good);
    let said = world.mistakes(&tested("issuer", DEPLOY, "deny", &[TOKEN, NOON])).concat();
    let hint = "; where that is meant, say expect = \"deny\" and reason = \"oidc.expired\"";
    assert!(said.ends_with(hint), "{said}");
}

/// The time of the test is that of its conditions too.
#[test]
fn a_policy_that_looks_at_the_clock_sees_the_time_of_the_paper() {
    let world = world();
    world.0.write("token.jwt", token("main", "https://issuer.example"));
    let until = |time: &str| {
        let text = tested("issuer", DEPLOY, "allow", &[TOKEN, MIDNIGHT]);
        let condition = format!(
            "\"Condition\": {{\"DateLessThan\": {{\"aws:CurrentTime\": \"{time}\"}}, \"StringEquals\": {{\"issuer.example:aud\""
        );
        world.mistakes(&changed(&text, "\"Condition\": {\"StringEquals\": {\"issuer.example:aud\"", &condition))
    };
    assert_eq!(until("2031-01-01T00:00:01Z"), Vec::<String>::new());
    assert!(until("2030-12-31T23:59:59Z").concat().contains("trust.no-statement-allows"));
}

/// By the program itself, which starts its second engine for them.
#[test]
fn an_assertion_is_tested() {
    let world = world();
    let sealed = Encryptor::ours().response(&signed());
    let xml = signed();
    let of_old = "saml_response: nobody comes with this: saml.confirmation-expired: ";
    for (what, paper, provider, expect, lines, said) in [
        ("base64", &form(&xml), "corp", "allow", &[NOON, "reason = \"as alice, by People\""][..], ""),
        ("XML", &xml, "corp", "allow", &[NOON], ""),
        (
            "denied",
            &xml,
            "corp",
            "deny",
            &[NOON],
            "expect: \"deny\" is expected, and it is allowed: as alice, by People",
        ),
        ("expired", &xml, "corp", "allow", &[HOUR_LATE], of_old),
        ("expired, denied for whatever reason", &xml, "corp", "deny", &[HOUR_LATE], of_old),
        ("expired, as expected", &xml, "corp", "deny", &[HOUR_LATE, "reason = \"saml.confirmation-expired\""], ""),
        (
            "tampered",
            &changed(&xml, ">staff<", ">admins<"),
            "corp",
            "allow",
            &[NOON],
            "saml_response: nobody comes with this: saml.signature: ",
        ),
        (
            "of another provider",
            &form(&xml),
            "other",
            "allow",
            &[NOON],
            "saml_response: is of arn:aws:iam::111122223333:saml-provider/corp and not of this provider",
        ),
        (
            "encrypted",
            &sealed,
            "corp",
            "allow",
            &[NOON],
            "saml_response: nobody comes with this: saml.no-decryption-key: ",
        ),
    ] {
        world.0.write("response.b64", paper);
        let output = world.check(&tested(provider, ADMIN, expect, &[&[RESPONSE], lines].concat()), &[]);
        let here = format!("{}/", world.0.path().display());
        let told = String::from_utf8_lossy(&output.stderr).replace(&here, "");
        assert_eq!(output.status.success(), said.is_empty(), "{what}: {told}");
        let mistakes: Vec<String> = told.lines().filter(|l| l.contains(".toml: ")).map(str::to_owned).collect();
        says(what, &mistakes, said, paper);
    }
    assert!(!world.0.path().join("gatehouse.db").exists() && !world.0.path().join("keys").exists());
}

/// What they lack, or have twice, is named by its place; nothing is fetched to find out.
#[test]
fn slips_are_named() {
    let world = world();
    world.0.write("token.jwt", token("main", "https://issuer.example"));
    world.0.write("response.b64", form(&signed()));
    let claims = "claims = { sub = \"main\" }";
    let at_a_url = "metadata = { url = \"https://idp.example/metadata\" }";
    let (file, keys) = ("metadata = { file = \"idp.xml\" }", "jwks = { file = \"keys.json\" }\n");
    for (provider, lines, from, to, said) in [
        ("issuer", &[TOKEN][..], "", "", "at: is missing"),
        ("corp", &[RESPONSE], "", "", "at: is missing"),
        ("issuer", &[TOKEN, "at = \"noon\""], "", "", "at: \"noon\" is no time; write it as 2031-01-01T12:00:00Z"),
        ("issuer", &[TOKEN, BEYOND], "", "", "at: \"9999-12-31T23:59:59-12:00\" is no time; write it as"),
        ("issuer", &[claims, MIDNIGHT], "", "", "at: is for an id_token or a saml_response"),
        ("issuer", &[], "", "", "claims: is missing; this table needs it, or an id_token or a saml_response"),
        (
            "issuer",
            &[TOKEN, claims, MIDNIGHT],
            "",
            "",
            "id_token: is not all that is brought; say exactly one of claims, ",
        ),
        ("corp", &[RESPONSE, TOKEN, NOON], "", "", "id_token: is not all that is brought; say exactly one of claims, "),
        ("issuer", &[TOKEN, MIDNIGHT], "file = \"token.jwt\"", "text = \"x\"", "id_token"),
        ("issuer", &[TOKEN, MIDNIGHT], "token.jwt", "absent", "id_token.file: absent cannot be read"),
        ("issuer", &[TOKEN, MIDNIGHT], keys, "", "id_token: cannot be verified here: the provider's keys are at a URL"),
        (
            "corp",
            &[RESPONSE, NOON],
            file,
            at_a_url,
            "saml_response: cannot be verified here: the provider's metadata is at",
        ),
        ("corp", &[TOKEN, MIDNIGHT], "", "", "id_token: is for providers that issue ID tokens"),
        ("issuer", &[RESPONSE, NOON], "", "", "saml_response: is for providers of kind \"saml\""),
    ] {
        let text = tested(provider, DEPLOY, "allow", lines);
        let mistakes = world.mistakes(&if from.is_empty() { text } else { changed(&text, from, to) });
        let first = mistakes.first().map(String::as_str).unwrap_or_default();
        assert!(first.starts_with(&format!("gatehouse.toml: test \"t\".{said}")), "{said}: {mistakes:#?}");
        assert!(mistakes.len() == 1 || from.contains("file = \"token.jwt\""), "{mistakes:#?}");
    }
}

/// As with claims that are written down: whoever plans a rule about them finds them on record. Of a paper that was refused
/// nothing is read.
#[test]
fn what_a_paper_says_counts_as_read() {
    let world = world();
    let read = |lines: &[&str], expect: &str| {
        let loaded = world.load(&tested("issuer", DEPLOY, expect, lines), Secrets::LeaveShut, Peers::Real);
        let loaded = loaded.unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        let issuer = loaded.catalogue.provider_named("issuer").expect("the provider").clone();
        ["email", "department"].map(|claim| loaded.catalogue.rules_read(&issuer, claim))
    };
    world.0.write("token.jwt", token("main", "https://issuer.example"));
    assert_eq!(read(&["claims = { sub = \"main\" }"], "allow"), [false, false]);
    assert_eq!(read(&[TOKEN, MIDNIGHT], "allow"), [true, false]);
    assert_eq!(read(&[TOKEN, NOON, "reason = \"oidc.expired\""], "deny"), [false, false]);
}
