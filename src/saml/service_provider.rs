//! Who we are towards identity providers: an entity id, addresses, a key that signs and keys that decrypt.

use super::SigningKey;
use super::decryption_key::DecryptionKeys;
use super::own_key::{OwnKey, OwnKeyError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// The service provider's identity. Its requests are signed by an RSA key.
pub struct ServiceProvider {
    pub entity_id: String,
    /// Where identity providers post their responses.
    pub acs_url: String,
    /// The assertion consumer by the name that AWS gives it.
    pub acs_alias_url: String,
    /// Single logout, in both bindings.
    pub slo_url: String,
    pub(super) key: aws_lc_rs::rsa::KeyPair,
    /// The same key, for signatures inside documents.
    pub(super) engine_key: bergshamra_keys::Key,
    /// Base64 of the DER, on one line.
    pub(super) certificate: String,
    pub decryption: DecryptionKeys,
}

impl ServiceProvider {
    /// `public_url` ends with a slash; our addresses are below it.
    pub fn new(
        entity_id: &str,
        public_url: &str,
        signing: &OwnKey,
        decryption: DecryptionKeys,
    ) -> Result<Self, OwnKeyError> {
        let key = aws_lc_rs::rsa::KeyPair::from_pkcs8(signing.private.expose()).map_err(|_| OwnKeyError::Key)?;
        Ok(Self {
            entity_id: entity_id.to_owned(),
            acs_url: format!("{public_url}saml/acs"),
            acs_alias_url: format!("{public_url}saml"),
            slo_url: format!("{public_url}saml/slo"),
            key,
            engine_key: signing.engine_key.clone(),
            certificate: signing.certificate.clone(),
            decryption,
        })
    }

    /// Our certificates, each with what it is for.
    pub fn certificates(&self) -> Vec<(&'static str, SigningKey)> {
        let key = |text: &str| SigningKey::from_certificate(&STANDARD.decode(text).ok()?).ok();
        let signing = key(&self.certificate).map(|key| ("signing", key));
        let encryption = self.decryption.certificate().and_then(key).map(|key| ("encryption", key));
        signing.into_iter().chain(encryption).collect()
    }
}

impl fmt::Debug for ServiceProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceProvider({}, {})", self.entity_id, self.acs_url)
    }
}
