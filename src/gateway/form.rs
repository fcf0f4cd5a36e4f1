//! `application/x-www-form-urlencoded`, read strictly: one reading for everybody, or none.

use percent_encoding::percent_decode_str;

/// Name–value pairs in order; `None` for a broken escape or for text that is not UTF-8. Lenient decoding would let two
/// readers of the same bytes see two requests.
pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    if !text.is_ascii() {
        return None;
    }
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decode(name)?, decode(value)?))
    };
    text.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
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

fn decode(text: &str) -> Option<String> {
    let escapes_whole =
        text.split('%').skip(1).all(|rest| rest.len() >= 2 && rest.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit));
    if !escapes_whole {
        return None;
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned())
}
