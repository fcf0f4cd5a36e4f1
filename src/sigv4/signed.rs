//! A signed request before and after the proof.

use super::authorization::Authorization;
use super::canonical::{self, sha256_hex};
use super::error::{SKEW, SigError};
use super::query::{Query, check_escapes};
use super::request::{RawRequest, any, is_header_name};
use super::scope::Scope;
use super::signing_key::{self, SigningKeys};
use crate::trace::clip;
use crate::words::{Secret, basic, octet, parse_basic};
use aws_lc_rs::hmac;
use std::borrow::Cow;
use std::hint::black_box;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// A request that is well signed in form. It tells what finds the key, and nothing else, until the key has spoken.
pub struct SignedRequest<'a> {
    raw: RawRequest<'a>,
    query: Query,
    scope: Scope<'a>,
    signed_headers: Cow<'a, str>,
    signature: [u8; 32],
    signed_at: OffsetDateTime,
    /// `signed_at`, as the string to sign has it.
    date: String,
    session_token: Option<Cow<'a, str>>,
    payload_hash: String,
    presigned: bool,
}

/// A request whose signature was made with the secret of this access key. Only [`SignedRequest::verify`] makes one, and
/// [`SignedRequest::verify_keeping`].
pub struct ProvenSignature {
    access_key_id: String,
    region: String,
    signed_at: OffsetDateTime,
    session_token: Option<String>,
    presigned: bool,
}

/// The session tokens that are minted here are no longer than this.
const MOST_TOKEN: usize = 4096;
const MOST_SIGNED_HEADERS: usize = 4096;

impl<'a> SignedRequest<'a> {
    /// Checks form, clock, scope and body hash. `service` is the one that the scope must name, `sts` for STS.
    pub fn parse(raw: RawRequest<'a>, service: &str, now: OffsetDateTime) -> Result<Self, SigError> {
        Self::read(raw, Some(service), |claimed| payload_hash(raw.body, claimed), now)
    }

    /// A request that another service has received, whichever it is scoped to. `payload_sha256` is the hash of the body,
    /// computed by that service in lower-case hexadecimal; the body itself is not here.
    pub fn parse_received(raw: RawRequest<'a>, payload_sha256: &str, now: OffsetDateTime) -> Result<Self, SigError> {
        Self::read(raw, None, |claimed| received_hash(payload_sha256, claimed), now)
    }

    fn read(
        raw: RawRequest<'a>,
        service: Option<&str>,
        payload_hash: impl FnOnce(Option<&str>) -> Result<String, SigError>,
        now: OffsetDateTime,
    ) -> Result<Self, SigError> {
        raw.check()?;
        check_escapes(raw.path)?;
        let query = Query::parse(raw.query)?;
        let claimed = Authorization::parse(&raw, &query)?;
        let signature = signature(&claimed.signature)?;
        check_headers(&raw, &claimed.signed_headers)?;
        let signed_at = signing_time(&raw, &claimed)?;
        check_clock(signed_at, now)?;
        let date = basic(signed_at);
        let scope = Scope::parse(claimed.credential, service, &date)?;
        check_session_token(claimed.session_token.as_deref())?;
        let payload_hash = payload_hash(claimed.content_sha256.as_deref())?;
        Ok(Self {
            raw,
            query,
            scope,
            signed_headers: claimed.signed_headers,
            signature,
            signed_at,
            date,
            session_token: claimed.session_token,
            payload_hash,
            presigned: claimed.presigned,
        })
    }

    pub fn access_key_id(&self) -> &str {
        self.scope.access_key_id()
    }

    /// The sealed session that came with temporary credentials. It is covered by the signature.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// Recomputes the signature with the access key's secret and compares in constant time.
    pub fn verify(self, secret_access_key: &Secret) -> Result<ProvenSignature, SigError> {
        let key = signing_key::derive(secret_access_key, self.scope.text());
        self.check(&key)?;
        Ok(self.proven())
    }

    /// [`SignedRequest::verify`] with a secret whose signing keys are kept.
    ///
    /// Only a right signature is spared the chain of HMACs. A wrong one costs one signature and the chain, as it does where
    /// nothing is kept: by the time of a refusal nobody learns which keys have been used today.
    pub fn verify_keeping(self, secret_access_key: &Secret, keys: &SigningKeys) -> Result<ProvenSignature, SigError> {
        let scope = self.scope.text();
        let derive = || signing_key::derive(secret_access_key, scope);
        if let Some(key) = keys.of(scope) {
            self.check(&key).inspect_err(|_| drop(black_box(derive())))?;
        } else {
            let key = derive();
            self.check(&key)?;
            keys.keep(scope, key);
        }
        Ok(self.proven())
    }

    fn check(&self, key: &hmac::Key) -> Result<(), SigError> {
        let service = self.scope.service();
        let canonical_request =
            canonical::request(&self.raw, service, &self.query, &self.signed_headers, &self.payload_hash);
        let string_to_sign = canonical::string_to_sign(&self.date, self.scope.text(), &canonical_request);
        hmac::verify(key, string_to_sign.as_bytes(), &self.signature).map_err(|_| SigError::Mismatch)
    }

