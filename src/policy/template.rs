//! Texts that are compared with what a request brings: letters, wildcards and policy variables.
//!
//! `*` stands for any run of characters, `?` for exactly one, `${key}` for the request's value of a condition key. All
//! three are special in the policy only. A `*`, `?` or `$` in a value that a caller or an identity provider brings is a
//! character like any other, also after it has taken a variable's place, or a claim could widen the policy that reads it.

use super::context::{Context, Key, Values};
use super::error::Fault;
use super::keys::Vocabulary;
use crate::trace::clip;

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

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(Box<str>),
    /// `?`
    One,
    /// `*`
    Many,
    Variable {
        key: Key,
        default: Option<Box<str>>,
    },
}

/// A compiled text.
#[derive(Debug, PartialEq)]
pub(super) struct Template {
    style: Style,
    pieces: Box<[Piece]>,
}

impl Template {
    pub(super) fn parse(text: &str, style: Style, dialect: Dialect) -> Result<Self, Fault> {
        let mut pieces = Pieces::default();
        let mut rest = text;
        while let Dialect::WithVariables(vocabulary) = dialect
            && let Some((before, after)) = rest.split_once("${")
        {
            pieces.push_text(before, style);
            let unreadable = || Fault::Variable { text: clip(text) };
            let (inside, after) = after.split_once('}').ok_or_else(unreadable)?;
            match inside {
                "*" | "?" | "$" => pieces.text.push_str(inside),
                _ => pieces.push(variable(inside, vocabulary).ok_or_else(unreadable)?),
            }
            rest = after;
        }
        pieces.push_text(rest, style);
        Ok(Self { style, pieces: pieces.finish().into() })
    }

    pub(super) fn has_variables(&self) -> bool {
        self.variables().next().is_some()
    }

    /// The keys of its variables, each with whether it has a default.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&Key, bool)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { key, default } => Some((key, default.is_some())),
            Piece::Text(_) | Piece::One | Piece::Many => None,
        })
    }

    /// A variable without a value, or with several, makes a text that nothing equals.
    pub(super) fn matches(&self, value: &str, context: &Context) -> bool {
        match (self.style, &*self.pieces) {
            (Style::Folded, pieces) => equals_folded(pieces, value, context),
            (_, [Piece::Text(text)]) => **text == *value,
            (_, pieces) => glob(pieces, value, |piece| literal(piece, context), false),
        }
    }

    /// The default of the only variable, where there is nothing else.
    pub(super) fn lone_variable(&self) -> Option<Option<&str>> {
        match &*self.pieces {
            [Piece::Variable { default, .. }] => Some(default.as_deref()),
            _ => None,
        }
    }

    /// The text itself, where nothing in it is special.
    pub(super) fn fixed(&self) -> Option<&str> {
        match &*self.pieces {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The parts between the first colons outside of variables: `N` of them, the last with everything that follows.
    pub(super) fn split<const N: usize>(self) -> Option<[Self; N]> {
        let style = self.style;
        let mut parts = vec![Vec::new()];
        for piece in self.pieces {
            let Piece::Text(text) = piece else {
                parts.last_mut()?.push(piece);
                continue;
            };
            for (index, text) in text.splitn(N + 1 - parts.len(), ':').enumerate() {
                if index > 0 {
                    parts.push(Vec::new());
                }
                parts.last_mut()?.extend((!text.is_empty()).then(|| Piece::Text(text.into())));
            }
        }
        parts.into_iter().map(|pieces| Self { style, pieces: pieces.into() }).collect::<Vec<_>>().try_into().ok()
    }
}

/// The pieces of a text in which `*` and `?` are wildcards.
pub(super) fn wildcards(text: &str) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    pieces.push_text(text, Style::Pattern);
    pieces.finish()
}

