//! A signed request before and after the proof.

use super::authorization::Authorization;
use super::canonical::{self, SignedHeaders, sha256_hex};
use super::error::{SKEW, SigError};
use super::query::{Query, check_escapes};
use super::request::{RawRequest, any, is_header_name, lossy};
use super::scope::Scope;
use super::signing_key::{self, SigningKeys};
use crate::trace::clip;
use crate::words::{Secret, basic, parse_basic};
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
    headers: SignedHeaders<'a>,
    signature: [u8; 32],
    signed_at: OffsetDateTime,
    /// `signed_at`, as the string to sign has it.
    date: Cow<'a, str>,
    session_token: Option<Cow<'a, str>>,
    /// In lower-case hexadecimal.
    payload_hash: [u8; 64],
    presigned: bool,
}

/// A request whose signature was made with the secret of this access key. Only [`SignedRequest::verify`] makes one, and
/// [`SignedRequest::verify_keeping`].
pub struct ProvenSignature {
    scope: Scope<'static>,
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
        payload_hash: impl FnOnce(Option<&str>) -> Result<[u8; 64], SigError>,
        now: OffsetDateTime,
    ) -> Result<Self, SigError> {
        raw.check()?;
        check_escapes(raw.path)?;
        let query = Query::parse(raw.query)?;
        let claimed = Authorization::parse(&raw, &query)?;
        let signature = signature(&claimed.signature)?;
        let values = check_headers(&raw, &claimed.signed_headers)?;
        let signed_at = signing_time(&raw, &claimed)?;
        check_clock(signed_at, now)?;
        let scope = Scope::parse(claimed.credential, service, &claimed.date)?;
        check_session_token(claimed.session_token.as_deref())?;
        let payload_hash = payload_hash(claimed.content_sha256.as_deref())?;
        Ok(Self {
            raw,
            query,
            scope,
            headers: SignedHeaders { names: claimed.signed_headers, values },
            signature,
            signed_at,
            date: claimed.date,
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
        let canonical_request = canonical::request(&self.raw, service, &self.query, &self.headers, &self.payload_hash);
        let string_to_sign = canonical::string_to_sign(&self.date, self.scope.text(), canonical_request);
        hmac::verify(key, &string_to_sign, &self.signature).map_err(|_| SigError::Mismatch)
    }

    fn proven(self) -> ProvenSignature {
        ProvenSignature {
            scope: self.scope.into_owned(),
            signed_at: self.signed_at,
            session_token: self.session_token.map(Cow::into_owned),
            presigned: self.presigned,
        }
    }
}

impl ProvenSignature {
    pub fn access_key_id(&self) -> &str {
        self.scope.access_key_id()
    }

    /// The region that the client signed for; any that looks like one.
    pub fn region(&self) -> &str {
        self.scope.region()
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
    let is_digit = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 64 || any(text.as_bytes(), |b| !is_digit(b)) {
        return Err(SigError::SignatureForm);
    }
    let value = |digit: u8| if digit <= b'9' { digit - b'0' } else { digit - b'a' + 10 };
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = value(digits[0]) << 4 | value(digits[1]);
    }
    Ok(bytes)
}

/// The list is sorted and without repeats, holds the host, every `x-amz-*` header that was sent, and only headers
/// that were sent exactly once: a second one could reach somebody who reads the other of the two. Their values.
fn check_headers<'a>(raw: &RawRequest<'a>, list: &str) -> Result<Vec<&'a [u8]>, SigError> {
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
    let mut values = Vec::with_capacity(names.len());
    for name in names {
        match raw.single(name)? {
            Some(value) => values.push(value),
            None => return Err(SigError::SignedHeaderAbsent { name: clip(name) }),
        }
    }
    Ok(values)
}

/// The one time of the request: a second header that tells another time is refused, not ignored. It has one spelling, so
/// that what was claimed is what is signed again above.
fn signing_time(raw: &RawRequest<'_>, claimed: &Authorization<'_>) -> Result<OffsetDateTime, SigError> {
    let signed_at = parse_basic(&claimed.date).ok_or_else(|| SigError::Date { date: clip(&claimed.date) })?;
    for name in ["x-amz-date", "date"] {
        let Some(other) = raw.single(name)? else { continue };
        // Nearly always it is the header that the time was read from.
        if other == claimed.date.as_bytes() {
            continue;
        }
        let other = lossy(other);
        let read = parse_basic(other.trim()).or_else(|| OffsetDateTime::parse(other.trim(), &Rfc2822).ok());
        if read != Some(signed_at) {
            return Err(SigError::DatesDiffer { signed: basic(signed_at), other: clip(&other) });
        }
    }
    Ok(signed_at)
}

fn check_clock(signed_at: OffsetDateTime, now: OffsetDateTime) -> Result<(), SigError> {
    let age = now - signed_at;
    if age > SKEW {
        return Err(SigError::Expired { signed_at, now });
    }
    if age < -SKEW {
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
fn payload_hash(body: &[u8], claimed: Option<&str>) -> Result<[u8; 64], SigError> {
    check_hash(claimed)?;
    agreed(sha256_hex(body), claimed)
}

/// The hash that the service computed. Whoever has none cannot say what was signed.
fn received_hash(computed: &str, claimed: Option<&str>) -> Result<[u8; 64], SigError> {
    check_hash(claimed)?;
    let unsupported = || SigError::PayloadUnsupported { value: clip(computed) };
    if computed.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(unsupported());
    }
    check_hash(Some(computed))?;
    agreed(computed.as_bytes().try_into().map_err(|_| unsupported())?, claimed)
}

/// `UNSIGNED-PAYLOAD` and `STREAMING-…` are no hashes.
fn check_hash(text: Option<&str>) -> Result<(), SigError> {
    match text.filter(|text| text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit())) {
        Some(value) => Err(SigError::PayloadUnsupported { value: clip(value) }),
        None => Ok(()),
    }
}

fn agreed(computed: [u8; 64], claimed: Option<&str>) -> Result<[u8; 64], SigError> {
    match claimed {
        Some(claimed) if claimed.as_bytes() != computed => {
            let computed = lossy(&computed).into_owned();
            Err(SigError::PayloadMismatch { computed, claimed: claimed.to_owned() })
        }
        _ => Ok(computed),
    }
}
