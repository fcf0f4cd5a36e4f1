//! A token's text, taken apart and not yet believed.

use super::{CompactJws, OidcError, json};
use serde_json::{Map, Value};

/// A signed text that has the form of an ID token. It shows only what finds the key; everything else it says comes out
/// of [`UnverifiedToken::verify`].
pub struct UnverifiedToken {
    pub(super) jws: CompactJws,
    pub(super) issuer: String,
    pub(super) claims: Map<String, Value>,
}

impl UnverifiedToken {
    /// Checks length, form, header and that the payload is an object with an issuer; no cryptography, no clock.
    ///
    /// # Errors
    /// Those of [`OidcError`] up to [`OidcError::MissingClaim`].
    pub fn decode(text: &str) -> Result<Self, OidcError> {
        let jws = CompactJws::decode(text)?;
        is_of_type(&jws, &["jwt", "application/jwt"])?;
        let claims = json::object(&jws.payload, "the token's payload")?;
        let issuer = match claims.get("iss") {
            Some(Value::String(issuer)) => issuer.clone(),
            Some(_) => return Err(OidcError::ClaimType { claim: "iss", wanted: "a string" }),
            None => return Err(OidcError::MissingClaim { claim: "iss" }),
        };
        Ok(Self { jws, issuer, claims })
    }

    /// Who claims to have issued it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Which of the issuer's keys claims to have signed it.
    pub fn key_id(&self) -> Option<&str> {
        self.jws.key_id.as_deref()
    }
}

/// RFC 8725 §3.11: access tokens, logout tokens and proofs are signed by the same keys and are not ID tokens. A token
/// without a type may be any.
pub(super) fn is_of_type(jws: &CompactJws, types: &[&str]) -> Result<(), OidcError> {
    match &jws.kind {
        None => Ok(()),
        Some(Value::String(kind)) if types.iter().any(|known| known.eq_ignore_ascii_case(kind)) => Ok(()),
        Some(Value::String(kind)) => Err(OidcError::TokenType { kind: kind.clone() }),
        Some(_) => Err(OidcError::TokenType { kind: "no string".to_owned() }),
    }
}
