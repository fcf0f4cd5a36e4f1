//! What a response must look like before anything is computed over it.
//!
//! Signature wrapping lives from documents in which the element that is verified is not the one that is read. So the
//! shape is fixed here: one Response, one Assertion directly in it, signatures only where they sign their parent, and
//! nothing in between that could hide a second reading. These rules look at expanded names and cost a walk.

use super::error::SamlError;
use super::names::{ASSERTION, PROTOCOL, SIGNATURE, SUCCESS, XML};
use super::tree::Tree;
use super::{reading, signature_shape};
use std::collections::HashSet;
use uppsala::{NodeId, NodeKind};

/// A large response has about two thousand.
const MOST_ELEMENTS: usize = 6_000;
/// Canonicalising an element looks through every prefix in scope, and it comes before the signature's own check.
const MOST_NAMESPACES_IN_SCOPE: usize = 64;

/// Where the parts are. Made only by [`check`].
pub(super) struct Frame {
    pub(super) response: NodeId,
    pub(super) assertion: NodeId,
    /// The signatures in document order, each with the element it stands in and must sign.
    pub(super) signatures: Vec<Signed>,
}

/// A signature and its parent.
pub(super) struct Signed {
    pub(super) parent: NodeId,
    pub(super) signature: NodeId,
    pub(super) method: String,
}

impl Frame {
    pub(super) fn response_signed(&self) -> bool {
        self.signatures.iter().any(|signed| signed.parent == self.response)
    }

    /// The signature that covers all that is read. In document order an ancestor's may follow its descendant's.
    pub(super) fn outermost(&self) -> Option<&Signed> {
        let of_response = self.signatures.iter().find(|signed| signed.parent == self.response);
        of_response.or(self.signatures.first())
    }

    pub(super) fn describe(&self) -> &'static str {
        match (self.response_signed(), self.signatures.len()) {
            (true, 1) => "one assertion, response signed",
            (true, _) => "one assertion, response and assertion signed",
            (false, _) => "one assertion, assertion signed",
        }
    }
}

/// The assertion's Issuer, after the rules that make "the assertion" mean something.
pub(super) fn issuer(tree: Tree<'_, '_>) -> Result<String, SamlError> {
    let (_, assertion) = parts(tree)?;
    let [issuer] = tree.named(assertion, ASSERTION, "Issuer")[..] else { return Err(SamlError::IssuerMissing) };
    tree.text(issuer).filter(|text| !text.is_empty()).ok_or(SamlError::IssuerMissing)
}

/// All rules, before any cryptography.
pub(super) fn check(tree: Tree<'_, '_>) -> Result<Frame, SamlError> {
    let (response, assertion) = parts(tree)?;
    let elements = tree.elements_below(response);
    plain(tree, &elements, &[response, assertion])?;
    let signatures = signatures(tree, &elements, response, assertion)?;
    Ok(Frame { response, assertion, signatures })
}

/// What holds for every message: nothing in it can be read in two ways. `named` must have an ID.
pub(super) fn plain(tree: Tree<'_, '_>, elements: &[NodeId], named: &[NodeId]) -> Result<(), SamlError> {
    if elements.len() > MOST_ELEMENTS {
        return Err(SamlError::TooManyNodes { what: "elements" });
    }
    no_comments_or_instructions(tree)?;
    for element in elements {
        absolute_namespaces(tree, *element)?;
    }
    ids(tree, elements, named)
}

fn parts(tree: Tree<'_, '_>) -> Result<(NodeId, NodeId), SamlError> {
    let root = tree.0.document_element().ok_or(SamlError::Malformed)?;
    if !tree.is(root, PROTOCOL, "Response") {
        return Err(SamlError::Root { found: tree.local(root).to_owned() });
    }
    let elements = tree.elements_below(root);
    if elements.len() > MOST_ELEMENTS {
        return Err(SamlError::TooManyNodes { what: "elements" });
    }
    // By local name in any namespace: a look-alike is as unwelcome as the real thing.
    let locals = || elements.iter().map(|element| (tree.local(*element), *element));
    if let Some((element, _)) = locals().find(|(local, _)| local.starts_with("Encrypted")) {
        return Err(SamlError::Encrypted { element: element.to_owned() });
    }
    let assertions: Vec<NodeId> = locals().filter(|(local, _)| *local == "Assertion").map(|(_, node)| node).collect();
    if assertions.is_empty() {
        failed_status(tree, root)?;
    }
    let [assertion] = assertions[..] else { return Err(SamlError::AssertionCount { count: assertions.len() }) };
    if tree.0.parent(assertion) != Some(root) {
        return Err(SamlError::AssertionPlace { parent: parent_name(tree, assertion) });
    }
    if !tree.is(assertion, ASSERTION, "Assertion") {
        return Err(SamlError::AssertionCount { count: 0 });
    }
    if locals().skip(1).any(|(local, _)| local == "Response") {
        return Err(SamlError::NestedResponse);
    }
    Ok((root, assertion))
}

