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

/// What the README sets in front of `serve` is every secret that the configuration names.
#[test]
fn it_starts_with_the_secrets_that_the_readme_sets() {
    let readme = include_str!("../README.md");
    let (before, _) =
        readme.split_once(" target/release/gatehouse serve --config config/gatehouse.toml").expect("a line");
    let block = &before[before.rfind("```sh").expect("a block")..];
    let set = block.split([' ', '\n']).filter_map(|word| word.split_once("=$(")).map(|(name, _)| name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["check", "--config", "config/gatehouse.toml"]);
    let output = command.envs(set.map(|name| (name, "6f1d3c5b7a9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c"))).output();
    let said = String::from_utf8_lossy(&output.expect("the binary runs").stderr).into_owned();
    let of_secrets = said.lines().filter(|line| line.contains("environment variable"));
    assert_eq!(of_secrets.collect::<Vec<_>>(), Vec::<&str>::new(), "{said}");
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
fn a_repository_that_tells_its_ids_deploys_and_its_namesake_does_not() {
    let role = "arn:aws:iam::111122223333:role/Deploy";
    let claims = |owner: &str| {
        let issuer = "https://token.actions.githubusercontent.com";
        let sub = format!("repo:{owner}/website@7654321:ref:refs/heads/main");
        format!(r#"{{"iss": "{issuer}", "aud": "sts.amazonaws.com", "sub": "{sub}"}}"#)
    };
    assert_eq!(explain("github", role, &claims("example-org@1234567")).0, Some(0));
    assert_eq!(explain("github", role, &claims("example-org@1234568")).0, Some(2));
}

#[test]
fn a_protected_tag_releases_and_nothing_else_does() {
    let role = "arn:aws:iam::111122223333:role/Release";
    let claims = |project: &str, reference: &str, protected: &str| {
        let sub = format!("project_path:{project}:{reference}");
        format!(
            r#"{{"iss": "https://gitlab.com", "aud": "sts.amazonaws.com", "sub": "{sub}", "ref_protected": "{protected}"}}"#
        )
    };
    let ours = "example-group/website";
    let (status, said) = explain("gitlab", role, &claims(ours, "ref_type:tag:ref:v1.2", "true"));
    assert_eq!(status, Some(0), "{said}");
    for (project, reference, protected) in [
        (ours, "ref_type:tag:ref:v1.2", "false"),
        (ours, "ref_type:branch:ref:v1.2", "true"),
        ("example-group/website-fork", "ref_type:tag:ref:v1.2", "true"),
    ] {
        let (status, said) = explain("gitlab", role, &claims(project, reference, protected));
        assert_eq!(status, Some(2), "{said}");
        assert!(said.contains("trust.no-statement-allows"), "{said}");
    }
}

#[test]
fn service_accounts_get_the_roles_that_are_theirs() {
    let claims = |issuer: &str, sub: &str| {
        let pod = r#""kubernetes.io": {"namespace": "storage", "pod": {"name": "backup-0"}}"#;
        format!(
            r#"{{"iss": "https://{issuer}", "aud": "sts.amazonaws.com", "sub": "system:serviceaccount:{sub}", {pod}}}"#
        )
    };
    let (online, offline) = ("kube.example.internal:6443", "kubernetes.default.svc.cluster.local");
    for (provider, issuer, role, sub, status) in [
        ("kube", online, "Backup", "storage:backup", 0),
        ("kube", online, "Backup", "storage:default", 2),
        ("cluster", offline, "Nightly", "jobs:nightly", 0),
        ("cluster", offline, "Nightly", "jobs:default", 2),
    ] {
        let role = format!("arn:aws:iam::444455556666:role/{role}");
        let (found, said) = explain(provider, &role, &claims(issuer, sub));
        assert_eq!(found, Some(status), "{provider} {sub}: {said}");
    }
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
