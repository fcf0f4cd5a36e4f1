//! So many of something.

use std::fmt::Display;

/// `1 line`, `2 lines`: the noun is one whose plural ends with an s.
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
