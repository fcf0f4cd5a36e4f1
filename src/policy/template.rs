//! Texts that are compared with what a request brings: letters, wildcards and policy variables.
//!
//! `*` stands for any run of characters, `?` for exactly one, `${key}` for the request's value of a condition key. All
//! three are special in the policy only. A `*`, `?` or `$` in a value that a caller or an identity provider brings is a
//! character like any other, also after it has taken a variable's place, or a claim could widen the policy that reads it.

use super::context::{Context, Values};
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Byte(u8),
    /// `?`
    One,
    /// `*`
    Many,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Fixed(Vec<Token>),
    Variable { folded_key: Box<str>, default: Option<Box<str>> },
}

/// A compiled text.
#[derive(Debug, PartialEq)]
pub(super) struct Template {
    style: Style,
    pieces: Vec<Piece>,
}

impl Template {
    pub(super) fn parse(text: &str, style: Style, dialect: Dialect) -> Result<Self, Fault> {
        let mut pieces = Vec::new();
        let mut fixed = Vec::new();
        let mut rest = text;
        while let Dialect::WithVariables(vocabulary) = dialect
            && let Some((before, after)) = rest.split_once("${")
        {
            push_tokens(&mut fixed, before, style);
            let unreadable = || Fault::Variable { text: clip(text) };
            let (inside, after) = after.split_once('}').ok_or_else(unreadable)?;
            match inside.as_bytes() {
                [escaped @ (b'*' | b'?' | b'$')] => fixed.push(Token::Byte(*escaped)),
                _ => {
                    pieces.push(Piece::Fixed(std::mem::take(&mut fixed)));
                    pieces.push(variable(inside, style, vocabulary).ok_or_else(unreadable)?);
                }
            }
            rest = after;
        }
        push_tokens(&mut fixed, rest, style);
        pieces.push(Piece::Fixed(fixed));
        pieces.retain(|piece| *piece != Piece::Fixed(Vec::new()));
        Ok(Self { style, pieces })
    }

    pub(super) fn has_variables(&self) -> bool {
        self.variables().next().is_some()
    }

    /// The keys of its variables, in lower case.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { folded_key, .. } => Some(&**folded_key),
            Piece::Fixed(_) => None,
        })
    }

    /// A variable without a value, or with several, makes a text that nothing equals.
    pub(super) fn matches(&self, value: &str, context: &Context) -> bool {
        let folded = (self.style == Style::Folded).then(|| fold(value));
        let value = folded.as_deref().unwrap_or(value).as_bytes();
        match self.pieces.as_slice() {
            [] => value.is_empty(),
            [Piece::Fixed(tokens)] => glob(tokens, value, |a, b| a == b),
            pieces => resolve(pieces, self.style, context).is_some_and(|tokens| glob(&tokens, value, |a, b| a == b)),
        }
    }

    /// The parts between the first colons outside of variables: `N` of them, the last with everything that follows.
    pub(super) fn split<const N: usize>(self) -> Option<[Self; N]> {
        let style = self.style;
        let mut parts = vec![Vec::new()];
        for piece in self.pieces {
            let Piece::Fixed(mut tokens) = piece else {
                parts.last_mut()?.push(piece);
                continue;
            };
            while let Some(colon) = tokens.iter().position(|t| *t == Token::Byte(b':')).filter(|_| parts.len() < N) {
                let after = tokens.split_off(colon + 1);
                tokens.truncate(colon);
                parts.last_mut()?.push(Piece::Fixed(std::mem::replace(&mut tokens, after)));
                parts.push(Vec::new());
            }
            parts.last_mut()?.push(Piece::Fixed(tokens));
        }
        let part = |mut pieces: Vec<Piece>| {
            pieces.retain(|piece| *piece != Piece::Fixed(Vec::new()));
            Self { style, pieces }
        };
        parts.into_iter().map(part).collect::<Vec<_>>().try_into().ok()
    }
}

/// `key` or `key, 'default'`.
fn variable(inside: &str, style: Style, vocabulary: Vocabulary) -> Option<Piece> {
    let (key, default) = match inside.split_once(',') {
        Some((key, rest)) => {
            let quoted = rest.trim_start_matches(' ').strip_prefix('\'')?.strip_suffix('\'')?;
            (key, Some(quoted).filter(|text| !text.contains('\''))?.to_owned().into())
        }
        None => (inside, None),
    };
    let default = default.map(|text: String| if style == Style::Folded { fold(&text) } else { text }.into());
    vocabulary.has(key).then(|| Piece::Variable { folded_key: key.to_ascii_lowercase().into(), default })
}

fn resolve(pieces: &[Piece], style: Style, context: &Context) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Fixed(fixed) => tokens.extend_from_slice(fixed),
            Piece::Variable { folded_key, default } => match (context.folded(folded_key), default) {
                (Some(Values::One(value)), _) if style == Style::Folded => {
                    tokens.extend(fold(value).bytes().map(Token::Byte));
                }
                (Some(Values::One(value)), _) => tokens.extend(value.bytes().map(Token::Byte)),
                (None, Some(default)) => tokens.extend(default.bytes().map(Token::Byte)),
                (Some(Values::Many(_)), _) | (None, None) => return None,
            },
        }
    }
    Some(tokens)
}

fn push_tokens(tokens: &mut Vec<Token>, text: &str, style: Style) {
    match style {
        Style::Exact => tokens.extend(text.bytes().map(Token::Byte)),
        Style::Folded => tokens.extend(fold(text).bytes().map(Token::Byte)),
        Style::Pattern => tokens.extend(text.bytes().map(wildcard)),
    }
}

/// The pattern of a text in which `*` and `?` are wildcards.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    text.bytes().map(wildcard).collect()
}

fn wildcard(byte: u8) -> Token {
    match byte {
        b'*' => Token::Many,
        b'?' => Token::One,
        other => Token::Byte(other),
    }
}

/// Character by character, so that no neighbour changes what a letter becomes.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Greedy with one point of return: a later `*` makes every earlier one's choice final, so the work is at most the
/// product of both lengths and no recursion.
pub(super) fn glob(pattern: &[Token], value: &[u8], same: fn(u8, u8) -> bool) -> bool {
    let (mut p, mut v) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while v < value.len() {
        match pattern.get(p) {
            Some(Token::Many) => {
                p += 1;
                retry = Some((p, v));
            }
            Some(Token::One) => {
                p += 1;
                v = next_character(value, v);
            }
            Some(Token::Byte(byte)) if same(*byte, value[v]) => {
                p += 1;
                v += 1;
            }
            _ => match retry {
                Some((after_star, from)) => {
                    p = after_star;
                    v = next_character(value, from);
                    retry = Some((after_star, v));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|token| *token == Token::Many)
}

/// `?` is one character, not one byte of its UTF-8.
fn next_character(value: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while value.get(next).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {
        next += 1;
    }
    next
}
