//! The book, read by people: by what its records are found, the newest first, a page at a time.

use super::database::DatabaseError;
use super::found_index::{BLOCK, bucket_of, places, time_of, whose_in};
use super::marks::{Clue, Hash, Mark};
use super::outline::Outline;
use super::row::Row;
use super::statement::{Sql, Value, values};
use super::stretches::{Of, Stretch};
use super::{Sought, Store, StoreError};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// Where a record stands among all in the order of time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BookPlace {
    pub at: i64,
    pub node: String,
    pub number: i64,
}

/// A record as it was written.
pub struct KeptRecord {
    pub place: BookPlace,
    pub record: String,
}

/// What one question costs at most: a block of the index counts once, some hundred records that are in none as much as this.
const MOST_LOOKED_AT: usize = 1_536;
const RECORDS_COST: usize = 128;
/// As many blocks are asked for at once, at the most.
const WAVE: usize = 64;
/// As many records as that are read at once.
const MANY: usize = 64;

struct Search<'a> {
    store: &'a Store,
    clues: Vec<Clue<'a>>,
    sight: Option<String>,
    before: &'a BookPlace,
    since: i64,
    most: usize,
    /// The newest first.
    found: Vec<KeptRecord>,
}

/// The numbers of a block that the index names, by node and block.
type Named = BTreeMap<(String, i64), BTreeSet<i64>>;

impl Store {
    /// The records of before that place and not of before `since`, the newest first, and no more than `most`; and from where
    /// to go on, if so much was looked through that there may be more.
    pub async fn activity(
        &self,
        sought: Sought<'_>,
        before: &BookPlace,
        since: i64,
        most: usize,
    ) -> Result<(Vec<KeptRecord>, Option<BookPlace>), StoreError> {
        let (clues, sight) = (sought.clues(), sought.sight());
        let mut search = Search { store: self, clues, sight, before, since, most, found: Vec::new() };
        let all = self.stretches(before, since).await?;
        let (mut left, mut cost, mut wave) = (all.as_slice(), 0, 1);
        while let Some(next) = left.first().filter(|next| !search.has_all_behind(next.latest)) {
            let on = BookPlace::after(next.latest);
            // Behind all that is looked at there is more of the same moment: that is looked at as well.
            if cost >= MOST_LOOKED_AT && on < *before {
                search.found.retain(|kept| kept.place >= on);
                return Ok((search.found, Some(on)));
            }
            let (now, later) = left.split_at(wave.min(left.len()));
            search.look_at(now).await?;
            cost += now.iter().map(Stretch::cost).sum::<usize>();
            (left, wave) = (later, WAVE.min(2 * wave));
        }
        Ok((search.found, None))
    }
}

impl Stretch {
    fn cost(&self) -> usize {
        if let Of::Records(..) = self.of { RECORDS_COST } else { 1 }
    }
}

