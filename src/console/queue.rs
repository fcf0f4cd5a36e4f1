//! Whose password is compared next.
//!
//! However many ask, they take the time and the memory of one comparison at a time. Strangers ask as well: so no sender
//! waits twice, and there is an end to the queue; whoever finds no place in it is told so at once.

use crate::limits::Source;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One for the whole process, for that is what a comparison costs.
#[derive(Clone)]
pub struct Queue {
    turn: Arc<Semaphore>,
    waiting: Arc<Mutex<HashSet<Source>>>,
}

/// A sender's place, until their turn has come or they have given up.
struct Place<'a> {
    queue: &'a Queue,
    sender: Source,
}

/// How long a password may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(3);
/// Their forms are kept meanwhile. At any but the least cost, more would not have their turn in time.
const MOST_WAITING: usize = 32;

impl Default for Queue {
    fn default() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), waiting: Arc::default() }
    }
}

impl Queue {
    /// The turn, which ends when it is dropped; `None` if it cannot be had soon.
    pub(super) async fn turn(&self, sender: Source) -> Option<OwnedSemaphorePermit> {
        let _place = self.place(sender)?;
        tokio::time::timeout(PATIENCE, self.turn.clone().acquire_owned()).await.ok()?.ok()
    }

    fn place(&self, sender: Source) -> Option<Place<'_>> {
        let mut waiting = self.waiting();
        let free = waiting.len() < MOST_WAITING && waiting.insert(sender);
        free.then(|| Place { queue: self, sender })
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<Source>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.queue.waiting().remove(&self.sender);
    }
}
