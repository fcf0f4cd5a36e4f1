//! The keys that identity providers encrypt to: the present one, and perhaps the one before it.

use super::own_key::{OwnKey, OwnKeyError};
use aws_lc_rs::{digest, hmac};
use openssl::pkey::{PKey, Private};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A longer key would be work that every stranger can ask for.
const MOST_BITS: u32 = 3072;

/// At most two keys; cloning is cheap. Without any, whatever is encrypted is refused.
#[derive(Clone, Default)]
pub struct DecryptionKeys(Arc<Vec<DecryptionKey>>);

pub(super) struct DecryptionKey {
    pub(super) private: PKey<Private>,
    certificate: String,
    /// For the flight record: `present` or `former`.
    pub(super) name: &'static str,
    stand_in: hmac::Key,
}

impl DecryptionKeys {
    /// The present key is published in our metadata; the former one still decrypts what was encrypted to it.
    pub fn new(present: &OwnKey, former: Option<&OwnKey>) -> Result<Self, OwnKeyError> {
        let named = [Some(("present", present)), former.map(|key| ("former", key))];
        let keys = named.into_iter().flatten().map(|(name, key)| {
            let octets = key.private.expose();
            let private = PKey::private_key_from_pkcs8(octets).map_err(|_| OwnKeyError::Key)?;
            if private.bits() > MOST_BITS {
                return Err(OwnKeyError::Long { bits: private.bits() });
            }
            let stand_in = hmac::Key::new(hmac::HMAC_SHA256, digest::digest(&digest::SHA256, octets).as_ref());
            Ok(DecryptionKey { private, certificate: key.certificate.clone(), name, stand_in })
        });
        Ok(Self(Arc::new(keys.collect::<Result<_, _>>()?)))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The present key's certificate, base64 of the DER.
    pub(super) fn certificate(&self) -> Option<&str> {
        self.0.first().map(|key| key.certificate.as_str())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &DecryptionKey> {
        self.0.iter()
    }

    /// A content key for what none of ours opens: always the same for one ciphertext, and nobody can tell it. `None` if
    /// there are no keys.
    pub(super) fn stand_in(&self, ciphertext: &[u8], length: usize) -> Option<Zeroizing<Vec<u8>>> {
        let tag = hmac::sign(&self.0.first()?.stand_in, ciphertext);
        tag.as_ref().get(..length).map(|octets| Zeroizing::new(octets.to_vec()))
    }
}

impl fmt::Debug for DecryptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptionKeys({})", self.0.len())
    }
}
