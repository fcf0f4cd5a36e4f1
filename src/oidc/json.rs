//! Strict reading: JSON in which no member hides another, and base64url with one spelling for each value.

use super::OidcError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::fmt;

/// Deeper than any token, key set or discovery document needs.
const MOST_DEPTH: usize = 16;

/// A JSON object without duplicate members at any level (RFC 7519 §4) and without anything behind it. `what` names
/// the text in the error.
pub fn object(text: &[u8], what: &'static str) -> Result<Map<String, Value>, OidcError> {
    let refusal = RefCell::new(None);
    let strict = Strict { depth: 0, what, refusal: &refusal };
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = strict.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    match value {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(OidcError::Json { what, reason: "it is not an object".to_owned() }),
        Err(error) => Err(refusal.take().unwrap_or_else(|| OidcError::Json { what, reason: error.to_string() })),
    }
}

/// A provider's error code, as it may be shown: a word, and nothing else that it might say there (RFC 6749 §5.2 allows less).
pub(super) fn error_code(told: &str) -> String {
    told.chars().filter(char::is_ascii_graphic).take(60).collect()
}

/// Base64url without padding, white space or loose trailing bits (RFC 7515 §2).
pub(super) fn base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Builds the value; why it stopped, if the JSON itself was sound, is left in `refusal`.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    what: &'static str,
    refusal: &'a RefCell<Option<OidcError>>,
}

impl Strict<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == MOST_DEPTH {
            return Err(self.refuse(OidcError::TooDeep { what: self.what, limit: MOST_DEPTH }));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn refuse<E: Error>(self, refusal: OidcError) -> E {
        self.refusal.replace(Some(refusal));
        E::custom("refused")
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            match map.entry(name) {
                Entry::Vacant(free) => _ = free.insert(members.next_value_seed(inner)?),
                Entry::Occupied(first) => {
                    let member = crate::trace::clip(first.key());
                    return Err(self.refuse(OidcError::DuplicateMember { what: self.what, member }));
                }
            }
        }
        Ok(Value::Object(map))
    }
}
