//! The keys that identity providers encrypt to: the present one, and perhaps the one before it.

use super::own_key::{OwnKey, OwnKeyError};
use openssl::pkey::PKey;
use std::fmt;
use std::sync::Arc;

/// At most two keys; cloning is cheap. Without any, whatever is encrypted is refused.
#[derive(Clone, Default)]
pub struct DecryptionKeys(Arc<Vec<DecryptionKey>>);

pub(super) struct DecryptionKey {
    certificate: String,
}

impl DecryptionKeys {
    /// The present key is published in our metadata; the former one still decrypts what was encrypted to it.
    pub fn new(present: &OwnKey, former: Option<&OwnKey>) -> Result<Self, OwnKeyError> {
        let keys = [Some(present), former].into_iter().flatten().map(|key| {
            PKey::private_key_from_pkcs8(key.private.expose()).map_err(|_| OwnKeyError::Key)?;
            Ok(DecryptionKey { certificate: key.certificate.clone() })
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
}

impl fmt::Debug for DecryptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptionKeys({})", self.0.len())
    }
}
