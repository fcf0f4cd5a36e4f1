//! How a provider is shown to people: the name that they know it by, and its logo.
//!
//! A logo is the operator's file, yet often somebody else's drawing. So it is looked through when it is read, is drawn as an
//! image and never as a page, and is served under a policy that lets it do nothing.

use crate::words::{hex, sha256};
use std::sync::Arc;

/// What the sign-in page has of a provider, beside its name in the configuration.
#[derive(Clone, Default)]
pub struct Face {
    pub display_name: Option<String>,
    pub logo: Option<Arc<Logo>>,
}

pub struct Logo {
    pub kind: Kind,
    pub bytes: Vec<u8>,
    /// What it is served as: its digest, so that another drawing has another address.
    pub address: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Png,
    Svg,
}

/// Why a file is no logo.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotALogo {
    #[error("is neither a PNG nor an SVG image (UTF-8, with <svg …> as its outermost element)")]
    Unknown,
    #[error("is a PNG of {0} × {1} pixels; 1 to 1024 each way are shown")]
    Size(u32, u32),
    #[error("is an SVG with {0}, which a logo does not need; save it as a plain drawing")]
    Active(&'static str),
}

/// Of a few kilobytes a PNG can make gigabytes in a browser.
const MOST_PIXELS: u32 = 1_024;

impl Logo {
    pub fn read(bytes: Vec<u8>) -> Result<Self, NotALogo> {
        let kind = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") { png(&bytes)? } else { svg(&bytes)? };
        let address = hex(&sha256(&bytes)[..16]);
        Ok(Self { kind, bytes, address })
    }
}

impl Kind {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// The first chunk is the header, and begins with width and height (PNG, 11.2.1).
fn png(bytes: &[u8]) -> Result<Kind, NotALogo> {
    let header = bytes.get(8..24).filter(|header| header.starts_with(b"\0\0\0\x0dIHDR")).ok_or(NotALogo::Unknown)?;
    let number = |at: usize| header[at..at + 4].iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    let (width, height) = (number(8), number(12));
    let fits = (1..=MOST_PIXELS).contains(&width) && (1..=MOST_PIXELS).contains(&height);
    if fits { Ok(Kind::Png) } else { Err(NotALogo::Size(width, height)) }
}

/// Nothing rests on this check, for browsers do not run the scripts of an image: it is there to tell an operator who
/// was handed a logo with one.
fn svg(bytes: &[u8]) -> Result<Kind, NotALogo> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotALogo::Unknown)?;
    if !outermost(text.trim_start_matches('\u{feff}')).is_some_and(is_svg) {
        return Err(NotALogo::Unknown);
    }
    let lower = text.to_ascii_lowercase();
    let elements = [
        ("<!doctype", "a document type"),
        ("<!entity", "entities"),
        ("<?xml-stylesheet", "a stylesheet of its own"),
        ("<script", "a script"),
        (":script", "a script"),
        ("<foreignobject", "a page in it"),
        (":foreignobject", "a page in it"),
        ("javascript:", "a script"),
    ];
    if let Some((_, what)) = elements.into_iter().find(|(mark, _)| lower.contains(mark)) {
        return Err(NotALogo::Active(what));
    }
    if has_handler(&lower) { Err(NotALogo::Active("an event handler")) } else { Ok(Kind::Svg) }
}

/// The text from the first element on, past declaration and comments.
fn outermost(mut text: &str) -> Option<&str> {
    loop {
        text = text.trim_start();
        text = match (text.strip_prefix("<?"), text.strip_prefix("<!--")) {
            (Some(rest), _) => rest.split_once("?>")?.1,
            (_, Some(rest)) => rest.split_once("-->")?.1,
            _ => return Some(text),
        };
    }
}

fn is_svg(text: &str) -> bool {
    let tag = text.strip_prefix("<svg").and_then(|rest| rest.split_once('>')).map(|(tag, _)| tag);
    tag.is_some_and(|tag| tag.starts_with(char::is_whitespace) && tag.contains("http://www.w3.org/2000/svg"))
}

/// `onload=` and its like: an attribute that begins with `on`.
fn has_handler(lower: &str) -> bool {
    let mut pieces = lower.split('=').collect::<Vec<_>>();
    pieces.pop();
    pieces.into_iter().any(|piece| {
        let name = piece.trim_end().rsplit(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '/')).next();
        let event = name.and_then(|name| name.strip_prefix("on")).unwrap_or_default();
        !event.is_empty() && event.bytes().all(|b| b.is_ascii_lowercase())
    })
}
