//! Statements as they are written, and what stands for their placeholders.

use std::borrow::Cow;
use std::fmt::Write;

/// The text of a statement.
pub(super) struct Sql(Cow<'static, str>);

impl Sql {
    /// `before`, rows of placeholders in brackets, `after`. The fixed text has the placeholders up to `fixed`; those of the
    /// rows are numbered on from there.
    pub(super) fn with_rows(
        before: &'static str,
        fixed: usize,
        (rows, columns): (usize, usize),
        after: &'static str,
    ) -> Self {
        let mut text = String::with_capacity(before.len() + after.len() + rows * (3 + 6 * columns));
        text.push_str(before);
        for row in 0..rows {
            text.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..columns {
                let comma = if column == 0 { "" } else { ", " };
                let _ = write!(text, "{comma}?{}", fixed + row * columns + column + 1);
            }
            text.push(')');
        }
        text.push_str(after);
        Self(Cow::Owned(text))
    }

    /// Names of tables and columns are those that the database itself tells.
    pub(super) fn select_all(table: &str, columns: &[String]) -> Self {
        Self(Cow::Owned(format!("SELECT {} FROM {table}", columns.join(", "))))
    }

    pub(super) fn insert_rows(table: &str, columns: &[String], rows: usize, after: &'static str) -> Self {
        let values = Self::with_rows("", 0, (rows, columns.len()), after);
        Self(Cow::Owned(format!("INSERT INTO {table} ({}) VALUES {}", columns.join(", "), values.0)))
    }

    pub(super) fn delete_all(table: &str) -> Self {
        Self(Cow::Owned(format!("DELETE FROM {table}")))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<&'static Sql> for Sql {
    fn from(Sql(text): &'static Sql) -> Self {
        Self(Cow::Borrowed(text))
    }
}

/// What stands for a placeholder.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// The values of a statement, in the order of their numbers.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::statement::Value::from($value)),*] };
}
pub(super) use values;

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(truth: bool) -> Self {
        Self::Integer(truth.into())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a [u8; 32]> for Value<'a> {
    fn from(bytes: &'a [u8; 32]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, T::into)
    }
}
