//! The provider's keys: one for assertions, two for ID tokens. In memory, new at each start.

use crate::ambient::Random;
use crate::words::Secret;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{CertificateParams, DnType, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

/// How an ID token is signed (RFC 7518 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub(super) enum Algorithm {
    #[default]
    RS256,
    ES256,
}

pub(super) struct Keys {
    /// PKCS #8, PEM.
    pub(super) assertion_key: Secret,
    /// Self-signed, PEM.
    pub(super) assertion_certificate: String,
    rsa: RsaKeyPair,
    rsa_id: String,
    ec: EcdsaKeyPair,
    ec_id: String,
}

impl Keys {
    /// Three fresh keys. A certificate lives 90 days, longer than any demonstration.
    pub(super) fn generate(now: OffsetDateTime, random: Random) -> Self {
        const MADE: &str = "the library makes keys";
        let key = rcgen::KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect(MADE);
        let mut certificate = CertificateParams::default();
        certificate.distinguished_name.push(DnType::CommonName, super::MARK);
        certificate.not_before = now - Duration::days(1);
        certificate.not_after = now + Duration::days(90);
        let certificate = certificate.self_signed(&key).expect(MADE);
        Self {
            assertion_key: Secret::new(key.serialize_pem()),
            assertion_certificate: certificate.pem(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).expect(MADE),
            rsa_id: format!("rsa-{}", random.token::<6>()),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect(MADE),
            ec_id: format!("ec-{}", random.token::<6>()),
        }
    }

    /// The key set of both token keys (RFC 7517 §5).
    pub(super) fn key_set(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let rsa = self.rsa.public_key();
        let point = self.ec.public_key().as_ref(); // 0x04, x, y (SEC 1 §2.3.3)
        json!({"keys": [
            {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.rsa_id,
             "n": encode(rsa.modulus().big_endian_without_leading_zero()),
             "e": encode(rsa.exponent().big_endian_without_leading_zero())},
            {"kty": "EC", "use": "sig", "alg": "ES256", "kid": self.ec_id, "crv": "P-256",
             "x": encode(&point[1..33]), "y": encode(&point[33..65])},
        ]})
    }

    /// The claims as a signed token in compact form (RFC 7515 §3.1).
    pub(super) fn sign(&self, algorithm: Algorithm, claims: &Value) -> String {
        let key_id = match algorithm {
            Algorithm::RS256 => &self.rsa_id,
            Algorithm::ES256 => &self.ec_id,
        };
        let header = json!({"alg": format!("{algorithm:?}"), "typ": "JWT", "kid": key_id});
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(claims));
        let signature = match algorithm {
            Algorithm::RS256 => {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                self.rsa
                    .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
                    .expect("the buffer has the modulus's length");
                signature
            }
            Algorithm::ES256 => {
                let signature = self.ec.sign(&SystemRandom::new(), message.as_bytes());
                signature.expect("the key is in memory").as_ref().to_vec()
            }
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
