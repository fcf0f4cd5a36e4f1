//! The request as it was received, and its bounds.

use super::error::SigError;
use crate::trace::clip;
use std::borrow::Cow;

/// Everything that a signature may cover. `path` and `query` are raw, escapes untouched, the query without its `?`;
/// `headers` are in the order received, their names in lower case, with HTTP/2's `:authority` given as `host`.
#[derive(Clone, Copy)]
pub struct RawRequest<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a [(&'a str, &'a [u8])],
    pub body: &'a [u8],
}

/// Generous for every SDK; parsing is linear in these.
const MOST_HEADERS: usize = 100;
const MOST_NAME: usize = 256;
const MOST_VALUE: usize = 8 * 1024;
const MOST_PATH: usize = 4 * 1024;
const MOST_QUERY: usize = 32 * 1024;

impl<'a> RawRequest<'a> {
    /// Bounds, and nothing in a header or the method that could start a new line of the canonical request.
    pub(super) fn check(&self) -> Result<(), SigError> {
        let limit = |what, length, most| if length > most { Err(SigError::Limit { what, most }) } else { Ok(()) };
        limit("number of headers", self.headers.len(), MOST_HEADERS)?;
        limit("path", self.path.len(), MOST_PATH)?;
        limit("query", self.query.len(), MOST_QUERY)?;
        for (name, value) in self.headers {
            limit("header name", name.len(), MOST_NAME)?;
            limit("header value", value.len(), MOST_VALUE)?;
            if !is_header_name(name) {
                return Err(SigError::RequestForm { what: "header name" });
            }
            if any(value, |byte| matches!(byte, b'\r' | b'\n' | 0)) {
                return Err(SigError::RequestForm { what: "header value" });
            }
        }
        let method_fits = (1..=16).contains(&self.method.len()) && self.method.bytes().all(|b| b.is_ascii_uppercase());
        if !method_fits {
            return Err(SigError::RequestForm { what: "method" });
        }
        if !self.path.is_empty() && !self.path.starts_with('/') {
            return Err(SigError::RequestForm { what: "path" });
        }
        Ok(())
    }

    /// The header's value, when it is there exactly once.
    pub(super) fn single(&self, name: &str) -> Result<Option<&'a [u8]>, SigError> {
        let mut values = self.values(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(SigError::DuplicateHeader { name: clip(name) });
        }
        Ok(first)
    }

    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(present, _)| *present == name).map(|(_, value)| *value)
    }
}

/// Whether one of the bytes is such. Looking at all of them, without stopping at the first, is done for many at once by the
/// processor: tokens are long.
pub(super) fn any(bytes: &[u8], is_such: impl Fn(&u8) -> bool) -> bool {
    bytes.iter().fold(false, |found, byte| found | is_such(byte))
}

/// An HTTP token in lower case (RFC 9110 §5.1).
pub(super) fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| OF_A_NAME[usize::from(byte)])
}

/// Which bytes a header's name may have.
static OF_A_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte as usize] = matches!(byte, b'a'..=b'z' | b'0'..=b'9')
            || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
        byte += 1;
    }
    table
};

/// A header's value as text. What is no UTF-8 cannot equal any text we look for.
pub(super) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    // Valid text is found to be valid many bytes at once, which the lossy reading is not.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
