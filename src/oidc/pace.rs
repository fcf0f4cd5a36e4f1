//! How often a provider is asked.
//!
//! Whoever sends tokens or codes makes us ask, so strangers share twenty questions in any second, however many they are. A
//! flood of invented ones from somewhere must not shut out those who come with good ones: of one source are at most as many
//! as a quarter of what is left, so that somebody who has not asked yet is admitted until the very last; and a source of
//! which one was good lately has a pace of its own. That one is bounded too, since anybody can have one good token.

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
    /// Those of the last second, and who made them.
    strangers: VecDeque<(OffsetDateTime, String)>,
    sources: HashMap<String, Source>,
}

struct Source {
    last_good: OffsetDateTime,
    /// When those of the last second were made.
    calls: VecDeque<OffsetDateTime>,
}

impl Pace {
    /// Whether one more call may be made for this source; if so it is counted.
    pub(super) fn admits(&mut self, source: &str, now: OffsetDateTime) -> bool {
        let admitted = match self.known(source, now) {
            Some(calls) => {
                calls.retain(|at| is_within(Duration::SECOND, *at, now));
                calls.len() < KNOWN
            }
            None => {
                self.strangers.retain(|(at, _)| is_within(Duration::SECOND, *at, now));
                let left = STRANGERS.saturating_sub(self.strangers.len());
                let own = self.strangers.iter().filter(|(_, of)| of == source).count();
                left > 0 && own <= left / 4
            }
        };
        if admitted {
            self.follows_up(source, now);
        }
        admitted
    }

    /// A further call about a token of which the first has brought good news. It is not refused, but it counts.
    pub(super) fn follows_up(&mut self, source: &str, now: OffsetDateTime) {
        match self.known(source, now) {
            Some(calls) => calls.push_back(now),
            None => self.strangers.push_back((now, source.to_owned())),
        }
    }

    /// A token from this source was good.
    pub(super) fn succeeded(&mut self, source: &str, now: OffsetDateTime) {
        if let Some(known) = self.sources.get_mut(source) {
            known.last_good = now;
            return;
        }
        if self.sources.len() >= MOST_SOURCES {
            self.sources.retain(|_, known| is_within(LATELY, known.last_good, now));
        }
        if self.sources.len() >= MOST_SOURCES {
            let longest_silent = self.sources.iter().min_by_key(|(_, known)| known.last_good);
            let longest_silent = longest_silent.map(|(source, _)| source.clone());
            longest_silent.and_then(|source| self.sources.remove(&source));
        }
        self.sources.insert(source.to_owned(), Source { last_good: now, calls: VecDeque::new() });
    }

    /// The calls of a source that is no stranger.
    fn known(&mut self, source: &str, now: OffsetDateTime) -> Option<&mut VecDeque<OffsetDateTime>> {
        let known = self.sources.get_mut(source).filter(|known| is_within(LATELY, known.last_good, now));
        known.map(|known| &mut known.calls)
    }
}

/// A time ahead of `now` is of a clock that has been set back since, and binds nobody.
fn is_within(span: Duration, at: OffsetDateTime, now: OffsetDateTime) -> bool {
    (Duration::ZERO..span).contains(&(now - at))
}
