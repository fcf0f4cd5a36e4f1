//! What keeps a published key from serving.

use crate::trace::Code;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Not RSA, P-256, P-384, P-521 or Ed25519; a shared secret is among these.
    Type,
    /// Its private half is published with it: whoever reads the set signs in the issuer's name.
    Private,
    /// A member is missing or no strict base64url, a point is not on its curve, or everything verifies with it.
    Broken,
    /// RSA of less than 2048 or more than 8192 bits.
    Size,
    /// An RSA exponent that is even or less than 65537.
    Exponent,
    /// RSA with the mark of the chips whose keys can be factored.
    Factorable,
    /// `use` is not `sig`.
    Use,
    /// `key_ops` does not hold `verify`.
    Operations,
    /// `alg` names nothing that a key of its type verifies here.
    Algorithm,
    /// More keys of its type than are looked at.
    TooMany,
}

impl Flaw {
    pub(super) fn code(self) -> Code {
        match self {
            Self::Type => Code::OidcKeyType,
            Self::Private => Code::OidcPrivateKey,
            Self::Broken => Code::OidcBrokenKey,
            Self::Size => Code::OidcKeySize,
            Self::Exponent => Code::OidcKeyExponent,
            Self::Factorable => Code::OidcFactorableKey,
            Self::Use => Code::OidcKeyUse,
            Self::Operations => Code::OidcKeyOperations,
            Self::Algorithm => Code::OidcKeyAlgorithm,
            Self::TooMany => Code::OidcTooManyKeys,
        }
    }

    /// As in "the key … and so is not used".
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Type => "is of a type that is not verified with",
            Self::Private => "is published with its private half (d, p or q)",
            Self::Broken => "cannot be read as a key of its type",
            Self::Size => "is RSA of less than 2048 or more than 8192 bits",
            Self::Exponent => "has an RSA exponent that is even or less than 65537",
            Self::Factorable => "can be factored (ROCA, CVE-2017-15361)",
            Self::Use => "is not for signatures (use)",
            Self::Operations => "is not for verifying (key_ops)",
            Self::Algorithm => "names another algorithm than those of its type (alg)",
            Self::TooMany => "is one of more than a hundred of its type",
        }
    }
}
