//! What a response must look like before anything is computed over it.
//!
//! Signature wrapping lives from documents in which the element that is verified is not the one that is read. So the
//! shape is fixed here: one Response, one Assertion directly in it, signatures only where they sign their parent, and
//! nothing in between that could hide a second reading. These rules look at expanded names and cost a walk.

use super::encryption_shape::{self, Sealed};
use super::error::SamlError;
use super::names::{ASSERTION, ENCRYPTION, PROTOCOL, SIGNATURE, SUCCESS, XML};
use super::reading;
use super::signature_shape::{self, Signed};
use super::tree::Tree;
use std::collections::HashSet;
use uppsala::{NodeId, NodeKind};

/// A large response has about two thousand.
const MOST_ELEMENTS: usize = 6_000;
/// Canonicalising an element looks through every prefix in scope, and it comes before the signature's own check.
/// Honest responses have fewer than ten.
const MOST_NAMESPACES_IN_SCOPE: usize = 24;
/// Each makes canonicalisation look for its prefix and sort; an honest element has one or two (`xsi:type`, `xml:lang`).
const MOST_PREFIXED_ATTRIBUTES: usize = 4;

/// Where the parts are. Made only by [`response`] and [`assertion`].
pub(super) struct Frame {
    pub(super) root: NodeId,
    pub(super) body: Body,
    /// The outermost first, which covers all that is read.
    pub(super) signatures: Vec<Signed>,
}

pub(super) enum Body {
    /// An assertion in the clear, whose Subject may be named by an EncryptedID.
    Assertion { assertion: NodeId, sealed_name: Option<Sealed> },
    /// An EncryptedAssertion.
    Sealed(Sealed),
}

impl Frame {
    pub(super) fn root_signed(&self) -> bool {
        self.signatures.iter().any(|signed| signed.parent == self.root)
    }

    pub(super) fn describe(&self) -> &'static str {
        let alone = matches!(self.body, Body::Assertion { assertion, .. } if assertion == self.root);
        match (&self.body, self.root_signed(), self.signatures.len()) {
            (Body::Sealed(_), true, _) => "one encrypted assertion, response signed",
            (Body::Sealed(_), false, _) => "one encrypted assertion, response not signed",
            (Body::Assertion { .. }, true, _) if alone => "the assertion alone, signed",
            (Body::Assertion { .. }, false, _) if alone => "the assertion alone, not signed",
            (Body::Assertion { .. }, true, 1) => "one assertion, response signed",
            (Body::Assertion { .. }, true, _) => "one assertion, response and assertion signed",
            (Body::Assertion { .. }, false, _) => "one assertion, assertion signed",
        }
    }
}

/// The Issuer whose keys to try: the assertion's, or the Response's where the assertion cannot be read yet.
pub(super) fn issuer(tree: Tree<'_, '_>, parts: &Parts) -> Result<String, SamlError> {
    let issued = if is_assertion(tree, parts.holder) { parts.holder } else { parts.root };
    let [issuer] = tree.named(issued, ASSERTION, "Issuer")[..] else { return Err(SamlError::IssuerMissing) };
    tree.text(issuer).filter(|text| !text.is_empty()).ok_or(SamlError::IssuerMissing)
}

/// All rules for a message that has these parts, before any cryptography.
pub(super) fn response(tree: Tree<'_, '_>, parts: &Parts) -> Result<Frame, SamlError> {
    let frame = frame(tree, parts)?;
    // Whether a signature is inside an encrypted assertion cannot be seen yet.
    if frame.signatures.is_empty() && !matches!(frame.body, Body::Sealed(_)) {
        return Err(SamlError::Unsigned);
    }
    Ok(frame)
}

/// All rules for what came out of an EncryptedAssertion, before its signature is verified. That it is not one assertion
/// and nothing else is not told from any other failure to decrypt.
pub(super) fn assertion(tree: Tree<'_, '_>) -> Result<Frame, SamlError> {
    let parts = bare(tree).map_err(|error| match error {
        SamlError::EncryptedAttribute => SamlError::EncryptedAttribute,
        _ => SamlError::Decryption,
    })?;
    frame(tree, &parts)
}

