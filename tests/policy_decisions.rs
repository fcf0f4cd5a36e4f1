//! What compiled policies answer, and the reason they give.

use gatehouse::policy::{
    Context, Decision, Effect, Gathering, Permissions, Policy, Principal, Via, evaluate_permissions, evaluate_trust,
    explain_permissions, explain_trust,
};

const CORP: &str = "arn:aws:iam::111122223333:saml-provider/corp";
const GOOGLE: &str = "arn:aws:iam::111122223333:oidc-provider/accounts.google.com";
const ADMIN: &str = "arn:aws:iam::111122223333:role/path/Admin";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/Admin/alice";
const USER: &str = "arn:aws:iam::111122223333:user/ops";

const ALLOW: Effect = Effect::Allow;
const DENY: Effect = Effect::ExplicitDeny;
const SILENT: Effect = Effect::ImplicitDeny;

fn federated() -> Principal<'static> {
    Principal::Federated { arn: CORP, alias: None }
}

fn google() -> Principal<'static> {
    Principal::Federated { arn: GOOGLE, alias: Some("accounts.google.com") }
}

fn session() -> Principal<'static> {
    Principal::Aws { arn: SESSION, role_arn: Some(ADMIN), account: "111122223333", provider: None }
}

/// A session of which only its own ARN is known.
fn bare_session() -> Principal<'static> {
    Principal::Aws { arn: SESSION, role_arn: None, account: "111122223333", provider: None }
}

fn user() -> Principal<'static> {
    Principal::Aws { arn: USER, role_arn: None, account: "111122223333", provider: None }
}

fn context(keys: &[(&str, &[&str])]) -> Context {
    let mut context = Context::new();
    for (key, values) in keys {
        match values {
            [one] => context.insert_one((*key).to_owned(), *one),
            many => context.insert_many((*key).to_owned(), many.iter().copied()),
        }
        .expect("each key once");
    }
    context
}

fn trust(statements: &str) -> Policy {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Policy::trust(&document).unwrap_or_else(|errors| panic!("{statements}: {errors:?}"))
}

fn identity(statements: &str) -> Policy {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Policy::identity(&document).unwrap_or_else(|errors| panic!("{statements}: {errors:?}"))
}

/// An explained refusal's nearest miss as text; the two evaluators must agree.
fn reason(live: &Decision<'_>, explained: &Decision<'_>) -> String {
    assert_eq!((live.effect, &live.matched, live.via), (explained.effect, &explained.matched, explained.via));
    assert!(live.considered.is_empty() && !explained.considered.is_empty());
    match explained.nearest_miss() {
        Some(report) => report.miss.expect("a miss").to_string(),
        None => String::new(),
    }
}

