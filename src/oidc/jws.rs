//! A signed text in the compact form (RFC 7515 §3.1): its form, its header, its signature. What it says is another
//! matter: ID tokens and logout tokens are read by different rules.

use super::algorithm::Algorithm;
use super::key::MOST_KEY_ID;
use super::{KeySet, OidcError, json};
use crate::words::sha256;
use serde_json::{Map, Value};

/// A compact JWS whose form is right and whose signature nobody has checked.
pub struct CompactJws {
    signed: String,
    signature: Vec<u8>,
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    /// The header's `typ`, if it is there.
    pub(super) kind: Option<Value>,
    /// The bytes between the dots, decoded; they prove nothing before [`CompactJws::verify`].
    pub(super) payload: Vec<u8>,
}

/// The longest token that is looked at, in characters, as at an STS (STS API, "WebIdentityToken").
pub const LONGEST_JWS: usize = 20_000;

/// Header members that change what is signed or how the rest is read (RFC 7797, RFC 7516, nested tokens). Keys in the
/// header (`jwk`, `jku`, `x5c`, `x5u`) are not among them: they are ignored, since keys come from the issuer alone.
const REFUSED_MEMBERS: [&str; 4] = ["b64", "zip", "enc", "cty"];

impl CompactJws {
    /// Length, form and header; no cryptography, no clock.
    ///
    /// # Errors
    /// Those of [`OidcError`] up to [`OidcError::KeyIdShape`].
    pub fn decode(text: &str) -> Result<Self, OidcError> {
        if text.len() > LONGEST_JWS {
            return Err(OidcError::TooLong { length: text.len(), limit: LONGEST_JWS });
        }
        let mut parts = text.splitn(6, '.');
        let (header, payload, signature) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(header), Some(payload), Some(signature), None) => (header, payload, signature),
            (_, _, _, Some(_)) if parts.next().is_some() && parts.next().is_none() => return Err(OidcError::Encrypted),
            _ => return Err(OidcError::NotAJwt { part: "text" }),
        };
        let part = |text, part| json::base64url(text).ok_or(OidcError::NotAJwt { part });
        let header_text = part(header, "header")?;
        let payload = part(payload, "payload")?;
        let signature = part(signature, "signature")?;

        let mut header = json::object(&header_text, "the token's header")?;
        let algorithm = check_header(&header)?;
        let key_id = match header.remove("kid") {
            None => None,
            Some(Value::String(id)) if !id.is_empty() && id.len() <= MOST_KEY_ID => Some(id),
            Some(_) => return Err(OidcError::KeyIdShape),
        };
        let signed = text.rsplit_once('.').map_or("", |(signed, _)| signed).to_owned();
        Ok(Self { signed, signature, algorithm, key_id, kind: header.remove("typ"), payload })
    }

    /// Whether the set's one fitting key signed it. `also` are the algorithms that the issuer may use besides those that
    /// everybody may.
    ///
    /// # Errors
    /// [`OidcError::AlgorithmRefused`], those of finding the key, [`OidcError::Signature`].
    pub fn verify(&self, keys: &KeySet, also: &[Algorithm]) -> Result<(), OidcError> {
        if !self.algorithm.is_always_accepted() && !also.contains(&self.algorithm) {
            return Err(OidcError::AlgorithmRefused { algorithm: self.algorithm.name().to_owned() });
        }
        let key = keys.find(self.key_id.as_deref(), self.algorithm)?;
        let holds = key.verifies(self.signed.as_bytes(), &self.signature, self.algorithm);
        if holds { Ok(()) } else { Err(OidcError::Signature) }
    }

    /// SHA-256 of what is signed.
    pub(super) fn digest(&self) -> [u8; 32] {
        sha256(self.signed.as_bytes())
    }
}

fn check_header(header: &Map<String, Value>) -> Result<Algorithm, OidcError> {
    let refused = |algorithm: &str| OidcError::AlgorithmRefused { algorithm: algorithm.to_owned() };
    let algorithm = match header.get("alg") {
        Some(Value::String(name)) => Algorithm::parse(name).ok_or_else(|| refused(name))?,
        Some(_) => return Err(refused("no string")),
        None => return Err(refused("none given")),
    };
    // RFC 7515 §4.1.11: an extension that is not understood must not be ignored, and none is understood here.
    if header.contains_key("crit") {
        return Err(OidcError::CriticalHeader);
    }
    match REFUSED_MEMBERS.into_iter().find(|member| header.contains_key(*member)) {
        Some(member) => Err(OidcError::HeaderMember { member }),
        None => Ok(algorithm),
    }
}
