//! Whose turn is next at what costs much: comparing a password, or looking at a paper that nobody comes in with.
//!
//! However many ask, they take the time and the memory of one of them at a time. Strangers ask as well: so nobody
//! waits twice, and there is an end to the queue; whoever finds no place in it is told so at once.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One for the whole process, for that is what its work costs; whoever has a clone stands in the same. `K` is who counts as
/// one.
#[derive(Clone)]
pub struct Queue<K> {
    turn: Arc<Semaphore>,
    waiting: Arc<Mutex<HashSet<K>>>,
}

/// Somebody's place, until their turn has come or they have given up.
struct Place<'a, K: Copy + Eq + Hash> {
    queue: &'a Queue<K>,
    who: K,
}

/// How long anybody may wait for their turn.
const PATIENCE: Duration = Duration::from_secs(3);
/// Their forms are kept meanwhile. At any but the least cost, more would not have their turn in time.
const MOST_WAITING: usize = 32;

impl<K> Default for Queue<K> {
    fn default() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), waiting: Arc::default() }
    }
}

impl<K: Copy + Eq + Hash> Queue<K> {
    /// The turn, which ends when it is dropped; `None` if it cannot be had soon.
    pub(super) async fn turn(&self, who: K) -> Option<OwnedSemaphorePermit> {
        let _place = self.place(who)?;
        tokio::time::timeout(PATIENCE, self.turn.clone().acquire_owned()).await.ok()?.ok()
    }

    fn place(&self, who: K) -> Option<Place<'_, K>> {
        let mut waiting = self.waiting();
        let free = waiting.len() < MOST_WAITING && waiting.insert(who);
        free.then(|| Place { queue: self, who })
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<K>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Drop for Place<'_, K> {
    fn drop(&mut self) {
        self.queue.waiting().remove(&self.who);
    }
}
