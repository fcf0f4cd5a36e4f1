//! The key by which this house proves who it is at a provider's token endpoint (`private_key_jwt`: OpenID Connect Core
//! 1.0 §9, RFC 7523 §2.2). What is sent is a signature that is good once and for a minute, never anything to keep.

use super::{Algorithm, OidcError, SigningKey};
use crate::words::Secret;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

/// An RSA key (RS256) or one on P-256 (ES256), with the public half as the provider is to know it.
pub struct ClientKey(SigningKey);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no private key that can be used: RSA of 2048 to 4096 bits or EC P-256, in PEM as PKCS #8 (BEGIN PRIVATE KEY); `openssl pkcs8 -topk8 -nocrypt` turns others into that"
)]
pub struct ClientKeyError;

const LIFE: Duration = Duration::seconds(60);

impl ClientKey {
    /// Takes the first block of a PEM text.
    pub fn from_pem(pem: &Secret) -> Result<Self, ClientKeyError> {
        let key = SigningKey::from_pem(pem).filter(|key| key.algorithm() != Algorithm::Es384);
        key.map(Self).ok_or(ClientKeyError)
    }

    /// The public half as a key set (RFC 7517 §5), for the provider to fetch.
    pub fn key_set(&self) -> Value {
        json!({ "keys": [self.0.public()] })
    }

    /// The audience is the issuer and nothing that a discovery document says, so that no provider gets an assertion that
    /// is good at another (CVE-2025-27370). `id` is unpredictable and drawn for this one use.
    pub(super) fn assertion(
        &self,
        client_id: &str,
        issuer: &str,
        id: &str,
        now: OffsetDateTime,
    ) -> Result<String, OidcError> {
        let (issued_at, expires_at) = (now.unix_timestamp(), (now + LIFE).unix_timestamp());
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": issuer, "jti": id, "iat": issued_at, "exp": expires_at,
        });
        self.0.sign(&claims).ok_or(OidcError::ClientAuthentication)
    }
}
