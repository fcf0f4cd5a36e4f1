//! On which line of a document a mistake is.

use super::error::member;

/// The line, from 1, on which the member or entry at this place begins; of members that are there twice, the last. The
/// text is JSON that could be read. `None` where a line tells nothing: of the document itself, or of a text of one line.
pub(super) fn line(text: &str, place: &str) -> Option<usize> {
    if !text.trim_ascii().contains('\n') {
        return None;
    }
    let at = Walk { text: text.as_bytes(), at: 0 }.find("", place)?;
    Some(1 + text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count())
}

struct Walk<'t> {
    text: &'t [u8],
    at: usize,
}

impl Walk<'_> {
    /// Where in this value, which is at `prefix`, the place begins. Ends behind the value.
    fn find(&mut self, prefix: &str, place: &str) -> Option<usize> {
        let is_object = match self.next()? {
            b'{' => true,
            b'[' => false,
            _ => return None,
        };
        self.at += 1;
        let mut found = None;
        for index in 0.. {
            if self.next()? == b',' {
                self.at += 1;
            }
            if matches!(self.next()?, b'}' | b']') {
                break;
            }
            let begin = self.at;
            let here = if is_object { member(prefix, &self.name()?) } else { format!("{prefix}[{index}]") };
            match place.strip_prefix(&*here) {
                Some(deeper) if deeper.starts_with(['.', '[']) => found = self.find(&here, place).or(Some(begin)),
                Some("") => {
                    found = Some(begin);
                    self.pass()?;
                }
                _ => self.pass()?,
            }
        }
        self.at += 1;
        found
    }

    /// The next byte that is not white space.
    fn next(&mut self) -> Option<u8> {
        self.at += self.text.get(self.at..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
        Some(self.text[self.at])
    }

    /// A member's name, and the colon behind it.
    fn name(&mut self) -> Option<String> {
        let begin = self.at;
        self.pass()?;
        let name = serde_json::from_slice(&self.text[begin..self.at]).ok()?;
        self.next()?;
        self.at += 1;
        Some(name)
    }

    /// Goes behind the next value, however deep it is.
    fn pass(&mut self) -> Option<()> {
        let mut depth = 0;
        loop {
            match self.next()? {
                b'"' => self.pass_text()?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b',' | b':' => {}
                _ => {
                    let ends = |byte: &u8| byte.is_ascii_whitespace() || b",:]}".contains(byte);
                    self.at += self.text[self.at..].iter().position(ends).unwrap_or(self.text.len() - self.at) - 1;
                }
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// To the quotation mark that ends the text.
    fn pass_text(&mut self) -> Option<()> {
        self.at += 1;
        while *self.text.get(self.at)? != b'"' {
            self.at += if self.text[self.at] == b'\\' { 2 } else { 1 };
        }
        Some(())
    }
}
