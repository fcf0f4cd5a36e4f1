//! The book, cut into stretches of which it is known from when to when they are: so that it can be read from the latest
//! record backwards, across all chains, whatever the clocks of those who wrote it have done.

use super::activity::BookPlace;
use super::database::values;
use super::found_index::BLOCK;
use super::{Store, StoreError};
use std::cmp::Reverse;

pub(super) struct Stretch {
    pub(super) node: String,
    pub(super) latest: i64,
    pub(super) of: Of,
}

#[derive(Clone, Copy)]
pub(super) enum Of {
    /// In the index.
    Block(i64),
    /// In no block that is full, or not yet in the index: from this number to that one.
    Records(i64, i64),
}

/// So many records of a chain may be behind the index: some ten seconds of what the fastest house writes. A book that is
/// further behind is being indexed just now, and is not looked through record by record meanwhile.
const MOST_BEHIND: i64 = 65_536;

impl Store {
    /// All that may have records of before that place and not of before `since`; those that go on latest come first.
    pub(super) async fn stretches(&self, before: &BookPlace, since: i64) -> Result<Vec<Stretch>, StoreError> {
        let (mut book, mut all) = (self.book(), Vec::new());
        for chain in book.chains().await? {
            // Before the index is read: a block that joins it meanwhile is then read record by record, and never not at all.
            let behind = book.next_found_block(&chain.node).await? * BLOCK;
            if chain.number - behind >= MOST_BEHIND {
                return Err(StoreError::Busy);
            }
            let stretch = |latest, of| Stretch { node: chain.node.clone(), latest, of };
            let blocks = "SELECT block, latest FROM audit_block
                 WHERE node = ?1 AND latest >= ?2 AND earliest <= ?3 AND block < ?4";
            let values = values![&chain.node, since, before.at, behind / BLOCK];
            for row in self.readers.fetch(blocks, values).await? {
                all.push(stretch(row.get(1)?, Of::Block(row.get(0)?)));
            }
            let records = "SELECT number / 512, min(number), max(number), min(at), max(at) FROM audit
                 WHERE node = ?1 AND number >= ?2 AND number <= ?3 GROUP BY 1";
            for row in self.readers.search(records, values![&chain.node, behind, chain.number]).await? {
                let (earliest, latest): (i64, i64) = (row.get(3)?, row.get(4)?);
                if latest >= since && earliest <= before.at {
                    all.push(stretch(latest, Of::Records(row.get(1)?, row.get(2)?)));
                }
            }
        }
        all.sort_by_key(|stretch| Reverse(stretch.latest));
        Ok(all)
    }
}
