//! Policy variables and the elements with Not (threat G6; IAM User Guide, "Variables and tags").

use gatehouse::policy::{Context, Effect, Permissions, Policy, evaluate_permissions};
use gatehouse::trace::Refusal;

fn context(keys: &[(&str, &str)]) -> Context {
    let mut context = Context::new();
    keys.iter().for_each(|(key, value)| context.insert_one((*key).to_owned(), *value).expect("each key once"));
    context
}

fn allows(version: &str, body: &str, resource: &str, context: &Context) -> bool {
    let document = format!(r#"{{{version}"Statement": {{"Effect": "Allow", "Sid": "S", {body}}}}}"#);
    let policy = Policy::identity(&document).unwrap_or_else(|errors| panic!("{body}: {errors:?}"));
    evaluate_permissions(&Permissions::of([("p", &policy)]), "s3:GetObject", resource, context).effect == Effect::Allow
}

const V2012: &str = r#""Version": "2012-10-17", "#;

fn condition(operator: &str, value: &str) -> String {
    format!(r#""Action": "*", "Resource": "*", "Condition": {{"{operator}": {{"idp.example:sub": {value}}}}}"#)
}

#[test]
fn a_variable_stands_for_the_literal_value_of_its_key() {
    // Operator, policy value, aws:username (none: absent), the request's value, met?
    let rows = [
        ("StringEquals", r#""u/${aws:username}""#, Some("alice"), "u/alice", true),
        ("StringEquals", r#""u/${AWS:UserName}""#, Some("alice"), "u/alice", true),
        ("StringEquals", r#""u/${aws:username}""#, Some("alice"), "u/bob", false),
        ("StringEquals", r#""${aws:username}-${aws:username}""#, Some("a"), "a-a", true),
        ("StringEqualsIgnoreCase", r#""u/${aws:username}""#, Some("Alice"), "U/aLICE", true),
        ("StringLike", r#""${aws:username}/*""#, Some("alice"), "alice/x", true),
        // What the value brings is never special.
        ("StringLike", r#""${aws:username}""#, Some("*"), "anything", false),
        ("StringLike", r#""${aws:username}""#, Some("*"), "*", true),
        ("StringLike", r#""${aws:username}""#, Some("al?ce"), "alice", false),
        ("StringLike", r#""x${aws:username}""#, Some("${aws:userid}"), "xAIDA", false),
        ("StringLike", r#""x${aws:username}""#, Some("${aws:userid}"), "x${aws:userid}", true),
        ("StringLike", r#""x${aws:username}""#, Some("${*}"), "x*", false),
        ("StringNotLike", r#""${aws:username}""#, Some("*"), "anything", true),
        // No value: the element matches nothing, and its negation everything.
        ("StringEquals", r#""u/${aws:username}""#, None, "u/", false),
        ("StringLike", r#""${aws:username}*""#, None, "x", false),
        ("StringNotEquals", r#""u/${aws:username}""#, None, "u/", true),
        ("StringEquals", r#"["u/${aws:username}", "u/"]"#, None, "u/", true),
        // Defaults.
        ("StringEquals", r#""${aws:username, 'nobody'}""#, None, "nobody", true),
        ("StringEquals", r#""${aws:username, 'nobody'}""#, Some("alice"), "nobody", false),
        ("StringEquals", r#""${aws:username, 'nobody'}""#, Some(""), "", true),
        ("StringLike", r#""${aws:username, '*'}""#, None, "x", false),
        ("StringEqualsIgnoreCase", r#""${aws:username, 'NoBody'}""#, None, "nobODY", true),
        // Characters that would be special.
        ("StringLike", r#""a${*}b""#, None, "a*b", true),
        ("StringLike", r#""a${*}b""#, None, "axb", false),
        ("StringLike", r#""a${?}b""#, None, "axb", false),
        ("StringLike", r#""${$}{aws:username}""#, Some("x"), "${aws:username}", true),
        ("StringEquals", r#""$5 and {x}""#, None, "$5 and {x}", true),
        ("ArnLike", r#""arn:aws:iam::1:user/${aws:username}""#, Some("alice"), "arn:aws:iam::1:user/alice", true),
        ("ArnLike", r#""arn:aws:iam::1:user/${aws:username}""#, Some("*"), "arn:aws:iam::1:user/alice", false),
        ("ArnLike", r#""arn:aws:iam::${aws:username}:user/x""#, Some("1"), "arn:aws:iam::1:user/x", true),
        ("ArnLike", r#""arn:aws:iam::${aws:username}:x""#, Some("1:user/x"), "arn:aws:iam::1:user/x:x", false),
        ("ArnNotLike", r#""arn:aws:iam::1:user/${aws:username}""#, None, "arn:aws:iam::1:user/alice", true),
        ("ArnLike", r#""arn:aws:iam::${*}:user/x""#, None, "arn:aws:iam::*:user/x", true),
        ("ArnLike", r#""arn:aws:iam::${*}:user/x""#, None, "arn:aws:iam::1:user/x", false),
        ("ArnLike", r#""arn:aws:iam::${*}:user/x""#, None, "arn:aws:iam::${*}:user/x", false),
        // A whole ARN.
        ("ArnEquals", r#""${aws:username}""#, Some("arn:aws:iam::1:user/x"), "arn:aws:iam::1:user/x", true),
        ("ArnLike", r#""${AWS:username}""#, Some("arn:aws:iam::1:user/x"), "arn:aws:iam::1:user/y", false),
        ("ArnLike", r#""${aws:username}""#, Some("arn:aws:iam::1:user/*"), "arn:aws:iam::1:user/x", false),
        ("ArnLike", r#""${aws:username}""#, Some("*"), "arn:aws:iam::1:user/x", false),
        ("ArnLike", r#""${aws:username}""#, Some("no ARN"), "no ARN", false),
        ("ArnNotEquals", r#""${aws:username}""#, Some("arn:aws:iam::1:user/x"), "arn:aws:iam::1:user/x", false),
        ("ArnEquals", r#""${aws:username}""#, None, "arn:aws:iam::1:user/x", false),
        ("ArnNotEquals", r#""${aws:username}""#, None, "arn:aws:iam::1:user/x", true),
        ("ArnEquals", r#""${aws:username, 'arn:a:b:c:d:e'}""#, None, "arn:a:b:c:d:e", true),
        ("ArnEquals", r#""${aws:username, 'arn:a:b:c:d:*'}""#, None, "arn:a:b:c:d:e", false),
        ("BinaryEquals", r#""QQ==""#, None, "QQ==", true),
    ];
    for (operator, value, name, received, met) in rows {
        let mut keys = vec![("idp.example:sub", received), ("aws:userid", "AIDA")];
        keys.extend(name.map(|name| ("aws:username", name)));
        let body = condition(operator, value);
        assert_eq!(allows(V2012, &body, "*", &context(&keys)), met, "{operator} {value} {name:?} {received}");
    }
}

#[test]
fn a_key_with_many_values_is_no_variable() {
    let mut context = context(&[("idp.example:sub", "a")]);
    context.insert_many("idp.example:amr", ["a", "b"]).expect("a key");
    for value in [r#""${idp.example:amr}""#, r#""${idp.example:amr, 'a'}""#] {
        assert!(!allows(V2012, &condition("StringEquals", value), "*", &context), "{value}");
        assert!(allows(V2012, &condition("StringNotEquals", value), "*", &context), "{value}");
    }
}

#[test]
fn the_older_language_takes_variables_for_text() {
    for version in ["", r#""Version": "2008-10-17", "#] {
        let body = condition("StringEquals", r#""${aws:username}""#);
        let alice = |v: &'static str| context(&[("aws:username", "alice"), ("idp.example:sub", v)]);
        assert!(!allows(version, &body, "*", &alice("alice")), "{version}");
        assert!(allows(version, &body, "*", &alice("${aws:username}")), "{version}");
        let body = r#""Action": "*", "Resource": "arn:aws:s3:::b/${aws:username}""#;
        assert!(!allows(version, body, "arn:aws:s3:::b/alice", &alice("")), "{version}");
        assert!(allows(version, body, "arn:aws:s3:::b/${aws:username}", &alice("")), "{version}");
    }
}

#[test]
fn resources_with_variables_and_elements_with_not() {
    let alice = context(&[("aws:username", "alice")]);
    let star = context(&[("aws:username", "*")]);
    let nobody = Context::new();
    let home = r#""Action": "*", "Resource": "arn:aws:s3:::b/${aws:username}/*""#;
    let not_home = r#""Action": "*", "NotResource": "arn:aws:s3:::b/${aws:username}/*""#;
    let rows = [
        (home, "arn:aws:s3:::b/alice/x", &alice, true),
        (home, "arn:aws:s3:::b/bob/x", &alice, false),
        (home, "arn:aws:s3:::b/bob/x", &star, false),
        (home, "arn:aws:s3:::b/alice/x", &nobody, false),
        (not_home, "arn:aws:s3:::b/alice/x", &alice, false),
        (not_home, "arn:aws:s3:::b/bob/x", &alice, true),
        // Without its value the entry matches nothing, so the statement applies.
        (not_home, "arn:aws:s3:::b/alice/x", &nobody, true),
        (
            r#""Action": "*", "NotResource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]"#,
            "arn:aws:s3:::b/x",
            &nobody,
            false,
        ),
        (
            r#""Action": "*", "NotResource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]"#,
            "arn:aws:s3:::c/x",
            &nobody,
            true,
        ),
        (r#""Action": "*", "NotResource": "*""#, "arn:aws:s3:::c/x", &nobody, false),
        (r#""NotAction": "s3:Get*", "Resource": "*""#, "*", &nobody, false),
        (r#""NotAction": "s3:getobject", "Resource": "*""#, "*", &nobody, false),
        (r#""NotAction": ["s3:Put*", "iam:*"], "Resource": "*""#, "*", &nobody, true),
        (r#""NotAction": "*", "Resource": "*""#, "*", &nobody, false),
    ];
    for (body, resource, context, allowed) in rows {
        assert_eq!(allows(V2012, body, resource, context), allowed, "{body} on {resource}");
    }
}

#[test]
fn a_variable_that_cannot_be_read_is_refused_at_load() {
    for text in [
        "${",
        "${aws:username",
        "${}",
        "${aws:nothing}",
        "${aws:username,'a}",
        "${aws:username, a}",
        "${a b}",
        "${**}",
        "${ aws:username}",
        "${aws:username }",
        "${aws:username , 'a'}",
        "${s3:prefix }",
        "${s3: prefix, 'a'}",
        "${aws:PrincipalTag/team , 'a'}",
        "${s3:pre fix}",
        "${ｓ3:prefix}",
        "${s3:prefix\u{a0}, 'a'}",
    ] {
        let document = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", {}}}}}"#,
            condition("StringLike", &format!("\"x{text}\""))
        );
        let errors = Policy::identity(&document).expect_err(text);
        let told: Vec<_> = errors.iter().map(|error| (error.place.as_str(), error.code().name())).collect();
        assert_eq!(told, [("Statement.Condition.StringLike[\"idp.example:sub\"]", "policy.variable")], "{text}");
    }
}
