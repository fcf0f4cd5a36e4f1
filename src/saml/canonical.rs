//! The octets that a signature is about: Exclusive XML Canonicalization 1.0, by bergshamra, on the tree that is read.

use bergshamra_c14n::C14nMode;
use bergshamra_xml::nodeset::NodeSet;
use uppsala::{Document, NodeId};

/// An element with everything below it but comments, and but `hole`, which is an enveloped signature. `prefixes` is the
/// PrefixList of the method or transform. There is always something: who digests nothing has been led past the element
/// (void canonicalisation).
pub(super) fn canonical(
    document: &Document<'_>,
    element: NodeId,
    hole: Option<NodeId>,
    prefixes: &[String],
) -> Option<Vec<u8>> {
    let mut nodes = NodeSet::tree_without_comments(element, document);
    let mut waiting: Vec<NodeId> = hole.into_iter().collect();
    while let Some(node) = waiting.pop() {
        nodes.remove_id(node);
        waiting.extend(document.children_iter(node));
    }
    let octets = bergshamra_c14n::canonicalize_doc(document, C14nMode::Exclusive, Some(&nodes), prefixes);
    octets.ok().filter(|octets| !octets.is_empty())
}
