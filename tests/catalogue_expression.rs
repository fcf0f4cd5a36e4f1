//! What a rule's language takes when a configuration is loaded, what it comes to, and what it may cost.

use gatehouse::catalogue::expression::{Expression, Fault, MOST_STEPS, Scope, Value, Work};
use serde_json::{Map, Value as Json, json};

fn refusal(text: &str) -> Option<String> {
    Expression::compile(text).err().map(|error| error.to_string())
}

fn object(value: Json) -> Map<String, Json> {
    let Json::Object(map) = value else { panic!("an object") };
    map
}

fn scope(claims: &Map<String, Json>) -> Scope<'_> {
    let account = "111122223333".parse().expect("an account");
    Scope { claims, absent_is_empty: false, provider: "corp", account, authn_context: "" }
}

/// In JSON, and the steps that it took.
fn answer(text: &str, claims: &Map<String, Json>) -> (Result<Json, Fault>, u64) {
    let expression = Expression::compile(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let mut work = Work::at_most(MOST_STEPS);
    let answer = expression.evaluate(scope(claims), &mut work).map(|value| plain(&value));
    (answer, work.spent())
}

fn plain(value: &Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::UInt(value) => json!(value),
        Value::Double(value) => json!(value),
        Value::Text(text) => json!(**text),
        Value::List(list) => list.iter().map(|value| plain(&value)).collect(),
        other => json!(other.kind()),
    }
}

#[test]
fn functions_and_macros_that_can_run_are_taken() {
    for text in [
        "claims.groups.exists(g, g.startsWith(\"aws-\") && g.endsWith(\"x\") || g.contains(\"y\"))",
        "has(claims.hd) && claims.hd.matches(\"^a+$\") && size(claims.hd) > 2 && !(provider in [\"p\"])",
        "claims.groups.filter(g, g != \"\").map(g, \"arn:aws:iam::\" + account + \":role/\" + g)",
        "string(claims.n) == \"1\" ? int(claims.m) > -1 : bool(claims.b)",
    ] {
        assert_eq!(refusal(text), None, "{text}");
    }
}

#[test]
fn what_would_fail_at_each_sign_in_is_refused_by_name() {
    for (text, said) in [
        ("claims.groups.map(g, g.substring(4))", "calls \"substring\"; known are bool, contains, "),
        ("substring(claims.groups[0], 4)", "calls \"substring\""),
        ("contains(claims.a, \"b\")", "calls \"contains\" otherwise than as text.contains(part)"),
        ("claims.a.startsWith()", "calls \"startsWith\" otherwise than as text.startsWith(part)"),
        ("int(1, 2)", "calls \"int\" otherwise than as int(value)"),
        ("claims.a.matches(claims.b)", "calls \"matches\" with a pattern that is not written down"),
        ("claims.a.matches(\"(\")", "has a pattern that is not taken: unclosed group"),
        (
            "claims.a.matches(\"(?:a{500}){500}\")",
            "has a pattern that is not taken: heap usage during NFA compilation exceeded limit",
        ),
        ("b\"x\" == claims.a", "has bytes"),
        ("groups.exists(g, true)", "uses \"groups\"; known are claims, provider and account"),
        ("claims.groups.exists(g, g == h)", "uses \"h\""),
        ("claims.a.exists(a, a.exists(b, b.exists(c, true)))", "nests 3 loops; at most 2 are run"),
        ("claims.a == ", "is not CEL at line 1, column 13: "),
    ] {
        let refusal = refusal(text).unwrap_or_default();
        assert!(refusal.starts_with(said), "{text}: {refusal}");
    }
}

