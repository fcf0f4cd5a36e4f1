//! What a hundred thousand steps of an expression may cost, with patterns and claims that make the most of each: `make
//! bench`. Times are of the processor.
#![allow(clippy::print_stdout)]

use gatehouse::catalogue::expression::{Expression, MOST_STEPS, Scope, Work};
use nix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value, json};
use std::time::Duration;

const ROUNDS: usize = 21;
/// For all the steps that an expression has.
const MOST: Duration = Duration::from_millis(10);

fn main() {
    let claims = claims();
    let account = "111122223333".parse().expect("an account");
    let scope = || Scope { claims: &claims, absent_is_empty: false, provider: "corp", account, authn_context: "" };
    println!("\n{MOST_STEPS} steps of an expression; ms of processor time, median of {ROUNDS}");
    let mut worst = Duration::ZERO;
    for (name, text) in expressions() {
        let expression = Expression::compile(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let cost = || {
            let mut work = Work::at_most(MOST_STEPS);
            let before = processor();
            let ended = expression.evaluate(scope(), &mut work).is_ok();
            let took = processor() - before;
            assert!(!ended && work.spent() == MOST_STEPS, "{name} ends after {}", work.spent());
            took
        };
        let mut times: Vec<Duration> = (0..ROUNDS).map(|_| cost()).collect();
        times.sort_unstable();
        let median = times[ROUNDS / 2];
        worst = worst.max(median);
        println!("{name:60} {:8.3}", median.as_secs_f64() * 1_000.0);
    }
    assert!(worst < MOST, "{worst:?}");
}

/// Each asks its question of each of many items, for each of many: it runs until it has no steps left.
fn expressions() -> Vec<(String, String)> {
    let over = |claim: &str, question: &str| format!("claims.many.exists(a, claims.{claim}.exists(b, {question}))");
    let plain = [
        ("texts that are compared", over("many", "b == a + \"x\"")),
        ("texts in order", over("short", "b < \"\"")),
        ("numbers as texts", over("numbers", "string(b) == \"x\"")),
        ("texts as numbers", over("digits", "double(b) == -1.0")),
        ("lists that are made", over("many", "[a, b, a, b] == [b, a, \"x\", \"y\"]")),
        ("lists that are put together", over("many", "([a] + [b]) == [b, a, \"x\", \"y\"]")),
        ("a key of many", over("many", "claims.map[\"k019999\"] == 3")),
        ("claims that are not there", over("many", "has(claims.none)")),
        ("fields that are not there", over("numbers", "b.c == 1 || b.d == 1 || b.e == 1")),
        ("parts of texts", over("short", "b.contains(\"bbbbbbbbbbbbbbbbb\")")),
    ];
    let pattern = |claim: &str, pattern: &str| over(claim, &format!("b.matches(\"{pattern}\")"));
    let patterns = [
        ("a pattern of one table, a long text", pattern("long", "(?s).*c")),
        ("a pattern of one table, short texts", pattern("short", "(a|aa)+c")),
        ("a pattern that is followed state by state", pattern("short", "a.{1,30}c")),
    ];
    // As many as an expression has room for, each with a table of its own: more than the processor keeps near.
    let tables = |claim: &str, length: usize| {
        let each = |n: u8| format!("b.matches(\"a[ab]{{{length}}}{}\")", char::from(b'c' + n % 20));
        let all: Vec<String> = (0..88).map(each).collect();
        (format!("88 patterns of large tables ({length}), {claim} texts"), over(claim, &all.join("||")))
    };
    let tables = ["short", "long"].into_iter().flat_map(|claim| [8, 10, 11, 12].map(|length| tables(claim, length)));
    let named = plain.into_iter().chain(patterns).map(|(name, text)| (name.to_owned(), text));
    named.chain(tables).collect()
}

fn claims() -> Map<String, Value> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut letters = |count: usize| -> String {
        let letter = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if state >> 63 == 0 { 'a' } else { 'b' }
        };
        (0..count).map(letter).collect()
    };
    let short: Vec<String> = (0..20_000).map(|_| letters(15)).collect();
    let many: Vec<String> = (0..20_000).map(|n| format!("g{n}")).collect();
    let digits: Vec<String> = (0..20_000).map(|n| format!("{n:015}")).collect();
    let numbers: Vec<f64> = (0..20_000).map(|n| f64::from(n) + 0.5).collect();
    let map: Map<String, Value> = (0..20_000).map(|n| (format!("k{n:06}"), json!(n))).collect();
    let long = [letters(30_000)];
    let claims =
        json!({ "short": short, "many": many, "digits": digits, "numbers": numbers, "map": map, "long": long });
    let Value::Object(claims) = claims else { panic!("an object") };
    claims
}

fn processor() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock").into()
}
