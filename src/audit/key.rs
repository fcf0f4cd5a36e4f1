//! The key that signs what is said about the book, and its public half. It signs nothing else.

use crate::words::{Secret, hex};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes of the secret that the pair is made of (RFC 8032 §5.1.5).
pub const SEED: usize = 32;

pub struct AuditKey(Ed25519KeyPair);

#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl AuditKey {
    /// `None` if the seed is not [`SEED`] bytes.
    pub fn from_seed(seed: &Secret) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed.expose()).ok().map(Self)
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.public_key().as_ref().to_vec())
    }
}

impl PublicKey {
    pub fn holds(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }

    /// The first half of its hash, for people to compare.
    pub fn id(&self) -> String {
        hex(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.0).as_ref()[..16])
    }

    /// SubjectPublicKeyInfo (RFC 8410 §4), as other programs read it.
    pub fn pem(&self) -> String {
        const BEFORE: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        let der = STANDARD.encode([&BEFORE, self.0.as_slice()].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n")
    }
}