/// None of them may end the process: a stack of two megabytes is what a worker thread has.
#[test]
fn what_is_long_or_deep_is_refused_or_read() {
    let repeated = |before: &str, middle: &str, after: &str, most: usize| {
        let count = (most - middle.len()) / (before.len() + after.len());
        before.repeat(count) + middle + &after.repeat(count)
    };
    let shapes = [
        ("-", "1", ""),
        ("!", "true", ""),
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{1:", "1", "}"),
        ("size(", "\"\"", ")"),
        ("", "claims", ".a"),
        ("", "claims", "[0]"),
        ("", "claims.a", ".a()"),
        ("", "1", "+1"),
        ("", "1", "<1"),
        ("", "true", "&&true"),
        ("", "true", "||true"),
        ("true?1:", "1", ""),
        ("true?", "1", ":1"),
        ("a in [", "a", "]"),
        ("1in[", "1", "]"),
        ("", "1", " in a"),
        ("", "\"\"", "in\"\""),
        ("", "claims.a", ".map(a,a)"),
        ("claims.a.map(a,", "a", ")"),
        ("has(", "claims.a", ")"),
        ("\"", "", ""),
        ("\\", "", ""),
        ("0", "1", ""),
        ("ä", "", ""),
        (".", "a", ""),
        ("\n", "1", ""),
    ];
    let read = move || {
        for (before, middle, after) in shapes {
            // Few marks are read where one is.
            for count in 1..32 {
                let text = before.repeat(count) + middle + &after.repeat(count);
                drop(Expression::compile(&text));
            }
            for most in [4_096, 1_000_000] {
                let text = repeated(before, middle, after, most);
                let refusal = refusal(&text);
                if most > 4_096 {
                    let said = refusal.unwrap_or_default();
                    assert!(said.ends_with("characters; at most 4096 are read"), "{before}{middle}{after}: {said}");
                }
            }
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(read).expect("a thread").join().expect("no panic");
    let deep = refusal(&format!("1{}", "+1".repeat(500))).unwrap_or_default();
    assert_eq!(deep, "nests deeper than 100");
}

/// Ten thousand groups, a long text, and expressions that make the most of them.
#[test]
fn no_claims_make_an_expression_work_for_long() {
    let groups: Vec<String> = (0..10_000).map(|n| format!("group-{n:05}")).collect();
    let long = "ab".repeat(30_000);
    let deep = (0..100).fold(json!("x"), |inner, _| json!([inner]));
    let many: Vec<String> = (0..50).map(|n| format!("department-{n:05}-of-the-house")).collect();
    let claims = object(json!({ "groups": groups, "long": long, "deep": deep, "many": many }));
    let doubled = (0..25).fold("claims.long".to_owned(), |text, _| format!("[{text}].map(a, a + a)[0]"));
    let sums = format!("size({})", vec!["claims.long"; 90].join(" + "));
    for text in [
        "claims.groups.exists(a, claims.groups.exists(b, a + b == \"\"))",
        "claims.groups.all(a, claims.groups.all(b, a != b || a == b))",
        "claims.groups.exists(a, claims.groups.exists(b, a.missing == b)) || true",
        "!claims.groups.exists(a, claims.groups.exists(b, false)) || true",
        "claims.groups.map(a, claims.groups)  == claims.groups.map(a, claims.groups)",
        "claims.groups.exists(a, claims.groups + claims.groups == [])",
        "claims.groups.filter(a, a in claims.groups) == []",
        "claims.groups.map(a, claims.long + a) == []",
        "claims.groups.map(a, size(claims.long)) == []",
        "claims.groups.exists(a, claims.long.contains(\"bb\"))",
        "claims.groups.exists(a, claims.long.matches(\"(a|b)*bb\"))",
        "claims.long.matches(\"(?:a|b)*a(?:a|b){300}c\")",
        "claims.long.matches(\"(a|b)*a(a|b){15}c\")",
        "claims.groups.exists(g, g.matches(\"u.{1,30}x\"))",
        "claims.groups.exists(a, claims.groups == claims.groups && false)",
        "claims.groups.exists_one(a, claims.groups.exists_one(b, a == b))",
        &doubled,
        &sums,
    ] {
        let (answer, spent) = answer(text, &claims);
        assert_eq!(answer, Err(Fault::TooMuchWork { most: MOST_STEPS }), "{text}: after {spent}");
        assert_eq!(spent, MOST_STEPS);
    }
    for (text, expected, most) in [
        ("claims.groups.exists(g, g == \"group-09999\")", json!(true), 60_000),
        ("\"group-09999\" in claims.groups", json!(true), 12_000),
        ("size(claims.groups.map(g, \"role/\" + g))", json!(10_000), 80_000),
        ("claims.deep == claims.deep", json!(true), 300),
        ("claims.long.matches(\"^(ab)+$\")", json!(true), 4_000),
        ("claims.groups.all(g, g.matches(\"^group-\\\\d{1,64}$\"))", json!(true), 60_000),
        ("claims.many.exists(g, g.matches(\"x.{1,30}a\"))", json!(false), 60_000),
    ] {
        let (answer, spent) = answer(text, &claims);
        assert_eq!(answer, Ok(expected), "{text}");
        assert!(spent <= most, "{text}: {spent}");
    }
}

/// What is read decides what is kept of a person's claims: by name if it can be told, else all of them.
#[test]
fn the_claims_that_are_read_are_known() {
    for (text, names, any) in [
        ("claims.groups.exists(g, g == \"x\") && claims[\"team\"] == \"y\"", &["groups", "team"][..], false),
        ("\"hd\" in claims && has(claims.hd) && claims.address.country == \"CH\"", &["address", "hd"], false),
        ("claims.map(name, claims[name])[0]", &[], true),
        ("size(claims) > 2 || claims[provider] == \"z\"", &[], true),
        ("dyn(claims).groups == []", &[], true),
        ("provider == \"claims\"", &[], false),
    ] {
        let expression = Expression::compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            (expression.mentioned().collect::<Vec<_>>(), expression.reads_any()),
            (names.to_vec(), any),
            "{text}"
        );
        assert_eq!(expression.mentions("other"), any, "{text}");
    }
}

fn matches(pattern: &str, text: &str) -> Json {
    let (answer, _) = answer(&format!("claims.text.matches({pattern:?})"), &object(json!({ "text": text })));
    answer.unwrap_or_else(|fault| panic!("{pattern}: {fault}"))
}

#[test]
fn patterns_of_every_day_are_taken() {
    for (pattern, good, bad) in [
        (r"^.{1,64}$", "€".repeat(64), "€".repeat(65)),
        (r"^.{1,256}$", "ä".repeat(256), String::new()),
        (r"^\w{1,20}$", "team_1".to_owned(), "team 1".to_owned()),
        (r"^[^@]{1,64}@example\.com$", "älice@example.com".to_owned(), "a@b@example.com".to_owned()),
        (r"^[^@]{1,200}@example\.com$", "älice@example.com".to_owned(), "alice@example_com".to_owned()),
        (r"^team-\w{2,64}$", "team-42".to_owned(), "team-4".to_owned()),
        (
            r"^arn:aws:iam::\d{12}:role/[\w+=,.@-]{1,64}$",
            format!("arn:aws:iam::{}:role/A-1", "1".repeat(12)),
            "arn".to_owned(),
        ),
        (r"role/.{1,64}-admin", "a role/data-admin".to_owned(), "role/-admin".to_owned()),
        (
            r"(?i)^[^@]{1,64}@(eu|us)\.example\.(com|org)$",
            "A@EU.Example.org".to_owned(),
            "a@asia.example.org".to_owned(),
        ),
        (r"^\p{L}+$", "Zoë".to_owned(), "Zoë1".to_owned()),
    ] {
        assert_eq!((matches(pattern, &good), matches(pattern, &bad)), (json!(true), json!(false)), "{pattern}");
    }
}

/// CEL's patterns are RE2's. Where the crate's own reading is another, RE2's counts, or the pattern is refused.
#[test]
fn patterns_are_read_as_re2_reads_them() {
    for (pattern, text, holds) in [
        (r"^\w$", "é", false),
        (r"^\W$", "é", true),
        (r"^[\W]$", "é", true),
        (r"^\d$", "٣", false),
        (r"^[^\d]$", "٣", true),
        (r"^\s$", "\u{a0}", false),
        (r"^\s$", "\u{b}", false),
        (r"^\s$", "\t", true),
        (r"^[[:space:]]$", "\u{b}", true),
        (r"^\S$", "\u{b}", true),
        (r"\bteam\b", "éteamé", true),
        (r"\bteam\b", "_team", false),
        (r"\Bteam", "éteam", false),
        (r"\Bteam", "_team", true),
        (r"^.$", "€", true),
        (r"^[^@]$", "€", true),
        (r"^[a&&b]+$", "a&b", true),
        (r"^[a~~b]+$", "a~b", true),
        (r"^[[a]+$", "[a", true),
        (r"^[]a]+$", "]a", true),
        (r"^[^]a]+$", "]", false),
        (r"^[\w-.]+$", "a-.", true),
        (r"^[-\w]+$", "-a", true),
        (r"^[\w-]+$", "-a", true),
        (r"^[a\-\d]+$", "-1a", true),
        (r"^[^\w-]+$", "-", false),
        (r"^[\]a]+$", "]", true),
        (r"^\<a\>$", "<a>", true),
        (r"^\\w$", "\\w", true),
        (r"^(?i)[[:^digit:]k]$", "K", true),
        // What stands behind ^ need not be there.
        ("^ab*$", "a", true),
        ("^ab?c", "ac", true),
        ("^ab{0,2}$", "a", true),
        ("^éa+", "éa", true),
        ("^é*a", "a", true),
        ("^a|b", "b", true),
        ("^a(b|c)", "ac", true),
        ("^ab", "xab", false),
        ("^a$", "a\n", false),
        ("", "", true),
    ] {
        assert_eq!(matches(pattern, text), json!(holds), "{pattern} for {text:?}");
    }
    for (pattern, why) in [
        (r"[+-\d]", "within brackets, - stands before \\d"),
        (r"[a--b]", "within brackets, - stands twice"),
        (r"[[:letters:]]", "[:letters is no class of characters"),
        (r"[+-[:digit:]]", "[:digit is no class of characters"),
        (r"\Z", "unrecognized escape sequence"),
        ("a\\", "it ends in a backslash"),
    ] {
        let refusal = refusal(&format!("claims.text.matches({pattern:?})")).unwrap_or_default();
        assert_eq!(refusal, format!("has a pattern that is not taken: {why}"), "{pattern}");
    }
}

/// Each byte of a text may read another part of a large table, which is far from the processor if there are many.
#[test]
fn a_large_table_is_paid_for_by_the_byte() {
    let claims = object(json!({ "long": "ab".repeat(30_000) }));
    for (pattern, least, most) in [("a[ab]{5}c", 3_000, 4_000), ("a[ab]{11}c", 30_000, 31_000)] {
        let (answer, spent) = answer(&format!("claims.long.matches(\"{pattern}\")"), &claims);
        assert_eq!(answer, Ok(json!(false)), "{pattern}");
        assert!((least..most).contains(&spent), "{pattern}: {spent}");
    }
}

/// What is compared is paid for before it is gathered.
#[test]
fn comparing_maps_is_paid_for() {
    let map = |first: u64| (0..10_000).map(|n| (format!("k{n:05}"), json!(n + first))).collect::<Map<String, Json>>();
    let claims = object(json!({ "one": map(0), "other": map(1) }));
    let (answer, spent) = answer("claims.one == claims.other", &claims);
    assert!(answer == Ok(json!(false)) && spent > 10_000, "{spent}");
}

#[test]
fn types_have_names() {
    let claims =
        object(json!({ "text": "a", "list": [1], "map": {}, "int": 1, "half": 0.5, "none": null, "yes": true }));
    for text in [
        "type(claims.text) == string && type(claims.list) == list && type(claims.map) == map",
        "type(claims.int) == int && type(claims.half) == double && type(1u) == uint && type(claims.yes) == bool",
        "type(claims.none) == null_type && type(string) == type && type(type(1)) == type",
        "type(claims.int) != string && string(claims.int) == \"1\"",
        // A loop's own name comes first.
        "claims.list.exists(string, string == 1)",
    ] {
        assert_eq!(answer(text, &claims).0, Ok(json!(true)), "{text}");
    }
}

/// CEL compares numbers of different types as on one line.
#[test]
fn numbers_are_compared_exactly() {
    for (text, holds) in [
        ("9007199254740993 == 9007199254740992.0", false),
        ("9007199254740993 > 9007199254740992.0", true),
        ("9007199254740992.0 < 9007199254740993", true),
        ("9007199254740992 == 9007199254740992.0", true),
        ("9223372036854775807 < 9223372036854775808.0", true),
        ("18446744073709551615u == 18446744073709551616.0", false),
        ("18446744073709551615u < 18446744073709551616.0", true),
        ("1 == 1.0 && 1u == 1.0 && 1 == 1u", true),
        ("2 < 2.5 && -2 > -2.5 && !(2 == 2.5)", true),
        ("1 < 1.0 / 0.0 && -1 > -1.0 / 0.0", true),
        ("0 == 0.0 / 0.0", false),
        ("9007199254740993 in [9007199254740992.0]", false),
    ] {
        assert_eq!(answer(text, &Map::new()).0, Ok(json!(holds)), "{text}");
    }
}
