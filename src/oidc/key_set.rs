//! An issuer's public keys (RFC 7517).
//!
//! A set is as good as its usable keys: what is broken, weak, secret or meant for something else is left out, and the
//! rest serves. A key that cannot be parsed, as a point off its curve, is found here and not when the first token
//! comes; a token that names it is told why it does not serve, and causes no fetch.

use super::algorithm::Algorithm;
use super::flaw::Flaw;
use super::key::{Key, key_id, text_of};
use super::{OidcError, json};
use serde_json::{Map, Value};

/// The usable keys of one issuer; perhaps none.
#[derive(Debug)]
pub struct KeySet {
    keys: Vec<Key>,
    /// The keys that were left out, by their ids, and why.
    unusable: Vec<(Option<String>, Flaw)>,
}

/// More than this many of one type make the keys of that type unusable, as AWS has it.
const MOST_OF_A_TYPE: usize = 100;

impl KeySet {
    /// Reads `{"keys": […]}`. Unusable keys are left out; a set without any usable key is a set, but verifies nothing.
    ///
    /// # Errors
    /// [`OidcError::Json`] when it is no JSON object or a member occurs twice, [`OidcError::KeySetShape`] when `keys`
    /// is not a list.
    pub fn parse(text: &[u8]) -> Result<Self, OidcError> {
        let members = json::object(text, "the key set")?;
        let Some(Value::Array(entries)) = members.get("keys") else { return Err(OidcError::KeySetShape) };
        let entries: Vec<&Map<String, Value>> = entries.iter().filter_map(Value::as_object).collect();
        let of_type = |kty: &str| entries.iter().filter(|entry| text_of(entry, "kty") == Some(kty)).count();
        let crowded: Vec<&str> = ["RSA", "EC", "OKP"].into_iter().filter(|kty| of_type(kty) > MOST_OF_A_TYPE).collect();
        let mut set = Self { keys: Vec::new(), unusable: Vec::new() };
        for entry in entries {
            let is_crowded = text_of(entry, "kty").is_some_and(|kty| crowded.contains(&kty));
            match if is_crowded { Err(Flaw::TooMany) } else { Key::parse(entry) } {
                Ok(key) => set.keys.push(key),
                Err(flaw) => set.unusable.push((key_id(entry).map(str::to_owned), flaw)),
            }
        }
        Ok(set)
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The first key that is published with its private half: its id, or that it has none.
    pub fn leaked(&self) -> Option<String> {
        let (id, _) = self.unusable.iter().find(|(_, flaw)| *flaw == Flaw::Private)?;
        Some(id.as_ref().map_or_else(|| "without an id".to_owned(), |id| format!("\"{}\"", crate::trace::clip(id))))
    }

    /// Id and algorithms of each key.
    pub(super) fn names(&self) -> Vec<(Option<String>, String)> {
        self.keys.iter().map(|key| (key.id.clone(), key.names())).collect()
    }

    /// The one key that a token may be verified with. Two keys of one id and algorithm: the later one. Without an id:
    /// the only key of that algorithm.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&Key, OidcError> {
        if self.keys.is_empty() {
            return Err(OidcError::NoUsableKey);
        }
        let fitting = self.keys.iter().filter(|key| key.is_for(algorithm));
        let Some(id) = id else {
            let fitting: Vec<&Key> = fitting.collect();
            return match fitting[..] {
                [only] => Ok(only),
                _ => Err(OidcError::KeyIdMissing { fitting: fitting.len() }),
            };
        };
        if let Some(key) = fitting.rev().find(|key| key.id.as_deref() == Some(id)) {
            return Ok(key);
        }
        if let Some(other) = self.keys.iter().find(|key| key.id.as_deref() == Some(id)) {
            return Err(OidcError::KeyAlgorithm { key: other.names(), token: algorithm.name() });
        }
        match self.unusable.iter().rev().find(|(unusable, _)| unusable.as_deref() == Some(id)) {
            Some((_, flaw)) => Err(OidcError::UnusableKey { key_id: id.to_owned(), flaw: *flaw }),
            None => Err(OidcError::UnknownKey { key_id: id.to_owned() }),
        }
    }
}
