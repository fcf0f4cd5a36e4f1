//! A record as it is written: JSON, member behind member, into one text. One is made for each exchange; a tree of its
//! members would be dozens of allocations, and everything in it would be copied once more.

use crate::words::{AccountId, push_escaped, push_iso};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::{Display, Write};
use std::net::IpAddr;
use time::OffsetDateTime;

/// What a member says that is neither an object nor a list.
#[derive(Clone, Copy)]
pub enum Plain<'a> {
    Null,
    Bool(bool),
    Number(i64),
    Text(&'a str),
    /// One text of several.
    Joined(&'a [&'a str]),
    Time(OffsetDateTime),
    Address(IpAddr),
}

/// An object whose members are being written. Nothing is looked up here: each key is added once.
pub(super) struct Object<'t> {
    text: &'t mut String,
}

/// Adds members as JSON writes them.
macro_rules! add {
    ($object:expr; $($key:literal: $value:expr),+ $(,)?) => {{ $($object.add_named(concat!("\"", $key, "\":"), $value);)+ }};
}
pub(super) use add;

/// Room for most records.
const USUAL: usize = 2_048;

/// An object with these members, as a text.
pub(super) fn written(members: impl FnOnce(&mut Object<'_>)) -> String {
    let mut text = String::with_capacity(USUAL);
    braced(&mut text, members);
    debug_assert!(is_as_written(&text), "{text}");
    text
}

/// Whether a reader of JSON would write the same: it would keep one member of each name.
fn is_as_written(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|read| read.to_string().len() == text.len())
}

impl Object<'_> {
    pub(super) fn add<'a>(&mut self, key: &str, value: impl Into<Plain<'a>>) {
        self.name(key);
        value.into().write(self.text);
    }

    /// The same under a key that is written already, as it stands in the text.
    pub(super) fn add_named<'a>(&mut self, name: &str, value: impl Into<Plain<'a>>) {
        separate(self.text);
        self.text.push_str(name);
        value.into().write(self.text);
    }

    /// [`Object::add`] of a value that is there.
    pub(super) fn add_if_any<'a>(&mut self, key: &str, value: Option<impl Into<Plain<'a>>>) {
        if let Some(value) = value {
            self.add(key, value);
        }
    }

    pub(super) fn object(&mut self, key: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.name(key);
        braced(self.text, members);
    }

    /// `null` in the place of an object without members.
    pub(super) fn object_or_null(&mut self, key: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.object(key, members);
        if self.says_nothing() {
            self.text.truncate(self.text.len() - 2);
            Plain::Null.write(self.text);
        }
    }

    /// Of objects.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        all: impl IntoIterator<Item = T>,
        members: impl Fn(&mut Object<'_>, T),
    ) {
        self.listed(key, all, |text, one| braced(text, |object| members(object, one)));
    }

    pub(super) fn texts<'a>(&mut self, key: &str, all: impl IntoIterator<Item = &'a String>) {
        self.listed(key, all, |text, one| Plain::from(one).write(text));
    }

    /// What `adds` adds, unless there is nothing in it.
    pub(super) fn if_any(&mut self, adds: impl FnOnce(&mut Self)) {
        let before = self.text.len();
        adds(self);
        if self.says_nothing() {
            self.text.truncate(before);
        }
    }

    fn listed<T>(&mut self, key: &str, all: impl IntoIterator<Item = T>, write: impl Fn(&mut String, T)) {
        self.name(key);
        self.text.push('[');
        for one in all {
            separate(self.text);
            write(self.text, one);
        }
        self.text.push(']');
    }

    fn name(&mut self, key: &str) {
        separate(self.text);
        Plain::Text(key).write(self.text);
        self.text.push(':');
    }

    /// Whether the last value is an object or a list with nothing in it. A text ends with its quotation mark.
    fn says_nothing(&self) -> bool {
        self.text.ends_with("{}") || self.text.ends_with("[]")
    }
}

fn braced(text: &mut String, members: impl FnOnce(&mut Object<'_>)) {
    text.push('{');
    members(&mut Object { text });
    text.push('}');
}

/// What is first in its place has no comma before it.
fn separate(text: &mut String) {
    if !matches!(text.as_bytes().last(), Some(b'{' | b'[')) {
        text.push(',');
    }
}

impl Plain<'_> {
    fn write(self, text: &mut String) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(value) => text.push_str(if value { "true" } else { "false" }),
            Self::Number(value) => shown(text, value),
            Self::Text(value) => quoted(text, |text| push_escaped(text, value)),
            Self::Joined(parts) => quoted(text, |text| parts.iter().for_each(|part| push_escaped(text, part))),
            Self::Time(at) => quoted(text, |text| push_iso(text, at)),
            Self::Address(address) => quoted(text, |text| shown(text, address)),
        }
    }
}

fn shown(text: &mut String, value: impl Display) {
    let _ = write!(text, "{value}");
}

fn quoted(text: &mut String, write: impl FnOnce(&mut String)) {
    text.push('"');
    write(text);
    text.push('"');
}

macro_rules! plain {
    ($($given:ty => $plain:expr),* $(,)?) => { $(
        impl<'a> From<$given> for Plain<'a> {
            fn from(value: $given) -> Self {
                $plain(value)
            }
        }
    )* };
}

plain! {
    bool => Self::Bool,
    i64 => Self::Number,
    &'a str => Self::Text,
    &'a String => |text: &'a String| Self::Text(text),
    &'a Cow<'a, str> => |text: &'a Cow<'a, str>| Self::Text(text),
    &'a AccountId => |account: &'a AccountId| Self::Text(account.as_str()),
    &'a [&'a str] => Self::Joined,
    OffsetDateTime => Self::Time,
    IpAddr => Self::Address,
}

impl<'a, const N: usize> From<&'a [&'a str; N]> for Plain<'a> {
    fn from(parts: &'a [&'a str; N]) -> Self {
        Self::Joined(parts)
    }
}

impl<'a, T: Into<Plain<'a>>> From<Option<T>> for Plain<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
