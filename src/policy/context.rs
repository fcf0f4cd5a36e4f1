//! What is known about a request: condition keys and their values.

use std::collections::BTreeMap;

/// Keys are compared without regard to case; whether a key has one value or is a list is kept, because an operator
/// without a set prefix never matches a list.
#[derive(Debug, Clone, Default)]
pub struct Context(BTreeMap<String, Values>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    One(String),
    Many(Vec<String>),
}

/// Two keys that differ at most in case: which of them should count is not ours to guess.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the condition key \"{key}\" is there twice")]
pub struct RepeatedKey {
    pub key: String,
}

impl Context {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn insert_one(&mut self, key: &str, value: impl Into<String>) -> Result<(), RepeatedKey> {
        self.insert(key, Values::One(value.into()))
    }

    /// An empty list is an absent key.
    pub fn insert_many<V: Into<String>>(
        &mut self,
        key: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<(), RepeatedKey> {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        if values.is_empty() && !self.0.contains_key(&key.to_ascii_lowercase()) {
            return Ok(());
        }
        self.insert(key, Values::Many(values))
    }

    /// For asking what would be; `None` takes the key away.
    pub fn replace_one(&mut self, key: &str, value: Option<String>) {
        let folded = key.to_ascii_lowercase();
        match value {
            Some(value) => self.0.insert(folded, Values::One(value)),
            None => self.0.remove(&folded),
        };
    }

    pub fn values(&self, key: &str) -> Option<&Values> {
        self.0.get(&key.to_ascii_lowercase())
    }

    /// For keys that are in lower case already.
    pub(super) fn folded(&self, key: &str) -> Option<&Values> {
        self.0.get(key)
    }

    fn insert(&mut self, key: &str, values: Values) -> Result<(), RepeatedKey> {
        match self.0.entry(key.to_ascii_lowercase()) {
            std::collections::btree_map::Entry::Occupied(_) => Err(RepeatedKey { key: key.to_owned() }),
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(values);
                Ok(())
            }
        }
    }
}
