//! Where unverified papers wait to be looked at.
//!
//! However many come, only so many are inside, and the fuller it is the fewer may be of one source: at most as many as a
//! quarter of the places that are left. Whoever tries to fill it leaves room for others, and somebody who is not inside
//! yet gets in until the very last place is taken.
//!
//! Of those inside, each source has a share that is looked at; the rest of it waits in the order in which it came. Whoever
//! has failed too often takes up more of the share with each paper: then four are looked at, instead of 64, and others
//! never have more than these four before them.

use super::Source;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Default)]
pub struct Hall {
    lines: Mutex<Lines>,
}

/// Too many wait, or the turn did not come in time.
#[derive(Debug)]
pub struct Crowded;

/// Somebody's turn; it ends when it is dropped.
pub struct Turn<'a> {
    _place: Place<'a>,
    _share: OwnedSemaphorePermit,
}

/// What they have brought is kept meanwhile.
const PLACES: usize = 1_024;
const SHARE: u32 = 64;
/// What a paper takes of the share, from a source that has failed too often.
const DOUBTFUL: u32 = 16;
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Lines {
    inside: usize,
    /// Those that have somebody inside.
    of: HashMap<Source, Line>,
}

struct Line {
    inside: usize,
    share: Arc<Semaphore>,
}

struct Place<'a> {
    hall: &'a Hall,
    source: Source,
}

impl Hall {
    pub(super) async fn turn(&self, source: Source, doubtful: bool) -> Result<Turn<'_>, Crowded> {
        let (place, share) = self.place(source).ok_or(Crowded)?;
        let turn = share.acquire_many_owned(if doubtful { DOUBTFUL } else { 1 });
        let share = tokio::time::timeout(PATIENCE, turn).await.ok().and_then(Result::ok).ok_or(Crowded)?;
        Ok(Turn { _place: place, _share: share })
    }

    fn place(&self, source: Source) -> Option<(Place<'_>, Arc<Semaphore>)> {
        let mut lines = self.lines();
        let left = PLACES - lines.inside;
        let inside = lines.of.get(&source).map_or(0, |line| line.inside);
        if left == 0 || inside > left / 4 {
            return None;
        }
        lines.inside += 1;
        let line = lines.of.entry(source).or_insert_with(Line::new);
        line.inside += 1;
        Some((Place { hall: self, source }, line.share.clone()))
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn new() -> Self {
        Self { inside: 0, share: Arc::new(Semaphore::new(SHARE as usize)) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut lines = self.hall.lines();
        lines.inside -= 1;
        if let Some(line) = lines.of.get_mut(&self.source) {
            line.inside -= 1;
            if line.inside == 0 {
                lines.of.remove(&self.source);
            }
        }
    }
}
