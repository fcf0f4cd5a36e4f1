//! A JSON tree that keeps what a map would lose: the order of members, members that occur twice, and the text of numbers.

use super::error::{Fault, Faults, member};
use crate::trace::clip;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

pub(super) enum Json {
    Null,
    Bool(bool),
    /// As it is written: a policy's `1.50` is not its `1.5`, and no number is too long.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
    /// What lies deeper than any question or policy has to be read.
    Deeper,
}

/// A policy needs six levels.
const MOST_DEPTH: usize = 10;
/// A question holds its policies in a list, which is a member.
const MOST_DEPTH_OF_QUESTION: usize = MOST_DEPTH + 2;

/// Reads a text of at most so many bytes.
pub(super) fn parse(text: &str, most: usize, faults: &mut Faults) -> Option<Json> {
    if text.len() > most {
        faults.add("", Fault::TooLarge { bytes: text.len(), most });
        return None;
    }
    let mut not_json = |problem: &str| faults.add("", Fault::Json { problem: clip(problem) });
    let whole = serde_json::from_str(text).map_err(|error| not_json(&error.to_string())).ok()?;
    // What is left to be wrong is an escape in a text; where it is, would be counted from that text's beginning.
    let tree = Json::read(whole, 1).map_err(|error| error.to_string());
    tree.map_err(|error| not_json(error.split(" at line ").next().unwrap_or_default())).ok()
}

impl Json {
    /// A level at a time: serde_json gives a number's own text away only with that of a whole value.
    fn read(value: &RawValue, depth: usize) -> serde_json::Result<Self> {
        let text = value.get();
        Ok(match text.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'"') => Self::Text(serde_json::from_str(text)?),
            Some(b'[' | b'{') if depth > MOST_DEPTH_OF_QUESTION => Self::Deeper,
            Some(b'[') => {
                let entries: Vec<&RawValue> = serde_json::from_str(text)?;
                Self::Array(entries.into_iter().map(|entry| Self::read(entry, depth + 1)).collect::<Result<_, _>>()?)
            }
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text)?;
                let read = |(name, value)| Self::read(value, depth + 1).map(|value| (name, value));
                Self::Object(members.into_iter().map(read).collect::<Result<_, _>>()?)
            }
            _ => Self::Number(text.to_owned()),
        })
    }

    /// What no document may have: members that occur twice, and depth.
    pub(super) fn inspect(&self, faults: &mut Faults) {
        self.inspect_at("", 1, faults);
    }

    fn inspect_at(&self, place: &str, depth: usize, faults: &mut Faults) {
        if depth > MOST_DEPTH || matches!(self, Self::Deeper) {
            return faults.add(place, Fault::TooDeep { most: MOST_DEPTH });
        }
        match self {
            Self::Array(entries) => {
                for (index, entry) in entries.iter().enumerate() {
                    entry.inspect_at(&format!("{place}[{index}]"), depth + 1, faults);
                }
            }
            Self::Object(members) => {
                let mut seen = std::collections::HashSet::new();
                for (name, value) in members {
                    if !seen.insert(name) {
                        faults.add(&member(place, name), Fault::Duplicate { name: clip(name) });
                    }
                    value.inspect_at(&member(place, name), depth + 1, faults);
                }
            }
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Deeper => {}
        }
    }
}

/// In their order, also those that occur twice.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Members<'de>, A::Error> {
        let mut in_order = Vec::new();
        while let Some(member) = members.next_entry()? {
            in_order.push(member);
        }
        Ok(Members(in_order))
    }
}
