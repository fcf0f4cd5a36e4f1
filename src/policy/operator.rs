//! The condition operators of the language (IAM User Guide, "IAM JSON policy elements: Condition operators").

use super::template::Style;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::LazyLock;

/// One operator as a document names it, taken apart: `ForAllValues:StringNotLikeIfExists` asks each value of the
/// request, holds where the texts are unlike, and holds where the key is absent.
#[derive(Debug, PartialEq)]
pub(super) struct Operator {
    /// As the document writes it.
    pub(super) name: Box<str>,
    pub(super) comparison: Comparison,
    pub(super) negated: bool,
    pub(super) if_exists: bool,
    pub(super) set: Option<SetOperator>,
}

/// What is compared, and how. A negated operator makes the same comparison and turns the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Text(Style),
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Address,
    /// ArnEquals means what ArnLike means.
    Arn,
    /// Whether the key is absent; what its value is does not matter.
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How the many values of a key are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetOperator {
    /// `ForAllValues`: every one must fit, so that no value at all does.
    All,
    /// `ForAnyValue`: at least one must fit.
    Any,
}

const TABLE: [(&str, Comparison, bool); 27] = [
    ("StringEquals", Comparison::Text(Style::Exact), false),
    ("StringNotEquals", Comparison::Text(Style::Exact), true),
    ("StringEqualsIgnoreCase", Comparison::Text(Style::Folded), false),
    ("StringNotEqualsIgnoreCase", Comparison::Text(Style::Folded), true),
    ("StringLike", Comparison::Text(Style::Pattern), false),
    ("StringNotLike", Comparison::Text(Style::Pattern), true),
    ("NumericEquals", Comparison::Number(Order::Equal), false),
    ("NumericNotEquals", Comparison::Number(Order::Equal), true),
    ("NumericLessThan", Comparison::Number(Order::Less), false),
    ("NumericLessThanEquals", Comparison::Number(Order::LessOrEqual), false),
    ("NumericGreaterThan", Comparison::Number(Order::Greater), false),
    ("NumericGreaterThanEquals", Comparison::Number(Order::GreaterOrEqual), false),
    ("DateEquals", Comparison::Date(Order::Equal), false),
    ("DateNotEquals", Comparison::Date(Order::Equal), true),
    ("DateLessThan", Comparison::Date(Order::Less), false),
    ("DateLessThanEquals", Comparison::Date(Order::LessOrEqual), false),
    ("DateGreaterThan", Comparison::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Comparison::Date(Order::GreaterOrEqual), false),
    ("Bool", Comparison::Bool, false),
    ("BinaryEquals", Comparison::Binary, false),
    ("IpAddress", Comparison::Address, false),
    ("NotIpAddress", Comparison::Address, true),
    ("ArnEquals", Comparison::Arn, false),
    ("ArnNotEquals", Comparison::Arn, true),
    ("ArnLike", Comparison::Arn, false),
    ("ArnNotLike", Comparison::Arn, true),
    ("Null", Comparison::Null, false),
];

/// By their names, with every prefix and suffix.
static KNOWN: LazyLock<HashMap<String, Operator>> = LazyLock::new(|| {
    let sets = ["", "ForAllValues:", "ForAnyValue:"].into_iter();
    let suffixed = sets.flat_map(|set| ["", "IfExists"].map(|suffix| (set, suffix)));
    let names = suffixed.flat_map(|(set, suffix)| TABLE.map(|(name, ..)| format!("{set}{name}{suffix}")));
    names.filter_map(|name| Operator::parse(&name).map(|operator| (name, operator))).collect()
});

impl Operator {
    /// One for all conditions of all documents.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        KNOWN.get(name)
    }

    fn parse(name: &str) -> Option<Self> {
        let (set, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(SetOperator::All), rest),
            Some(("ForAnyValue", rest)) => (Some(SetOperator::Any), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let (plain, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |plain| (plain, true));
        let (_, comparison, negated) = *TABLE.iter().find(|(listed, ..)| *listed == plain)?;
        // Null asks whether the key exists; neither a suffix nor a prefix about that can mean anything.
        let means_something = comparison != Comparison::Null || (!if_exists && set.is_none());
        means_something.then(|| Self { name: name.into(), comparison, negated, if_exists, set })
    }

    /// What the operator says of a key that the request does not have.
    pub(super) fn holds_for_nothing(&self) -> bool {
        match self.set {
            _ if self.if_exists => true,
            Some(SetOperator::All) => true,
            Some(SetOperator::Any) => false,
            None => self.negated,
        }
    }

    /// Whether it can only hold when the request has the key with one of the values: nothing is let through for being
    /// absent or different.
    pub(super) fn requires_a_value(&self) -> bool {
        !self.negated && !self.if_exists && self.set != Some(SetOperator::All) && self.comparison != Comparison::Null
    }
}

impl Comparison {
    /// What it can read.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Text(_) | Self::Binary => "text",
            Self::Number(_) => "number",
            Self::Date(_) => "time with a zone",
            Self::Bool | Self::Null => "boolean",
            Self::Address => "IP address",
            Self::Arn => "ARN",
        }
    }
}

impl Order {
    pub(super) fn admits(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}
