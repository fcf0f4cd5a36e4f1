//! What stands where in a text of a policy.
//!
//! Texts are kept once, as they are written; what was understood of one is where its pieces begin and end. So a statement
//! is small, and a thousand of them are read as fast as ten.

use super::context::Key;
use super::error::Fault;
use super::template::{Dialect, Style};
use crate::trace::clip;

/// What stands where in a text. Most texts need no memory of their own for it.
#[derive(Debug, PartialEq)]
pub(super) enum Form {
    /// This and nothing else; where it is open, whatever follows.
    Plain {
        span: Span,
        open: bool,
    },
    Pieces(Box<[Piece]>),
}

#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    Text(Span),
    /// `?`
    One,
    /// `*`
    Many,
    Variable(Box<Variable>),
}

#[derive(Debug, PartialEq)]
pub(super) struct Variable {
    pub(super) key: Key,
    pub(super) default: Option<Box<str>>,
}

/// So many bytes of the text that was written. No text of a policy is longer than these count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    from: u16,
    to: u16,
}

impl Form {
    /// Of a text in which `*` and `?` are wildcards and nothing else is special: of its part from `from` on.
    pub(super) fn of_wildcards(text: &str, from: usize) -> Option<Self> {
        let mut pieces = Pieces::default();
        pieces.push_text(text, Span::of(from, text.len())?, Style::Pattern);
        Some(pieces.form())
    }

    /// With `any_case` the case of ASCII letters does not matter.
    pub(super) fn matches<'a>(
        &'a self,
        written: &'a str,
        value: &str,
        literal: impl Fn(&'a Variable) -> Option<&'a str>,
        any_case: bool,
    ) -> bool {
        match self {
            Self::Plain { span, open } => {
                let (text, value) = (span.bytes(written), value.as_bytes());
                let begins = value.get(..text.len()).is_some_and(|there| same(there, text, any_case));
                begins && (*open || text.len() == value.len())
            }
            Self::Pieces(pieces) => {
                let text = |piece: &'a Piece| match piece {
                    Piece::Text(span) => Some(span.bytes(written)),
                    Piece::Variable(variable) => literal(variable).map(str::as_bytes),
                    Piece::One | Piece::Many => None,
                };
                glob(pieces, value.as_bytes(), text, any_case)
            }
        }
    }

    /// Character by character, so that no neighbour changes what a letter becomes. There are no wildcards in such texts.
    pub(super) fn equals_folded<'a>(
        &'a self,
        written: &str,
        value: &str,
        literal: impl Fn(&'a Variable) -> Option<&'a str>,
    ) -> bool {
        let mut rest = value.chars().flat_map(char::to_lowercase);
        let mut takes =
            |text: &str| text.chars().flat_map(char::to_lowercase).all(|letter| rest.next() == Some(letter));
        let fits = match self {
            Self::Plain { span, .. } => takes(span.text(written)),
            Self::Pieces(pieces) => pieces.iter().all(|piece| match piece {
                Piece::Text(span) => takes(span.text(written)),
                Piece::Variable(variable) => literal(variable).is_some_and(&mut takes),
                Piece::One | Piece::Many => false,
            }),
        };
        fits && rest.next().is_none()
    }

    pub(super) fn into_pieces(self) -> Vec<Piece> {
        match self {
            Self::Plain { span, open } => [Piece::Text(span)].into_iter().chain(open.then_some(Piece::Many)).collect(),
            Self::Pieces(pieces) => pieces.into(),
        }
    }
}

impl Span {
    fn of(from: usize, to: usize) -> Option<Self> {
        Some(Self { from: u16::try_from(from).ok()?, to: u16::try_from(to).ok()? })
    }

    pub(super) fn text(self, written: &str) -> &str {
        &written[usize::from(self.from)..usize::from(self.to)]
    }

    fn bytes(self, written: &str) -> &[u8] {
        &written.as_bytes()[usize::from(self.from)..usize::from(self.to)]
    }

    /// `at` is within it.
    pub(super) fn split_at(self, at: usize) -> (Self, Self) {
        let middle = self.from + at as u16;
        (Self { to: middle, ..self }, Self { from: middle, ..self })
    }
}

#[inline]
fn same(a: &[u8], b: &[u8], any_case: bool) -> bool {
    if any_case { a.eq_ignore_ascii_case(b) } else { a == b }
}

