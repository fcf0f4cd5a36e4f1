//! The keys that a gateway serves with: found or made when it starts, and taken up anew when the ring has changed.

use super::AppError;
use super::issuer::{self, issuer_keys};
use crate::ambient::{Clock, Random};
use crate::config::Settings;
use crate::issuer::{Issuer, IssuerKeys};
use crate::saml::{DecryptionKeys, OwnKey, OwnKeyError, ServiceProvider};
use crate::store::{RingKey, Store};
use crate::sts::{KeyError, KeyKind, KeyRing, KeyState, KeyStore, Keys, Seals, key_name, load_roots};
use crate::words::Secret;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

/// Where the keys are, and which of them have been taken up.
pub(super) struct KeyRoom {
    store: Store,
    key_store: KeyStore,
    clock: Clock,
    seen: Vec<RingKey>,
}

/// Whoever works with them.
pub(super) struct InUse {
    pub(super) keys: Arc<Keys>,
    pub(super) issuer: Arc<Issuer>,
    pub(super) service_provider: Arc<ServiceProvider>,
}

/// What finds people and questions in the store.
const INDEX: &str = "index.key";
const SIGNING_KEY: &str = "saml.pem";
const ENCRYPTION_KEY: &str = "saml-encryption.pem";
/// Put here by hand.
const FORMER_ENCRYPTION_KEY: &str = "saml-encryption-former.pem";
/// Far more often than a new key waits before it is used.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl KeyRoom {
    /// Makes the first keys where there are none.
    pub(super) async fn open(
        store: Store,
        key_store: KeyStore,
        entity_id: &str,
        clock: Clock,
        random: Random,
    ) -> Result<Self, AppError> {
        let (now, all) = (clock.now(), store.key_ring().await?);
        for kind in KeyKind::ALL.into_iter().filter(|kind| KeyRing::of(*kind, &all).is_new()) {
            for name in kind.files() {
                key_store.load_or_make(name, &random, || make(kind, name, entity_id, now, random)).await?;
            }
            store.begin_key_ring(KeyRing::first(kind, now)).await?;
        }
        let seen = store.key_ring().await?;
        Ok(Self { store, key_store, clock, seen })
    }

    /// What seals, and what finds.
    pub(super) async fn keys(&self, random: Random) -> Result<Keys, KeyError> {
        let ring = KeyRing::of(KeyKind::Session, &self.seen);
        let seals = Seals::new(load_roots(&ring, &self.key_store, self.clock.now()).await?, self.clock.clone());
        let first = match ring.holds_first() {
            true => self.key_store.load(KeyKind::Session.files()[0]).await?,
            false => None,
        };
        let index = match first {
            Some(first) => self.key_store.load_or_make(INDEX, &random, || Ok(Keys::index(&first))).await?,
            None => self.key_store.load(INDEX).await?.ok_or_else(|| KeyError::Missing(INDEX.into()))?,
        };
        if index.expose().len() != 64 {
            return Err(KeyError::Damaged(INDEX.into()));
        }
        Ok(Keys::new(seals, &index))
    }

    /// What signs our tokens.
    pub(super) async fn issuer(&self) -> Result<IssuerKeys, KeyError> {
        issuer_keys(&KeyRing::of(KeyKind::Issuer, &self.seen), &self.key_store, self.clock.now()).await
    }

    /// What signs what we say to SAML identity providers, first the key in use; and what they encrypt to.
    pub(super) async fn saml(&self) -> Result<(Vec<OwnKey>, DecryptionKeys), KeyError> {
        saml(&KeyRing::of(KeyKind::Saml, &self.seen), &self.key_store, self.clock.now()).await
    }

    /// Hears of changes, and removes the keys that are spent.
    pub(super) async fn follow(mut self, in_use: InUse) {
        let mut known = true;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let looked = self.look(&in_use).await;
            if let (Err(error), true) = (&looked, known) {
                tracing::error!(%error, "the keys on the ring cannot be taken up; those of before stay in use");
            }
            known = looked.is_ok();
        }
    }

    async fn look(&mut self, in_use: &InUse) -> Result<(), AppError> {
        let (now, all) = (self.clock.now(), self.store.key_ring().await?);
        if all != self.seen {
            let roots = load_roots(&KeyRing::of(KeyKind::Session, &all), &self.key_store, now).await?;
            let (signing, decryption) = saml(&KeyRing::of(KeyKind::Saml, &all), &self.key_store, now).await?;
            let issuer = issuer_keys(&KeyRing::of(KeyKind::Issuer, &all), &self.key_store, now).await?;
            in_use.service_provider.renew(&signing, &decryption).map_err(unusable(SIGNING_KEY))?;
            in_use.issuer.renew(issuer);
            in_use.keys.seals.renew(roots);
            tracing::info!("took up the keys on the ring");
            self.seen = all;
        }
        for kind in KeyKind::ALL {
            for spent in KeyRing::of(kind, &self.seen).spent(now) {
                // The key first: whatever happens in between, a key that is on no ring is nowhere.
                spent.names.iter().try_for_each(|name| self.key_store.remove(name))?;
                self.store.remove_key(spent).await?;
            }
        }
        Ok(())
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
        Some(key) => KeyStore::Beside(settings.store.path.clone(), Secret::new(key.expose())),
        None => KeyStore::Directory(settings.keys_directory.clone()),
    }
}

/// The keys that a gateway of this configuration decrypts with, if it has ever been started here. Nothing is made.
pub async fn existing_decryption_keys(settings: &Settings, now: OffsetDateTime) -> Result<DecryptionKeys, AppError> {
    let all = Store::kept_key_ring(&settings.store.path).await?.unwrap_or_default();
    Ok(decryption_keys(&KeyRing::of(KeyKind::Saml, &all), &beside(settings), now).await?)
}

async fn saml(
    ring: &KeyRing,
    key_store: &KeyStore,
    now: OffsetDateTime,
) -> Result<(Vec<OwnKey>, DecryptionKeys), KeyError> {
    let mut signing = Vec::new();
    for (key, _) in present_first(ring, now) {
        let name = key_name(key, SIGNING_KEY);
        signing.push(own_key(key_store, &name).await?.ok_or(KeyError::Missing(name))?);
    }
    Ok((signing, decryption_keys(ring, key_store, now).await?))
}

/// What identity providers encrypt to, and the one before it, which somebody put beside it by hand. Empty if there is
/// none yet.
async fn decryption_keys(
    ring: &KeyRing,
    key_store: &KeyStore,
    now: OffsetDateTime,
) -> Result<DecryptionKeys, KeyError> {
    let mut keys = Vec::new();
    for (key, state) in present_first(ring, now) {
        let name = key_name(key, ENCRYPTION_KEY);
        match own_key(key_store, &name).await? {
            Some(key) => keys.push((word(state), key)),
            None if ring.is_new() => return Ok(DecryptionKeys::default()),
            None => return Err(KeyError::Missing(name)),
        }
    }
    let former = own_key(key_store, FORMER_ENCRYPTION_KEY).await?;
    let published: Vec<_> = keys.iter().map(|(word, key)| (*word, key)).collect();
    DecryptionKeys::new(&published, former.as_ref()).map_err(unusable(ENCRYPTION_KEY))
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

async fn own_key(key_store: &KeyStore, name: &str) -> Result<Option<OwnKey>, KeyError> {
    let pem = key_store.load(name).await?;
    pem.map(|pem| OwnKey::from_pem(&pem).map_err(unusable(name))).transpose()
}

pub(super) fn unusable(name: &str) -> impl Fn(OwnKeyError) -> KeyError {
    move |error| KeyError::Making(format!("{name}: {error}"))
}
