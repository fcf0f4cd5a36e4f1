//! From CEL's syntax tree to what is run: every name, function and pattern is found now, or told now.

use super::node::{Body, Constant, Function, Node, Operator, Variable};
use super::pattern::{Pattern, beginning};
use super::program::{At, Draft};
use super::value::KINDS;
use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, MapExpr, SelectExpr, operators,
};
use std::collections::BTreeSet;

/// Deeper than any rule that a person wrote; what is deeper would have to be walked on a stack that ends.
const DEEPEST: usize = 100;
/// Each nested `exists`, `map` or `filter` multiplies the work by the length of a stranger's list.
const DEEPEST_LOOP: usize = 2;

/// Reads a tree, and keeps which claims it reads.
pub(super) struct Reader {
    variables: &'static [(&'static str, Variable)],
    /// The names of the loops' items, from the outermost.
    bound: Vec<String>,
    depth: usize,
    pub(super) draft: Draft,
    pub(super) reads: BTreeSet<String>,
    /// Claims that are looked for, whether or not they are read.
    pub(super) sought: BTreeSet<String>,
    /// Whether the claims are used otherwise than by a name that is written down.
    pub(super) reads_any: bool,
}

type Lowered = Result<Node, String>;

impl Reader {
    pub(super) fn new(variables: &'static [(&'static str, Variable)]) -> Self {
        let (reads, sought) = (BTreeSet::new(), BTreeSet::new());
        Self { variables, bound: Vec::new(), depth: 0, draft: Draft::default(), reads, sought, reads_any: false }
    }

    pub(super) fn read(&mut self, expr: &IdedExpr) -> Result<At, String> {
        if self.depth == DEEPEST {
            return Err(format!("nests deeper than {DEEPEST}"));
        }
        self.depth += 1;
        let node = match &expr.expr {
            Expr::Literal(literal) => self.constant(literal).map(Node::Constant),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::List(list) => self.all(&list.elements).map(Node::List),
            Expr::Map(map) => self.map(map),
            Expr::Comprehension(each) => self.each(each),
            Expr::Struct(_) | Expr::Unspecified => Err("makes a message, of which none are known here".to_owned()),
        };
        self.depth -= 1;
        node.map(|node| self.draft.push(node))
    }

    fn all(&mut self, exprs: &[IdedExpr]) -> Result<Box<[At]>, String> {
        exprs.iter().map(|expr| self.read(expr)).collect()
    }

    fn pair(&mut self, [left, right]: [&IdedExpr; 2]) -> Result<[At; 2], String> {
        Ok([self.read(left)?, self.read(right)?])
    }

    fn name(&mut self, name: &str) -> Lowered {
        if let Some(depth) = self.bound.iter().rposition(|bound| bound == name) {
            return Ok(Node::Item(depth as u16));
        }
        match self.variables.iter().find(|(known, _)| *known == name) {
            Some((_, variable)) => {
                self.reads_any |= *variable == Variable::Claims;
                Ok(Node::Variable(*variable))
            }
            // The names of types are values, as in `type(claims.groups) == list`.
            None => match KINDS.into_iter().find(|kind| *kind == name) {
                Some(kind) => Ok(Node::Constant(Constant::Type(kind))),
                None => {
                    let names: Vec<&str> = self.variables.iter().map(|(name, _)| *name).collect();
                    let (last, first) = names.split_last().expect("there are variables");
                    Err(format!("uses \"{name}\"; known are {} and {last}", first.join(", ")))
                }
            },
        }
    }

    /// The claims themselves, when something is about to be read from them by a name.
    fn is_claims(&self, expr: &IdedExpr) -> bool {
        matches!(&expr.expr, Expr::Ident(name) if name == "claims" && !self.bound.contains(name))
    }

    fn claim(&mut self, name: &str) -> Node {
        self.reads.insert(name.to_owned());
        Node::Claim(self.draft.keep(name))
    }

    fn select(&mut self, select: &SelectExpr) -> Lowered {
        let of_claims = self.is_claims(&select.operand);
        if of_claims && !select.test {
            return Ok(self.claim(&select.field));
        }
        let of = if of_claims {
            self.reads.insert(select.field.clone());
            self.draft.push(Node::Variable(Variable::Claims))
        } else {
            self.read(&select.operand)?
        };
        let name = self.draft.keep(&select.field);
        Ok(if select.test { Node::Has { of, name } } else { Node::Field { of, name } })
    }

    fn constant(&mut self, literal: &LiteralValue) -> Result<Constant, String> {
        Ok(match literal {
            LiteralValue::Null => Constant::Null,
            LiteralValue::Boolean(value) => Constant::Bool(*value.inner()),
            LiteralValue::Int(value) => Constant::Int(*value.inner()),
            LiteralValue::UInt(value) => Constant::UInt(*value.inner()),
            LiteralValue::Double(value) => Constant::Double(*value.inner()),
            LiteralValue::String(value) => Constant::Text(self.draft.keep(value.inner())),
            LiteralValue::Bytes(_) => return Err("has bytes; claims are texts".to_owned()),
        })
    }

    fn map(&mut self, map: &MapExpr) -> Lowered {
        let mut entries = Vec::new();
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else { return Err("has a map with a bare field".to_owned()) };
            entries.push((self.read(&entry.key)?, self.read(&entry.value)?));
        }
        Ok(Node::Map(entries.into()))
    }

    fn call(&mut self, call: &CallExpr) -> Lowered {
        let parts: Vec<&IdedExpr> = call.target.iter().map(|target| &**target).chain(&call.args).collect();
        match (call.func_name.as_str(), parts.as_slice()) {
            (operators::CONDITIONAL, [condition, then, otherwise]) => {
                Ok(Node::If([self.read(condition)?, self.read(then)?, self.read(otherwise)?]))
            }
            (operators::LOGICAL_AND, [left, right]) => self.pair([left, right]).map(Node::And),
            (operators::LOGICAL_OR, [left, right]) => self.pair([left, right]).map(Node::Or),
            (operators::LOGICAL_NOT, [of]) => self.read(of).map(Node::Not),
            (operators::NEGATE, [of]) => self.read(of).map(Node::Negate),
            (operators::INDEX, [of, index]) if self.is_claims(of) && text(index).is_some() => {
                Ok(self.claim(text(index).unwrap_or_default()))
            }
            (operators::IN, [name, of]) if self.is_claims(of) && text(name).is_some() => {
                self.sought.extend(text(name).map(str::to_owned));
                let pair = [self.read(name)?, self.draft.push(Node::Variable(Variable::Claims))];
                Ok(Node::Binary(Operator::In, pair))
            }
            ("matches", [of, pattern]) => self.matches(of, pattern),
            (name, parts) => match (Operator::named(name), parts) {
                (Some(operator), [left, right]) => self.pair([left, right]).map(|pair| Node::Binary(operator, pair)),
                _ => self.function(name, call.target.is_some(), parts),
            },
        }
    }

    fn matches(&mut self, of: &IdedExpr, pattern: &IdedExpr) -> Lowered {
        let Some(written) = text(pattern) else {
            return Err("calls \"matches\" with a pattern that is not written down".to_owned());
        };
        let pattern = Pattern::compile(written).map_err(|why| format!("has a pattern that is not taken: {why}"))?;
        let begins = self.draft.keep(beginning(written));
        Ok(Node::Matches { text: self.read(of)?, begins, pattern })
    }

    /// A call of anything that is not known would fail at each sign-in, and is told now.
    fn function(&mut self, name: &str, on_target: bool, parts: &[&IdedExpr]) -> Lowered {
        let Some((_, function)) = Function::ALL.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = Function::ALL.iter().map(|(name, _)| *name).chain(["matches"]).collect();
            return Err(format!("calls \"{name}\"; known are {}, and CEL's macros", known.join(", ")));
        };
        let fits = match function {
            Function::Size => parts.len() == 1,
            function if function.is_of_text() => on_target && parts.len() == 2,
            _ => !on_target && parts.len() == 1,
        };
        if !fits {
            let called = if function.is_of_text() { format!("text.{name}(part)") } else { format!("{name}(value)") };
            return Err(format!("calls \"{name}\" otherwise than as {called}"));
        }
        match parts {
            [text, part] => self.pair([text, part]).map(|pair| Node::CallOnText(*function, pair)),
            _ => self.read(parts[0]).map(|value| Node::Call(*function, value)),
        }
    }

    /// CEL's macros are gone once it has parsed; they are known again by what they became.
    fn each(&mut self, each: &ComprehensionExpr) -> Lowered {
        let over = self.read(&each.iter_range)?;
        self.bound.push(each.iter_var.clone());
        if self.bound.len() > DEEPEST_LOOP {
            return Err(format!("nests {} loops; at most {DEEPEST_LOOP} are run", self.bound.len()));
        }
        let body = self.body(each)?;
        self.bound.pop();
        Ok(Node::Loop { over, body })
    }

    fn body(&mut self, each: &ComprehensionExpr) -> Result<Body, String> {
        let no_macro = || "has a loop that is none of CEL's macros".to_owned();
        let Expr::Call(step) = &each.loop_step.expr else { return Err(no_macro()) };
        Ok(match (&each.accu_init.expr, step.func_name.as_str(), step.args.as_slice()) {
            (Expr::Literal(LiteralValue::Boolean(_)), operators::LOGICAL_OR, [_, question]) => {
                Body::Exists(self.read(question)?)
            }
            (Expr::Literal(LiteralValue::Boolean(_)), operators::LOGICAL_AND, [_, question]) => {
                Body::All(self.read(question)?)
            }
            (Expr::Literal(LiteralValue::Int(_)), operators::CONDITIONAL, [question, ..]) => {
                Body::ExistsOne(self.read(question)?)
            }
            (Expr::List(_), operators::CONDITIONAL, [condition, added, _]) => {
                let condition = Some(self.read(condition)?);
                Body::Collect { condition, each: self.read(item_of(added).ok_or_else(no_macro)?)? }
            }
            (Expr::List(_), operators::ADD, _) => {
                Body::Collect { condition: None, each: self.read(item_of(&each.loop_step).ok_or_else(no_macro)?)? }
            }
            _ => return Err(no_macro()),
        })
    }
}

/// `@result + [item]`
fn item_of(added: &IdedExpr) -> Option<&IdedExpr> {
    let Expr::Call(call) = &added.expr else { return None };
    match call.args.as_slice() {
        [_, IdedExpr { expr: Expr::List(list), .. }] => list.elements.first(),
        _ => None,
    }
}

fn text(expr: &IdedExpr) -> Option<&str> {
    match &expr.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}
