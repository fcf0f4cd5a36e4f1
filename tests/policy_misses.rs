//! What a refusal says of the statement that came nearest: both sides of what did not fit, and what one may fail to see.

use gatehouse::policy::{Context, Decision, Permissions, Policy, Principal, explain_permissions, explain_trust};

const CORP: &str = "arn:aws:iam::111122223333:saml-provider/corp";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/Admin/alice";

fn sentence(decision: &Decision<'_>) -> String {
    assert!(decision.matched.is_empty(), "{decision:?}");
    decision.nearest_miss().and_then(|report| report.miss).expect("a miss").to_string()
}

fn document(statement: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", {statement}}}}}"#)
}

/// Of a permission policy that is asked to let alice do s3:GetObject on one object.
fn permission(statement: &str, context: &Context) -> String {
    let policy = Policy::identity(&document(statement)).unwrap_or_else(|errors| panic!("{statement}: {errors:?}"));
    let permissions = Permissions::of([("p", &policy)]);
    sentence(&explain_permissions(&permissions, "s3:GetObject", "arn:aws:s3:::home/alice", context))
}

#[test]
fn a_principal_that_is_not_covered() {
    let ask = |element: &str, principal: Principal<'_>| {
        let statement = format!(r#""Principal": {element}, "Action": "sts:*""#);
        let policy = Policy::trust(&document(&statement)).unwrap_or_else(|errors| panic!("{element}: {errors:?}"));
        sentence(&explain_trust(&policy, &principal, "sts:AssumeRole", &Context::new()))
    };
    let corp = Principal::Federated { arn: CORP, alias: None };
    let session = Principal::Aws { arn: SESSION, role_arn: None, account: "111122223333", provider: None };
    let ec2 = Principal::Service { name: "ec2.amazonaws.com" };
    let many = (0..9).map(|n| format!("\"arn:aws:iam::44445555666{n}:root\"")).collect::<Vec<_>>().join(", ");
    for (element, principal, expected) in [
        (
            r#"{"AWS": "444455556666"}"#.to_owned(),
            session,
            format!("its Principal covers account 444455556666, not {SESSION}"),
        ),
        (
            r#"{"AWS": ["arn:aws:iam::111122223333:user/ops", "arn:aws:iam::111122223333:role/Ops"], "Service": "ec2.amazonaws.com"}"#
                .to_owned(),
            session,
            format!(
                "its Principal covers arn:aws:iam::111122223333:user/ops, arn:aws:iam::111122223333:role/Ops or ec2.amazonaws.com, not {SESSION}"
            ),
        ),
        (
            format!("{{\"AWS\": [{many}]}}"),
            session,
            format!(
                "its Principal covers account 444455556660, account 444455556661, account 444455556662, account 444455556663, account 444455556664 or 4 more, not {SESSION}"
            ),
        ),
        (
            r#"{"Federated": "accounts.google.com"}"#.to_owned(),
            corp,
            format!("its Principal covers accounts.google.com, not {CORP}"),
        ),
        (
            "\"*\"".to_owned(),
            corp,
            format!("its Principal \"*\" covers nobody who comes through an identity provider; name {CORP} as Federated"),
        ),
        (
            r#"{"Service": "ecs.amazonaws.com"}"#.to_owned(),
            ec2,
            "its Principal covers ecs.amazonaws.com, not ec2.amazonaws.com".to_owned(),
        ),
    ] {
        assert_eq!(ask(&element, principal), expected);
    }
}

