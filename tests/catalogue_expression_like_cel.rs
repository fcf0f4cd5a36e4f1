//! What an expression comes to is what CEL says: a few thousand expressions at random, asked of the reference interpreter
//! of the crate that parses them as well.

use gatehouse::catalogue::expression::{Expression, MOST_STEPS, Scope, Value, Work};
use serde_json::{Map, Value as Json, json};

/// Always the same numbers: a failure can be looked at again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).expect("a small number")
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }
}

/// An expression of (mostly) a kind, so that most come to something.
#[derive(Clone, Copy)]
enum Kind {
    Truth,
    Number,
    Text,
    List,
}

const KINDS: [Kind; 4] = [Kind::Truth, Kind::Number, Kind::Text, Kind::List];

fn expression(dice: &mut Dice, kind: Kind, depth: usize, items: &[String]) -> String {
    let kind = if dice.below(25) == 0 { KINDS[dice.below(4)] } else { kind };
    if depth == 0 {
        return leaf(dice, kind, items);
    }
    let mut part = |kind| expression(dice, kind, depth - 1, items);
    match kind {
        Kind::Truth => {
            let (truths, numbers) = ([part(Kind::Truth), part(Kind::Truth)], [part(Kind::Number), part(Kind::Number)]);
            let (texts, list) = ([part(Kind::Text), part(Kind::Text)], part(Kind::List));
            match dice.below(12) {
                0 => format!("({} && {})", truths[0], truths[1]),
                1 => format!("({} || {})", truths[0], truths[1]),
                2 => format!("!({})", truths[0]),
                3 => format!("({} {} {})", numbers[0], dice.one(&["<", "<=", ">", ">=", "==", "!="]), numbers[1]),
                4 => format!("({} {} {})", texts[0], dice.one(&["<", "==", "!="]), texts[1]),
                5 => format!("({} in {list})", texts[0]),
                6 => format!("{}.{}({})", texts[0], dice.one(&["contains", "startsWith", "endsWith"]), texts[1]),
                7 => format!("({list} == {})", expression(dice, Kind::List, depth - 1, items)),
                8 => format!("{}.matches(\"{}\")", texts[0], dice.one(&["^a", "b+", "x|y", "^$"])),
                9 => format!("({} ? {} : {})", truths[0], truths[1], numbers[0]),
                _ => looped(dice, &["exists", "all", "exists_one"], &list, Kind::Truth, depth, items),
            }
        }
        Kind::Number => {
            let (numbers, text, list) = ([part(Kind::Number), part(Kind::Number)], part(Kind::Text), part(Kind::List));
            match dice.below(6) {
                0 => format!("({} {} {})", numbers[0], dice.one(&["+", "-", "*", "/", "%"]), numbers[1]),
                1 => format!("size({text})"),
                2 => format!("size({list})"),
                3 => format!("-({})", numbers[0]),
                4 => format!("int({})", numbers[0]),
                _ => format!("double({})", numbers[0]),
            }
        }
        Kind::Text => {
            let (texts, number, list) = ([part(Kind::Text), part(Kind::Text)], part(Kind::Number), part(Kind::List));
            match dice.below(5) {
                0 => format!("({} + {})", texts[0], texts[1]),
                1 => format!("{list}[{}]", dice.one(&["0", "1", "5", "-1"])),
                2 => format!("string(int({number}))"),
                3 => format!("({} ? {} : {})", expression(dice, Kind::Truth, depth - 1, items), texts[0], texts[1]),
                _ => texts[0].clone(),
            }
        }
        Kind::List => {
            let (lists, text) = ([part(Kind::List), part(Kind::List)], part(Kind::Text));
            match dice.below(5) {
                0 => format!("({} + {})", lists[0], lists[1]),
                1 => format!("[{text}, {text}]"),
                2 => looped(dice, &["map"], &lists[0], Kind::Text, depth, items),
                3 => looped(dice, &["filter"], &lists[0], Kind::Truth, depth, items),
                _ => lists[0].clone(),
            }
        }
    }
}

/// A loop, if there are fewer than two around it.
fn looped(dice: &mut Dice, macros: &[&str], over: &str, kind: Kind, depth: usize, items: &[String]) -> String {
    if items.len() == 2 || over.contains(".exists(") && !items.is_empty() {
        return leaf(dice, kind, items);
    }
    let name = format!("v{}", items.len());
    let inside = [items, std::slice::from_ref(&name)].concat();
    let question = expression(dice, kind, depth - 1, &inside);
    format!("{over}.{}({name}, {question})", dice.one(macros))
}

