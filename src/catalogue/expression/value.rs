//! What expressions come to. Claims are looked at where they are; only what an expression makes itself is kept here.

use super::evaluate::{Fault, Work};
use super::node::Constant;
use super::program::Program;
use serde_json::{Map as JsonMap, Value as Json};
use std::cmp::Ordering;
use std::ops::Deref;
use std::rc::Rc;

/// A JSON integer is an `int`, or a `uint` beyond the largest `int`; other numbers are `double`.
#[derive(Clone)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    Text(Text<'a>),
    List(List<'a>),
    Map(Map<'a>),
    Type(&'static str),
}

#[derive(Clone)]
pub enum Text<'a> {
    Lent(&'a str),
    Made(Rc<str>),
}

#[derive(Clone)]
pub enum List<'a> {
    Lent(&'a [Json]),
    Made(Rc<[Value<'a>]>),
}

#[derive(Clone)]
pub enum Map<'a> {
    Lent(&'a JsonMap<String, Json>),
    Made(Rc<[(Value<'a>, Value<'a>)]>),
}

/// The names of the types.
pub(super) const KINDS: [&str; 9] = ["bool", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Lent(text) => text,
            Self::Made(text) => text,
        }
    }
}

impl<'a> List<'a> {
    pub fn len(&self) -> usize {
        match self {
            Self::Lent(values) => values.len(),
            Self::Made(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Lent(values) => values.get(index).map(Value::of),
            Self::Made(values) => values.get(index).cloned(),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<'a> Map<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Lent(map) => map.len(),
            Self::Made(entries) => entries.len(),
        }
    }

    pub(super) fn get(&self, key: &Value<'a>, work: &mut Work) -> Result<Option<Value<'a>>, Fault> {
        match (self, key) {
            (Self::Lent(map), Value::Text(key)) => Ok(map.get(&**key).map(Value::of)),
            (Self::Lent(_), _) => Ok(None),
            (Self::Made(entries), key) => {
                for (known, value) in entries.iter() {
                    if known.equals(key, work)? {
                        return Ok(Some(value.clone()));
                    }
                }
                Ok(None)
            }
        }
    }

    pub(super) fn keys(&self) -> Vec<Value<'a>> {
        match self {
            Self::Lent(map) => map.keys().map(|key| Value::Text(Text::Lent(key))).collect(),
            Self::Made(entries) => entries.iter().map(|(key, _)| key.clone()).collect(),
        }
    }
}

impl<'a> Value<'a> {
    pub(super) fn of(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(int), _) => Self::Int(int),
                (None, Some(uint)) => Self::UInt(uint),
                _ => Self::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::Text(Text::Lent(text)),
            Json::Array(values) => Self::List(List::Lent(values)),
            Json::Object(map) => Self::Map(Map::Lent(map)),
        }
    }

    pub(super) fn constant(constant: &Constant, program: &'a Program) -> Self {
        match constant {
            Constant::Null => Self::Null,
            Constant::Bool(value) => Self::Bool(*value),
            Constant::Int(value) => Self::Int(*value),
            Constant::UInt(value) => Self::UInt(*value),
            Constant::Double(value) => Self::Double(*value),
            Constant::Text(text) => Self::Text(Text::Lent(program.text(*text))),
            Constant::Type(kind) => Self::Type(kind),
        }
    }

    pub(super) fn made(text: impl Into<Rc<str>>) -> Self {
        Self::Text(Text::Made(text.into()))
    }

    /// The name of its type, as `type` tells it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::UInt(_) => "uint",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Type(_) => "type",
        }
    }

    /// Numbers are equal across their types; else what is of different types is different.
    pub(super) fn equals(&self, other: &Self, work: &mut Work) -> Result<bool, Fault> {
        work.spend(1)?;
        Ok(match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => {
                work.read(a.len().min(b.len()))?;
                **a == **b
            }
            (Self::Type(a), Self::Type(b)) => a == b,
            (Self::List(a), Self::List(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (a, b) in a.iter().zip(b.iter()) {
                    if !a.equals(&b, work)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Self::Map(a), Self::Map(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                work.spend(a.len() as u64)?;
                for key in a.keys() {
                    let same = match (a.get(&key, work)?, b.get(&key, work)?) {
                        (Some(a), Some(b)) => a.equals(&b, work)?,
                        _ => false,
                    };
                    if !same {
                        return Ok(false);
                    }
                }
                true
            }
            _ => self.number_order(other) == Some(Ordering::Equal),
        })
    }

    /// `None` for what has no order: different types, and types other than numbers, texts and truth values.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some((**a).cmp(&**b)),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            _ => self.number_order(other),
        }
    }

    fn number_order(&self, other: &Self) -> Option<Ordering> {
        match (self.integer(), other.integer()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            (Some(a), None) => against(a, other.double()?),
            (None, Some(b)) => against(b, self.double()?).map(Ordering::reverse),
            (None, None) => self.double()?.partial_cmp(&other.double()?),
        }
    }

    fn integer(&self) -> Option<i128> {
        match self {
            Self::Int(value) => Some(i128::from(*value)),
            Self::UInt(value) => Some(i128::from(*value)),
            _ => None,
        }
    }

    pub(super) fn double(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::UInt(value) => Some(*value as f64),
            Self::Double(value) => Some(*value),
            _ => None,
        }
    }
}

/// Exactly, as on one line of numbers: a `double` of their own would make different integers alike. `None` beside NaN.
fn against(integer: i128, double: f64) -> Option<Ordering> {
    // No `int` or `uint` is beyond this, and what is not fits an `i128`.
    if double.abs() > 1e30 {
        return 0.0.partial_cmp(&double);
    }
    let order = integer.cmp(&(double.trunc() as i128));
    0.0.partial_cmp(&double.fract()).map(|behind| order.then(behind))
}