/// Greedy with one point of return: a later `*` makes every earlier one's choice final, so there is no recursion, and the
/// work is at most the product of both lengths. `text` is what a piece stands for; with `any_case` the case of ASCII
/// letters does not matter.
pub(super) fn glob<'a>(
    pieces: &'a [Piece],
    value: &str,
    text: impl Fn(&'a Piece) -> Option<&'a str>,
    any_case: bool,
) -> bool {
    let value = value.as_bytes();
    let same = |a: &[u8], b: &[u8]| if any_case { a.eq_ignore_ascii_case(b) } else { a == b };
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
                    value.get(v..end).is_some_and(|there| same(there, text.as_bytes())).then_some(end)
                }
                None => return false,
            },
        };
        match (next, retry) {
            (Some(next), _) => (p, v) = (p + 1, next),
            (None, Some((after_star, from))) if from < value.len() => {
                (p, v) = (after_star, next_character(value, from));
                if let Some(Piece::Text(text)) = pieces.get(p) {
                    let may_begin = |byte: &u8| same(std::slice::from_ref(byte), &text.as_bytes()[..1]);
                    v += value[v..].iter().position(may_begin).unwrap_or(value.len() - v);
                }
                retry = Some((after_star, v));
            }
            (None, _) => return false,
        }
    }
}

/// The pieces so far, and the letters since the last of them.
#[derive(Default)]
struct Pieces {
    whole: Vec<Piece>,
    text: String,
}

impl Pieces {
    fn push_text(&mut self, text: &str, style: Style) {
        for letter in text.chars() {
            match (style, letter) {
                (Style::Pattern, '?') => self.push(Piece::One),
                (Style::Pattern, '*') => self.push(Piece::Many),
                (Style::Pattern | Style::Exact, letter) => self.text.push(letter),
                (Style::Folded, letter) => self.text.extend(letter.to_lowercase()),
            }
        }
    }

    /// Two stars in a row say no more than one.
    fn push(&mut self, piece: Piece) {
        self.end_text();
        if piece != Piece::Many || self.whole.last() != Some(&Piece::Many) {
            self.whole.push(piece);
        }
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.whole.push(Piece::Text(std::mem::take(&mut self.text).into()));
        }
    }

    fn finish(mut self) -> Vec<Piece> {
        self.end_text();
        self.whole
    }
}

/// `key` or `key, 'default'`, with blanks before the default alone.
fn variable(inside: &str, vocabulary: Vocabulary) -> Option<Piece> {
    let (key, default) = match inside.split_once(',') {
        Some((key, rest)) => {
            let quoted = rest.trim_start_matches(' ').strip_prefix('\'')?.strip_suffix('\'')?;
            (key, Some(Some(quoted).filter(|text| !text.contains('\''))?.into()))
        }
        None => (inside, None),
    };
    vocabulary.has(key).then(|| Piece::Variable { key: Key::new(key), default })
}

/// What stands where the piece is; `None` where nothing can.
fn literal<'a>(piece: &'a Piece, context: &'a Context) -> Option<&'a str> {
    match piece {
        Piece::Text(text) => Some(text),
        Piece::Variable { key, default } => match context.get(key) {
            Some(Values::One(value)) => Some(value),
            Some(Values::Many(_)) => None,
            None => default.as_deref(),
        },
        Piece::One | Piece::Many => None,
    }
}

/// Character by character, so that no neighbour changes what a letter becomes. There are no wildcards in such texts.
fn equals_folded(pieces: &[Piece], value: &str, context: &Context) -> bool {
    let mut rest = value.chars().flat_map(char::to_lowercase);
    let mut takes = |text: &str| text.chars().flat_map(char::to_lowercase).all(|letter| rest.next() == Some(letter));
    pieces.iter().all(|piece| literal(piece, context).is_some_and(&mut takes)) && rest.next().is_none()
}

/// `?` is one character, not one byte of its UTF-8.
fn next_character(value: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while value.get(next).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {
        next += 1;
    }
    next
}