/// Whether an assertion is all there is.
pub(super) fn is_bare(tree: Tree<'_, '_>) -> bool {
    tree.0.document_element().is_some_and(|root| is_assertion(tree, root))
}

/// The rules that make a document one assertion and nothing else.
pub(super) fn bare(tree: Tree<'_, '_>) -> Result<Parts, SamlError> {
    let root = tree.0.document_element().ok_or(SamlError::Malformed)?;
    if !is_assertion(tree, root) {
        return Err(SamlError::Root { found: tree.name(root) });
    }
    let elements = tree.elements_below(root);
    if elements.len() > MOST_ELEMENTS {
        return Err(SamlError::TooManyNodes { what: "elements" });
    }
    let another = |node: &NodeId| ["Assertion", "EncryptedAssertion"].contains(&tree.local(*node)) && *node != root;
    let others = elements.iter().filter(|node| another(node)).count();
    if others > 0 {
        return Err(SamlError::AssertionCount { count: others + 1 });
    }
    if elements.iter().any(|node| tree.local(*node) == "Response") {
        return Err(SamlError::NestedResponse);
    }
    let sealed_name = sealed_subject(tree, &elements, root)?;
    Ok(Parts { root, holder: root, sealed_name, elements })
}

fn frame(tree: Tree<'_, '_>, parts: &Parts) -> Result<Frame, SamlError> {
    let Parts { root, holder, sealed_name, elements } = parts;
    let signable = if is_assertion(tree, *holder) { [*root, *holder] } else { [*root, *root] };
    plain(tree, elements, &signable)?;
    let body = match sealed_name {
        _ if !is_assertion(tree, *holder) => Body::Sealed(encryption_shape::read(tree, *holder)?),
        None => Body::Assertion { assertion: *holder, sealed_name: None },
        Some(name) => Body::Assertion { assertion: *holder, sealed_name: Some(encryption_shape::read(tree, *name)?) },
    };
    let signatures = signatures(tree, elements, signable)?;
    Ok(Frame { root: *root, body, signatures })
}

/// What holds for every message: nothing in it can be read in two ways. `named` must have an ID.
pub(super) fn plain(tree: Tree<'_, '_>, elements: &[NodeId], named: &[NodeId]) -> Result<(), SamlError> {
    if elements.len() > MOST_ELEMENTS {
        return Err(SamlError::TooManyNodes { what: "elements" });
    }
    no_comments_or_instructions(tree)?;
    for element in elements {
        absolute_namespaces(tree, *element, MOST_NAMESPACES_IN_SCOPE)?;
        few_prefixed_attributes(tree, *element)?;
    }
    ids(tree, elements, named)
}

/// The elements that the rest of the rules are about. Made only by [`parts`] and [`bare`].
pub(super) struct Parts {
    root: NodeId,
    /// The Assertion or EncryptedAssertion; in a document that is one, the root itself.
    holder: NodeId,
    /// The EncryptedID that stands for the Subject's name.
    sealed_name: Option<NodeId>,
    elements: Vec<NodeId>,
}

/// The rules that make "the assertion" mean something.
pub(super) fn parts(tree: Tree<'_, '_>) -> Result<Parts, SamlError> {
    let root = tree.0.document_element().ok_or(SamlError::Malformed)?;
    if !tree.is(root, PROTOCOL, "Response") {
        return Err(SamlError::Root { found: tree.name(root) });
    }
    let elements = tree.elements_below(root);
    if elements.len() > MOST_ELEMENTS {
        return Err(SamlError::TooManyNodes { what: "elements" });
    }
    // By local name in any namespace: a look-alike is as unwelcome as the real thing.
    let named = |names: &[&str]| -> Vec<NodeId> {
        elements.iter().copied().filter(|element| names.contains(&tree.local(*element))).collect()
    };
    let holders = named(&["Assertion", "EncryptedAssertion"]);
    if holders.is_empty() {
        failed_status(tree, root)?;
    }
    let [holder] = holders[..] else { return Err(SamlError::AssertionCount { count: holders.len() }) };
    if tree.0.parent(holder) != Some(root) {
        return Err(SamlError::AssertionPlace { parent: parent_name(tree, holder) });
    }
    if tree.namespace(holder) != ASSERTION {
        return Err(SamlError::AssertionCount { count: 0 });
    }
    if named(&["Response"]).len() > 1 {
        return Err(SamlError::NestedResponse);
    }
    let sealed_name = sealed_subject(tree, &elements, holder)?;
    Ok(Parts { root, holder, sealed_name, elements })
}

