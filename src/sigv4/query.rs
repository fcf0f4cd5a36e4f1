//! The query as name and value octets, and percent encoding both ways.

use super::error::SigError;
use crate::trace::clip;

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
    pub(super) fn texts(&self) -> impl Iterator<Item = (String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.0.iter().map(move |(name, value)| (text(name), text(value)))
    }

    /// The canonical query: encoded, sorted by encoded name, then value, without the signature itself.
    pub(super) fn canonical(&self) -> String {
        let mut pairs: Vec<(String, String)> = self
            .0
            .iter()
            .filter(|(name, _)| name != b"X-Amz-Signature")
            .map(|(name, value)| (encode(name, b""), encode(value, b"")))
            .collect();
        pairs.sort();
        let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    }
}

fn decode(text: &str) -> Result<Vec<u8>, SigError> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        match byte {
            b'+' => decoded.push(b' '),
            b'%' => {
                let escape = rest.as_slice().get(..2).unwrap_or(rest.as_slice());
                decoded.push(octet(escape).ok_or_else(|| broken(escape))?);
                rest.nth(1);
            }
            other => decoded.push(other),
        }
    }
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

fn octet(digits: &[u8]) -> Option<u8> {
    let [high, low] = digits else { return None };
    Some(nibble(*high)? << 4 | nibble(*low)?)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Percent-encodes everything but RFC 3986's unreserved characters and `also`.
pub(super) fn encode(bytes: &[u8], also: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || also.contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
