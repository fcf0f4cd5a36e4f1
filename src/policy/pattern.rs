//! What an action and an ARN may look like.

use super::context::Context;
use super::error::Fault;
use super::template::{Dialect, Piece, Style, Template, glob, wildcards};

/// `service:Name` with wildcards in the name, or a lone `*`. The case of either part does not matter.
#[derive(Debug, PartialEq)]
pub(super) struct ActionPattern {
    /// As the document writes it.
    pub(super) text: Box<str>,
    /// `None`: any action of any service.
    parts: Option<(Box<str>, Box<[Piece]>)>,
}

impl ActionPattern {
    /// `None` unless the text is an action. Wildcards in the service part would make one typing slip cover services
    /// that nobody thought of, so they are no action.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self { text: text.into(), parts: None });
        }
        let (service, name) = text.split_once(':')?;
        let service_fits = !service.is_empty() && service.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let name_fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-*?".contains(&b));
        let fits = service_fits && name_fits && text.len() <= 256;
        fits.then(|| Self { text: text.into(), parts: Some((service.into(), wildcards(name).into())) })
    }

    /// Most statements speak of another service, which is seen at once.
    pub(super) fn matches(&self, action: &str) -> bool {
        let Some((service, name)) = &self.parts else { return true };
        let Some((asked_service, asked_name)) = action.split_once(':') else { return false };
        service.eq_ignore_ascii_case(asked_service)
            && match &**name {
                [Piece::Text(name)] => name.eq_ignore_ascii_case(asked_name),
                pieces => glob(pieces, asked_name, written, true),
            }
    }

    pub(super) fn service(&self) -> Option<&str> {
        self.parts.as_ref().map(|(service, _)| &**service)
    }
}

/// Whether it is one action as a policy names it, without wildcards.
pub fn is_one_action(text: &str) -> bool {
    !text.contains(['*', '?']) && ActionPattern::parse(text).is_some()
}

/// An action has no variables.
fn written(piece: &Piece) -> Option<&str> {
    match piece {
        Piece::Text(text) => Some(text),
        Piece::One | Piece::Many | Piece::Variable { .. } => None,
    }
}

/// An ARN whose parts may hold wildcards and variables, a lone variable that has a whole one as its value, or a lone `*`. A
/// wildcard stays within its part, except in the last one, which runs to the end of the ARN, colons included.
/// Case-sensitive.
#[derive(Debug, PartialEq)]
pub(super) struct ArnPattern {
    /// As the document writes it.
    pub(super) text: Box<str>,
    shape: Shape,
}

#[derive(Debug, PartialEq)]
enum Shape {
    Any,
    /// What stands in a variable's place is literal, so that the parts are equal when the texts are.
    Variable(Template),
    Parts {
        parts: Box<[Template; PARTS]>,
        /// The parts before the last with their colons, where nothing in them is special: one comparison for five.
        head: Option<Box<str>>,
    },
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
            return Ok(Some(Self { text: text.into(), shape: Shape::Any }));
        }
        let template = Template::parse(text, Style::Pattern, dialect)?;
        if let Some(default) = template.lone_variable() {
            let fits = default.is_none_or(|default| Arn::parse(default).is_some());
            return Ok(fits.then(|| Self { text: text.into(), shape: Shape::Variable(template) }));
        }
        let parts = template.split().filter(|_| text.starts_with("arn:") && text.len() <= 2048);
        Ok(parts.map(|parts: [Template; PARTS]| {
            let head: Option<String> =
                parts[..PARTS - 1].iter().map(|part| part.fixed().map(|text| format!("{text}:"))).collect();
            Self { text: text.into(), shape: Shape::Parts { head: head.map(Into::into), parts: Box::new(parts) } }
        }))
    }

    /// Whether a variable stands where a Resource may have none: before its fifth colon.
    pub(super) fn has_early_variables(&self) -> bool {
        match &self.shape {
            Shape::Any => false,
            Shape::Variable(_) => true,
            Shape::Parts { parts, .. } => parts[..PARTS - 1].iter().any(Template::has_variables),
        }
    }

    pub(super) fn templates(&self) -> &[Template] {
        match &self.shape {
            Shape::Any => &[],
            Shape::Variable(template) => std::slice::from_ref(template),
            Shape::Parts { parts, .. } => parts.as_slice(),
        }
    }

    /// The keys of its variables, in lower case.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.templates().iter().flat_map(Template::variables).map(|(key, _)| key.as_str())
    }

    /// `None` is no ARN: only the lone `*` covers that.
    pub(super) fn matches(&self, arn: Option<&Arn<'_>>, context: &Context) -> bool {
        match (&self.shape, arn) {
            (Shape::Any, _) => true,
            (_, None) => false,
            (Shape::Variable(variable), Some(arn)) => variable.matches(arn.text, context),
            (Shape::Parts { parts, head: Some(head) }, Some(arn)) => {
                arn.text.strip_prefix(&**head).is_some_and(|rest| parts[PARTS - 1].matches(rest, context))
            }
            (Shape::Parts { parts, head: None }, Some(arn)) => {
                parts.iter().zip(arn.parts).all(|(pattern, part)| pattern.matches(part, context))
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
