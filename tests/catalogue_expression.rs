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
        ("claims.a.matches(\"(?:a{500}){500}\")", "has a pattern that is not taken: Compiled regex exceeds size limit"),
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
    let claims = object(json!({ "groups": groups, "long": long, "deep": deep }));
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
        ("claims.long.matches(\"^(ab)+$\")", json!(true), 61_000),
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
