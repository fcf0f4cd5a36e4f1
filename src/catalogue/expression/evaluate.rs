//! An expression's walk over somebody's claims, of which every step is counted.
//!
//! The claims are a stranger's: ten thousand groups are as easily written as ten. So each node that is visited, each item
//! that a loop looks at and each few bytes of text that are read or made cost a step, and who has none left gets no
//! answer: not even `||` makes one of it. What can be made, and how long it can take, is bounded by the same number.

use super::function;
use super::node::{Body, Node, Operator, Variable};
use super::program::{At, Program, Words};
use super::value::{List, Map, Text, Value};
use crate::words::AccountId;
use serde_json::{Map as JsonMap, Value as Json};
use std::cmp::Ordering;

/// What an expression may read.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub claims: &'a JsonMap<String, Json>,
    /// Whether a claim that is not there reads as the empty list (SAML), so that a rule can ask without fear.
    pub absent_is_empty: bool,
    pub provider: &'a str,
    pub account: AccountId,
    pub authn_context: &'a str,
}

/// Why an expression came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{0}")]
    Failed(String),
    #[error("it takes more than {most} steps for these claims")]
    TooMuchWork { most: u64 },
}

/// The steps that are left.
pub struct Work {
    most: u64,
    left: u64,
}

/// Bytes of text that are read or copied in the time of a step.
const BYTES_A_STEP: usize = 16;

impl Work {
    pub fn at_most(most: u64) -> Self {
        Self { most, left: most }
    }

    pub fn spent(&self) -> u64 {
        self.most - self.left
    }

    pub(super) fn spend(&mut self, steps: u64) -> Result<(), Fault> {
        let left = self.left.checked_sub(steps);
        self.left = left.unwrap_or(0);
        left.map(drop).ok_or(Fault::TooMuchWork { most: self.most })
    }

    pub(super) fn read(&mut self, bytes: usize) -> Result<(), Fault> {
        self.spend((bytes / BYTES_A_STEP) as u64)
    }
}

pub(super) fn failed<T>(sentence: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Failed(sentence.into()))
}

pub(super) struct Walk<'a, 'w> {
    pub(super) program: &'a Program,
    pub(super) scope: Scope<'a>,
    /// What each loop that is under way is at.
    pub(super) items: Vec<Value<'a>>,
    pub(super) work: &'w mut Work,
}

