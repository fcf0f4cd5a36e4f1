//! The keys that a gateway serves with: found or made when it starts, and taken up anew when the ring has changed.

use super::AppError;
use super::audit::AUDIT_KEY;
use super::issuer::{self, issuer_keys};
use crate::ambient::{Clock, Random};
use crate::audit::{AuditKey, SEED};
use crate::config::Settings;
use crate::issuer::{Issuer, IssuerKeys};
use crate::saml::{DecryptionKeys, OwnKey, OwnKeyError, ServiceProvider};
use crate::store::{RingKey, Store};
use crate::sts::{
    KeyError, KeyKind, KeyRing, KeyState, KeyStore, Keys, Lacks, RS256_KEY, Root, SAML_ENCRYPTION_KEY,
    SAML_SIGNING_KEY, SESSION_KEY, Seals, key_name, load_roots,
};
use crate::words::Secret;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

/// Where the keys are, and which of them have been taken up.
pub(super) struct KeyRoom {
    store: Store,
    key_store: KeyStore,
    clock: Clock,
    random: Random,
    seen: Vec<RingKey>,
    /// What could not be taken up, and has been said.
    lacking: HashMap<KeyKind, Vec<String>>,
}

/// Whoever works with them.
pub(super) struct InUse {
    pub(super) keys: Arc<Keys>,
    pub(super) issuer: Arc<Issuer>,
    pub(super) service_provider: Arc<ServiceProvider>,
}

