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

/// A statement about many rows, in few sizes so that the database knows each of them already.
pub(super) struct ManyRows([(usize, Sql); 4]);

impl ManyRows {
    pub(super) fn new(before: &'static str, columns: usize, after: &'static str) -> Self {
        Self([64, 16, 4, 1].map(|rows| (rows, Sql::with_rows(before, 0, (rows, columns), after))))
    }

    /// For one row.
    pub(super) fn single(&'static self) -> &'static Sql {
        &self.0[3].1
    }

    /// For as many of these rows as fit, and how many those are.
    pub(super) fn of(&'static self, left: usize) -> (usize, Sql) {
        let fits = self.0.iter().find(|(rows, _)| *rows <= left);
        fits.map_or((1, self.single().into()), |(rows, sql)| (*rows, sql.into()))
    }
}

/// What stands for a placeholder. A server wants to know of which kind it is even where there is none.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Integer(Option<i64>),
    Text(Option<&'a str>),
    Bytes(Option<&'a [u8]>),
    /// Nothing, where the column says of which kind.
    Null,
}

impl Value<'_> {
    /// This, if it is something, else the other.
    pub(super) fn or(self, other: Self) -> Self {
        match self {
            Self::Null | Self::Integer(None) | Self::Text(None) | Self::Bytes(None) => other,
            something => something,
        }
    }
}

/// The values of a statement, in the order of their numbers.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::statement::Value::from($value)),*] };
}
pub(super) use values;

macro_rules! value {
    ($($kind:ident of $given:ty: $as_it_is:expr),* $(,)?) => { $(
        impl<'a> From<$given> for Value<'a> {
            fn from(value: $given) -> Self {
                Self::$kind(Some($as_it_is(value)))
            }
        }

        impl<'a> From<Option<$given>> for Value<'a> {
            fn from(value: Option<$given>) -> Self {
                Self::$kind(value.map($as_it_is))
            }
        }
    )* };
}

value! {
    Integer of i64: i64::from,
    Integer of bool: i64::from,
    Text of &'a str: std::convert::identity,
    Text of &'a String: String::as_str,
    Bytes of &'a [u8]: std::convert::identity,
    Bytes of &'a Vec<u8>: Vec::as_slice,
    Bytes of &'a [u8; 32]: <[u8; 32]>::as_slice,
}