/// An identity provider that could not authenticate says so without an assertion.
fn failed_status(tree: Tree<'_, '_>, response: NodeId) -> Result<(), SamlError> {
    match reading::status(tree, response) {
        Ok(found) if found != SUCCESS => Err(SamlError::Status { found }),
        _ => Ok(()),
    }
}

fn no_comments_or_instructions(tree: Tree<'_, '_>) -> Result<(), SamlError> {
    let mut waiting = vec![tree.0.root()];
    while let Some(node) = waiting.pop() {
        let parent = || parent_name(tree, node);
        match tree.0.node_kind(node) {
            Some(NodeKind::Comment(_)) => return Err(SamlError::Comment { parent: parent() }),
            Some(NodeKind::ProcessingInstruction(_)) => {
                return Err(SamlError::ProcessingInstruction { parent: parent() });
            }
            _ => waiting.extend(tree.0.children_iter(node)),
        }
    }
    Ok(())
}

/// A relative namespace URI has no canonical form; engines that go on sign an empty text (void canonicalisation).
pub(super) fn absolute_namespaces(tree: Tree<'_, '_>, element: NodeId) -> Result<(), SamlError> {
    let declarations = tree.0.element(element).map_or(&[][..], |element| &element.namespace_declarations);
    let absolute =
        |prefix: &str, uri: &str| (prefix.is_empty() && uri.is_empty()) || uri.find(':').is_some_and(|colon| colon > 0);
    if !declarations.iter().all(|(prefix, uri)| absolute(prefix, uri)) {
        return Err(SamlError::Namespace { element: tree.local(element).to_owned() });
    }
    if declarations.is_empty() {
        return Ok(());
    }
    let declared = |node: &NodeId| tree.0.element(*node).map_or(0, |element| element.namespace_declarations.len());
    let above: usize = tree.0.ancestors(element).iter().map(declared).sum();
    if above + declarations.len() > MOST_NAMESPACES_IN_SCOPE {
        return Err(SamlError::TooManyNodes { what: "namespaces in scope" });
    }
    Ok(())
}

/// Only `ID` without a prefix names an element, every name once. An attribute that another library might take for
/// an ID is refused, so that all libraries find the same element.
fn ids(tree: Tree<'_, '_>, elements: &[NodeId], named: &[NodeId]) -> Result<(), SamlError> {
    let mut seen = HashSet::new();
    for element in elements {
        let name = || tree.local(*element).to_owned();
        for attribute in tree.0.element(*element).map_or(&[][..], |element| &element.attributes) {
            let local: &str = &attribute.name.local_name;
            let plain = attribute.name.namespace_uri.is_none() && local == "ID";
            let look_alike = local.eq_ignore_ascii_case("id") || local.eq_ignore_ascii_case("AssertionID");
            if look_alike && !plain {
                let prefix = if attribute.name.namespace_uri.as_deref() == Some(XML) { "xml:" } else { "" };
                return Err(SamlError::IdAttribute { element: name(), attribute: format!("{prefix}{local}") });
            }
        }
        let id = tree.attribute(*element, "ID");
        if id.map_or(named.contains(element), |id| !is_xml_name(id)) {
            return Err(SamlError::Id { element: name() });
        }
        if id.is_some_and(|id| !seen.insert(id)) {
            return Err(SamlError::DuplicateId { element: name() });
        }
    }
    Ok(())
}

/// An NCName of ASCII characters.
fn is_xml_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

fn signatures(
    tree: Tree<'_, '_>,
    elements: &[NodeId],
    response: NodeId,
    assertion: NodeId,
) -> Result<Vec<Signed>, SamlError> {
    let found: Vec<NodeId> = elements.iter().copied().filter(|node| tree.local(*node) == "Signature").collect();
    if found.is_empty() {
        return Err(SamlError::Unsigned);
    }
    for parent in [response, assertion] {
        let count = found.iter().filter(|node| tree.0.parent(**node) == Some(parent)).count();
        if count > 1 {
            return Err(SamlError::SignatureCount { parent: tree.local(parent).to_owned(), count });
        }
    }
    let mut signatures = Vec::new();
    for signature in found {
        let parent = tree.0.parent(signature).filter(|parent| [response, assertion].contains(parent));
        let (Some(parent), true) = (parent, tree.is(signature, SIGNATURE, "Signature")) else {
            return Err(SamlError::SignaturePlace { parent: parent_name(tree, signature) });
        };
        let method = signature_shape::check(tree, signature, parent)?;
        signatures.push(Signed { parent, signature, method });
    }
    Ok(signatures)
}

fn parent_name(tree: Tree<'_, '_>, node: NodeId) -> String {
    match tree.0.parent(node).map(|parent| tree.local(parent)) {
        Some("") | None => "the document".to_owned(),
        Some(name) => name.to_owned(),
    }
}