impl<'a> Walk<'a, '_> {
    pub(super) fn value(&mut self, at: At) -> Result<Value<'a>, Fault> {
        self.work.spend(1)?;
        match self.program.node(at) {
            Node::Constant(constant) => Ok(Value::constant(constant, self.program)),
            Node::Variable(variable) => Ok(self.variable(*variable)),
            Node::Item(depth) => self
                .items
                .get(usize::from(*depth))
                .cloned()
                .ok_or_else(|| Fault::Failed("a name without its loop".into())),
            Node::Claim(name) => self.claim(*name),
            Node::Field { of, name } => self.field(*of, *name),
            Node::Has { of, name } => self.has(*of, *name),
            Node::List(nodes) => {
                let values = nodes.iter().map(|node| self.value(*node)).collect::<Result<Vec<_>, _>>()?;
                Ok(Value::List(List::Made(values.into())))
            }
            Node::Map(entries) => self.map(entries),
            Node::And(pair) => self.either(*pair, false),
            Node::Or(pair) => self.either(*pair, true),
            Node::If([condition, then, otherwise]) => {
                let chosen = if self.truth(*condition)? { then } else { otherwise };
                self.value(*chosen)
            }
            Node::Not(node) => Ok(Value::Bool(!self.truth(*node)?)),
            Node::Negate(node) => function::negated(self.value(*node)?),
            Node::Binary(operator, [left, right]) => {
                let (left, right) = (self.value(*left)?, self.value(*right)?);
                self.binary(*operator, left, right)
            }
            Node::Call(function, value) => function::call(*function, &self.value(*value)?, self.work),
            Node::CallOnText(function, [text, part]) => {
                let (text, part) = (self.value(*text)?, self.value(*part)?);
                function::call_on_text(*function, &text, &part, self.work)
            }
            Node::Matches { text, begins, pattern } => match self.value(*text)? {
                Value::Text(text) => pattern.is_match(&text, self.program.text(*begins), self.work).map(Value::Bool),
                other => failed(format!("{} has no function matches", other.kind())),
            },
            Node::Loop { over, body } => self.run(*over, body),
        }
    }

    /// As it must be for a condition.
    fn truth(&mut self, node: At) -> Result<bool, Fault> {
        match self.value(node)? {
            Value::Bool(truth) => Ok(truth),
            other => failed(format!("{} stands where true or false is needed", other.kind())),
        }
    }

    fn variable(&self, variable: Variable) -> Value<'a> {
        match variable {
            Variable::Claims => Value::Map(Map::Lent(self.scope.claims)),
            Variable::Provider => lent(self.scope.provider),
            Variable::Account => Value::made(self.scope.account.as_str()),
            Variable::AuthnContext => lent(self.scope.authn_context),
        }
    }

    /// It takes the steps of a field, and of the claims where they are asked like any map.
    fn claim(&mut self, name: Words) -> Result<Value<'a>, Fault> {
        let name = self.program.text(name);
        let value = self.scope.claims.get(name).map(Value::of);
        if self.scope.absent_is_empty {
            return Ok(value.unwrap_or(Value::List(List::Lent(&[]))));
        }
        self.work.spend(1)?;
        value.map_or_else(|| failed(format!("there is no {name}")), Ok)
    }

    fn field(&mut self, of: At, name: Words) -> Result<Value<'a>, Fault> {
        let (of, name) = (self.value(of)?, self.program.text(name));
        match of {
            Value::Map(map) => match map.get(&lent(name), self.work)? {
                Some(value) => Ok(value),
                None => failed(format!("there is no {name}")),
            },
            other => failed(format!("{} has no field {name}", other.kind())),
        }
    }

    fn has(&mut self, of: At, name: Words) -> Result<Value<'a>, Fault> {
        let (of, name) = (self.value(of)?, self.program.text(name));
        match of {
            Value::Map(map) => Ok(Value::Bool(map.get(&lent(name), self.work)?.is_some())),
            other => failed(format!("has(….{name}) is asked of {}, which has no fields", other.kind())),
        }
    }

    fn map(&mut self, entries: &[(At, At)]) -> Result<Value<'a>, Fault> {
        let mut made: Vec<(Value<'a>, Value<'a>)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let (key, value) = (self.value(*key)?, self.value(*value)?);
            if !matches!(key, Value::Text(_) | Value::Int(_) | Value::UInt(_) | Value::Bool(_)) {
                return failed(format!("{} cannot be a key", key.kind()));
            }
            for (known, _) in &made {
                if known.equals(&key, self.work)? {
                    return failed("a map has a key twice");
                }
            }
            made.push((key, value));
        }
        Ok(Value::Map(Map::Made(made.into())))
    }

    /// `&&` and `||`: one side may decide although the other fails (CEL, "Logical operators"). `deciding` is what a side
    /// decides with.
    fn either(&mut self, [left, right]: [At; 2], deciding: bool) -> Result<Value<'a>, Fault> {
        let left = match self.truth(left) {
            Ok(truth) if truth == deciding => return Ok(Value::Bool(truth)),
            Err(Fault::TooMuchWork { most }) => return Err(Fault::TooMuchWork { most }),
            left => left,
        };
        let right = self.truth(right)?;
        if right != deciding {
            left?;
        }
        Ok(Value::Bool(right))
    }

    fn binary(&mut self, operator: Operator, left: Value<'a>, right: Value<'a>) -> Result<Value<'a>, Fault> {
        let holds = match operator {
            Operator::Equals => left.equals(&right, self.work)?,
            Operator::Differs => !left.equals(&right, self.work)?,
            Operator::In => self.contains(&left, &right)?,
            Operator::Index => return self.index(left, &right),
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                let Some(order) = left.order(&right) else { return function::no_such(operator, &left, &right) };
                if let (Value::Text(left), Value::Text(right)) = (&left, &right) {
                    self.work.read(left.len().min(right.len()))?;
                }
                match operator {
                    Operator::Less => order == Ordering::Less,
                    Operator::LessOrEqual => order != Ordering::Greater,
                    Operator::Greater => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                }
            }
            _ => return function::computed(operator, left, right, self.work),
        };
        Ok(Value::Bool(holds))
    }

    fn contains(&mut self, value: &Value<'a>, of: &Value<'a>) -> Result<bool, Fault> {
        match of {
            Value::List(list) => {
                for item in list.iter() {
                    if item.equals(value, self.work)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Value::Map(map) => Ok(map.get(value, self.work)?.is_some()),
            other => function::no_such(Operator::In, value, other),
        }
    }

    fn index(&mut self, of: Value<'a>, index: &Value<'a>) -> Result<Value<'a>, Fault> {
        match (&of, index) {
            (Value::List(list), Value::Int(at)) => match usize::try_from(*at).ok().and_then(|at| list.get(at)) {
                Some(value) => Ok(value),
                None => failed(format!("a list of {} has nothing at [{at}]", list.len())),
            },
            (Value::Map(map), key) => match map.get(key, self.work)? {
                Some(value) => Ok(value),
                None => failed("there is no such key"),
            },
            _ => function::no_such(Operator::Index, &of, index),
        }
    }

    fn run(&mut self, over: At, body: &Body) -> Result<Value<'a>, Fault> {
        let items = match self.value(over)? {
            Value::List(list) => list,
            Value::Map(map) => {
                self.work.spend(map.len() as u64)?;
                List::Made(map.keys().into())
            }
            other => return failed(format!("{} has no items", other.kind())),
        };
        let depth = self.items.len();
        let answer = self.answer(&items, body);
        self.items.truncate(depth);
        answer
    }

    fn answer(&mut self, items: &List<'a>, body: &Body) -> Result<Value<'a>, Fault> {
        match body {
            Body::Exists(question) => self.decided(items, *question, true),
            Body::All(question) => self.decided(items, *question, false),
            Body::ExistsOne(question) => {
                let mut found = 0_usize;
                for item in items.iter() {
                    found += usize::from(self.of_item(item, |walk| walk.truth(*question))?);
                }
                Ok(Value::Bool(found == 1))
            }
            Body::Collect { condition, each } => {
                let mut made = Vec::new();
                for item in items.iter() {
                    let kept = self.of_item(item, |walk| match condition {
                        Some(condition) if !walk.truth(*condition)? => Ok(None),
                        _ => walk.value(*each).map(Some),
                    })?;
                    made.extend(kept);
                }
                self.work.spend(made.len() as u64)?;
                Ok(Value::List(List::Made(made.into())))
            }
        }
    }

    /// Whether one item decides; items of which the question fails matter only if none does.
    fn decided(&mut self, items: &List<'a>, question: At, deciding: bool) -> Result<Value<'a>, Fault> {
        let mut first_failure = None;
        for item in items.iter() {
            match self.of_item(item, |walk| walk.truth(question)) {
                Ok(truth) if truth == deciding => return Ok(Value::Bool(deciding)),
                Ok(_) => {}
                Err(Fault::TooMuchWork { most }) => return Err(Fault::TooMuchWork { most }),
                Err(failure) => {
                    // A sentence is made for each, which is more than a step.
                    self.work.spend(8)?;
                    first_failure.get_or_insert(failure);
                }
            }
        }
        first_failure.map_or(Ok(Value::Bool(!deciding)), Err)
    }

    fn of_item<T>(&mut self, item: Value<'a>, ask: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.work.spend(1)?;
        let depth = self.items.len();
        self.items.push(item);
        let answer = ask(self);
        self.items.truncate(depth);
        answer
    }
}

fn lent(text: &str) -> Value<'_> {
    Value::Text(Text::Lent(text))
}
