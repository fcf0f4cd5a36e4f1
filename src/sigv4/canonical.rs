//! The canonical request and the string to sign: the one spelling of a request that both sides hash.

use super::authorization::ALGORITHM;
use super::query::{Query, encode, unescaped};
use super::request::{RawRequest, any};
use crate::words::{hex_digest, sha256};
use std::borrow::Cow;

/// Room for the requests of most clients, beside the session token.
const USUAL: usize = 512;

/// The headers that a signature covers: their names, one after the other, and the value of each.
pub(super) struct SignedHeaders<'a> {
    pub(super) names: Cow<'a, str>,
    pub(super) values: Vec<&'a [u8]>,
}

/// Method, path, query, headers, names of the headers, hash of the body; one or more lines each.
pub(super) fn request(
    raw: &RawRequest<'_>,
    service: &str,
    query: &Query,
    headers: &SignedHeaders<'_>,
    payload_hash: &[u8; 64],
) -> Vec<u8> {
    let values = headers.values.iter().map(|value| value.len()).sum::<usize>();
    let mut text = Vec::with_capacity(USUAL + raw.query.len() + values);
    text.extend_from_slice(raw.method.as_bytes());
    text.push(b'\n');
    path(raw.path, service, &mut text);
    text.push(b'\n');
    query.canonical(&mut text);
    text.push(b'\n');
    for (name, value) in headers.names.split(';').zip(&headers.values) {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        collapse(value, &mut text);
        text.push(b'\n');
    }
    for line in [headers.names.as_bytes(), payload_hash] {
        text.push(b'\n');
        text.extend_from_slice(line);
    }
    text
}

/// Takes the canonical request's place.
pub(super) fn string_to_sign(date: &str, scope: &str, canonical_request: Vec<u8>) -> Vec<u8> {
    let hash = sha256_hex(&canonical_request);
    let mut text = canonical_request;
    text.clear();
    for line in [ALGORITHM, date, scope] {
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    text.extend_from_slice(&hash);
    text
}

pub(super) fn sha256_hex(bytes: &[u8]) -> [u8; 64] {
    hex_digest(&sha256(bytes))
}

/// Writes the canonical path of a service: S3's names its objects byte by byte, all others' is normalised.
fn path(raw: &str, service: &str, text: &mut Vec<u8>) {
    if service == "s3" { encoded_once(raw, text) } else { normalised(raw, text) }
}

/// Each segment encoded once, none removed. An escaped slash stays one: it is another object than a slash is.
fn encoded_once(raw: &str, text: &mut Vec<u8>) {
    let raw = if raw.is_empty() { "/" } else { raw };
    for (index, segment) in raw.split('/').enumerate() {
        if index > 0 {
            text.push(b'/');
        }
        encode(&unescaped(segment), text);
    }
}

/// Dot segments and empty segments removed, then encoded once more: an escape of the received path is encoded again,
/// as every service but S3 does.
fn normalised(raw: &str, text: &mut Vec<u8>) {
    let mut segments: Vec<&str> = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    for segment in &segments {
        text.push(b'/');
        encode(segment.as_bytes(), text);
    }
    if segments.is_empty() || raw.ends_with('/') {
        text.push(b'/');
    }
}

/// Trimmed, inner runs of white space as one space.
fn collapse(value: &[u8], text: &mut Vec<u8>) {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    // Nearly all: a token is copied whole.
    if !any(value, is_blank) {
        return text.extend_from_slice(value);
    }
    let words = value.split(is_blank).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            text.push(b' ');
        }
        text.extend_from_slice(word);
    }
}