#[test]
fn who_a_principal_element_covers() {
    let principals = [
        (r#""*""#, session(), ALLOW, Some(Via::Anyone)),
        (r#"{"AWS": "*"}"#, session(), ALLOW, Some(Via::Anyone)),
        (r#"{"AWS": "*"}"#, user(), ALLOW, Some(Via::Anyone)),
        (r#""*""#, federated(), SILENT, None),
        (r#"{"AWS": "*"}"#, federated(), SILENT, None),
        (r#"{"AWS": "*"}"#, google(), SILENT, None),
        (r#"{"AWS": "111122223333"}"#, federated(), SILENT, None),
        (r#"{"AWS": "111122223333"}"#, session(), ALLOW, Some(Via::Account)),
        (r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, user(), ALLOW, Some(Via::Account)),
        (r#"{"AWS": "444455556666"}"#, session(), SILENT, None),
        (r#"{"AWS": "arn:aws:iam::111122223333:user/ops"}"#, user(), ALLOW, Some(Via::Named)),
        (r#"{"AWS": "arn:aws:iam::111122223333:user/Ops"}"#, user(), SILENT, None),
        (r#"{"AWS": "arn:aws:iam::111122223333:role/path/Admin"}"#, session(), ALLOW, Some(Via::Role)),
        (r#"{"AWS": "arn:aws:iam::111122223333:role/Admin"}"#, session(), SILENT, None),
        (r#"{"AWS": "arn:aws:iam::111122223333:role/path/admin"}"#, session(), SILENT, None),
        (r#"{"AWS": "arn:aws:iam::111122223333:role/path/Admin2"}"#, session(), SILENT, None),
        (r#"{"AWS": "arn:aws:iam::111122223333:role/other/Admin"}"#, bare_session(), ALLOW, Some(Via::Role)),
        (r#"{"AWS": "arn:aws:iam::444455556666:role/Admin"}"#, bare_session(), SILENT, None),
        (r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/Admin/alice"}"#, session(), ALLOW, Some(Via::Named)),
        (r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/Admin/bob"}"#, session(), SILENT, None),
        (r#"{"AWS": ["111122223333", "arn:aws:iam::111122223333:user/ops"]}"#, user(), ALLOW, Some(Via::Named)),
        (r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}"#, federated(), ALLOW, Some(Via::Named)),
        (r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"}"#, federated(), SILENT, None),
        (r#"{"Federated": "arn:aws:iam::444455556666:saml-provider/corp"}"#, federated(), SILENT, None),
        (r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}"#, session(), SILENT, None),
        (r#"{"Federated": "accounts.google.com"}"#, google(), ALLOW, Some(Via::Named)),
        (r#"{"Federated": "www.amazon.com"}"#, google(), SILENT, None),
        (
            r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/accounts.google.com"}"#,
            google(),
            ALLOW,
            Some(Via::Named),
        ),
        (r#"{"Federated": "accounts.google.com", "AWS": "111122223333"}"#, session(), ALLOW, Some(Via::Account)),
    ];
    for (element, principal, effect, via) in principals {
        let policy = trust(&format!(r#"{{"Effect": "Allow", "Principal": {element}, "Action": "sts:*"}}"#));
        let context = Context::new();
        let live = evaluate_trust(&policy, &principal, "sts:AssumeRole", &context);
        let explained = explain_trust(&policy, &principal, "sts:AssumeRole", &context);
        let why = reason(&live, &explained);
        assert_eq!((live.effect, live.via), (effect, via), "{element}");
        assert_eq!(why.starts_with("its Principal "), effect == SILENT, "{element}: {why}");
    }
}

#[test]
fn what_conditions_hold_for() {
    let absent = "the request has no such key";
    let no_match = "received ";
    let list = "received the list";
    let cases: Vec<(&str, Vec<(&str, &[&str])>, Effect, &str)> = vec![
        (r#""StringEquals": {"SAML:aud": "https://x"}"#, vec![("saml:AUD", &["https://x"])], ALLOW, ""),
        (r#""StringEquals": {"saml:aud": "https://x"}"#, vec![], SILENT, absent),
        (r#""StringEquals": {"saml:aud": "https://x"}"#, vec![("saml:aud", &["https://X"])], SILENT, no_match),
        (r#""StringEquals": {"saml:aud": ["a", "b"]}"#, vec![("saml:aud", &["b"])], ALLOW, ""),
        (r#""StringEquals": {"saml:aud": "a*"}"#, vec![("saml:aud", &["ab"])], SILENT, no_match),
        (r#""StringEquals": {"saml:aud": "a*"}"#, vec![("saml:aud", &["a*"])], ALLOW, ""),
        (r#""StringEquals": {"saml:aud": "a", "saml:iss": "b"}"#, vec![("saml:aud", &["a"])], SILENT, "saml:iss"),
        (
            r#""StringEquals": {"saml:aud": "a"}, "StringLike": {"saml:aud": "b*"}"#,
            vec![("saml:aud", &["a"])],
            SILENT,
            "StringLike",
        ),
        (r#""StringEquals": {"idp.example:groups": "a"}"#, vec![("idp.example:groups", &["a", "b"])], SILENT, list),
        (r#""StringLike": {"idp.example:groups": "*"}"#, vec![("idp.example:groups", &["a", "b"])], SILENT, list),
        (r#""StringLike": {"idp.example:groups": "*"}"#, vec![("idp.example:groups", &[])], SILENT, absent),
        (r#""StringLike": {"idp.example:groups": "*"}"#, vec![("IDP.example:groups", &[""])], ALLOW, ""),
        (
            r#""StringLike": {"idp.example:sub": "repo:acme/*"}"#,
            vec![("idp.example:sub", &["repo:acme/x:ref"])],
            ALLOW,
            "",
        ),
        (
            r#""StringLike": {"idp.example:sub": "repo:acme/*"}"#,
            vec![("idp.example:sub", &["repo:acme-evil/x"])],
            SILENT,
            no_match,
        ),
        (
            r#""StringLike": {"idp.example:sub": "repo:acme/*"}"#,
            vec![("idp.example:sub", &["REPO:acme/x"])],
            SILENT,
            no_match,
        ),
        // A wildcard in the claim is a character.
        (
            r#""StringLike": {"idp.example:sub": "repo:acme/x"}"#,
            vec![("idp.example:sub", &["repo:*"])],
            SILENT,
            no_match,
        ),
        (
            r#""StringLike": {"idp.example:sub": "repo:acme/x"}"#,
            vec![("idp.example:sub", &["repo:acme/?"])],
            SILENT,
            no_match,
        ),
        (r#""StringLike": {"idp.example:sub": "a?c"}"#, vec![("idp.example:sub", &["abc"])], ALLOW, ""),
        (r#""StringLike": {"idp.example:sub": "a?c"}"#, vec![("idp.example:sub", &["ac"])], SILENT, no_match),
        (r#""StringLike": {"idp.example:sub": "a?c"}"#, vec![("idp.example:sub", &["a€c"])], ALLOW, ""),
        (r#""StringLike": {"idp.example:sub": "a??c"}"#, vec![("idp.example:sub", &["a€c"])], SILENT, no_match),
        (r#""StringLike": {"idp.example:sub": "*a*b*"}"#, vec![("idp.example:sub", &["xxaxxab"])], ALLOW, ""),
        (r#""StringLike": {"idp.example:sub": "*ab"}"#, vec![("idp.example:sub", &["aabab"])], ALLOW, ""),
        (r#""StringLike": {"idp.example:sub": "*ab"}"#, vec![("idp.example:sub", &["aba"])], SILENT, no_match),
        (r#""StringLike": {"idp.example:sub": ""}"#, vec![("idp.example:sub", &["a"])], SILENT, no_match),
        (r#""StringEquals": {"sts:ExternalId": "right"}"#, vec![("sts:ExternalId", &["Right"])], SILENT, no_match),
        (r#""StringEquals": {"sts:ExternalId": "right"}"#, vec![], SILENT, absent),
        (r#""StringEquals": {"sts:ExternalId": "right"}"#, vec![("sts:externalid", &["right"])], ALLOW, ""),
        (r#""StringEquals": {"sts:ExternalId": 12}"#, vec![("sts:ExternalId", &["12"])], ALLOW, ""),
    ];
    for (condition, keys, effect, why) in cases {
        let policy = trust(&format!(
            r#"{{"Effect": "Allow", "Principal": {{"Federated": "{CORP}"}}, "Action": "sts:AssumeRoleWithSAML", "Condition": {{{condition}}}}}"#
        ));
        let (principal, context) = (federated(), context(&keys));
        let live = evaluate_trust(&policy, &principal, "sts:AssumeRoleWithSAML", &context);
        let explained = explain_trust(&policy, &principal, "sts:AssumeRoleWithSAML", &context);
        let reason = reason(&live, &explained);
        assert_eq!(live.effect, effect, "{condition} {keys:?}");
        assert!(reason.contains(why) && reason.is_empty() == why.is_empty(), "{condition} {keys:?}: {reason}");
    }
}

#[test]
fn what_actions_and_resources_cover() {
    let cases = [
        ("s3:GetObject", "*", "S3:getobject", "arn:aws:s3:::b/k", ALLOW),
        ("s3:Get*", "*", "s3:GetObjectTagging", "arn:aws:s3:::b/k", ALLOW),
        ("s3:Get?bject", "*", "s3:GetObject", "arn:aws:s3:::b/k", ALLOW),
        ("s3:*", "*", "s3:GetObject", "arn:aws:s3:::b/k", ALLOW),
        ("*", "*", "iam:CreateUser", "*", ALLOW),
        ("s3:Get*", "*", "s3:PutObject", "arn:aws:s3:::b/k", SILENT),
        ("s3:*", "*", "s3x:GetObject", "arn:aws:s3:::b/k", SILENT),
        // Two services that are one number to whoever passes statements of others by.
        ("c9:Get*", "*", "c9:GetObject", "*", ALLOW),
        ("c9:Get*", "*", "aw:GetObject", "*", SILENT),
        ("s3:GetObject", "*", "s3:Get*", "arn:aws:s3:::b/k", SILENT),
        ("s3:GetObject", "*", "s3:GetObjectAcl", "arn:aws:s3:::b/k", SILENT),
        ("s3:*", "arn:aws:s3:::b/*", "s3:GetObject", "arn:aws:s3:::b/k/x:y", ALLOW),
        ("s3:*", "arn:aws:s3:::b/*", "s3:GetObject", "arn:aws:s3:::b", SILENT),
        ("s3:*", "arn:aws:s3:::B/*", "s3:GetObject", "arn:aws:s3:::b/k", SILENT),
        ("s3:*", "arn:aws:s3:::b/*", "s3:GetObject", "*", SILENT),
        ("s3:*", "arn:aws:s3:::b/k", "s3:GetObject", "arn:aws:s3:::b/*", SILENT),
        ("a:*", "arn:aws:*:eu-west-1:1:x", "a:B", "arn:aws:s3:eu-west-1:1:x", ALLOW),
        ("a:*", "arn:aws:s3:*:1:x", "a:B", "arn:aws:s3:eu:west:1:x", SILENT),
        ("a:*", "arn:aws:s3:*:*:x", "a:B", "arn:aws:s3:::x", ALLOW),
        ("a:*", "arn:aws:iam::111122223333:role/*", "a:B", "arn:aws:iam::444455556666:role/x", SILENT),
    ];
    for (action, resource, asked, on, effect) in cases {
        let policy = identity(&format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#));
        let context = Context::new();
        let live = evaluate_permissions(&Permissions::of([("p", &policy)]), asked, on, &context);
        let explained = explain_permissions(&Permissions::of([("p", &policy)]), asked, on, &context);
        let reason = reason(&live, &explained);
        assert_eq!(live.effect, effect, "{action} {resource} / {asked} {on}: {reason}");
    }
}

#[test]
fn a_deny_wins_and_the_deciding_statements_are_named() {
    let first = identity(
        r#"{"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
           {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}"#,
    );
    let second = identity(
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::secret/*"},
           {"Sid": "NotBob", "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:username": "bob"}}}"#,
    );
    let policies = [("first", &first), ("second", &second)];
    let decide = |action, resource, keys: &[(&str, &[&str])]| {
        let context = context(keys);
        let decision = evaluate_permissions(&Permissions::of(policies), action, resource, &context);
        let matched: Vec<String> = decision.matched.iter().map(ToString::to_string).collect();
        (decision.effect, matched.join(" "))
    };
    assert_eq!(decide("s3:GetObject", "arn:aws:s3:::b/k", &[]), (ALLOW, "Read first#1".into()));
    assert_eq!(decide("s3:GetObject", "arn:aws:s3:::secret/k", &[]), (DENY, "second#0".into()));
    assert_eq!(decide("s3:GetObject", "arn:aws:s3:::b/k", &[("aws:username", &["bob"])]), (DENY, "NotBob".into()));
    let both = decide("s3:GetObject", "arn:aws:s3:::secret/k", &[("aws:username", &["bob"])]);
    assert_eq!(both, (DENY, "second#0 NotBob".into()));
    assert_eq!(decide("s3:PutObject", "arn:aws:s3:::c/k", &[]), (SILENT, String::new()));
    let context = Context::new();
    assert_eq!(evaluate_permissions(&Permissions::of([]), "s3:GetObject", "*", &context).effect, SILENT);
}

#[test]
fn the_nearest_miss_is_the_statement_that_came_furthest() {
    let policy = trust(&format!(
        r#"{{"Sid": "Other", "Effect": "Allow", "Principal": {{"AWS": "*"}}, "Action": "sts:AssumeRole"}},
           {{"Sid": "Action", "Effect": "Allow", "Principal": {{"Federated": "{CORP}"}}, "Action": "sts:TagSession"}},
           {{"Sid": "Near", "Effect": "Allow", "Principal": {{"Federated": "{CORP}"}}, "Action": "sts:AssumeRoleWithSAML",
             "Condition": {{"StringEquals": {{"saml:aud": "https://a"}}}}}}"#
    ));
    let (principal, context) = (federated(), context(&[("saml:aud", &["https://b"])]));
    let decision = explain_trust(&policy, &principal, "sts:AssumeRoleWithSAML", &context);
    let nearest = decision.nearest_miss().expect("a miss");
    assert_eq!(nearest.statement.sid, Some("Near"));
    assert_eq!(
        nearest.miss.expect("a miss").to_string(),
        r#"StringEquals on saml:aud wants "https://a"; received "https://b""#
    );
    let outcomes: Vec<String> =
        decision.considered.iter().filter_map(|report| report.miss.map(|miss| miss.to_string())).collect();
    let other =
        format!("its Principal \"*\" covers nobody who comes through an identity provider; name {CORP} as Federated");
    assert_eq!(outcomes[..2], [&other, "its Action covers sts:TagSession, not sts:AssumeRoleWithSAML"]);
}

#[test]
fn a_policy_of_the_wrong_kind_allows_nothing() {
    let (trust, identity) = (
        trust(r#"{"Effect": "Allow", "Principal": "*", "Action": "sts:*"}"#),
        identity(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#),
    );
    let (principal, context) = (session(), Context::new());
    assert_eq!(evaluate_permissions(&Permissions::of([("p", &trust)]), "sts:AssumeRole", "*", &context).effect, SILENT);
    assert_eq!(evaluate_trust(&identity, &principal, "sts:AssumeRole", &context).effect, SILENT);
}

#[test]
fn a_context_key_in_two_cases_is_an_error() {
    let mut context = Context::new();
    context.insert_one("idp.example:Groups", "a").expect("the first");
    let repeated = context.insert_one("IDP.example:groups", "b").expect_err("the second");
    assert_eq!(repeated.key, "IDP.example:groups");
    assert!(context.insert_many("idp.example:groups", Vec::<String>::new()).is_err());
}

#[test]
fn what_a_policy_does_not_read_decides_nothing_for_it() {
    let policy = trust(
        r#"{"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}, "Condition": {"StringEquals": {"IDP.example:Team": "${aws:RequestTag/Team}"}, "ForAnyValue:StringLike": {"idp.example:groups": "op*"}, "Null": {"aws:SourceIp": "false"}}}"#,
    );
    let told = |mut to: Gathering<'_>| {
        to.one("aws:sourceip", || "192.0.2.1").expect("once");
        to.one_of("aws:RequestTag/", "TEAM", || "blue").expect("once");
        to.one_of("idp.example:", "team", || "blue").expect("once");
        to.many_of("Idp.example:", "groups", ["dev", "ops"]).expect("once");
        to.one_of("idp.example:", "teams", || -> String { "red".to_owned() }).expect("once");
        to.many("aws:tagkeys", ["Team"]).expect("once");
        to.gathered()
    };
    let (some, all) = (told(Gathering::for_policy(&policy)), told(Gathering::of_everything(6)));
    let principal = federated();
    for context in [&some, &all] {
        assert_eq!(evaluate_trust(&policy, &principal, "sts:AssumeRoleWithSAML", context).effect, ALLOW);
    }
    let (some, all) = (some.into_sorted(), all.into_sorted());
    let read = ["aws:requesttag/team", "aws:sourceip", "idp.example:groups", "idp.example:team"];
    assert_eq!(some.keys().collect::<Vec<_>>(), read);
    assert!(all.len() == 6 && some.iter().all(|(key, values)| all.get(key) == Some(values)));

    let mut twice = Gathering::for_policy(&policy);
    twice.one_of("idp.example:", "team", || "blue").expect("the first");
    assert!(twice.one_of("idp.example:", "Team", || "red").is_err());
    let mut unread = Gathering::for_policy(&policy);
    unread.one("aws:useragent", || -> String { panic!("nobody reads it") }).expect("not looked at");
    assert!(unread.gathered().into_sorted().is_empty());
}
