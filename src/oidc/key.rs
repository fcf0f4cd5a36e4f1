//! One public key of an issuer (RFC 7517 §4): usable as it stands, or not a key at all.

use super::algorithm::Algorithm;
use super::{Flaw, json};
use crate::words::hex;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RsaParameters, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm as Jose, DecodingKey};
use serde_json::{Map, Value};
use std::fmt;

pub(super) struct Key {
    pub(super) id: Option<String>,
    /// For each algorithm that the key may be used with: the one it names, else those of its type.
    public: Vec<(Algorithm, Public)>,
}

enum Public {
    /// Read once: the JWT library would read an RSA key anew for each token. It has no P-521.
    Read(ParsedPublicKey),
    Jose(DecodingKey, Jose),
}

pub(super) const MOST_KEY_ID: usize = 256;
/// The members that only whoever signs may have.
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];
/// What an RSA key may be used with.
const RSA: [(Algorithm, &RsaParameters); 4] = [
    (Algorithm::Rs256, &RSA_PKCS1_2048_8192_SHA256),
    (Algorithm::Rs384, &RSA_PKCS1_2048_8192_SHA384),
    (Algorithm::Rs512, &RSA_PKCS1_2048_8192_SHA512),
    (Algorithm::Ps256, &RSA_PSS_2048_8192_SHA256),
];

impl Key {
    /// # Errors
    /// Why the key is not used: it is broken, weak, secret or meant for something else.
    pub(super) fn parse(entry: &Map<String, Value>) -> Result<Self, Flaw> {
        // RFC 7518 §6.2.2, §6.3.2. A shared secret is of no type that is known here.
        let is_private = PRIVATE.iter().any(|member| entry.contains_key(*member));
        if is_private && matches!(text_of(entry, "kty"), Some("RSA" | "EC" | "OKP")) {
            return Err(Flaw::Private);
        }
        let mut public = match text_of(entry, "kty") {
            Some("RSA") => rsa(entry)?,
            Some("EC") => vec![elliptic(entry)?],
            Some("OKP") => vec![(Algorithm::EdDsa, ed25519(entry)?)],
            _ => return Err(Flaw::Type),
        };
        is_for_signatures(entry)?;
        if let Some(named) = entry.get("alg") {
            public.retain(|(algorithm, _)| named == algorithm.name());
        }
        if public.is_empty() {
            return Err(Flaw::Algorithm);
        }
        match entry.get("kid") {
            None => Ok(Self { id: None, public }),
            Some(_) => {
                let id = key_id(entry).ok_or(Flaw::Broken)?;
                Ok(Self { id: Some(id.to_owned()), public })
            }
        }
    }

    pub(super) fn is_for(&self, algorithm: Algorithm) -> bool {
        self.of(algorithm).is_some()
    }

    pub(super) fn names(&self) -> String {
        self.public.iter().map(|(algorithm, _)| algorithm.name()).collect::<Vec<_>>().join(", ")
    }

    /// An algorithm that is not the key's own never holds.
    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8], algorithm: Algorithm) -> bool {
        match self.of(algorithm) {
            Some(Public::Read(key)) => key.verify_sig(signed, signature).is_ok(),
            Some(Public::Jose(key, jose)) => {
                let signature = URL_SAFE_NO_PAD.encode(signature);
                matches!(jsonwebtoken::crypto::verify(&signature, signed, key, *jose), Ok(true))
            }
            None => false,
        }
    }

    fn of(&self, algorithm: Algorithm) -> Option<&Public> {
        self.public.iter().find(|(of, _)| *of == algorithm).map(|(_, key)| key)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.names(), self.id)
    }
}

/// `use` and `key_ops`, where they are given, must both allow it (RFC 7517 §4.2, §4.3).
fn is_for_signatures(entry: &Map<String, Value>) -> Result<(), Flaw> {
    if entry.get("use").is_some_and(|purpose| purpose != "sig") {
        return Err(Flaw::Use);
    }
    let verifies =
        |operations: &Value| operations.as_array().is_some_and(|list| list.iter().any(|one| one == "verify"));
    if entry.get("key_ops").is_none_or(verifies) { Ok(()) } else { Err(Flaw::Operations) }
}