fn leaf(dice: &mut Dice, kind: Kind, items: &[String]) -> String {
    if !items.is_empty() && dice.below(2) == 0 {
        return items[dice.below(items.len())].clone();
    }
    let all: &[&str] = match kind {
        Kind::Truth => {
            &["true", "false", "claims.yes", "has(claims.name)", "has(claims.absent)", "(\"name\" in claims)"]
        }
        Kind::Number => {
            &["0", "1", "-3", "7", "2.5", "3u", "claims.n", "claims.half", "claims.absent", "9223372036854775807"]
        }
        Kind::Text => {
            &["\"\"", "\"a\"", "\"b\"", "\"xy\"", "claims.name", "claims.address.city", "provider", "account"]
        }
        Kind::List => &["[]", "[\"a\"]", "claims.groups", "claims.mixed", "claims[\"groups\"]", "[claims.name]"],
    };
    dice.one(all).to_owned()
}

fn claims() -> Map<String, Json> {
    let claims = json!({
        "groups": ["a", "b", "xyz", "ä"], "mixed": ["a", 1, true, null, ["b"]], "name": "abba", "n": 5, "half": 0.5,
        "yes": true, "address": { "city": "bax" },
    });
    let Json::Object(claims) = claims else { panic!("an object") };
    claims
}

/// As here: an integer is an `int`.
fn for_cel(json: &Json) -> cel::Value {
    match json {
        Json::Null => cel::Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => match number.as_i64() {
            Some(int) => int.into(),
            None => number.as_f64().expect("a number").into(),
        },
        Json::String(text) => text.clone().into(),
        Json::Array(values) => values.iter().map(for_cel).collect::<Vec<_>>().into(),
        Json::Object(map) => {
            let entries = map.iter().map(|(key, value)| (key.clone(), for_cel(value)));
            entries.collect::<std::collections::HashMap<String, cel::Value>>().into()
        }
    }
}

fn of_cel(value: &cel::Value) -> String {
    match value {
        cel::Value::Null => "null".into(),
        cel::Value::Bool(value) => value.to_string(),
        cel::Value::Int(value) => format!("int {value}"),
        cel::Value::UInt(value) => format!("uint {value}"),
        cel::Value::Float(value) => format!("double {value}"),
        cel::Value::String(text) => format!("{text:?}"),
        cel::Value::List(values) => format!("[{}]", values.iter().map(of_cel).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}

fn of_ours(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => format!("int {value}"),
        Value::UInt(value) => format!("uint {value}"),
        Value::Double(value) => format!("double {value}"),
        Value::Text(text) => format!("{:?}", &**text),
        Value::List(list) => format!("[{}]", list.iter().map(|v| of_ours(&v)).collect::<Vec<_>>().join(", ")),
        other => other.kind().to_owned(),
    }
}

#[test]
fn expressions_at_random_come_to_the_same() {
    let claims = claims();
    let account = "111122223333".parse().expect("an account");
    let scope = Scope { claims: &claims, absent_is_empty: false, provider: "corp", account, authn_context: "" };
    let mut context = cel::Context::default();
    context.add_variable_from_value("claims", for_cel(&Json::Object(claims.clone())));
    context.add_variable_from_value("provider", "corp");
    context.add_variable_from_value("account", "111122223333");
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (mut asked, mut answered, mut differing) = (0, 0, Vec::new());
    while asked < 6_000 {
        let kind = KINDS[dice.below(4)];
        let depth = 1 + dice.below(3);
        let text = expression(&mut dice, kind, depth, &[]);
        // What is too long, or loops too deep, is refused here and not there.
        let Ok(ours) = Expression::compile(&text) else { continue };
        // There an `int` that no `double` can be is compared as the nearest one; CEL compares it as it is, and so do we.
        if text.contains("double(9223372036854775807)") {
            continue;
        }
        asked += 1;
        let ours = ours.evaluate(scope, &mut Work::at_most(MOST_STEPS)).map(|value| of_ours(&value)).ok();
        let theirs = cel::Program::compile(&text).expect("it is CEL").execute(&context).map(|v| of_cel(&v)).ok();
        answered += usize::from(ours.is_some());
        if ours != theirs {
            differing.push(format!("{text}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    }
    assert!(
        differing.is_empty(),
        "{} of {asked}\n{}",
        differing.len(),
        differing[..differing.len().min(12)].join("\n")
    );
    assert!(answered > asked / 3, "only {answered} of {asked} came to anything");
}
