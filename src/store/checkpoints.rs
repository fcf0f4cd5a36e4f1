//! What is signed about the chains, and how far they have been sent.

use super::audit::ChainEnd;
use super::committer::Work;
use super::database::{Connection, DatabaseError, values};
use super::found_index::{self, Segments};
use super::row::Row;
use super::statement::Value;
use super::who_index::{BUCKETS, block_of};
use super::{Book, Store, StoreError};

/// A signed statement about a chain, as it lies in the store. Whether the signature holds is for others to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointRecord {
    pub node: String,
    pub kind: String,
    pub number: i64,
    pub at: i64,
    pub hash: Vec<u8>,
    /// When the copy was made that was put back, where it tells of that: seconds since 1970.
    pub made: Option<i64>,
    pub signature: Vec<u8>,
}

/// What the house writes about its book, behind the records.
pub(super) enum BookChange {
    Checkpoint(CheckpointRecord),
    /// A block of the index of access key ids: for each bucket its entries. It is written while the block's last record is
    /// the one that was read: a database may lose what it has committed, and then others take its numbers.
    Index {
        last: ChainEnd,
        block: i64,
        buckets: Vec<Vec<u8>>,
    },
    /// A block of that of what records are found by, on the same condition.
    Found {
        last: ChainEnd,
        segments: Segments,
    },
    /// What the chain no longer needs up to this record, a slice of it.
    Forget {
        node: String,
        upto: i64,
    },
    Shipped {
        target: String,
        node: String,
        number: i64,
    },
}

/// How many records go at once, so that nobody waits long for it.
const SLICE: i64 = 2_000;

impl Store {
    /// Keeps a statement; one that is there already stays.
    pub async fn keep_checkpoint(&self, record: CheckpointRecord) -> Result<(), StoreError> {
        self.change_book(BookChange::Checkpoint(record)).await
    }

    /// Removes a slice of a chain up to and with this record, of which a statement has told that the chain begins behind it.
    pub async fn forget_records(&self, node: String, upto: i64) -> Result<(), StoreError> {
        self.change_book(BookChange::Forget { node, upto }).await
    }

    /// Remembers that the records of a chain have been sent up to this one.
    pub async fn shipped(&self, target: String, node: String, number: i64) -> Result<(), StoreError> {
        self.change_book(BookChange::Shipped { target, node, number }).await
    }

    pub(super) async fn change_book(&self, change: BookChange) -> Result<(), StoreError> {
        self.order(Work::Book(Box::new(change))).await.map(drop)
    }
}

impl BookChange {
    pub(super) async fn apply(&self, db: &mut Connection) -> Result<(), DatabaseError> {
        match self {
            Self::Checkpoint(record) => {
                let CheckpointRecord { node, kind, number, at, hash, made, signature } = record;
                let insert = "INSERT INTO audit_checkpoint (node, kind, number, at, hash, made, signature)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
                db.execute(insert, values![node, kind, *number, *at, hash, *made, signature]).await?;
            }
            Self::Index { last, .. } | Self::Found { last, .. } if !last.is_on_record(db).await? => {}
            Self::Index { last, block, buckets } => {
                let insert = "INSERT INTO audit_who (node, bucket, block, entries) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO NOTHING";
                for (bucket, entries) in (0_i64..).zip(buckets) {
                    db.put(insert, values![&last.node, bucket, *block, entries]).await?;
                }
            }
            Self::Found { last, segments } => segments.write(&last.node, db).await?,
            Self::Forget { node, upto } => {
                let first = db.fetch_one("SELECT min(number) FROM audit WHERE node = ?1", values![node]).await?;
                let first = first.get::<Option<i64>>(0)?.unwrap_or(*upto);
                let slice = first.saturating_add(SLICE - 1).min(*upto);
                let records = "DELETE FROM audit WHERE node = ?1 AND number <= ?2";
                db.execute(records, values![node, slice]).await?;
                if block_of(first) < block_of(slice) {
                    let blocks = "DELETE FROM audit_who WHERE node = ?1 AND bucket = ?2 AND block < ?3";
                    for bucket in 0..BUCKETS {
                        db.put(blocks, values![node, bucket, block_of(slice)]).await?;
                    }
                }
                if found_index::block_of(first) < found_index::block_of(slice + 1) {
                    found_index::forget_before(found_index::block_of(slice + 1), node, db).await?;
                }
                let checkpoints = "DELETE FROM audit_checkpoint WHERE node = ?1
                     AND ((kind = 'end' AND number < ?2) OR (kind = 'begin' AND number < ?3))";
                db.execute(checkpoints, values![node, slice, *upto]).await?;
            }
            Self::Shipped { target, node, number } => {
                let remember = "INSERT INTO audit_shipped (target, node, number) VALUES (?1, ?2, ?3)
                     ON CONFLICT (target, node) DO UPDATE SET number = excluded.number
                     WHERE audit_shipped.number < excluded.number";
                db.execute(remember, values![target, node, *number]).await?;
            }
        }
        Ok(())
    }
}