impl Search<'_> {
    /// Whether as much as is wanted has been found that is later than this.
    fn has_all_behind(&self, latest: i64) -> bool {
        self.found.len() >= self.most && self.found.last().is_none_or(|last| last.place.at > latest)
    }

    async fn look_at(&mut self, stretches: &[Stretch]) -> Result<(), StoreError> {
        let (mut named, mut few) = (self.named(stretches).await?, Vec::new());
        for stretch in stretches {
            if self.has_all_behind(stretch.latest) {
                break;
            }
            let node = &stretch.node;
            match stretch.of {
                Of::Records(first, last) => self.read_through(node, first, last).await?,
                Of::Block(block) => {
                    let numbers = named.remove(&(node.clone(), block)).unwrap_or_default();
                    if numbers.len() > MANY {
                        self.read_newest(node, block, numbers).await?;
                    } else {
                        few.extend(numbers.into_iter().map(|number| (node.as_str(), number)));
                    }
                }
            }
            if few.len() >= MANY {
                self.read(std::mem::take(&mut few)).await?;
            }
        }
        self.read(few).await
    }

    /// Where the index says to look.
    async fn named(&self, stretches: &[Stretch]) -> Result<Named, StoreError> {
        let (mut blocks, mut named) = (BTreeMap::<&str, Vec<i64>>::new(), Named::new());
        for stretch in stretches {
            if let Of::Block(block) = stretch.of {
                blocks.entry(&stretch.node).or_default().push(block);
            }
        }
        let hashes: BTreeSet<Hash> = self.clues.iter().map(Clue::hash).collect();
        for (node, blocks) in blocks {
            for hash in &hashes {
                let query = "SELECT block, entries FROM audit_found WHERE node = ?1 AND bucket = ?2 AND block IN (";
                for row in self.among(query, values![node, bucket_of(*hash)], &blocks).await? {
                    let (block, entries): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
                    let numbers = places(&entries, *hash).into_iter().map(|place| block * BLOCK + place);
                    named.entry((node.to_owned(), block)).or_default().extend(numbers);
                }
            }
        }
        Ok(named)
    }

    /// Records one by one, as there is no index of them.
    async fn read_through(&mut self, node: &str, first: i64, last: i64) -> Result<(), StoreError> {
        let query =
            "SELECT at, node, number, record, whose FROM audit WHERE node = ?1 AND number >= ?2 AND number <= ?3
             ORDER BY number";
        let rows = self.store.readers.search(query, values![node, first, last]).await?;
        let timed = |row: Row| Ok::<_, DatabaseError>((row.get::<i64>(0)?, row.get::<i64>(2)?, row));
        let mut rows = rows.into_iter().map(timed).collect::<Result<Vec<_>, _>>()?;
        rows.sort_by_key(|(at, number, _)| Reverse((*at, *number)));
        let mut held = 0;
        for (_, _, row) in &rows {
            if held >= self.most {
                break;
            }
            held += usize::from(self.hold(row)?);
        }
        self.sort();
        Ok(())
    }

    /// Of the many that the index names in a block, the newest.
    async fn read_newest(&mut self, node: &str, block: i64, numbers: BTreeSet<i64>) -> Result<(), StoreError> {
        let query = "SELECT earliest, times FROM audit_block WHERE node = ?1 AND block = ?2";
        let row = self.store.readers.fetch_optional(query, values![node, block]).await?;
        let (earliest, times): (i64, Vec<u8>) = match row {
            Some(row) => (row.get(0)?, row.get(1)?),
            // Removed just now, with its records.
            None => return Ok(()),
        };
        let timed = numbers.into_iter().map(|number| (time_of(number - block * BLOCK, earliest, &times), number));
        let is_asked_for = |(at, number): &(i64, i64)| {
            *at >= self.since && (*at, node, *number) < (self.before.at, self.before.node.as_str(), self.before.number)
        };
        let mut timed: Vec<(i64, i64)> = timed.filter(is_asked_for).collect();
        timed.sort_unstable_by_key(|place| Reverse(*place));
        let mut held = 0;
        for some in timed.chunks(MANY) {
            let numbers: Vec<i64> = some.iter().map(|(_, number)| *number).collect();
            for row in self.among(RECORDS, values![node], &numbers).await? {
                held += usize::from(self.hold(&row)?);
            }
            if held >= self.most {
                break;
            }
        }
        self.sort();
        Ok(())
    }

    /// These records.
    async fn read(&mut self, mut places: Vec<(&str, i64)>) -> Result<(), StoreError> {
        places.sort_unstable();
        for of_node in places.chunk_by(|(one, _), (other, _)| one == other) {
            let numbers: Vec<i64> = of_node.iter().map(|(_, number)| *number).collect();
            for row in self.among(RECORDS, values![of_node[0].0], &numbers).await? {
                self.hold(&row)?;
            }
        }
        self.sort();
        Ok(())
    }

    /// The rows of these numbers, asked for in few lengths, so that the database knows each statement already.
    async fn among(&self, query: &'static str, fixed: &[Value<'_>], numbers: &[i64]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for some in numbers.chunks(MANY) {
            let length = [1, 4, 16].into_iter().find(|length| some.len() <= *length).unwrap_or(MANY);
            let padded = some.iter().chain(std::iter::repeat(&some[0])).take(length).map(|number| (*number).into());
            let values: Vec<Value<'_>> = fixed.iter().copied().chain(padded).collect();
            let query = Sql::with_rows(query, fixed.len(), (length, 1), ")");
            rows.extend(self.store.readers.search(query, &values).await?);
        }
        Ok(rows)
    }

    /// Keeps a record, if it is what is looked for.
    fn hold(&mut self, row: &Row) -> Result<bool, DatabaseError> {
        let place = BookPlace { at: row.get(0)?, node: row.get(1)?, number: row.get(2)? };
        let (record, whose) = (row.text(3)?, whose_in(row, 4)?);
        let is_it = place < *self.before && place.at >= self.since && self.is_sought(record, whose);
        if is_it {
            self.found.push(KeptRecord { place, record: record.to_owned() });
        }
        Ok(is_it)
    }

    /// Whatever has led to it, this decides. Most of what nothing has led to is ruled out at sight.
    fn is_sought(&self, record: &str, whose: Option<Mark>) -> bool {
        let may_be = match &self.sight {
            Some(sight) => record.contains(sight),
            None => whose.is_none_or(|whose| self.clues.contains(&Clue::Whose(whose))),
        };
        may_be && Outline::read(record).clues(whose).iter().any(|clue| self.clues.contains(clue))
    }

    fn sort(&mut self) {
        self.found.sort_unstable_by(|one, other| other.place.cmp(&one.place));
        self.found.truncate(self.most);
    }
}

const RECORDS: &str = "SELECT at, node, number, record, whose FROM audit WHERE node = ?1 AND number IN (";

impl BookPlace {
    /// Before which everything is that was written until then.
    pub fn after(at: i64) -> Self {
        Self { at: at.saturating_add(1), node: String::new(), number: 0 }
    }
}

/// As it stands in an address: `at.number.node`.
impl fmt::Display for BookPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at, self.number, self.node)
    }
}

impl FromStr for BookPlace {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().ok_or(());
        let (at, number, node) = (next()?, next()?, next()?);
        let fits = node.len() <= 64 && node.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let place =
            Self { at: at.parse().map_err(drop)?, number: number.parse().map_err(drop)?, node: node.to_owned() };
        if fits { Ok(place) } else { Err(()) }
    }
}
