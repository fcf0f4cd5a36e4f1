//! What a document is read with: its values by their kind, and what was seen in it so far.

use super::condition::Name;
use super::document::Kind;
use super::error::{Fault, Faults};
use super::json::Json;
use super::keys::Vocabulary;
use super::template::Dialect;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Bounds on what one evaluation has to walk through.
pub(super) const MOST_STATEMENTS: usize = 256;
pub(super) const MOST_ENTRIES: usize = 512;
const MOST_CHARACTERS: usize = 2048;

pub(super) struct Reader<'t> {
    pub(super) kind: Kind,
    pub(super) vocabulary: Vocabulary,
    pub(super) dialect: Dialect,
    pub(super) faults: Faults,
    pub(super) sids: HashSet<&'t str>,
    names: HashMap<&'t str, Arc<Name>>,
    texts: HashSet<Arc<str>>,
}

impl<'t> Reader<'t> {
    /// Of a document whose version is not known yet.
    pub(super) fn new(kind: Kind, vocabulary: Vocabulary, faults: Faults) -> Self {
        let (dialect, sids) = (Dialect::Plain, HashSet::new());
        Self { kind, vocabulary, dialect, faults, sids, names: HashMap::new(), texts: HashSet::new() }
    }

    /// Whether it is kept here, as configuration or for a session. What others ask about, they write as they like.
    pub(super) fn is_ours(&self) -> bool {
        self.kind != Kind::Resource && self.vocabulary != Vocabulary::Any
    }

    /// Statements say the same over and over. What is kept once stays near the processor when many of them are asked.
    pub(super) fn kept(&mut self, text: &str) -> Arc<str> {
        if let Some(kept) = self.texts.get(text) {
            return kept.clone();
        }
        let kept: Arc<str> = text.into();
        self.texts.insert(kept.clone());
        kept
    }

    /// Of a condition key, as it is written.
    pub(super) fn name(&mut self, key: &'t str) -> Arc<Name> {
        self.names.entry(key).or_insert_with(|| Arc::new(Name::new(key))).clone()
    }

    /// A string or a list of strings, each read by `read`.
    pub(super) fn each<T>(
        &mut self,
        value: &'t Json,
        place: &str,
        read: impl Fn(&mut Self, &str, &str) -> Option<T>,
    ) -> Box<[T]> {
        let one = |reader: &mut Self, value: &'t Json, place: &str| {
            let text = reader.text(value, place)?;
            if reader.length(text, place) { read(reader, text, place) } else { None }
        };
        let Json::Array(entries) = value else {
            return one(self, value, place).into_iter().collect();
        };
        self.count(entries.len(), MOST_ENTRIES, place);
        let entries = entries.iter().enumerate();
        entries.filter_map(|(i, entry)| one(self, entry, &format!("{place}[{i}]"))).collect()
    }

    pub(super) fn prohibited(&mut self, name: &str, place: &str, document: &'static str) {
        self.faults.add(place, Fault::Prohibited { name: name.to_owned(), document });
    }

    pub(super) fn one_of(
        &mut self,
        members: &[(String, Json)],
        place: &str,
        name: &'static str,
        negated: &'static str,
    ) {
        if !members.iter().any(|(present, _)| present == negated) {
            self.require(members, place, name);
        } else if members.iter().any(|(present, _)| present == name) {
            self.faults.add(place, Fault::Both { name, negated });
        }
    }

    pub(super) fn require(&mut self, members: &[(String, Json)], place: &str, name: &'static str) {
        if !members.iter().any(|(present, _)| present == name) {
            self.faults.add(place, Fault::Missing { name });
        }
    }

    pub(super) fn object(&mut self, value: &'t Json, place: &str) -> Option<&'t [(String, Json)]> {
        let Json::Object(members) = value else {
            self.faults.add(place, Fault::Shape { wanted: "an object" });
            return None;
        };
        Some(members)
    }

    pub(super) fn text(&mut self, value: &'t Json, place: &str) -> Option<&'t str> {
        let Json::Text(text) = value else {
            self.faults.add(place, Fault::Shape { wanted: "a string" });
            return None;
        };
        Some(text)
    }

    pub(super) fn length(&mut self, text: &str, place: &str) -> bool {
        let fits = text.len() <= MOST_CHARACTERS;
        if !fits {
            self.faults.add(place, Fault::Shape { wanted: "at most 2,048 bytes of text" });
        }
        fits
    }

    pub(super) fn count(&mut self, entries: usize, most: usize, place: &str) -> bool {
        match entries {
            0 => self.faults.add(place, Fault::Empty),
            n if n > most => self.faults.add(place, Fault::TooMany { most }),
            _ => return true,
        }
        false
    }
}
