//! Who we are towards identity providers: an entity id, an assertion consumer and a signing key.

use super::SigningKey;
use super::sign::certificate_text;
use crate::words::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use std::fmt;
use time::OffsetDateTime;

/// The service provider's identity. Its requests are signed by an RSA key.
pub struct ServiceProvider {
    pub entity_id: String,
    /// Where identity providers post their responses.
    pub acs_url: String,
    pub(super) key: aws_lc_rs::rsa::KeyPair,
    /// The same key, for signatures inside documents.
    pub(super) engine_key: bergshamra_keys::Key,
    /// Base64 of the DER, on one line.
    pub(super) certificate: String,
}

/// A freshly made key and certificate, for whoever stores them.
pub struct GeneratedKey {
    /// PKCS #8.
    pub key_pem: Secret,
    pub certificate_pem: String,
}

/// Why a key and certificate cannot serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceProviderError {
    #[error("the private key is not an RSA key of at least 2048 bits in PKCS #8 PEM")]
    Key,
    #[error("the certificate is not one PEM certificate")]
    Certificate,
    #[error("the certificate is for another key")]
    Mismatch,
    #[error("no key could be generated")]
    Generation,
}

impl ServiceProvider {
    /// Takes a private key (PKCS #8 PEM, RSA of 2048 bits or more) and the certificate over it.
    pub fn from_pem(
        entity_id: &str,
        acs_url: &str,
        key_pem: &Secret,
        certificate_pem: &str,
    ) -> Result<Self, ServiceProviderError> {
        use aws_lc_rs::signature::KeyPair as _;
        let text = key_pem.expose_str().ok_or(ServiceProviderError::Key)?;
        let pair =
            KeyPair::from_pkcs8_pem_and_sign_algo(text, &PKCS_RSA_SHA256).map_err(|_| ServiceProviderError::Key)?;
        let der = Secret::new(pair.serialize_der());
        let key = aws_lc_rs::rsa::KeyPair::from_pkcs8(der.expose()).map_err(|_| ServiceProviderError::Key)?;
        if key.public_modulus_len() < 256 {
            return Err(ServiceProviderError::Key);
        }
        let engine_key = bergshamra_keys::loader::load_pem_auto(Secret::new(pair.serialize_pem()).expose(), None)
            .map_err(|_| ServiceProviderError::Key)?;
        let certificate = certificate_text(certificate_pem).map_err(|_| ServiceProviderError::Certificate)?;
        let certified = bergshamra_keys::loader::load_x509_cert_pem(certificate_pem.as_bytes())
            .ok()
            .and_then(|certificate| certificate.to_spki_der())
            .and_then(|info| aws_lc_rs::rsa::PublicKey::from_der(&info).ok())
            .ok_or(ServiceProviderError::Certificate)?;
        if certified.as_ref() != key.public_key().as_ref() {
            return Err(ServiceProviderError::Mismatch);
        }
        Ok(Self { entity_id: entity_id.to_owned(), acs_url: acs_url.to_owned(), key, engine_key, certificate })
    }

    /// Our certificates, each with what it is for.
    pub fn certificates(&self) -> Vec<(&'static str, SigningKey)> {
        let signing = STANDARD.decode(&self.certificate).ok().and_then(|der| SigningKey::from_certificate(&der).ok());
        signing.map(|key| ("signing", key)).into_iter().collect()
    }

    /// Makes an RSA-2048 key and a self-signed certificate over it, valid for ten years from `now`: identity
    /// providers pin the certificate, nobody follows a chain.
    pub fn generate(entity_id: &str, now: OffsetDateTime) -> Result<GeneratedKey, ServiceProviderError> {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
            .map_err(|_| ServiceProviderError::Generation)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, entity_id.chars().take(64).collect::<String>());
        params.not_before = now.saturating_sub(time::Duration::DAY);
        params.not_after = now.saturating_add(time::Duration::days(3652));
        let certificate = params.self_signed(&pair).map_err(|_| ServiceProviderError::Generation)?;
        Ok(GeneratedKey { key_pem: Secret::new(pair.serialize_pem()), certificate_pem: certificate.pem() })
    }
}

impl fmt::Debug for ServiceProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceProvider({}, {})", self.entity_id, self.acs_url)
    }
}
