//! How much of the room for tags a session takes up.

use crate::words::{SessionTag, SessionTags};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

/// Bytes after deflate. With it a session token stays within its length, whatever the tags.
const BUDGET: usize = 2_048;

/// The percentage of the room that the tags take up, rounded up; nothing for none. Whether a tag is transitive costs
/// nothing.
pub(super) fn percentage(tags: &SessionTags) -> u32 {
    let plain: String = tags.iter().map(|tag| format!("{}\0{}\0", tag.key, tag.value)).collect();
    if plain.is_empty() {
        return 0;
    }
    u32::try_from((deflated(plain.as_bytes()).len() * 100).div_ceil(BUDGET)).unwrap_or(u32::MAX)
}

/// The keys of the largest tags with their lengths, for whoever must shorten them.
pub(super) fn largest(tags: &SessionTags) -> String {
    let length = |tag: &SessionTag| tag.key.len() + tag.value.len();
    let mut all: Vec<&SessionTag> = tags.iter().collect();
    all.sort_by_key(|tag| std::cmp::Reverse(length(tag)));
    all.iter().take(5).map(|tag| format!("{} ({} bytes)", tag.key, length(tag))).collect::<Vec<_>>().join(", ")
}

pub(super) fn deflated(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).and_then(|()| encoder.finish()).expect("memory takes it")
}
