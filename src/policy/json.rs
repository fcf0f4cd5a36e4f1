//! A JSON tree that keeps what a map would lose: the order of members and members that occur twice.

use super::error::{Fault, Faults, member};
use crate::trace::clip;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

pub(super) enum Json {
    Null,
    Bool(bool),
    Integer(String),
    /// A number that is no 64-bit integer, as the shortest digits that mean the same. Its own text is lost, so only
    /// what compares numbers may compare with it.
    Fraction(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// A policy needs six levels; serde_json itself ends the recursion at 128.
const MOST_DEPTH: usize = 10;

/// Reads a text of at most so many bytes.
pub(super) fn parse(text: &str, most: usize, faults: &mut Faults) -> Option<Json> {
    if text.len() > most {
        faults.add("", Fault::TooLarge { bytes: text.len(), most });
        return None;
    }
    let not_json = |error: serde_json::Error| faults.add("", Fault::Json { problem: clip(&error.to_string()) });
    serde_json::from_str(text).map_err(not_json).ok()
}

impl Json {
    /// What no document may have: members that occur twice, and depth.
    pub(super) fn inspect(&self, faults: &mut Faults) {
        self.inspect_at("", 1, faults);
    }

    fn inspect_at(&self, place: &str, depth: usize, faults: &mut Faults) {
        if depth > MOST_DEPTH {
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
            Self::Null | Self::Bool(_) | Self::Integer(_) | Self::Fraction(_) | Self::Text(_) => {}
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Builder)
    }
}

struct Builder;

impl<'de> Visitor<'de> for Builder {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Fraction(value.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(entry) = entries.next_element()? {
            array.push(entry);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Json::Object(object))
    }
}