/// 2048 to 8192 bits (RFC 7518 §3.3) and an odd exponent from 65537: with 1 everybody signs, with 3 sloppy padding
/// checks elsewhere have been forged past.
fn rsa(entry: &Map<String, Value>) -> Result<Vec<(Algorithm, Public)>, Flaw> {
    let number = |name| {
        let bytes = json::base64url(text_of(entry, name)?)?;
        let start = bytes.iter().position(|byte| *byte != 0)?;
        Some(bytes.get(start..)?.to_vec())
    };
    let (n, e) = number("n").zip(number("e")).ok_or(Flaw::Broken)?;
    let bits = n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros()) as usize;
    if !(2048..=8192).contains(&bits) {
        return Err(Flaw::Size);
    }
    let exponent = e.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    if e.len() > 4 || exponent < 65537 || exponent % 2 == 0 {
        return Err(Flaw::Exponent);
    }
    if is_roca(&n) {
        return Err(Flaw::Factorable);
    }
    let key = RsaPublicKeyComponents { n, e };
    let parsed = |(algorithm, parameters)| Some((algorithm, Public::Read(key.to_parsed_public_key(parameters).ok()?)));
    RSA.into_iter().map(parsed).collect::<Option<_>>().ok_or(Flaw::Broken)
}

/// Whether a modulus bears the mark of the chips whose keys can be factored (ROCA, CVE-2017-15361): their primes are
/// built from powers of 65537, so the modulus is such a power modulo every small prime. Chance does not do that.
fn is_roca(modulus: &[u8]) -> bool {
    const SMALL_PRIMES: [u32; 38] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
        109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ];
    SMALL_PRIMES.iter().all(|prime| {
        let residue = modulus.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        let powers = std::iter::successors(Some(1), |power| Some(power * 65537 % prime));
        powers.take(*prime as usize).any(|power| power == residue)
    })
}

/// Two coordinates of exactly the curve's length (RFC 7518 §6.2.1); that they lie on the curve is checked by the
/// parser. The curve says the algorithm (§3.4).
fn elliptic(entry: &Map<String, Value>) -> Result<(Algorithm, Public), Flaw> {
    let (algorithm, length, parser) = match text_of(entry, "crv") {
        Some("P-256") => (Algorithm::Es256, 32, &ECDSA_P256_SHA256_FIXED),
        Some("P-384") => (Algorithm::Es384, 48, &ECDSA_P384_SHA384_FIXED),
        Some("P-521") => (Algorithm::Es512, 66, &ECDSA_P521_SHA512_FIXED),
        _ => return Err(Flaw::Type),
    };
    let mut point = vec![4_u8];
    for name in ["x", "y"] {
        let coordinate = text_of(entry, name).and_then(json::base64url).filter(|bytes| bytes.len() == length);
        point.extend(coordinate.ok_or(Flaw::Broken)?);
    }
    let read = ParsedPublicKey::new(parser, &point).map_err(|_| Flaw::Broken)?;
    let jose = |jose| Public::Jose(DecodingKey::from_ec_der(&point), jose);
    Ok(match algorithm {
        Algorithm::Es256 => (algorithm, jose(Jose::ES256)),
        Algorithm::Es384 => (algorithm, jose(Jose::ES384)),
        _ => (algorithm, Public::Read(read)),
    })
}

/// 32 bytes (RFC 8037 §2) that are a point, and none of those with which everything verifies.
fn ed25519(entry: &Map<String, Value>) -> Result<Public, Flaw> {
    if text_of(entry, "crv") != Some("Ed25519") {
        return Err(Flaw::Type);
    }
    let point = text_of(entry, "x").and_then(json::base64url).filter(|bytes| bytes.len() == 32);
    let point = point.filter(|point| !is_of_small_order(point)).ok_or(Flaw::Broken)?;
    let key = DecodingKey::from_ed_der(&point);
    if ParsedPublicKey::new(&ED25519, point).is_ok() { Ok(Public::Jose(key, Jose::EdDSA)) } else { Err(Flaw::Broken) }
}

/// The eight points of small order (RFC 8032 §5.1.7 leaves them to the application), in every encoding: their y is
/// 0, ±1 or one of two further values; the sign bit does not matter.
fn is_of_small_order(point: &[u8]) -> bool {
    const ORDER_8: [&str; 2] = [
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ];
    let mut y = point.to_vec();
    let Some(last) = y.last_mut() else { return true };
    *last &= 0x7f;
    let hex = hex(&y);
    // Little-endian: 0 and 1, p - 1, and p and p + 1, which are 0 and 1 written too large.
    let small = |first: u8, rest: u8, last: u8| y[0] == first && y[31] == last && y[1..31].iter().all(|b| *b == rest);
    let degenerate = [(0, 0, 0), (1, 0, 0), (0xec, 0xff, 0x7f), (0xed, 0xff, 0x7f), (0xee, 0xff, 0x7f)];
    degenerate.into_iter().any(|(first, rest, last)| small(first, rest, last)) || ORDER_8.contains(&hex.as_str())
}

/// The key's id, if it has one that a token can name.
pub(super) fn key_id(entry: &Map<String, Value>) -> Option<&str> {
    text_of(entry, "kid").filter(|id| !id.is_empty() && id.len() <= MOST_KEY_ID)
}

pub(super) fn text_of<'a>(entry: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    entry.get(name).and_then(Value::as_str)
}