#[test]
fn an_action_or_a_resource_that_is_not_covered() {
    let all = r#""Resource": "*""#;
    let nobody = Context::new();
    for (statement, expected) in [
        (format!(r#""Action": "s3:PutObject", {all}"#), "its Action covers s3:PutObject, not s3:GetObject"),
        (
            format!(r#""Action": ["s3:Put*", "ec2:*", "iam:Get*"], {all}"#),
            "its Action covers s3:Put*, ec2:* or iam:Get*, not s3:GetObject",
        ),
        (
            format!(r#""NotAction": ["iam:*", "s3:get*"], {all}"#),
            "its NotAction leaves out iam:* or s3:get*, and so s3:GetObject",
        ),
        (
            r#""Action": "*", "Resource": ["arn:aws:s3:::home", "arn:aws:s3:::home/bob/*"]"#.to_owned(),
            "its Resource covers arn:aws:s3:::home or arn:aws:s3:::home/bob/*, not arn:aws:s3:::home/alice",
        ),
        (
            r#""Action": "*", "NotResource": "arn:aws:s3:::home/*""#.to_owned(),
            "its NotResource leaves out arn:aws:s3:::home/*, and so arn:aws:s3:::home/alice",
        ),
    ] {
        assert_eq!(permission(&statement, &nobody), expected);
    }
}

/// Every condition here is on this key, which the request has with this value: none, one, or a list.
const KEY: &str = "idp.example:sub";

#[test]
fn a_condition_that_does_not_hold() {
    let rows: [(&str, &str, &[&str], &str); 33] = [
        ("StringEquals", r#""a""#, &[], r#"wants "a"; the request has no such key"#),
        ("StringEquals", r#""a""#, &["b"], r#"wants "a"; received "b""#),
        ("StringEquals", r#"["a", "b"]"#, &["c"], r#"wants one of ["a", "b"]; received "c""#),
        ("StringNotEquals", r#""a""#, &["a"], r#"wants anything but "a"; received "a""#),
        ("StringNotLike", r#"["a*", "b"]"#, &["b"], r#"wants none of ["a*", "b"]; received "b""#),
        ("StringLike", r#""a*""#, &["b"], r#"wants "a*"; received "b""#),
        ("StringEqualsIfExists", r#""a""#, &["b"], r#"wants "a"; received "b""#),
        // What looks alike.
        (
            "StringEquals",
            r#""Admin""#,
            &["admin"],
            r#"wants "Admin"; received "admin" (they differ in capital letters)"#,
        ),
        (
            "StringLike",
            r#"["x", "A*"]"#,
            &["a*"],
            r#"wants one of ["x", "A*"]; received "a*" (they differ in capital letters)"#,
        ),
        ("StringEquals", r#""a""#, &["a "], r#"wants "a"; received "a " (they differ in white space)"#),
        (
            "StringEquals",
            r#""https://a""#,
            &["https://a/"],
            r#"wants "https://a"; received "https://a/" (they differ in a slash at the end)"#,
        ),
        (
            "StringEquals",
            r#""repo:acme/*""#,
            &["repo:acme/x"],
            r#"wants "repo:acme/*"; received "repo:acme/x" (* and ? are wildcards to StringLike alone)"#,
        ),
        // Variables.
        (
            "StringEquals",
            r#""u/${aws:username}""#,
            &["u/alice"],
            r#"wants "u/${aws:username}"; received "u/alice" (${aws:username} has no single value here, so nothing equals it)"#,
        ),
        (
            "ArnLike",
            r#""arn:aws:iam::1:user/${aws:TagKeys, 'x'}""#,
            &["arn:aws:iam::1:user/x"],
            r#"wants "arn:aws:iam::1:user/${aws:TagKeys, 'x'}"; received "arn:aws:iam::1:user/x" (${aws:tagkeys} has no single value here, so nothing equals it)"#,
        ),
        ("StringEquals", r#""u/${aws:userid}""#, &["u/alice"], r#"wants "u/${aws:userid}"; received "u/alice""#),
        // What compares otherwise.
        ("NumericLessThan", "3600", &["7200"], "wants < 3600; received 7200"),
        ("NumericNotEquals", "1", &["1.0"], "wants not 1; received 1.0"),
        ("NumericGreaterThanEquals", "10", &["many"], "wants >= 10; received many (that is no number)"),
        ("NumericEquals", "10", &[], "wants = 10; the request has no such key"),
        (
            "DateGreaterThanEquals",
            r#"["2026-01-01", "2027-01-01"]"#,
            &["0"],
            "wants >= 2026-01-01 or 2027-01-01; received 0",
        ),
        (
            "DateLessThan",
            r#""2026-01-01""#,
            &["2025-01-01T00:00:00"],
            "wants < 2026-01-01; received 2025-01-01T00:00:00 (that is no time with a zone)",
        ),
        ("Bool", "true", &["false"], "wants true; received false"),
        ("Bool", "true", &[], "wants true; the request has no such key"),
        ("Bool", "true", &["yes"], "wants true; received yes (that is no boolean)"),
        ("BinaryEquals", r#""QQ==""#, &["QUE="], r#"wants "QQ=="; received "QUE=""#),
        ("IpAddress", r#""10.0.0.0/8""#, &["192.0.2.1"], r#"wants "10.0.0.0/8"; received "192.0.2.1""#),
        ("IpAddress", r#""10.0.0.0/8""#, &["home"], r#"wants "10.0.0.0/8"; received "home" (that is no IP address)"#),
        ("NotIpAddress", r#""10.0.0.0/8""#, &["10.0.0.1"], r#"wants anything but "10.0.0.0/8"; received "10.0.0.1""#),
        (
            "ArnLike",
            r#""arn:aws:iam::1:role/*""#,
            &["Admin"],
            r#"wants "arn:aws:iam::1:role/*"; received "Admin" (that is no ARN)"#,
        ),
        // Presence.
        ("Null", "true", &["x"], r#"wants no such key; received "x""#),
        ("Null", "false", &[], "wants the key; the request has no such key"),
        // Many values.
        (
            "StringEquals",
            r#""a""#,
            &["a", "b"],
            r#"wants "a"; received the list ["a", "b"], which this operator never matches without ForAnyValue or ForAllValues"#,
        ),
        (
            "ForAllValues:StringNotEquals",
            r#""a""#,
            &["a", "b"],
            r#"wants each value to be anything but "a"; received ["a", "b"]"#,
        ),
    ];
    for (operator, value, received, expected) in rows {
        let mut context = Context::new();
        context.insert_one("aws:userid", "AIDA").expect("a key");
        context.insert_many("aws:TagKeys", ["a", "b"]).expect("a key");
        match received {
            [one] => context.insert_one(KEY, *one),
            many => context.insert_many(KEY, many.iter().copied()),
        }
        .expect("a key");
        let statement =
            format!(r#""Action": "*", "Resource": "*", "Condition": {{"{operator}": {{"{KEY}": {value}}}}}"#);
        assert_eq!(permission(&statement, &context), format!("{operator} on {KEY} {expected}"));
    }
}

/// A person's list of groups is asked as a whole.
#[test]
fn a_list_under_a_set_operator() {
    let mut context = Context::new();
    context.insert_many(KEY, ["b", "c"]).expect("a key");
    let statement = format!(
        r#""Action": "*", "Resource": "*", "Condition": {{"ForAnyValue:StringEquals": {{"{KEY}": ["a", "x"]}}}}"#
    );
    assert_eq!(
        permission(&statement, &context),
        format!(r#"ForAnyValue:StringEquals on {KEY} wants a value to be one of ["a", "x"]; received ["b", "c"]"#)
    );
}
