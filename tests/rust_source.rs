//! Rust source as words, each with its line: what comments and literals say is gone.

/// An identifier, `::`, or a single character of punctuation. A literal is one word, `""`.
#[derive(Clone, Copy)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: usize,
    /// Whether it stands in a `use` declaration.
    pub(crate) imported: bool,
}

pub(crate) fn words(source: &str) -> Vec<Word<'_>> {
    let mut reader = Reader { rest: source, line: 1, importing: false, words: Vec::new() };
    while !reader.rest.is_empty() {
        reader.step();
    }
    reader.words
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    importing: bool,
    words: Vec<Word<'a>>,
}

impl<'a> Reader<'a> {
    fn step(&mut self) {
        let rest = self.rest;
        let first = rest.chars().next().expect("not at the end");
        if rest.starts_with("//") {
            self.take(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.take(block_comment(rest));
        } else if let Some(length) = literal(rest) {
            self.take(length);
            self.push("\"\"");
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            self.take(length);
            self.push(&rest[..length]);
        } else if rest.starts_with("::") {
            self.take(2);
            self.push("::");
        } else {
            self.take(first.len_utf8());
            if !first.is_whitespace() {
                self.push(&rest[..first.len_utf8()]);
            }
        }
    }

    fn take(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
    }

    fn push(&mut self, text: &'a str) {
        self.importing = text == "use" || self.importing && text != ";";
        self.words.push(Word { text, line: self.line, imported: self.importing });
    }
}

/// The length of a comment with the comments in it.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a string or character at the beginning of `text`. `'a` without an end is a lifetime.
fn literal(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let opens = if prefix.ends_with('r') { ['"', '#'] } else { ['"', '\''] };
        text.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(opens))
    })?;
    let body = &text[prefix.len()..];
    if prefix.ends_with('r') {
        let fence = body.find(|c| c != '#')?;
        let end = format!("\"{}", &body[..fence]);
        let inside = body[fence..].strip_prefix('"')?;
        return Some(inside.find(&end).map_or(text.len(), |at| prefix.len() + fence + 1 + at + end.len()));
    }
    let quote = body.chars().next()?;
    let mut escaped = false;
    for (seen, (at, c)) in body.char_indices().skip(1).enumerate() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Some(prefix.len() + at + 1),
            _ if quote == '\'' && seen == 1 && !body.starts_with("'\\") => return None,
            _ => {}
        }
    }
    (quote == '"').then_some(text.len())
}
