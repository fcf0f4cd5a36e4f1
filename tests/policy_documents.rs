//! What a policy document may say, and that everything else is refused at its place.

use gatehouse::policy::{Policy, PolicyError, StatementEffect};
use gatehouse::trace::Refusal;

pub(crate) const GOOD_TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}]}"#;
pub(crate) const GOOD_IDENTITY: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}"#;

fn faults(outcome: Result<Policy, Vec<PolicyError>>) -> Vec<(String, &'static str)> {
    let errors = outcome.expect_err("a refusal");
    errors.into_iter().map(|error| (error.code().name(), error.place)).map(|(code, place)| (place, code)).collect()
}

/// The good document with one text replaced.
pub(crate) fn changed(good: &str, from: &str, to: &str) -> String {
    assert!(good.contains(from), "{from}");
    good.replace(from, to)
}

#[test]
fn each_mistake_of_a_trust_policy_is_refused_at_its_place() {
    let principal = r#"{"AWS": "111122223333"}"#;
    let action = r#""sts:AssumeRole""#;
    let end = r#""sts:AssumeRole"}"#;
    let effect = r#""Effect": "Allow", "#;
    let condition = |text: &str| format!(r#""sts:AssumeRole", "Condition": {text}}}"#);
    let cases: Vec<(&str, String, &str, &str)> = vec![
        ("\"2012-10-17\"", "\"2010-05-08\"".into(), "Version", "policy.version"),
        ("\"2012-10-17\"", "20121017".into(), "Version", "policy.version"),
        ("\"Statement\"", "\"Sentence\"".into(), "document", "policy.missing"),
        ("\"Version\"", "\"version\": 1, \"Version\"".into(), "version", "policy.unknown-element"),
        ("\"Version\"", "\"Id\": 1, \"Version\"".into(), "Id", "policy.shape"),
        ("\"Version\"", "\"Version\": \"2012-10-17\", \"Version\"".into(), "Version", "policy.duplicate"),
        (effect, "".into(), "Statement[0]", "policy.missing"),
        (effect, r#""Effect": "Allow", "Effect": "Deny", "#.into(), "Statement[0].Effect", "policy.duplicate"),
        (effect, r#""Effect": "allow", "#.into(), "Statement[0].Effect", "policy.effect"),
        (effect, r#""effect": "Allow", "Effect": "Allow", "#.into(), "Statement[0].effect", "policy.unknown-element"),
        (effect, r#""Sid": "with space", "Effect": "Allow", "#.into(), "Statement[0].Sid", "policy.sid"),
        (effect, r#""Sid": 7, "Effect": "Allow", "#.into(), "Statement[0].Sid", "policy.shape"),
        (effect, r#""Resource": "*", "Effect": "Allow", "#.into(), "Statement[0].Resource", "policy.prohibited"),
        (
            effect,
            r#""NotPrincipal": "*", "Effect": "Allow", "#.into(),
            "Statement[0].NotPrincipal",
            "policy.prohibited",
        ),
        (effect, r#""NotAction": "*", "Effect": "Allow", "#.into(), "Statement[0].NotAction", "policy.prohibited"),
        (effect, r#""NotResource": "*", "Effect": "Allow", "#.into(), "Statement[0].NotResource", "policy.prohibited"),
        (action, r#""sts:GetCallerIdentity""#.into(), "Statement[0].Action", "policy.trust-action"),
        (action, r#""s3:GetObject""#.into(), "Statement[0].Action", "policy.trust-action"),
        (action, r#""*""#.into(), "Statement[0].Action", "policy.trust-action"),
        (action, r#""s*:AssumeRole""#.into(), "Statement[0].Action", "policy.action"),
        (action, r#""AssumeRole""#.into(), "Statement[0].Action", "policy.action"),
        (action, r#"["sts:AssumeRole", 7]"#.into(), "Statement[0].Action[1]", "policy.shape"),
        (action, "[]".into(), "Statement[0].Action", "policy.empty"),
        (principal, r#""111122223333""#.into(), "Statement[0].Principal", "policy.shape"),
        (principal, "{}".into(), "Statement[0].Principal", "policy.empty"),
        (principal, r#"{"Service": "ec2.*"}"#.into(), "Statement[0].Principal.Service", "policy.principal"),
        (
            principal,
            r#"{"CanonicalUser": "79a5"}"#.into(),
            "Statement[0].Principal.CanonicalUser",
            "policy.not-supported",
        ),
        (principal, r#"{"AWS": "1111"}"#.into(), "Statement[0].Principal.AWS", "policy.principal"),
        (
            principal,
            r#"{"AWS": "arn:aws:iam::111122223333:role/A*"}"#.into(),
            "Statement[0].Principal.AWS",
            "policy.principal",
        ),
        (
            principal,
            r#"{"AWS": ["*", "arn:aws:iam::111122223333:role/../A"]}"#.into(),
            "Statement[0].Principal.AWS[1]",
            "policy.principal",
        ),
        (
            principal,
            r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/A/*"}"#.into(),
            "Statement[0].Principal.AWS",
            "policy.principal",
        ),
        (principal, r#"{"Federated": "*"}"#.into(), "Statement[0].Principal.Federated", "policy.principal"),
        (principal, r#"{"Federated": "idp.example"}"#.into(), "Statement[0].Principal.Federated", "policy.principal"),
        (
            principal,
            r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/c*"}"#.into(),
            "Statement[0].Principal.Federated",
            "policy.principal",
        ),
        (end, condition("[]"), "Statement[0].Condition", "policy.shape"),
        (
            end,
            condition(r#"{"stringequals": {"saml:aud": "x"}}"#),
            "Statement[0].Condition.stringequals",
            "policy.operator",
        ),
        (end, condition(r#"{"StringEquals": {}}"#), "Statement[0].Condition.StringEquals", "policy.empty"),
        (
            end,
            condition(r#"{"StringEquals": {"aws:SourceVpc": "vpc-1"}}"#),
            "Statement[0].Condition.StringEquals[\"aws:SourceVpc\"]",
            "policy.condition-key",
        ),
        (
            end,
            condition(r#"{"StringEquals": {"saml:audience": "x"}}"#),
            "Statement[0].Condition.StringEquals[\"saml:audience\"]",
            "policy.condition-key",
        ),
        (
            end,
            condition(r#"{"StringEquals": {"aud": "x"}}"#),
            "Statement[0].Condition.StringEquals.aud",
            "policy.condition-key",
        ),
        (
            end,
            condition(r#"{"StringEquals": {"https://idp.example:aud": "x"}}"#),
            "Statement[0].Condition.StringEquals[\"https://idp.example:aud\"]",
            "policy.condition-key",
        ),
        (
            end,
            condition(r#"{"StringEquals": {"s3:prefix": "x"}}"#),
            "Statement[0].Condition.StringEquals[\"s3:prefix\"]",
            "policy.condition-key",
        ),
        (
            end,
            condition(r#"{"StringEquals": {"saml:aud": []}}"#),
            "Statement[0].Condition.StringEquals[\"saml:aud\"]",
            "policy.empty",
        ),
        (
            end,
            condition(r#"{"StringEquals": {"saml:aud": null}}"#),
            "Statement[0].Condition.StringEquals[\"saml:aud\"]",
            "policy.shape",
        ),
        (
            end,
            condition(r#"{"StringEquals": {"saml:aud": ["a", ["b"]]}}"#),
            "Statement[0].Condition.StringEquals[\"saml:aud\"][1]",
            "policy.shape",
        ),
        (
            end,
            condition(r#"{"StringEquals": {"aws:PrincipalTag/team ": "x"}}"#),
            "Statement[0].Condition.StringEquals[\"aws:PrincipalTag/team \"]",
            "policy.condition-key",
        ),
        (
            end,
            condition(r#"{"StringEquals": {"saml:sub": "${aws:username"}}"#),
            "Statement[0].Condition.StringEquals[\"saml:sub\"]",
            "policy.variable",
        ),
        (
            end,
            condition(r#"{"DateLessThan": {"aws:CurrentTime": "2030"}}"#),
            "Statement[0].Condition.DateLessThan[\"aws:CurrentTime\"]",
            "policy.value",
        ),
        (
            end,
            condition(r#"{"DateLessThan": {"aws:CurrentTime": ["2030-01-01", 203001, "x"]}}"#),
            "Statement[0].Condition.DateLessThan[\"aws:CurrentTime\"][1]",
            "policy.value",
        ),
        (
            end,
            condition(r#"{"StringEquals": {"aws:TagKeys": "x"}}"#),
            "Statement[0].Condition.StringEquals[\"aws:TagKeys\"]",
            "policy.operator",
        ),
        (
            end,
            condition(r#"{"StringNotEqualsIfExists": {"sts:transitivetagkeys": "x"}}"#),
            "Statement[0].Condition.StringNotEqualsIfExists[\"sts:transitivetagkeys\"]",
            "policy.operator",
        ),
        (
            end,
            condition(r#"{"StringLike": {"idp.example/a:AMR": "x"}}"#),
            "Statement[0].Condition.StringLike[\"idp.example/a:AMR\"]",
            "policy.operator",
        ),
        (
            end,
            condition(r#"{"StringEquals": {"saml:sub": "a", "SAML:sub": "b"}}"#),
            "Statement[0].Condition.StringEquals[\"SAML:sub\"]",
            "policy.duplicate",
        ),
        (
            end,
            condition(r#"{"StringEquals": {"saml:sub": "a", "saml:sub": "b"}}"#),
            "Statement[0].Condition.StringEquals[\"saml:sub\"]",
            "policy.duplicate",
        ),
    ];
    assert!(Policy::trust(GOOD_TRUST).is_ok());
    for (from, to, place, code) in cases {
        let found = faults(Policy::trust(&changed(GOOD_TRUST, from, &to)));
        assert!(found.contains(&(place.to_owned(), code)), "{to}: {found:?}");
    }
}

#[test]
fn each_mistake_of_an_identity_policy_is_refused_at_its_place() {
    let resource = r#""Resource": "*""#;
    let cases = [
        (resource, r#""Sid": "a""#, "Statement[0]", "policy.missing"),
        (resource, r#""Resource": "*", "Principal": "*""#, "Statement[0].Principal", "policy.prohibited"),
        ("\"Version\"", "\"Id\": \"x\", \"Version\"", "Id", "policy.prohibited"),
        (resource, r#""Resource": "arn:aws:s3""#, "Statement[0].Resource", "policy.resource"),
        (resource, r#""Resource": "arn:aws:s3:*""#, "Statement[0].Resource", "policy.resource"),
        (resource, r#""Resource": "*:aws:s3:::a""#, "Statement[0].Resource", "policy.resource"),
        (
            resource,
            r#""Resource": ["*", "arn:aws:s3:::b/${aws:usrname}"]"#,
            "Statement[0].Resource[1]",
            "policy.variable",
        ),
        (resource, r#""Resource": "${aws:PrincipalArn}""#, "Statement[0].Resource", "policy.variable"),
        (
            resource,
            r#""Resource": "arn:aws:iam::${aws:PrincipalAccount}:role/x""#,
            "Statement[0].Resource",
            "policy.variable",
        ),
        (resource, r#""Resource": "*", "NotResource": "*""#, "Statement[0]", "policy.both"),
        (resource, r#""NotAction": "*", "Resource": "*""#, "Statement[0]", "policy.both"),
        (resource, r#""NotPrincipal": "*", "Resource": "*""#, "Statement[0].NotPrincipal", "policy.prohibited"),
        (resource, r#""NotResource": "b""#, "Statement[0].NotResource", "policy.resource"),
        // Of claims a session has four, and what social networks call the person and the app.
        (
            resource,
            r#""Resource": "*", "Condition": {"StringEquals": {"idp.example/a:groups": "x"}}"#,
            "Statement[0].Condition.StringEquals[\"idp.example/a:groups\"]",
            "policy.condition-key",
        ),
        (
            resource,
            r#""Resource": "*", "Condition": {"Null": {"localhost:8080/a:oaud": "true"}}"#,
            "Statement[0].Condition.Null[\"localhost:8080/a:oaud\"]",
            "policy.condition-key",
        ),
        (
            resource,
            r#""Resource": "*", "Condition": {"Null": {"graph.facebook.com:user_id": "true"}}"#,
            "Statement[0].Condition.Null[\"graph.facebook.com:user_id\"]",
            "policy.condition-key",
        ),
        (
            resource,
            r#""Resource": "arn:aws:s3:::b/${accounts.google.com:email}""#,
            "Statement[0].Resource",
            "policy.condition-key",
        ),
        (
            resource,
            r#""Resource": "*", "Condition": {"StringEquals": {"sts:IdentityTokenAudience": "x"}}"#,
            "Statement[0].Condition.StringEquals[\"sts:IdentityTokenAudience\"]",
            "policy.operator",
        ),
        (r#""s3:GetObject""#, r#""*:GetObject""#, "Statement[0].Action", "policy.action"),
        (r#""s3:GetObject""#, r#""s3:""#, "Statement[0].Action", "policy.action"),
        (r#"[{"#, r#"[7, {"#, "Statement[0]", "policy.shape"),
        (r#"[{"#, r#"[[[[[[[[[[[1]]]]]]]]]], {"#, "Statement[0][0][0][0][0][0][0][0][0]", "policy.depth"),
    ];
    assert!(Policy::identity(GOOD_IDENTITY).is_ok());
    for (from, to, place, code) in cases {
        let found = faults(Policy::identity(&changed(GOOD_IDENTITY, from, to)));
        assert!(found.contains(&(place.to_owned(), code)), "{to}: {found:?}");
    }
}

#[test]
fn all_mistakes_of_a_document_are_told_at_once() {
    let found = faults(Policy::trust(
        r#"{"Version": "2008-10-18", "Extra": 1, "Statement": [
            {"Sid": "A", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
            {"Sid": "A", "Effect": "Permit", "Effect": "Permit", "Principal": {"AWS": ["x", "y"]}, "Action": ["s3:*"],
             "Condition": {"NumberEquals": {"saml:aud": 1}, "StringLike": {"nonsense": "${a}"}}}]}"#,
    ));
    let expected = [
        ("Statement[1].Effect", "policy.duplicate"),
        ("Version", "policy.version"),
        ("Extra", "policy.unknown-element"),
        ("Statement[1].Sid", "policy.sid"),
        ("Statement[1].Effect", "policy.effect"),
        ("Statement[1].Effect", "policy.effect"),
        ("Statement[1].Principal.AWS[0]", "policy.principal"),
        ("Statement[1].Principal.AWS[1]", "policy.principal"),
        ("Statement[1].Action[0]", "policy.trust-action"),
        ("Statement[1].Condition.NumberEquals", "policy.operator"),
        ("Statement[1].Condition.StringLike.nonsense", "policy.condition-key"),
        ("Statement[1].Condition.StringLike.nonsense", "policy.variable"),
    ];
    assert_eq!(found, expected.map(|(place, code)| (place.to_owned(), code)));
}

#[test]
fn a_document_is_bounded() {
    let long = format!("{GOOD_TRUST}{}", " ".repeat(128 * 1024));
    assert_eq!(faults(Policy::trust(&long)), [("document".to_owned(), "policy.size")]);
    for text in ["", "{", "[1] 2", &"[".repeat(100_000), "{\"Version\": \"\u{d}"] {
        assert_eq!(faults(Policy::trust(text)), [("document".to_owned(), "policy.json")], "{:?}", text.get(..9));
    }
    let statement = r#"{"Effect": "Allow", "Action": "a:b", "Resource": "*"}"#;
    let many = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, vec![statement; 257].join(","));
    assert_eq!(faults(Policy::identity(&many)), [("Statement".to_owned(), "policy.too-many")]);
    let wrong = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, vec!["1"; 200].join(","));
    assert_eq!(faults(Policy::identity(&wrong)).len(), 100);
    let text = changed(GOOD_IDENTITY, "\"*\"", &format!("\"arn:aws:s3:::{}\"", "a".repeat(2048)));
    assert_eq!(faults(Policy::identity(&text)), [("Statement[0].Resource".to_owned(), "policy.shape")]);
}

#[test]
fn a_single_statement_needs_no_brackets_and_an_empty_condition_asks_nothing() {
    let policy = Policy::trust(
        r#"{"Version": "2012-10-17", "Id": "x", "Statement": {"Sid": "One", "Effect": "Deny", "Principal": "*",
            "Action": ["sts:Assume*", "STS:tagsession"], "Condition": {}}}"#,
    );
    let policy = policy.expect("a policy");
    let statement = policy.statements().next().expect("a statement");
    assert_eq!((statement.sid(), statement.index(), statement.effect()), (Some("One"), 0, StatementEffect::Deny));
    assert!(statement.covers_action("sts:AssumeRoleWithSAML") && !statement.covers_action("sts:SetSourceIdentity"));
    let found = faults(Policy::trust(r#"{"Version": "2012-10-17", "Statement": {"Effect": "No"}}"#));
    assert_eq!(found[0], ("Statement.Effect".to_owned(), "policy.effect"));
}

/// What the load-time search for dangerously wide trust asks.
#[test]
fn the_conditions_of_a_federated_trust_can_be_asked_for() {
    let policy = Policy::trust(
        r#"{"Version": "2012-10-17", "Statement": [
            {"Sid": "ci", "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
             "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
             "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": ["repo:acme/*", "repo:*"]},
                           "StringEquals": {"Token.Actions.GithubUserContent.com:aud": "sts.amazonaws.com"}}},
            {"Sid": "google", "Effect": "Allow", "Principal": {"Federated": ["accounts.google.com"]},
             "Action": "sts:AssumeRoleWithWebIdentity"},
            {"Sid": "no", "Effect": "Deny", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:*"},
            {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "sts:*"}]}"#,
    );
    let policy = policy.expect("a policy");
    let sids = |provider| policy.allows_federated(provider).filter_map(|s| s.sid()).collect::<Vec<_>>();
    let github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    assert_eq!(sids("accounts.google.com"), ["google"]);
    assert_eq!(sids("www.amazon.com"), Vec::<&str>::new());
    assert_eq!(sids(github), ["ci"]);
    let ci = policy.allows_federated(github).next().expect("the statement");
    assert_eq!(ci.required_values("token.actions.githubusercontent.com:sub"), Some(vec!["repo:acme/*", "repo:*"]));
    assert_eq!(ci.required_values("token.actions.githubusercontent.com:aud"), Some(vec!["sts.amazonaws.com"]));
    assert_eq!(ci.required_values("token.actions.githubusercontent.com:ref"), None);
}
