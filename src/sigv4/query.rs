//! The query as name and value octets, and percent encoding both ways.

use super::error::SigError;
use crate::trace::clip;
use crate::words::{octet, unescape};
use std::borrow::Cow;

/// A decoded query. `+` is a space, as it will be to the form parser that acts on the request: the octets that are
/// verified must be the octets that are obeyed.
pub(super) struct Query(Vec<(Vec<u8>, Vec<u8>)>);

impl Query {
    pub(super) fn parse(raw: &str) -> Result<Self, SigError> {
        let pairs = raw.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    /// Names and values as text; what is no UTF-8 cannot equal any text we look for.
    pub(super) fn texts(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.0.iter().map(|(name, value)| (String::from_utf8_lossy(name), String::from_utf8_lossy(value)))
    }

    /// Writes the canonical query: encoded, sorted by encoded name, then value, without the signature itself.
    pub(super) fn canonical(&self, text: &mut Vec<u8>) {
        let signed = self.0.iter().filter(|(name, _)| name != b"X-Amz-Signature");
        let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = signed.map(|(name, value)| (encoded(name), encoded(value))).collect();
        pairs.sort();
        for (index, (name, value)) in pairs.iter().enumerate() {
            if index > 0 {
                text.push(b'&');
            }
            text.extend_from_slice(name);
            text.push(b'=');
            text.extend_from_slice(value);
        }
    }
}

fn decode(text: &str) -> Result<Vec<u8>, SigError> {
    let mut decoded = Vec::with_capacity(text.len());
    unescape(text, &mut decoded).map_err(broken)?;
    Ok(decoded)
}

/// A segment of a path whose escapes have been checked, as octets; a plus is a plus there.
pub(super) fn unescaped(segment: &str) -> Vec<u8> {
    let mut parts = segment.split('%');
    let mut octets = parts.next().unwrap_or_default().as_bytes().to_vec();
    for after in parts {
        let (escape, rest) = after.as_bytes().split_at(after.len().min(2));
        octets.extend(octet(escape));
        octets.extend(rest);
    }
    octets
}

/// Whether every `%` of a path begins an escape.
pub(super) fn check_escapes(path: &str) -> Result<(), SigError> {
    for after in path.split('%').skip(1) {
        let escape = after.as_bytes().get(..2).unwrap_or(after.as_bytes());
        octet(escape).ok_or_else(|| broken(escape))?;
    }
    Ok(())
}

fn broken(escape: &[u8]) -> SigError {
    SigError::Escape { rest: clip(&String::from_utf8_lossy(escape)) }
}

fn encoded(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    encode(bytes, &mut text);
    text
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub(super) fn encode(bytes: &[u8], text: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(byte);
        } else {
            text.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
}
