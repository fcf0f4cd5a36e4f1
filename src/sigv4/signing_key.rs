//! The key that a signature is made with: of a secret, for one day, one region and one service.

use crate::words::Secret;
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// The signing keys of an access key's last scopes: what a client signs all day long is signed with one of them. As
/// [`Secret`]: no `Debug`, no `==`.
///
/// A key is kept once a signature of it was verified. Whoever knows no more than the access key's id puts nothing in here,
/// and nothing out of it, whatever they send.
#[derive(Default)]
pub struct SigningKeys(Mutex<Vec<(String, Arc<hmac::Key>)>>);

/// Two regions, or the days on both sides of midnight.
const MOST: usize = 2;

impl SigningKeys {
    pub(super) fn of(&self, scope: &str) -> Option<Arc<hmac::Key>> {
        self.kept().iter().find(|(kept, _)| kept == scope).map(|(_, key)| key.clone())
    }

    /// Takes the place of the oldest.
    pub(super) fn keep(&self, scope: &str, key: hmac::Key) {
        let mut kept = self.kept();
        // Two requests at once have both made it.
        if kept.iter().all(|(known, _)| known != scope) {
            kept.truncate(MOST - 1);
            kept.insert(0, (scope.to_owned(), Arc::new(key)));
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(String, Arc<hmac::Key>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The chain that ties a signature to one day, region and service, which are the links of the scope, and the terminator.
pub(super) fn derive(secret: &Secret, scope: &str) -> hmac::Key {
    let start = Zeroizing::new([b"AWS4", secret.expose()].concat());
    scope.split('/').fold(hmac::Key::new(HMAC_SHA256, &start), |key, link| {
        hmac::Key::new(HMAC_SHA256, hmac::sign(&key, link.as_bytes()).as_ref())
    })
}
