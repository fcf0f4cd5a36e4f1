//! Which record gave a credential, found without a random index on the way of a grant.
//!
//! Access key ids are random, so an index of them that grows with each grant would touch another page each time. Instead the
//! numbers of a chain are cut into blocks; when a block is full it is read once more, and for each bucket of ids one row is
//! written, with the block's ids of that bucket in their order. A question reads one row of each block, and looks through the
//! records that are in no full block yet. What is found is only where to look: the record itself says whose it is.

use super::audit::ChainEnd;
use super::book::Entry;
use super::checkpoints::BookChange;
use super::database::values;
use super::found_index::{self, BREATH};
use super::{Book, Store, StoreError};
use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// Records in a block.
pub(super) const BLOCK: i64 = 16_384;
pub(super) const BUCKETS: i64 = 64;
/// What is read at once where somebody waits for it, and where nobody does.
const PAGE: i64 = 1_024;
const QUIET_PAGE: i64 = 256;
/// Six bytes of an id's hash and two of a place in the block.
const ENTRY: usize = 8;

/// An id as it is looked for: not kept whole. Two may fall together, and nobody signs what the index says: whoever finds a
/// place reads the record there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Mark {
    bucket: u8,
    rest: [u8; 6],
}

impl Mark {
    pub(super) fn of(access_key_id: &str) -> Self {
        let hash = digest(&SHA256, access_key_id.as_bytes());
        let hash = hash.as_ref();
        Self { bucket: hash[0] % BUCKETS as u8, rest: hash[1..7].try_into().expect("six bytes") }
    }

    /// The places of this id among the sorted entries of a row.
    fn places(self, entries: &[u8]) -> impl Iterator<Item = i64> {
        let (entries, _) = entries.as_chunks::<ENTRY>();
        let first = entries.partition_point(|entry| entry[..6] < self.rest[..]);
        let same = entries[first..].iter().take_while(move |entry| entry[..6] == self.rest);
        same.map(|entry| i64::from(u16::from_be_bytes([entry[6], entry[7]])))
    }
}

pub(super) fn block_of(number: i64) -> i64 {
    number.div_euclid(BLOCK)
}

/// The number of its last record.
fn end_of(block: i64) -> i64 {
    (block + 1) * BLOCK - 1
}

/// What a record gave. Only what grants has the member at its top.
#[derive(Deserialize)]
struct Grant<'a> {
    #[serde(rename = "accessKeyId", borrow, default)]
    access_key_id: Option<&'a str>,
}

fn given(record: &str) -> Option<&str> {
    serde_json::from_str::<Grant<'_>>(record).ok()?.access_key_id
}

/// The rows of a block, of all its records.
#[derive(Default)]
struct Rows(Vec<Vec<[u8; ENTRY]>>);

impl Rows {
    fn new() -> Self {
        Self(vec![Vec::new(); BUCKETS as usize])
    }

    fn add(&mut self, mark: Mark, number: i64) {
        let place = number.rem_euclid(BLOCK) as u16;
        let ([a, b, c, d, e, f], [g, h]) = (mark.rest, place.to_be_bytes());
        self.0[usize::from(mark.bucket)].push([a, b, c, d, e, f, g, h]);
    }

    fn sorted(self) -> Vec<Vec<u8>> {
        let sorted = |mut entries: Vec<[u8; ENTRY]>| {
            entries.sort_unstable();
            entries.concat()
        };
        self.0.into_iter().map(sorted).collect()
    }
}

/// What the records of a block gave, as far as they were read for the index of what records are found by: so those that are
/// written while somebody keeps the indexes up are read once for both.
#[derive(Default)]
pub struct Gathered {
    /// The last record, from the beginning of its block on without a gap.
    last: Option<ChainEnd>,
    rows: Rows,
}

impl Gathered {
    /// What the records from `first` to the `last` one gave. Where it does not go on from what there is, that is let go: the
    /// block is read when it is full. So it is after commits were lost, which took the other index back as well.
    pub(super) fn add(&mut self, first: i64, last: ChainEnd, given: &[(Mark, i64)]) {
        let goes_on = |former: &ChainEnd| former.node == last.node && former.number + 1 == first;
        if first % BLOCK == 0 {
            *self = Self { last: None, rows: Rows::new() };
        } else if !self.last.as_ref().is_some_and(goes_on) {
            return *self = Self::default();
        }
        given.iter().for_each(|(mark, number)| self.rows.add(*mark, *number));
        self.last = Some(last);
    }

    fn take(&mut self, node: &str, block: i64) -> Option<(Rows, ChainEnd)> {
        let last = self.last.take_if(|last| last.node == node && last.number == end_of(block))?;
        Some((std::mem::take(&mut self.rows), last))
    }
}

