//! What a text may hold, found out before it is parsed.
//!
//! The parser compares an element's attributes pairwise, looks for each prefix through all that is declared around it,
//! and copies a namespace's name to each element if there is a reference in it. A stranger may send what makes this dear,
//! so it is bounded here, in one pass over the octets.

use super::tags::{Tag, Tags};
use super::tree::NotADocument;

/// How much of what grows with a document's kind.
pub(super) struct Bounds {
    pub(super) elements: usize,
    pub(super) namespaces_in_scope: usize,
}

/// Of a message. A large response has about two thousand elements, and honest ones have fewer than ten namespaces in
/// scope: canonicalising an element looks through all of these, and it comes before the signature's own check.
pub(super) const OF_MESSAGES: Bounds = Bounds { elements: 6_000, namespaces_in_scope: 24 };
/// Of metadata. Federations declare the namespaces of all their members' extensions at the root, and of the longest list
/// an element has 40 octets, certificates and all.
pub(super) const OF_METADATA: Bounds = Bounds { elements: 250_000, namespaces_in_scope: 64 };

/// Elements may nest this deep; a signed response with its certificate needs about ten.
pub(super) const DEEPEST: u32 = 40;
/// Octets of a namespace's name, which is compared again and again; those of SAML and its extensions have at most 70.
pub(super) const LONGEST_NAMESPACE: usize = 256;
/// More attributes on one element than this is an attack on whoever compares them pairwise.
const MOST_ATTRIBUTES: usize = 64;

impl Bounds {
    /// Refuses a text that would cost more to parse than any honest one.
    pub(super) fn hold(&self, xml: &str) -> Result<(), NotADocument> {
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
            if elements > self.elements {
                return Err(NotADocument::TooMany { what: "elements" });
            }
            if around.len() >= DEEPEST as usize {
                return Err(NotADocument::TooDeep);
            }
            let declared = declarations(tag)?;
            if in_scope + declared > self.namespaces_in_scope {
                return Err(NotADocument::TooMany { what: "namespaces in scope" });
            }
            if !tag.ends_with(b"/") {
                around.push(declared);
                in_scope += declared;
            }
        }
        Ok(())
    }
}

/// How many namespaces a start tag declares among its attributes, each by a short name that stands there as it is meant.
fn declarations(mut tag: &[u8]) -> Result<usize, NotADocument> {
    let (mut attributes, mut declared) = (0, 0);
    while let Some(open) = tag.iter().position(|byte| matches!(byte, b'"' | b'\'')) {
        let (before, quote, behind) = (&tag[..open], tag[open], &tag[open + 1..]);
        let Some(length) = behind.iter().position(|byte| *byte == quote) else { break };
        attributes += 1;
        if attributes > MOST_ATTRIBUTES {
            return Err(NotADocument::TooMany { what: "attributes" });
        }
        if is_declaration(before) {
            declared += 1;
            if length > LONGEST_NAMESPACE || behind[..length].contains(&b'&') {
                return Err(NotADocument::NamespaceName);
            }
        }
        tag = &behind[length + 1..];
    }
    Ok(declared)
}

/// Whether the last word before an attribute's value is `xmlns` or begins with `xmlns:`.
fn is_declaration(before_value: &[u8]) -> bool {
    let name = before_value.trim_ascii_end();
    let name = name.strip_suffix(b"=").unwrap_or(name).trim_ascii_end();
    let name = name.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
    name == b"xmlns" || name.starts_with(b"xmlns:")
}