    fn proven(self) -> ProvenSignature {
        ProvenSignature {
            access_key_id: self.scope.access_key_id().to_owned(),
            region: self.scope.region().to_owned(),
            signed_at: self.signed_at,
            session_token: self.session_token.map(Cow::into_owned),
            presigned: self.presigned,
        }
    }
}

impl ProvenSignature {
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The region that the client signed for; any that looks like one.
    pub fn region(&self) -> &str {
        &self.region
    }

    pub fn signed_at(&self) -> OffsetDateTime {
        self.signed_at
    }

    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// Whether the signature was in the query: such a URL is a bearer secret for 15 minutes.
    pub fn presigned(&self) -> bool {
        self.presigned
    }
}

fn signature(text: &str) -> Result<[u8; 32], SigError> {
    let mut bytes = [0; 32];
    let lower_case = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !lower_case {
        return Err(SigError::SignatureForm);
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = octet(digits).ok_or(SigError::SignatureForm)?;
    }
    Ok(bytes)
}

/// The list is sorted and without repeats, holds the host, every `x-amz-*` header that was sent, and only headers
/// that were sent exactly once: a second one could reach somebody who reads the other of the two.
fn check_headers(raw: &RawRequest<'_>, list: &str) -> Result<(), SigError> {
    let names: Vec<&str> = list.split(';').collect();
    let sorted = names.windows(2).all(|pair| pair[0] < pair[1]);
    if list.len() > MOST_SIGNED_HEADERS || !sorted || !names.iter().all(|name| is_header_name(name)) {
        return Err(SigError::SignedHeaders { list: clip(list) });
    }
    let signed = |name: &str| names.binary_search(&name).is_ok();
    if !signed("host") {
        return Err(SigError::HostUnsigned);
    }
    if let Some((name, _)) = raw.headers.iter().find(|(name, _)| name.starts_with("x-amz-") && !signed(name)) {
        return Err(SigError::UnsignedHeader { name: clip(name) });
    }
    for name in names {
        if raw.single(name)?.is_none() {
            return Err(SigError::SignedHeaderAbsent { name: clip(name) });
        }
    }
    Ok(())
}

/// The one time of the request: a second header that tells another time is refused, not ignored. It has one spelling, in
/// which it is signed again above.
fn signing_time(raw: &RawRequest<'_>, claimed: &Authorization<'_>) -> Result<OffsetDateTime, SigError> {
    let signed_at = parse_basic(&claimed.date).ok_or_else(|| SigError::Date { date: clip(&claimed.date) })?;
    for name in ["x-amz-date", "date"] {
        let Some(other) = raw.single(name)? else { continue };
        // Nearly always it is the header that the time was read from.
        if other == claimed.date.as_bytes() {
            continue;
        }
        let other = String::from_utf8_lossy(other);
        let read = parse_basic(other.trim()).or_else(|| OffsetDateTime::parse(other.trim(), &Rfc2822).ok());
        if read != Some(signed_at) {
            return Err(SigError::DatesDiffer { signed: basic(signed_at), other: clip(&other) });
        }
    }
    Ok(signed_at)
}

fn check_clock(signed_at: OffsetDateTime, now: OffsetDateTime) -> Result<(), SigError> {
    if signed_at < now - SKEW {
        return Err(SigError::Expired { signed_at, now });
    }
    if signed_at > now + SKEW {
        return Err(SigError::NotYetCurrent { signed_at, now });
    }
    Ok(())
}

fn check_session_token(token: Option<&str>) -> Result<(), SigError> {
    let fits =
        |token: &str| (1..=MOST_TOKEN).contains(&token.len()) && !any(token.as_bytes(), |b| !b.is_ascii_graphic());
    if token.is_none_or(fits) { Ok(()) } else { Err(SigError::SessionTokenForm) }
}

/// The hash of the body that came; if the client says one, it must be this one.
fn payload_hash(body: &[u8], claimed: Option<&str>) -> Result<String, SigError> {
    check_hash(claimed)?;
    agreed(sha256_hex(body), claimed)
}

/// The hash that the service computed. Whoever has none cannot say what was signed.
fn received_hash(computed: &str, claimed: Option<&str>) -> Result<String, SigError> {
    check_hash(claimed)?;
    if computed.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(SigError::PayloadUnsupported { value: clip(computed) });
    }
    check_hash(Some(computed))?;
    agreed(computed.to_owned(), claimed)
}

/// `UNSIGNED-PAYLOAD` and `STREAMING-…` are no hashes.
fn check_hash(text: Option<&str>) -> Result<(), SigError> {
    match text.filter(|text| text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit())) {
        Some(value) => Err(SigError::PayloadUnsupported { value: clip(value) }),
        None => Ok(()),
    }
}

fn agreed(computed: String, claimed: Option<&str>) -> Result<String, SigError> {
    match claimed {
        Some(claimed) if claimed != computed => {
            Err(SigError::PayloadMismatch { computed, claimed: claimed.to_owned() })
        }
        _ => Ok(computed),
    }
}