impl Store {
    /// Writes the index of the next block of a chain that has none; `false` if there is no such block of which all records are
    /// in the other index, so that they have been read.
    pub async fn index_next_block(
        &self,
        book: &mut Book,
        node: &str,
        gathered: &mut Gathered,
    ) -> Result<bool, StoreError> {
        let block = book.next_block(node).await?;
        if (block + 1) * BLOCK > book.next_found_block(node).await? * found_index::BLOCK {
            return Ok(false);
        }
        let read = match gathered.take(node, block) {
            Some(read) => Some(read),
            None => read_through(book, node, block).await?,
        };
        let Some((rows, last)) = read else { return Ok(false) };
        let buckets = rows.sorted();
        self.change_book(BookChange::Index { last, block, buckets }).await?;
        Ok(true)
    }
}

/// With the last record; nothing, if that is not there.
async fn read_through(book: &mut Book, node: &str, block: i64) -> Result<Option<(Rows, ChainEnd)>, StoreError> {
    let (mut rows, mut after, end) = (Rows::new(), block * BLOCK - 1, end_of(block));
    let mut last = None;
    while after < end {
        let page = book.page(node, after, QUIET_PAGE.min(end - after)).await?;
        let Some(further) = page.last().map(|entry| entry.number) else { break };
        for entry in page.into_iter().filter(|entry| entry.number <= end) {
            given(&entry.record).into_iter().for_each(|id| rows.add(Mark::of(id), entry.number));
            last = Some(ChainEnd { node: entry.node, number: entry.number, hash: entry.hash });
        }
        after = further;
        // What is done behind the grants waits for whoever is granted something.
        tokio::time::sleep(BREATH).await;
    }
    Ok(last.filter(|last| last.number == end).map(|last| (rows, last)))
}

impl Book {
    /// The first block of a chain that is not in the index.
    async fn next_block(&mut self, node: &str) -> Result<i64, StoreError> {
        let query = "SELECT (SELECT max(block) + 1 FROM audit_who WHERE node = ?1 AND bucket = 0),
             (SELECT min(number) FROM audit WHERE node = ?1)";
        let row = self.db.fetch_one(query, values![node]).await?;
        let (indexed, first): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
        Ok(indexed.unwrap_or(0).max(first.map_or(0, block_of)))
    }

    /// The record that gave these credentials, if one did.
    pub async fn who(&mut self, access_key_id: &str) -> Result<Option<Entry>, StoreError> {
        let mark = Mark::of(access_key_id);
        let gave = |entry: &Entry| given(&entry.record) == Some(access_key_id);
        for chain in self.chains().await? {
            let (mut after, end) = (self.next_block(&chain.node).await? * BLOCK - 1, chain.number);
            while after < end {
                let page = self.page(&chain.node, after, PAGE).await?;
                let Some(further) = page.last().map(|entry| entry.number) else { break };
                // Most do not name it at all, and need not be read.
                if let Some(found) = page.into_iter().find(|e| e.record.contains(access_key_id) && gave(e)) {
                    return Ok(Some(found));
                }
                after = further;
            }
            let rows = "SELECT block, entries FROM audit_who WHERE node = ?1 AND bucket = ?2";
            for row in self.db.fetch(rows, values![&chain.node, i64::from(mark.bucket)]).await? {
                let (block, entries): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
                for place in mark.places(&entries) {
                    if let Some(found) = self.entry(&chain.node, block * BLOCK + place).await?.filter(gave) {
                        return Ok(Some(found));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Those of the ids that no record gave. However many there are, the index is read once; so ask of many together.
    pub async fn unrecorded<T>(&mut self, ids: &HashMap<String, T>) -> Result<Vec<String>, StoreError> {
        let mut open: Vec<(Mark, &str)> = ids.keys().map(|id| (Mark::of(id), id.as_str())).collect();
        open.sort_unstable();
        let mut chains = Vec::new();
        for chain in self.chains().await? {
            // Before the index is read: a block that joins it meanwhile is then read twice, and never not at all.
            let after = self.next_block(&chain.node).await? * BLOCK - 1;
            chains.push((chain, after));
        }
        let mut found = HashSet::new();
        for bucket in open.chunk_by(|(a, _), (b, _)| a.bucket == b.bucket) {
            let number = i64::from(bucket[0].0.bucket);
            for (chain, _) in &chains {
                let rows = "SELECT block, entries FROM audit_who WHERE node = ?1 AND bucket = ?2";
                for row in self.db.fetch(rows, values![&chain.node, number]).await? {
                    let (block, entries): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
                    for (mark, id) in bucket {
                        for place in mark.places(&entries) {
                            let entry = self.entry(&chain.node, block * BLOCK + place).await?;
                            if entry.is_some_and(|entry| given(&entry.record) == Some(id)) {
                                found.insert(*id);
                            }
                        }
                    }
                }
            }
        }
        for (chain, mut after) in chains.iter().map(|(chain, after)| (chain, *after)) {
            while after < chain.number {
                let page = self.page(&chain.node, after, PAGE).await?;
                let Some(further) = page.last().map(|entry| entry.number) else { break };
                let given = page.iter().filter_map(|entry| given(&entry.record));
                found.extend(given.filter_map(|id| ids.get_key_value(id)).map(|(id, _)| id.as_str()));
                after = further;
            }
        }
        Ok(ids.keys().filter(|id| !found.contains(id.as_str())).cloned().collect())
    }
}