/// What finds people and questions in the store.
const INDEX: &str = "index.key";
/// Put here by hand.
const FORMER_ENCRYPTION_KEY: &str = "saml-encryption-former.pem";
const STRANGER: &str = "the keys directory holds a key that is on no ring. If the store was put back to an older time, keys that \
were rotated away may be in use again: rotate them anew, with --compromised if they were; else take the file away";
/// Far more often than a new key waits before it is used.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl KeyRoom {
    /// Makes the first keys of a ring that has not begun; those of one that has are somewhere, and others would be nobody's.
    pub(super) async fn open(
        store: Store,
        key_store: KeyStore,
        entity_id: &str,
        clock: Clock,
        random: Random,
    ) -> Result<Self, AppError> {
        let (now, all) = (clock.now(), store.key_ring().await?);
        let begun = |kind: KeyKind| all.iter().any(|key| key.kind == kind.name());
        for kind in KeyKind::ALL.into_iter().filter(|kind| !begun(*kind)) {
            for name in kind.files() {
                key_store.load_or_make(name, &random, || make(kind, name, entity_id, now, random)).await?;
            }
            store.begin_key_ring(KeyRing::first(kind, now)).await?;
        }
        let seen = store.key_ring().await?;
        let rings = KeyKind::ALL.map(|kind| KeyRing::of(kind, &seen));
        for file in key_store.files()?.iter().filter(|file| rings.iter().any(|ring| ring.disowns(file))) {
            tracing::error!(file, "{STRANGER}");
        }
        Ok(Self { store, key_store, clock, random, seen, lacking: HashMap::new() })
    }

    /// What seals, and what finds.
    pub(super) async fn keys(&self) -> Result<Keys, KeyError> {
        let (ring, mut lacks) = (KeyRing::of(KeyKind::Session, &self.seen), Lacks::default());
        let roots = load_roots(&ring, &self.key_store, self.clock.now(), &mut lacks).await;
        lacks.served()?;
        let index = match self.key_store.load(INDEX).await? {
            Some(index) => index,
            None => {
                let first = if ring.holds_first() { self.key_store.load(SESSION_KEY).await? } else { None };
                let first = first.ok_or_else(|| KeyError::Missing(INDEX.into()))?;
                self.key_store.load_or_make(INDEX, &self.random, || Ok(Keys::index(&first))).await?
            }
        };
        if index.expose().len() != 64 {
            return Err(KeyError::Damaged(INDEX.into()));
        }
        Ok(Keys::new(Seals::new(roots, self.clock.clone()), &index))
    }

    /// What signs what is said about the book.
    pub(super) async fn audit(&self) -> Result<AuditKey, KeyError> {
        let seed = match self.key_store.load(AUDIT_KEY).await? {
            Some(seed) => seed,
            // With another key, nothing that was signed before could be verified any more.
            None if self.store.book().is_signed().await? => return Err(KeyError::Missing(AUDIT_KEY.into())),
            None => {
                let make = || Ok(Secret::new(self.random.bytes::<SEED>()));
                self.key_store.load_or_make(AUDIT_KEY, &self.random, make).await?
            }
        };
        AuditKey::from_seed(&seed).ok_or_else(|| KeyError::Damaged(AUDIT_KEY.into()))
    }

    /// What signs our tokens.
    pub(super) async fn issuer(&self) -> Result<IssuerKeys, KeyError> {
        let (ring, mut lacks) = (KeyRing::of(KeyKind::Issuer, &self.seen), Lacks::default());
        let keys = issuer_keys(&ring, &self.key_store, self.clock.now(), &mut lacks).await;
        lacks.served()?;
        keys.ok_or_else(|| KeyError::Missing(RS256_KEY.into()))
    }

    /// What signs what we say to SAML identity providers, first the key in use; and what they encrypt to.
    pub(super) async fn saml(&self) -> Result<(Vec<OwnKey>, DecryptionKeys), KeyError> {
        let (ring, mut lacks) = (KeyRing::of(KeyKind::Saml, &self.seen), Lacks::default());
        let keys = saml(&ring, &self.key_store, self.clock.now(), &mut lacks).await;
        lacks.served()?;
        keys
    }

    /// Hears of changes, and removes the keys that are spent.
    pub(super) async fn follow(mut self, in_use: InUse) {
        let mut known = true;
        for kind in KeyKind::ALL {
            self.take_up(kind, &in_use).await;
        }
        let mut news = self.store.news();
        loop {
            news.within(LOOK_EVERY).await;
            let looked = self.look(&in_use).await;
            if let (Err(error), true) = (&looked, known) {
                tracing::error!(%error, "it cannot be read which keys are on the ring, or a spent one cannot be removed");
            }
            known = looked.is_ok();
        }
    }

    async fn look(&mut self, in_use: &InUse) -> Result<(), AppError> {
        let (now, all) = (self.clock.now(), self.store.key_ring().await?);
        let before = std::mem::replace(&mut self.seen, all);
        for kind in KeyKind::ALL {
            let of = |all: &[RingKey]| all.iter().filter(|key| key.kind == kind.name()).cloned().collect::<Vec<_>>();
            let has_changed = of(&before) != of(&self.seen);
            if has_changed || self.lacking.contains_key(&kind) {
                self.take_up(kind, in_use).await;
            }
            if has_changed && !self.lacking.contains_key(&kind) {
                tracing::info!(kind = kind.name(), "took up the keys on the ring");
            }
        }
        for kind in KeyKind::ALL {
            for spent in KeyRing::of(kind, &self.seen).spent(now) {
                // The key goes before its place on the ring: if this ends in between, no key lies about that is on no
                // ring.
                spent.names.iter().try_for_each(|name| self.key_store.remove(name))?;
                self.store.remove_key(spent).await?;
            }
        }
        Ok(())
    }

    /// Each kind by itself: one bad file is not to keep the others from what an operator has ordered.
    async fn take_up(&mut self, kind: KeyKind, in_use: &InUse) {
        let (ring, now, mut lacks) = (KeyRing::of(kind, &self.seen), self.clock.now(), Lacks::default());
        match kind {
            KeyKind::Session => {
                let mut roots = load_roots(&ring, &self.key_store, now, &mut lacks).await;
                if roots.is_empty() {
                    // A key that has left the ring is believed no more, even if what took its place cannot be read. Until
                    // it can, this node believes nobody.
                    roots.push(Root::new(&Secret::new(self.random.bytes::<32>()), 0));
                }
                in_use.keys.seals.renew(roots);
            }
            KeyKind::Issuer => {
                if let Some(keys) = issuer_keys(&ring, &self.key_store, now, &mut lacks).await {
                    in_use.issuer.renew(keys);
                }
            }
            KeyKind::Saml => {
                let keys = saml(&ring, &self.key_store, now, &mut lacks).await;
                let renewed = keys.and_then(|(signing, decryption)| {
                    let renewed = in_use.service_provider.renew(&signing, &decryption);
                    renewed.map_err(unusable(SAML_SIGNING_KEY))
                });
                lacks.note(KeyState::Active, renewed);
            }
        }
        in_use.keys.unready.set(kind, !lacks.has_key_in_use());
        let sentences = lacks.sentences();
        let said = self.lacking.insert(kind, sentences.clone()).unwrap_or_default();
        for error in sentences.iter().filter(|sentence| !said.contains(sentence)) {
            tracing::error!(kind = kind.name(), error, "a key on the ring cannot be taken up; the others are in use");
        }
        if sentences.is_empty() {
            self.lacking.remove(&kind);
        }
    }
}

