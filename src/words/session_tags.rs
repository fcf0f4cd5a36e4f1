//! Session tags: what somebody wears beside a role, for policies to read.

use crate::trace::clip;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::LazyLock;

/// At most fifty tags, their keys unique without regard to case (AWS, "Rules for session tagging"). A tag that is
/// transitive goes along when the session assumes a further role.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionTags(Vec<SessionTag>);

/// One tag; the names are short because it travels inside session tokens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTag {
    #[serde(rename = "k")]
    pub key: String,
    #[serde(rename = "v")]
    pub value: String,
    #[serde(rename = "t", default, skip_serializing_if = "std::ops::Not::not")]
    pub transitive: bool,
}

/// Why a list of tags is none. Keys are facts; values are somebody's claims and stay out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSessionTags {
    #[error("there are {count} session tags; at most 50 are allowed")]
    TooMany { count: usize },
    #[error(
        "the tag key \"{key}\" is not 1 to 128 letters, digits, separators and _.:/=+-@, or begins with the reserved aws:"
    )]
    Key { key: String },
    #[error("the value of the tag \"{key}\" is not at most 256 letters, digits, separators and _.:/=+-@")]
    Value { key: String },
    #[error("the tag key \"{key}\" is there twice; capitals do not tell keys apart")]
    Repeated { key: String },
    #[error("the transitive tag key \"{key}\" is none of the tags")]
    NotATag { key: String },
}

const MOST: usize = 50;

impl SessionTags {
    /// The tags, of which those with one of the `transitive` keys go along.
    pub fn new(
        pairs: impl IntoIterator<Item = (String, String)>,
        transitive: &[String],
    ) -> Result<Self, NotSessionTags> {
        let mut tags = Self::default();
        for (key, value) in pairs {
            if !is_key(&key) {
                return Err(NotSessionTags::Key { key: clip(&key) });
            }
            if !is_value(&value) {
                return Err(NotSessionTags::Value { key });
            }
            tags.add(SessionTag { key, value, transitive: false })?;
        }
        for key in transitive {
            let tag = tags.0.iter_mut().find(|tag| same_key(&tag.key, key));
            tag.ok_or_else(|| NotSessionTags::NotATag { key: clip(key) })?.transitive = true;
        }
        Ok(tags)
    }

    /// These and those; none of them may have the key of another.
    pub fn with(mut self, others: impl IntoIterator<Item = SessionTag>) -> Result<Self, NotSessionTags> {
        others.into_iter().try_for_each(|tag| self.add(tag))?;
        Ok(self)
    }

    pub fn iter(&self) -> impl Iterator<Item = &SessionTag> {
        self.0.iter()
    }

    pub fn transitive(&self) -> impl Iterator<Item = &SessionTag> {
        self.iter().filter(|tag| tag.transitive)
    }

    pub fn get(&self, key: &str) -> Option<&SessionTag> {
        self.iter().find(|tag| same_key(&tag.key, key))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `team, project (transitive)`.
    pub fn keys(&self) -> String {
        let name = |tag: &SessionTag| format!("{}{}", tag.key, if tag.transitive { " (transitive)" } else { "" });
        self.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    /// `team=ops`, `cost=42 (goes along)`: each with its value, for whoever may see the claims. What these may be, clipping
    /// leaves as it is; a screen is not to depend on it.
    pub fn told(&self) -> Vec<String> {
        let told = |tag: &SessionTag| {
            format!("{}={}{}", tag.key, clip(&tag.value), if tag.transitive { " (goes along)" } else { "" })
        };
        self.iter().map(told).collect()
    }

    fn add(&mut self, tag: SessionTag) -> Result<(), NotSessionTags> {
        if self.get(&tag.key).is_some() {
            return Err(NotSessionTags::Repeated { key: tag.key });
        }
        if self.0.len() == MOST {
            return Err(NotSessionTags::TooMany { count: MOST + 1 });
        }
        self.0.push(tag);
        Ok(())
    }
}

/// The keys alone: values are claims.
impl fmt::Debug for SessionTags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionTags({})", self.keys())
    }
}

/// STS `tagKeyType`.
pub fn is_key(text: &str) -> bool {
    let reserved = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"));
    (1..=128).contains(&text.chars().count()) && !reserved && CHARACTERS.is_match(text)
}

/// STS `tagValueType`.
fn is_value(text: &str) -> bool {
    text.chars().count() <= 256 && CHARACTERS.is_match(text)
}

static CHARACTERS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$").expect("a regular expression"));

fn same_key(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}
