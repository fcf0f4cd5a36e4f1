//! The keys of the house as an issuer.

use crate::issuer::{IssuerKeys, IssuerPair, SigningAlgorithm};
use crate::oidc::SigningKey;
use crate::store::RingKey;
use crate::sts::{ES384_KEY, KeyError, KeyRing, KeyStore, Lacks, RS256_KEY, key_name};
use crate::words::Secret;
use time::OffsetDateTime;

/// Those on the ring that count, as far as they can be read; none if the pair in use cannot.
pub(super) async fn issuer_keys(
    ring: &KeyRing,
    key_store: &KeyStore,
    now: OffsetDateTime,
    lacks: &mut Lacks,
) -> Option<IssuerKeys> {
    let mut pairs = Vec::new();
    for (key, state) in ring.kept(now) {
        let pair = pair(key, key_store).await;
        pairs.extend(lacks.note(state, pair));
    }
    lacks.has_key_in_use().then(|| IssuerKeys::new(pairs))
}

async fn pair(key: &RingKey, key_store: &KeyStore) -> Result<IssuerPair, KeyError> {
    let (rs256, es384) = (key_name(key, RS256_KEY), key_name(key, ES384_KEY));
    let (rsa, ec) = (signing_key(key_store, &rs256).await?, signing_key(key_store, &es384).await?);
    let pair = IssuerPair::new(rsa, ec, key.active_from.unwrap_or(i64::MAX));
    pair.ok_or_else(|| KeyError::Damaged(format!("{rs256} or {es384}")))
}

/// A new key for the file of this plain name.
pub(super) fn make(plain: &str) -> Result<Secret, KeyError> {
    let algorithm = if plain == RS256_KEY { SigningAlgorithm::Rs256 } else { SigningAlgorithm::Es384 };
    let unmade = || KeyError::Making(format!("{plain}: no key could be generated"));
    SigningKey::generate(algorithm.into()).ok_or_else(unmade)
}

async fn signing_key(key_store: &KeyStore, name: &str) -> Result<SigningKey, KeyError> {
    let pem = key_store.load(name).await?.ok_or_else(|| KeyError::Missing(name.to_owned()))?;
    SigningKey::from_pem(&pem).ok_or_else(|| KeyError::Damaged(name.to_owned()))
}
