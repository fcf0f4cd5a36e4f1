//! A CEL expression, compiled and read through once when the configuration is loaded.

use cel::Program;
use cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, operators};
use std::collections::BTreeSet;

/// A compiled expression, its text, and the claims that it reads by name.
pub struct Expression {
    text: String,
    program: Program,
    reads: BTreeSet<String>,
    /// Claims that are looked for, whether or not they are read.
    sought: BTreeSet<String>,
    /// Whether the claims are read otherwise than one by one by name, so that it may be any of them.
    reads_any: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotAnExpression(String);

/// Long enough for any rule that a person wrote, short enough that compiling it is nothing.
const LONGEST: usize = 4_096;
/// Each nested `exists`, `map` or `filter` multiplies the work by the length of a stranger's list.
const DEEPEST_LOOP: usize = 2;
const CLAIMS: &str = "claims";
const OF_RULES: &[&str] = &[CLAIMS, "provider", "account"];
/// `authn_context` is how the person authenticated, as their identity provider says.
const OF_MFA: &[&str] = &[CLAIMS, "provider", "account", "authn_context"];
/// The functions that `cel` runs as it is built here; macros (`has`, `exists`, `map`…) are gone once it has compiled. A
/// call of anything else would fail at each sign-in, and is told now.
const FUNCTIONS: [&str; 16] = [
    "bool",
    "bytes",
    "contains",
    "double",
    "dyn",
    "endsWith",
    "hasValue",
    "int",
    "matches",
    "orValue",
    "size",
    "startsWith",
    "string",
    "type",
    "uint",
    "value",
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

    fn over(variables: &'static [&'static str], text: &str) -> Result<Self, NotAnExpression> {
        if text.len() > LONGEST {
            return Err(NotAnExpression(format!("has {} characters; at most {LONGEST} are read", text.len())));
        }
        let program =
            Program::compile(text).map_err(|e| NotAnExpression(format!("is not CEL{}", complaint(&e.to_string()))))?;
        let mut reader = Reader { variables, ..Reader::default() };
        reader.read(&program.expression().expr, 0);
        if let Some(stray) = reader.stray {
            let (last, first) = variables.split_last().expect("there are variables");
            return Err(NotAnExpression(format!("uses \"{stray}\"; known are {} and {last}", first.join(", "))));
        }
        if let Some(function) = reader.unknown_function {
            let known = FUNCTIONS.join(", ");
            return Err(NotAnExpression(format!("calls \"{function}\"; known are {known}, and CEL's macros")));
        }
        if reader.deepest > DEEPEST_LOOP {
            return Err(NotAnExpression(format!("nests {} loops; at most {DEEPEST_LOOP} are run", reader.deepest)));
        }
        let Reader { reads, sought, reads_any, .. } = reader;
        Ok(Self { text: text.to_owned(), program, reads, sought, reads_any })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The claims that the expression names, as in `claims.groups` or `claims["groups"]`.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.reads.iter().map(String::as_str)
    }

    /// Every claim that it names.
    pub fn mentioned(&self) -> impl Iterator<Item = &str> {
        self.reads.union(&self.sought).map(String::as_str)
    }

    /// Whether what it comes to may depend on the claim: it is read, or looked for as in `"groups" in claims`.
    pub fn mentions(&self, claim: &str) -> bool {
        self.reads_any || self.reads.contains(claim) || self.sought.contains(claim)
    }

    /// Whether it reads claims that it does not name, as `claims.map(…)` does: all of them, for all we know.
    pub fn reads_any(&self) -> bool {
        self.reads_any
    }
}

impl std::str::FromStr for Expression {
    type Err = NotAnExpression;

    fn from_str(text: &str) -> Result<Self, NotAnExpression> {
        Self::compile(text)
    }
}

#[derive(Default)]
struct Reader {
    variables: &'static [&'static str],
    reads: BTreeSet<String>,
    sought: BTreeSet<String>,
    reads_any: bool,
    stray: Option<String>,
    unknown_function: Option<String>,
    deepest: usize,
    bound: Vec<String>,
}

impl Reader {
    fn read(&mut self, expr: &Expr, loops: usize) {
        self.deepest = self.deepest.max(loops);
        match expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(name) => self.identifier(name),
            Expr::Select(select) => {
                if is_claims(&select.operand.expr) {
                    self.reads.insert(select.field.clone());
                } else {
                    self.read(&select.operand.expr, loops);
                }
            }
            Expr::Call(call) => self.call(call, loops),
            Expr::List(list) => list.elements.iter().for_each(|e| self.read(&e.expr, loops)),
            Expr::Map(map) => map.entries.iter().for_each(|e| self.entry(&e.expr, loops)),
            Expr::Struct(value) => value.entries.iter().for_each(|e| self.entry(&e.expr, loops)),
            Expr::Comprehension(each) => {
                self.read(&each.iter_range.expr, loops);
                let before = self.bound.len();
                self.bound.extend([each.iter_var.clone(), each.accu_var.clone()]);
                self.bound.extend(each.iter_var2.clone());
                for part in [&each.accu_init, &each.loop_cond, &each.loop_step, &each.result] {
                    self.read(&part.expr, loops + 1);
                }
                self.bound.truncate(before);
            }
        }
    }

    fn call(&mut self, call: &CallExpr, loops: usize) {
        // Operators are calls too, under names that no function can have: `_+_`, `!_`, `@in`.
        let is_operator = !call.func_name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !is_operator && !FUNCTIONS.contains(&call.func_name.as_str()) && self.unknown_function.is_none() {
            self.unknown_function = Some(call.func_name.clone());
        }
        if let (operators::INDEX, [of, index]) = (call.func_name.as_str(), call.args.as_slice())
            && let (true, Expr::Literal(LiteralValue::String(name))) = (is_claims(&of.expr), &index.expr)
        {
            self.reads.insert(name.inner().to_owned());
            return;
        }
        if let (operators::IN, [name, of]) = (call.func_name.as_str(), call.args.as_slice())
            && let (true, Expr::Literal(LiteralValue::String(name))) = (is_claims(&of.expr), &name.expr)
        {
            self.sought.insert(name.inner().to_owned());
            return;
        }
        let parts = call.target.iter().map(|t| &t.expr).chain(call.args.iter().map(|a| &a.expr));
        parts.for_each(|part| self.read(part, loops));
    }

    fn entry(&mut self, entry: &EntryExpr, loops: usize) {
        match entry {
            EntryExpr::StructField(field) => self.read(&field.value.expr, loops),
            EntryExpr::MapEntry(entry) => [&entry.key, &entry.value].iter().for_each(|e| self.read(&e.expr, loops)),
        }
    }

    /// A mention that is no read of one claim by name: those do not come here.
    fn identifier(&mut self, name: &str) {
        self.reads_any |= name == CLAIMS;
        let known =
            self.variables.contains(&name) || name.starts_with('@') || self.bound.iter().any(|bound| bound == name);
        if !known && self.stray.is_none() {
            self.stray = Some(name.to_owned());
        }
    }
}

fn is_claims(expr: &Expr) -> bool {
    matches!(expr, Expr::Ident(name) if name == CLAIMS)
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
