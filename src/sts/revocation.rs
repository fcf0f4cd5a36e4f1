//! The sessions that were ended before their time, in memory: every credential is held against them without a query.

use crate::store::{Store, StoreError};
use crate::trust::Session;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// Grows by what is revoked and shrinks by what has ended anyway. Entries are added, never replaced whole: of two that
/// read the store at once, the slower must not take away what the faster has learnt.
pub struct Revocations(RwLock<HashMap<String, i64>>);

impl Revocations {
    /// Those that are in force; a gateway that cannot know them must not start.
    pub async fn load(store: &Store, now: i64) -> Result<Self, StoreError> {
        let revocations = Self(RwLock::default());
        revocations.learn(store, now).await?;
        Ok(revocations)
    }

    /// Takes in what has been revoked since, before anybody is told that it is.
    pub async fn learn(&self, store: &Store, now: i64) -> Result<(), StoreError> {
        let listed = store.revocations(now).await?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, until| *until > now);
        known.extend(listed);
        Ok(())
    }

    /// Whether the session, or one that it descends from, was ended.
    pub fn covers(&self, session: &Session) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        !known.is_empty() && session.lineage().any(|id| known.contains_key(id))
    }
}
