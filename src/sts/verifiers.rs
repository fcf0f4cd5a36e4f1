//! Where SAML messages are verified: beside the threads that serve, and on no more of them at once than there are
//! processors. Whatever a message costs, others are served meanwhile.
//!
//! Whoever has a turn verifies what waits as well, one after another, and tells all their senders together: what they ask
//! for then shares a commit. A message that comes alone waits for nobody. How many may wait is for those to bound who
//! admit them; whoever goes takes along what they have brought.

use super::StsError;
use crate::ambient::Stopwatch;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// One for the whole process, for it has so many processors.
pub struct Verifiers(Arc<Room>);

struct Room {
    turns: Arc<Semaphore>,
    line: Mutex<Line>,
}

/// Who came first is first.
#[derive(Default)]
struct Line {
    waiting: VecDeque<(u64, Work)>,
    next: u64,
}

/// Verifies a message; what comes of it is told afterwards.
type Work = Box<dyn FnOnce() -> Told + Send>;
type Told = Box<dyn FnOnce() + Send>;

/// Somebody's place in the line, until it is their turn or they go.
struct Place<'a> {
    room: &'a Room,
    number: u64,
}

/// How long a message may wait for its turn: beyond it the house is busier than waiting helps.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many are told together,
const COMPANY: usize = 32;
/// and no message is begun for others to wait for when the first has waited this long.
const TOGETHER: Duration = Duration::from_millis(5);

impl Verifiers {
    pub fn new(turns: usize) -> Self {
        Self(Arc::new(Room { turns: Arc::new(Semaphore::new(turns)), line: Mutex::default() }))
    }

    /// What `verify` finds, when it has had its turn.
    ///
    /// # Errors
    /// [`StsError::Busy`] when the turn does not come in time; [`StsError::VerifierFailed`] when it panicked.
    pub async fn verify<T: Send + 'static>(&self, verify: impl FnOnce() -> T + Send + 'static) -> Result<T, StsError> {
        let (tell, mut told) = oneshot::channel();
        let work = move || -> Told {
            let found = catch_unwind(AssertUnwindSafe(verify));
            Box::new(move || drop(found.map(|found| tell.send(found))))
        };
        let place = self.join(Box::new(work));
        let found = match tokio::time::timeout(PATIENCE, &mut told).await {
            Ok(found) => found,
            Err(_) if place.leave().is_some() => return Err(StsError::Busy),
            Err(_) => told.await,
        };
        found.map_err(|_| StsError::VerifierFailed)
    }

    fn join(&self, work: Work) -> Place<'_> {
        let mut line = self.0.line();
        let number = line.next;
        line.next += 1;
        line.waiting.push_back((number, work));
        if let Ok(turn) = self.0.turns.clone().try_acquire_owned() {
            let room = self.0.clone();
            tokio::task::spawn_blocking(move || room.attend(turn));
        }
        Place { room: &self.0, number }
    }
}

impl Room {
    /// Until nobody waits.
    fn attend(&self, turn: OwnedSemaphorePermit) {
        loop {
            self.in_company().into_iter().for_each(|tell| tell());
            let line = self.line();
            if line.waiting.is_empty() {
                // Before the line can be joined again: whoever joins it would find the turn taken and nobody there.
                drop(turn);
                return;
            }
        }
    }

    /// Verifies the first, and those that are there by then.
    fn in_company(&self) -> Vec<Told> {
        let (since, mut told) = (Stopwatch::start(), Vec::new());
        while told.len() < COMPANY
            && since.left_of(TOGETHER).is_some()
            && let Some(work) = self.first()
        {
            told.push(work());
        }
        told
    }

    fn first(&self) -> Option<Work> {
        self.line().waiting.pop_front().map(|(_, work)| work)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// What was brought there, if its turn has not come.
    fn leave(&self) -> Option<Work> {
        let mut line = self.room.line();
        let found = line.waiting.binary_search_by_key(&self.number, |(number, _)| *number);
        line.waiting.remove(found.ok()?).map(|(_, work)| work)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}
