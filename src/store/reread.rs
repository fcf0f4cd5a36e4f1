//! Whether the index of which record gave a credential (see `who_index`) is what the records come to. Nobody signs it.

use super::book::Entry;
use super::database::values;
use super::who_index::{BLOCK, BUCKETS, Mark, Rows, block_of, given};
use super::{Book, StoreError};

/// What the records of a block gave, as they are read along a chain; nothing of a block whose first ones were not read.
#[derive(Default)]
pub struct Reread(Option<Rows>);

impl Reread {
    /// Takes the next record of a chain; whether all of its block have been taken.
    pub fn take(&mut self, entry: &Entry) -> bool {
        // There is no record 0.
        if entry.number % BLOCK == 0 || entry.number == 1 {
            self.0 = Some(Rows::new());
        }
        let Some(rows) = &mut self.0 else { return false };
        given(&entry.record).into_iter().for_each(|id| rows.add(Mark::of(id), entry.number));
        (entry.number + 1) % BLOCK == 0
    }
}

/// Every bucket of a block, there or not.
const BUCKETS_OF: &str = "WITH RECURSIVE every (number) AS
         (SELECT 0 UNION ALL SELECT number + 1 FROM every WHERE number + 1 < ?3)
     SELECT entries FROM every LEFT JOIN audit_who ON node = ?1 AND bucket = every.number AND block = ?2
     ORDER BY every.number";

impl Book {
    /// Whether the index has the block that ends with this record as it was read, or does not have it yet.
    pub async fn has_indexed(&mut self, last: &Entry, reread: &mut Reread) -> Result<bool, StoreError> {
        let block = block_of(last.number);
        let Some(rows) = reread.0.take() else { return Ok(true) };
        if block >= self.next_block(&last.node).await? {
            return Ok(true);
        }
        let there = self.db.fetch(BUCKETS_OF, values![&last.node, block, BUCKETS]).await?;
        let there = there.iter().map(|row| row.get(0)).collect::<Result<Vec<Option<Vec<u8>>>, _>>()?;
        Ok(there.into_iter().eq(rows.sorted().into_iter().map(Some)))
    }

    /// Whether the index has blocks of a chain that this has not come to.
    pub async fn is_indexed_beyond(&mut self, node: &str) -> Result<bool, StoreError> {
        // Before the chain, which goes on meanwhile.
        let block = self.next_block(node).await?;
        let last = "SELECT coalesce(max(number), -1) FROM audit WHERE node = ?1";
        let last: i64 = self.db.fetch_one(last, values![node]).await?.get(0)?;
        Ok(block * BLOCK > last + 1)
    }
}
