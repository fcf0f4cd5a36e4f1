//! A condition that did not hold, in one line.

use super::condition::Condition;
use super::context::Values;
use super::operator::{Comparison, SetOperator};
use std::fmt;

/// Both sides of the comparison.
#[derive(Clone, Copy)]
pub struct Unmet<'a> {
    pub(super) condition: &'a Condition,
    pub(super) received: Option<&'a Values>,
}

impl<'a> Unmet<'a> {
    /// The operator as the document writes it.
    pub fn operator(&self) -> &'a str {
        &self.condition.operator.name
    }

    /// The key as the document writes it.
    pub fn key(&self) -> &'a str {
        &self.condition.key
    }

    pub fn expected(&self) -> impl Iterator<Item = &'a str> {
        self.condition.values.iter().map(|value| &*value.text)
    }

    /// `None` when the request has no such key.
    pub fn received(&self) -> Option<&'a Values> {
        self.received
    }

    /// `one of ["a", "b"]`, `none of ["a"]`, `< 3600`, `true`.
    fn wanted(&self) -> String {
        let operator = &self.condition.operator;
        let quoted: Vec<&str> = self.expected().collect();
        let plain = quoted.join(" or ");
        match (operator.comparison, operator.negated) {
            (Comparison::Number(order) | Comparison::Date(order), false) => format!("{} {plain}", order.sign()),
            (Comparison::Number(_) | Comparison::Date(_), true) => format!("not {plain}"),
            (Comparison::Bool, _) => plain,
            (Comparison::Null, _) if self.condition.values.iter().any(|value| value.is_true()) => "no such key".into(),
            (Comparison::Null, _) => "the key".into(),
            (_, false) => format!("one of {quoted:?}"),
            (_, true) => format!("none of {quoted:?}"),
        }
    }
}

impl fmt::Display for Unmet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = &self.condition.operator;
        let each = match operator.set {
            Some(SetOperator::All) => " each value to be",
            Some(SetOperator::Any) => " a value to be",
            None => "",
        };
        write!(f, "{} on {} wants{each} {}; ", operator.name, self.key(), self.wanted())?;
        let bare = matches!(operator.comparison, Comparison::Number(_) | Comparison::Date(_) | Comparison::Bool);
        match self.received {
            None => f.write_str("the request has no such key"),
            // Whoever knows it may be let in by it.
            Some(_) if self.condition.is_on("sts:ExternalId") => f.write_str("received another one"),
            Some(Values::One(value)) if bare => write!(f, "received {}", crate::trace::clip(value)),
            Some(Values::One(value)) => write!(f, "received {value:?}"),
            Some(Values::Many(values)) if operator.set.is_some() || operator.comparison == Comparison::Null => {
                write!(f, "received {values:?}")
            }
            Some(Values::Many(values)) => {
                write!(f, "received the list {values:?}, which this operator never matches without a set prefix")
            }
        }
    }
}

impl fmt::Debug for Unmet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
