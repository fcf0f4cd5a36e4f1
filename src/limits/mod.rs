//! How much anybody may ask of the house. Counting only: it knows no request and no clock; whoever asks says who, and at
//! which instant. It is per node and in memory, of a fixed size, and forgets what is a few seconds old.
//!
//! ```text
//! every request            sources     rate_per_source      before anything is read
//! an unverified paper      hall        waits for its source's share of those who are looked at
//!   that does not hold     failures    failures_per_source  its refusal is held back, or withheld
//! a verified principal     principals  rate_per_principal   before anything is decided or used up
//! ```
//!
//! Whoever sends bad papers beside honest people, behind one address, must not shut them out. So no paper is refused
//! unlooked-at for what others have sent: it waits. Only what did not hold is refused, later or less readily. A source
//! that has failed too often has a smaller share, so that what it sends costs others nothing; and each paper that holds
//! makes up for one that did not, so a source whose papers mostly hold never gets there.

mod failures;
mod hall;
mod pace;
mod places;
mod source;
mod table;

pub use failures::Failures;
pub use hall::{Crowded, Hall, Turn};
pub use pace::Pace;
pub use places::{Place, Places};
pub use source::Source;

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A second's worth of each, as configured.
#[derive(Clone, Copy)]
pub struct Rates {
    pub per_source: u32,
    pub per_principal: u32,
    pub failures_per_source: u32,
}

/// All that is counted in one process.
pub struct Limits {
    sources: Pace<Source>,
    principals: Pace<u64>,
    failures: Failures,
    hall: Arc<Hall>,
    names: RandomState,
}

impl Limits {
    pub fn new(rates: Rates, begun: Instant) -> Self {
        Self {
            sources: Pace::new(rates.per_source, begun),
            principals: Pace::new(rates.per_principal, begun),
            failures: Failures::new(rates.failures_per_source, begun),
            hall: Arc::default(),
            names: RandomState::new(),
        }
    }

    /// The same counts, at other rates: whoever has used up what they may has done so there as well.
    pub fn at(&self, rates: Rates) -> Self {
        Self {
            sources: self.sources.at(rates.per_source),
            principals: self.principals.at(rates.per_principal),
            failures: self.failures.at(rates.failures_per_source),
            hall: self.hall.clone(),
            names: self.names.clone(),
        }
    }

    /// Whether one more request of this source may be answered; if so it is counted.
    pub fn source(&self, source: Source, now: Instant) -> bool {
        self.sources.admits(source, now)
    }

    /// A request of this source that was counted is not to count after all.
    pub fn forgo(&self, source: Source, now: Instant) {
        self.sources.give_back(source, now);
    }

    /// Whether one more request of this principal may be answered, by whatever names it; if so it is counted.
    pub fn principal(&self, name: impl Hash, now: Instant) -> bool {
        self.principals.admits(self.names.hash_one(name), now)
    }

    /// A turn at having an unverified paper looked at.
    ///
    /// # Errors
    /// When too many wait, or the turn does not come soon.
    pub async fn turn(&self, source: Source, now: Instant) -> Result<Turn<'_>, Crowded> {
        self.hall.turn(source, self.failures.are_too_many(source, now)).await
    }

    /// A paper of this source held. The same one counts once.
    pub fn verified(&self, source: Source, paper: impl Hash, now: Instant) {
        self.failures.make_up(source, self.names.hash_one(paper), now);
    }

    /// A paper of this source did not hold: for how long its refusal is held back; `None` if it is not to be told at all.
    pub fn failed(&self, source: Source, now: Instant) -> Option<Duration> {
        self.failures.count(source, now)
    }
}
