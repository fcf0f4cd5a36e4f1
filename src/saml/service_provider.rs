//! Who we are towards identity providers: an entity id, addresses, a key that signs and keys that decrypt.

use super::SigningKey;
use super::decryption_key::DecryptionKeys;
use super::own_key::{OwnKey, OwnKeyError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// The service provider's identity. Its requests are signed by an RSA key.
pub struct ServiceProvider {
    pub entity_id: String,
    /// Where identity providers post their responses.
    pub acs_url: String,
    /// The assertion consumer by the name that AWS gives it.
    pub acs_alias_url: String,
    /// Single logout, in both bindings.
    pub slo_url: String,
    signing: RwLock<Arc<Signing>>,
    pub decryption: DecryptionKeys,
}

/// What we sign with, and what is published for it. Replaced whole.
pub(super) struct Signing {
    pub(super) key: aws_lc_rs::rsa::KeyPair,
    /// The same key, for signatures inside documents.
    pub(super) engine_key: bergshamra_keys::Key,
    /// Base64 of the DER, each on one line; the first is of the key above.
    pub(super) certificates: Vec<String>,
}

impl ServiceProvider {
    /// `public_url` ends with a slash; our addresses are below it. Of the keys, at least one, the first signs; all are
    /// published.
    pub fn new(
        entity_id: &str,
        public_url: &str,
        signing: &[OwnKey],
        decryption: DecryptionKeys,
    ) -> Result<Self, OwnKeyError> {
        Ok(Self {
            entity_id: entity_id.to_owned(),
            acs_url: format!("{public_url}saml/acs"),
            acs_alias_url: format!("{public_url}saml"),
            slo_url: format!("{public_url}saml/slo"),
            signing: RwLock::new(Arc::new(Signing::new(signing)?)),
            decryption,
        })
    }

    /// Takes up the keys as they are now.
    pub fn renew(&self, signing: &[OwnKey], decryption: &DecryptionKeys) -> Result<(), OwnKeyError> {
        let signing = Arc::new(Signing::new(signing)?);
        *self.signing.write().unwrap_or_else(PoisonError::into_inner) = signing;
        self.decryption.renew(decryption);
        Ok(())
    }

    /// Our certificates, each with what it is for.
    pub fn certificates(&self) -> Vec<(&'static str, SigningKey)> {
        let key = |text: &String| SigningKey::from_certificate(&STANDARD.decode(text).ok()?).ok();
        let named =
            |purpose, texts: &[String]| -> Vec<_> { texts.iter().filter_map(key).map(|key| (purpose, key)).collect() };
        let signing = named("signing", &self.signing().certificates);
        signing.into_iter().chain(named("encryption", &self.decryption.certificates())).collect()
    }

    pub(super) fn signing(&self) -> Arc<Signing> {
        self.signing.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Signing {
    fn new(keys: &[OwnKey]) -> Result<Self, OwnKeyError> {
        let first = keys.first().ok_or(OwnKeyError::Key)?;
        let key = aws_lc_rs::rsa::KeyPair::from_pkcs8(first.private.expose()).map_err(|_| OwnKeyError::Key)?;
        let certificates = keys.iter().map(|key| key.certificate.clone()).collect();
        Ok(Self { key, engine_key: first.engine_key.clone(), certificates })
    }
}

impl fmt::Debug for ServiceProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceProvider({}, {})", self.entity_id, self.acs_url)
    }
}
