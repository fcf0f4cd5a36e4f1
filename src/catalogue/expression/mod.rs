//! A CEL expression: parsed, read through and bounded when the configuration is loaded, and run for somebody's claims.
//!
//! The parser is `cel`'s. What it understood is turned by `lower` into [`node`]s, in which every name, function and pattern
//! is known, and `evaluate` walks them over the claims where they are, counting its steps: an expression that asks for more
//! than [`MOST_STEPS`] has failed. Nothing is run that was not read through first.

mod evaluate;
mod function;
mod lower;
mod node;
mod pattern;
mod program;
mod value;

pub use evaluate::{Fault, Scope, Work};
pub use program::Need;
pub use value::{List, Map, Text, Value};

use evaluate::Walk;
use lower::Reader;
use node::Variable;
use program::Program;
use std::collections::BTreeSet;

/// A compiled expression, its text, and the claims that it reads by name.
pub struct Expression {
    text: Box<str>,
    program: Program,
    reads: BTreeSet<String>,
    sought: BTreeSet<String>,
    reads_any: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotAnExpression(String);

/// Long enough for any rule that a person wrote, short enough that compiling it is nothing.
const LONGEST: usize = 4_096;
/// What one expression may do for one set of claims; a few thousand are a long loop, and this many take some milliseconds.
pub const MOST_STEPS: u64 = 100_000;
/// The parser goes deeper for each of these marks, and for `in`: up to 100 KiB of stack for each, unoptimised. A few fit on
/// any stack; more are read on one of their own, so that a configuration cannot end the process that looks at it.
const FEW_MARKS: usize = 10;
const STACK: usize = 128 << 20;
type Variables = &'static [(&'static str, Variable)];
const OF_RULES: Variables =
    &[("claims", Variable::Claims), ("provider", Variable::Provider), ("account", Variable::Account)];
/// `authn_context` is how the person authenticated, as their identity provider says.
const OF_MFA: Variables = &[
    ("claims", Variable::Claims),
    ("provider", Variable::Provider),
    ("account", Variable::Account),
    ("authn_context", Variable::AuthnContext),
];

impl Expression {
    /// Of a rule.
    pub fn compile(text: &str) -> Result<Self, NotAnExpression> {
        Self::over(OF_RULES, text)
    }

    /// Of the question whether somebody used a second factor.
    pub fn compile_mfa(text: &str) -> Result<Self, NotAnExpression> {
        Self::over(OF_MFA, text)
    }

    fn over(variables: Variables, text: &str) -> Result<Self, NotAnExpression> {
        if text.len() > LONGEST {
            return Err(NotAnExpression(format!("has {} characters; at most {LONGEST} are read", text.len())));
        }
        let marks = text.bytes().filter(|byte| b"([{?:-!.+*/%<=>&|".contains(byte)).count();
        if marks + text.matches("in").count() < FEW_MARKS {
            return Self::read(variables, text);
        }
        std::thread::scope(|scope| {
            let reading = std::thread::Builder::new().stack_size(STACK);
            let reading = reading.spawn_scoped(scope, || Self::read(variables, text));
            let read =
                reading.map_err(|e| e.to_string()).and_then(|it| it.join().map_err(|_| "it panicked".to_owned()));
            read.unwrap_or_else(|why| Err(NotAnExpression(format!("cannot be read: {why}"))))
        })
    }

    fn read(variables: Variables, text: &str) -> Result<Self, NotAnExpression> {
        let program = cel::Program::compile(text)
            .map_err(|e| NotAnExpression(format!("is not CEL{}", complaint(&e.to_string()))))?;
        let mut reader = Reader::new(variables);
        reader.read(program.expression()).map_err(NotAnExpression)?;
        let Reader { draft, reads, sought, reads_any, .. } = reader;
        Ok(Self { text: text.into(), program: draft.finish(), reads, sought, reads_any })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it comes to. An expression that fails, or does not end within [`MOST_STEPS`], comes to nothing.
    pub fn evaluate<'a>(&'a self, scope: Scope<'a>, work: &mut Work) -> Result<Value<'a>, Fault> {
        Walk { program: &self.program, scope, items: Vec::new(), work }.value(self.program.root())
    }

    /// Somebody must have one of these for it to hold; none where that is not plain to see.
    pub fn needs(&self) -> Vec<Need<'_>> {
        self.program.needs(self.program.root())
    }

    /// The claims that the expression names, as in `claims.groups` or `claims["groups"]`.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.reads.iter().map(String::as_str)
    }

    /// Every claim that it names.
    pub fn mentioned(&self) -> impl Iterator<Item = &str> {
        self.reads.union(&self.sought).map(String::as_str)
    }

    /// Whether it reads claims that it does not name, as `claims.map(…)` does: all of them, for all we know.
    pub fn reads_any(&self) -> bool {
        self.reads_any
    }

    /// Whether what it comes to may depend on the claim: it is read, or looked for as in `"groups" in claims`, or may be
    /// among those that are read whatever they are called.
    pub fn mentions(&self, claim: &str) -> bool {
        self.reads_any || self.reads.contains(claim) || self.sought.contains(claim)
    }
}

impl std::str::FromStr for Expression {
    type Err = NotAnExpression;

    fn from_str(text: &str) -> Result<Self, NotAnExpression> {
        Self::compile(text)
    }
}

/// ` at line 1, column 21: …` from the parser's first complaint, `ERROR: <input>:1:21: …` and a drawing.
fn complaint(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let placed = first.strip_prefix("ERROR: <input>:").map(|rest| rest.splitn(3, ':').collect::<Vec<_>>());
    match placed.as_deref() {
        Some([line, column, what]) => format!(" at line {line}, column {column}: {}", what.trim()),
        _ => format!(": {first}"),
    }
}
