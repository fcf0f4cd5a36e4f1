//! The key by which this house proves who it is at a provider's token endpoint (`private_key_jwt`: OpenID Connect Core
//! 1.0 §9, RFC 7523 §2.2). What is sent is a signature that is good once and for a minute, never anything to keep.

use super::OidcError;
use crate::words::Secret;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, PublicKeyComponents};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

/// An RSA key (RS256) or one on P-256 (ES256), with the public half as the provider is to know it.
pub struct ClientKey {
    pair: Pair,
    /// RFC 7638: the thumbprint of the public key.
    id: String,
    public: Value,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no private key that can be used: RSA of 2048 to 4096 bits or EC P-256, in PEM as PKCS #8 (BEGIN PRIVATE KEY); `openssl pkcs8 -topk8 -nocrypt` turns others into that"
)]
pub struct ClientKeyError;

/// In bytes. Whoever begins a login makes us sign, so the work must stay small.
const RSA_MODULUS: std::ops::RangeInclusive<usize> = 256..=512;
const LIFE: Duration = Duration::seconds(60);

impl ClientKey {
    /// Takes the first block of a PEM text.
    pub fn from_pem(pem: &Secret) -> Result<Self, ClientKeyError> {
        let text = pem.expose_str().ok_or(ClientKeyError)?;
        let pkcs8 = |algorithm| {
            let pair = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(text, algorithm).ok()?;
            Some(Secret::new(pair.serialize_der()))
        };
        let rsa = || RsaKeyPair::from_pkcs8(pkcs8(&PKCS_RSA_SHA256)?.expose()).ok().map(Pair::Rsa);
        let ec = || {
            let der = pkcs8(&PKCS_ECDSA_P256_SHA256)?;
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.expose()).ok().map(Pair::Ec)
        };
        let pair = rsa().or_else(ec).ok_or(ClientKeyError)?;
        let mut public = pair.public();
        if matches!(&pair, Pair::Rsa(key) if !RSA_MODULUS.contains(&key.public_modulus_len())) {
            return Err(ClientKeyError);
        }
        // The required members alone, in the order of their names, which is how they are kept.
        let id = base64url(digest(&SHA256, public.to_string().as_bytes()).as_ref());
        for (name, value) in [("kid", id.as_str()), ("use", "sig"), ("alg", pair.algorithm())] {
            public[name] = json!(value);
        }
        Ok(Self { pair, id, public })
    }

    /// The public half as a key set (RFC 7517 §5), for the provider to fetch.
    pub fn key_set(&self) -> Value {
        json!({ "keys": [self.public] })
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
        let header = json!({ "alg": self.pair.algorithm(), "kid": self.id, "typ": "JWT" });
        let (issued_at, expires_at) = (now.unix_timestamp(), (now + LIFE).unix_timestamp());
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": issuer, "jti": id, "iat": issued_at, "exp": expires_at,
        });
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.pair.sign(signed.as_bytes()).ok_or(OidcError::ClientAuthentication)?;
        Ok(format!("{signed}.{}", base64url(&signature)))
    }
}

impl Pair {
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
        }
    }

    fn public(&self) -> Value {
        match self {
            Self::Rsa(key) => {
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(key.public_key());
                json!({ "e": base64url(&e), "kty": "RSA", "n": base64url(&n) })
            }
            Self::Ec(key) => {
                // 4, and two coordinates of 32 bytes.
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({ "crv": "P-256", "kty": "EC", "x": base64url(x), "y": base64url(y) })
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            Self::Ec(key) => Some(key.sign(&random, message).ok()?.as_ref().to_vec()),
        }
    }
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