/// Greedy with one point of return: a later `*` makes every earlier one's choice final, so there is no recursion, and the
/// work is at most the product of both lengths. `text` is what a piece stands for.
fn glob<'a>(pieces: &'a [Piece], value: &[u8], text: impl Fn(&'a Piece) -> Option<&'a [u8]>, any_case: bool) -> bool {
    let (mut p, mut v) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let next = match pieces.get(p) {
            None if v == value.len() => return true,
            None => None,
            Some(Piece::Many) => {
                retry = Some((p + 1, v));
                // Nothing follows, so whatever comes fits.
                Some(if p + 1 == pieces.len() { value.len() } else { v })
            }
            Some(Piece::One) => (v < value.len()).then(|| next_character(value, v)),
            Some(piece) => match text(piece) {
                Some(text) => {
                    let end = v + text.len();
                    value.get(v..end).is_some_and(|there| same(there, text, any_case)).then_some(end)
                }
                None => return false,
            },
        };
        match (next, retry) {
            (Some(next), _) => (p, v) = (p + 1, next),
            (None, Some((after_star, from))) if from < value.len() => {
                (p, v) = (after_star, next_character(value, from));
                if let Some(first) = pieces.get(p).and_then(&text).and_then(<[u8]>::first) {
                    let may_begin = |byte: &u8| same(&[*byte], &[*first], any_case);
                    v += value[v..].iter().position(may_begin).unwrap_or(value.len() - v);
                }
                retry = Some((after_star, v));
            }
            (None, _) => return false,
        }
    }
}

/// The pieces of a text, as they are found.
#[derive(Default)]
pub(super) struct Pieces(Vec<Piece>);

impl Pieces {
    pub(super) fn parse(text: &str, style: Style, dialect: Dialect) -> Result<Self, Fault> {
        let mut pieces = Self::default();
        let unreadable = || Fault::Variable { text: clip(text) };
        let mut rest = Span::of(0, text.len()).ok_or(Fault::Shape { wanted: "at most 65,535 bytes of text" })?;
        while let Dialect::WithVariables(vocabulary) = dialect
            && let Some(begin) = rest.text(text).find("${")
        {
            let (before, variable) = rest.split_at(begin);
            pieces.push_text(text, before, style);
            let end = variable.text(text).find('}').ok_or_else(unreadable)?;
            let (inside, after) = variable.split_at(2).1.split_at(end - 2);
            match inside.text(text) {
                "*" | "?" | "$" => pieces.push(Piece::Text(inside)),
                inside => {
                    let variable = Variable::parse(inside).ok_or_else(unreadable)?;
                    vocabulary.check(variable.key.as_str()).map_err(|fault| match fault {
                        Fault::PassingClaim { .. } | Fault::PassingSamlKey { .. } => fault,
                        _ => unreadable(),
                    })?;
                    pieces.push(Piece::Variable(Box::new(variable)));
                }
            }
            rest = after.split_at(1).1;
        }
        pieces.push_text(text, rest, style);
        Ok(pieces)
    }

    fn push_text(&mut self, text: &str, span: Span, style: Style) {
        let mut rest = span;
        while style == Style::Pattern
            && let Some(at) = rest.text(text).find(['*', '?'])
        {
            let (before, after) = rest.split_at(at);
            self.push(Piece::Text(before));
            self.push(if after.text(text).starts_with('*') { Piece::Many } else { Piece::One });
            rest = after.split_at(1).1;
        }
        self.push(Piece::Text(rest));
    }

    /// Two stars in a row say no more than one, and an empty text says nothing.
    pub(super) fn push(&mut self, piece: Piece) {
        let says_nothing = match &piece {
            Piece::Text(span) => span.from == span.to,
            Piece::Many => self.0.last() == Some(&Piece::Many),
            Piece::One | Piece::Variable(_) => false,
        };
        if !says_nothing {
            self.0.push(piece);
        }
    }

    pub(super) fn form(self) -> Form {
        const NOTHING: Span = Span { from: 0, to: 0 };
        match *self.0 {
            [] => Form::Plain { span: NOTHING, open: false },
            [Piece::Many] => Form::Plain { span: NOTHING, open: true },
            [Piece::Text(span)] => Form::Plain { span, open: false },
            [Piece::Text(span), Piece::Many] => Form::Plain { span, open: true },
            _ => Form::Pieces(self.0.into()),
        }
    }
}

impl Variable {
    /// `key` or `key, 'default'`, with blanks before the default alone.
    fn parse(inside: &str) -> Option<Self> {
        let (key, default) = match inside.split_once(',') {
            Some((key, rest)) => {
                let quoted = rest.trim_start_matches(' ').strip_prefix('\'')?.strip_suffix('\'')?;
                (key, Some(Some(quoted).filter(|text| !text.contains('\''))?.into()))
            }
            None => (inside, None),
        };
        Some(Self { key: Key::new(key), default })
    }
}

/// `?` is one character, not one byte of its UTF-8.
fn next_character(value: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while value.get(next).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {
        next += 1;
    }
    next
}
