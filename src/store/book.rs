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

/// Each node by a seek of its own: the chains are few, their records many.
const CHAINS: &str = "WITH RECURSIVE chain (node) AS (
         SELECT min(node) FROM audit
         UNION ALL SELECT (SELECT min(node) FROM audit WHERE node > chain.node) FROM chain WHERE chain.node IS NOT NULL)
     SELECT node, (SELECT max(number) FROM audit WHERE audit.node = chain.node) FROM chain WHERE node IS NOT NULL";
const PAGE: &str = "SELECT node, number, at, hash, record FROM audit WHERE node = ?1 AND number > ?2
     ORDER BY number LIMIT ?3";

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

    /// The number before the first record of a chain that may be of this time or later. Records are written in the order in
    /// which they are decided, which their times follow but for moments; so it is looked for in halves.
    pub async fn before(&mut self, node: &str, time: i64) -> Result<i64, StoreError> {
        let ends = "SELECT coalesce(min(number), 1), coalesce(max(number), 0) FROM audit WHERE node = ?1";
        let ends = self.db.fetch_one(ends, values![node]).await?;
        let (mut low, mut high): (i64, i64) = (ends.get(0)?, ends.get::<i64>(1)? + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            let earlier = self.page(node, middle - 1, 1).await?.first().is_some_and(|entry| entry.at < time - MOMENTS);
            if earlier { low = middle + 1 } else { high = middle }
        }
        Ok(low - 1)
    }

    /// The access key ids of sessions that are on record in the store, in their order, with when they were issued.
    pub async fn sessions(&mut self, after: &str, most: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let query = "SELECT access_key_id, issued FROM role_session WHERE access_key_id > ?1
             ORDER BY access_key_id LIMIT ?2";
        let rows = self.db.fetch(query, values![after, most]).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }
}

/// How far the times of two records may be in another order than they are.
const MOMENTS: i64 = 900;

pub(super) fn entry(row: &Row) -> Result<Entry, StoreError> {
    let (node, number, at) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(Entry { node, number, at, hash: row.get(3)?, record: row.get(4)? })
}
