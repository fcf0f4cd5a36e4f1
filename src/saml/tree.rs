//! Reading a parsed document by expanded names only: a prefix never means anything.

use crate::words::parse_xs_date_time;
use time::{OffsetDateTime, UtcOffset};
use uppsala::{Document, NodeId, NodeKind};

/// Elements may nest this deep; a signed response with its certificate needs about ten.
const DEEPEST: u32 = 40;

/// An element of a response has about as many octets of the text, without those below it.
const USUAL_ELEMENT: usize = 64;

/// A document to read from.
#[derive(Clone, Copy)]
pub(super) struct Tree<'d, 'x>(pub(super) &'d Document<'x>);

/// Why a text is not a document that will be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotADocument {
    Doctype,
    TooDeep,
    Malformed { message: String },
}

/// Parses with namespaces, without document types and entities, and to a bounded depth.
pub(super) fn parse(xml: &str) -> Result<Document<'_>, NotADocument> {
    // Before the parser: nothing about a document type is worth reading, and this costs one pass over the bytes. A short
    // text is looked for many bytes at a time, and few documents have even that.
    if xml.contains("<!") && (xml.contains("<!DOCTYPE") || xml.contains("<!ENTITY")) {
        return Err(NotADocument::Doctype);
    }
    let parser = uppsala::Parser::new()
        .with_max_depth(DEEPEST)
        .with_max_entity_expansion(0)
        .with_forbid_dtd(true)
        .with_forbid_entities(true);
    parser.parse(xml).map_err(|error| {
        let message = error.to_string();
        if message.contains("maximum depth") { NotADocument::TooDeep } else { NotADocument::Malformed { message } }
    })
}

impl<'d, 'x> Tree<'d, 'x> {
    /// The child elements in order.
    pub(super) fn children(self, node: NodeId) -> impl Iterator<Item = NodeId> + 'd {
        self.0.children_iter(node).filter(move |child| self.0.element(*child).is_some())
    }

    /// The child elements of one expanded name.
    pub(super) fn named<'n>(self, node: NodeId, namespace: &'n str, local: &'n str) -> Vec<NodeId> {
        self.children(node).filter(|child| self.is(*child, namespace, local)).collect()
    }

    pub(super) fn is(self, node: NodeId, namespace: &str, local: &str) -> bool {
        self.0.element(node).is_some_and(|element| element.name.matches(Some(namespace), local))
    }

    pub(super) fn local(self, node: NodeId) -> &'d str {
        self.0.element(node).map_or("", |element| &element.name.local_name)
    }

    /// The local name as a refusal tells it, which is a stranger's word.
    pub(super) fn name(self, node: NodeId) -> String {
        crate::trace::clip(self.local(node))
    }

    pub(super) fn namespace(self, node: NodeId) -> &'d str {
        self.0.element(node).and_then(|element| element.name.namespace_uri.as_deref()).unwrap_or("")
    }

    /// The value of an attribute without a namespace.
    pub(super) fn attribute(self, node: NodeId, local: &str) -> Option<&'d str> {
        let attributes = &self.0.element(node)?.attributes;
        let found = attributes.iter().find(|a| a.name.namespace_uri.is_none() && &*a.name.local_name == local)?;
        Some(&found.value)
    }

    /// The whole text of an element that holds nothing but text; `None` if it has child elements.
    pub(super) fn text(self, node: NodeId) -> Option<String> {
        self.children(node).next().is_none().then(|| self.0.text_content_deep(node))
    }

    /// The text of an element that has exactly one child, a text node.
    pub(super) fn sole_text(self, node: NodeId) -> Option<&'d str> {
        let mut children = self.0.children_iter(node);
        let (only, None) = (children.next()?, children.next()) else { return None };
        match self.0.node_kind(only) {
            Some(NodeKind::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether an element has text of its own other than white space between its children.
    pub(super) fn has_loose_text(self, node: NodeId) -> bool {
        self.0.children_iter(node).any(|child| self.0.text_content(child).is_some_and(|text| !text.trim().is_empty()))
    }

    /// `top` and every node below it, in document order.
    pub(super) fn nodes_below(self, top: NodeId) -> impl Iterator<Item = NodeId> + 'd {
        std::iter::successors(Some(top), move |node| {
            let mut around =
                std::iter::successors(Some(*node), |node| self.0.parent(*node)).take_while(|it| *it != top);
            self.0.first_child(*node).or_else(|| around.find_map(|node| self.0.next_sibling(node)))
        })
    }

    /// `top` and every element below it, in document order.
    pub(super) fn elements_below(self, top: NodeId) -> Vec<NodeId> {
        // Most often it is enough for all of them.
        let mut found = Vec::with_capacity(self.0.node_serialized_size_hint(top) / USUAL_ELEMENT);
        found.extend(self.nodes_below(top).filter(|node| self.0.element(*node).is_some()));
        found
    }
}

/// Text for an attribute or an element.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' | '\n' | '\r' => escaped.push_str(&format!("&#{};", character as u32)),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// An `xs:dateTime` in UTC. Years are those in which time can be added and written without leaving the calendar.
pub(super) fn instant(text: &str) -> Option<OffsetDateTime> {
    let at = parse_xs_date_time(text)?.checked_to_offset(UtcOffset::UTC)?;
    (1900..=9990).contains(&at.year()).then_some(at)
}
