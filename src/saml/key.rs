//! A certificate that an identity provider's metadata lists for signing.

use super::sign::certificate_text;
use crate::words::{hex, sha256};
use aws_lc_rs::signature::{ParsedPublicKey, VerificationAlgorithm};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::sync::{Arc, OnceLock};
use time::OffsetDateTime;
use x509_cert::der::Decode;

/// The least RSA modulus that is believed, in bits (NIST SP 800-131A).
const LEAST_RSA_BITS: usize = 2048;

/// The methods of each family: they differ in the digest.
pub(super) const METHODS: usize = 3;

/// Which signature algorithms a key can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyFamily {
    Rsa,
    EcP256,
    EcP384,
}

/// A pinned key: the certificate as the metadata carried it, and the fingerprint of the key inside.
///
/// Two certificates over one key are one key: a renewed certificate does not make an identity provider a stranger.
#[derive(Clone)]
pub struct SigningKey(Arc<Pinned>);

struct Pinned {
    certificate: Vec<u8>,
    fingerprint: String,
    family: KeyFamily,
    public_key_info: Vec<u8>,
    /// As it is verified with, for each method of the family that has come to be used.
    parsed: [OnceLock<Option<ParsedPublicKey>>; METHODS],
    ends: OffsetDateTime,
}

/// Why a certificate cannot be pinned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("it is not an X.509 certificate in DER")]
    NotACertificate,
    #[error("its RSA key has {bits} bits, fewer than 2048")]
    ShortRsa { bits: usize },
    #[error("its key is {name}, neither RSA nor EC P-256 or P-384")]
    Unsupported { name: &'static str },
}

impl SigningKey {
    /// Reads one DER certificate. Its dates and its issuer are not looked at: the metadata is the trust.
    pub fn from_certificate(der: &[u8]) -> Result<Self, KeyError> {
        let certificate = bergshamra_keys::loader::load_x509_cert_der(der).map_err(|_| KeyError::NotACertificate)?;
        let info = certificate.to_spki_der().ok_or(KeyError::NotACertificate)?;
        let family = match certificate.algorithm_name() {
            "RSA" => {
                let rsa = aws_lc_rs::rsa::PublicKey::from_der(&info).map_err(|_| KeyError::NotACertificate)?;
                let bits = rsa.modulus_len() * 8;
                if bits < LEAST_RSA_BITS {
                    return Err(KeyError::ShortRsa { bits });
                }
                KeyFamily::Rsa
            }
            "EC-P256" => KeyFamily::EcP256,
            "EC-P384" => KeyFamily::EcP384,
            name => return Err(KeyError::Unsupported { name }),
        };
        let ends = x509_cert::Certificate::from_der(der).map_err(|_| KeyError::NotACertificate)?;
        let ends = ends.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
        let ends = i64::try_from(ends).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
        let ends = ends.ok_or(KeyError::NotACertificate)?;
        let fingerprint = hex(&sha256(&info));
        let (certificate, parsed) = (der.to_vec(), Default::default());
        Ok(Self(Arc::new(Pinned { certificate, fingerprint, family, public_key_info: info, parsed, ends })))
    }

    /// Reads the first certificate of a PEM text.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let base64 = certificate_text(text).map_err(|_| KeyError::NotACertificate)?;
        Self::from_certificate(&STANDARD.decode(base64).map_err(|_| KeyError::NotACertificate)?)
    }

    /// SHA-256 of the SubjectPublicKeyInfo, lower-case hexadecimal, 64 characters.
    pub fn fingerprint(&self) -> &str {
        &self.0.fingerprint
    }

    pub fn family(&self) -> KeyFamily {
        self.0.family
    }

    /// When the certificate ends. Nothing depends on it: people are told in good time.
    pub fn ends(&self) -> OffsetDateTime {
        self.0.ends
    }

    /// The certificate as it came, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.0.certificate
    }

    /// The key inside, ready to verify by this method of its family, the `nth` of them; it is read once.
    pub(super) fn ready(&self, nth: usize, method: &'static dyn VerificationAlgorithm) -> Option<&ParsedPublicKey> {
        let read = || ParsedPublicKey::new(method, &self.0.public_key_info).ok();
        self.0.parsed.get(nth)?.get_or_init(read).as_ref()
    }
}

impl PartialEq for SigningKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.fingerprint == other.0.fingerprint
    }
}

impl Eq for SigningKey {}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?}, {})", self.0.family, self.0.fingerprint)
    }
}
