//! What is known about a request: condition keys and their values.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// Keys are compared without regard to case; whether a key has one value or is a list is kept, because an operator
/// without a set prefix never matches a list. It has no default: where the keys of a request cannot be told, a policy that
/// were asked without them would deny nothing that it denies on a condition.
#[derive(Debug, Clone)]
pub struct Context(HashMap<Key, Values, BuildHasherDefault<Brought>>);

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

/// A condition key, folded and hashed once: a policy asks for the same keys a million times. That its hash can be foreseen
/// lets nobody do harm, because the number of keys is bounded by the size of what brings them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    hash: u64,
    folded: Cow<'static, str>,
}

impl Context {
    #[expect(clippy::new_without_default, reason = "see above")]
    pub fn new() -> Self {
        Self(HashMap::default())
    }

    /// With room for so many keys.
    pub fn with_capacity(keys: usize) -> Self {
        Self(HashMap::with_capacity_and_hasher(keys, BuildHasherDefault::default()))
    }

    /// A key in lower case is kept as it comes, any other as a copy that is.
    pub fn insert_one(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
    ) -> Result<(), RepeatedKey> {
        self.insert(key.into(), Values::One(value.into()))
    }

    /// An empty list is an absent key, which all the same can be there only once.
    pub fn insert_many<V: Into<String>>(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        values: impl IntoIterator<Item = V>,
    ) -> Result<(), RepeatedKey> {
        self.insert(key.into(), Values::Many(values.into_iter().map(Into::into).collect()))
    }

    /// For asking what would be; `None` takes the key away.
    pub fn replace_one(&mut self, key: &str, value: Option<String>) {
        let key = Key::new(key);
        match value {
            Some(value) => self.0.insert(key, Values::One(value)),
            None => self.0.remove(&key),
        };
    }

    /// Takes in what another source says; of no key may there be two.
    pub fn extend(&mut self, others: Self) -> Result<(), RepeatedKey> {
        others.0.into_iter().try_for_each(|(key, values)| self.insert(key.folded, values))
    }

    /// All keys, in lower case.
    pub fn into_sorted(self) -> BTreeMap<String, Values> {
        let known = self.0.into_iter().filter(|(_, values)| !values.are_none());
        known.map(|(key, values)| (key.folded.into_owned(), values)).collect()
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Values> {
        self.0.get(key).filter(|values| !values.are_none())
    }

    fn insert(&mut self, key: Cow<'static, str>, values: Values) -> Result<(), RepeatedKey> {
        let is_folded = !key.bytes().any(|byte| byte.is_ascii_uppercase());
        let (folded, spelled) = if is_folded { (key, None) } else { (key.to_ascii_lowercase().into(), Some(key)) };
        match self.0.entry(Key::of(folded)) {
            Entry::Occupied(first) => {
                Err(RepeatedKey { key: spelled.unwrap_or_else(|| first.key().folded.clone()).into_owned() })
            }
            Entry::Vacant(free) => {
                free.insert(values);
                Ok(())
            }
        }
    }
}

impl Values {
    fn are_none(&self) -> bool {
        matches!(self, Self::Many(values) if values.is_empty())
    }
}

impl Key {
    pub(super) fn new(key: &str) -> Self {
        Self::of(key.to_ascii_lowercase().into())
    }

    /// Of what is in lower case.
    fn of(folded: Cow<'static, str>) -> Self {
        let mut hasher = DefaultHasher::new();
        folded.hash(&mut hasher);
        Self { hash: hasher.finish(), folded }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.folded
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// The hash that a key brings along.
#[derive(Clone, Default)]
struct Brought(u64);

impl Hasher for Brought {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
