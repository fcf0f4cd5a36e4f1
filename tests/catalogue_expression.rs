//! What a rule's language takes when a configuration is loaded.

use gatehouse::catalogue::Expression;

fn refusal(text: &str) -> Option<String> {
    Expression::compile(text).err().map(|error| error.to_string())
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
fn a_function_that_would_fail_at_each_sign_in_is_refused_by_name() {
    for text in ["claims.groups.map(g, g.substring(4))", "substring(claims.groups[0], 4)"] {
        let refusal = refusal(text).unwrap_or_default();
        assert!(refusal.starts_with("calls \"substring\""), "{text}: {refusal}");
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
