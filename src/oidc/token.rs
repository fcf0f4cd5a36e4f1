//! A token's text, taken apart and not yet believed.

use super::key_set::{Algorithm, MOST_KEY_ID};
use super::{OidcError, json};
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

/// A compact JWS (RFC 7515 §3.1) whose form is right. It shows only what finds the key; everything else it says comes
/// out of [`UnverifiedToken::verify`].
pub struct UnverifiedToken {
    pub(super) signed: String,
    /// Well-formed base64url.
    pub(super) signature: String,
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    pub(super) issuer: String,
    pub(super) claims: Map<String, Value>,
    pub(super) digest: [u8; 32],
}

/// The longest token that is looked at, in characters; the STS parameter has the same bound.
const MOST_CHARACTERS: usize = 20_000;

/// Header members that change what is signed or how the rest is read (RFC 7797, RFC 7516, nested tokens). Keys in the
/// header (`jwk`, `jku`, `x5c`, `x5u`) are not among them: they are ignored, since keys come from the issuer alone.
const REFUSED_MEMBERS: [&str; 4] = ["b64", "zip", "enc", "cty"];

impl UnverifiedToken {
    /// Checks length, form, header and that the payload is an object with an issuer; no cryptography, no clock.
    ///
    /// # Errors
    /// Those of [`OidcError`] up to [`OidcError::MissingClaim`].
    pub fn decode(text: &str) -> Result<Self, OidcError> {
        if text.len() > MOST_CHARACTERS {
            return Err(OidcError::TooLong { length: text.len(), limit: MOST_CHARACTERS });
        }
        let mut parts = text.splitn(6, '.');
        let (header, payload, signature) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(header), Some(payload), Some(signature), None) => (header, payload, signature),
            (_, _, _, Some(_)) if parts.next().is_some() && parts.next().is_none() => return Err(OidcError::Encrypted),
            _ => return Err(OidcError::NotAJwt { part: "text" }),
        };
        let part = |text, part| json::base64url(text).ok_or(OidcError::NotAJwt { part });
        let header_text = part(header, "header")?;
        let payload_text = part(payload, "payload")?;
        part(signature, "signature")?;

        let header = json::object(&header_text, "the token's header")?;
        let algorithm = check_header(&header)?;
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(id)) if !id.is_empty() && id.len() <= MOST_KEY_ID => Some(id.clone()),
            Some(_) => return Err(OidcError::KeyIdShape),
        };
        let claims = json::object(&payload_text, "the token's payload")?;
        let issuer = match claims.get("iss") {
            Some(Value::String(issuer)) => issuer.clone(),
            Some(_) => return Err(OidcError::ClaimType { claim: "iss", wanted: "a string" }),
            None => return Err(OidcError::MissingClaim { claim: "iss" }),
        };
        let signed = text.rsplit_once('.').map_or("", |(signed, _)| signed).to_owned();
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        let signature = signature.to_owned();
        Ok(Self { signed, signature, algorithm, key_id, issuer, claims, digest: hash })
    }

    /// Who claims to have issued it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Which of the issuer's keys claims to have signed it.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }
}

fn check_header(header: &Map<String, Value>) -> Result<Algorithm, OidcError> {
    let algorithm = match header.get("alg") {
        Some(Value::String(name)) => {
            Algorithm::parse(name).ok_or_else(|| OidcError::AlgorithmRefused { algorithm: name.clone() })?
        }
        Some(_) => return Err(OidcError::AlgorithmRefused { algorithm: "no string".to_owned() }),
        None => return Err(OidcError::AlgorithmRefused { algorithm: "none given".to_owned() }),
    };
    // RFC 7515 §4.1.11: an extension that is not understood must not be ignored, and none is understood here.
    if header.contains_key("crit") {
        return Err(OidcError::CriticalHeader);
    }
    if let Some(member) = REFUSED_MEMBERS.into_iter().find(|member| header.contains_key(*member)) {
        return Err(OidcError::HeaderMember { member });
    }
    // RFC 8725 §3.11: access tokens, logout tokens and proofs are signed by the same keys and are not ID tokens.
    match header.get("typ") {
        None => {}
        Some(Value::String(kind)) if ["jwt", "application/jwt"].contains(&kind.to_ascii_lowercase().as_str()) => {}
        Some(Value::String(kind)) => return Err(OidcError::TokenType { kind: kind.clone() }),
        Some(_) => return Err(OidcError::TokenType { kind: "no string".to_owned() }),
    }
    Ok(algorithm)
}
