//! Rows as they are read.

use super::database::DatabaseError;
use super::statement::Value;

pub(super) struct Row(pub(super) Vec<Cell>);

/// What stands in a column.
pub(super) enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Row {
    /// The column at this place, as text, bytes, a number or a truth; `Option` where there may be none.
    pub(super) fn get<T: Column>(&self, at: usize) -> Result<T, DatabaseError> {
        self.0.get(at).and_then(T::read).ok_or(DatabaseError::Column(at))
    }

    /// The same as text that stays where it is.
    pub(super) fn text(&self, at: usize) -> Result<&str, DatabaseError> {
        let text = if let Some(Cell::Text(text)) = self.0.get(at) { Some(text.as_str()) } else { None };
        text.ok_or(DatabaseError::Column(at))
    }
}

/// What a column can be taken as.
pub(super) trait Column: Sized {
    fn read(cell: &Cell) -> Option<Self>;
}

impl Column for i64 {
    fn read(cell: &Cell) -> Option<Self> {
        if let Cell::Integer(number) = cell { Some(*number) } else { None }
    }
}

impl Column for bool {
    fn read(cell: &Cell) -> Option<Self> {
        i64::read(cell).map(|number| number != 0)
    }
}

impl Column for String {
    fn read(cell: &Cell) -> Option<Self> {
        if let Cell::Text(text) = cell { Some(text.clone()) } else { None }
    }
}

impl Column for Vec<u8> {
    fn read(cell: &Cell) -> Option<Self> {
        if let Cell::Bytes(bytes) = cell { Some(bytes.clone()) } else { None }
    }
}

impl<T: Column> Column for Option<T> {
    fn read(cell: &Cell) -> Option<Self> {
        if let Cell::Null = cell { Some(None) } else { T::read(cell).map(Some) }
    }
}

impl Cell {
    pub(super) fn as_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(Some(*number)),
            Self::Text(text) => Value::Text(Some(text)),
            Self::Bytes(bytes) => Value::Bytes(Some(bytes)),
        }
    }
}

impl From<Value<'_>> for Cell {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(number) => number.map_or(Self::Null, Self::Integer),
            Value::Text(text) => text.map_or(Self::Null, |text| Self::Text(text.to_owned())),
            Value::Bytes(bytes) => bytes.map_or(Self::Null, |bytes| Self::Bytes(bytes.to_vec())),
        }
    }
}
