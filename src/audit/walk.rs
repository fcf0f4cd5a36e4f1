//! Along a chain, record by record: whether each follows the one before it.

use super::{Fault, Flaw};
use crate::store::{Entry, link};
use crate::words::iso_of;
use serde::Deserialize;
use std::collections::VecDeque;

/// How far the walk has come. It looks at a record when the next few are known, so that it can tell what was done to it.
pub(super) struct Walk {
    node: String,
    number: i64,
    hash: Vec<u8>,
    /// The hash before that.
    former: Option<Vec<u8>>,
    ahead: VecDeque<Entry>,
}

/// Among so many records behind the place is looked for the one that was written there.
const NEAR: usize = 64;

impl Walk {
    /// Behind the record of this number and hash; the chain's very beginning is number 0 and a hash of zeros.
    pub(super) fn begin(node: &str, number: i64, hash: Vec<u8>) -> Self {
        Self { node: node.to_owned(), number, hash, former: None, ahead: VecDeque::new() }
    }

    /// The record that is to come next.
    pub(super) fn expects(&self) -> i64 {
        self.number + 1 + self.ahead.len() as i64
    }

    /// Takes the next record, and hands out the one that was looked at.
    pub(super) fn take(&mut self, entry: Entry) -> Result<Option<Entry>, Fault> {
        self.ahead.push_back(entry);
        if self.ahead.len() > NEAR { self.step() } else { Ok(None) }
    }

    /// There are no more: hands out those that are left, one by one.
    pub(super) fn rest(&mut self) -> Result<Option<Entry>, Fault> {
        self.step()
    }

    fn step(&mut self) -> Result<Option<Entry>, Fault> {
        let Some(entry) = self.ahead.pop_front() else { return Ok(None) };
        if entry.number != self.number + 1 {
            return Err(Fault { node: self.node.clone(), number: self.number + 1, flaw: Flaw::Missing });
        }
        if link(&self.hash, &entry.record) != entry.hash {
            return Err(self.judge(&entry));
        }
        if !is_dated(&entry) {
            return Err(Fault::of(&entry, Flaw::Redated));
        }
        self.former = Some(std::mem::replace(&mut self.hash, entry.hash.clone()));
        self.number = entry.number;
        Ok(Some(entry))
    }

    /// What was done, as far as the neighbours tell.
    fn judge(&self, entry: &Entry) -> Fault {
        let follows = |former: &[u8], entry: &Entry| link(former, &entry.record) == entry.hash;
        if self.former.as_ref().is_some_and(|former| follows(former, entry)) {
            let flaw = Flaw::PutIn { before: self.number - 1, next: entry.number };
            return Fault { node: self.node.clone(), number: self.number, flaw };
        }
        match self.ahead.iter().find(|later| follows(&self.hash, later)) {
            Some(later) => Fault::of(entry, Flaw::Moved { belongs: later.number }),
            None => Fault::of(entry, Flaw::Edited),
        }
    }
}

/// When it was, as a record tells it: all have told it so from the first version on.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(rename = "eventTime", borrow)]
    at: &'a str,
}

/// Whether a record is kept under the time that it tells. No hash is over that, and by it records are found, and left out.
fn is_dated(entry: &Entry) -> bool {
    serde_json::from_str::<Told<'_>>(&entry.record).is_ok_and(|told| told.at == iso_of(entry.at))
}
