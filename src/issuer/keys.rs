//! The keys that sign, and those that others may verify with.

use super::SigningAlgorithm;
use crate::oidc::{Algorithm, SigningKey};

/// One key for each algorithm.
pub struct IssuerKeys {
    rs256: SigningKey,
    es384: SigningKey,
}

impl IssuerKeys {
    /// `None` if one of them is for another algorithm.
    pub fn new(rs256: SigningKey, es384: SigningKey) -> Option<Self> {
        let fit = rs256.algorithm() == Algorithm::Rs256 && es384.algorithm() == Algorithm::Es384;
        fit.then_some(Self { rs256, es384 })
    }

    /// All that tokens may be verified with.
    pub(super) fn published(&self) -> impl Iterator<Item = &SigningKey> {
        [&self.rs256, &self.es384].into_iter()
    }

    /// The one that signs now.
    pub(super) fn active(&self, algorithm: SigningAlgorithm) -> &SigningKey {
        match algorithm {
            SigningAlgorithm::Rs256 => &self.rs256,
            SigningAlgorithm::Es384 => &self.es384,
        }
    }
}