/// The EncryptedID of the Subject, if it has one; what is encrypted elsewhere than there or in an EncryptedAssertion is
/// refused.
fn sealed_subject(tree: Tree<'_, '_>, elements: &[NodeId], holder: NodeId) -> Result<Option<NodeId>, SamlError> {
    let in_clear = is_assertion(tree, holder);
    let of_subject = |above: &[NodeId]| {
        above.first().is_some_and(|parent| tree.is(*parent, ASSERTION, "Subject")) && above.get(1) == Some(&holder)
    };
    let sealed = sealed_part(tree, elements, (!in_clear).then_some(holder), of_subject)?;
    Ok(sealed.filter(|_| in_clear))
}

/// Refuses whatever is called Encrypted… elsewhere than in `sealed`, or, without that, in the one EncryptedID whose
/// ancestors `may_hold` it. Returns which of them it is.
pub(super) fn sealed_part(
    tree: Tree<'_, '_>,
    elements: &[NodeId],
    mut sealed: Option<NodeId>,
    may_hold: impl Fn(&[NodeId]) -> bool,
) -> Result<Option<NodeId>, SamlError> {
    for element in elements.iter().copied().filter(|element| tree.local(*element).starts_with("Encrypted")) {
        if tree.local(element) == "EncryptedAttribute" {
            return Err(SamlError::EncryptedAttribute);
        }
        let above = tree.0.ancestors(element);
        if sealed.is_none() && may_hold(&above) && tree.is(element, ASSERTION, "EncryptedID") {
            sealed = Some(element);
        }
        // What stands in it is judged by its shape.
        if !sealed.is_some_and(|sealed| sealed == element || above.contains(&sealed)) {
            return Err(SamlError::Encrypted { element: tree.name(element) });
        }
    }
    Ok(sealed)
}

fn is_assertion(tree: Tree<'_, '_>, node: NodeId) -> bool {
    tree.is(node, ASSERTION, "Assertion")
}

/// An identity provider that could not authenticate says so without an assertion.
fn failed_status(tree: Tree<'_, '_>, response: NodeId) -> Result<(), SamlError> {
    match reading::status(tree, response) {
        Ok(status) if status.code != SUCCESS => Err(SamlError::Status { found: status.told() }),
        _ => Ok(()),
    }
}

fn no_comments_or_instructions(tree: Tree<'_, '_>) -> Result<(), SamlError> {
    let unwelcome = |node: &NodeId| {
        matches!(tree.0.node_kind(*node), Some(NodeKind::Comment(_) | NodeKind::ProcessingInstruction(_)))
    };
    let Some(last) = tree.nodes_below(tree.0.root()).filter(unwelcome).last() else { return Ok(()) };
    let parent = parent_name(tree, last);
    match tree.0.node_kind(last) {
        Some(NodeKind::Comment(_)) => Err(SamlError::Comment { parent }),
        _ => Err(SamlError::ProcessingInstruction { parent }),
    }
}

/// A relative namespace URI has no canonical form; engines that go on sign an empty text (void canonicalisation).
pub(super) fn absolute_namespaces(tree: Tree<'_, '_>, element: NodeId, most: usize) -> Result<(), SamlError> {
    let declarations = tree.0.element(element).map_or(&[][..], |element| &element.namespace_declarations);
    let absolute =
        |prefix: &str, uri: &str| (prefix.is_empty() && uri.is_empty()) || uri.find(':').is_some_and(|colon| colon > 0);
    if !declarations.iter().all(|(prefix, uri)| absolute(prefix, uri)) {
        return Err(SamlError::Namespace { element: tree.name(element) });
    }
    if declarations.is_empty() {
        return Ok(());
    }
    let declared = |node: &NodeId| tree.0.element(*node).map_or(0, |element| element.namespace_declarations.len());
    let above: usize = tree.0.ancestors(element).iter().map(declared).sum();
    if above + declarations.len() > most {
        return Err(SamlError::TooManyNodes { what: "namespaces in scope" });
    }
    Ok(())
}

