//! A key of ours with a self-signed certificate over it, as one PEM file keeps them.

use super::sign::certificate_text;
use crate::words::Secret;
use aws_lc_rs::signature::KeyPair as _;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use time::{Duration, OffsetDateTime};

/// An RSA key of at least 2048 bits.
pub struct OwnKey {
    /// PKCS #8, DER.
    pub(super) private: Secret,
    /// The same, as the first engine takes it.
    pub(super) engine_key: bergshamra_keys::Key,
    /// Base64 of the DER, on one line.
    pub(super) certificate: String,
}

/// Why a file does not serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnKeyError {
    #[error("the private key is not an RSA key of at least 2048 bits in PKCS #8 PEM")]
    Key,
    #[error(
        "the private key has {bits} bits; a key that decrypts has at most 3072, for strangers may ask for its work"
    )]
    Long { bits: u32 },
    #[error("the certificate is not one PEM certificate")]
    Certificate,
    #[error("the certificate is for another key")]
    Mismatch,
    #[error("no key could be generated")]
    Generation,
}

impl OwnKey {
    /// Takes a private key (PKCS #8) and, after it, the certificate over it, both in PEM.
    pub fn from_pem(file: &Secret) -> Result<Self, OwnKeyError> {
        let text = file.expose_str().ok_or(OwnKeyError::Key)?;
        let pair = KeyPair::from_pkcs8_pem_and_sign_algo(text, &PKCS_RSA_SHA256).map_err(|_| OwnKeyError::Key)?;
        let private = Secret::new(pair.serialize_der());
        let key = aws_lc_rs::rsa::KeyPair::from_pkcs8(private.expose()).map_err(|_| OwnKeyError::Key)?;
        if key.public_modulus_len() < 256 {
            return Err(OwnKeyError::Key);
        }
        let pem = Secret::new(pair.serialize_pem());
        let engine_key = bergshamra_keys::loader::load_pem_auto(pem.expose(), None).map_err(|_| OwnKeyError::Key)?;
        let certificate = text.find("-----BEGIN CERTIFICATE").map(|at| &text[at..]).ok_or(OwnKeyError::Certificate)?;
        let certified = bergshamra_keys::loader::load_x509_cert_pem(certificate.as_bytes())
            .ok()
            .and_then(|certificate| certificate.to_spki_der())
            .and_then(|info| aws_lc_rs::rsa::PublicKey::from_der(&info).ok())
            .ok_or(OwnKeyError::Certificate)?;
        if certified.as_ref() != key.public_key().as_ref() {
            return Err(OwnKeyError::Mismatch);
        }
        let certificate = certificate_text(certificate).map_err(|_| OwnKeyError::Certificate)?;
        Ok(Self { private, engine_key, certificate })
    }

    /// A new file: an RSA-2048 key and a certificate that is valid for ten years from `now`. Identity providers pin the
    /// certificate, nobody follows a chain.
    pub fn generate(entity_id: &str, now: OffsetDateTime) -> Result<Secret, OwnKeyError> {
        let pair =
            KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(|_| OwnKeyError::Generation)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, entity_id.chars().take(64).collect::<String>());
        params.not_before = now.saturating_sub(Duration::DAY);
        params.not_after = now.saturating_add(Duration::days(3652));
        let certificate = params.self_signed(&pair).map_err(|_| OwnKeyError::Generation)?;
        let mut file = Secret::new(pair.serialize_pem()).expose().to_vec();
        file.extend(certificate.pem().as_bytes());
        Ok(Secret::new(file))
    }
}
