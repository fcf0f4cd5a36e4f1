//! A condition that did not hold, in one line.

use super::condition::Condition;
use super::context::{Context, Values};
use super::operator::{Comparison, SetOperator};
use super::template::{Dialect, Style, Template};
use std::fmt;

/// Both sides of the comparison.
#[derive(Clone, Copy)]
pub struct Unmet<'a> {
    pub(super) condition: &'a Condition,
    pub(super) received: Option<&'a Values>,
    pub(super) context: &'a Context,
}

impl<'a> Unmet<'a> {
    /// The operator as the document writes it.
    pub fn operator(&self) -> &'a str {
        &self.condition.operator.name
    }

    /// The key as the document writes it.
    pub fn key(&self) -> &'a str {
        &self.condition.name.written
    }

    pub fn expected(&self) -> impl Iterator<Item = &'a str> {
        self.condition.values.iter().map(|value| &*value.text)
    }

    /// `None` when the request has no such key.
    pub fn received(&self) -> Option<&'a Values> {
        self.received
    }

    /// Whoever knows an external id may be let in by it: neither side of it is for books and traces.
    fn is_secret(&self) -> bool {
        self.condition.is_on("sts:ExternalId")
    }

    /// `"a"`, `one of ["a", "b"]`, `none of ["a", "b"]`, `< 3600`, `true`.
    fn wanted(&self) -> String {
        let operator = self.condition.operator;
        let quoted: Vec<&str> = self.expected().collect();
        let plain = quoted.join(" or ");
        match (operator.comparison, operator.negated, quoted.as_slice()) {
            (comparison, negated, _) if self.is_secret() && comparison != Comparison::Null => {
                format!("{}a certain one", if negated { "anything but " } else { "" })
            }
            (Comparison::Number(order) | Comparison::Date(order), false, _) => format!("{} {plain}", order.sign()),
            (Comparison::Number(_) | Comparison::Date(_), true, _) => format!("not {plain}"),
            (Comparison::Bool, ..) => plain,
            (Comparison::Null, ..) if self.condition.values.iter().any(|value| value.is_true()) => "no such key".into(),
            (Comparison::Null, ..) => "the key".into(),
            (_, false, [one]) => format!("{one:?}"),
            (_, false, _) => format!("one of {quoted:?}"),
            (_, true, [one]) => format!("anything but {one:?}"),
            (_, true, _) => format!("none of {quoted:?}"),
        }
    }

    /// What somebody who looks at both sides may fail to see.
    fn hint(&self) -> Option<String> {
        let operator = self.condition.operator;
        let Some(Values::One(received)) = self.received else { return None };
        if operator.negated || operator.comparison == Comparison::Null || self.condition.holds(self.context) {
            return None;
        }
        let values = &self.condition.values;
        let mut variables = values.iter().flat_map(|value| value.templates()).flat_map(Template::variables);
        let without_value = variables.find(|(key, default)| match self.context.get(key) {
            None => !default,
            Some(values) => matches!(values, Values::Many(_)),
        });
        if let Some((key, _)) = without_value {
            return Some(format!("${{{}}} has no single value here, so nothing equals it", key.as_str()));
        }
        if values.iter().all(|value| !value.can_read(received)) {
            return Some(format!("that is no {}", operator.comparison.noun()));
        }
        self.expected().find_map(|expected| nearly(operator.comparison, expected, received)).map(str::to_owned)
    }
}

/// How a text only just fails to be another.
fn nearly(comparison: Comparison, expected: &str, received: &str) -> Option<&'static str> {
    let Comparison::Text(style) = comparison else { return None };
    let is_pattern = || Template::parse(expected, Style::Pattern, Dialect::Plain);
    if expected.eq_ignore_ascii_case(received) {
        Some("they differ in capital letters")
    } else if expected.trim() == received.trim() {
        Some("they differ in white space")
    } else if expected.trim_end_matches('/') == received.trim_end_matches('/') {
        Some("they differ in a slash at the end")
    } else if style != Style::Pattern
        && is_pattern().is_ok_and(|like| like.matches(expected, received, &Context::new()))
    {
        Some("* and ? are wildcards to StringLike alone")
    } else {
        None
    }
}

impl fmt::Display for Unmet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = self.condition.operator;
        let each = match operator.set {
            Some(SetOperator::All) => " each value to be",
            Some(SetOperator::Any) => " a value to be",
            None => "",
        };
        write!(f, "{} on {} wants{each} {}; ", operator.name, self.key(), self.wanted())?;
        let bare = matches!(operator.comparison, Comparison::Number(_) | Comparison::Date(_) | Comparison::Bool);
        match self.received {
            None => f.write_str("the request has no such key"),
            Some(_) if self.is_secret() => f.write_str("received another one"),
            Some(Values::One(value)) if bare => write!(f, "received {}", crate::trace::clip(value)),
            Some(Values::One(value)) => write!(f, "received {value:?}"),
            Some(Values::Many(values)) if operator.set.is_some() || operator.comparison == Comparison::Null => {
                write!(f, "received {values:?}")
            }
            Some(Values::Many(values)) => {
                write!(
                    f,
                    "received the list {values:?}, which this operator never matches without ForAnyValue or ForAllValues"
                )
            }
        }?;
        self.hint().map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

impl fmt::Debug for Unmet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
