//! A copy of the store as text that no database has a say in: a line of JSON for each row, under a line for each table.
//!
//! ```text
//! {"table":"metadata","columns":["name","document","fetched"]}
//! ["https://idp.example/metadata ","<EntityDescriptor …",1925035200]
//! ```
//!
//! Numbers, texts and nothing are JSON's own; bytes are `{"base64": "…"}`.

use super::audit::{Chain, ChainEnd};
use super::checkpoints::{BookChange, CheckpointRecord};
use super::database::{Connection, DatabaseError, Value, values};
use super::row::Cell;
use super::tables::{EMPTIED, Table};
use super::{Address, AuditRecord, RingKey, StoreError, handle, key_ring, migrations};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

/// Why there is no copy, or why it is not put back.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("the database does not do it: {0}")]
    Database(#[from] DatabaseError),
    #[error("there is no database at {0}")]
    NoDatabase(String),
    #[error("the database at {0} is in use; stop the gateway, and whatever else has it open")]
    InUse(String),
    #[error(
        "it was copied from a store of another version (steps {theirs}, here {ours}); put it back with that version"
    )]
    OtherVersion { theirs: String, ours: String },
    #[error("line {line} is not what should stand there")]
    Line { line: usize },
    #[error("{0}")]
    File(#[from] std::io::Error),
}

/// Rows that are written at once: with some twenty columns, fewer values than a statement of either database takes.
const AT_ONCE: usize = 500;

/// The steps that have made the store what it is, as a copy tells them.
pub fn steps() -> Vec<i64> {
    migrations::numbers().collect()
}

/// Copies the database at `address` as it is at one moment, line by line; a gateway may be writing. Tells
/// which keys are on the ring in the copy.
pub async fn copy(
    address: &Address,
    mut line: impl FnMut(&str) -> std::io::Result<()>,
) -> Result<Vec<RingKey>, CopyError> {
    let gone = || CopyError::NoDatabase(address.to_string());
    let mut db = handle::looked_into(address).await?.ok_or_else(gone)?;
    db.begin_reading().await?;
    let done = db.fetch("SELECT number FROM migration ORDER BY number", values![]).await?;
    let mut done = done.iter().map(|row| row.get(0)).collect::<Result<Vec<i64>, _>>()?;
    done.retain(|number| !migrations::is_of_one(*number));
    check_version(&done)?;
    for table in Table::all(&mut db).await? {
        line(&json!({ "table": table.name, "columns": table.columns }).to_string())?;
        db.each(table.read(), |row| line(&Json::Array(row.0.iter().map(as_json).collect()).to_string())).await?;
    }
    Ok(key_ring::all(&mut db).await?)
}

/// A copy that is put in the place of what is in a store.
pub struct PutBack<'a> {
    /// Seconds since 1970: what was issued up to then is not believed any more.
    pub at: i64,
    /// When the copy was made.
    pub made: i64,
    pub steps: &'a [i64],
    pub record: AuditRecord,
}

/// A store that nobody else has, nor will have before the copy is in it.
pub struct Held<'a> {
    db: Connection,
    copy: PutBack<'a>,
}

/// A store that has the copy, if it is committed.
pub struct Filled {
    db: Connection,
    told: ChainEnd,
}

impl<'a> PutBack<'a> {
    /// Holds the database at `address`, which is made if there is none. Where it is refused nothing has been changed.
    pub async fn hold(self, address: &Address) -> Result<Held<'a>, CopyError> {
        check_version(self.steps)?;
        let in_use = || CopyError::InUse(address.to_string());
        let db = handle::made_alone(address).await?.ok_or_else(in_use)?;
        Ok(Held { db, copy: self })
    }
}

