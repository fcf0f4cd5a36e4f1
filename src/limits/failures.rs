//! Papers that did not hold, by where they came from.
//!
//! Each is worked off in its part of a second, and each paper that holds makes up for one that did not: a source most of
//! whose papers hold never has more failures than it may. That must not be had cheaply. The same paper, however often it
//! is presented, counts once, so one good token buys nothing for a flood of bad ones; and what is made up in advance fades
//! as fast as what was failed.

use super::pace::{SECOND, since};
use super::source::Source;
use super::table::{Account, Nanos, Table};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub struct Failures {
    begun: Instant,
    /// How long one takes to be worked off.
    each: i64,
    /// What a source may owe before it has failed too often.
    most: i64,
    table: Arc<Table<Source, Standing>>,
}

/// How a source stands. The time is that of the last change.
#[derive(Clone, Copy, Default)]
struct Standing {
    at: Nanos,
    /// Nanoseconds that its failures still take; below zero, what it has made up in advance.
    owes: i64,
    /// Of the last papers that held: parts of their hashes.
    papers: [u32; PAPERS],
}

/// A source that presents more good papers than this in turn has several people, or somebody who can have any number.
const PAPERS: usize = 8;
/// A refusal is held back no longer than this. It bounds as well how many are held at a time.
const PATIENCE: i64 = SECOND as i64;
/// Seconds' worth of failures that a source can make up in advance.
const IN_ADVANCE: i64 = 10;

impl Account for Standing {
    fn free_at(&self) -> Nanos {
        self.at.saturating_add_signed(self.owes)
    }
}

impl Standing {
    /// What was owed, and what was made up, fades alike.
    fn brought_to(&mut self, now: Nanos) {
        let passed = i64::try_from(now.saturating_sub(self.at)).unwrap_or(i64::MAX);
        self.owes -= self.owes.clamp(passed.saturating_neg(), passed);
        self.at = self.at.max(now);
    }
}

impl Failures {
    /// `rate` failures a second, and as many at once; at least one.
    pub(super) fn new(rate: u32, begun: Instant) -> Self {
        Self::of(rate, begun, Arc::new(Table::new()))
    }

    /// The same count at another rate.
    pub(super) fn at(&self, rate: u32) -> Self {
        Self::of(rate, self.begun, self.table.clone())
    }

    fn of(rate: u32, begun: Instant, table: Arc<Table<Source, Standing>>) -> Self {
        let rate = i64::from(rate.max(1));
        let each = SECOND as i64 / rate;
        Self { begun, each, most: each * rate, table }
    }

    pub(super) fn are_too_many(&self, source: Source, now: Instant) -> bool {
        self.standing(source, now, |standing| standing.owes >= self.most)
    }

    /// One more. How long it must wait for its time, or `None` if that is too long; then it is not counted either, so that
    /// a source is free again soon after the flood has ended.
    pub(super) fn count(&self, source: Source, now: Instant) -> Option<Duration> {
        self.standing(source, now, |standing| {
            let ahead = standing.owes + self.each - self.most;
            if ahead > PATIENCE {
                return None;
            }
            standing.owes += self.each;
            Some(Duration::from_nanos(ahead.max(0).unsigned_abs()))
        })
    }

    pub(super) fn make_up(&self, source: Source, paper: u64, now: Instant) {
        self.standing(source, now, |standing| {
            let paper = paper as u32 | 1;
            if standing.papers.contains(&paper) {
                return;
            }
            standing.papers.rotate_right(1);
            standing.papers[0] = paper;
            standing.owes = (standing.owes - self.each).max(-IN_ADVANCE * SECOND as i64);
        });
    }

    fn standing<T>(&self, source: Source, now: Instant, work: impl FnOnce(&mut Standing) -> T) -> T {
        let now = since(self.begun, now);
        self.table.with(source, |standing| {
            standing.brought_to(now);
            work(standing)
        })
    }
}
