//! Configurations of many roles: what is the same is kept once, and twice as many take about twice as long.

use crate::config_world::{BASE, World};
use crate::saml_identity::NOW;
use gatehouse::app::load;
use gatehouse::config::{Loaded, Peers, Secrets};
use nix::time::{ClockId, clock_gettime};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}}]}"#;

/// The base and so many roles, in included files, each with a policy of its own and one of the base's; and the time of the
/// processor until they are loaded.
fn loaded(roles: usize) -> (Loaded, Duration) {
    let world = World::new();
    for file in 0..4 {
        let mut text = String::new();
        for n in (file..roles).step_by(4) {
            let policy = format!(
                r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b-{n}"}}]}}"#
            );
            let shared = "{ arn = \"arn:aws:iam::111122223333:policy/ReadOnly\" }";
            write!(text, "[[role]]\narn = \"arn:aws:iam::111122223333:role/R{n}\"\ntrust = {{ json = '{TRUST}' }}\npolicies = [{{ name = \"own\", json = '{policy}' }}, {shared}]\n").expect("text");
        }
        world.0.write(&format!("roles/{file}.toml"), text);
    }
    let path = world.write(&format!("include = [\"roles/*.toml\"]\n{BASE}"));
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let now = || Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock"));
    let began = now();
    let loaded = load(&path, Secrets::Read, Peers::Real, NOW).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    (loaded, now() - began)
}

#[test]
fn a_document_that_many_roles_have_is_kept_once() {
    let (loaded, _) = loaded(20);
    let role = |n: usize| {
        let arn = format!("arn:aws:iam::111122223333:role/R{n}").parse().expect("an ARN");
        loaded.catalogue.role(&arn).expect("a role").clone()
    };
    let (one, other) = (role(3), role(16));
    assert!(Arc::ptr_eq(&one.trust, &other.trust));
    assert!(Arc::ptr_eq(&one.policies[1].policy, &other.policies[1].policy));
    assert!(!Arc::ptr_eq(&one.policies[0].policy, &other.policies[0].policy));
    // They are found by whom they trust.
    let corp = loaded.catalogue.provider_named("corp").expect("corp");
    assert_eq!(loaded.catalogue.roles_naming(corp).count(), 21);
    assert_eq!(loaded.catalogue.roles_naming(loaded.catalogue.provider_named("issuer").expect("issuer")).count(), 0);
}

#[test]
fn eight_times_as_many_roles_take_nothing_like_its_square() {
    let (_, few) = loaded(500);
    let (_, many) = loaded(4_000);
    assert!(many < few * 8 * 4, "500 roles take {few:?}, 4,000 take {many:?}");
}

/// Files that nobody wrote by hand, and documents that are no policy: a sentence with their place.
#[test]
fn large_and_deep_documents_are_refused_by_their_place() {
    let world = World::new();
    let statement = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a"}"#;
    let large = format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        vec![statement; 10 * 1024 * 1024 / statement.len()].join(",")
    );
    let deep = format!(r#"{{"Version":"2012-10-17","Statement":{}{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    for (name, text, said) in [
        ("large.json", large.as_str(), "bytes; at most 131072 are read"),
        ("deep.json", deep.as_str(), "document.file: "),
        ("half.json", r#"{"Version":"2012-10-17","Statement":["#, "document.file: "),
        ("list.json", "[]", "document.file: "),
        ("text.json", "no policy", "document.file: "),
        (
            "operator.json",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEqual":{"aws:username":"a"}}}]}"#,
            "Statement[0].Condition",
        ),
    ] {
        world.0.write(&format!("policies/{name}"), text);
        let mistakes = world.mistakes(&BASE.replacen("policies/read-only.json", &format!("policies/{name}"), 1));
        // What is too deep has the wrong shape as well.
        let ([only] | [only, _]) = mistakes.as_slice() else { panic!("{name}: {mistakes:#?}") };
        let place = "gatehouse.toml: policy \"arn:aws:iam::111122223333:policy/ReadOnly\".document.file: ";
        assert!(only.starts_with(place) && only.contains(said) && only.len() < 500, "{name}: {only}");
    }
    let nested = format!("{BASE}\nx = {}{}", "[".repeat(50_000), "]".repeat(50_000));
    let mistakes = world.mistakes(&nested);
    assert!(mistakes.len() == 1 && mistakes[0].starts_with("gatehouse.toml: is not TOML at line "), "{mistakes:?}");
}
