//! One thing that is wrong with a configuration, said so that it can be mended.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where it is (file and key), and one sentence of what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mistake {
    pub file: PathBuf,
    pub key: String,
    pub sentence: String,
}

impl Mistake {
    pub fn new(file: &Path, key: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { file: file.to_owned(), key: key.into(), sentence: sentence.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "{}: {}", self.file.display(), self.sentence),
            key => write!(f, "{}: {key}: {}", self.file.display(), self.sentence),
        }
    }
}

/// The candidate that needs the fewest letters changed, if it is near enough to be a slip of the pen.
pub(super) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(2);
    candidates.map(|c| (distance(word, c), c)).filter(|(d, _)| *d <= limit).min().map(|(_, c)| c)
}

/// Levenshtein's distance, one row at a time.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[to.len()]
}
