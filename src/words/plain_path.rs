//! The path of a URL that everybody reads in the same way.
//!
//! Whoever decides about a path and whoever serves it are two programs, and most holes between such two are paths that
//! they read differently: one removes `..` or a doubled slash, one decodes before it splits or decodes twice, one takes a
//! semicolon for the begin of a parameter (threats of path normalisation). What can be read in two ways is therefore no
//! plain path, and nothing is mended.

use percent_encoding::percent_decode_str;

/// The segments, decoded. None is empty, `.` or `..`, or holds a slash.
#[derive(Debug, PartialEq, Eq)]
pub struct PlainPath {
    segments: Vec<String>,
    ends_with_slash: bool,
}

/// What can be read in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the path {0}")]
pub struct NotPlain(&'static str);

impl PlainPath {
    /// `raw` is the path as it was sent, without the query.
    pub fn parse(raw: &str) -> Result<Self, NotPlain> {
        let below = raw.strip_prefix('/').ok_or(NotPlain("does not begin with a slash"))?;
        if !below.bytes().all(|b| is_plain(b) || b == b'/' || b == b'%') {
            return Err(NotPlain(
                "has a character that must be escaped there, or a semicolon, which some take for more",
            ));
        }
        let ends_with_slash = below.is_empty() || below.ends_with('/');
        let below = below.strip_suffix('/').unwrap_or(below);
        if below.is_empty() {
            // `//` is not the root.
            let alone = raw == "/";
            return alone.then_some(Self { segments: Vec::new(), ends_with_slash }).ok_or(DOUBLED);
        }
        let segments = below.split('/').map(segment).collect::<Result<_, _>>()?;
        Ok(Self { segments, ends_with_slash })
    }

    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// The root does.
    pub fn ends_with_slash(&self) -> bool {
        self.ends_with_slash
    }
}

const DOUBLED: NotPlain = NotPlain("has two slashes in a row");

/// RFC 3986's `pchar` without escapes and without the semicolon.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte)
}

fn segment(raw: &str) -> Result<String, NotPlain> {
    if raw.is_empty() {
        return Err(DOUBLED);
    }
    if !raw.split('%').skip(1).all(begins_with_octet) {
        return Err(NotPlain("has a percent sign that begins no escape"));
    }
    let text = percent_decode_str(raw).decode_utf8().map_err(|_| NotPlain("is not UTF-8"))?;
    if text.chars().any(|c| c.is_control() || c == '/' || c == '\\') {
        return Err(NotPlain("hides a slash, a backslash or a control character behind an escape"));
    }
    if text.split('%').skip(1).any(begins_with_octet) {
        return Err(NotPlain("is escaped twice"));
    }
    // Some servers drop what follows a semicolon, and go up a directory then.
    if matches!(text.split(';').next(), Some("." | "..")) {
        return Err(NotPlain("has a segment that means this directory or the one above"));
    }
    Ok(text.into_owned())
}

fn begins_with_octet(text: &str) -> bool {
    text.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}
