//! What a decision may cost: no memory, and bounded time.

use crate::allocations;
use gatehouse::policy::{
    Context, Decision, Effect, Permissions, Policy, Principal, evaluate_permissions, evaluate_trust,
};
use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

const CORP: &str = "arn:aws:iam::111122223333:saml-provider/corp";
const BUCKET: &str = "arn:aws:s3:::home/alice/x";

fn context() -> Context {
    let mut context = Context::new();
    for (key, value) in [
        ("aws:username", "Alice"),
        ("aws:SourceIp", "203.0.113.9"),
        ("aws:EpochTime", "1795608000"),
        ("aws:CurrentTime", "2026-11-25T12:00:00Z"),
        ("aws:MultiFactorAuthPresent", "true"),
        ("aws:MultiFactorAuthAge", "12"),
        ("aws:PrincipalArn", "arn:aws:iam::111122223333:role/path/Admin"),
        ("saml:sub", "https://gate.example/saml"),
        ("idp.example:id", "QQ=="),
    ] {
        context.insert_one(key, value).expect("each key once");
    }
    context.insert_many("aws:TagKeys", ["team", "cost"]).expect("each key once");
    context
}

/// One of every comparison, with variables.
const CONDITIONS: &str = r#"
    "StringEquals": {"saml:sub": ["https://other.example", "https://gate.example/saml"], "aws:username": "${aws:username}"},
    "StringEqualsIgnoreCase": {"aws:username": "aLICE"},
    "StringLike": {"saml:sub": "https://*.example/s?ml", "aws:PrincipalArn": "*:role/*/${aws:nothing:here, 'Admin'}"},
    "NumericLessThan": {"aws:MultiFactorAuthAge": 3600},
    "DateGreaterThan": {"aws:CurrentTime": "2026-11-25T11:00:00Z"},
    "DateLessThan": {"aws:EpochTime": "1795608000.5"},
    "Bool": {"aws:MultiFactorAuthPresent": true},
    "BinaryEquals": {"idp.example:id": "QQ=="},
    "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]},
    "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/path/*"},
    "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost", "x"]},
    "Null": {"aws:TokenIssueTime": true}"#;

fn conditions() -> String {
    CONDITIONS.replace("${aws:nothing:here, 'Admin'}", "${aws:FederatedProvider, 'Admin'}")
}

fn read(read: impl Fn(&str) -> Result<Policy, Vec<gatehouse::policy::PolicyError>>, statements: &str) -> Policy {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    read(&document).unwrap_or_else(|errors| panic!("{document}: {errors:?}"))
}

fn costs_nothing<'a>(what: &str, effect: Effect, ask: impl Fn() -> Decision<'a>) {
    let (count, decision) = allocations::during(&ask);
    assert_eq!((decision.effect, count), (effect, 0), "{what}: {decision:?}");
}

#[test]
fn a_decision_takes_no_memory() {
    let context = context();
    let conditions = conditions();
    let resource = r#""Resource": ["arn:aws:s3:::logs/*", "arn:aws:s3:::home/${aws:username, 'nobody'}/*", "arn:aws:s3:::home/al?ce/*"]"#;
    let allow =
        format!(r#"{{"Effect": "Allow", "Action": ["ec2:*", "s3:Get*"], {resource}, "Condition": {{{conditions}}}}}"#);
    let deny = allow.replace("Allow", "Deny");
    let silent = allow.replace("s3:Get*", "s3:Put*");
    let unmet = allow.replace("3600", "1");
    for (what, statements, effect) in [
        ("allow", &allow, Effect::Allow),
        ("deny", &deny, Effect::ExplicitDeny),
        ("another action", &silent, Effect::ImplicitDeny),
        ("a condition", &unmet, Effect::ImplicitDeny),
    ] {
        let policy = read(Policy::identity, &[statements.as_str(), &silent, &unmet].join(","));
        let permissions = Permissions {
            boundary: Some(("b", &policy)),
            session: vec![("s", &policy)],
            ..Permissions::of([("p", &policy)])
        };
        costs_nothing(what, effect, || evaluate_permissions(&permissions, "s3:GetObject", BUCKET, &context));
    }
    let trust = read(
        Policy::trust,
        &format!(
            r#"{{"Effect": "Allow", "Principal": {{"AWS": "111122223333", "Federated": "{CORP}"}}, "Action": "sts:AssumeRole*",
                 "Condition": {{{conditions}}}}}"#
        ),
    );
    for (principal, effect) in [
        (Principal::Federated { arn: CORP, alias: None }, Effect::Allow),
        (
            Principal::Aws {
                arn: "arn:aws:iam::111122223333:user/a",
                role_arn: None,
                account: "111122223333",
                provider: None,
            },
            Effect::Allow,
        ),
        (Principal::Federated { arn: "arn:aws:iam::111122223333:saml-provider/x", alias: None }, Effect::ImplicitDeny),
    ] {
        costs_nothing("trust", effect, || evaluate_trust(&trust, &principal, "sts:AssumeRoleWithSAML", &context));
    }
}

/// More statements than fit into the decision itself: they take memory, and none is lost.
#[test]
fn many_statements_that_match_are_all_told() {
    let statement = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#;
    for count in [1, 4, 5, 9, 256] {
        let policy = read(Policy::identity, &vec![statement; count].join(","));
        let (permissions, context) = (Permissions::of([("p", &policy)]), Context::new());
        let decision = evaluate_permissions(&permissions, "s3:GetObject", BUCKET, &context);
        let told: Vec<String> = decision.matched.iter().map(ToString::to_string).collect();
        assert_eq!(told, (0..count).map(|index| format!("p#{index}")).collect::<Vec<_>>());
    }
}

/// A later star makes every earlier one's choice final, so the work is the product of both lengths at most.
#[test]
fn no_pattern_makes_matching_explode() {
    let a = "a".repeat(16 * 1024);
    let stars = |unit: &str| format!("{}b", unit.repeat(2_000 / unit.len()));
    for pattern in [
        stars("a*"),
        stars("*a"),
        stars("?*"),
        stars("*"),
        stars("*aaaaaaaaaaaaaaa"),
        format!("*{}", stars("a")),
        format!("*{}*", stars("a")),
        stars("*${aws:username}"),
        format!("*{}", stars("${aws:username}")),
    ] {
        let policy = read(
            Policy::identity,
            &format!(
                r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{"StringLike": {{"aws:UserAgent": "{pattern}"}}}}}}"#
            ),
        );
        let mut context = Context::new();
        context.insert_one("aws:UserAgent", a.as_str()).expect("a key");
        context.insert_one("aws:username", "a".repeat(64)).expect("a key");
        let permissions = Permissions::of([("p", &policy)]);
        let begun = processor();
        assert_eq!(evaluate_permissions(&permissions, "a:B", "*", &context).effect, Effect::ImplicitDeny, "{pattern}");
        let took = processor() - begun;
        assert!(took < Duration::from_millis(500), "{took:?} for {}", &pattern[..20]);
    }
}

/// What this thread has used of the processor: no other test takes from it.
fn processor() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock").into()
}
