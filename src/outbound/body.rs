//! An answer's body, counted as it is unpacked.

use flate2::write::GzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use std::io::{self, ErrorKind, Write};

/// Takes a body piece by piece. However it is packed, no more than the limit is ever in memory.
pub(super) enum Body {
    Plain(Bounded),
    Gzip(Box<GzDecoder<Bounded>>),
}

pub(super) enum Unreadable {
    TooLarge,
    Encoding,
}

impl Body {
    /// As the headers say that it comes; `limit` bytes at most once it is unpacked.
    pub(super) fn announced(headers: &HeaderMap, limit: usize) -> Result<Self, Unreadable> {
        let bounded = Bounded { bytes: Vec::new(), limit };
        let mut codings = headers.get_all(CONTENT_ENCODING).iter().map(|value| value.as_bytes().to_ascii_lowercase());
        match (codings.next().as_deref(), codings.next()) {
            (None | Some(b"identity"), None) => Ok(Self::Plain(bounded)),
            (Some(b"gzip" | b"x-gzip"), None) => Ok(Self::Gzip(Box::new(GzDecoder::new(bounded)))),
            _ => Err(Unreadable::Encoding),
        }
    }

    pub(super) fn take(&mut self, piece: &[u8]) -> Result<(), Unreadable> {
        match self {
            Self::Plain(bounded) => bounded.write_all(piece),
            Self::Gzip(decoder) => decoder.write_all(piece),
        }
        .map_err(unreadable)
    }

    /// The whole body, once its last piece has come.
    pub(super) fn end(self) -> Result<Vec<u8>, Unreadable> {
        match self {
            Self::Plain(bounded) => Ok(bounded.bytes),
            Self::Gzip(decoder) => decoder.finish().map(|bounded| bounded.bytes).map_err(unreadable),
        }
    }
}

fn unreadable(error: io::Error) -> Unreadable {
    if error.kind() == ErrorKind::FileTooLarge { Unreadable::TooLarge } else { Unreadable::Encoding }
}

pub(super) struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + piece.len() > self.limit {
            return Err(ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
