//! One issuer's discovery document and key set, fetched when needed and by one request at a time.

use super::freshness::{Look, Slot};
use super::{Discovery, KeySet, OidcError};
use crate::outbound::Fetcher;
use crate::store::Store;
use crate::trace::Refusal;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use time::{Duration, OffsetDateTime};
use tokio::sync::OwnedMutexGuard;

pub(super) struct Documents {
    pub(super) issuer: String,
    /// Where the key set is, if that is known without discovery.
    pub(super) key_set: Option<String>,
    pub(super) fetcher: Fetcher,
    pub(super) discovery: Slot<Discovery>,
    pub(super) keys: Slot<KeySet>,
    /// Where the last good ones are kept.
    pub(super) store: OnceLock<Store>,
    /// When an unknown key id last caused a fetch.
    forced: Mutex<Option<OffsetDateTime>>,
    discovery_flight: Flight,
    keys_flight: Flight,
}

/// Held by whoever fetches.
type Flight = Arc<tokio::sync::Mutex<()>>;

/// Which of an issuer's two.
#[derive(Clone, Copy)]
pub(super) enum Document {
    Discovery,
    Keys,
}

/// Unknown key ids are free to invent, so they cause at most one fetch in this time.
const FORCED_AFTER: Duration = Duration::seconds(30);
/// Longer than a flight can take: two fetches of five seconds.
const MOST_WAIT: std::time::Duration = std::time::Duration::from_secs(12);

impl Documents {
    pub(super) fn new(issuer: String, key_set: Option<String>, fetcher: Fetcher) -> Arc<Self> {
        let (store, forced, discovery_flight, keys_flight) = Default::default();
        let (discovery, keys) = (Slot::empty(), Slot::empty());
        Arc::new(Self { issuer, key_set, fetcher, discovery, keys, store, forced, discovery_flight, keys_flight })
    }

    /// Goes on from what `former` knows, which are documents of the same place.
    pub(super) fn succeed(&self, former: &Self) {
        self.discovery.succeed(&former.discovery);
        self.keys.succeed(&former.keys);
        let forced = *former.forced();
        *self.forced() = forced;
        if let Some(store) = former.store.get() {
            let _ = self.store.set(store.clone());
        }
    }

    pub(super) async fn discovery(self: &Arc<Self>, now: OffsetDateTime) -> Result<Arc<Discovery>, OidcError> {
        let renew = |flight| self.clone().renew_discovery(flight, now);
        current(&self.discovery, &self.discovery_flight, now, renew).await
    }

