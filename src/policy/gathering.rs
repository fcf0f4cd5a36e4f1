//! A context as it is brought together.

use super::context::{Context, RepeatedKey};
use super::document::Policy;
use std::cmp::Ordering;

/// Takes up what is told; where it is for one policy alone, only what that reads. What is not taken up is not even spelled.
pub struct Gathering<'p> {
    context: Context,
    /// What the policy reads, in lower case, in the order of their length; `None` where it is for no policy in particular.
    read: Option<Vec<&'p str>>,
    takes_all: bool,
}

impl<'p> Gathering<'p> {
    /// Everything, with room for so many keys.
    pub fn of_everything(keys: usize) -> Self {
        Self { context: Context::with_capacity(keys), read: None, takes_all: true }
    }

    /// What the policy reads. A key that it does not read may be told twice and nobody hears of it, so this is for those who
    /// know that none is.
    pub fn for_policy(policy: &'p Policy) -> Self {
        let mut read: Vec<&str> = policy.reads().collect();
        read.sort_unstable_by(|a, b| ordered(a, b.len(), b.bytes()));
        read.dedup();
        Self { context: Context::with_capacity(read.len()), read: Some(read), takes_all: false }
    }

    /// Also what the policy does not read, so that nothing is told twice unheard; with room for so many keys.
    pub fn with_the_rest(self, keys: usize) -> Self {
        Self { context: Context::with_capacity(keys), takes_all: true, ..self }
    }

    pub fn one<V: Into<String>>(&mut self, key: &'static str, value: impl FnOnce() -> V) -> Result<(), RepeatedKey> {
        if self.takes(key, "") { self.context.insert_one(key, value()) } else { Ok(()) }
    }

    pub fn many<V: Into<String>>(
        &mut self,
        key: &'static str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<(), RepeatedKey> {
        if self.takes(key, "") { self.context.insert_many(key, values) } else { Ok(()) }
    }

    /// A key of a family, as are those of claims and of tags.
    pub fn one_of<V: Into<String>>(
        &mut self,
        family: &str,
        name: &str,
        value: impl FnOnce() -> V,
    ) -> Result<(), RepeatedKey> {
        if self.takes(family, name) { self.context.insert_one([family, name].concat(), value()) } else { Ok(()) }
    }

    pub fn many_of<V: Into<String>>(
        &mut self,
        family: &str,
        name: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<(), RepeatedKey> {
        if self.takes(family, name) { self.context.insert_many([family, name].concat(), values) } else { Ok(()) }
    }

    /// Whether the policy reads a key of a family; without one, whoever asks may read every key.
    pub fn reads(&self, family: &str, name: &str) -> bool {
        let Some(read) = &self.read else { return true };
        let folded = || family.bytes().chain(name.bytes()).map(|byte| byte.to_ascii_lowercase());
        read.binary_search_by(|known| ordered(known, family.len() + name.len(), folded())).is_ok()
    }

    pub fn gathered(self) -> Context {
        self.context
    }

    fn takes(&self, family: &str, name: &str) -> bool {
        self.takes_all || self.reads(family, name)
    }
}

/// By length first, which most differ in.
fn ordered(key: &str, length: usize, other: impl Iterator<Item = u8>) -> Ordering {
    key.len().cmp(&length).then_with(|| key.bytes().cmp(other))
}
