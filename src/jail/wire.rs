//! What is said on the socket: a question is a certificate and a document, an answer is one byte and a text. Every
//! length comes first and is bounded, for neither side trusts the other.

use std::io::{Error, ErrorKind, Read, Result, Write};

/// What comes out of a cell.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// The bars are in place; documents may come.
    Ready,
    /// They cannot be put in place, and why.
    NotConfined(String),
    /// The canonical bytes that the signature covers.
    Bytes(Vec<u8>),
    /// The engine does not verify the document.
    Refused,
}

/// The bytes of a length.
const LENGTH: usize = size_of::<u32>();
const MOST_CERTIFICATE: usize = 64 * 1024;
/// As much as the largest body that may be configured.
const MOST_DOCUMENT: usize = 1024 * 1024;
/// Canonical XML writes end tags and namespaces out.
const MOST_ANSWER: usize = 4 * MOST_DOCUMENT;

/// In one piece, for whoever reads it wakes with the first byte.
pub fn write_question(out: &mut impl Write, certificate: &[u8], xml: &str) -> Result<()> {
    let mut question = Vec::with_capacity(2 * LENGTH + certificate.len() + xml.len());
    put_part(&mut question, certificate, MOST_CERTIFICATE)?;
    put_part(&mut question, xml.as_bytes(), MOST_DOCUMENT)?;
    out.write_all(&question)?;
    out.flush()
}

/// Nothing when the other side has gone.
pub(super) fn read_question(input: &mut impl Read) -> Result<Option<(Vec<u8>, String)>> {
    let certificate = match read_part(input, MOST_CERTIFICATE) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        certificate => certificate?,
    };
    let xml = String::from_utf8(read_part(input, MOST_DOCUMENT)?).map_err(|_| unexpected())?;
    Ok(Some((certificate, xml)))
}

pub(super) fn write_answer(out: &mut impl Write, answer: &Answer) -> Result<()> {
    let (kind, part): (u8, &[u8]) = match answer {
        Answer::Ready => (0, b""),
        Answer::NotConfined(why) => (1, why.as_bytes()),
        Answer::Bytes(bytes) => (2, bytes),
        Answer::Refused => (3, b""),
    };
    let mut answer = Vec::with_capacity(1 + LENGTH + part.len());
    answer.push(kind);
    put_part(&mut answer, part, MOST_ANSWER)?;
    out.write_all(&answer)?;
    out.flush()
}

pub fn read_answer(input: &mut impl Read) -> Result<Answer> {
    let mut kind = [0];
    input.read_exact(&mut kind)?;
    let part = read_part(input, MOST_ANSWER)?;
    Ok(match kind[0] {
        0 => Answer::Ready,
        1 => Answer::NotConfined(crate::trace::clip(&String::from_utf8_lossy(&part))),
        2 => Answer::Bytes(part),
        3 => Answer::Refused,
        _ => return Err(unexpected()),
    })
}

fn put_part(out: &mut Vec<u8>, part: &[u8], most: usize) -> Result<()> {
    let length = u32::try_from(part.len()).ok().filter(|_| part.len() <= most).ok_or_else(unexpected)?;
    out.extend(length.to_be_bytes());
    out.extend(part);
    Ok(())
}

fn read_part(input: &mut impl Read, most: usize) -> Result<Vec<u8>> {
    let mut length = [0; LENGTH];
    input.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > most {
        return Err(unexpected());
    }
    let mut part = vec![0; length];
    input.read_exact(&mut part)?;
    Ok(part)
}

fn unexpected() -> Error {
    ErrorKind::InvalidData.into()
}
