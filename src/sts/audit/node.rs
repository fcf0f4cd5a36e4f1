//! A record while it is put together: JSON whose keys, and most of whose texts, are borrowed. One is made for each exchange,
//! and a tree that owned every key would be a hundred allocations.

use crate::words::AccountId;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

pub enum Node<'a> {
    Null,
    Bool(bool),
    Number(i64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Members<'a>),
}

/// The members of an object. Nothing is looked up here: each key is added once.
#[derive(Default)]
pub struct Members<'a>(Vec<(&'a str, Node<'a>)>);

/// An object as JSON writes it.
macro_rules! object {
    ($($key:literal: $value:expr),+ $(,)?) => {
        $crate::sts::audit::node::Members::from([$(($key, $crate::sts::audit::node::Node::from($value))),+])
    };
}
pub(super) use object;

/// Room for most records.
const USUAL: usize = 2_048;

impl<'a> Members<'a> {
    pub(super) fn add(&mut self, key: &'a str, value: impl Into<Node<'a>>) {
        debug_assert!(self.0.iter().all(|(other, _)| *other != key), "{key} is there twice");
        self.0.push((key, value.into()));
    }

    /// The same of a value that says something.
    pub(super) fn add_if_any(&mut self, key: &'a str, value: impl Into<Node<'a>>) {
        let value = value.into();
        if !value.is_empty() {
            self.add(key, value);
        }
    }

    /// These and those.
    pub(super) fn add_all(&mut self, members: impl IntoIterator<Item = (&'a str, Node<'a>)>) {
        members.into_iter().for_each(|(key, value)| self.add(key, value));
    }

    pub(super) fn text(&self) -> String {
        let mut text = Vec::with_capacity(USUAL);
        serde_json::to_writer(&mut text, self).expect("a record is plain data");
        String::from_utf8(text).expect("JSON is UTF-8")
    }
}

impl Node<'_> {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::List(list) => list.is_empty(),
            Self::Object(Members(members)) => members.is_empty(),
            Self::Bool(_) | Self::Number(_) | Self::Text(_) => false,
        }
    }
}

impl<'a, const N: usize> From<[(&'a str, Node<'a>); N]> for Members<'a> {
    fn from(members: [(&'a str, Node<'a>); N]) -> Self {
        Self(members.into())
    }
}

impl<'a> FromIterator<(&'a str, Node<'a>)> for Members<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, Node<'a>)>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

impl<'a> IntoIterator for Members<'a> {
    type Item = (&'a str, Node<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T: Into<Node<'a>>> FromIterator<T> for Node<'a> {
    fn from_iter<I: IntoIterator<Item = T>>(list: I) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

macro_rules! node {
    ($($given:ty => $node:expr),* $(,)?) => { $(
        impl<'a> From<$given> for Node<'a> {
            fn from(value: $given) -> Self {
                $node(value)
            }
        }
    )* };
}

node! {
    bool => Self::Bool,
    i64 => Self::Number,
    &'a str => |text| Self::Text(Cow::Borrowed(text)),
    &'a String => |text: &'a String| Self::Text(Cow::Borrowed(text)),
    String => |text| Self::Text(Cow::Owned(text)),
    Cow<'a, str> => Self::Text,
    AccountId => |account: AccountId| Self::Text(Cow::Owned(account.to_string())),
    Members<'a> => Self::Object,
}

impl<'a, T: Into<Node<'a>>> From<Option<T>> for Node<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => serializer.serialize_i64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(list) => serializer.collect_seq(list),
            Self::Object(members) => members.serialize(serializer),
        }
    }
}
