//! The tags of a text that nobody has parsed: where they stand, and no more.
//!
//! What is decided by them holds for the parser as well, because these are the tags that it will find. Comments, CDATA
//! sections, instructions and quoted values are passed over as XML delimits them. What follows the first thing that is
//! not well-formed does not matter, for the parser goes no further.

use std::ops::Range;

/// A beginning or an end of an element.
pub(super) enum Tag {
    /// From behind its `<` to before its `>`; of an empty element up to its `/`, and no [`Tag::End`] belongs to it.
    Start(Range<usize>),
    End,
}

pub(super) struct Tags<'x> {
    text: &'x [u8],
    at: usize,
}

/// What begins with a `<` and is no tag, and how it ends.
const OTHERS: [(&[u8], &[u8]); 3] = [(b"!--", b"-->"), (b"![CDATA[", b"]]>"), (b"?", b"?>")];

impl<'x> Tags<'x> {
    pub(super) fn of(text: &'x [u8]) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'x [u8] {
        &self.text[self.at..]
    }

    /// Goes behind the next `end`, which ends in `>`.
    fn pass(&mut self, end: &[u8]) -> Option<()> {
        let from = self.at;
        loop {
            self.at += self.rest().iter().position(|byte| *byte == b'>')? + 1;
            if self.text[from..self.at].ends_with(end) {
                return Some(());
            }
        }
    }
}

impl Iterator for Tags<'_> {
    type Item = Tag;

    fn next(&mut self) -> Option<Tag> {
        loop {
            self.at += self.rest().iter().position(|byte| *byte == b'<')? + 1;
            if let Some((begin, end)) = OTHERS.iter().find(|(begin, _)| self.rest().starts_with(begin)) {
                self.at += begin.len();
                self.pass(end)?;
                continue;
            }
            return match self.rest().first()? {
                b'/' => Some(Tag::End),
                // A document type, which the parser refuses, or nothing that is XML.
                b'!' => None,
                _ => {
                    let from = self.at;
                    self.at += length_of(self.rest());
                    Some(Tag::Start(from..self.at))
                }
            };
        }
    }
}

/// Up to the `>` that no quotes enclose; without one to the text's end, for the parser reads that far.
fn length_of(tag: &[u8]) -> usize {
    let mut quote = None;
    let ends = |byte: &u8| {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), _) if *byte == open => quote = None,
            _ => {}
        }
        quote.is_none() && *byte == b'>'
    };
    tag.iter().position(ends).unwrap_or(tag.len())
}