    pub(super) async fn keys(self: &Arc<Self>, now: OffsetDateTime) -> Result<Arc<KeySet>, OidcError> {
        current(&self.keys, &self.keys_flight, now, |flight| self.clone().renew_keys(flight, now)).await
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
            by_itself(self.clone().renew_keys(flight, now)).await?;
        }
        self.keys.newest()
    }

    pub(super) fn keys_generation(&self) -> u64 {
        self.keys.generation()
    }

    fn take_forced(&self, now: OffsetDateTime) -> bool {
        let mut forced = self.forced();
        let may = forced.is_none_or(|at| now - at >= FORCED_AFTER);
        if may {
            *forced = Some(now);
        }
        may
    }

    fn forced(&self) -> MutexGuard<'_, Option<OffsetDateTime>> {
        self.forced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn renew_discovery(
        self: Arc<Self>,
        _flight: OwnedMutexGuard<()>,
        now: OffsetDateTime,
    ) -> Result<Arc<Discovery>, OidcError> {
        let text = self.fetch(&Discovery::address(&self.issuer), Document::Discovery).await;
        let read = |text: &[u8]| Discovery::parse(text, &self.issuer);
        self.settle(&self.discovery, Document::Discovery, text, read, now).await
    }

    async fn renew_keys(
        self: Arc<Self>,
        _flight: OwnedMutexGuard<()>,
        now: OffsetDateTime,
    ) -> Result<Arc<KeySet>, OidcError> {
        let address = match &self.key_set {
            Some(address) => Ok(address.clone()),
            None => self.discovery(now).await.map(|discovery| discovery.jwks_uri.clone()),
        };
        let text = match address {
            Ok(address) => self.fetch(&address, Document::Keys).await,
            Err(error) => Err(error),
        };
        self.settle(&self.keys, Document::Keys, text, usable, now).await
    }

    /// What a fetch has come to: in force, remembered and kept; or the last good document serves on.
    async fn settle<T>(
        &self,
        slot: &Slot<T>,
        document: Document,
        text: Result<Vec<u8>, OidcError>,
        read: impl Fn(&[u8]) -> Result<T, OidcError>,
        now: OffsetDateTime,
    ) -> Result<Arc<T>, OidcError> {
        let (outcome, text) = match text {
            Ok(text) => (read(&text), text),
            Err(error) => (Err(error), Vec::new()),
        };
        let (issuer, what, is_good) = (&self.issuer, document.name(), outcome.is_ok());
        // Once, and not at each attempt.
        match (&outcome, slot.is_failing()) {
            (Err(error), false) => {
                let rest = match slot.at_hand(now) {
                    Some(_) => "was not renewed; what was known before serves for a day of outage",
                    None => "could not be fetched; until it is, nobody comes in by it",
                };
                tracing::warn!(%issuer, code = error.code().name(), %error, remedy = error.code().remedy(),
                    "{what} {rest}");
            }
            (Ok(_), true) => tracing::info!(%issuer, "{what} is good again"),
            _ => {}
        }
        let serves = slot.record(outcome, now);
        if is_good {
            self.keep(document, text, now).await;
        }
        serves
    }

    async fn fetch(&self, url: &str, document: Document) -> Result<Vec<u8>, OidcError> {
        let what = document.name();
        let answer = self.fetcher.get(url).await.map_err(|cause| OidcError::Fetch { what, cause })?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(OidcError::Status { what, status }),
        }
    }
}

impl Document {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Discovery => "the discovery document",
            Self::Keys => "the key set",
        }
    }
}

/// A set without a usable key counts as a failure: the last good one serves on.
pub(super) fn usable(text: &[u8]) -> Result<KeySet, OidcError> {
    let keys = KeySet::parse(text)?;
    match (keys.is_empty(), keys.leaked()) {
        (false, _) => Ok(keys),
        (true, Some(key)) => Err(OidcError::PrivateKey { key }),
        (true, None) => Err(OidcError::NoUsableKey),
    }
}

/// The document that serves now. Near its end it is renewed behind the request's back; when there is none, or it is too
/// old, the request waits for the fetch that somebody has begun, or begins it.
async fn current<T, F>(
    slot: &Slot<T>,
    flight: &Flight,
    now: OffsetDateTime,
    renew: impl Fn(OwnedMutexGuard<()>) -> F,
) -> Result<Arc<T>, OidcError>
where
    T: Send + Sync + 'static,
    F: Future<Output = Result<Arc<T>, OidcError>> + Send + 'static,
{
    let look = slot.look(now);
    // Somebody else renews already when the flight is taken, and has done so when another look says that nothing is due.
    if matches!(look, Look::UseAndRenew(_))
        && let Ok(flight) = flight.clone().try_lock_owned()
        && matches!(slot.look(now), Look::UseAndRenew(_))
    {
        tokio::spawn(renew(flight));
    }
    match known(look) {
        Some(known) => known,
        // In a place of its own: few wait, and nobody else is to carry the room for it.
        None => {
            Box::pin(async {
                let flight = bounded(flight.clone().lock_owned()).await?;
                if let Some(known) = known(slot.look(now)) {
                    return known;
                }
                by_itself(renew(flight)).await
            })
            .await
        }
    }
}

/// In a task of its own: a caller that goes away must not take a half-made fetch with it, or callers that come and go
/// would cause one fetch each.
async fn by_itself<T: Send + Sync + 'static>(
    renewing: impl Future<Output = Result<Arc<T>, OidcError>> + Send + 'static,
) -> Result<Arc<T>, OidcError> {
    tokio::spawn(renewing).await.unwrap_or(Err(OidcError::Busy))
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
