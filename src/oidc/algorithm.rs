//! The signature algorithms of RFC 7518 §3.1 and RFC 8037 that this house verifies.

/// One algorithm. A key says which of them it is for; a token's header can only agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Es256,
    Es384,
    Es512,
    Ps256,
    EdDsa,
}

/// What every issuer may sign with.
const ALWAYS: [Algorithm; 6] =
    [Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512, Algorithm::Es256, Algorithm::Es384, Algorithm::Es512];
/// What an issuer may sign with when its provider's setting says so.
const BY_SETTING: [Algorithm; 2] = [Algorithm::Ps256, Algorithm::EdDsa];

impl Algorithm {
    /// By the name in a header or a key.
    pub fn parse(name: &str) -> Option<Self> {
        ALWAYS.into_iter().chain(BY_SETTING).find(|algorithm| algorithm.name() == name)
    }

    /// As [`Algorithm::parse`], those only that a provider's setting may add.
    pub fn by_setting(name: &str) -> Option<Self> {
        BY_SETTING.into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Ps256 => "PS256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Whether an issuer needs no setting for it.
    pub(super) fn is_always_accepted(self) -> bool {
        ALWAYS.contains(&self)
    }

    /// The digest that the algorithm is built on, which `at_hash` takes over (OpenID Connect Core 1.0 §3.1.3.6). For Ed25519
    /// that is SHA-512, as in RFC 8032 §5.1.
    pub(super) fn digest(self) -> &'static aws_lc_rs::digest::Algorithm {
        match self {
            Self::Rs256 | Self::Es256 | Self::Ps256 => &aws_lc_rs::digest::SHA256,
            Self::Rs384 | Self::Es384 => &aws_lc_rs::digest::SHA384,
            Self::Rs512 | Self::Es512 | Self::EdDsa => &aws_lc_rs::digest::SHA512,
        }
    }
}
