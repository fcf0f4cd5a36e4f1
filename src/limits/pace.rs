//! How often in a second: as many at once, and then each as the former ones are worked off (the generic cell rate
//! algorithm, ITU-T I.371). One number for each sender is all that has to be kept.

use super::table::{Account, Nanos, Table};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

pub struct Pace<K> {
    begun: Instant,
    /// How long one takes to be worked off.
    each: Nanos,
    /// How far ahead of the time somebody may be.
    burst: Nanos,
    table: Arc<Table<K, Ahead>>,
}

/// Until when what somebody has asked for takes.
#[derive(Clone, Copy, Default)]
struct Ahead(Nanos);

impl Account for Ahead {
    fn free_at(&self) -> Nanos {
        self.0
    }
}

pub(super) const SECOND: Nanos = 1_000_000_000;

impl<K: Copy + Eq + Hash> Pace<K> {
    /// `rate` a second, and as many at once; at least one.
    pub(super) fn new(rate: u32, begun: Instant) -> Self {
        Self::of(rate, begun, Arc::new(Table::new()))
    }

    /// The same count at another rate.
    pub(super) fn at(&self, rate: u32) -> Self {
        Self::of(rate, self.begun, self.table.clone())
    }

    fn of(rate: u32, begun: Instant, table: Arc<Table<K, Ahead>>) -> Self {
        let rate = Nanos::from(rate.max(1));
        let each = SECOND / rate;
        Self { begun, each, burst: each * rate, table }
    }

    /// Whether one more may be had now; if so it is counted. Who is refused pays nothing for it.
    pub fn admits(&self, who: K, now: Instant) -> bool {
        let now = since(self.begun, now);
        self.table.with(who, |ahead| {
            let after = ahead.0.max(now) + self.each;
            let admitted = after - now <= self.burst;
            if admitted {
                ahead.0 = after;
            }
            admitted
        })
    }

    /// One that was had is not counted after all. Nothing is gained by it in advance.
    pub fn give_back(&self, who: K, now: Instant) {
        let now = since(self.begun, now);
        self.table.with(who, |ahead| ahead.0 = ahead.0.saturating_sub(self.each).max(now));
    }
}

pub(super) fn since(begun: Instant, now: Instant) -> Nanos {
    now.saturating_duration_since(begun).as_nanos() as Nanos
}
