//! Reading a verified tree into plain values. Elements that are not acted on are refused with their place.

use super::assertion::{Attribute, NameId};
use super::error::SamlError;
use super::names::{ASSERTION, PROTOCOL, SIGNATURE, UNSPECIFIED_FORMAT};
use super::statement::{Authentication, Conditions, Confirmation, Envelope, Statement, Status};
use super::tree::{Tree, instant};
use time::OffsetDateTime;
use uppsala::NodeId;

/// The response's own fields, verified or not (`signed`).
pub(super) fn envelope(tree: Tree<'_, '_>, response: NodeId, signed: bool) -> Result<Envelope, SamlError> {
    let own = [(ASSERTION, "Issuer"), (SIGNATURE, "Signature"), (PROTOCOL, "Status")];
    let assertions = [(ASSERTION, "Assertion"), (ASSERTION, "EncryptedAssertion")];
    only(tree, response, &[&own[..], &assertions].concat())?;
    let owned = |name| tree.attribute(response, name).map(str::to_owned);
    let issuer = match at_most_one(tree, response, "Issuer")? {
        Some(issuer) => Some(leaf(tree, issuer)?),
        None => None,
    };
    Ok(Envelope {
        signed,
        version: owned("Version").unwrap_or_default(),
        status: status(tree, response)?,
        destination: owned("Destination"),
        in_response_to: owned("InResponseTo"),
        issuer,
    })
}

/// The top-level status code, and the one within it, which often says more (SAML core §3.2.2.2). A StatusMessage is the
/// identity provider's prose, which may name people: it is not told.
pub(super) fn status(tree: Tree<'_, '_>, response: NodeId) -> Result<Status, SamlError> {
    let statuses = tree.named(response, PROTOCOL, "Status");
    let [status] = statuses[..] else {
        return Err(SamlError::StatusCount { count: statuses.len() });
    };
    let codes = tree.named(status, PROTOCOL, "StatusCode");
    let [code] = codes[..] else { return Err(SamlError::StatusCount { count: codes.len() }) };
    let value = |code| tree.attribute(code, "Value").unwrap_or("").to_owned();
    let within = tree.named(code, PROTOCOL, "StatusCode").first().map(|within| value(*within));
    Ok(Status { code: value(code), within })
}

/// The assertion (SAML core §2.3.3). `opened` is the name that its EncryptedID held, if it has one.
pub(super) fn statement(tree: Tree<'_, '_>, assertion: NodeId, opened: Option<NameId>) -> Result<Statement, SamlError> {
    let parts =
        ["Issuer", "Subject", "Conditions", "AuthnStatement", "AttributeStatement"].map(|part| (ASSERTION, part));
    only(tree, assertion, &[&parts[..], &[(SIGNATURE, "Signature")]].concat())?;
    let issuer = at_most_one(tree, assertion, "Issuer")?.ok_or(SamlError::IssuerMissing)?;
    let subjects = tree.named(assertion, ASSERTION, "Subject");
    let [subject] = subjects[..] else { return Err(SamlError::Subject { count: subjects.len() }) };
    let named = [(ASSERTION, "NameID"), (ASSERTION, "EncryptedID")];
    only(tree, subject, &[&named[..], &[(ASSERTION, "SubjectConfirmation")]].concat())?;
    let conditions = match at_most_one(tree, assertion, "Conditions")? {
        Some(node) => Some(conditions(tree, node)?),
        None => None,
    };
    let all = |name| tree.named(assertion, ASSERTION, name);
    Ok(Statement {
        id: tree.attribute(assertion, "ID").unwrap_or_default().to_owned(),
        version: tree.attribute(assertion, "Version").unwrap_or_default().to_owned(),
        issuer: leaf(tree, issuer)?,
        issue_instant: required_time(tree, assertion, "Assertion", "IssueInstant")?,
        name_id: match (&tree.named(subject, ASSERTION, "NameID")[..], opened) {
            ([node], None) => name_id(tree, *node)?,
            ([], Some(name_id)) => name_id,
            _ => return Err(SamlError::NameId),
        },
        confirmations: each(tree.named(subject, ASSERTION, "SubjectConfirmation"), |node| confirmation(tree, node))?,
        conditions,
        authentications: each(all("AuthnStatement"), |node| authentication(tree, node))?,
        attributes: attributes(tree, all("AttributeStatement"))?.into(),
    })
}

