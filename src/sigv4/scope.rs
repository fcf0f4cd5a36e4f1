//! The credential: `<access key id>/<date>/<region>/<service>/aws4_request`.

use super::error::{ScopeFault, SigError};
use crate::trace::{clip, key_id};
use crate::words::basic;
use time::OffsetDateTime;

pub(super) struct Scope {
    pub(super) access_key_id: String,
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
}

pub(super) const TERMINATOR: &str = "aws4_request";

impl Scope {
    /// Five parts, then all that does not fit at once. Any region that looks like one is accepted: clients sign for
    /// whatever region they are configured with.
    /// `service` is the only one that is accepted; `None` accepts any.
    pub(super) fn parse(credential: &str, service: Option<&str>, signed_at: OffsetDateTime) -> Result<Self, SigError> {
        let malformed = || SigError::Credential { credential: key_id(credential) };
        let parts: Vec<&str> = credential.split('/').take(6).collect();
        let [access_key_id, date, region, scoped_service, terminator] = parts[..] else { return Err(malformed()) };
        if !is_access_key_id(access_key_id) {
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
        let signed_at = basic(signed_at);
        let expected = signed_at.get(..8).unwrap_or_default();
        if date != expected {
            let (received, expected) = (clip(date), expected.to_owned());
            faults.push(ScopeFault::Date { received, expected, signed_at: signed_at.clone() });
        }
        if !faults.is_empty() {
            return Err(SigError::Scope { faults });
        }
        let [access_key_id, date, region, service] = [access_key_id, date, region, scoped_service].map(str::to_owned);
        Ok(Self { access_key_id, date, region, service })
    }

    /// As the string to sign has it: the credential without its key id.
    pub(super) fn text(&self) -> String {
        format!("{}/{}/{}/{TERMINATOR}", self.date, self.region, self.service)
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
