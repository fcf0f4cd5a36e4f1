//! What a text may hold, found out before it is parsed.
//!
//! The parser compares an element's attributes pairwise, looks for each prefix through all that is declared around it,
//! and copies a namespace's name to each element if there is a reference in it. A stranger may send what makes this dear,
//! so it is bounded here, in a pass or two over the octets.

use super::error::SamlError;
use super::tags::{Tag, Tags};
use super::tree::DEEPEST;

/// A large response has about two thousand.
pub(super) const MOST_ELEMENTS: usize = 6_000;
/// Canonicalising an element looks through every prefix in scope, and it comes before the signature's own check.
/// Honest responses have fewer than ten.
pub(super) const MOST_NAMESPACES_IN_SCOPE: usize = 24;
/// Octets of a namespace's name, which is compared again and again; those of SAML and its extensions have at most 70.
pub(super) const LONGEST_NAMESPACE: usize = 256;
/// More attributes on one element than this is an attack on whoever compares them pairwise.
const MOST_ATTRIBUTES: usize = 64;
/// A tag that is no longer has no room for more.
const ROOM: usize = MOST_ATTRIBUTES * " a=''".len();

/// Refuses the text of a message that would cost more to parse than any honest one.
pub(super) fn keep(xml: &str) -> Result<(), SamlError> {
    if has_too_many_attributes(xml) {
        return Err(SamlError::TooManyNodes { what: "attributes" });
    }
    // What each open element declares.
    let mut around = Vec::new();
    let (mut in_scope, mut elements) = (0, 0);
    for tag in Tags::of(xml.as_bytes()) {
        let Tag::Start(inner) = tag else {
            // One end too many is the parser's to refuse.
            let Some(declared) = around.pop() else { return Ok(()) };
            in_scope -= declared;
            continue;
        };
        let tag = &xml.as_bytes()[inner];
        elements += 1;
        if elements > MOST_ELEMENTS {
            return Err(SamlError::TooManyNodes { what: "elements" });
        }
        if around.len() >= DEEPEST as usize {
            return Err(SamlError::TooDeep);
        }
        let declared = declarations(tag)?;
        if in_scope + declared > MOST_NAMESPACES_IN_SCOPE {
            return Err(SamlError::TooManyNodes { what: "namespaces in scope" });
        }
        if !tag.ends_with(b"/") {
            around.push(declared);
            in_scope += declared;
        }
    }
    Ok(())
}

/// How many namespaces a start tag declares, each by a short name that stands there as it is meant.
fn declarations(mut tag: &[u8]) -> Result<usize, SamlError> {
    let mut count = 0;
    while let Some(open) = tag.iter().position(|byte| matches!(byte, b'"' | b'\'')) {
        let (before, quote, behind) = (&tag[..open], tag[open], &tag[open + 1..]);
        let Some(length) = behind.iter().position(|byte| *byte == quote) else { break };
        if is_declaration(before) {
            count += 1;
            if length > LONGEST_NAMESPACE || behind[..length].contains(&b'&') {
                return Err(SamlError::NamespaceName);
            }
        }
        tag = &behind[length + 1..];
    }
    Ok(count)
}

/// Whether the last word before an attribute's value is `xmlns` or begins with `xmlns:`.
fn is_declaration(before_value: &[u8]) -> bool {
    let name = before_value.trim_ascii_end();
    let name = name.strip_suffix(b"=").unwrap_or(name).trim_ascii_end();
    let name = name.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
    name == b"xmlns" || name.starts_with(b"xmlns:")
}

/// Whether a tag may have more attributes than will be read, for the parser compares an element's attributes pairwise.
/// Text cannot raise it: only what follows a `<` before the next counts, and where `<!` or `<?` opens a comment, a section
/// of text or an instruction, no element begins.
pub(super) fn has_too_many_attributes(xml: &str) -> bool {
    let mut rest = xml;
    while let Some(near) = rest.as_bytes().get(..=ROOM) {
        // Backwards: where there is a `<`, all that ends before the last of them is short, and need not be looked at.
        if let Some(last) = near.iter().rposition(|byte| *byte == b'<') {
            rest = &rest[last + 1..];
            continue;
        }
        let (roomy, behind) = rest.split_once('<').unwrap_or((rest, ""));
        if !roomy.starts_with(['!', '?']) && equal_signs_before_close(roomy) > MOST_ATTRIBUTES {
            return true;
        }
        rest = behind;
    }
    false
}

/// How many `=` stand outside quoted values, up to the tag's end.
fn equal_signs_before_close(tag: &str) -> usize {
    let mut quote = None;
    let mut count = 0;
    for byte in tag.bytes() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => count += 1,
            (None, b'>') => break,
            (None, _) => {}
        }
    }
    count
}
