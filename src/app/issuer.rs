//! The house as an issuer, with its keys.

use crate::ambient::Random;
use crate::issuer::{Issuer, IssuerKeys, SigningAlgorithm};
use crate::oidc::SigningKey;
use crate::sts::{KeyError, KeyStore};
use url::Url;

const RS256: &str = "issuer-rs256.pem";
const ES384: &str = "issuer-es384.pem";

/// Its keys are made at the first start.
pub(super) async fn issuer(key_store: &KeyStore, public_url: &Url, random: &Random) -> Result<Issuer, KeyError> {
    let rs256 = signing_key(key_store, RS256, SigningAlgorithm::Rs256, random).await?;
    let es384 = signing_key(key_store, ES384, SigningAlgorithm::Es384, random).await?;
    let keys = IssuerKeys::new(rs256, es384).ok_or_else(|| KeyError::Damaged(format!("{RS256} or {ES384}")))?;
    Ok(Issuer::new(public_url, keys))
}

async fn signing_key(
    key_store: &KeyStore,
    name: &str,
    algorithm: SigningAlgorithm,
    random: &Random,
) -> Result<SigningKey, KeyError> {
    let unmade = || KeyError::Making(format!("{name}: no key could be generated"));
    let make = || SigningKey::generate(algorithm.into()).ok_or_else(unmade);
    let pem = key_store.load_or_make(name, random, make).await?;
    SigningKey::from_pem(&pem).ok_or_else(|| KeyError::Damaged(name.to_owned()))
}
