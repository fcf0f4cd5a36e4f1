//! Every condition operator against values that fit, do not fit, cannot be read, are many, or are not there. The reason
//! of each row is IAM's ("IAM JSON policy elements: Condition operators", "Set operators for multi-valued keys").

use gatehouse::policy::{Context, Effect, Permissions, Policy, evaluate_permissions, paper};
use gatehouse::saml::Attribute;
use gatehouse::saml::attributes::{condition_keys, is_list};
use gatehouse::trace::Refusal;
use serde_json::json;

/// What becomes of a statement with this one condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Is {
    Met,
    Unmet,
    /// The document is refused, by this code.
    Refused(&'static str),
}
use Is::{Met, Refused, Unmet};

pub(crate) const VALUE: Is = Refused("policy.value");
const OPERATOR: Is = Refused("policy.operator");

/// The request's value: absent, one, or a list.
pub(crate) enum Has<'a> {
    Nothing,
    One(&'a str),
    Many(&'a [&'a str]),
}
use Has::{Many, Nothing, One};

/// Each key here can hold any kind of value: a claim of an issuer.
const KEY: &str = "idp.example:sub";

/// Live and on paper alike.
fn outcome(operator: &str, value: &str, has: &Has<'_>) -> Is {
    let document = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Sid": "S", "Effect": "Allow", "Action": "a:B", "Resource": "*",
             "Condition": {{"{operator}": {{"{KEY}": {value}}}}}}}}}"#
    );
    let context = match has {
        Nothing => json!({}),
        One(value) => json!({KEY: value}),
        Many(values) => json!({KEY: values}),
    };
    let question = format!(
        r#"{{"id": "q", "identity_policies": [{document}], "action": "a:B", "resource": "*", "context": {context}}}"#
    );
    let on_paper = paper::answer(question.as_bytes()).verdict;
    let policy = match Policy::identity(&document) {
        Ok(policy) => policy,
        Err(errors) => {
            assert!(matches!(on_paper, paper::Verdict::Wrong { .. }), "{question}: {on_paper:?}");
            return Refused(errors[0].code().name());
        }
    };
    let mut context = Context::new();
    match has {
        Nothing => {}
        One(value) => context.insert_one(KEY, *value).expect("one key"),
        Many(values) => context.insert_many(KEY, values.iter().copied()).expect("one key"),
    }
    let permissions = Permissions::of([("p", &policy)]);
    let live = evaluate_permissions(&permissions, "a:B", "*", &context);
    let matched: Vec<String> = live.matched.iter().map(ToString::to_string).collect();
    let expected = paper::Verdict::Decided { decision: live.effect, matched };
    assert_eq!(json!(on_paper), json!(expected), "{question}");
    match live.effect {
        Effect::Allow => Met,
        Effect::ImplicitDeny | Effect::ExplicitDeny => Unmet,
    }
}

