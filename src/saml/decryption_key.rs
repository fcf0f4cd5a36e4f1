//! The keys that identity providers encrypt to: the present one, and perhaps the one before it or the one to come.

use super::own_key::{OwnKey, OwnKeyError};
use crate::words::sha256;
use aws_lc_rs::hmac;
use openssl::pkey::{PKey, Private};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use zeroize::Zeroizing;

/// A longer key would be work that every stranger can ask for.
const MOST_BITS: u32 = 3072;

/// Two or three keys at most; cloning is cheap, and clones are renewed together. Without any, whatever is encrypted is
/// refused.
#[derive(Clone, Default)]
pub struct DecryptionKeys(Arc<RwLock<Current>>);

/// Replaced whole.
pub(super) type Current = Arc<Vec<DecryptionKey>>;

pub(super) struct DecryptionKey {
    pub(super) private: PKey<Private>,
    /// If it is published: base64 of the DER.
    certificate: Option<String>,
    /// For the flight record: `present`, `former` or `upcoming`.
    pub(super) name: &'static str,
    stand_in: hmac::Key,
}

impl DecryptionKeys {
    /// Those that are published in our metadata, in this order, each under the name that the flight record calls it by;
    /// and a former one that decrypts what was encrypted to it.
    pub fn new(published: &[(&'static str, &OwnKey)], former: Option<&OwnKey>) -> Result<Self, OwnKeyError> {
        let named = published.iter().map(|(name, key)| (*name, *key, true));
        let keys = named.chain(former.map(|key| ("former", key, false))).map(|(name, key, is_published)| {
            let octets = key.private.expose();
            let private = PKey::private_key_from_pkcs8(octets).map_err(|_| OwnKeyError::Key)?;
            if private.bits() > MOST_BITS {
                return Err(OwnKeyError::Long { bits: private.bits() });
            }
            let stand_in = hmac::Key::new(hmac::HMAC_SHA256, &sha256(octets));
            let certificate = is_published.then(|| key.certificate.clone());
            Ok(DecryptionKey { private, certificate, name, stand_in })
        });
        Ok(Self(Arc::new(RwLock::new(Arc::new(keys.collect::<Result<_, _>>()?)))))
    }

    /// Takes up the keys as they are now, for every clone.
    pub(super) fn renew(&self, keys: &Self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys.current();
    }

    pub fn is_empty(&self) -> bool {
        self.current().is_empty()
    }

    /// The certificates that are published, base64 of the DER.
    pub(super) fn certificates(&self) -> Vec<String> {
        self.current().iter().filter_map(|key| key.certificate.clone()).collect()
    }

    /// The keys as they are now.
    pub(super) fn current(&self) -> Current {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl DecryptionKey {
    /// A content key for what none of ours opens: always the same for one ciphertext, and nobody can tell it.
    pub(super) fn stand_in(&self, ciphertext: &[u8], length: usize) -> Option<Zeroizing<Vec<u8>>> {
        let tag = hmac::sign(&self.stand_in, ciphertext);
        tag.as_ref().get(..length).map(|octets| Zeroizing::new(octets.to_vec()))
    }
}

impl fmt::Debug for DecryptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptionKeys({})", self.current().len())
    }
}
