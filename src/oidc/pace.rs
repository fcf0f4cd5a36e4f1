//! How often a provider is asked.
//!
//! Whoever sends tokens or codes makes us ask, so strangers share twenty questions in any second, however many they are. A
//! flood of invented ones from somewhere must not shut out those who come with good ones: a source of which one was good
//! lately has a pace of its own. That one is bounded too, since anybody can have one good token.

use std::collections::{HashMap, VecDeque};
use time::{Duration, OffsetDateTime};

/// Calls in any second for all strangers together.
const STRANGERS: usize = 20;
/// Calls in any second for one source that is no stranger.
const KNOWN: usize = 200;
/// For how long a good token speaks for its source.
const LATELY: Duration = Duration::minutes(5);
/// Sources that are remembered; beyond it the longest silent one becomes a stranger again.
const MOST_SOURCES: usize = 4096;

#[derive(Default)]
pub(super) struct Pace {
    strangers: Calls,
    sources: HashMap<String, Source>,
}

struct Source {
    last_good: OffsetDateTime,
    calls: Calls,
}

/// When the calls of the last second were made.
#[derive(Default)]
struct Calls(VecDeque<OffsetDateTime>);

impl Pace {
    /// Whether one more call may be made for this source; if so it is counted.
    pub(super) fn admits(&mut self, source: &str, now: OffsetDateTime) -> bool {
        let (calls, most) = self.calls(source, now);
        let admitted = calls.in_the_last_second(now) < most;
        if admitted {
            calls.0.push_back(now);
        }
        admitted
    }

    /// A further call about a token of which the first has brought good news. It is not refused, but it counts.
    pub(super) fn follows_up(&mut self, source: &str, now: OffsetDateTime) {
        self.calls(source, now).0.0.push_back(now);
    }

    /// A token from this source was good.
    pub(super) fn succeeded(&mut self, source: &str, now: OffsetDateTime) {
        if let Some(known) = self.sources.get_mut(source) {
            known.last_good = now;
            return;
        }
        if self.sources.len() >= MOST_SOURCES {
            self.sources.retain(|_, known| is_lately(known.last_good, now));
        }
        if self.sources.len() >= MOST_SOURCES {
            let longest_silent = self.sources.iter().min_by_key(|(_, known)| known.last_good);
            let longest_silent = longest_silent.map(|(source, _)| source.clone());
            longest_silent.and_then(|source| self.sources.remove(&source));
        }
        self.sources.insert(source.to_owned(), Source { last_good: now, calls: Calls::default() });
    }

    fn calls(&mut self, source: &str, now: OffsetDateTime) -> (&mut Calls, usize) {
        match self.sources.get_mut(source) {
            Some(known) if is_lately(known.last_good, now) => (&mut known.calls, KNOWN),
            _ => (&mut self.strangers, STRANGERS),
        }
    }
}

impl Calls {
    /// A time ahead of `now` is of a clock that has been set back since, and binds nobody.
    fn in_the_last_second(&mut self, now: OffsetDateTime) -> usize {
        self.0.retain(|at| (Duration::ZERO..Duration::SECOND).contains(&(now - *at)));
        self.0.len()
    }
}

fn is_lately(at: OffsetDateTime, now: OffsetDateTime) -> bool {
    (Duration::ZERO..LATELY).contains(&(now - at))
}