impl Held<'_> {
    /// In one transaction, which [`Filled::commit`] ends: afterwards the database has the copy whole or is what it was.
    pub async fn fill(self, mut lines: impl Iterator<Item = std::io::Result<String>>) -> Result<Filled, CopyError> {
        let Self { mut db, copy } = self;
        db.begin().await?;
        let tables = Table::all(&mut db).await?;
        for table in tables.iter().rev().filter(|table| !table.stays()) {
            db.execute(table.empty(), values![]).await?;
        }
        for empty in EMPTIED {
            db.execute(empty, values![]).await?;
        }
        fill(&mut db, &tables, &mut lines).await?;
        db.number_on().await?;
        db.execute("INSERT INTO restored (at, made) VALUES (?1, ?2)", values![copy.at, copy.made]).await?;
        db.begin_epoch().await?;
        Chain::open(&mut db).await?.append(&mut db, &copy.record).await?;
        let told = Chain::open(&mut db).await?.end();
        Ok(Filled { db, told })
    }
}

impl Filled {
    /// The record that tells of it.
    pub fn told(&self) -> &ChainEnd {
        &self.told
    }

    /// A key of the house in the copy, as it was wrapped.
    pub async fn wrapped_key(&mut self, name: &str) -> Result<Option<Vec<u8>>, CopyError> {
        let row = self.db.fetch_optional("SELECT wrapped FROM wrapped_key WHERE name = ?1", values![name]).await?;
        Ok(row.map(|row| row.get(0)).transpose()?)
    }

    /// With what the house has signed about that record.
    pub async fn commit(mut self, signed: Option<CheckpointRecord>) -> Result<(), CopyError> {
        if let Some(signed) = signed {
            BookChange::Checkpoint(signed).apply(&mut self.db).await?;
        }
        Ok(self.db.commit().await?)
    }
}

async fn fill(
    db: &mut Connection,
    tables: &[Table],
    lines: &mut impl Iterator<Item = std::io::Result<String>>,
) -> Result<(), CopyError> {
    let (mut table, mut rows) = (None, Vec::new());
    for (number, line) in (1..).zip(lines) {
        let wrong = || CopyError::Line { line: number };
        match serde_json::from_str(&line?).map_err(|_| wrong())? {
            Json::Array(cells) => {
                let of: &Table = table.ok_or_else(wrong)?;
                let row = cells.iter().map(as_cell).collect::<Option<Vec<Cell>>>().ok_or_else(wrong)?;
                if row.len() != of.columns.len() {
                    return Err(wrong());
                }
                rows.push(row);
                if rows.len() == AT_ONCE {
                    insert(db, of, &mut rows).await?;
                }
            }
            Json::Object(head) => {
                if let Some(of) = table {
                    insert(db, of, &mut rows).await?;
                }
                let is_it = |of: &&Table| {
                    head.get("table") == Some(&json!(of.name)) && head.get("columns") == Some(&json!(of.columns))
                };
                table = Some(tables.iter().find(is_it).ok_or_else(wrong)?);
            }
            _ => return Err(wrong()),
        }
    }
    match table {
        Some(of) => insert(db, of, &mut rows).await,
        None => Ok(()),
    }
}

async fn insert(db: &mut Connection, table: &Table, rows: &mut Vec<Vec<Cell>>) -> Result<(), CopyError> {
    if !rows.is_empty() {
        let values: Vec<Value<'_>> = rows.iter().flatten().map(Cell::as_value).collect();
        db.execute(table.insert(rows.len()), &values).await?;
        rows.clear();
    }
    Ok(())
}

fn check_version(theirs: &[i64]) -> Result<(), CopyError> {
    let ours = steps();
    let named = |steps: &[i64]| steps.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
    let other = || CopyError::OtherVersion { theirs: named(theirs), ours: named(&ours) };
    if theirs == ours { Ok(()) } else { Err(other()) }
}

fn as_json(cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Integer(number) => json!(number),
        Cell::Text(text) => json!(text),
        Cell::Bytes(bytes) => json!({ "base64": STANDARD.encode(bytes) }),
    }
}

fn as_cell(json: &Json) -> Option<Cell> {
    Some(match json {
        Json::Null => Cell::Null,
        Json::Number(number) => Cell::Integer(number.as_i64()?),
        Json::String(text) => Cell::Text(text.clone()),
        Json::Object(bytes) => Cell::Bytes(STANDARD.decode(bytes.get("base64")?.as_str()?).ok()?),
        Json::Bool(_) | Json::Array(_) => return None,
    })
}
