//! What tokens are signed with.

use crate::oidc::Algorithm;

/// STS API, "SigningAlgorithm".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningAlgorithm {
    Rs256,
    Es384,
}

impl SigningAlgorithm {
    pub const ALL: [Self; 2] = [Self::Rs256, Self::Es384];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub fn name(self) -> &'static str {
        Algorithm::from(self).name()
    }
}

impl From<SigningAlgorithm> for Algorithm {
    fn from(algorithm: SigningAlgorithm) -> Self {
        match algorithm {
            SigningAlgorithm::Rs256 => Self::Rs256,
            SigningAlgorithm::Es384 => Self::Es384,
        }
    }
}
