//! How long a fetched document may be used.
//!
//! Under an hour old it is used as it is, and renewed in the background for the last ten minutes of that hour, so that
//! a busy provider's people never wait. Older than an hour it is fetched again before use: a key that the issuer has
//! withdrawn must not live longer. Only when that fetch has just failed does the last good document serve on, for a
//! day in all. A failure itself is remembered for a moment, so that an outage is not made worse by asking.

use super::OidcError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::{Duration, OffsetDateTime};

const RENEW_AFTER: Duration = Duration::minutes(50);
const FRESH_FOR: Duration = Duration::hours(1);
const GOOD_FOR: Duration = Duration::hours(24);
/// A failure this recent speaks for an outage that still lasts.
const OUTAGE_FOR: Duration = Duration::minutes(5);
const RETRY_AFTER: Duration = Duration::seconds(30);
const RETRY_WITHOUT_ANY_AFTER: Duration = Duration::seconds(5);

/// One document of one provider. The lock inside is never held across a wait.
pub(super) struct Slot<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    good: Option<(Arc<T>, OffsetDateTime)>,
    /// The last attempt, if it failed.
    failed: Option<(OidcError, OffsetDateTime)>,
    generation: u64,
}

/// What to do for a request.
pub(super) enum Look<T> {
    Use(Arc<T>),
    UseAndRenew(Arc<T>),
    Fetch,
    Failed(OidcError),
}

impl<T> Slot<T> {
    pub(super) fn empty() -> Self {
        Self { state: Mutex::new(State { good: None, failed: None, generation: 0 }) }
    }

    pub(super) fn look(&self, now: OffsetDateTime) -> Look<T> {
        let state = self.state();
        let failed_within = |limit| state.failed.as_ref().is_some_and(|(_, at)| now - *at < limit);
        if let Some((good, at)) = &state.good {
            let age = now - *at;
            let serves_on = age < FRESH_FOR || (age < GOOD_FOR && failed_within(OUTAGE_FOR));
            if age < RENEW_AFTER || (serves_on && failed_within(RETRY_AFTER)) {
                return Look::Use(good.clone());
            }
            if serves_on {
                return Look::UseAndRenew(good.clone());
            }
            if age < GOOD_FOR {
                return Look::Fetch;
            }
        }
        match &state.failed {
            Some((error, _)) if failed_within(RETRY_WITHOUT_ANY_AFTER) => Look::Failed(error.clone()),
            _ => Look::Fetch,
        }
    }

    /// What would serve if nothing could be fetched now, and when it was fetched.
    pub(super) fn at_hand(&self, now: OffsetDateTime) -> Option<(Arc<T>, OffsetDateTime)> {
        self.state().good.clone().filter(|(_, at)| now - *at < GOOD_FOR)
    }

    /// How the last attempt failed, if it did.
    pub(super) fn failure(&self) -> Option<OidcError> {
        self.state().failed.as_ref().map(|(error, _)| error.clone())
    }

    /// Takes the outcome of an attempt; gives what serves now, which after a failure may be the last good document.
    pub(super) fn record(&self, outcome: Result<T, OidcError>, now: OffsetDateTime) -> Result<Arc<T>, OidcError> {
        let mut state = self.state();
        match outcome {
            Ok(value) => {
                let value = Arc::new(value);
                state.good = Some((value.clone(), now));
                state.failed = None;
                state.generation += 1;
                Ok(value)
            }
            Err(error) => {
                state.failed = Some((error.clone(), now));
                match &state.good {
                    Some((good, at)) if now - *at < GOOD_FOR => Ok(good.clone()),
                    _ => Err(error),
                }
            }
        }
    }

    /// Takes up a document from an earlier day, unless there is one already.
    pub(super) fn take_up(&self, value: T, fetched: OffsetDateTime) {
        self.state().good.get_or_insert((Arc::new(value), fetched));
    }

    /// Goes on from what `former` knows.
    pub(super) fn succeed(&self, former: &Self) {
        let State { good, failed, generation } = &*former.state();
        let (good, failed, generation) = (good.clone(), failed.clone(), *generation);
        *self.state() = State { good, failed, generation };
    }

    /// Whether the last attempt failed.
    pub(super) fn is_failing(&self) -> bool {
        self.state().failed.is_some()
    }

    /// The newest document, unless the last attempt failed.
    pub(super) fn newest(&self) -> Result<Option<Arc<T>>, OidcError> {
        let state = self.state();
        match &state.failed {
            Some((error, _)) => Err(error.clone()),
            None => Ok(state.good.as_ref().map(|(good, _)| good.clone())),
        }
    }

    /// Counts the successful fetches, so that a request can tell whether one ended while it ran.
    pub(super) fn generation(&self) -> u64 {
        self.state().generation
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
