//! A condition that did not hold, in one line.

use super::condition::Condition;
use super::context::{Context, Values};
use super::operator::{Comparison, SetOperator};
use super::template::{Dialect, Style, Template};
use std::borrow::Cow;
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

    /// What the condition wants, and what came, with what may be overlooked in it.
    pub(super) fn sides(&self) -> (String, String) {
        let operator = self.condition.operator;
        let each = match operator.set {
            Some(SetOperator::All) => " each value to be",
            Some(SetOperator::Any) => " a value to be",
            None => "",
        };
        let hint = self.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
        (format!("{} on {} wants{each} {}", operator.name, self.key(), self.wanted()), self.came() + &hint)
    }

    /// What stands between the two in a sentence.
    pub(super) fn between(&self) -> &'static str {
        if self.received.is_some() { "; received " } else { "; " }
    }

    fn came(&self) -> String {
        let operator = self.condition.operator;
        let bare = matches!(operator.comparison, Comparison::Number(_) | Comparison::Date(_) | Comparison::Bool);
        match self.received {
            None => "the request has no such key".to_owned(),
            Some(_) if self.is_secret() => "another one".to_owned(),
            Some(Values::One(value)) if bare => crate::trace::clip(&shortened(value)),
            Some(Values::One(value)) => format!("{:?}", shortened(value)),
            Some(Values::Many(values)) if operator.set.is_some() || operator.comparison == Comparison::Null => {
                listed(values)
            }
            Some(Values::Many(values)) => format!(
                "the list {}, which this operator never matches without ForAnyValue or ForAllValues",
                listed(values)
            ),
        }
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
            (_, false, [one]) => format!("{:?}", shortened(one)),
            (_, false, _) => format!("one of {}", listed(&quoted)),
            (_, true, [one]) => format!("anything but {:?}", shortened(one)),
            (_, true, _) => format!("none of {}", listed(&quoted)),
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

/// So many characters of a value are told, so that there is room for what is said behind it.
const MOST: usize = 200;
/// So many of a list, roughly.
const MOST_OF_A_LIST: usize = 600;

fn shortened(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &value[..end])),
        None => Cow::Borrowed(value),
    }
}

/// `["a", "b"]`; `["a", "b"] and 7 more`.
fn listed<T: AsRef<str>>(values: &[T]) -> String {
    let mut characters = 0;
    let fits = |value: &&T| {
        let fits = characters < MOST_OF_A_LIST;
        characters += value.as_ref().len().min(MOST);
        fits
    };
    let shown: Vec<_> = values.iter().take_while(fits).map(|value| shortened(value.as_ref())).collect();
    match values.len() - shown.len() {
        0 => format!("{shown:?}"),
        more => format!("{shown:?} and {more} more"),
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
        let (expected, received) = self.sides();
        write!(f, "{expected}{}{received}", self.between())
    }
}

impl fmt::Debug for Unmet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
