//! The step that makes a token believable.

use super::{Algorithm, KeySet, OidcError, UnverifiedToken, json, spellings};
use crate::trace::Trace;
use crate::words;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::digest;
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

/// What a token must say to be one of ours.
#[derive(Clone, Copy)]
pub struct TokenExpectation<'a> {
    pub issuer: &'a str,
    /// Accepted besides those that every issuer may sign with.
    pub algorithms: &'a [Algorithm],
    /// Accepted as audience and as authorized party.
    pub client_ids: &'a [String],
    /// Accepted as further `aud` values beside an authorized party.
    pub audiences: &'a [String],
    pub clock_skew: Duration,
    pub now: OffsetDateTime,
    /// The nonce that this browser's login began with.
    pub nonce: Option<&'a str>,
    /// In a browser login: the client that the code was issued to.
    pub login_client: Option<&'a str>,
    /// The access token that came with the ID token; a token with `at_hash` must match it.
    pub access_token: Option<&'a str>,
}

/// A token that its issuer signed, for us, and that is in force. Made by [`UnverifiedToken::verify`] and by nothing
/// else.
pub struct VerifiedToken {
    issuer: String,
    subject: String,
    audience: String,
    original_audience: Vec<String>,
    authorized_party: bool,
    issued_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    claims: Map<String, Value>,
    algorithm: Algorithm,
    digest: [u8; 32],
}

/// What a verified token says.
pub struct Said {
    pub issuer: String,
    pub subject: String,
    pub audience: String,
    /// Every `aud` value of a token that names an authorized party; else empty.
    pub original_audience: Vec<String>,
    pub claims: Map<String, Value>,
    pub digest: [u8; 32],
}

impl VerifiedToken {
    /// The issuer, with its scheme, exactly as configured.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Taken apart, for whoever keeps it.
    pub fn into_said(self) -> Said {
        let Self { issuer, subject, audience, original_audience, authorized_party, claims, digest, .. } = self;
        let original_audience = if authorized_party { original_audience } else { Vec::new() };
        Said { issuer, subject, audience, original_audience, claims, digest }
    }

    /// The authorized party where there is one, else the only `aud` value: the `<issuer>:aud` of trust policies.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    pub fn issued_at(&self) -> OffsetDateTime {
        self.issued_at
    }

    pub fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }

    /// All claims as signed, and those that were asked for besides: at the provider's UserInfo endpoint, or because they did
    /// not fit.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// What its issuer says besides, of the same subject: nothing that is signed is replaced by it.
    pub(super) fn with_unsigned(mut self, told: Map<String, Value>) -> Self {
        for (name, value) in told {
            self.claims.entry(name).or_insert(value);
        }
        self
    }

    /// Whether it says that it was made for another authorization code (`c_hash`).
    pub(super) fn is_of_another_code(&self, code: &str) -> Result<bool, OidcError> {
        Ok(text(&self.claims, "c_hash")?.is_some_and(|received| !is_half_digest(received, self.algorithm, code)))
    }

    /// When the person authenticated, which must not be before they were asked to. A provider that was asked has to tell
    /// (`max_age`, Core §3.1.2.1 and §3.1.3.7): one that lets an old session do, or says nothing, has not asked them.
    pub(super) fn authenticated_since(
        &self,
        since: OffsetDateTime,
        clock_skew: Duration,
    ) -> Result<OffsetDateTime, OidcError> {
        const CLAIM: &str = "auth_time";
        let at = instant(&self.claims, CLAIM)?.ok_or(OidcError::MissingClaim { claim: CLAIM })?;
        if at.saturating_add(clock_skew) < since {
            return Err(OidcError::AuthnTooOld { at, since });
        }
        Ok(at)
    }

    /// SHA-256 of what is signed, by which the token can be recognised without being kept. The signature is left out of
    /// it: of one ECDSA signature anybody can make a second that holds as well, and the token would look new.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