fn few_prefixed_attributes(tree: Tree<'_, '_>, element: NodeId) -> Result<(), SamlError> {
    let attributes = tree.0.element(element).map_or(&[][..], |element| &element.attributes);
    let prefixed = attributes.iter().filter(|attribute| attribute.name.namespace_uri.is_some()).count();
    if prefixed > MOST_PREFIXED_ATTRIBUTES {
        return Err(SamlError::TooManyNodes { what: "attributes with a prefix" });
    }
    Ok(())
}

/// Only `ID` without a prefix names an element (and `Id` one of XML Encryption's), every name once. An attribute that
/// another library might take for an ID is refused, so that all libraries find the same element.
fn ids(tree: Tree<'_, '_>, elements: &[NodeId], named: &[NodeId]) -> Result<(), SamlError> {
    let mut seen = HashSet::new();
    for element in elements {
        let name = || tree.name(*element);
        let encryption_id = encryption_id(tree, *element);
        for attribute in tree.0.element(*element).map_or(&[][..], |element| &element.attributes) {
            let local: &str = &attribute.name.local_name;
            let plain = attribute.name.namespace_uri.is_none() && (local == "ID" || local == encryption_id);
            let look_alike = local.eq_ignore_ascii_case("id") || local.eq_ignore_ascii_case("AssertionID");
            if look_alike && !plain {
                let prefix = if attribute.name.namespace_uri.as_deref() == Some(XML) { "xml:" } else { "" };
                return Err(SamlError::IdAttribute { element: name(), attribute: format!("{prefix}{local}") });
            }
        }
        let id = tree.attribute(*element, "ID");
        if id.is_none() && named.contains(element) {
            return Err(SamlError::Id { element: name() });
        }
        for id in [id, tree.attribute(*element, encryption_id)].into_iter().flatten() {
            if !is_xml_name(id) {
                return Err(SamlError::Id { element: name() });
            }
            if !seen.insert(id) {
                return Err(SamlError::DuplicateId { element: name() });
            }
        }
    }
    Ok(())
}

/// The attribute by which XML Encryption names its elements; of all others an empty name, which no attribute has.
fn encryption_id(tree: Tree<'_, '_>, element: NodeId) -> &'static str {
    let named = ["EncryptedData", "EncryptedKey"].iter().any(|local| tree.is(element, ENCRYPTION, local));
    if named { "Id" } else { "" }
}

/// An NCName of ASCII characters.
fn is_xml_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

fn signatures(tree: Tree<'_, '_>, elements: &[NodeId], signable: [NodeId; 2]) -> Result<Vec<Signed>, SamlError> {
    let found: Vec<NodeId> = elements.iter().copied().filter(|node| tree.local(*node) == "Signature").collect();
    for parent in signable {
        let count = found.iter().filter(|node| tree.0.parent(**node) == Some(parent)).count();
        if count > 1 {
            return Err(SamlError::SignatureCount { parent: tree.name(parent), count });
        }
    }
    let mut signatures = Vec::new();
    for signature in found {
        let parent = tree.0.parent(signature).filter(|parent| signable.contains(parent));
        let (Some(parent), true) = (parent, tree.is(signature, SIGNATURE, "Signature")) else {
            return Err(SamlError::SignaturePlace { parent: parent_name(tree, signature) });
        };
        signatures.push(signature_shape::read(tree, signature, parent)?);
    }
    // In document order an ancestor's may follow its descendant's.
    signatures.sort_by_key(|signed| signed.parent != signable[0]);
    Ok(signatures)
}

fn parent_name(tree: Tree<'_, '_>, node: NodeId) -> String {
    match tree.0.parent(node).map(|parent| tree.name(parent)) {
        Some(name) if !name.is_empty() => name,
        _ => "the document".to_owned(),
    }
}
