//! The Condition element of a document: operators, keys and values, each read at its place.

use super::condition::Condition;
use super::error::{Fault, member};
use super::json::Json;
use super::keys::is_always_a_list;
use super::operator::{Comparison, Operator};
use super::reader::{MOST_ENTRIES, Reader};
use super::value::{Value, likely_day};
use crate::trace::clip;
use std::collections::HashSet;

impl<'t> Reader<'t> {
    pub(super) fn conditions(&mut self, value: &'t Json, place: &str) -> Box<[Condition]> {
        let mut conditions = Vec::new();
        for (operator, keys) in self.object(value, place).into_iter().flatten() {
            let place = &member(place, operator);
            let Some(operator) = Operator::named(operator) else {
                self.faults.add(place, Fault::Operator { operator: clip(operator) });
                continue;
            };
            let Some(keys) = self.object(keys, place) else { continue };
            self.count(keys.len(), MOST_ENTRIES, place);
            let mut seen = HashSet::new();
            for (key, values) in keys {
                let place = &member(place, key);
                let looks_at_one = operator.set.is_none() && operator.comparison != Comparison::Null;
                if let Err(fault) = self.vocabulary.check(key) {
                    self.faults.add(place, fault);
                } else if looks_at_one && self.is_ours() && is_always_a_list(key) {
                    self.faults.add(place, Fault::List { key: clip(key) });
                }
                // Spelled in two cases it is one key, and which of its lines counts would be a guess.
                if !seen.insert(key.to_ascii_lowercase()) {
                    self.faults.add(place, Fault::Duplicate { name: clip(key) });
                }
                let values = self.condition_values(values, operator.comparison, place);
                let name = self.name(key);
                conditions.push(Condition { operator, name, values });
            }
        }
        conditions.into()
    }

    fn condition_values(&mut self, value: &'t Json, comparison: Comparison, place: &str) -> Box<[Value]> {
        let Json::Array(entries) = value else {
            return self.condition_value(value, comparison, place).into_iter().collect();
        };
        self.count(entries.len(), MOST_ENTRIES, place);
        let entries = entries.iter().enumerate();
        let read = |(index, entry)| self.condition_value(entry, comparison, &format!("{place}[{index}]"));
        entries.filter_map(read).collect()
    }

    /// Booleans and numbers count as their text.
    fn condition_value(&mut self, value: &'t Json, comparison: Comparison, place: &str) -> Option<Value> {
        let text = match value {
            Json::Text(text) | Json::Number(text) => text.as_str(),
            Json::Bool(true) => "true",
            Json::Bool(false) => "false",
            Json::Null | Json::Array(_) | Json::Object(_) | Json::Deeper => {
                self.faults.add(place, Fault::Shape { wanted: "a string, a boolean or a number" });
                return None;
            }
        };
        if !self.length(text, place) {
            return None;
        }
        if let (true, Comparison::Date(_), Some(day)) = (self.is_ours(), comparison, likely_day(text)) {
            self.faults.add(place, Fault::Day { found: clip(text), day });
            return None;
        }
        let text = &self.kept(text);
        Value::read(text, comparison, self.dialect).map_err(|fault| self.faults.add(place, fault)).ok()
    }
}
