//! Deflate: of what is sealed and long, and as the measure of how much of the room for session policies and tags a session
//! takes up.

use crate::trust::Carried;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::borrow::Cow;
use std::io::{Read, Write};

/// Bytes after deflate. With it a session token stays within its length, whatever the session carries.
const BUDGET: usize = 2_048;
/// Stands before deflated text; plain JSON begins with its brace.
const DEFLATED: u8 = 0;

/// The percentage of the room that session policies and tags take up, rounded up; nothing for none. Whether a tag is
/// transitive costs nothing.
pub(super) fn percentage(carried: &Carried) -> u32 {
    let plain: String = entries(carried).map(|(name, content)| format!("{name}\0{content}\0")).collect();
    if plain.is_empty() {
        return 0;
    }
    u32::try_from((deflated(plain.as_bytes()).len() * 100).div_ceil(BUDGET)).unwrap_or(u32::MAX)
}

/// The largest of them by name, with their lengths, for whoever must shorten them.
pub(super) fn largest(carried: &Carried) -> String {
    let mut all: Vec<(&str, usize)> =
        entries(carried).map(|(name, content)| (name, name.len() + content.len())).collect();
    all.sort_by_key(|(_, length)| std::cmp::Reverse(*length));
    all.iter().take(5).map(|(name, length)| format!("{name} ({length} bytes)")).collect::<Vec<_>>().join(", ")
}

fn entries(carried: &Carried) -> impl Iterator<Item = (&str, &str)> {
    let tags = carried.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str()));
    let inline = carried.policies.inline().map(|document| ("Policy", document));
    inline.into_iter().chain(carried.policies.managed().map(|arn| (arn, ""))).chain(tags)
}

/// JSON as it is sealed: deflated, if it has more than `longest` bytes.
pub(super) fn pack(json: Vec<u8>, longest: usize) -> Vec<u8> {
    if json.len() <= longest { json } else { [&[DEFLATED], deflated(&json).as_slice()].concat() }
}

/// The JSON again, of which no more than `most` bytes are inflated. What stands after the end that deflated text knows
/// itself is read over.
pub(super) fn unpack(packed: &[u8], most: u64) -> Option<Cow<'_, [u8]>> {
    let Some((&DEFLATED, deflated)) = packed.split_first() else { return Some(packed.into()) };
    let mut inflated = Vec::new();
    DeflateDecoder::new(deflated).take(most).read_to_end(&mut inflated).ok()?;
    Some(inflated.into())
}

fn deflated(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).and_then(|()| encoder.finish()).expect("memory takes it")
}
