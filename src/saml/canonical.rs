//! The octets that a signature is about: Exclusive XML Canonicalization 1.0, written from the tree that is read.
//!
//! Only what is signed is walked. A prefix is declared for the namespace that the parser found it to mean, which is the
//! one that the name is read in: what is digested of a name is what is compared of it. How text is escaped and in which
//! order attributes stand, bergshamra knows.

use bergshamra_c14n::escape::{escape_attr_into, escape_pi_into, escape_text_into};
use bergshamra_c14n::render::Attr;
use std::borrow::Cow;
use uppsala::{Attribute, Document, Element, NodeId, NodeKind, ProcessingInstruction, QName};

/// An element with everything below it but comments, and but `hole`, which is an enveloped signature. `prefixes` is the
/// PrefixList of the method or transform. There is always something: who digests nothing has been led past the element
/// (void canonicalisation).
pub(super) fn canonical(
    document: &Document<'_>,
    element: NodeId,
    hole: Option<NodeId>,
    prefixes: &[String],
) -> Option<Vec<u8>> {
    let source = document.node_serialized_size_hint(element);
    let mut canonical = Canonical {
        document,
        hole,
        prefixes,
        declared: Vec::new(),
        attributes: Vec::new(),
        // A little longer than its source: an empty element gets an end tag, and what is declared above it comes along.
        octets: Vec::with_capacity(source + source / 8),
    };
    canonical.element(element, document.element(element)?, true);
    Some(canonical.octets)
}

struct Canonical<'d, 'x> {
    document: &'d Document<'x>,
    hole: Option<NodeId>,
    prefixes: &'d [String],
    /// What the octets declare where they end: (prefix, namespace), the nearest last.
    declared: Vec<(&'d str, &'d str)>,
    /// Those of one element, while they are put in order.
    attributes: Vec<Attr<'d>>,
    octets: Vec<u8>,
}

impl<'d, 'x> Canonical<'d, 'x> {
    fn node(&mut self, node: NodeId) {
        match self.document.node_kind(node) {
            Some(NodeKind::Element(element)) if self.hole != Some(node) => self.element(node, element, false),
            Some(NodeKind::Text(text) | NodeKind::CData(text)) => escape_text_into(&mut self.octets, text),
            Some(NodeKind::ProcessingInstruction(instruction)) => write_instruction(&mut self.octets, instruction),
            _ => {}
        }
    }

    fn element(&mut self, node: NodeId, element: &'d Element<'x>, outermost: bool) {
        let around = self.declared.len();
        self.declare_used(node, element, outermost);
        self.declared[around..].sort_unstable();
        self.octets.push(b'<');
        write_name(&mut self.octets, &element.name);
        for (prefix, namespace) in &self.declared[around..] {
            write_declaration(&mut self.octets, prefix, namespace);
        }
        self.attributes.extend(element.attributes.iter().map(rendered));
        self.attributes.sort_unstable();
        self.attributes.drain(..).for_each(|attribute| attribute.write_to(&mut self.octets));
        self.octets.push(b'>');
        self.document.children_iter(node).for_each(|child| self.node(child));
        self.octets.extend_from_slice(b"</");
        write_name(&mut self.octets, &element.name);
        self.octets.push(b'>');
        self.declared.truncate(around);
    }

    /// The prefixes of its name and its attributes; those of the PrefixList wherever their meaning may have changed.
    fn declare_used(&mut self, node: NodeId, element: &'d Element<'x>, outermost: bool) {
        self.declare(element.name.prefix.as_deref().unwrap_or(""), element.name.namespace_uri.as_deref().unwrap_or(""));
        for Attribute { name, .. } in &element.attributes {
            if let (Some(prefix), Some(namespace)) = (&name.prefix, &name.namespace_uri) {
                self.declare(prefix, namespace);
            }
        }
        if outermost || !element.namespace_declarations.is_empty() {
            for listed in self.prefixes {
                let prefix = if listed == "#default" { "" } else { listed };
                self.declare(prefix, self.in_scope(node, prefix));
            }
        }
    }

    /// Unless the octets declare it so already, or it is one of the two that nobody declares. No namespace is no
    /// declaration, but where the default one must end.
    fn declare(&mut self, prefix: &'d str, namespace: &'d str) {
        let known =
            self.declared.iter().rev().find(|(known, _)| *known == prefix).map_or("", |(_, namespace)| namespace);
        if known != namespace && !["xml", "xmlns"].contains(&prefix) {
            self.declared.push((prefix, namespace));
        }
    }

    /// What a prefix means at a node, whether or not a name there has it; nothing if it is not declared.
    fn in_scope(&self, node: NodeId, prefix: &str) -> &'d str {
        let document = self.document;
        let upwards = std::iter::successors(Some(node), |node| document.parent(*node));
        let elements = upwards.filter_map(|node| document.element(node));
        let mut declarations = elements.flat_map(|element| &element.namespace_declarations);
        declarations.find(|(known, _)| **known == *prefix).map_or("", |(_, namespace)| namespace)
    }
}

fn rendered<'d>(attribute: &'d Attribute<'_>) -> Attr<'d> {
    let Attribute { name, value } = attribute;
    Attr {
        ns_uri: Cow::Borrowed(name.namespace_uri.as_deref().unwrap_or("")),
        prefix: name.prefix.as_deref().map(Cow::Borrowed),
        local_name: Cow::Borrowed(&name.local_name),
        value: Cow::Borrowed(value),
    }
}

fn write_name(octets: &mut Vec<u8>, name: &QName<'_>) {
    if let Some(prefix) = &name.prefix {
        octets.extend_from_slice(prefix.as_bytes());
        octets.push(b':');
    }
    octets.extend_from_slice(name.local_name.as_bytes());
}

fn write_declaration(octets: &mut Vec<u8>, prefix: &str, namespace: &str) {
    octets.extend_from_slice(b" xmlns");
    if !prefix.is_empty() {
        octets.push(b':');
        octets.extend_from_slice(prefix.as_bytes());
    }
    octets.extend_from_slice(b"=\"");
    escape_attr_into(octets, namespace);
    octets.push(b'"');
}

fn write_instruction(octets: &mut Vec<u8>, instruction: &ProcessingInstruction<'_>) {
    octets.extend_from_slice(b"<?");
    octets.extend_from_slice(instruction.target.as_bytes());
    if let Some(data) = instruction.data.as_deref().filter(|data| !data.is_empty()) {
        octets.push(b' ');
        escape_pi_into(octets, data);
    }
    octets.extend_from_slice(b"?>");
}
