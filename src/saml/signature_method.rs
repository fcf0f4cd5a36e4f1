//! Which key makes which signatures, and whether it made this one.

use super::key::{KeyFamily, METHODS, SigningKey};
use super::names;
use aws_lc_rs::signature::{self, VerificationAlgorithm};

/// Whether a key of this family makes signatures by this method.
pub(super) fn fits(family: KeyFamily, method: &str) -> bool {
    nth(family, method).is_some()
}

/// Whether `key` made this signature in a document. There ECDSA is r‖s, each as long as the curve's order (RFC 4050
/// §3.3).
pub(super) fn signs_document(key: &SigningKey, method: &str, octets: &[u8], value: &[u8]) -> bool {
    match pair_length(key.family()) {
        None => holds(key, method, octets, value),
        Some(length) => value.len() == length && holds(key, method, octets, &der(value)),
    }
}

/// Whether `key` made this signature of a query. ECDSA comes in both of its spellings here: r‖s, as in documents, and the
/// SEQUENCE that Java makes; they differ in their length.
pub(super) fn signs_query(key: &SigningKey, method: &str, octets: &[u8], value: &[u8]) -> bool {
    let as_in_documents = pair_length(key.family()).is_none_or(|length| value.len() == length);
    if as_in_documents { signs_document(key, method, octets, value) } else { holds(key, method, octets, value) }
}

fn holds(key: &SigningKey, method: &str, octets: &[u8], value: &[u8]) -> bool {
    let Some(nth) = nth(key.family(), method) else { return false };
    let (_, algorithm) = methods(key.family())[nth];
    key.ready(nth, algorithm).is_some_and(|key| key.verify_sig(octets, value).is_ok())
}

/// The octets of r‖s.
fn pair_length(family: KeyFamily) -> Option<usize> {
    match family {
        KeyFamily::Rsa => None,
        KeyFamily::EcP256 => Some(2 * 32),
        KeyFamily::EcP384 => Some(2 * 48),
    }
}

/// The library reads ECDSA as a SEQUENCE of two INTEGERs.
fn der(pair: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let digits: Vec<u8> = half.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = digits.first().is_none_or(|first| *first >= 0x80);
        let bytes: Vec<u8> = sign.then_some(0).into_iter().chain(digits).collect();
        [&[2, bytes.len() as u8], bytes.as_slice()].concat()
    };
    let (r, s) = pair.split_at(pair.len() / 2);
    let body = [integer(r), integer(s)].concat();
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

/// Which method of the family it is.
fn nth(family: KeyFamily, method: &str) -> Option<usize> {
    methods(family).iter().position(|(name, _)| *name == method)
}

fn methods(family: KeyFamily) -> [(&'static str, &'static dyn VerificationAlgorithm); METHODS] {
    match family {
        KeyFamily::Rsa => [
            (names::RSA_SHA256, &signature::RSA_PKCS1_2048_8192_SHA256),
            (names::RSA_SHA384, &signature::RSA_PKCS1_2048_8192_SHA384),
            (names::RSA_SHA512, &signature::RSA_PKCS1_2048_8192_SHA512),
        ],
        KeyFamily::EcP256 => [
            (names::ECDSA_SHA256, &signature::ECDSA_P256_SHA256_ASN1),
            (names::ECDSA_SHA384, &signature::ECDSA_P256_SHA384_ASN1),
            (names::ECDSA_SHA512, &signature::ECDSA_P256_SHA512_ASN1),
        ],
        KeyFamily::EcP384 => [
            (names::ECDSA_SHA256, &signature::ECDSA_P384_SHA256_ASN1),
            (names::ECDSA_SHA384, &signature::ECDSA_P384_SHA384_ASN1),
            (names::ECDSA_SHA512, &signature::ECDSA_P384_SHA512_ASN1),
        ],
    }
}
