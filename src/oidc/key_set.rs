//! An issuer's public keys (RFC 7517).
//!
//! A set is as good as its usable keys: what is broken, weak, secret or meant for something else is left out, and the
//! rest serves. A key that cannot be parsed, as a point off its curve, is found here and not when the first token
//! comes. Each usable key has exactly one algorithm, by its type: RSA keys verify RS256, P-256 keys ES256.

use super::{OidcError, json};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};
use std::fmt;

/// The usable keys of one issuer; perhaps none.
#[derive(Debug)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// A signature algorithm that this house verifies (RFC 7518 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Es256,
}

pub(super) struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    public: DecodingKey,
}

/// More than this many of one type make the keys of that type unusable, as AWS has it.
const MOST_OF_A_TYPE: usize = 100;
pub(super) const MOST_KEY_ID: usize = 256;

impl KeySet {
    /// Reads `{"keys": […]}`. Unusable keys are left out; a set without any usable key is a set, but verifies nothing.
    ///
    /// # Errors
    /// [`OidcError::Json`] when it is no JSON object or a member occurs twice, [`OidcError::KeySetShape`] when `keys`
    /// is not a list.
    pub fn parse(text: &[u8]) -> Result<Self, OidcError> {
        let members = json::object(text, "the key set")?;
        let Some(Value::Array(entries)) = members.get("keys") else { return Err(OidcError::KeySetShape) };
        let entries: Vec<&Map<String, Value>> = entries.iter().filter_map(Value::as_object).collect();
        let of_type = |kty: &str| entries.iter().filter(|entry| text_of(entry, "kty") == Some(kty)).count();
        let (rsa, ec) = (of_type("RSA") <= MOST_OF_A_TYPE, of_type("EC") <= MOST_OF_A_TYPE);
        let served = |entry: &&&Map<String, Value>| match text_of(entry, "kty") {
            Some("RSA") => rsa,
            Some("EC") => ec,
            _ => false,
        };
        let keys = entries.iter().filter(served).filter_map(|entry| Key::parse(entry)).collect();
        Ok(Self { keys })
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The one key that a token may be verified with. Two keys of one id and algorithm: the later one. Without an id:
    /// the only key of that algorithm.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&Key, OidcError> {
        if self.keys.is_empty() {
            return Err(OidcError::NoUsableKey);
        }
        let fitting = self.keys.iter().filter(|key| key.algorithm == algorithm);
        let Some(id) = id else {
            let fitting: Vec<&Key> = fitting.collect();
            return match fitting[..] {
                [only] => Ok(only),
                _ => Err(OidcError::KeyIdMissing { fitting: fitting.len() }),
            };
        };
        if let Some(key) = fitting.rev().find(|key| key.id.as_deref() == Some(id)) {
            return Ok(key);
        }
        match self.keys.iter().find(|key| key.id.as_deref() == Some(id)) {
            Some(other) => Err(OidcError::KeyAlgorithm { key: other.algorithm.name(), token: algorithm.name() }),
            None => Err(OidcError::UnknownKey { key_id: id.to_owned() }),
        }
    }
}

impl Algorithm {
    pub(super) fn parse(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Es256].into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

impl Key {
    /// `signature` is the third part of a token, in base64url. The algorithm is the key's, never the token's.
    pub(super) fn verifies(&self, signed: &[u8], signature: &str) -> bool {
        let algorithm = match self.algorithm {
            Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
            Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        };
        matches!(jsonwebtoken::crypto::verify(signature, signed, &self.public, algorithm), Ok(true))
    }

    fn parse(entry: &Map<String, Value>) -> Option<Self> {
        let (algorithm, public) = match text_of(entry, "kty")? {
            "RSA" => (Algorithm::Rs256, rsa(entry)?),
            "EC" => (Algorithm::Es256, p256(entry)?),
            _ => return None,
        };
        let for_signatures = match (entry.get("use"), entry.get("key_ops")) {
            (Some(purpose), _) if purpose != "sig" => false,
            (_, Some(operations)) => operations.as_array().is_some_and(|list| list.iter().any(|one| one == "verify")),
            _ => true,
        };
        let id = match entry.get("kid") {
            None => None,
            Some(Value::String(id)) if !id.is_empty() && id.len() <= MOST_KEY_ID => Some(id.clone()),
            Some(_) => return None,
        };
        let algorithm_fits = entry.get("alg").is_none_or(|alg| alg == algorithm.name());
        (for_signatures && algorithm_fits).then_some(Self { id, algorithm, public })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.algorithm.name(), self.id)
    }
}

/// 2048 to 8192 bits (RFC 7518 §3.3) and an odd exponent from 65537: with 1 everybody signs, with 3 sloppy padding
/// checks elsewhere have been forged past.
fn rsa(entry: &Map<String, Value>) -> Option<DecodingKey> {
    let number = |name| {
        let bytes = json::base64url(text_of(entry, name)?)?;
        let start = bytes.iter().position(|byte| *byte != 0)?;
        Some(bytes.get(start..)?.to_vec())
    };
    let (n, e) = (number("n")?, number("e")?);
    let bits = n.len() * 8 - n.first()?.leading_zeros() as usize;
    if !(2048..=8192).contains(&bits) || n.last()? % 2 == 0 || e.len() > 4 {
        return None;
    }
    let exponent = e.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    if exponent < 65537 || exponent % 2 == 0 || is_roca(&n) {
        return None;
    }
    let key = DecodingKey::from_rsa_raw_components(&n, &e);
    RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).is_ok().then_some(key)
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

/// Two coordinates of exactly 32 bytes (RFC 7518 §6.2.1); that they lie on the curve is checked by the parser.
fn p256(entry: &Map<String, Value>) -> Option<DecodingKey> {
    if text_of(entry, "crv")? != "P-256" {
        return None;
    }
    let mut point = vec![4_u8];
    for name in ["x", "y"] {
        let coordinate = json::base64url(text_of(entry, name)?).filter(|bytes| bytes.len() == 32)?;
        point.extend(coordinate);
    }
    let key = DecodingKey::from_ec_der(&point);
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).is_ok().then_some(key)
}

fn text_of<'a>(entry: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    entry.get(name).and_then(Value::as_str)
}
