//! Questions that were sealed within this minute. The busiest ask the same over and over: with the same outcome it is counted,
//! and neither written out nor sealed anew.

use crate::store::{DecisionRecord, Store};
use crate::trace::Code;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Of one generation of the configuration: under another, other things are kept of the same question.
#[derive(Default)]
pub struct SealedLately(Mutex<Minute>);

#[derive(Default)]
struct Minute {
    number: i64,
    /// By the question's mark, for what it was refused as it was sealed last, if it was.
    outcomes: HashMap<[u8; 32], Option<Code>>,
}

/// Questions that are held in mind; others are sealed whenever they are asked.
const MOST: usize = 1_024;

impl SealedLately {
    /// Counts the question once more, if what is kept of it is good still.
    pub(super) fn count_again(&self, mark: &[u8; 32], refused: Option<Code>, at: i64, store: &Store) -> bool {
        let minute = self.minute_of(at);
        let is_good = minute.outcomes.get(mark) == Some(&refused);
        if is_good {
            store.remember(DecisionRecord { mark: *mark, at, question: None });
        }
        is_good
    }

    /// Has it kept as it was sealed now. Nobody else's note comes between: what is remembered here of a question is what was
    /// handed to the store last.
    pub(super) fn keep(&self, decision: DecisionRecord, refused: Option<Code>, store: &Store) {
        let (mark, mut minute) = (decision.mark, self.minute_of(decision.at));
        let has_room = minute.outcomes.len() < MOST || minute.outcomes.contains_key(&mark);
        if store.remember(decision) && has_room {
            minute.outcomes.insert(mark, refused);
        }
    }

    fn minute_of(&self, at: i64) -> MutexGuard<'_, Minute> {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = at.div_euclid(60);
        if minute.number != number {
            minute.number = number;
            minute.outcomes.clear();
        }
        minute
    }
}
