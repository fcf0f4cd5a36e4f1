//! Everything that can be wrong with a document, and where.

use super::line::line;
use crate::trace::{Code, Refusal, clip};
use std::fmt;

/// One mistake of a document. `place` is a path from the document's root, as in
/// `Statement[1].Condition.StringEquals["saml:aud"]`; the root itself is `document`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    pub place: String,
    /// Of the document's text, from 1, where that has more than one.
    pub line: Option<usize>,
    pub fault: Fault,
}

/// What is wrong at the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the document has {bytes} bytes; at most {most} are read")]
    TooLarge { bytes: usize, most: usize },
    #[error("this is not JSON: {problem}")]
    Json { problem: String },
    #[error("nested deeper than {most} levels")]
    TooDeep { most: usize },
    #[error("the member \"{name}\" is there twice")]
    Duplicate { name: String },
    #[error("a policy needs {name}")]
    Missing { name: &'static str },
    #[error("Version must be \"2012-10-17\" or \"2008-10-17\", not {found}")]
    Version { found: String },
    #[error("expected {wanted}")]
    Shape { wanted: &'static str },
    #[error("must not be empty")]
    Empty,
    #[error("has more than {most} entries")]
    TooMany { most: usize },
    #[error("no policy element is called \"{name}\"")]
    Unknown { name: String },
    #[error("{what} is not supported by this version")]
    NotSupported { what: String },
    #[error("{name} has no place in {document}")]
    Prohibited { name: String, document: &'static str },
    #[error("{name} and {negated} exclude each other")]
    Both { name: &'static str, negated: &'static str },
    #[error("a Sid has letters and digits only, and each occurs once; \"{sid}\" does not fit")]
    Sid { sid: String },
    #[error("Effect is \"Allow\" or \"Deny\", not \"{found}\"")]
    Effect { found: String },
    #[error("\"{action}\" is not an action, as in \"s3:GetObject\" or \"s3:Get*\"")]
    Action { action: String },
    #[error("a trust policy speaks of the sts actions that assume a role, not of \"{action}\"")]
    TrustAction { action: String },
    #[error("\"{resource}\" is neither \"*\" nor an ARN with its six parts")]
    Resource { resource: String },
    #[error("\"{principal}\" is not a principal of type {kind}")]
    Principal { kind: &'static str, principal: String },
    #[error("\"{principal}\" is of the partition {partition}; all accounts here are of the partition aws")]
    Partition { partition: &'static str, principal: String },
    #[error("\"{principal}\" is a federated user, and those assume no role")]
    FederatedUser { principal: String },
    #[error("no condition operator is called \"{operator}\"; capital letters count")]
    Operator { operator: String },
    #[error("the condition key \"{key}\" is not known to this version")]
    Key { key: String },
    #[error(
        "the claim \"{key}\" is gone once the role is worn (aud, sub, amr and id remain); ask for it in the role's trust policy, or make it a session tag"
    )]
    PassingClaim { key: String },
    #[error(
        "\"{key}\" is gone once the role is worn (saml:sub, saml:sub_type and saml:namequalifier remain); ask for it in the role's trust policy, or make it a session tag"
    )]
    PassingSamlKey { key: String },
    #[error(
        "\"{key}\" is always a list, which this operator never matches; write ForAnyValue: or ForAllValues: before it"
    )]
    List { key: String },
    #[error("\"{found}\" is not {wanted}, which this operator compares with")]
    Value { wanted: &'static str, found: String },
    #[error("\"{found}\" would count as seconds since 1970; write {day}")]
    Day { found: String, day: String },
    #[error("\"{text}\" has a variable that cannot be read, or whose key is not known to this version")]
    Variable { text: String },
    #[error("\"{text}\" has a variable before its fifth colon")]
    EarlyVariable { text: String },
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        if let Some(line) = self.line {
            write!(f, " (line {line})")?;
        }
        write!(f, ": {}", self.fault)
    }
}

impl std::error::Error for PolicyError {}

impl Refusal for PolicyError {
    fn code(&self) -> Code {
        match self.fault {
            Fault::TooLarge { .. } => Code::PolicySize,
            Fault::Json { .. } => Code::PolicyJson,
            Fault::TooDeep { .. } => Code::PolicyDepth,
            Fault::Duplicate { .. } => Code::PolicyDuplicate,
            Fault::Missing { .. } => Code::PolicyMissing,
            Fault::Version { .. } => Code::PolicyVersion,
            Fault::Shape { .. } => Code::PolicyShape,
            Fault::Empty => Code::PolicyEmpty,
            Fault::TooMany { .. } => Code::PolicyTooMany,
            Fault::Unknown { .. } => Code::PolicyUnknownElement,
            Fault::NotSupported { .. } => Code::PolicyNotSupported,
            Fault::Prohibited { .. } => Code::PolicyProhibited,
            Fault::Both { .. } => Code::PolicyBoth,
            Fault::Sid { .. } => Code::PolicySid,
            Fault::Effect { .. } => Code::PolicyEffect,
            Fault::Action { .. } => Code::PolicyAction,
            Fault::TrustAction { .. } => Code::PolicyTrustAction,
            Fault::Resource { .. } => Code::PolicyResource,
            Fault::Principal { .. } | Fault::Partition { .. } | Fault::FederatedUser { .. } => Code::PolicyPrincipal,
            Fault::Operator { .. } | Fault::List { .. } => Code::PolicyOperator,
            Fault::Key { .. } | Fault::PassingClaim { .. } | Fault::PassingSamlKey { .. } => Code::PolicyConditionKey,
            Fault::Value { .. } | Fault::Day { .. } => Code::PolicyValue,
            Fault::Variable { .. } | Fault::EarlyVariable { .. } => Code::PolicyVariable,
        }
    }

    fn received(&self) -> Option<String> {
        Some(self.place.clone())
    }
}

/// The mistakes of one document, at most [`Faults::MOST`] of them: a hostile document does not get a longer answer.
#[derive(Default)]
pub(super) struct Faults(Vec<PolicyError>);

impl Faults {
    const MOST: usize = 100;

    pub(super) fn add(&mut self, place: &str, fault: Fault) {
        if self.0.len() < Self::MOST {
            let place = if place.is_empty() { "document" } else { place };
            self.0.push(PolicyError { place: place.to_owned(), line: None, fault });
        }
    }

    pub(super) fn none_or<T>(self, value: T) -> Result<T, Vec<PolicyError>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}

/// The mistakes with their lines in the text that was read.
pub(super) fn located(mut errors: Vec<PolicyError>, text: &str) -> Vec<PolicyError> {
    errors.iter_mut().for_each(|error| error.line = line(text, &error.place));
    errors
}

/// The place of a member: `Statement.Effect`, or `…["saml:aud"]` where the name is no plain word.
pub(super) fn member(place: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric());
    match (plain, place.is_empty()) {
        (true, true) => name.to_owned(),
        (true, false) => format!("{place}.{name}"),
        (false, _) => format!("{place}[\"{}\"]", clip(name)),
    }
}
