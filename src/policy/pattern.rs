//! What an action and an ARN may look like.

use super::context::Context;
use super::error::Fault;
use super::template::{Dialect, Style, Template, Token, glob, tokens};

/// `service:Name` with wildcards in the name, or a lone `*`. The case of either part does not matter.
#[derive(Debug, PartialEq)]
pub(super) struct ActionPattern {
    service: Option<Box<str>>,
    tokens: Vec<Token>,
}

impl ActionPattern {
    /// `None` unless the text is an action. Wildcards in the service part would make one typing slip cover services
    /// that nobody thought of, so they are no action.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self { service: None, tokens: tokens(text) });
        }
        let (service, name) = text.split_once(':')?;
        let service_fits = !service.is_empty() && service.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let name_fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-*?".contains(&b));
        let fits = service_fits && name_fits && text.len() <= 256;
        fits.then(|| Self { service: Some(service.into()), tokens: tokens(text) })
    }

    pub(super) fn matches(&self, action: &str) -> bool {
        glob(&self.tokens, action.as_bytes(), |a, b| a.eq_ignore_ascii_case(&b))
    }

    pub(super) fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }
}

/// An ARN whose parts may hold wildcards and variables, or a lone `*`. A wildcard stays within its part, except in the
/// last one, which runs to the end of the ARN, colons included. Case-sensitive.
#[derive(Debug, PartialEq)]
pub(super) enum ArnPattern {
    Any,
    Parts(Box<[Template; PARTS]>),
}

/// `arn:partition:service:region:account:resource`.
const PARTS: usize = 6;

impl ArnPattern {
    /// `None` unless the text is an ARN.
    pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Option<Self>, Fault> {
        if text == "*" {
            return Ok(Some(Self::Any));
        }
        let template = Template::parse(text, Style::Pattern, dialect)?;
        let parts = template.split().filter(|_| text.starts_with("arn:") && text.len() <= 2048);
        Ok(parts.map(|parts| Self::Parts(Box::new(parts))))
    }

    /// Whether a variable stands where a Resource may have none: before its fifth colon.
    pub(super) fn has_early_variables(&self) -> bool {
        match self {
            Self::Any => false,
            Self::Parts(parts) => parts[..PARTS - 1].iter().any(Template::has_variables),
        }
    }

    /// The keys of its variables, in lower case.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        let parts = match self {
            Self::Any => &[][..],
            Self::Parts(parts) => parts.as_slice(),
        };
        parts.iter().flat_map(Template::variables)
    }

    pub(super) fn matches(&self, arn: &str, context: &Context) -> bool {
        match self {
            Self::Any => true,
            Self::Parts(patterns) => parts(arn)
                .is_some_and(|parts| patterns.iter().zip(parts).all(|(pattern, part)| pattern.matches(part, context))),
        }
    }
}

pub(super) fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && parts(text).is_some()
}

fn parts(arn: &str) -> Option<[&str; PARTS]> {
    let mut parts = arn.splitn(PARTS, ':');
    let mut split = [""; PARTS];
    for part in &mut split {
        *part = parts.next()?;
    }
    Some(split)
}
