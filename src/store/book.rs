//! The book, read from beside whoever writes it: record by record, page by page, so that a slow reader keeps no version of
//! the database alive.

use super::audit::ChainEnd;
use super::database::{Connection, DatabaseError, values};
use super::readers::Readers;
use super::row::Row;
use super::statement::Value;
use super::{Address, Store, StoreError};

/// A record as it stands in its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub node: String,
    pub number: i64,
    pub at: i64,
    pub hash: Vec<u8>,
    /// JSON.
    pub record: String,
}

/// The book, to be read.
pub struct Book {
    pub(super) db: Desk,
}

/// Where it is read.
pub(super) enum Desk {
    /// From beside a gateway.
    Beside(Connection),
    Within(Readers),
}

impl Desk {
    pub(super) async fn fetch(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, DatabaseError> {
        match self {
            Self::Beside(db) => db.fetch(sql, values).await,
            Self::Within(readers) => readers.fetch(sql, values).await,
        }
    }

    pub(super) async fn fetch_optional(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, DatabaseError> {
        Ok(self.fetch(sql, values).await?.into_iter().next())
    }

    pub(super) async fn fetch_one(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Row, DatabaseError> {
        self.fetch_optional(sql, values).await?.ok_or(DatabaseError::NoRow)
    }
}

impl Store {
    /// The book, as whoever writes it reads it.
    pub fn book(&self) -> Book {
        Book { db: Desk::Within(self.readers.clone()) }
    }
}

/// Which chains there are, in `chain`, each by a seek of its own: they are few, their records many.
macro_rules! with_chains {
    () => {
        "WITH RECURSIVE chain (node) AS (
             SELECT min(node) FROM audit
             UNION ALL SELECT (SELECT min(node) FROM audit WHERE node > chain.node) FROM chain
             WHERE chain.node IS NOT NULL) "
    };
}
pub(super) use with_chains;

const CHAINS: &str = concat!(
    with_chains!(),
    "SELECT node, (SELECT max(number) FROM audit WHERE audit.node = chain.node) FROM chain WHERE node IS NOT NULL"
);
const PAGE: &str = "SELECT node, number, at, hash, record FROM audit WHERE node = ?1 AND number > ?2
     ORDER BY number LIMIT ?3";

/// The last of the next records of a chain, and the first of them that is of this time or later: no more of them at once than
/// are looked at in a moment.
const NEXT_TIMES: &str = "SELECT max(number), min(CASE WHEN at >= ?3 THEN number END) FROM
     (SELECT number, at FROM audit WHERE node = ?1 AND number > ?2 ORDER BY number LIMIT 10000) AS further";

impl Book {
    /// `None` if there is no database, or one in which no gateway of this version has kept a book.
    pub async fn open(address: &Address) -> Result<Option<Self>, StoreError> {
        let Some(mut db) = super::handle::looked_into(address).await? else { return Ok(None) };
        let there = db.has_table("epoch").await?;
        Ok(there.then_some(Self { db: Desk::Beside(db) }))
    }

    /// Every chain that has records, with its last one.
    pub async fn chains(&mut self) -> Result<Vec<ChainEnd>, StoreError> {
        let mut ends = Vec::new();
        for row in self.db.fetch(CHAINS, &[]).await? {
            let (node, number): (String, i64) = (row.get(0)?, row.get(1)?);
            if let Some(hash) = self.hash(&node, number).await? {
                ends.push(ChainEnd { node, number, hash });
            }
        }
        Ok(ends)
    }

    /// The records of a chain behind this number, at most so many.
    pub async fn page(&mut self, node: &str, after: i64, most: i64) -> Result<Vec<Entry>, StoreError> {
        let rows = self.db.fetch(PAGE, values![node, after, most]).await?;
        rows.iter().map(entry).collect()
    }

    pub async fn hash(&mut self, node: &str, number: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let query = "SELECT hash FROM audit WHERE node = ?1 AND number = ?2";
        let row = self.db.fetch_optional(query, values![node, number]).await?;
        Ok(row.map(|row| row.get(0)).transpose()?)
    }

    pub async fn entry(&mut self, node: &str, number: i64) -> Result<Option<Entry>, StoreError> {
        Ok(self.page(node, number - 1, 1).await?.pop().filter(|entry| entry.number == number))
    }

    /// The number before the first record of a chain that is of this time or later; of the last one, if none is. Records are in
    /// the order in which they were decided, which is not that of their times where a clock was set back: each is looked at.
    pub async fn before(&mut self, node: &str, time: i64) -> Result<i64, StoreError> {
        let mut before = 0;
        loop {
            let row = self.db.fetch_one(NEXT_TIMES, values![node, before, time]).await?;
            let (last, first): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
            match (first, last) {
                (Some(first), _) => return Ok(first - 1),
                (None, Some(last)) => before = last,
                (None, None) => return Ok(before),
            }
        }
    }

    /// The access key ids of sessions that are on record in the store, in their order, with when they were issued.
    pub async fn sessions(&mut self, after: &str, most: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let query = "SELECT access_key_id, issued FROM role_session WHERE access_key_id > ?1
             ORDER BY access_key_id LIMIT ?2";
        let rows = self.db.fetch(query, values![after, most]).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }
}

pub(super) fn entry(row: &Row) -> Result<Entry, StoreError> {
    let (node, number, at) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(Entry { node, number, at, hash: row.get(3)?, record: row.get(4)? })
}
