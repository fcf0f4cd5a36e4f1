//! The two sides of each refused comparison, for the flight record.

use super::error::SamlError;
use super::names;
use super::response::LONGEST_FIELD;
use crate::words::{counted, iso};

pub(super) fn expected(error: &SamlError) -> Option<String> {
    use SamlError::*;
    Some(match error {
        TooLong { .. } => format!("at most {LONGEST_FIELD}"),
        Root { .. } => "samlp:Response".to_owned(),
        AssertionCount { .. } => "1".to_owned(),
        AssertionPlace { .. } => "Response".to_owned(),
        SignaturePlace { .. } => "Response or Assertion".to_owned(),
        SignatureCount { .. } | ReferenceCount { .. } | Subject { .. } => "1".to_owned(),
        Reference { .. } => "# and the parent's ID".to_owned(),
        Transforms { .. } => format!("{} {}", names::ENVELOPED, names::EXCLUSIVE),
        Canonicalisation { .. } => names::EXCLUSIVE.to_owned(),
        Sha1 { .. } | SignatureMethod { .. } => "RSA or ECDSA with SHA-256, SHA-384 or SHA-512".to_owned(),
        EncryptedKeyCount { .. } => "1 or 2".to_owned(),
        EncryptionMethod { .. } => "AES-GCM, or AES-CBC in a signed Response".to_owned(),
        Rsa15 | KeyTransport { .. } => "RSA-OAEP with SHA-1 or SHA-256".to_owned(),
        CbcUnsigned => "AES-GCM, or a signed Response".to_owned(),
        DigestMethod { .. } => "SHA-256, SHA-384 or SHA-512".to_owned(),
        Version { .. } => "2.0".to_owned(),
        Status { .. } => names::SUCCESS.to_owned(),
        Destination { expected, .. } | Recipient { expected, .. } | Audience { expected, .. } => expected.join(" or "),
        Issuer { assertion, .. } => assertion.clone(),
        ConfirmationMethod { .. } => names::BEARER.to_owned(),
        InResponseTo { expected, .. } => expected.clone().unwrap_or_else(|| "none".to_owned()),
        ConfirmationExpired { now, .. } | Expired { now, .. } | SessionEnded { now, .. } => {
            format!("later than {}", iso(*now))
        }
        NotYetValid { now, .. } | IssuedInFuture { now, .. } => format!("not later than {}", iso(*now)),
        AuthnTooOld { since, .. } => format!("not earlier than {}", iso(*since)),
        AuthnContext { expected, .. } => expected.join(" or "),
        IssuedTooLongAgo { now, .. } => format!("at most five minutes before {}", iso(*now)),
        _ => return None,
    })
}

pub(super) fn received(error: &SamlError) -> Option<String> {
    use SamlError::*;
    Some(match error {
        TooLong { length } => length.to_string(),
        Root { found } | Reference { found } | Transforms { found } | Canonicalisation { found } => found.clone(),
        Sha1 { found } | EncryptionMethod { found } | KeyTransport { found } => found.clone(),
        Rsa15 => names::RSA_1_5.to_owned(),
        SignatureMethod { found } | DigestMethod { found } | Version { found, .. } | Status { found } => found.clone(),
        AssertionCount { count } | EncryptedKeyCount { count } | ReferenceCount { count } | Subject { count } => {
            count.to_string()
        }
        SignatureCount { count, .. } | StatementCount { count, .. } | StatusCount { count } => count.to_string(),
        AssertionPlace { parent } | SignaturePlace { parent } => parent.clone(),
        KeyFamily { method } => method.clone(),
        Signature { tried } => format!("{} tried", counted(*tried, "key")),
        Destination { found, .. } => found.clone(),
        Recipient { found, .. } | InResponseTo { found, .. } => found.clone().unwrap_or_else(|| "none".to_owned()),
        Audience { found, .. } | ConfirmationMethod { found } => found.join(", "),
        Issuer { response, .. } => response.clone(),
        ConfirmationExpired { until, .. } | Expired { until, .. } => iso(*until),
        NotYetValid { from, .. } => iso(*from),
        IssuedInFuture { at, .. } | IssuedTooLongAgo { at, .. } | SessionEnded { at, .. } => iso(*at),
        AuthnTooOld { at, .. } => iso(*at),
        AuthnContext { found, .. } => found.clone().unwrap_or_else(|| "none".to_owned()),
        _ => return None,
    })
}
