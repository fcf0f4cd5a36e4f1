//! What an action and an ARN may look like.

use super::context::Context;
use super::error::Fault;
use super::form::Form;
use super::template::{Dialect, Style, Template};
use std::sync::Arc;

/// A pattern, and the text that it was read from.
#[derive(Debug, PartialEq)]
pub(super) struct Written<P> {
    pub(super) text: Arc<str>,
    pub(super) pattern: P,
}

/// `service:Name` with wildcards in the name, or a lone `*`. The case of either part does not matter.
#[derive(Debug, PartialEq)]
pub(super) enum ActionPattern {
    Any,
    /// The service ends before `colon`.
    Of {
        tag: u32,
        colon: u16,
        name: Form,
    },
}

/// An action that is asked for, taken apart once, whatever the number of patterns.
pub(super) struct Action<'a> {
    pub(super) text: &'a str,
    /// Service and name.
    parts: Option<(&'a str, &'a str)>,
    tag: u32,
}

impl<'a> Action<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let parts = text.split_once(':');
        Self { text, parts, tag: parts.map_or(0, |(service, _)| tag(service)) }
    }
}

/// Of another service it is another number, nearly always: most statements speak of one, and are passed by without a look
/// at their texts.
fn tag(service: &str) -> u32 {
    service.bytes().fold(0, |tag, byte| tag.wrapping_mul(31).wrapping_add(u32::from(byte.to_ascii_lowercase())))
}

/// Whether it is one action as a policy names it, without wildcards.
pub fn is_one_action(text: &str) -> bool {
    !text.contains(['*', '?']) && Written::action(text.into()).is_some()
}

impl Written<ActionPattern> {
    /// `None` unless the text is an action. Wildcards in the service part would make one typing slip cover services
    /// that nobody thought of, so they are no action.
    pub(super) fn action(text: Arc<str>) -> Option<Self> {
        if *text == *"*" {
            return Some(Self { text, pattern: ActionPattern::Any });
        }
        let (service, name) = text.split_once(':')?;
        let service_fits = !service.is_empty() && service.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let name_fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-*?".contains(&b));
        if !service_fits || !name_fits || text.len() > 256 {
            return None;
        }
        let name = Form::of_wildcards(&text, service.len() + 1)?;
        let pattern = ActionPattern::Of { tag: tag(service), colon: service.len() as u16, name };
        Some(Self { text, pattern })
    }

    pub(super) fn covers(&self, asked: &Action<'_>) -> bool {
        let ActionPattern::Of { tag, name, .. } = &self.pattern else { return true };
        let Some((service, asked_name)) = asked.parts else { return false };
        *tag == asked.tag
            && self.service().is_some_and(|ours| ours.eq_ignore_ascii_case(service))
            && name.matches(&self.text, asked_name, |_| None, true)
    }

    pub(super) fn service(&self) -> Option<&str> {
        match &self.pattern {
            ActionPattern::Any => None,
            ActionPattern::Of { colon, .. } => Some(&self.text[..usize::from(*colon)]),
        }
    }
}

/// An ARN whose parts may hold wildcards and variables, a lone variable that has a whole one as its value, or a lone `*`. A
/// wildcard stays within its part, except in the last one, which runs to the end of the ARN, colons included.
/// Case-sensitive.
#[derive(Debug, PartialEq)]
pub(super) enum ArnPattern {
    Any,
    /// What stands in a variable's place is literal, so that the parts are equal when the texts are.
    Variable(Template),
    /// Nothing in the parts before the last is special: one comparison for five. They end, with a colon, before `head`.
    Resource {
        head: u16,
        resource: Template,
    },
    Parts(Box<[Template; PARTS]>),
}

/// `arn:partition:service:region:account:resource`.
const PARTS: usize = 6;

/// An ARN, taken apart.
pub struct Arn<'a> {
    text: &'a str,
    parts: [&'a str; PARTS],
}

impl ArnPattern {
    /// `None` unless the text is an ARN.
    pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Option<Self>, Fault> {
        if text == "*" {
            return Ok(Some(Self::Any));
        }
        let template = Template::parse(text, Style::Pattern, dialect)?;
        if let Some(default) = template.lone_variable() {
            let fits = default.is_none_or(|default| Arn::parse(default).is_some());
            return Ok(fits.then_some(Self::Variable(template)));
        }
        let parts = template.split(text).filter(|_| text.starts_with("arn:") && text.len() <= 2048);
        Ok(parts.map(|parts: [Template; PARTS]| {
            let head = text.splitn(PARTS, ':').take(PARTS - 1).map(|part| part.len() + 1).sum();
            // What is escaped stands for something else than is written.
            if text[..head].contains('$') || !parts[..PARTS - 1].iter().all(Template::is_fixed) {
                return Self::Parts(Box::new(parts));
            }
            let [.., resource] = parts;
            Self::Resource { head: head as u16, resource }
        }))
    }

    /// Whether a variable stands where a Resource may have none: before its fifth colon.
    pub(super) fn has_early_variables(&self) -> bool {
        match self {
            Self::Any | Self::Resource { .. } => false,
            Self::Variable(_) => true,
            Self::Parts(parts) => parts[..PARTS - 1].iter().any(Template::has_variables),
        }
    }

    pub(super) fn templates(&self) -> &[Template] {
        match self {
            Self::Any => &[],
            Self::Variable(template) => std::slice::from_ref(template),
            Self::Resource { resource, .. } => std::slice::from_ref(resource),
            Self::Parts(parts) => parts.as_slice(),
        }
    }

    /// The keys of its variables, in lower case.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.templates().iter().flat_map(Template::variables).map(|(key, _)| key.as_str())
    }

    /// `None` is no ARN: only the lone `*` covers that. `written` is what the pattern was read from.
    pub(super) fn matches(&self, written: &str, arn: Option<&Arn<'_>>, context: &Context) -> bool {
        match (self, arn) {
            (Self::Any, _) => true,
            (_, None) => false,
            (Self::Variable(variable), Some(arn)) => variable.matches(written, arn.text, context),
            (Self::Resource { head, resource }, Some(arn)) => {
                let rest = arn.text.strip_prefix(&written[..usize::from(*head)]);
                rest.is_some_and(|rest| resource.matches(written, rest, context))
            }
            (Self::Parts(parts), Some(arn)) => {
                parts.iter().zip(arn.parts).all(|(pattern, part)| pattern.matches(written, part, context))
            }
        }
    }
}

impl<'a> Arn<'a> {
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(PARTS, ':');
        let mut split = [""; PARTS];
        for part in &mut split {
            *part = parts.next()?;
        }
        (split[0] == "arn").then_some(Self { text, parts: split })
    }

    /// Empty where the service's ARNs have none.
    pub fn account(&self) -> &'a str {
        self.parts[4]
    }
}
