//! The canonical request and the string to sign: the one spelling of a request that both sides hash.

use super::authorization::ALGORITHM;
use super::query::{Query, encode, unescaped};
use super::request::RawRequest;
use crate::words::hex;
use aws_lc_rs::digest::{SHA256, digest};

/// Method, path, query, headers, names of the headers, hash of the body; one or more lines each.
pub(super) fn request(
    raw: &RawRequest<'_>,
    path: &str,
    query: &Query,
    signed_headers: &str,
    payload_hash: &str,
) -> Vec<u8> {
    let mut text = format!("{}\n{path}\n{}\n", raw.method, query.canonical()).into_bytes();
    for name in signed_headers.split(';') {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        for value in raw.values(name) {
            collapse(value, &mut text);
        }
        text.push(b'\n');
    }
    text.extend_from_slice(format!("\n{signed_headers}\n{payload_hash}").as_bytes());
    text
}

pub(super) fn string_to_sign(date: &str, scope: &str, canonical_request: &[u8]) -> String {
    format!("{ALGORITHM}\n{date}\n{scope}\n{}", sha256_hex(canonical_request))
}

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

/// The canonical path of a service: S3's names its objects byte by byte, all others' is normalised.
pub(super) fn path(raw: &str, service: &str) -> String {
    if service == "s3" { encoded_once(raw) } else { normalised(raw) }
}

/// Each segment encoded once, none removed. An escaped slash stays one: it is another object than a slash is.
fn encoded_once(raw: &str) -> String {
    let segments: Vec<String> = raw.split('/').map(|segment| encode(&unescaped(segment), b"")).collect();
    if raw.is_empty() { "/".to_owned() } else { segments.join("/") }
}

/// Dot segments and empty segments removed, then encoded once more: an escape of the received path is encoded again,
/// as every service but S3 does.
fn normalised(raw: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    let slash = if raw.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    encode(format!("/{}{slash}", segments.join("/")).as_bytes(), b"/")
}

/// Trimmed, inner runs of white space as one space.
fn collapse(value: &[u8], text: &mut Vec<u8>) {
    let words = value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            text.push(b' ');
        }
        text.extend_from_slice(word);
    }
}
