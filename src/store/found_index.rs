//! The index of what records are found by, in sorted segments that are written behind the records, as that of access key ids
//! is (see `who_index`): one row for each bucket of a full block of a chain, and one for the block itself. What is found is
//! only where to look: the record itself says whether it is what was looked for.

use super::audit::ChainEnd;
use super::checkpoints::BookChange;
use super::database::{Connection, DatabaseError, Row, values};
use super::marks::{Hash, Mark};
use super::outline::Outline;
use super::who_index::{self, Gathered};
use super::{Book, Store, StoreError};
use std::time::Duration;

/// Records in a block. So many at most are in none for long, and each search looks through those one by one.
pub(super) const BLOCK: i64 = 1_024;
const BUCKETS: i64 = 16;
/// What is read at once.
const PAGE: i64 = 256;
/// Between what is read at once.
pub(super) const BREATH: Duration = Duration::from_millis(5);
/// A hash, and in how many places it is.
const HEAD: usize = 10;

/// A block as it is written.
pub(super) struct Segments {
    block: i64,
    earliest: i64,
    latest: i64,
    /// For each place, how many seconds after the earliest.
    times: Vec<u8>,
    /// For each bucket its entries: a hash, in how many places it is, and those.
    buckets: Vec<Vec<u8>>,
}

pub(super) fn block_of(number: i64) -> i64 {
    number.div_euclid(BLOCK)
}

pub(super) fn bucket_of(hash: Hash) -> i64 {
    i64::from(hash[0]) % BUCKETS
}

/// The places of this hash among the entries of a row.
pub(super) fn places(mut entries: &[u8], hash: Hash) -> Vec<i64> {
    while let Some((head, rest)) = entries.split_first_chunk::<HEAD>() {
        let length = 2 * usize::from(u16::from_be_bytes([head[8], head[9]]));
        let Some((places, others)) = rest.split_at_checked(length) else { break };
        if head[..8] == hash {
            return places.as_chunks().0.iter().map(|place| i64::from(u16::from_be_bytes(*place))).collect();
        }
        entries = others;
    }
    Vec::new()
}

/// When the record in this place was written, in a block whose earliest is of that time.
pub(super) fn time_of(place: i64, earliest: i64, times: &[u8]) -> i64 {
    let since = usize::try_from(place).ok().and_then(|place| times.as_chunks().0.get(place));
    earliest.saturating_add(since.map_or(0, |since| i64::from(u32::from_be_bytes(*since))))
}

/// What was known of whose a record is when it was written.
pub(super) fn whose_in(row: &Row, at: usize) -> Result<Option<Mark>, DatabaseError> {
    Ok(row.get::<Option<Vec<u8>>>(at)?.and_then(|bytes| bytes.try_into().ok()))
}

/// A block as it is read through.
struct Draft {
    times: Vec<Option<i64>>,
    found: Vec<(Hash, u16)>,
    /// What the records gave, and which they are.
    given: Vec<(who_index::Mark, i64)>,
    /// The hash of the last record, without which the block is not full.
    last: Option<Vec<u8>>,
}

impl Draft {
    fn new() -> Self {
        Self { times: vec![None; BLOCK as usize], found: Vec::new(), given: Vec::new(), last: None }
    }

    fn add(&mut self, row: &Row) -> Result<(), DatabaseError> {
        let number: i64 = row.get(0)?;
        let place = number.rem_euclid(BLOCK) as u16;
        self.times[usize::from(place)] = Some(row.get(1)?);
        if i64::from(place) == BLOCK - 1 {
            self.last = Some(row.get(4)?);
        }
        let outline = Outline::read(row.text(2)?);
        self.found.extend(outline.clues(whose_in(row, 3)?).iter().map(|clue| (clue.hash(), place)));
        self.given.extend(outline.given().map(|id| (who_index::Mark::of(id), number)));
        Ok(())
    }

