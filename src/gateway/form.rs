//! `application/x-www-form-urlencoded`, read strictly: one reading for everybody, or none.

use crate::words::{Secret, is_escaped, unescape};
use axum::http::{HeaderMap, header};
use std::borrow::Cow;
use zeroize::Zeroizing;

/// Name–value pairs. What has no escape is lent from the text.
pub(super) type Lent<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// More than anybody here has a use for: an STS call may have 400.
const MOST_PAIRS: usize = 1_000;

/// Name–value pairs in order; `None` for a broken escape, for text that is not UTF-8, or for more than 1,000 pairs. Lenient
/// decoding would let two readers of the same bytes see two requests.
pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    Some(lent(text)?.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
}

/// The same, for whoever reads them while the text is there.
pub(super) fn lent(text: &str) -> Option<Lent<'_>> {
    if !text.is_ascii() || is_crowded(text) {
        return None;
    }
    let pair = |pair| {
        let (name, value) = str::split_once(pair, '=').unwrap_or((pair, ""));
        Some((decode(name)?, decode(value)?))
    };
    text.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
}

/// The text of a body, if its headers say that it is a form.
pub(super) fn text_of<'a>(headers: &HeaderMap, body: &'a [u8]) -> Option<&'a str> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = kind.split_once(';').map_or((kind, None), |(kind, rest)| (kind, Some(rest)));
    let is_form = kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
    let is_utf8 = parameters.into_iter().flat_map(|parameters| parameters.split(';')).map(str::trim).all(|part| {
        let is_charset = part.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("charset="));
        // Quoted or not, it is the same (RFC 9110 §5.6.6).
        !is_charset || part[8..].trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    if is_form && is_utf8 { std::str::from_utf8(body).ok() } else { None }
}

/// Before anything is made of them: empty pairs are passed over, but that takes its time too.
fn is_crowded(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'&').count() >= MOST_PAIRS
}

/// [`pairs`], but the one value of `name` apart from the others, and overwritten once it has been used; empty when it is
/// missing or there are two. What the HTTP library has read it into is out of our hands.
pub(super) fn pairs_and_secret(text: &str, name: &str) -> Option<(Vec<(String, String)>, Secret)> {
    if is_crowded(text) {
        return None;
    }
    let is_secret = |pair: &&str| pair.split('=').next().and_then(decode).is_some_and(|decoded| decoded == name);
    let (secret, rest): (Vec<&str>, Vec<&str>) = text.split('&').partition(is_secret);
    let secret = match secret[..] {
        [only] => decode_secret(only.split_once('=').map_or("", |(_, value)| value))?,
        _ => Secret::default(),
    };
    Some((pairs(&rest.join("&"))?, secret))
}

/// The one value of `name`; `None` when it is missing or there are two.
pub(super) fn one<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = pairs.iter().filter(|(n, _)| n == name);
    let value = found.next()?;
    found.next().is_none().then_some(value.1.as_str())
}

pub(super) fn has(pairs: &[(String, String)], name: &str) -> bool {
    pairs.iter().any(|(n, _)| n == name)
}

/// The first of `names` that comes more than once: which of its values would be meant is anybody's guess.
pub(super) fn twice(pairs: &[(String, String)], names: &[&'static str]) -> Option<&'static str> {
    names.iter().copied().find(|name| has(pairs, name) && one(pairs, name).is_none())
}

/// [`decode`] into a place that is never moved and is overwritten when it is dropped.
fn decode_secret(text: &str) -> Option<Secret> {
    if !text.is_ascii() {
        return None;
    }
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    unescape(text, &mut decoded).ok()?;
    std::str::from_utf8(&decoded).ok()?;
    Some(Secret::new(std::mem::take(&mut *decoded)))
}

fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !is_escaped(text) {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    unescape(text, &mut decoded).ok()?;
    String::from_utf8(decoded).ok().map(Cow::Owned)
}
