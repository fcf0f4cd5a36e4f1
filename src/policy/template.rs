//! Texts that are compared with what a request brings: letters, wildcards and policy variables.
//!
//! `*` stands for any run of characters, `?` for exactly one, `${key}` for the request's value of a condition key. All
//! three are special in the policy only. A `*`, `?` or `$` in a value that a caller or an identity provider brings is a
//! character like any other, also after it has taken a variable's place, or a claim could widen the policy that reads it.

use super::context::{Context, Key, Values};
use super::error::Fault;
use super::form::{Form, Piece, Pieces, Variable};
use super::keys::Vocabulary;

/// Which language the document is in: the one of 2008 takes `${…}` as plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    WithVariables(Vocabulary),
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Every character stands for itself.
    Exact,
    /// The same, and capital letters are like small ones.
    Folded,
    /// `*` and `?` are wildcards.
    Pattern,
}

/// A compiled text. It does not keep the text that it was read from: whoever asks it has that, and hands it in as `written`.
#[derive(Debug, PartialEq)]
pub(super) struct Template {
    style: Style,
    form: Form,
}

impl Template {
    pub(super) fn parse(text: &str, style: Style, dialect: Dialect) -> Result<Self, Fault> {
        Pieces::parse(text, style, dialect).map(|pieces| Self { style, form: pieces.form() })
    }

    pub(super) fn has_variables(&self) -> bool {
        self.variables().next().is_some()
    }

    /// The keys of its variables, each with whether it has a default.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&Key, bool)> {
        let pieces = match &self.form {
            Form::Plain { .. } => &[],
            Form::Pieces(pieces) => &**pieces,
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(variable) => Some((&variable.key, variable.default.is_some())),
            Piece::Text(_) | Piece::One | Piece::Many => None,
        })
    }

    /// A variable without a value, or with several, makes a text that nothing equals.
    pub(super) fn matches(&self, written: &str, value: &str, context: &Context) -> bool {
        let literal = |variable| literal(variable, context);
        match self.style {
            Style::Folded => self.form.equals_folded(written, value, literal),
            Style::Exact | Style::Pattern => self.form.matches(written, value, literal, false),
        }
    }

    /// The default of the only variable, where there is nothing else.
    pub(super) fn lone_variable(&self) -> Option<Option<&str>> {
        match &self.form {
            Form::Pieces(pieces) => match &**pieces {
                [Piece::Variable(variable)] => Some(variable.default.as_deref()),
                _ => None,
            },
            Form::Plain { .. } => None,
        }
    }

    /// Whether nothing in it is special.
    pub(super) fn is_fixed(&self) -> bool {
        matches!(self.form, Form::Plain { open: false, .. })
    }

    /// The parts between the first colons outside of variables: `N` of them, the last with everything that follows.
    pub(super) fn split<const N: usize>(self, written: &str) -> Option<[Self; N]> {
        let style = self.style;
        let mut parts = vec![Pieces::default()];
        for piece in self.form.into_pieces() {
            let Piece::Text(mut span) = piece else {
                parts.last_mut()?.push(piece);
                continue;
            };
            while parts.len() < N
                && let Some(colon) = span.text(written).find(':')
            {
                let (before, after) = span.split_at(colon);
                parts.last_mut()?.push(Piece::Text(before));
                parts.push(Pieces::default());
                span = after.split_at(1).1;
            }
            parts.last_mut()?.push(Piece::Text(span));
        }
        parts.into_iter().map(|pieces| Self { style, form: pieces.form() }).collect::<Vec<_>>().try_into().ok()
    }
}

/// What stands where the variable is; `None` where nothing can.
fn literal<'a>(variable: &'a Variable, context: &'a Context) -> Option<&'a str> {
    match context.get(&variable.key) {
        Some(Values::One(value)) => Some(value),
        Some(Values::Many(_)) => None,
        None => variable.default.as_deref(),
    }
}
