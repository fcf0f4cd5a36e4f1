//! Claims in the form that rules read: split and named as the operator says, claim by claim, and no further.

use crate::config_world::{BASE, World, each_addition_is_named};
use crate::saml_identity::{NOW, changed};
use gatehouse::catalogue::Normalisation;
use gatehouse::config::{Loaded, Peers, Secrets};
use gatehouse::trace::{Refusal, Trace};
use gatehouse::trust::{Surroundings, ruling, suppose};
use serde_json::{Map, Value, json};

const ROLE: &str = "arn:aws:iam::111122223333:role/Admin";

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("an object") };
    map
}

/// The claim that is left, or why none is.
fn read(normalisation: &Normalisation, claim: Value) -> Result<Value, String> {
    let claims = object(json!({ "c": claim, "other": "a,b" }));
    let normalised = normalisation.apply(&claims);
    assert_eq!(normalised.claims["other"], "a,b");
    match normalised.unreadable.get("c") {
        Some(why) => {
            assert!(!normalised.claims.contains_key("c"));
            Err(why.clone())
        }
        None => Ok(normalised.claims["c"].clone()),
    }
}

fn split(separator: char) -> Normalisation {
    Normalisation { split: [("c".to_owned(), separator)].into(), ..Normalisation::default() }
}

fn named() -> Normalisation {
    Normalisation { common_name: ["c".to_owned()].into(), ..Normalisation::default() }
}

#[test]
fn texts_are_split_where_it_is_said() {
    assert_eq!(read(&Normalisation::default(), json!(["a,admins; b"])), Ok(json!(["a,admins; b"])));
    for (value, commas, semicolons) in [
        (json!("a,b"), json!(["a", "b"]), json!(["a,b"])),
        (json!(["a , b;c", ",,", " d "]), json!(["a", "b;c", "d"]), json!(["a , b", "c", ",,", "d"])),
        (json!(""), json!([]), json!([])),
        (json!([]), json!([]), json!([])),
        (json!(["\"a,b\""]), json!(["\"a", "b\""]), json!(["\"a,b\""])),
    ] {
        assert_eq!(
            (read(&split(','), value.clone()), read(&split(';'), value.clone())),
            (Ok(commas), Ok(semicolons)),
            "{value}"
        );
    }
    for (value, why) in [
        (json!(7), "claims.c is neither a text nor a list of texts"),
        (json!(["a", 7]), "claims.c has a value that is no text"),
        (json!({ "a": "b" }), "claims.c is neither a text nor a list of texts"),
    ] {
        assert_eq!(read(&split(','), value), Err(why.to_owned()));
    }
}

/// RFC 4514, and what is nearly that.
#[test]
fn a_distinguished_name_is_read_as_the_cn_that_it_begins_with() {
    for (name, cn) in [
        ("CN=admins,OU=groups,DC=example,DC=com", Some("admins")),
        ("cn=admins", Some("admins")),
        ("2.5.4.3=admins,O=x", Some("admins")),
        ("CN = admins , OU = x", Some("admins")),
        ("CN=admins\\,evil,OU=x", Some("admins,evil")),
        ("CN=admins\\2Cevil,OU=x", Some("admins,evil")),
        ("CN=admins\\2cOU=x", Some("admins,OU=x")),
        ("CN=a\\20,OU=x", Some("a ")),
        ("CN=\\ a \\ ,OU=x", Some(" a  ")),
        ("CN=Caf\\C3\\A9,OU=x", Some("Café")),
        ("CN=Café,OU=x", Some("Café")),
        ("CN=a=b,OU=x", Some("a=b")),
        ("CN=a\\+b+UID=7,OU=x", Some("a+b")),
        ("UID=7+CN=a,OU=x", Some("a")),
        ("CN=a\\\"b\\\",OU=x", Some("a\"b\"")),
        // What has another beginning is nobody's CN.
        ("OU=x,CN=admins", None),
        ("UID=admins,OU=x", None),
        ("admins", None),
        ("", None),
        ("CN=", None),
        ("CN=,OU=x", None),
        ("CN=  ,OU=x", None),
        ("CN=a+CN=b,OU=x", None),
        ("CN=a,", None),
        ("CN=a,OU", None),
        ("CN=a,=x", None),
        (",CN=a", None),
        ("CN=a;OU=x", None),
        ("CN=\"admins,evil\",OU=x", None),
        ("CN=\"a\\\"b\",OU=x", None),
        ("CN=a<b,OU=x", None),
        ("CN=#0403666F6F,OU=x", None),
        ("CN=a\\", None),
        ("CN=a\\2", None),
        ("CN=a\\zz", None),
        ("CN=a\\FF,OU=x", None),
        ("CN=a\\00,OU=x", None),
        ("CN=a\\0Ab,OU=x", None),
        ("XCN=a,OU=x", None),
        ("C N=a,OU=x", None),
        ("CN\u{a0}=a,OU=x", None),
    ] {
        let got = read(&named(), json!([name]));
        match cn {
            Some(cn) => assert_eq!(got, Ok(json!([cn])), "{name}"),
            None => assert!(got.is_err_and(|why| why.ends_with("which does not begin with one CN")), "{name}"),
        }
    }
    // One of several is enough.
    assert!(read(&named(), json!(["CN=a,OU=x", "OU=x"])).is_err());
    let both = Normalisation { common_name: ["c".to_owned()].into(), ..split(';') };
    assert_eq!(read(&both, json!("CN=a,OU=x; CN=b,OU=y")), Ok(json!(["a", "b"])));
    assert!(read(&both, json!("CN=a\\;b,OU=x")).is_err(), "half a name is none");
}