impl UnverifiedToken {
    /// Signature first: no claim but the issuer's name and the key id is read before it holds.
    ///
    /// # Errors
    /// [`OidcError::UnknownKey`] when the set does not hold the token's key (a newer set may), else the variant of the
    /// check that failed.
    pub fn verify(
        self,
        keys: &KeySet,
        expected: &TokenExpectation<'_>,
        trace: &mut Trace,
    ) -> Result<VerifiedToken, OidcError> {
        self.jws.verify(keys, expected.algorithms)?;
        trace.pass("oidc.key", self.key_id().unwrap_or("the only fitting key"));
        trace.pass("oidc.signature", self.jws.algorithm.name());
        if !spellings(expected.issuer).any(|issuer| issuer == self.issuer) {
            return Err(OidcError::Issuer { expected: expected.issuer.to_owned(), received: self.issuer });
        }
        trace.pass("oidc.issuer", &self.issuer);
        let subject = subject(&self.claims)?;
        trace.pass("oidc.subject", &subject);
        let (audience, original_audience, authorized_party) = audience(&self.claims, expected)?;
        trace.pass("oidc.audience", &audience);
        let (issued_at, expires_at) = times(&self.claims, expected)?;
        trace.pass("oidc.times", format_args!("{} to {}", words::iso(issued_at), words::iso(expires_at)));
        // A logout token is signed by the same key and must never sign anybody in (Back-Channel Logout 1.0 §2.4).
        if self.claims.contains_key("events") {
            return Err(OidcError::Events);
        }
        check_nonce(&self.claims, expected, trace)?;
        check_access_token(&self.claims, self.jws.algorithm, expected, trace)?;
        Ok(VerifiedToken {
            issuer: expected.issuer.to_owned(),
            subject,
            audience,
            original_audience,
            authorized_party,
            issued_at,
            expires_at,
            claims: self.claims,
            algorithm: self.jws.algorithm,
            digest: self.jws.digest(),
        })
    }
}

/// At most 255 characters (OpenID Connect Core 1.0 §2), none of them a control character: it goes into logs and names.
pub(super) fn subject(claims: &Map<String, Value>) -> Result<String, OidcError> {
    let subject = text(claims, "sub")?.ok_or(OidcError::MissingClaim { claim: "sub" })?;
    let length = subject.chars().count();
    if length == 0 || length > 255 || subject.chars().any(char::is_control) {
        return Err(OidcError::Subject { length });
    }
    Ok(subject.to_owned())
}

/// The audience, all `aud` values, and whether there is an authorized party.
pub(super) fn audience(
    claims: &Map<String, Value>,
    expected: &TokenExpectation<'_>,
) -> Result<(String, Vec<String>, bool), OidcError> {
    const WANTED: OidcError = OidcError::ClaimType { claim: "aud", wanted: "a string or a list of strings" };
    let audiences: Vec<String> = match claims.get("aud").ok_or(OidcError::MissingClaim { claim: "aud" })? {
        Value::String(one) => vec![one.clone()],
        Value::Array(list) => {
            list.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or(WANTED)?
        }
        _ => return Err(WANTED),
    };
    let is_client = |one: &str| expected.login_client == Some(one) || expected.client_ids.iter().any(|id| id == one);
    let not_ours = |received: &str| {
        let clients = expected.login_client.into_iter().chain(expected.client_ids.iter().map(String::as_str));
        let mut client_ids: Vec<String> = clients.map(str::to_owned).collect();
        client_ids.dedup();
        OidcError::Audience { received: received.to_owned(), client_ids }
    };
    let party = text(claims, "azp")?;
    if let Some(party) = party.filter(|party| !is_client(party)) {
        return Err(OidcError::AuthorizedParty { received: party.to_owned() });
    }
    let known = |one: &String| is_client(one) || expected.audiences.contains(one);
    if let Some(stranger) = audiences.iter().find(|one| !known(one)) {
        return Err(not_ours(stranger));
    }
    let audience = match (party, &audiences[..]) {
        (_, []) => return Err(not_ours("an empty list")),
        (Some(party), _) => party.to_owned(),
        (None, [only]) if is_client(only) => only.clone(),
        (None, [only]) => return Err(not_ours(only)),
        // Several audiences without a word on whose token it is (Core §3.1.3.7).
        (None, many) => return Err(OidcError::AuthorizedPartyMissing { audiences: many.len() }),
    };
    if let Some(client) = expected.login_client
        && (!audiences.iter().any(|one| one == client) || party.is_some_and(|party| party != client))
    {
        return Err(OidcError::LoginClient { expected: client.to_owned(), received: audience });
    }
    let authorized_party = party.is_some();
    Ok((audience, audiences, authorized_party))
}

