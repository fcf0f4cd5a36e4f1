//! The decisions of `fixtures/policy/decisions.txt`, asked as users ask them: `gatehouse simulate --cases`.

use crate::config_world::World;
use crate::running::{ended, gatehouse};
use serde_json::{Value, json};

const TABLE: &str = include_str!("fixtures/policy/decisions.txt");

/// A question, what must come of it, and where and why.
struct Row<'a> {
    question: Value,
    expected: Expected,
    line: usize,
    why: &'a str,
}

#[derive(Debug, PartialEq)]
enum Expected {
    Decided {
        decision: String,
        matched: Vec<String>,
    },
    /// What the error begins with.
    Error(String),
}

/// The policies of a block, and what a question on paper calls them.
#[derive(Default)]
struct Block {
    identity: Vec<Value>,
    boundary: Option<Value>,
    session: Vec<Value>,
    trust: Option<Value>,
}

#[test]
fn every_decision_of_the_table() {
    let rows = rows();
    assert!(rows.len() >= 300, "only {} decisions", rows.len());
    let questions: String = rows.iter().map(|row| format!("{}\n", row.question)).collect();
    let world = World::new();
    std::fs::write(world.0.path().join("cases.jsonl"), questions).expect("written");
    let (code, out, err) = ended(gatehouse().current_dir(world.0.path()).args(["simulate", "--cases", "cases.jsonl"]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), rows.len());
    let wrong: Vec<String> = rows.iter().zip(&answers).filter_map(|(row, answer)| row.fault(answer)).collect();
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

impl Row<'_> {
    fn fault(&self, answer: &Value) -> Option<String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let fits = answer["id"] == self.question["id"]
            && match &self.expected {
                Expected::Error(begin) => text(&answer["error"]).starts_with(begin) && answer.get("decision").is_none(),
                Expected::Decided { decision, matched } => {
                    let told = answer["matched"].as_array().into_iter().flatten().map(text);
                    text(&answer["decision"]) == *decision && told.eq(matched.iter().cloned())
                }
            };
        (!fits).then(|| format!("line {}: {:?} is wanted ({}); came {answer}", self.line, self.expected, self.why))
    }
}

fn rows() -> Vec<Row<'static>> {
    let (mut rows, mut block, mut rule) = (Vec::new(), Block::default(), "");
    for (index, text) in TABLE.lines().enumerate() {
        let line = index + 1;
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "" | "#" => {}
            "==" => (rule, block) = (rest, Block::default()),
            "identity:" => block.identity.push(policy(rest, line)),
            "session:" => block.session.push(policy(rest, line)),
            "boundary:" => block.boundary = Some(policy(rest, line)),
            "trust:" => block.trust = Some(policy(rest, line)),
            "ask:" => {
                assert!(rule.len() > 10, "line {line}: no rule");
                rows.push(row(&block, rest, line));
            }
            _ => panic!("line {line}: {text}"),
        }
    }
    rows
}

/// A whole document as it is, statements in one of 2012.
fn policy(text: &str, line: usize) -> Value {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("line {line}: {error}"));
    match value.get("Statement") {
        Some(_) => value,
        None => json!({"Version": "2012-10-17", "Statement": value}),
    }
}

/// `ACTION RESOURCE-or-PRINCIPAL [CONTEXT] => ANSWER | WHY`
fn row(block: &Block, text: &'static str, line: usize) -> Row<'static> {
    let parts = || {
        let (asked, rest) = text.split_once(" => ")?;
        let (answer, why) = rest.rsplit_once(" | ")?;
        let (action, rest) = asked.split_once(' ')?;
        Some((action, rest, answer, why))
    };
    let (action, rest, answer, why) = parts().unwrap_or_else(|| panic!("line {line}: {text}"));
    let read = |text: &str| serde_json::from_str(text).unwrap_or_else(|error| panic!("line {line}: {text}: {error}"));
    let mut question = json!({"id": line.to_string(), "action": action});
    let context = match &block.trust {
        Some(policy) => {
            // A principal is a small object of one member.
            let end = rest.find('}').map_or(rest.len(), |at| at + 1);
            question["trust_policy"] = policy.clone();
            question["principal"] = read(&rest[..end]);
            rest[end..].trim()
        }
        None => {
            let (resource, context) =
                rest.split_once(" {").map_or((rest, ""), |(resource, _)| (resource, &rest[resource.len() + 1..]));
            question["identity_policies"] = json!(block.identity);
            question["boundary"] = json!(block.boundary);
            question["session_policies"] = json!(block.session);
            question["resource"] = json!(resource);
            context
        }
    };
    if !context.is_empty() {
        question["context"] = read(context);
    }
    let expected = match answer.split_once(' ') {
        Some(("error:", begin)) => Expected::Error(begin.to_owned()),
        Some((decision, matched)) => Expected::Decided {
            decision: decision.to_owned(),
            matched: matched.split(' ').map(str::to_owned).collect(),
        },
        None => Expected::Decided { decision: answer.to_owned(), matched: Vec::new() },
    };
    Row { question, expected, line, why }
}
