//! Fetching a document, and what happens to the former one.

use super::{LiveMetadata, RefreshError, source};
use crate::metrics::Metrics;
use crate::store::{Address, Store, StoreError};
use crate::trace::Refusal;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

/// Where what becomes of a fetch is written down.
#[derive(Clone)]
pub struct Books {
    pub store: Store,
    pub metrics: Arc<Metrics>,
}

/// How long a request waits for keys that may be newer: less than a fetch may take, for it holds its connection.
const PATIENCE: Duration = Duration::from_secs(5);

impl LiveMetadata {
    /// Puts the copy in force that the store kept from an earlier day, if it would be accepted today.
    ///
    /// # Errors
    /// When the store cannot be read. A copy that is not accepted any more is left alone: the fetch will tell why.
    pub async fn restore(&self, store: &Store) -> Result<(), StoreError> {
        let Some(source) = &self.source else { return Ok(()) };
        if let Some((document, fetched)) = store.metadata(&source.name()).await? {
            self.remember(document, fetched).await;
        }
        Ok(())
    }

    /// [`LiveMetadata::restore`] from the database at `address`, looked at from beside: for explaining.
    ///
    /// # Errors
    /// When there is a database that cannot be read.
    pub async fn restore_from(&self, address: &Address) -> Result<(), StoreError> {
        let Some(source) = &self.source else { return Ok(()) };
        if let Some((document, fetched)) = Store::kept_metadata(address, &source.name()).await? {
            self.remember(document, fetched).await;
        }
        Ok(())
    }

    async fn remember(&self, document: String, fetched: i64) {
        let Ok(fetched) = OffsetDateTime::from_unix_timestamp(fetched) else { return };
        // As on the day it was fetched: whether it has ended since is asked each time that it is used.
        match source::read(document, self.wanted(), fetched).await {
            Ok((provider, _)) => self.take(provider, fetched),
            Err(error) => {
                let providers = self.registrations().join(", ");
                tracing::warn!(%providers, code = error.code().name(), %error, "the kept metadata is not accepted any more");
            }
        }
    }

    /// Fetches the document once more. Waits for a fetch that is under way.
    ///
    /// # Errors
    /// What was wrong with the answer; the former document is still in force.
    pub async fn refresh(self: &Arc<Self>, books: &Books, now: OffsetDateTime) -> Result<(), RefreshError> {
        let flight = self.flight.clone().lock_owned().await;
        self.clone().fly(flight, books.clone(), now).await
    }

    /// For a signature that held with no key of this `generation`: whether there are other keys now. A fetch is made
    /// for it unless such a signature caused one a moment ago.
    pub async fn newer_than(self: &Arc<Self>, generation: u64, books: &Books, now: OffsetDateTime) -> bool {
        let newer = || self.generation() != generation;
        if self.source.is_none() || newer() {
            return newer();
        }
        let Ok(flight) = timeout(PATIENCE, self.flight.clone().lock_owned()).await else { return newer() };
        if !newer() && self.may_force(now) {
            // In a task of its own: a caller that goes away must not take a half-made fetch with it.
            let _ = timeout(PATIENCE, tokio::spawn(self.clone().fly(flight, books.clone(), now))).await;
        }
        newer()
    }

    async fn fly(
        self: Arc<Self>,
        _flight: OwnedMutexGuard<()>,
        books: Books,
        now: OffsetDateTime,
    ) -> Result<(), RefreshError> {
        let outcome = self.fetch(&books, now).await;
        let former = self.tried(outcome.as_ref().copied(), now);
        let providers = self.registrations().join(", ");
        match &outcome {
            Ok(()) if former.is_some() => tracing::info!(%providers, "the identity provider's metadata is good again"),
            Ok(()) => {}
            Err(error) => {
                self.registrations().iter().for_each(|arn| books.metrics.metadata_refused(arn, error.code()));
                // Once, and not at each attempt.
                if former != Some(error.code()) {
                    let rest = match self.current(now) {
                        Ok(_) => "was not renewed; what was known before stays in force",
                        Err(_) => "could not be fetched; until it is, nobody comes in by it",
                    };
                    tracing::warn!(%providers, code = error.code().name(), %error, remedy = error.code().remedy(),
                        "the identity provider's metadata {rest}");
                }
            }
        }
        self.show(&books.metrics);
        outcome
    }

    async fn fetch(&self, books: &Books, now: OffsetDateTime) -> Result<(), RefreshError> {
        let Some(source) = &self.source else { return Ok(()) };
        let document = source.fetch().await?;
        let (provider, document) = source::read(document, self.wanted(), now).await?;
        self.take(provider, now);
        // In force it is anyway: a key that has left must not live on because the disk is full.
        if let Err(error) = books.store.keep_metadata(source.name(), document, now.unix_timestamp()).await {
            tracing::error!(%error, "the identity provider's metadata could not be kept for the next start");
        }
        Ok(())
    }
}
