//! A signed query of the redirect binding (SAML bindings §3.4.4.1), read as the octets that were sent.
//!
//! The signature is over `SAMLRequest=…[&RelayState=…]&SigAlg=…`. Whoever decodes a query and encodes it again verifies
//! another text than was signed, and whoever takes the first of two parameters reads another than was verified. So each
//! parameter stands once, in its plain spelling and in the order in which it is signed, and nothing is written again.

use super::LogoutError;
use crate::saml::SigningKey;
use crate::saml::names::{ECDSA_METHODS, RSA_METHODS};
use crate::saml::response::STRICT;
use crate::saml::signature_method::{fits, signs_query};
use crate::saml::white_space;
use base64::Engine;
use flate2::read::DeflateDecoder;
use percent_encoding::percent_decode_str;
use std::io::Read;

/// A logout message has a few kilobytes; a kilobyte of a bomb has a megabyte.
const MOST_INFLATED: usize = 64 * 1024;

const IN_ORDER: [&str; 5] = ["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature"];

pub(super) struct SignedQuery {
    /// `SAMLRequest` or `SAMLResponse`.
    pub(super) field: &'static str,
    pub(super) xml: String,
    pub(super) relay_state: Option<String>,
    octets: String,
    method: String,
    signature: Vec<u8>,
}

impl SignedQuery {
    pub(super) fn read(raw: &str) -> Result<Self, LogoutError> {
        let parts = in_order(raw)?;
        let value =
            |name: &str| parts.iter().find(|(field, _)| *field == name).map(|(_, pair)| &pair[name.len() + 1..]);
        let (field, message) = match (value("SAMLRequest"), value("SAMLResponse")) {
            (Some(message), None) => ("SAMLRequest", message),
            (None, Some(message)) => ("SAMLResponse", message),
            _ => return Err(LogoutError::Query { parameter: "SAMLRequest or SAMLResponse" }),
        };
        let (Some(method), Some(signature)) = (value("SigAlg"), value("Signature")) else {
            return Err(LogoutError::Unsigned);
        };
        let method = text(method, "SigAlg")?;
        if !RSA_METHODS.contains(&&*method) && !ECDSA_METHODS.contains(&&*method) {
            return Err(LogoutError::Method { found: crate::trace::clip(&method) });
        }
        let relay_state = value("RelayState").map(|value| text(&value.replace('+', " "), "RelayState")).transpose()?;
        let signed = parts.iter().filter(|(name, _)| *name != "Signature").map(|(_, pair)| *pair);
        let octets = signed.collect::<Vec<_>>().join("&");
        let (signature, message) = (base64(signature, "Signature")?, base64(message, field)?);
        Ok(Self { field, xml: inflate(&message)?, relay_state, octets, method, signature })
    }

    pub(super) fn method(&self) -> &str {
        &self.method
    }

    pub(super) fn is_signed_by(&self, key: &SigningKey) -> bool {
        fits(key.family(), &self.method) && signs_query(key, &self.method, self.octets.as_bytes(), &self.signature)
    }
}

/// The parameters that matter, each as it stands. Others are nobody's business, unless they are these in disguise.
fn in_order(raw: &str) -> Result<Vec<(&'static str, &str)>, LogoutError> {
    let mut parts: Vec<(&'static str, &str)> = Vec::new();
    for pair in raw.split('&') {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        let decoded = percent_decode_str(name).decode_utf8_lossy();
        let Some(place) = IN_ORDER.iter().position(|known| *known == decoded) else { continue };
        let parameter = IN_ORDER[place];
        let follows =
            parts.last().is_none_or(|(last, _)| IN_ORDER.iter().position(|known| known == last) < Some(place));
        if name != parameter || !pair.contains('=') || !follows {
            return Err(LogoutError::Query { parameter });
        }
        parts.push((parameter, pair));
    }
    Ok(parts)
}

fn text(value: &str, parameter: &'static str) -> Result<String, LogoutError> {
    let whole =
        value.split('%').skip(1).all(|rest| rest.len() >= 2 && rest.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit));
    let decoded = percent_decode_str(value).decode_utf8();
    decoded.ok().filter(|_| whole).map(|text| text.into_owned()).ok_or(LogoutError::Query { parameter })
}

fn base64(value: &str, parameter: &'static str) -> Result<Vec<u8>, LogoutError> {
    let text: String = text(value, parameter)?.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    STRICT.decode(text).map_err(|_| LogoutError::Query { parameter })
}

/// All of the input, and no more of the output than is ever read.
fn inflate(deflated: &[u8]) -> Result<String, LogoutError> {
    let failed = || LogoutError::Inflate { most: MOST_INFLATED };
    let mut decoder = DeflateDecoder::new(deflated).take(MOST_INFLATED as u64 + 1);
    let mut bytes = Vec::new();
    decoder.read_to_end(&mut bytes).map_err(|_| failed())?;
    if bytes.len() > MOST_INFLATED || decoder.get_ref().total_in() != deflated.len() as u64 {
        return Err(failed());
    }
    Ok(white_space::text(bytes)?)
}
