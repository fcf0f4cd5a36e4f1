//! The sessions that were ended before their time, in memory: every credential is held against them without a query.

use crate::ambient::Clock;
use crate::store::{RevocationPlace, Store, StoreError};
use crate::trust::Session;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// Grows by what is revoked and shrinks by what has ended anyway.
pub struct Revocations {
    list: RwLock<List>,
    clock: Clock,
}

/// Entries are added, never replaced whole: of two that read the store at once, the slower must not take away what the
/// faster has learnt; and a store that has lost some is not to let anybody go on.
struct List {
    until: HashMap<String, i64>,
    /// How far the store's list is known.
    place: RevocationPlace,
    /// When the store was put back, if it was; seconds since 1970. Who was ended between the copy and then nobody knows, so
    /// all are. It may be put back under a node that runs.
    restored: Option<i64>,
    /// When what has ended anyway was last taken out; seconds since 1970.
    tidied: i64,
    /// When the store was last asked and answered.
    read: Instant,
}

/// Nobody can tell which sessions have been ended: the store has not said for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the list of ended sessions was last read {seconds} seconds ago")]
pub struct Stale {
    pub seconds: u64,
}

/// The store is asked each second. A node that has not been answered for this long takes no temporary credentials:
/// those may have been stolen, and their end written down where it cannot be read.
const LONGEST: Duration = Duration::from_secs(60);

const TIDY_EVERY: i64 = 60;

impl Revocations {
    /// Those that are in force; a gateway that cannot know them must not start.
    pub async fn load(store: &Store, clock: Clock) -> Result<Self, StoreError> {
        let (until, place, restored) = Default::default();
        let list = List { until, place, restored, tidied: 0, read: clock.steady() };
        let revocations = Self { list: RwLock::new(list), clock };
        revocations.learn(store).await?;
        Ok(revocations)
    }

    /// Takes in what has been revoked since, before anybody is told that it is.
    pub async fn learn(&self, store: &Store) -> Result<(), StoreError> {
        let (now, asked) = (self.clock.now().unix_timestamp(), self.clock.steady());
        let known = self.list.read().unwrap_or_else(PoisonError::into_inner).place.clone();
        let further = store.revocations(&known, now).await?;
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        if now - list.tidied >= TIDY_EVERY {
            list.until.retain(|_, until| *until > now);
            list.tidied = now;
        }
        list.until.extend(further.ended);
        list.restored = list.restored.max(further.restored);
        list.place = further.place;
        list.read = list.read.max(asked);
        Ok(())
    }

    /// Whether the session, or one that it descends from, was ended.
    pub fn covers(&self, session: &Session) -> Result<bool, Stale> {
        let list = self.current()?;
        // Before the store was put back, on record or not.
        if list.restored.is_some_and(|restored| session.issued().unix_timestamp() < restored) {
            return Ok(true);
        }
        Ok(!list.until.is_empty() && session.lineage().any(|id| list.until.contains_key(id)))
    }

    /// Until when papers may have been issued before the store was put back, by a clock that is so much ahead: which of them
    /// had been used, or led to sessions that were ended, nobody knows.
    pub fn former_until(&self, skew: time::Duration) -> Option<OffsetDateTime> {
        let restored = self.list.read().unwrap_or_else(PoisonError::into_inner).restored?;
        let restored = OffsetDateTime::from_unix_timestamp(restored).ok()?;
        Some(restored.saturating_add(skew))
    }

    /// Whether it is known at all what has been ended.
    pub fn known(&self) -> Result<(), Stale> {
        self.current().map(drop)
    }

    fn current(&self) -> Result<RwLockReadGuard<'_, List>, Stale> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        let age = self.clock.steady().saturating_duration_since(list.read);
        if age > LONGEST { Err(Stale { seconds: age.as_secs() }) } else { Ok(list) }
    }
}
