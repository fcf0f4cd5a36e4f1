//! Keys of the ring that a node could not take up.
//!
//! Each key stands for itself: a node that lacks one which is not in use yet, or no more, serves on with the others. One
//! that lacks the key in use makes things that other nodes may refuse, so it says that it is not ready.

use super::key_ring::{KeyKind, KeyState};
use super::keys::KeyError;
use std::sync::atomic::{AtomicBool, Ordering};

/// What could not be taken up of one ring.
#[derive(Default)]
pub struct Lacks {
    in_use: Option<KeyError>,
    others: Vec<KeyError>,
}

/// Of which kinds this node lacks the key in use. One for the whole process.
#[derive(Default)]
pub struct Unready([AtomicBool; KeyKind::ALL.len()]);

impl Lacks {
    /// The key, if it could be read; if not, why is kept.
    pub fn note<T>(&mut self, state: KeyState, key: Result<T, KeyError>) -> Option<T> {
        match (key, state) {
            (Ok(key), _) => return Some(key),
            (Err(error), KeyState::Active) => self.in_use = Some(error),
            (Err(error), KeyState::Upcoming { .. } | KeyState::Retired { .. } | KeyState::Spent) => {
                self.others.push(error);
            }
        }
        None
    }

    /// Whether the key in use is there. Nobody starts without it.
    pub fn served(self) -> Result<(), KeyError> {
        self.in_use.map_or(Ok(()), Err)
    }

    pub fn has_key_in_use(&self) -> bool {
        self.in_use.is_none()
    }

    /// Why, in sentences; none if everything is there.
    pub fn sentences(&self) -> Vec<String> {
        self.in_use.iter().chain(&self.others).map(KeyError::to_string).collect()
    }
}

impl Unready {
    pub fn set(&self, kind: KeyKind, lacks: bool) {
        self.0[kind as usize].store(lacks, Ordering::Relaxed);
    }

    pub fn is_any(&self) -> bool {
        self.0.iter().any(|lacks| lacks.load(Ordering::Relaxed))
    }
}
