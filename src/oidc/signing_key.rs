//! A private key that signs JSON Web Tokens in the compact form (RFC 7515 §3.1), with its public half as others are to
//! know it.

use super::Algorithm;
use crate::words::{Secret, sha256};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    KeyPair as _, RSA_PKCS1_SHA256,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, RsaKeySize, SignatureAlgorithm};
use serde_json::{Value, json};

/// RSA of 2048 to 4096 bits (RS256), or on one of the curves P-256 (ES256) and P-384 (ES384).
pub struct SigningKey {
    pair: Pair,
    /// RFC 7638: the thumbprint of the public key.
    id: String,
    public: Value,
}

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
}

/// In bytes. Others make us sign, so the work must stay small.
const RSA_MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

impl SigningKey {
    /// Takes the first block of a PEM text, PKCS #8; `None` for what is no such key.
    pub fn from_pem(pem: &Secret) -> Option<Self> {
        let text = pem.expose_str()?;
        let pair = rsa(text).or_else(|| {
            let p256 = || elliptic(text, &PKCS_ECDSA_P256_SHA256, &ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::P256);
            let p384 = || elliptic(text, &PKCS_ECDSA_P384_SHA384, &ECDSA_P384_SHA384_FIXED_SIGNING).map(Pair::P384);
            p256().or_else(p384)
        })?;
        let mut public = pair.public();
        // The required members alone, in the order of their names, which is how they are kept.
        let id = base64url(&sha256(public.to_string().as_bytes()));
        for (name, value) in [("kid", id.as_str()), ("use", "sig"), ("alg", pair.algorithm().name())] {
            public[name] = json!(value);
        }
        Some(Self { pair, id, public })
    }

    /// A new key in PEM: RSA-2048, P-256 or P-384. `None` for the algorithms that no key here signs with.
    pub fn generate(algorithm: Algorithm) -> Option<Secret> {
        let pair = match algorithm {
            Algorithm::Rs256 => rcgen::KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
            Algorithm::Es256 => rcgen::KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            Algorithm::Es384 => rcgen::KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            _ => return None,
        };
        Some(Secret::new(pair.ok()?.serialize_pem()))
    }

    pub fn algorithm(&self) -> Algorithm {
        self.pair.algorithm()
    }

    /// What a token's header calls it (`kid`).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public half (RFC 7517 §4).
    pub fn public(&self) -> &Value {
        &self.public
    }

    /// The claims as a signed token. `None` if the library cannot sign.
    pub fn sign(&self, claims: &Value) -> Option<String> {
        let header = json!({ "alg": self.algorithm().name(), "kid": self.id, "typ": "JWT" });
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.pair.sign(signed.as_bytes())?;
        Some(format!("{signed}.{}", base64url(&signature)))
    }
}

impl Pair {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa(_) => Algorithm::Rs256,
            Self::P256(_) => Algorithm::Es256,
            Self::P384(_) => Algorithm::Es384,
        }
    }

    fn public(&self) -> Value {
        match self {
            Self::Rsa(key) => {
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(key.public_key());
                json!({ "e": base64url(&e), "kty": "RSA", "n": base64url(&n) })
            }
            Self::P256(key) => point("P-256", key),
            Self::P384(key) => point("P-384", key),
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
            Self::P256(key) | Self::P384(key) => Some(key.sign(&random, message).ok()?.as_ref().to_vec()),
        }
    }
}

fn rsa(pem: &str) -> Option<Pair> {
    let key = RsaKeyPair::from_pkcs8(pkcs8(pem, &PKCS_RSA_SHA256)?.expose()).ok()?;
    RSA_MODULUS.contains(&key.public_modulus_len()).then_some(Pair::Rsa(key))
}

fn elliptic(
    pem: &str,
    kind: &'static SignatureAlgorithm,
    curve: &'static EcdsaSigningAlgorithm,
) -> Option<EcdsaKeyPair> {
    EcdsaKeyPair::from_pkcs8(curve, pkcs8(pem, kind)?.expose()).ok()
}

fn pkcs8(pem: &str, kind: &'static SignatureAlgorithm) -> Option<Secret> {
    let pair = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(pem, kind).ok()?;
    Some(Secret::new(pair.serialize_der()))
}

/// RFC 7518 §6.2.1. A public key is 4, and two coordinates of one length (SEC 1 §2.3.3).
fn point(curve: &str, key: &EcdsaKeyPair) -> Value {
    let coordinates = &key.public_key().as_ref()[1..];
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    json!({ "crv": curve, "kty": "EC", "x": base64url(x), "y": base64url(y) })
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
