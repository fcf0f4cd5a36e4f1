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