/// A new key of this kind, for the file of this plain name.
pub(super) fn make(
    kind: KeyKind,
    plain: &str,
    entity_id: &str,
    now: OffsetDateTime,
    random: Random,
) -> Result<Secret, KeyError> {
    match kind {
        KeyKind::Session => Ok(Secret::new(random.bytes::<32>())),
        KeyKind::Issuer => issuer::make(plain),
        KeyKind::Saml => OwnKey::generate(entity_id, now).map_err(unusable("saml")),
    }
}

/// The keys as a gateway of this configuration has them, looked at from beside it.
pub(super) fn beside(settings: &Settings) -> KeyStore {
    match &settings.wrapping_key {
        Some(key) => KeyStore::Beside(settings.store.address.clone(), Secret::new(key.expose())),
        None => KeyStore::Directory(settings.keys_directory.clone()),
    }
}

/// The keys that a gateway of this configuration decrypts with, if it has ever been started here. Nothing is made.
pub async fn existing_decryption_keys(settings: &Settings, now: OffsetDateTime) -> Result<DecryptionKeys, AppError> {
    let all = Store::kept_key_ring(&settings.store.address).await?.unwrap_or_default();
    let ring = KeyRing::of(KeyKind::Saml, &all);
    match decryption_keys(&ring, &beside(settings), now, &mut Lacks::default()).await {
        Err(KeyError::Missing(_)) if ring.is_new() => Ok(DecryptionKeys::default()),
        keys => Ok(keys?),
    }
}

/// The former keys are lacked one by one; without the key in use, the keys are not what the ring says.
async fn saml(
    ring: &KeyRing,
    key_store: &KeyStore,
    now: OffsetDateTime,
    lacks: &mut Lacks,
) -> Result<(Vec<OwnKey>, DecryptionKeys), KeyError> {
    let mut signing = Vec::new();
    for (key, state) in present_first(ring, now) {
        let key = needed(key_store, key_name(key, SAML_SIGNING_KEY)).await;
        signing.extend(match state {
            KeyState::Active => Some(key?),
            KeyState::Upcoming { .. } | KeyState::Retired { .. } | KeyState::Spent => lacks.note(state, key),
        });
    }
    Ok((signing, decryption_keys(ring, key_store, now, lacks).await?))
}

/// What identity providers encrypt to, and the one before it, which somebody put beside it by hand.
async fn decryption_keys(
    ring: &KeyRing,
    key_store: &KeyStore,
    now: OffsetDateTime,
    lacks: &mut Lacks,
) -> Result<DecryptionKeys, KeyError> {
    let mut keys = Vec::new();
    for (key, state) in present_first(ring, now) {
        let name = key_name(key, SAML_ENCRYPTION_KEY);
        let key = match (needed(key_store, name).await, state) {
            (key, KeyState::Active) => Some(key?),
            (key, KeyState::Upcoming { .. } | KeyState::Retired { .. } | KeyState::Spent) => lacks.note(state, key),
        };
        keys.extend(key.map(|key| (word(state), key)));
    }
    let former = own_key(key_store, FORMER_ENCRYPTION_KEY).await;
    let former = lacks.note(KeyState::Retired { until: None }, former).flatten();
    let published: Vec<_> = keys.iter().map(|(word, key)| (*word, key)).collect();
    DecryptionKeys::new(&published, former.as_ref()).map_err(unusable(SAML_ENCRYPTION_KEY))
}

fn present_first(ring: &KeyRing, now: OffsetDateTime) -> Vec<(&RingKey, KeyState)> {
    let mut keys: Vec<_> = ring.states(now).collect();
    keys.sort_by_key(|(_, state)| *state != KeyState::Active);
    keys
}

fn word(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "present",
        KeyState::Upcoming { .. } => "upcoming",
        KeyState::Retired { .. } | KeyState::Spent => "former",
    }
}

async fn needed(key_store: &KeyStore, name: String) -> Result<OwnKey, KeyError> {
    own_key(key_store, &name).await?.ok_or(KeyError::Missing(name))
}

async fn own_key(key_store: &KeyStore, name: &str) -> Result<Option<OwnKey>, KeyError> {
    let pem = key_store.load(name).await?;
    pem.map(|pem| OwnKey::from_pem(&pem).map_err(unusable(name))).transpose()
}

pub(super) fn unusable(name: &str) -> impl Fn(OwnKeyError) -> KeyError {
    move |error| KeyError::Making(format!("{name}: {error}"))
}
