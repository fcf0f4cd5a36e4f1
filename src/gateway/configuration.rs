//! What is to be told of the configuration to those who look after it. What is wrong with it stands in the log: it may be
//! about accounts that are not theirs.

use super::House;
use crate::console::{ConsoleSession, READ_PROVIDER, provider_resource};
use crate::sts::Request;
use crate::words::{counted, iso};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::OffsetDateTime;

/// Whether the files say something else than what is in force. Handed around, and the same for every configuration that
/// comes into force.
#[derive(Clone, Default)]
pub struct ConfigurationState(Arc<Mutex<Option<RefusedConfiguration>>>);

/// A configuration that was to take the place of the one in force, and did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedConfiguration {
    pub at: OffsetDateTime,
    pub mistakes: usize,
}

impl ConfigurationState {
    pub fn taken_up(&self) {
        *self.state() = None;
    }

    pub fn refused(&self, at: OffsetDateTime, mistakes: usize) {
        *self.state() = Some(RefusedConfiguration { at, mistakes });
    }

    /// `None` while what is in force is what was last read.
    pub fn refusal(&self) -> Option<RefusedConfiguration> {
        *self.state()
    }

    fn state(&self) -> MutexGuard<'_, Option<RefusedConfiguration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl House {
    /// What whoever may see the providers is told while the configuration on disk is not the one in force.
    pub(super) fn notice(&self, session: &ConsoleSession, request: &Request) -> Option<String> {
        let RefusedConfiguration { at, mistakes } = self.configuration.refusal()?;
        let told = self.console.could(session, READ_PROVIDER, &provider_resource("*"), request);
        told.then(|| format!("The configuration that was read at {} has {} and was not taken up; the one before it is still in force. The log and `gatehouse check` say what is wrong.", iso(at), counted(mistakes, "mistake")))
    }
}
