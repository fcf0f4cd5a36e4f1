//! What was asked and cannot be asked again. It is told from what is kept, and goes with it: no row says so but those of
//! questions that were too large, and one that stands for all that were lost.

use super::decisions::{LOST, MOST, MOST_OF_ONE};
use super::{DecisionRecord, KeptDecision};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// What is missing among decisions since some time.
pub struct Unkept {
    /// The keyed hashes of those of whom as many questions are kept as are kept of one. What makes way was asked before
    /// everything that stays: where fewer are left, it would not be of that time either.
    pub of_people: HashSet<Vec<u8>>,
    /// Whether as many are kept as are kept of all.
    pub of_anybody: bool,
    /// Questions that were too large to be kept.
    pub too_large: usize,
    /// Whether some were lost, under load or because nothing could be written.
    pub lost: bool,
}

impl Unkept {
    /// Of all decisions that are kept since then.
    pub fn of(kept: &[KeptDecision]) -> Self {
        let mut people: HashMap<&[u8], i64> = HashMap::new();
        kept.iter().for_each(|one| *people.entry(&one.person).or_default() += 1);
        let full = people.into_iter().filter(|(_, count)| *count >= MOST_OF_ONE);
        let (lost, too_large): (Vec<_>, Vec<_>) =
            kept.iter().filter(|one| one.is_empty()).partition(|one| one.person == LOST);
        Self {
            of_people: full.map(|(person, _)| person.to_vec()).collect(),
            of_anybody: i64::try_from(kept.len()).is_ok_and(|count| count >= MOST),
            too_large: too_large.len(),
            lost: !lost.is_empty(),
        }
    }

    pub fn is_nothing(&self) -> bool {
        self.of_people.is_empty() && !self.of_anybody && self.too_large == 0 && !self.lost
    }
}

/// When a decision was lost the last time, until that is written down.
#[derive(Clone)]
pub(super) struct Lost(Arc<AtomicI64>);

const NEVER: i64 = i64::MIN;

impl Lost {
    pub(super) fn none() -> Self {
        Self(Arc::new(AtomicI64::new(NEVER)))
    }

    pub(super) fn note(&self, at: i64) {
        self.0.fetch_max(at, Ordering::Relaxed);
    }

    /// What is to be written down, if anything is.
    pub(super) fn take(&self) -> Option<DecisionRecord> {
        let at = self.0.swap(NEVER, Ordering::Relaxed);
        (at != NEVER).then(|| DecisionRecord::of_lost(at))
    }
}