#[test]
fn there_are_only_so_many_values() {
    let values = |count: usize| vec!["CN=group-with-a-name,OU=groups,DC=example,DC=com"; count];
    assert!(read(&named(), json!(values(10_000))).is_ok());
    assert!(read(&named(), json!(values(10_001))).is_err_and(|why| why.ends_with("more than 10000 values")));
    assert!(read(&split(','), json!("a,".repeat(10_000))).is_ok());
    assert!(read(&split(','), json!("a,".repeat(10_001))).is_err_and(|why| why.ends_with("more than 10000 values")));
}

/// The base with claims of this form, and these rules for its role; whoever is asked about has a session name.
fn world(claims: &str, rules: &[&str]) -> Loaded {
    let world = World::new();
    let rules: String = rules
        .iter()
        .map(|when| format!("[[provider.rule]]\nwhen = '{when}'\nroles = [\"{ROLE}\"]\nsession_name = '\"someone\"'\n"))
        .collect();
    let rule = format!("[[provider.rule]]\nwhen = 'claims.department == \"ops\"'\nroles = [\"{ROLE}\"]");
    let text = changed(BASE, &rule, &format!("{claims}\n{rules}"));
    world.load(&text, Secrets::Read, Peers::Real).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

fn ask(loaded: &Loaded, claims: Value) -> (Result<String, (&'static str, String)>, Trace) {
    let provider = loaded.catalogue.provider_named("corp").expect("corp");
    let identity = suppose(object(claims), provider, "https://gate.example/saml/acs").unwrap_or_else(|e| panic!("{e}"));
    let around = Surroundings::on_paper(NOW, None);
    let mut trace = Trace::new("");
    let role = ROLE.parse().expect("an ARN");
    let worn = ruling(&loaded.catalogue, provider, &identity, &role, &around, &mut trace);
    (worn.verdict.map(|worn| worn.session_name.to_string()).map_err(|e| (e.code().name(), e.to_string())), trace)
}

/// A name with the separator in it makes nobody somebody else.
#[test]
fn an_injected_group_counts_only_where_texts_are_split() {
    let injected = json!({ "groups": ["a,admins"] });
    let when = "\"admins\" in claims.groups";
    assert!(ask(&world("", &[when]), injected.clone()).0.is_err());
    assert!(ask(&world("[provider.claims]\nsplit = { entitlements = \",\" }", &[when]), injected.clone()).0.is_err());
    assert!(ask(&world("[provider.claims]\nsplit = { groups = \";\" }", &[when]), injected.clone()).0.is_err());
    assert!(ask(&world("[provider.claims]\nsplit = { groups = \",\" }", &[when]), injected).0.is_ok());
    let names = world("[provider.claims]\ncommon_name = [\"groups\"]", &[when]);
    assert!(ask(&names, json!({ "groups": ["CN=admins,OU=x"] })).0.is_ok());
    assert!(ask(&names, json!({ "groups": ["CN=admins\\,evil,OU=x"] })).0.is_err());
    assert!(ask(&names, json!({ "groups": ["CN=x,CN=admins"] })).0.is_err());
}

/// An assertion has one subject, and so has one on paper.
#[test]
fn somebody_on_paper_has_one_name() {
    let names = json!({ "name_id": ["alice", "root"] });
    assert!(ask(&world("", &["\"alice\" in claims.name_id"]), names.clone()).0.is_ok());
    assert!(ask(&world("", &["\"root\" in claims.name_id"]), names).0.is_err());
}

/// What cannot be read is neither there nor absent: also a rule that asks for the absence fails.
#[test]
fn a_rule_that_reads_what_cannot_be_read_fails() {
    let claims = "[provider.claims]\ncommon_name = [\"groups\"]";
    let odd = json!({ "groups": ["CN=staff,OU=x", "OU=x,CN=admins"], "department": "ops" });
    for when in [
        "\"admins\" in claims.groups",
        "\"staff\" in claims.groups",
        "!(\"contractors\" in claims.groups)",
        "claims.groups.all(g, g != \"contractors\")",
        "!(\"groups\" in claims)",
        "!has(claims.groups)",
        "claims.all(name, name != \"groups\")",
    ] {
        let (code, sentence) = ask(&world(claims, &[when]), odd.clone()).0.expect_err(when);
        assert_eq!(code, "trust.rule-failed", "{when}");
        assert!(
            sentence.ends_with("claims.groups has \"OU=x,CN=admins\", which does not begin with one CN"),
            "{sentence}"
        );
    }
    let other = world(claims, &["!(\"contractors\" in claims.groups)", "\"ops\" in claims.department"]);
    assert_eq!(ask(&other, odd).0, Ok("someone".to_owned()));
    assert!(ask(&other, json!({ "groups": "CN=staff,OU=x" })).0.is_ok());
}

#[test]
fn the_trace_shows_what_is_read_before_and_after() {
    let claims = "[provider.claims]\nsplit = { groups = \",\", phone = \",\" }\ncommon_name = [\"memberOf\"]";
    let loaded = world(claims, &["\"ops\" in claims.groups || \"ops\" in claims.memberOf"]);
    let (_, trace) = ask(&loaded, json!({ "groups": "a, b", "phone": "1,2", "memberOf": ["CN=ops,OU=x"] }));
    let steps = trace.steps();
    let told: Vec<(&str, &str)> = steps
        .iter()
        .filter(|step| step.check.starts_with("claims."))
        .map(|step| (&*step.check, step.received.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        told,
        [
            ("claims.groups", "\"a, b\" is read as \"a\", \"b\""),
            ("claims.memberOf", "\"CN=ops,OU=x\" is read as \"ops\"")
        ]
    );
    let (_, trace) = ask(&loaded, json!({ "memberOf": ["OU=x"] }));
    assert!(
        trace
            .steps()
            .iter()
            .any(|step| step.received.as_deref().is_some_and(|it| it.contains("nothing that can be read")))
    );
}

/// Names, tags and the second factor come of the same form; a trust policy reads what the provider sent.
#[test]
fn condition_keys_stay_as_they_came() {
    let world = World::new();
    let trust = |groups: &str| {
        format!(
            r#"{{"Sid": "Machines", "Effect": "Allow", "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"], "Principal": {{"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example"}}, "Condition": {{"ForAnyValue:StringEquals": {{"issuer.example:groups": "{groups}"}}, "Bool": {{"aws:MultiFactorAuthPresent": "true"}}}}}}]}}"#
        )
    };
    let rule = format!(
        "mfa = '\"otp\" in claims.amr'\n[provider.claims]\nsplit = {{ groups = \",\", amr = \";\" }}\n[[provider.rule]]\nwhen = '\"b\" in claims.groups'\nroles = [\"{ROLE}\"]\nsession_name = 'claims.groups[1] + \"-user\"'\ntags = {{ team = 'claims.groups[0]' }}\n\n[[role]]"
    );
    let login = "login = { client_id = \"web\", client_secret = { file = \"ops-secret\" } }\n";
    let text = |groups: &str| {
        let text = changed(BASE, &format!("{login}\n[[role]]"), &format!("{login}{rule}"));
        changed(&text, "saml-provider/corp\"}}]}", &format!("saml-provider/corp\"}}}},\n{}", trust(groups)))
    };
    let ask = |groups: &str| {
        let loaded = world.load(&text(groups), Secrets::Read, Peers::Real).unwrap_or_else(|m| panic!("{m:?}"));
        let provider = loaded.catalogue.provider_named("issuer").expect("issuer");
        let claims = object(json!({ "sub": "s1", "aud": "web", "groups": "a,b", "amr": "pwd;otp" }));
        let identity = suppose(claims, provider, "").unwrap_or_else(|e| panic!("{e}"));
        let around = Surroundings::on_paper(NOW, None);
        let worn = ruling(&loaded.catalogue, provider, &identity, &ROLE.parse().unwrap(), &around, &mut Trace::new(""));
        worn.verdict.map(|worn| (worn.session_name.to_string(), worn.carried.tags.keys())).map_err(|e| e.code().name())
    };
    assert_eq!(ask("a,b"), Ok(("b-user".to_owned(), "team".to_owned())));
    assert_eq!(ask("b"), Err("trust.no-statement-allows"));
}

#[test]
fn slips_are_named_by_their_place() {
    let saml = "metadata = { file = \"idp.xml\" }";
    let key = |name: &str| format!("provider \"corp\".claims{name}");
    each_addition_is_named(&[
        (saml, "claims = 7", &key(""), "must be a table"),
        (saml, "claims = { split = \",\" }", &key(".split"), "must be a table of separators"),
        (saml, "claims = { split = { groups = \"|\" } }", &key(".split.groups"), "must be \",\" or \";\""),
        (saml, "claims = { split = { groups = 1 } }", &key(".split.groups"), "must be \",\" or \";\""),
        (saml, "claims = { common_name = \"groups\" }", &key(".common_name"), "must be a list of strings"),
        (saml, "claims = { common_names = [] }", &key(".common_names"), "did you mean \"common_name\"?"),
        (
            saml,
            "claims = { split = { groups = \",\" }, common_name = [\"groups\"] }",
            &key(".common_name"),
            "\"groups\" is split at commas",
        ),
    ]);
    let world = World::new();
    let output = world.check(&changed(BASE, saml, &format!("{saml}\nclaims = {{ common_name = [\"groups\"] }}")), &[]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("note: of groups at arn:aws:iam::111122223333:saml-provider/corp the common name alone"),
        "{said}"
    );
}
