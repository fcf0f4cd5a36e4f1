//! One issuer's discovery document and key set, fetched when needed and by one request at a time.

use super::freshness::{Look, Slot};
use super::{Discovery, KeySet, OidcError};
use crate::outbound::Fetcher;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use time::{Duration, OffsetDateTime};
use tokio::sync::OwnedMutexGuard;

pub(super) struct Documents {
    issuer: String,
    /// Where the key set is, if that is known without discovery.
    key_set: Option<String>,
    fetcher: Fetcher,
    discovery: Slot<Discovery>,
    keys: Slot<KeySet>,
    /// When an unknown key id last caused a fetch.
    forced: Mutex<Option<OffsetDateTime>>,
    discovery_flight: tokio::sync::Mutex<()>,
    keys_flight: Arc<tokio::sync::Mutex<()>>,
}

/// Unknown key ids are free to invent, so they cause at most one fetch in this time.
const FORCED_AFTER: Duration = Duration::seconds(30);
/// Longer than a flight can take: two fetches of five seconds.
const MOST_WAIT: std::time::Duration = std::time::Duration::from_secs(12);

impl Documents {
    pub(super) fn new(issuer: String, key_set: Option<String>, fetcher: Fetcher) -> Arc<Self> {
        Arc::new(Self {
            issuer,
            key_set,
            fetcher,
            discovery: Slot::empty(),
            keys: Slot::empty(),
            forced: Mutex::new(None),
            discovery_flight: tokio::sync::Mutex::new(()),
            keys_flight: Arc::default(),
        })
    }

    pub(super) async fn discovery(&self, now: OffsetDateTime) -> Result<Arc<Discovery>, OidcError> {
        if let Some(known) = known(self.discovery.look(now)) {
            return known;
        }
        let _flight = bounded(self.discovery_flight.lock()).await?;
        if let Some(known) = known(self.discovery.look(now)) {
            return known;
        }
        let fetched = self.fetch(&Discovery::address(&self.issuer), "the discovery document").await;
        self.discovery.record(fetched.and_then(|text| Discovery::parse(&text, &self.issuer)), now)
    }

    pub(super) async fn keys(self: &Arc<Self>, now: OffsetDateTime) -> Result<Arc<KeySet>, OidcError> {
        let look = self.keys.look(now);
        if let Look::UseAndRenew(_) = &look {
            // Somebody else already renews when the flight is taken.
            if let Ok(flight) = self.keys_flight.clone().try_lock_owned() {
                tokio::spawn(self.clone().renew_keys(flight, now));
            }
        }
        if let Some(known) = known(look) {
            return known;
        }
        let flight = bounded(self.keys_flight.clone().lock_owned()).await?;
        if let Some(known) = known(self.keys.look(now)) {
            return known;
        }
        self.renewed_keys(flight, now).await
    }

    /// For a key id that the set does not hold. `arrived` is the generation from before the request asked for keys:
    /// a set fetched since then is new enough. Otherwise the set is fetched again, unless an unknown key id caused
    /// that a moment ago.
    pub(super) async fn newer_keys(
        self: &Arc<Self>,
        arrived: u64,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<KeySet>>, OidcError> {
        let flight = bounded(self.keys_flight.clone().lock_owned()).await?;
        let may_force = self.take_forced(now);
        if may_force && self.keys.generation() == arrived {
            self.renewed_keys(flight, now).await?;
        }
        self.keys.newest()
    }

    pub(super) fn keys_generation(&self) -> u64 {
        self.keys.generation()
    }

    fn take_forced(&self, now: OffsetDateTime) -> bool {
        let mut forced = self.forced.lock().unwrap_or_else(PoisonError::into_inner);
        let may = forced.is_none_or(|at| now - at >= FORCED_AFTER);
        if may {
            *forced = Some(now);
        }
        may
    }

    /// In a task of its own: a caller that goes away must not take a half-made fetch with it, or callers that come and
    /// go would cause one fetch each.
    async fn renewed_keys(
        self: &Arc<Self>,
        flight: OwnedMutexGuard<()>,
        now: OffsetDateTime,
    ) -> Result<Arc<KeySet>, OidcError> {
        tokio::spawn(self.clone().renew_keys(flight, now)).await.unwrap_or(Err(OidcError::Busy))
    }

    async fn renew_keys(
        self: Arc<Self>,
        _flight: OwnedMutexGuard<()>,
        now: OffsetDateTime,
    ) -> Result<Arc<KeySet>, OidcError> {
        let fetched = self.fetch_keys(now).await;
        self.keys.record(fetched, now)
    }

    /// A set without a usable key counts as a failure: the last good one serves on.
    async fn fetch_keys(&self, now: OffsetDateTime) -> Result<KeySet, OidcError> {
        let address = match &self.key_set {
            Some(address) => address.clone(),
            None => self.discovery(now).await?.jwks_uri.clone(),
        };
        let keys = KeySet::parse(&self.fetch(&address, "the key set").await?)?;
        if keys.is_empty() { Err(OidcError::NoUsableKey) } else { Ok(keys) }
    }

    async fn fetch(&self, url: &str, what: &'static str) -> Result<Vec<u8>, OidcError> {
        let answer = self.fetcher.get(url).await.map_err(|cause| OidcError::Fetch { what, cause })?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(OidcError::Status { what, status }),
        }
    }
}

fn known<T>(look: Look<T>) -> Option<Result<Arc<T>, OidcError>> {
    match look {
        Look::Use(value) | Look::UseAndRenew(value) => Some(Ok(value)),
        Look::Failed(error) => Some(Err(error)),
        Look::Fetch => None,
    }
}

async fn bounded<T>(waiting: impl Future<Output = T>) -> Result<T, OidcError> {
    tokio::time::timeout(MOST_WAIT, waiting).await.map_err(|_| OidcError::Busy)
}