/// The NameID that is all there is in a document.
pub(super) fn sole_name_id(tree: Tree<'_, '_>) -> Option<NameId> {
    let mut nodes = tree.0.children_iter(tree.0.root());
    let (node, None) = (nodes.next()?, nodes.next()) else { return None };
    let plain = tree.is(node, ASSERTION, "NameID") && tree.sole_text(node).is_some();
    if plain { name_id(tree, node).ok() } else { None }
}

pub(super) fn name_id(tree: Tree<'_, '_>, node: NodeId) -> Result<NameId, SamlError> {
    let value = leaf(tree, node)?;
    if value.trim().is_empty() {
        return Err(SamlError::NameId);
    }
    let owned = |name| tree.attribute(node, name).map(str::to_owned);
    Ok(NameId {
        value,
        format: owned("Format").unwrap_or_else(|| UNSPECIFIED_FORMAT.to_owned()),
        name_qualifier: owned("NameQualifier"),
        sp_name_qualifier: owned("SPNameQualifier"),
    })
}

/// `Address` is read by nobody: proxies and address translation make it a coincidence.
fn confirmation(tree: Tree<'_, '_>, node: NodeId) -> Result<Confirmation, SamlError> {
    // A NameID in here would name who may confirm, in place of the subject (SAML core §2.4.1.1): not supported.
    only(tree, node, &[(ASSERTION, "SubjectConfirmationData")])?;
    let data = at_most_one(tree, node, "SubjectConfirmationData")?;
    if let Some(data) = data {
        only(tree, data, &[])?;
    }
    let owned = |name| data.and_then(|data| tree.attribute(data, name)).map(str::to_owned);
    let time = |name| data.map_or(Ok(None), |data| optional_time(tree, data, name));
    Ok(Confirmation {
        method: tree.attribute(node, "Method").unwrap_or_default().to_owned(),
        recipient: owned("Recipient"),
        not_before: time("NotBefore")?,
        not_on_or_after: time("NotOnOrAfter")?,
        in_response_to: owned("InResponseTo"),
    })
}

/// A condition that is not understood makes an assertion indeterminate (SAML core §2.5.1); that is a refusal.
fn conditions(tree: Tree<'_, '_>, node: NodeId) -> Result<Conditions, SamlError> {
    let understood = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"].map(|condition| (ASSERTION, condition));
    only(tree, node, &understood)?;
    // It limits those who issue assertions on the strength of this one (SAML core §2.5.1.6), and nobody here does.
    if let Some(restriction) = at_most_one(tree, node, "ProxyRestriction")? {
        only(tree, restriction, &[(ASSERTION, "Audience")])?;
    }
    let audiences = |restriction| {
        only(tree, restriction, &[(ASSERTION, "Audience")])?;
        each(tree.named(restriction, ASSERTION, "Audience"), |audience| leaf(tree, audience))
    };
    let not_before = optional_time(tree, node, "NotBefore")?;
    let not_on_or_after = optional_time(tree, node, "NotOnOrAfter")?;
    if let (Some(from), Some(until)) = (not_before, not_on_or_after)
        && from >= until
    {
        return Err(SamlError::InvertedTimes { element: "Conditions" });
    }
    Ok(Conditions {
        not_before,
        not_on_or_after,
        audience_restrictions: each(tree.named(node, ASSERTION, "AudienceRestriction"), audiences)?,
        one_time_use: at_most_one(tree, node, "OneTimeUse")?.is_some(),
    })
}

