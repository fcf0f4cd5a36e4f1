//! What is known of one identity provider at this moment.

use super::source::{Place, Source};
use super::{Certificate, RefreshError, Unavailable, schedule};
use crate::metrics::Metrics;
use crate::saml::SigningKey;
use crate::saml::metadata::{IdentityProvider, Wanted};
use crate::trace::{Code, Refusal};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use time::{Duration, OffsetDateTime};

/// One identity provider's metadata. Shared by every registration that takes it from the same place. No lock in it is
/// held across a wait, but for the flight, which makes one fetch at a time.
pub struct LiveMetadata {
    pub(super) source: Option<Source>,
    state: RwLock<State>,
    /// When a signature that held with no known key last caused a fetch.
    forced: Mutex<Option<OffsetDateTime>>,
    pub(super) flight: Arc<tokio::sync::Mutex<()>>,
    /// The ARNs of the registrations, for logs and metrics.
    registrations: Mutex<Vec<String>>,
}

#[derive(Default, Clone)]
struct State {
    good: Option<Good>,
    /// Changes with the keys.
    generation: u64,
    tried: Option<OffsetDateTime>,
    /// In a row.
    failures: u32,
    /// The last attempt, if it failed.
    failed: Option<Code>,
}

#[derive(Clone)]
struct Good {
    provider: Arc<IdentityProvider>,
    fetched: OffsetDateTime,
}

/// One identity provider's metadata, for people to look at.
pub struct MetadataTold {
    /// The URL that it is followed from; `None` of a file.
    pub place: Option<String>,
    /// In force, unless it has become too old.
    pub document: Option<Arc<IdentityProvider>>,
    /// Of a file: when it was read.
    pub fetched: Option<OffsetDateTime>,
    /// About when it is fetched again.
    pub next: Option<OffsetDateTime>,
    /// The last attempt, if it failed.
    pub failed: Option<Code>,
}

/// The other side may be silent for this long.
const GOOD_FOR: Duration = Duration::days(7);
/// Signatures that hold with no key are free to make, so they cause at most one fetch in this time.
const FORCED_AFTER: Duration = Duration::seconds(30);

impl LiveMetadata {
    /// From a file: the same until the configuration is read again.
    pub fn fixed(provider: IdentityProvider, now: OffsetDateTime) -> Arc<Self> {
        let good = Some(Good { provider: Arc::new(provider), fetched: now });
        Self::new(None, State { good, ..State::default() })
    }

    /// From a URL: nothing is known until a copy is restored or fetched.
    pub fn followed(source: Source) -> Arc<Self> {
        Self::new(Some(source), State::default())
    }

    fn new(source: Option<Source>, state: State) -> Arc<Self> {
        let (forced, flight, registrations) = Default::default();
        Arc::new(Self { source, state: RwLock::new(state), forced, flight, registrations })
    }

    /// The keys and addresses that count at `now`.
    pub fn current(&self, now: OffsetDateTime) -> Result<Arc<IdentityProvider>, Unavailable> {
        let state = self.state();
        let good = state.good.as_ref().ok_or(Unavailable::Missing { last: state.failed })?;
        if self.source.is_some() && now - good.fetched >= GOOD_FOR {
            return Err(Unavailable::Stale { fetched: good.fetched, oldest: now - GOOD_FOR });
        }
        match good.provider.valid_until {
            Some(until) if until <= now => Err(Unavailable::Expired { until, now }),
            _ => Ok(good.provider.clone()),
        }
    }

    /// Who it is about, as far as that is known.
    pub fn entity_id(&self) -> Option<String> {
        let wanted = self.source.as_ref().and_then(|source| source.place.wanted.entity_id.clone());
        wanted.or_else(|| self.state().good.as_ref().map(|good| good.provider.entity_id.clone()))
    }

    /// Whether the document may be another one later.
    pub fn is_followed(&self) -> bool {
        self.source.is_some()
    }

    pub fn is_followed_from(&self, place: &Place) -> bool {
        self.source.as_ref().is_some_and(|source| source.place == *place)
    }

    /// Whether the document comes from the same place and must be of the same kind.
    pub fn follows_as(&self, other: &Self) -> bool {
        self.source.as_ref().is_some_and(|source| other.is_followed_from(&source.place))
    }

    /// Goes on from what `former` knows, which comes from the same place.
    pub fn succeed(&self, former: &Self) {
        *self.state_mut() = former.state().clone();
        let forced = *former.forced.lock().unwrap_or_else(PoisonError::into_inner);
        *self.forced.lock().unwrap_or_else(PoisonError::into_inner) = forced;
    }

