//! From a document's octets to its text, as every parser of XML must take it (XML 1.0 §2.11, §3.3.3): a line ends in LF
//! alone, and a line end or a TAB in an attribute's value is a blank.
//!
//! A signer signs what its parser made of these. Ours leaves some as they stand, so they are gone before it: what is
//! verified is still what is read, by both engines, and no signature says more than it did.

use super::error::SamlError;
use super::tags::{Tag, Tags};
use std::ops::Range;

/// The text, if the octets are UTF-8.
pub(super) fn text(mut octets: Vec<u8>) -> Result<String, SamlError> {
    normalise(&mut octets);
    String::from_utf8(octets).map_err(|_| SamlError::Encoding)
}

/// Where they are. References, as in `&#13;`, stay: they mean the character itself.
pub(super) fn normalise(octets: &mut Vec<u8>) {
    if octets.contains(&b'\r') {
        let mut behind_cr = false;
        octets.retain_mut(|octet| {
            let kept = !(behind_cr && *octet == b'\n');
            behind_cr = *octet == b'\r';
            if behind_cr {
                *octet = b'\n';
            }
            kept
        });
    }
    if !octets.iter().any(is_broken) {
        return;
    }
    // Between attributes one is as good as another.
    let is_wanted = |tag| match tag {
        Tag::Start(inner) => octets[inner.clone()].iter().any(is_broken).then_some(inner),
        Tag::End => None,
    };
    let found: Vec<Range<usize>> = Tags::of(octets).filter_map(is_wanted).collect();
    for tag in found {
        octets[tag].iter_mut().filter(|octet| is_broken(octet)).for_each(|octet| *octet = b' ');
    }
}

fn is_broken(octet: &u8) -> bool {
    matches!(octet, b'\n' | b'\t')
}
