//! The keys that sign, and those that others may verify with.

use super::SigningAlgorithm;
use crate::oidc::{Algorithm, SigningKey};
use time::OffsetDateTime;

/// The pairs that are published, in the order in which they come into use; at least one.
pub struct IssuerKeys(Vec<IssuerPair>);

/// One key for each algorithm.
pub struct IssuerPair {
    rs256: SigningKey,
    es384: SigningKey,
    /// Seconds since 1970.
    from: i64,
}

impl IssuerPair {
    /// A pair that signs `from` then on; `None` if one of them is for another algorithm.
    pub fn new(rs256: SigningKey, es384: SigningKey, from: i64) -> Option<Self> {
        let fit = rs256.algorithm() == Algorithm::Rs256 && es384.algorithm() == Algorithm::Es384;
        fit.then_some(Self { rs256, es384, from })
    }
}

impl IssuerKeys {
    /// In the order in which they come into use, at least one.
    pub fn new(pairs: Vec<IssuerPair>) -> Self {
        assert!(!pairs.is_empty(), "whoever has no key does not start");
        Self(pairs)
    }

    /// All that tokens may be verified with.
    pub(super) fn published(&self) -> impl Iterator<Item = &SigningKey> {
        self.0.iter().flat_map(|pair| [&pair.rs256, &pair.es384])
    }

    /// The one that signs now: of the youngest pair whose time has come.
    pub(super) fn active(&self, algorithm: SigningAlgorithm, now: OffsetDateTime) -> &SigningKey {
        let pair = self.0.iter().rev().find(|pair| pair.from <= now.unix_timestamp()).unwrap_or(&self.0[0]);
        match algorithm {
            SigningAlgorithm::Rs256 => &pair.rs256,
            SigningAlgorithm::Es384 => &pair.es384,
        }
    }
}