macro_rules! checkpoints {
    ($which:literal) => {
        concat!("SELECT node, kind, number, at, hash, made, signature FROM audit_checkpoint WHERE ", $which)
    };
}

impl Book {
    /// What the chain begins behind, if retention has removed a part of it.
    pub async fn begin(&mut self, node: &str) -> Result<Option<CheckpointRecord>, StoreError> {
        let query = checkpoints!("node = ?1 AND kind = 'begin' ORDER BY number DESC LIMIT 1");
        Ok(self.checkpoints_of(query, values![node]).await?.pop())
    }

    /// Whether anything has been signed about it.
    pub async fn is_signed(&mut self) -> Result<bool, StoreError> {
        Ok(self.db.fetch_optional("SELECT 1 FROM audit_checkpoint LIMIT 1", values![]).await?.is_some())
    }

    /// The last statement about how far the chain had come.
    pub async fn last_checkpoint(&mut self, node: &str) -> Result<Option<CheckpointRecord>, StoreError> {
        let query = checkpoints!("node = ?1 AND kind = 'end' ORDER BY number DESC LIMIT 1");
        Ok(self.checkpoints_of(query, values![node]).await?.pop())
    }

    /// The last one of before this time that leaves the chain a record behind it.
    pub async fn checkpoint_before(&mut self, node: &str, time: i64) -> Result<Option<CheckpointRecord>, StoreError> {
        let query = checkpoints!(
            "node = ?1 AND kind = 'end' AND at < ?2 AND number < (SELECT max(number) FROM audit WHERE node = ?1)
             ORDER BY number DESC LIMIT 1"
        );
        Ok(self.checkpoints_of(query, values![node, time]).await?.pop())
    }

    /// Those behind this one, of all chains, at most so many.
    pub async fn checkpoints(
        &mut self,
        (node, kind, number): (&str, &str, i64),
        most: i64,
    ) -> Result<Vec<CheckpointRecord>, StoreError> {
        let query = checkpoints!("(node, kind, number) > (?1, ?2, ?3) ORDER BY node, kind, number LIMIT ?4");
        self.checkpoints_of(query, values![node, kind, number, most]).await
    }

    /// How far the records of a chain have been sent there.
    pub async fn shipped(&mut self, target: &str, node: &str) -> Result<i64, StoreError> {
        let query = "SELECT number FROM audit_shipped WHERE target = ?1 AND node = ?2";
        let row = self.db.fetch_optional(query, values![target, node]).await?;
        Ok(row.map(|row| row.get(0)).transpose()?.unwrap_or(0))
    }
}

impl Book {
    async fn checkpoints_of(
        &mut self,
        query: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<CheckpointRecord>, StoreError> {
        let record = |row: &Row| {
            let (node, kind, number, at) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(CheckpointRecord {
                node,
                kind,
                number,
                at,
                hash: row.get(4)?,
                made: row.get(5)?,
                signature: row.get(6)?,
            })
        };
        self.db.fetch(query, values).await?.iter().map(record).collect()
    }
}
