//! One line of a Condition block: operator, key, values. Values of one key are alternatives; lines must all hold.

use super::context::{Context, Key, Values};
use super::operator::{Comparison, Operator, SetOperator};
use super::unmet::Unmet;
use super::value::Value;
use std::sync::Arc;

#[derive(Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) operator: &'static Operator,
    /// One for all conditions of the document on this key.
    pub(super) name: Arc<Name>,
    pub(super) values: Box<[Value]>,
}

/// The name of a condition key.
#[derive(Debug, PartialEq)]
pub(super) struct Name {
    /// As the document writes it.
    pub(super) written: Box<str>,
    key: Key,
}

impl Name {
    pub(super) fn new(written: &str) -> Self {
        Self { written: written.into(), key: Key::new(written) }
    }
}

impl Condition {
    pub(super) fn is_on(&self, key: &str) -> bool {
        self.name.written.eq_ignore_ascii_case(key)
    }

    /// The keys that it reads, in lower case: its own, and those that stand in its values as variables.
    pub(super) fn reads(&self) -> impl Iterator<Item = &str> {
        [self.name.key.as_str()].into_iter().chain(self.values.iter().flat_map(Value::variables))
    }

    /// A list under an operator without a set operator never holds, negated or not: which of its values is meant is a
    /// guess. Null alone does not look at values.
    pub(super) fn holds(&self, context: &Context) -> bool {
        let received = context.get(&self.name.key);
        if self.operator.comparison == Comparison::Null {
            return self.values.iter().any(|value| value.is_true() == received.is_none());
        }
        match (received, self.operator.set) {
            (None, _) => self.operator.holds_for_nothing(),
            (Some(Values::One(value)), _) => self.fits(value, context),
            (Some(Values::Many(_)), None) => false,
            (Some(Values::Many(values)), Some(SetOperator::All)) => {
                values.iter().all(|value| self.fits(value, context))
            }
            (Some(Values::Many(values)), Some(SetOperator::Any)) => {
                values.iter().any(|value| self.fits(value, context))
            }
        }
    }

    pub(super) fn unmet<'a>(&'a self, context: &'a Context) -> Unmet<'a> {
        Unmet { condition: self, received: context.get(&self.name.key), context }
    }

    /// A positive operator wants one of the values, a negated one none of them.
    fn fits(&self, received: &str, context: &Context) -> bool {
        self.values.iter().any(|value| value.matches(received, context)) != self.operator.negated
    }
}
