//! The example configuration is the reference of its keys: it must load, and come to what its comments say.

use std::process::{Command, Output};

fn gatehouse(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().expect("the binary runs")
}

/// The exit status of `explain` for somebody with these claims, and what it prints.
fn explain(provider: &str, role: &str, claims: &str) -> (Option<i32>, String) {
    let file = tempfile(claims);
    let config = ["explain", "--config", "config/gatehouse.toml", "--provider", provider, "--role", role, "--claims"];
    let mut arguments = config.to_vec();
    arguments.push(file.to_str().expect("a temporary path is UTF-8"));
    let output = gatehouse(&arguments);
    std::fs::remove_file(file).expect("it was written a moment ago");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn tempfile(text: &str) -> std::path::PathBuf {
    let name = format!("gatehouse-claims-{}-{:x}.json", std::process::id(), text.as_ptr() as usize);
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, text).expect("the temporary directory takes files");
    path
}

#[test]
fn it_loads_without_its_secrets() {
    let output = gatehouse(&["check", "--config", "config/gatehouse.toml", "--without-secrets"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_workflow_of_the_main_branch_deploys_and_another_does_not() {
    let role = "arn:aws:iam::111122223333:role/Deploy";
    let claims = |sub: &str| {
        let issuer = "https://token.actions.githubusercontent.com";
        format!(r#"{{"iss": "{issuer}", "aud": "sts.amazonaws.com", "sub": "repo:example-org/website:{sub}"}}"#)
    };
    let (status, said) = explain("github", role, &claims("ref:refs/heads/main"));
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = explain("github", role, &claims("pull_request"));
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("trust.no-statement-allows"), "{said}");
}

#[test]
fn a_cloud_admin_becomes_admin_and_a_reader_does_not() {
    let role = "arn:aws:iam::111122223333:role/Admin";
    let (status, said) = explain("corp", role, r#"{"groups": ["cloud-admins"], "mail": ["ada@example.com"]}"#);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("as ada@example.com, by CorporateSignIn"), "{said}");
    let (status, said) = explain("corp", role, r#"{"groups": ["ReadOnly"], "mail": ["ada@example.com"]}"#);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("trust.role-not-given"), "{said}");
}

#[test]
fn an_app_s_people_are_known_by_either_network() {
    let role = "arn:aws:iam::444455556666:role/PhoneApp";
    let fan = r#"{"id": "10001", "app_id": "1234567890", "scopes": ["email"]}"#;
    let (status, said) = explain("facebook", role, fan);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("as facebook-10001, by FacebookPeople"), "{said}");
    let shopper = r#"{"user_id": "amzn1.account.A", "app_id": "amzn1.application.fedcba9876543210", "aud": "x"}"#;
    let (status, said) = explain("amazon", role, shopper);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = explain("amazon", role, &shopper.replace("fedcba", "abcdef"));
    assert_eq!(status, Some(2), "{said}");
}
