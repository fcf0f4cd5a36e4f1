//! What may be said of a document on which the engines do not agree: its shape and the digests of both readings, enough
//! to build one like it, and nothing that stands in it.

use super::tree::Tree;
use crate::words::{hex, sha256};
use std::collections::BTreeMap;
use uppsala::{NodeId, QName};

/// A SAML response has about thirty kinds of elements.
const MOST_KINDS: usize = 60;

/// One line of the readings, then one for each kind of element below `signed`: expanded name, how many, at which depths,
/// which attributes. No text, no value.
pub(super) fn redacted(tree: Tree<'_, '_>, signed: NodeId, ours: &[u8], theirs: Option<&[u8]>) -> Vec<String> {
    let reading = |bytes: &[u8]| format!("{} bytes, sha256 {}", bytes.len(), hex(&sha256(bytes)));
    let mut lines = vec![format!("first engine: {}", reading(ours))];
    if let Some(theirs) = theirs {
        let differs = ours.iter().zip(theirs).position(|(ours, theirs)| ours != theirs);
        let differs = differs.unwrap_or(ours.len().min(theirs.len()));
        lines.push(format!("second engine: {}, other from byte {differs} on", reading(theirs)));
    }
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    for element in tree.elements_below(signed) {
        let Some(element_of) = tree.0.element(element) else { continue };
        let kind = kinds.entry(expanded(&element_of.name)).or_default();
        let depth = std::iter::successors(tree.0.parent(element), |node| tree.0.parent(*node)).count();
        kind.count += 1;
        kind.depths = Some(kind.depths.map_or((depth, depth), |(least, most)| (least.min(depth), most.max(depth))));
        for attribute in &element_of.attributes {
            *kind.attributes.entry(expanded(&attribute.name)).or_default() += 1;
        }
    }
    let more = kinds.len().saturating_sub(MOST_KINDS);
    lines.extend(kinds.into_iter().take(MOST_KINDS).map(|(name, kind)| kind.line(&name)));
    if more > 0 {
        lines.push(format!("and {more} more kinds of elements"));
    }
    lines
}

#[derive(Default)]
struct Kind {
    count: usize,
    depths: Option<(usize, usize)>,
    attributes: BTreeMap<String, usize>,
}

impl Kind {
    fn line(&self, name: &str) -> String {
        let (least, most) = self.depths.unwrap_or_default();
        let attributes: Vec<String> = self.attributes.iter().map(|(name, count)| format!("{name} x{count}")).collect();
        let line = format!("{name} x{} at depth {least} to {most}, attributes: {}", self.count, attributes.join(" "));
        crate::trace::clip(&line)
    }
}

fn expanded(name: &QName<'_>) -> String {
    match &name.namespace_uri {
        Some(namespace) => format!("{{{namespace}}}{}", name.local_name),
        None => name.local_name.to_string(),
    }
}