fn authentication(tree: Tree<'_, '_>, node: NodeId) -> Result<Authentication, SamlError> {
    only(tree, node, &[(ASSERTION, "AuthnContext"), (ASSERTION, "SubjectLocality")])?;
    let class = tree.named(node, ASSERTION, "AuthnContext").into_iter().find_map(|context| {
        tree.named(context, ASSERTION, "AuthnContextClassRef").into_iter().find_map(|class| tree.text(class))
    });
    Ok(Authentication {
        instant: required_time(tree, node, "AuthnStatement", "AuthnInstant")?,
        session_index: tree.attribute(node, "SessionIndex").map(str::to_owned),
        session_not_on_or_after: optional_time(tree, node, "SessionNotOnOrAfter")?,
        context: class,
    })
}

fn attributes(tree: Tree<'_, '_>, statements: Vec<NodeId>) -> Result<Vec<Attribute>, SamlError> {
    let mut found: Vec<Attribute> = Vec::new();
    for statement in statements {
        only(tree, statement, &[(ASSERTION, "Attribute")])?;
        for node in tree.named(statement, ASSERTION, "Attribute") {
            only(tree, node, &[(ASSERTION, "AttributeValue")])?;
            let name = tree.attribute(node, "Name").filter(|name| !name.is_empty());
            let name = name.ok_or(SamlError::MissingAttribute { element: "Attribute", attribute: "Name" })?;
            // All text in all depths: a value cannot be cut short by what stands inside it.
            let values = tree.children(node).map(|value| tree.0.text_content_deep(value));
            match found.iter_mut().find(|attribute| attribute.name == name) {
                Some(attribute) => attribute.values.extend(values),
                None => found.push(Attribute { name: name.to_owned(), values: values.collect() }),
            }
        }
    }
    Ok(found)
}

/// Refuses children other than `allowed`, and text between children.
pub(super) fn only(tree: Tree<'_, '_>, parent: NodeId, allowed: &[(&str, &str)]) -> Result<(), SamlError> {
    let place = || tree.name(parent);
    let stranger = tree.children(parent).find(|child| !allowed.iter().any(|(ns, name)| tree.is(*child, ns, name)));
    if let Some(stranger) = stranger {
        return Err(SamlError::UnexpectedElement { element: tree.name(stranger), parent: place() });
    }
    if tree.has_loose_text(parent) { Err(SamlError::UnexpectedText { parent: place() }) } else { Ok(()) }
}

fn at_most_one(tree: Tree<'_, '_>, parent: NodeId, name: &'static str) -> Result<Option<NodeId>, SamlError> {
    match tree.named(parent, ASSERTION, name)[..] {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        ref several => Err(SamlError::StatementCount { element: name, count: several.len() }),
    }
}

/// The text of an element that may hold nothing else.
pub(super) fn leaf(tree: Tree<'_, '_>, node: NodeId) -> Result<String, SamlError> {
    tree.text(node).ok_or_else(|| SamlError::UnexpectedElement {
        element: tree.children(node).next().map(|child| tree.name(child)).unwrap_or_default(),
        parent: tree.name(node),
    })
}

fn required_time(
    tree: Tree<'_, '_>,
    node: NodeId,
    element: &'static str,
    name: &'static str,
) -> Result<OffsetDateTime, SamlError> {
    optional_time(tree, node, name)?.ok_or(SamlError::MissingAttribute { element, attribute: name })
}

fn optional_time(tree: Tree<'_, '_>, node: NodeId, name: &'static str) -> Result<Option<OffsetDateTime>, SamlError> {
    let text = tree.attribute(node, name);
    text.map(|text| instant(text).ok_or(SamlError::TimeSyntax { field: name })).transpose()
}

fn each<T>(nodes: Vec<NodeId>, read: impl Fn(NodeId) -> Result<T, SamlError>) -> Result<Vec<T>, SamlError> {
    nodes.into_iter().map(read).collect()
}