fn times(
    claims: &Map<String, Value>,
    expected: &TokenExpectation<'_>,
) -> Result<(OffsetDateTime, OffsetDateTime), OidcError> {
    let (now, skew) = (expected.now, expected.clock_skew);
    let issued_at = instant(claims, "iat")?.ok_or(OidcError::MissingClaim { claim: "iat" })?;
    let expires_at = instant(claims, "exp")?.ok_or(OidcError::MissingClaim { claim: "exp" })?;
    let not_before = instant(claims, "nbf")?;
    let latest = now.saturating_add(skew);
    if issued_at > latest {
        return Err(OidcError::IssuedInFuture { issued_at, now });
    }
    if let Some(not_before) = not_before.filter(|not_before| *not_before > latest) {
        return Err(OidcError::NotYetValid { not_before, now });
    }
    if now >= expires_at.saturating_add(skew) {
        return Err(OidcError::Expired { expires_at, now });
    }
    Ok((issued_at, expires_at))
}

/// A NumericDate (RFC 7519 §2): a JSON number of seconds from 1970 to the year 9999, fractions allowed.
pub(super) fn instant(claims: &Map<String, Value>, claim: &'static str) -> Result<Option<OffsetDateTime>, OidcError> {
    const LAST: f64 = 253_402_300_799.0;
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let Value::Number(number) = value else { return Err(OidcError::ClaimType { claim, wanted: "a number" }) };
    let seconds = number.as_f64().filter(|seconds| (0.0..=LAST).contains(seconds));
    let instant = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp_nanos((seconds * 1e9) as i128).ok());
    instant.map(Some).ok_or(OidcError::TimeRange { claim })
}

fn check_nonce(
    claims: &Map<String, Value>,
    expected: &TokenExpectation<'_>,
    trace: &mut Trace,
) -> Result<(), OidcError> {
    let Some(nonce) = expected.nonce else { return Ok(()) };
    let received = text(claims, "nonce")?.ok_or(OidcError::MissingClaim { claim: "nonce" })?;
    if verify_slices_are_equal(received.as_bytes(), nonce.as_bytes()).is_err() {
        return Err(OidcError::Nonce);
    }
    trace.pass("oidc.nonce", "the one that this login began with");
    Ok(())
}

/// Core §3.1.3.6, §3.3.2.11: the left half of the digest of what came with a token, by the hash of the token's own
/// algorithm.
fn is_half_digest(received: &str, algorithm: Algorithm, text: &str) -> bool {
    let hash = digest(algorithm.digest(), text.as_bytes());
    json::base64url(received).as_deref() == hash.as_ref().get(..hash.as_ref().len() / 2)
}

fn check_access_token(
    claims: &Map<String, Value>,
    algorithm: Algorithm,
    expected: &TokenExpectation<'_>,
    trace: &mut Trace,
) -> Result<(), OidcError> {
    let (Some(token), Some(received)) = (expected.access_token, text(claims, "at_hash")?) else { return Ok(()) };
    if !is_half_digest(received, algorithm, token) {
        return Err(OidcError::AccessTokenHash);
    }
    trace.pass("oidc.access-token-hash", "the access token that came with it");
    Ok(())
}

pub(super) fn text<'a>(claims: &'a Map<String, Value>, claim: &'static str) -> Result<Option<&'a str>, OidcError> {
    match claims.get(claim) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(OidcError::ClaimType { claim, wanted: "a string" }),
    }
}