    fn sorted(mut self, block: i64) -> Segments {
        let written = || self.times.iter().flatten().copied();
        let (earliest, latest) = (written().min().unwrap_or_default(), written().max().unwrap_or_default());
        let since = |at: &Option<i64>| u32::try_from(at.map_or(0, |at| at.abs_diff(earliest))).unwrap_or(u32::MAX);
        let times = self.times.iter().flat_map(|at| since(at).to_be_bytes()).collect();
        self.found.sort_unstable();
        self.found.dedup();
        let mut buckets = vec![Vec::new(); BUCKETS as usize];
        for same in self.found.chunk_by(|(one, _), (other, _)| one == other) {
            let (hash, entries): (Hash, &mut Vec<u8>) = (same[0].0, &mut buckets[bucket_of(same[0].0) as usize]);
            entries.extend(hash);
            entries.extend((same.len() as u16).to_be_bytes());
            entries.extend(same.iter().flat_map(|(_, place)| place.to_be_bytes()));
        }
        Segments { block, earliest, latest, times, buckets }
    }
}

impl Store {
    /// Writes the segments of the next block of a chain that is full and has none; `false` if there is no such block.
    /// What its records gave is `gathered` on the way.
    pub async fn index_found_in_next_block(
        &self,
        book: &mut Book,
        (node, last): (&str, i64),
        gathered: &mut Gathered,
    ) -> Result<bool, StoreError> {
        let block = book.next_found_block(node).await?;
        let (first, end) = (block * BLOCK, (block + 1) * BLOCK);
        if end > last {
            return Ok(false);
        }
        let mut draft = Draft::new();
        for from in (first..end).step_by(PAGE as usize) {
            let page =
                "SELECT number, at, record, whose, hash FROM audit WHERE node = ?1 AND number >= ?2 AND number < ?3
                 ORDER BY number";
            for row in book.db.fetch(page, values![node, from, from + PAGE]).await? {
                draft.add(&row)?;
            }
            // What is done behind the grants waits for whoever is granted something.
            tokio::time::sleep(BREATH).await;
        }
        let Some(hash) = draft.last.take() else { return Ok(false) };
        let last = ChainEnd { node: node.to_owned(), number: end - 1, hash };
        let (given, segments) = (std::mem::take(&mut draft.given), draft.sorted(block));
        self.change_book(BookChange::Found { last: last.clone(), segments }).await?;
        gathered.add(first, last, &given);
        Ok(true)
    }
}

impl Book {
    /// The first block of a chain that has no segments.
    pub(super) async fn next_found_block(&mut self, node: &str) -> Result<i64, StoreError> {
        let query = "SELECT (SELECT max(block) + 1 FROM audit_block WHERE node = ?1),
             (SELECT min(number) FROM audit WHERE node = ?1)";
        let row = self.db.fetch_one(query, values![node]).await?;
        let (indexed, first): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
        Ok(indexed.unwrap_or(0).max(first.map_or(0, block_of)))
    }
}

impl Segments {
    pub(super) async fn write(&self, node: &str, db: &mut Connection) -> Result<(), DatabaseError> {
        let Self { block, earliest, latest, times, buckets } = self;
        let insert = "INSERT INTO audit_block (node, block, earliest, latest, times) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING";
        db.execute(insert, values![node, *block, *earliest, *latest, times]).await?;
        let insert = "INSERT INTO audit_found (node, bucket, block, entries) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING";
        for (bucket, entries) in (0_i64..).zip(buckets) {
            db.execute(insert, values![node, bucket, *block, entries]).await?;
        }
        Ok(())
    }
}

/// Removes what stands there of blocks before this one.
pub(super) async fn forget_before(block: i64, node: &str, db: &mut Connection) -> Result<(), DatabaseError> {
    let segments = "DELETE FROM audit_found WHERE node = ?1 AND bucket = ?2 AND block < ?3";
    for bucket in 0..BUCKETS {
        db.execute(segments, values![node, bucket, block]).await?;
    }
    db.execute("DELETE FROM audit_block WHERE node = ?1 AND block < ?2", values![node, block]).await.map(drop)
}
