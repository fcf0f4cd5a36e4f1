//! A table of a fixed size, for whoever has been seen lately.
//!
//! It is made at the start and never grows: sets of eight, as in a processor's cache, each under a lock of its own. Whom a
//! set is for is decided by a hash that nobody outside can compute, so nobody chooses whom they push out. When a set is
//! full, whoever is nearest to being forgotten anyway makes room: an idle one, of whom nothing is lost, or else the one
//! that has used least. So a newcomer always finds a place, and somebody who floods keeps theirs, with what is held
//! against them, however many addresses they send from besides.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

/// Nanoseconds since the table was made.
pub(super) type Nanos = u64;

/// What is counted of one.
pub(super) trait Account: Copy + Default {
    /// When all of it will have been worked off, and may be forgotten.
    fn free_at(&self) -> Nanos;
}

pub(super) struct Table<K, A> {
    hasher: RandomState,
    sets: Box<[Set<K, A>]>,
}

type Set<K, A> = Mutex<[Option<(K, A)>; WAYS]>;

const WAYS: usize = 8;
/// With eight in each, for 65,536 who are not idle at once.
const SETS: usize = 8_192;

impl<K: Copy + Eq + Hash, A: Account> Table<K, A> {
    pub(super) fn new() -> Self {
        let sets = std::iter::repeat_with(|| Mutex::new([None; WAYS])).take(SETS).collect();
        Self { hasher: RandomState::new(), sets }
    }

    /// Does that with their account, which is a new one if they are not known.
    pub(super) fn with<T>(&self, who: K, work: impl FnOnce(&mut A) -> T) -> T {
        let index = self.hasher.hash_one(who) as usize % self.sets.len();
        let mut set = self.sets[index].lock().unwrap_or_else(PoisonError::into_inner);
        let place = set.iter().position(|entry| entry.is_some_and(|(known, _)| known == who));
        let place = place.unwrap_or_else(|| {
            let free_at = |place: &usize| set[*place].map_or(0, |(_, account)| account.free_at());
            (0..WAYS).min_by_key(free_at).unwrap_or_default()
        });
        let entry = set[place].take().filter(|(known, _)| *known == who);
        let (_, account) = set[place].insert(entry.unwrap_or((who, A::default())));
        work(account)
    }
}