    /// Whether there has ever been a document.
    pub fn is_known(&self) -> bool {
        self.state().good.is_some()
    }

    /// Changes when the keys do, so that a request can tell whether others came while it ran.
    pub fn generation(&self) -> u64 {
        self.state().generation
    }

    /// Notes one more registration that takes its metadata from here.
    pub fn registered_as(&self, arn: &str) {
        self.registrations.lock().unwrap_or_else(PoisonError::into_inner).push(arn.to_owned());
    }

    pub fn registrations(&self) -> Vec<String> {
        self.registrations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When to fetch next; a document that was never tried is due.
    pub fn due(&self, chance: [u8; 2]) -> OffsetDateTime {
        let (Some(source), state) = (&self.source, self.state()) else { return OffsetDateTime::UNIX_EPOCH };
        let cache_duration = state.good.as_ref().and_then(|good| good.provider.cache_duration);
        let interval = schedule::interval(source.place.refresh, cache_duration, state.failures);
        state.tried.map_or(OffsetDateTime::UNIX_EPOCH, |tried| schedule::due(tried, interval, chance))
    }

    /// Shows operators since when what is in force, and when its certificates end.
    pub fn show(&self, metrics: &Metrics) {
        let state = self.state();
        let Some(good) = &state.good else { return };
        let ends: Vec<_> = good.provider.keys.iter().map(|key| (key.fingerprint().to_owned(), key.ends())).collect();
        for arn in self.registrations() {
            metrics.identity_provider(&arn, good.fetched, &ends);
        }
    }

    /// What people are told of it.
    pub fn told(&self) -> MetadataTold {
        const HALFWAY: [u8; 2] = [0x80, 0];
        let next = self.source.as_ref().map(|_| self.due(HALFWAY)).filter(|due| *due > OffsetDateTime::UNIX_EPOCH);
        let state = self.state();
        let good = state.good.as_ref();
        MetadataTold {
            place: self.source.as_ref().map(|source| source.place.url.clone()),
            document: good.map(|good| good.provider.clone()),
            fetched: good.map(|good| good.fetched),
            next,
            failed: state.failed,
        }
    }

    /// The certificates in force, for whoever watches their ends.
    pub fn certificates(&self) -> Vec<Certificate> {
        let state = self.state();
        let keys = state.good.as_ref().map_or(&[][..], |good| &good.provider.keys);
        let holder = self.registrations().join(", ");
        let certificate = |key: &SigningKey| Certificate {
            holder: holder.clone(),
            fingerprint: key.fingerprint().to_owned(),
            ends: key.ends(),
        };
        keys.iter().map(certificate).collect()
    }

    /// What a document must be to come into force here. The name of the entity is learned from the first one.
    pub(super) fn wanted(&self) -> Wanted {
        let wanted = self.source.as_ref().map(|source| source.place.wanted.clone()).unwrap_or_default();
        Wanted { entity_id: self.entity_id(), ..wanted }
    }

    /// Puts a document in force. The keys of the former one that it does not list have ended.
    pub(super) fn take(&self, provider: IdentityProvider, fetched: OffsetDateTime) {
        let mut state = self.state_mut();
        if state.good.as_ref().is_none_or(|former| former.provider.keys != provider.keys) {
            state.generation += 1;
        }
        state.good = Some(Good { provider: Arc::new(provider), fetched });
    }

    /// Notes how an attempt ended; returns how the one before had failed.
    pub(super) fn tried(&self, outcome: Result<(), &RefreshError>, now: OffsetDateTime) -> Option<Code> {
        let mut state = self.state_mut();
        state.tried = Some(now);
        state.failures = if outcome.is_ok() { 0 } else { state.failures.saturating_add(1) };
        std::mem::replace(&mut state.failed, outcome.err().map(Refusal::code))
    }

    pub(super) fn may_force(&self, now: OffsetDateTime) -> bool {
        let mut forced = self.forced.lock().unwrap_or_else(PoisonError::into_inner);
        let may = forced.is_none_or(|at| now - at >= FORCED_AFTER);
        if may {
            *forced = Some(now);
        }
        may
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From the same place, or from files with the same content.
impl PartialEq for LiveMetadata {
    fn eq(&self, other: &Self) -> bool {
        let provider = |of: &Self| of.state().good.as_ref().map(|good| good.provider.clone());
        match (&self.source, &other.source) {
            (Some(own), Some(others)) => own.place == others.place,
            (None, None) => std::ptr::eq(self, other) || provider(self) == provider(other),
            _ => false,
        }
    }
}

impl Eq for LiveMetadata {}
