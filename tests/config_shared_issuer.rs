//! Issuers that sign for everybody: which trust policies are refused, and what those who wrote them are told.

use crate::config_world::{BASE, World};

const GITHUB: &str = "token.actions.githubusercontent.com";

/// What everybody can get a token from says nothing about whose token it is: the trust policy must.
#[test]
fn shared_issuers_need_to_be_told_who() {
    for (issuer, condition, holds) in [
        (GITHUB, "", false),
        (GITHUB, r#""StringEquals": {"token.actions.githubusercontent.com:aud": "web"}"#, false),
        (GITHUB, r#""StringLike": {"token.actions.githubusercontent.com:sub": "*"}"#, false),
        (GITHUB, r#""StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}"#, false),
        (GITHUB, r#""StringLike": {"token.actions.githubusercontent.com:sub": ["repo:org/app:*", "repo:*"]}"#, false),
        (GITHUB, r#""StringLike": {"token.actions.githubusercontent.com:sub": "repo:org/*"}"#, true),
        (
            GITHUB,
            r#""StringEquals": {"token.actions.githubusercontent.com:sub": "repo:org/app:ref:refs/heads/main"}"#,
            true,
        ),
        ("gitlab.com", "", false),
        ("gitlab.com", r#""StringLike": {"gitlab.com:sub": "project_path:*"}"#, false),
        ("gitlab.com", r#""StringLike": {"gitlab.com:sub": "project_path:org/app:*"}"#, true),
        ("gitlab.com", r#""StringLike": {"gitlab.com:sub": "project_path:org*"}"#, false),
        ("gitlab.com", r#""StringEquals": {"gitlab.com:sub": "ref:main"}"#, false),
        ("agent.buildkite.com", r#""StringLike": {"agent.buildkite.com:sub": "organization:*:pipeline:web:*"}"#, false),
        ("agent.buildkite.com", r#""StringLike": {"agent.buildkite.com:sub": "organization:org:*"}"#, true),
        ("app.terraform.io", r#""StringLike": {"app.terraform.io:sub": "organization:org*:project:*"}"#, false),
        ("app.terraform.io", r#""StringLike": {"app.terraform.io:sub": "organization:org:project:*"}"#, true),
        ("oidc.codefresh.io", r#""StringLike": {"oidc.codefresh.io:sub": "account:123:pipeline:*"}"#, true),
        ("oidc.vercel.com", r#""StringLike": {"oidc.vercel.com:aud": "https://vercel.com/*"}"#, false),
        ("oidc.vercel.com", r#""StringEquals": {"oidc.vercel.com:aud": "https://vercel.com/org"}"#, true),
        ("api.pulumi.com/oidc", "", false),
        ("cognito-identity.amazonaws.com", "", false),
        ("accounts.google.com", "", false),
        ("accounts.google.com", r#""StringEquals": {"accounts.google.com:sub": "1234"}"#, false),
        ("accounts.google.com", r#""StringEquals": {"accounts.google.com:aud": "web"}"#, true),
    ] {
        let world = World::new();
        let mistakes = world.mistakes(&shared(issuer, condition, ""));
        if holds {
            assert_eq!(mistakes, Vec::<String>::new(), "{issuer} {condition}");
        } else {
            let [only] = mistakes.as_slice() else { panic!("{issuer} {condition}: {mistakes:#?}") };
            let named = "gatehouse.toml: role \"arn:aws:iam::111122223333:role/Admin\".trust: lets in everybody whom";
            assert!(only.starts_with(named), "{issuer} {condition}: {only}");
        }
        let rule = "[[provider.rule]]\nwhen = 'claims.repository_owner == \"org\"'\nroles = [\"arn:aws:iam::111122223333:role/Admin\"]";
        assert_eq!(
            world.mistakes(&shared(issuer, condition, rule)),
            Vec::<String>::new(),
            "{issuer} {condition}, rules"
        );
    }
}

/// Of the words in a subject, some are for everybody to choose: an environment's name, a workflow that anybody calls.
#[test]
fn a_subject_names_the_organisation() {
    for (sub, holds) in [
        ("environment:production", false),
        ("environment:production:repo:org/app", true),
        ("job_workflow_ref:org/flows/.github/workflows/deploy.yml@refs/heads/main", false),
        ("ref:refs/heads/main", false),
        ("repo:org*", false),
        ("repo:org*/app*:ref:refs/heads/main", false),
        ("repo:*/app:ref:refs/heads/main", false),
        ("repo:?rg/app:*", false),
        ("repo:/app", false),
        ("repo", false),
        ("", false),
        ("*:repo:org/app", false),
        ("repo:org/*", true),
        ("repo:org@12/app@34:ref:refs/heads/main", true),
        ("repo:org@*/app@*:ref:refs/heads/main", true),
        ("repository_owner:org", true),
        ("repository_owner:org:*", true),
        ("repository_owner_id:12*", false),
        ("repository_owner_id:12:environment:production", true),
    ] {
        let condition = format!(r#""StringLike": {{"token.actions.githubusercontent.com:sub": "{sub}"}}"#);
        let mistakes = World::new().mistakes(&shared(GITHUB, &condition, ""));
        assert_eq!(mistakes.is_empty(), holds, "{sub}: {mistakes:?}");
        let named = |mistake: &String| mistake.contains(&format!("(\"{sub}\" names nobody); add a condition on"));
        assert!(holds || mistakes.iter().any(named), "{sub}: {mistakes:?}");
    }
}

/// A rule helps only if it asks who comes.
#[test]
fn a_rule_helps_if_it_asks_who_comes() {
    for (when, holds) in
        [("true", false), ("claims.aud == \"web\"", false), ("claims.repository_owner == \"org\"", true)]
    {
        let rule = format!("[[provider.rule]]\nwhen = '{when}'\nroles = [\"arn:aws:iam::111122223333:role/Admin\"]");
        let mistakes = World::new().mistakes(&shared(GITHUB, "", &rule));
        assert_eq!(mistakes.is_empty(), holds, "{when}: {mistakes:?}");
    }
}

#[test]
fn the_mending_is_told() {
    let mending = "add a condition on \"gitlab.com:sub\" that names your organisation, as in \"project_path:your-group/your-project:*\"";
    let mistakes = World::new().mistakes(&shared("gitlab.com", "", ""));
    assert!(mistakes[0].contains(mending), "{mistakes:?}");
    // What lets nobody in may be as wide as it likes.
    let tags = shared(GITHUB, "", "").replace("sts:AssumeRoleWithWebIdentity", "sts:TagSession");
    assert_eq!(World::new().mistakes(&tags), Vec::<String>::new());
}

/// Conditions that hold for a token without the claim, or that a claim can bend, narrow nothing.
#[test]
fn a_condition_without_a_demand_narrows_nothing() {
    let sub = "token.actions.githubusercontent.com:sub";
    for (operator, value, holds) in [
        ("StringLikeIfExists", "repo:org/app:*", false),
        ("ForAllValues:StringLike", "repo:org/app:*", false),
        ("StringNotLike", "repo:org/app:*", false),
        ("StringNotEqualsIgnoreCase", "repo:org/app:x", false),
        ("ForAnyValue:StringLikeIfExists", "repo:org/app:*", false),
        ("ForAnyValue:StringNotLike", "repo:org/app:*", false),
        ("Null", "false", false),
        ("StringEquals", "${token.actions.githubusercontent.com:sub}", false),
        ("StringLike", "repo:${token.actions.githubusercontent.com:repository}:*", false),
        ("ForAnyValue:StringLike", "repo:org/app:*", true),
        ("StringEqualsIgnoreCase", "repo:org/app:ref:refs/heads/main", true),
    ] {
        let mistakes = World::new().mistakes(&shared(GITHUB, &format!(r#""{operator}": {{"{sub}": "{value}"}}"#), ""));
        let told = mistakes.iter().any(|mistake| mistake.contains(".trust: lets in everybody whom"));
        assert_eq!((told, mistakes.is_empty()), (!holds, holds), "{operator} {value}: {mistakes:?}");
    }
}

/// [`BASE`] with the issuer replaced, and trusted under a condition.
fn shared(issuer: &str, condition: &str, rule: &str) -> String {
    let condition = if condition.is_empty() { String::new() } else { format!(r#", "Condition": {{{condition}}}"#) };
    let statement = format!(
        r#"{{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {{"Federated": "arn:aws:iam::111122223333:oidc-provider/{issuer}"}}{condition}}}]}}"#
    );
    let login = "login = { client_id = \"web\", client_secret = { file = \"ops-secret\" } }";
    BASE.replace("https://issuer.example", &format!("https://{issuer}"))
        .replace(login, &format!("{login}\n{rule}"))
        .replace("saml-provider/corp\"}}]}", &format!("saml-provider/corp\"}}}},\n  {statement}"))
}
