//! How a provider's claims are brought into the form that its rules read.
//!
//! Identity providers put several values into one text, and directories name groups by their distinguished names. What is
//! undone here is what the operator says, claim by claim, and nothing else: a comma in a group's name is no separator
//! unless it was said to be one.

use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Nothing by default.
#[derive(Default, PartialEq, Eq)]
pub struct Normalisation {
    /// Claims of which each text is several values, with what stands between them.
    pub split: BTreeMap<String, char>,
    /// Claims of which each value is a distinguished name, and is read as the common name that it begins with.
    pub common_name: BTreeSet<String>,
}

/// What somebody's claims come to.
pub struct Normalised<'a> {
    pub claims: Cow<'a, Map<String, Value>>,
    /// Claims that cannot be brought into their form, and why. They are not among `claims`, and nobody may take them for
    /// absent.
    pub unreadable: BTreeMap<&'a str, String>,
}

/// Most values that a claim is split into.
const MOST_VALUES: usize = 10_000;

impl Normalisation {
    /// The claims that it says anything about, each once.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        let named = self.common_name.iter().filter(|claim| !self.split.contains_key(*claim));
        self.split.keys().chain(named).map(String::as_str)
    }

    pub fn apply<'a>(&'a self, claims: &'a Map<String, Value>) -> Normalised<'a> {
        let mut normalised = Normalised { claims: Cow::Borrowed(claims), unreadable: BTreeMap::new() };
        for claim in self.claims() {
            let Some(value) = claims.get(claim) else { continue };
            match self.normal(claim, value) {
                Ok(value) => _ = normalised.claims.to_mut().insert(claim.to_owned(), value),
                Err(why) => {
                    normalised.claims.to_mut().remove(claim);
                    normalised.unreadable.insert(claim, why);
                }
            }
        }
        normalised
    }

    fn normal(&self, claim: &str, value: &Value) -> Result<Value, String> {
        let texts = match value {
            Value::String(text) => vec![text.as_str()],
            Value::Array(values) => {
                let texts = values.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
                texts.ok_or_else(|| format!("claims.{claim} has a value that is no text"))?
            }
            _ => return Err(format!("claims.{claim} is neither a text nor a list of texts")),
        };
        let texts: Vec<&str> = match self.split.get(claim) {
            Some(separator) => {
                let parts = texts.iter().flat_map(|text| text.split(*separator)).map(str::trim);
                parts.filter(|part| !part.is_empty()).take(MOST_VALUES + 1).collect()
            }
            None => texts,
        };
        if texts.len() > MOST_VALUES {
            return Err(format!("claims.{claim} has more than {MOST_VALUES} values"));
        }
        if !self.common_name.contains(claim) {
            return Ok(texts.into());
        }
        let name = |text: &str| {
            let why =
                || format!("claims.{claim} has \"{}\", which does not begin with one CN", crate::trace::clip(text));
            common_name(text).ok_or_else(why)
        };
        texts.into_iter().map(name).collect::<Result<Vec<_>, _>>().map(Value::from)
    }
}

/// The one CN of the first (most specific) part of a distinguished name (RFC 4514); `None` for a name without, and for
/// what is no distinguished name from its beginning to its end. Two that differ further up have the same.
fn common_name(text: &str) -> Option<String> {
    let mut found = None;
    let mut rest = text;
    let mut is_first = true;
    loop {
        let (kind, after) = rest.split_once('=')?;
        let kind = kind.trim_matches(' ');
        let (value, end, after) = attribute_value(after)?;
        if !is_attribute_type(kind) || value.is_empty() {
            return None;
        }
        let is_name = ["cn", "2.5.4.3"].iter().any(|name| kind.eq_ignore_ascii_case(name));
        if is_first && is_name && found.replace(value).is_some() {
            return None;
        }
        is_first &= end == Some('+');
        match end {
            None => return found,
            Some(_) => rest = after,
        }
    }
}

fn is_attribute_type(text: &str) -> bool {
    let word = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    word && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// A value without its escapes, what ended it (`,` or `+`, or nothing), and what follows. Blanks around it count only if
/// they are escaped. What RFC 4514 wants escaped (§2.4) and is not, is no value.
fn attribute_value(text: &str) -> Option<(String, Option<char>, &str)> {
    let text = text.trim_start_matches(' ');
    if text.starts_with('#') {
        return None;
    }
    let mut bytes = Vec::new();
    // How much of it stays although it may end in blanks.
    let mut kept = 0;
    let mut characters = text.char_indices();
    let (mut end, mut after) = (None, "");
    while let Some((at, character)) = characters.next() {
        match character {
            ',' | '+' => {
                (end, after) = (Some(character), &text[at + 1..]);
                break;
            }
            '"' | ';' | '<' | '>' | '\0' => return None,
            '\\' => {
                let (_, first) = characters.next()?;
                match first.to_digit(16) {
                    Some(high) => {
                        let (_, second) = characters.next()?;
                        bytes.push(u8::try_from(high * 16 + second.to_digit(16)?).ok()?);
                    }
                    None if " \"#+,;<=>\\".contains(first) => bytes.push(u8::try_from(first).ok()?),
                    None => return None,
                }
                kept = bytes.len();
            }
            _ => {
                bytes.extend(character.encode_utf8(&mut [0; 4]).bytes());
                if character != ' ' {
                    kept = bytes.len();
                }
            }
        }
    }
    bytes.truncate(kept);
    let value = String::from_utf8(bytes).ok()?;
    (!value.contains(char::is_control)).then_some((value, end, after))
}
