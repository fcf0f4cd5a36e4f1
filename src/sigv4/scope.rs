//! The credential: `<access key id>/<date>/<region>/<service>/aws4_request`.

use super::error::{ScopeFault, SigError};
use crate::trace::{clip, key_id};
use std::borrow::Cow;

/// A credential whose five parts have been read.
pub(super) struct Scope<'a> {
    credential: Cow<'a, str>,
    /// Where its first four parts end.
    ends: [usize; 4],
}

const TERMINATOR: &str = "aws4_request";

impl<'a> Scope<'a> {
    /// Five parts, then all that does not fit at once. Any region that looks like one is accepted: clients sign for
    /// whatever region they are configured with.
    /// `service` is the only one that is accepted; `None` accepts any. `signed_at` is of the basic form.
    pub(super) fn parse(credential: Cow<'a, str>, service: Option<&str>, signed_at: &str) -> Result<Self, SigError> {
        let malformed = || SigError::Credential { credential: key_id(&credential) };
        let mut slashes = credential.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(place, _)| place);
        let mut slash = || slashes.next();
        let (Some(a), Some(b), Some(c), Some(d), None) = (slash(), slash(), slash(), slash(), slash()) else {
            return Err(malformed());
        };
        let (id, date, region) = (&credential[..a], &credential[a + 1..b], &credential[b + 1..c]);
        let (scoped_service, terminator) = (&credential[c + 1..d], &credential[d + 1..]);
        if !is_access_key_id(id) {
            return Err(malformed());
        }
        let mut faults = Vec::new();
        if !is_region(region) {
            faults.push(ScopeFault::Region { region: clip(region) });
        }
        if service.map_or(!is_service(scoped_service), |service| service != scoped_service) {
            let expected = service.unwrap_or("the service's name").to_owned();
            faults.push(ScopeFault::Service { expected, received: clip(scoped_service) });
        }
        if terminator != TERMINATOR {
            faults.push(ScopeFault::Terminator { terminator: clip(terminator) });
        }
        let expected = signed_at.get(..8).unwrap_or_default();
        if date != expected {
            let (received, expected) = (clip(date), expected.to_owned());
            faults.push(ScopeFault::Date { received, expected, signed_at: signed_at.to_owned() });
        }
        if !faults.is_empty() {
            return Err(SigError::Scope { faults });
        }
        Ok(Self { credential, ends: [a, b, c, d] })
    }

    pub(super) fn into_owned(self) -> Scope<'static> {
        Scope { credential: self.credential.into_owned().into(), ends: self.ends }
    }

    pub(super) fn access_key_id(&self) -> &str {
        &self.credential[..self.ends[0]]
    }

    /// As the string to sign has it: the credential without its key id. Its parts are the links of the chain that makes the
    /// signing key.
    pub(super) fn text(&self) -> &str {
        &self.credential[self.ends[0] + 1..]
    }

    pub(super) fn region(&self) -> &str {
        &self.credential[self.ends[1] + 1..self.ends[2]]
    }

    pub(super) fn service(&self) -> &str {
        &self.credential[self.ends[2] + 1..self.ends[3]]
    }
}

/// STS `accessKeyIdType` without its minimum: shorter ones are merely unknown.
fn is_access_key_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn is_service(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
}

fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}