pub(crate) fn table(rows: &[(&str, &str, Has<'_>, Is, &str)]) {
    for (operator, value, has, expected, reason) in rows {
        let received = match has {
            Nothing => "nothing".to_owned(),
            One(value) => format!("{value:?}"),
            Many(values) => format!("{values:?}"),
        };
        assert_eq!(outcome(operator, value, has), *expected, "{operator} {value} with {received}: {reason}");
    }
}

/// Every operator in every case. Positive, value of the policy, a request's value that equals it, one that does not, and
/// one that cannot be read, where there are such.
#[test]
fn every_operator_in_every_case() {
    const NOON: &str = "2026-11-25T12:00:00Z";
    const ROLE: &str = "arn:aws:iam::111122223333:role/r";
    const USER: &str = "arn:aws:iam::111122223333:user/u";
    let rows = [
        ("StringEquals", true, "\"a\"", "a", "b", None),
        ("StringNotEquals", false, "\"a\"", "a", "b", None),
        ("StringEqualsIgnoreCase", true, "\"a\"", "A", "b", None),
        ("StringNotEqualsIgnoreCase", false, "\"a\"", "A", "b", None),
        ("StringLike", true, "\"a*\"", "ab", "b", None),
        ("StringNotLike", false, "\"a*\"", "ab", "b", None),
        ("NumericEquals", true, "10", "10.0", "11", Some("x")),
        ("NumericNotEquals", false, "10", "10.0", "11", Some("x")),
        ("NumericLessThan", true, "10", "9", "10", Some("x")),
        ("NumericLessThanEquals", true, "10", "1e1", "11", Some("e1")),
        ("NumericGreaterThan", true, "10", "11", "10", Some("")),
        ("NumericGreaterThanEquals", true, "10", "10", "9", Some("0x10")),
        ("DateEquals", true, "1795608000", NOON, "2026-11-25", Some("noon")),
        ("DateNotEquals", false, "1795608000", NOON, "2026-11-25", Some("noon")),
        ("DateLessThan", true, "1795608000", "2026-11-25", NOON, Some("noon")),
        ("DateLessThanEquals", true, "1795608000", NOON, "2026-11-26", Some("noon")),
        ("DateGreaterThan", true, "1795608000", "2026-11-26", NOON, Some("noon")),
        ("DateGreaterThanEquals", true, "1795608000", NOON, "2026-11-25", Some("noon")),
        ("Bool", true, "true", "True", "false", Some("yes")),
        ("BinaryEquals", true, "\"QQ==\"", "QQ==", "QUE=", Some("A")),
        ("IpAddress", true, "\"203.0.113.0/24\"", "203.0.113.1", "192.0.2.1", Some("here")),
        ("NotIpAddress", false, "\"203.0.113.0/24\"", "203.0.113.1", "192.0.2.1", Some("here")),
        ("ArnEquals", true, "\"arn:aws:iam::*:role/*\"", ROLE, USER, Some("role/r")),
        ("ArnNotEquals", false, "\"arn:aws:iam::*:role/*\"", ROLE, USER, Some("role/r")),
        ("ArnLike", true, "\"arn:aws:iam::*:role/*\"", ROLE, USER, Some("role/r")),
        ("ArnNotLike", false, "\"arn:aws:iam::*:role/*\"", ROLE, USER, Some("role/r")),
    ];
    for (operator, positive, value, fits, misses, unreadable) in rows {
        let (if_fits, if_misses) = if positive { (Met, Unmet) } else { (Unmet, Met) };
        let with = |prefix: &str, suffix: &str| format!("{prefix}{operator}{suffix}");
        let (plain, if_exists) = (with("", ""), with("", "IfExists"));
        let (all, any) = (with("ForAllValues:", ""), with("ForAnyValue:", ""));
        table(&[
            (&plain, value, One(fits), if_fits, "what the operator compares"),
            (&plain, value, One(misses), if_misses, "what the operator compares"),
            (&plain, value, One(unreadable.unwrap_or(misses)), if_misses, "unreadable never matches, and is not equal"),
            (&plain, value, Nothing, if_misses, "absent: positive false, negated true"),
            (&plain, value, Many(&[]), if_misses, "an empty list is absent"),
            (&plain, value, Many(&[fits]), Unmet, "a list wants a set operator"),
            (&plain, value, Many(&[misses]), Unmet, "a list wants a set operator, negated or not"),
            (&if_exists, value, Nothing, Met, "IfExists: absent is true"),
            (&if_exists, value, One(fits), if_fits, "IfExists: present is compared"),
            (&if_exists, value, One(misses), if_misses, "IfExists: present is compared"),
            (&all, value, Many(&[fits, fits]), if_fits, "every value"),
            (&all, value, Many(&[fits, misses]), Unmet, "one does not fit, whichever way"),
            (&all, value, Many(&[misses, misses]), if_misses, "every value"),
            (&all, value, Nothing, Met, "no value is wrong"),
            (&any, value, Many(&[fits, misses]), Met, "one fits, whichever way"),
            (&any, value, Many(&[misses, misses]), if_misses, "every value alike"),
            (&any, value, Nothing, Unmet, "no value is right"),
            (&with("ForAnyValue:", "IfExists"), value, Nothing, Met, "IfExists: absent is true, here too"),
        ]);
    }
}

#[test]
fn texts() {
    table(&[
        ("StringEquals", r#""Ab""#, One("Ab"), Met, "exact match"),
        ("StringEquals", r#""Ab""#, One("ab"), Unmet, "case-sensitive"),
        ("StringEquals", r#""a*""#, One("ab"), Unmet, "no wildcards outside of Like"),
        ("StringEquals", r#""a*""#, One("a*"), Met, "a star is a star"),
        ("StringEquals", r#"["a", "b"]"#, One("b"), Met, "values of a key are alternatives"),
        ("StringEquals", r#""""#, One(""), Met, "the empty text is a value"),
        ("StringEquals", "7", One("7"), Met, "a number counts as its text"),
        ("StringEquals", "true", One("true"), Met, "a boolean counts as its text"),
        ("StringEquals", "1.5", One("1.5"), Met, "a fraction counts as its text"),
        ("StringEquals", "1.50", One("1.50"), Met, "as it is written"),
        ("StringEquals", "1.50", One("1.5"), Unmet, "and in no other spelling"),
        ("StringEquals", "1e2", One("1e2"), Met, "also with an exponent"),
        ("StringEquals", "[-0, 1e400]", One("1e400"), Met, "that no machine's number reaches"),
        ("StringEquals", "100000000000000000000001", One("100000000000000000000001"), Met, "each digit counts"),
        ("StringNotEquals", r#""a""#, One("b"), Met, "negated"),
        ("StringNotEquals", r#""a""#, One("a"), Unmet, "negated"),
        ("StringNotEquals", r#"["a", "b"]"#, One("b"), Unmet, "values of a negated operator are NOR"),
        ("StringNotEquals", r#"["a", "b"]"#, One("c"), Met, "none of them"),
        ("StringNotEquals", r#""a""#, One("A"), Met, "case-sensitive"),
        ("StringEqualsIgnoreCase", r#""straße""#, One("STRAßE"), Met, "ignoring case"),
        ("StringEqualsIgnoreCase", r#""Münster""#, One("mÜNSTER"), Met, "letters beyond ASCII have case as well"),
        ("StringEqualsIgnoreCase", r#""a*""#, One("AB"), Unmet, "no wildcards"),
        ("StringNotEqualsIgnoreCase", r#""Admin""#, One("ADMIN"), Unmet, "ignoring case"),
        ("StringNotEqualsIgnoreCase", r#""Admin""#, One("admins"), Met, "another text"),
        ("StringLike", r#""a*c?""#, One("abbbcd"), Met, "wildcards"),
        ("StringLike", r#""a*c?""#, One("abbbc"), Unmet, "? is exactly one character"),
        ("StringLike", r#""a*""#, One("A"), Unmet, "case-sensitive"),
        ("StringLike", r#""ab""#, One("a*"), Unmet, "a wildcard in the request is a character"),
        ("StringNotLike", r#""a*""#, One("ab"), Unmet, "negated"),
        ("StringNotLike", r#""a*""#, One("b"), Met, "negated"),
        ("StringNotLike", r#"["a*", "b*"]"#, One("bc"), Unmet, "NOR"),
    ]);
}

#[test]
fn booleans_bytes_and_addresses() {
    table(&[
        ("Bool", "true", One("true"), Met, "boolean"),
        ("Bool", r#""True""#, One("TRUE"), Met, "in any case"),
        ("Bool", r#""true""#, One("false"), Unmet, "boolean"),
        ("Bool", r#""false""#, One("false"), Met, "boolean"),
        ("Bool", r#""false""#, One("0"), Unmet, "unreadable"),
        ("Bool", r#"["true", "false"]"#, One("false"), Met, "alternatives"),
        ("Bool", r#""yes""#, Nothing, VALUE, "neither true nor false"),
        ("Bool", "1", Nothing, VALUE, "neither true nor false"),
        ("BinaryEquals", r#""QmluYXJ5""#, One("QmluYXJ5"), Met, "byte for byte"),
        ("BinaryEquals", r#""QmluYXJ5""#, One("qmluyxj5"), Unmet, "other bytes"),
        ("BinaryEquals", r#""QQ==""#, One("QQ"), Unmet, "not base64 as it is written"),
        ("BinaryEquals", r#""QR==""#, Nothing, VALUE, "bits that no byte has"),
        ("BinaryEquals", r#""not base64""#, Nothing, VALUE, "unreadable"),
        ("BinaryNotEquals", r#""QQ==""#, Nothing, OPERATOR, "there is no such operator"),
        ("IpAddress", r#""203.0.113.0/24""#, One("203.0.113.255"), Met, "within"),
        ("IpAddress", r#""203.0.113.0/24""#, One("203.0.114.0"), Unmet, "outside"),
        ("IpAddress", r#""203.0.113.7""#, One("203.0.113.7"), Met, "a bare address is a /32"),
        ("IpAddress", r#""203.0.113.7""#, One("203.0.113.6"), Unmet, "a bare address is a /32"),
        ("IpAddress", r#""203.0.113.9/24""#, One("203.0.113.1"), Met, "the network that the address is in"),
        ("IpAddress", r#""0.0.0.0/0""#, One("198.51.100.1"), Met, "every IPv4 address"),
        ("IpAddress", r#""0.0.0.0/0""#, One("2001:db8::1"), Unmet, "but no IPv6 one"),
        ("IpAddress", r#""2001:db8::/32""#, One("2001:DB8:7::1"), Met, "IPv6"),
        ("IpAddress", r#""2001:db8::/32""#, One("2001:db9::1"), Unmet, "IPv6"),
        ("IpAddress", r#""::/0""#, One("2001:db9::1"), Met, "every IPv6 address"),
        ("IpAddress", r#""10.0.0.0/8""#, One("::ffff:10.1.2.3"), Met, "an IPv4 address in IPv6's clothes"),
        ("NotIpAddress", r#""10.0.0.0/8""#, One("::ffff:10.1.2.3"), Unmet, "an IPv4 address in IPv6's clothes"),
        ("NotIpAddress", r#"["10.0.0.0/8", "192.0.2.0/24"]"#, One("192.0.2.1"), Unmet, "NOR"),
        ("NotIpAddress", r#""10.0.0.0/8""#, One("198.51.100.1"), Met, "outside"),
        ("NotIpAddress", r#""10.0.0.0/8""#, One("somewhere"), Met, "unreadable: the negated operator holds"),
        ("IpAddress", r#""0.0.0.0/0""#, One("010.1.2.3"), Unmet, "octal to some, so to nobody"),
        ("IpAddress", r#""10.0.0.0/33""#, Nothing, VALUE, "no such prefix"),
        ("IpAddress", r#""10.0.0.0/+8""#, Nothing, VALUE, "digits"),
        ("IpAddress", r#""10.0.*""#, Nothing, VALUE, "wildcards are no network"),
    ]);
}

#[test]
fn arns() {
    const ROLE: &str = "arn:aws:iam::111122223333:role/path/Admin";
    table(&[
        ("ArnEquals", r#""arn:aws:iam::111122223333:role/path/Admin""#, One(ROLE), Met, "equal"),
        ("ArnEquals", r#""arn:aws:iam::111122223333:role/*""#, One(ROLE), Met, "ArnEquals means ArnLike"),
        ("ArnLike", r#""arn:aws:iam::*:role/*/Admin""#, One(ROLE), Met, "a wildcard in each part"),
        ("ArnLike", r#""arn:aws:iam::11112222333?:role/*""#, One(ROLE), Met, "one character"),
        ("ArnLike", r#""arn:aws:*:role/*""#, One(ROLE), VALUE, "an ARN has six parts"),
        ("ArnLike", r#""arn:aws:iam:*:role/path/Admin""#, One(ROLE), VALUE, "an ARN has six parts"),
        ("ArnLike", r#""arn:aws:*:*:*:*""#, One(ROLE), Met, "parts are asked one by one"),
        (
            "ArnLike",
            r#""arn:aws:i*:111122223333:role:x""#,
            One("arn:aws:iam::111122223333:role:x"),
            Unmet,
            "a star stays in its part",
        ),
        (
            "ArnLike",
            r#""arn:aws:logs:*:*:log-group:*""#,
            One("arn:aws:logs:eu:1:log-group:a:b"),
            Met,
            "but for the last",
        ),
        ("ArnLike", r#""arn:aws:iam::111122223333:role/path/admin""#, One(ROLE), Unmet, "case-sensitive"),
        ("ArnLike", r#""*""#, One(ROLE), Met, "any ARN"),
        ("ArnLike", r#""*""#, One("no ARN"), Unmet, "unreadable never matches"),
        ("ArnLike", r#""role/Admin""#, Nothing, VALUE, "no ARN"),
        ("ArnLike", r#""${aws:username, 'nobody'}""#, Nothing, VALUE, "a default that is no ARN"),
        ("ArnLike", r#""${aws:username}:x""#, Nothing, VALUE, "a variable and more has six parts"),
        ("ArnNotEquals", r#""arn:aws:iam::111122223333:role/*""#, One(ROLE), Unmet, "negated"),
        ("ArnNotLike", r#""arn:aws:iam::444455556666:role/*""#, One(ROLE), Met, "another account"),
        ("ArnNotLike", r#""arn:aws:iam::*:role/*""#, One("no ARN"), Met, "unreadable: the negated operator holds"),
    ]);
}

#[test]
fn keys_that_are_absent() {
    let values = [("String", r#""a""#), ("Numeric", "1"), ("Date", "1")];
    for (kind, value) in values {
        for (suffix, when_absent) in [("Equals", Unmet), ("NotEquals", Met)] {
            let operator = format!("{kind}{suffix}");
            table(&[
                (&operator, value, Nothing, when_absent, "absent: positive false, negated true"),
                (&operator, value, Many(&[]), when_absent, "an empty list is absent"),
                (&format!("{operator}IfExists"), value, Nothing, Met, "absent: true"),
                (&format!("ForAllValues:{operator}"), value, Nothing, Met, "no value is wrong"),
                (&format!("ForAllValues:{operator}"), value, Many(&[]), Met, "no value is wrong"),
                (&format!("ForAnyValue:{operator}"), value, Nothing, Unmet, "no value is right"),
                (&format!("ForAnyValue:{operator}IfExists"), value, Nothing, Met, "absent: true, here too"),
                (&format!("ForAllValues:{operator}IfExists"), value, Nothing, Met, "absent: true"),
            ]);
        }
    }
    table(&[
        ("StringLike", r#""*""#, Nothing, Unmet, "even the widest pattern wants a value"),
        ("StringNotLike", r#""*""#, Nothing, Met, "negated"),
        ("Bool", "false", Nothing, Unmet, "absent is not false"),
        ("BoolIfExists", "true", Nothing, Met, "absent"),
        ("BoolIfExists", "true", One("false"), Unmet, "present"),
        ("BinaryEquals", r#""QQ==""#, Nothing, Unmet, "absent"),
        ("IpAddress", r#""0.0.0.0/0""#, Nothing, Unmet, "absent"),
        ("NotIpAddress", r#""0.0.0.0/0""#, Nothing, Met, "absent, negated"),
        ("NotIpAddressIfExists", r#""0.0.0.0/0""#, Nothing, Met, "absent"),
        ("ArnLike", r#""*""#, Nothing, Unmet, "absent"),
        ("ArnNotEquals", r#""*""#, Nothing, Met, "absent, negated"),
        ("NumericLessThanIfExists", "3600", Nothing, Met, "absent"),
        ("NumericLessThanIfExists", "3600", One("7200"), Unmet, "present"),
        ("StringNotEqualsIfExists", r#""a""#, One("a"), Unmet, "present"),
        ("Null", "true", Nothing, Met, "absent"),
        ("Null", "true", One(""), Unmet, "there, though empty"),
        ("Null", r#""false""#, One("x"), Met, "there"),
        ("Null", "false", Nothing, Unmet, "absent"),
        ("Null", "true", Many(&[]), Met, "an empty list is absent"),
        ("Null", "false", Many(&["a"]), Met, "a list is there; Null does not look at its values"),
        ("Null", r#""absent""#, Nothing, VALUE, "true or false"),
        ("NullIfExists", "true", Nothing, OPERATOR, "IfExists with all but Null"),
        ("ForAnyValue:Null", "true", Nothing, OPERATOR, "nor has it values to be many"),
    ]);
}

#[test]
fn keys_with_many_values() {
    table(&[
        ("StringEquals", r#"["a", "b"]"#, Many(&["a", "b"]), Unmet, "a list wants a set operator"),
        ("StringEquals", r#""a""#, Many(&["a"]), Unmet, "a list of one is a list"),
        ("StringNotEquals", r#""c""#, Many(&["a", "b"]), Unmet, "negated or not"),
        ("StringEqualsIfExists", r#""a""#, Many(&["a", "b"]), Unmet, "the key exists"),
        ("StringNotLikeIfExists", r#""c""#, Many(&["a", "b"]), Unmet, "the key exists"),
        ("ForAllValues:StringEquals", r#"["a", "b", "c"]"#, Many(&["a", "b"]), Met, "every value is listed"),
        ("ForAllValues:StringEquals", r#"["a", "b"]"#, Many(&["a", "x"]), Unmet, "x is not"),
        ("ForAllValues:StringLike", r#""team-*""#, Many(&["team-a", "team-b"]), Met, "every value"),
        ("ForAllValues:StringEquals", r#""a""#, One("a"), Met, "a single value is a set of one"),
        ("ForAllValues:StringEquals", r#""a""#, One("b"), Unmet, "a single value is a set of one"),
        ("ForAllValues:StringNotEquals", r#""x""#, Many(&["a", "b"]), Met, "none is x"),
        ("ForAllValues:StringNotEquals", r#""x""#, Many(&["a", "x"]), Unmet, "one is x"),
        ("ForAnyValue:StringEquals", r#"["a", "z"]"#, Many(&["x", "a"]), Met, "one value is listed"),
        ("ForAnyValue:StringEquals", r#"["a", "z"]"#, Many(&["x", "y"]), Unmet, "none is"),
        ("ForAnyValue:StringLike", r#""*.eu""#, Many(&["b.us", "a.eu"]), Met, "one value"),
        ("ForAnyValue:StringNotEquals", r#""a""#, Many(&["a", "b"]), Met, "b matches none"),
        ("ForAnyValue:StringNotEquals", r#""a""#, Many(&["a", "a"]), Unmet, "every value matches one"),
        ("ForAnyValue:NumericLessThan", "10", Many(&["x", "9"]), Met, "9 is below, x is skipped"),
        ("ForAllValues:NumericLessThan", "10", Many(&["x", "9"]), Unmet, "x is no number"),
        ("ForAllValues:NumericNotEquals", "10", Many(&["x", "9"]), Met, "unreadable: the negated operator holds"),
        ("ForAllValues:Bool", "true", Many(&["true", "false"]), Unmet, "one is false"),
        ("ForAnyValue:IpAddress", r#""10.0.0.0/8""#, Many(&["192.0.2.1", "10.0.0.1"]), Met, "one is within"),
        ("ForAnyValue:ArnLike", r#""arn:aws:iam::*:role/*""#, Many(&["x", "arn:aws:iam::1:role/r"]), Met, "one fits"),
        ("ForAnyValue:DateLessThan", "10", Many(&["11", "9"]), Met, "one is earlier"),
        ("ForSomeValues:StringEquals", r#""a""#, Nothing, OPERATOR, "there is no such set operator"),
        ("foranyvalue:StringEquals", r#""a""#, Nothing, OPERATOR, "capital letters count"),
        ("StringEqualsIfExistsIfExists", r#""a""#, Nothing, OPERATOR, "once"),
    ]);
}

/// An operator without a set prefix never matches a list, so that it would promise what never happens.
#[test]
fn a_key_that_is_always_a_list_wants_a_set_operator() {
    let trust = |condition: &str| {
        Policy::trust(&format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {{{condition}}}}}}}"#
        ))
    };
    // Of each attribute that AWS makes a key of, by its OID or its name.
    let person = (1..12).map(|arc| format!("urn:oid:1.3.6.1.4.1.5923.1.1.1.{arc}"));
    let organisation = (2..7).map(|arc| format!("urn:oid:1.3.6.1.4.1.5923.1.2.1.{arc}"));
    let of_x500 = ["2.5.4.3", "urn:oid:2.5.4.3", "2.5.4.4", "2.5.4.42", "2.5.4.45"].map(str::to_owned);
    let names = [
        "0.9.2342.19200300.100.1.1",
        "0.9.2342.19200300.100.1.3",
        "0.9.2342.19200300.100.1.45",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
        "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid",
    ];
    let names = person.chain(organisation).chain(of_x500).chain(names.map(str::to_owned));
    let attributes: Vec<Attribute> = names.map(|name| Attribute { name, values: Vec::new() }).collect();
    let of_attributes = condition_keys(&attributes);
    assert_eq!(of_attributes.len(), 26);
    let lists = of_attributes.iter().map(|of| (of.key, is_list(of.key)));
    let others = [("aws:TagKeys", true), ("idp.example:amr", true), ("saml:sub", false), ("idp.example:groups", false)];
    for (key, is_list) in lists.chain(others) {
        let plain = trust(&format!(r#""StringEquals": {{"{key}": "x"}}"#));
        assert_eq!(plain.is_err(), is_list, "{key}");
        if let Err(errors) = plain {
            let mending = "write ForAnyValue: or ForAllValues: before it";
            assert!(matches!(&*errors, [only] if only.to_string().ends_with(mending)), "{errors:?}");
        }
        for fits in ["ForAnyValue:StringEquals", "ForAllValues:StringNotLikeIfExists"] {
            assert!(
                trust(&format!(r#""{fits}": {{"{key}": "x"}}, "Null": {{"{key}": "false"}}"#)).is_ok(),
                "{key} {fits}"
            );
        }
    }
}
