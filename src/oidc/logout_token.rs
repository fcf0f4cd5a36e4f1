//! A logout token (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6): the issuer says, from server to server, that
//! somebody's login has ended.
//!
//! It is signed by the same keys as ID tokens. What keeps the two apart are the `events` that this one must have and an ID
//! token must not, and the nonce, with which it is the other way round. The type `logout+jwt` is only recommended, and
//! some issuers write `JWT`: any other type is refused.

use super::token::is_of_type;
use super::verify::{audience, instant, subject, text};
use super::{CompactJws, KeySet, OidcError, TokenExpectation, json};
use crate::trace::{Code, Refusal, Trace};
use crate::words::iso;
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

/// A signed text that has the form of a logout token; nothing that it says is believed yet.
pub struct UnverifiedLogoutToken {
    pub(super) jws: CompactJws,
    claims: Map<String, Value>,
}

/// A logout that the issuer told us of, just now.
pub struct VerifiedLogoutToken {
    /// To which of our clients it is made out.
    pub client: String,
    /// Whose login; at least one of this and `session` is there.
    pub subject: Option<String>,
    /// Which of their logins (`sid`).
    pub session: Option<String>,
    /// By which a copy is known (`jti`), 1 to 255 characters.
    pub id: String,
    pub issued_at: OffsetDateTime,
    /// How long a copy could still pass every other check.
    pub keep_until: OffsetDateTime,
}

/// The checks in the order they run, after those that every token of the issuer passes.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LogoutTokenError {
    #[error("the logout_token is missing, or there are two")]
    Missing,
    #[error("{0}")]
    Token(#[from] OidcError),
    #[error("the logout token was issued too long ago")]
    TooOld { issued_at: OffsetDateTime, now: OffsetDateTime },
    #[error("the token does not tell of a logout")]
    NoLogout,
    #[error("the token has a nonce, so it is no logout token")]
    Nonce,
    #[error("the logout token says neither whose login has ended (sub) nor which (sid)")]
    Nobody,
    #[error("the logout token has been used before")]
    Replayed,
}

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Issuers tell of a logout when it happens; a token that is found later tells nothing.
const FRESH: Duration = Duration::minutes(5);
const LONGEST: usize = 255;

impl UnverifiedLogoutToken {
    /// Length, form, header and that the payload is an object; no cryptography, no clock.
    ///
    /// # Errors
    /// Those of [`CompactJws::decode`], and [`OidcError::TokenType`].
    pub fn decode(token: &str) -> Result<Self, LogoutTokenError> {
        let jws = CompactJws::decode(token)?;
        is_of_type(&jws, &["logout+jwt", "application/logout+jwt", "jwt", "application/jwt"])?;
        let claims = json::object(&jws.payload, "the token's payload")?;
        Ok(Self { jws, claims })
    }

    /// # Errors
    /// [`OidcError::UnknownKey`] when the set does not hold the token's key, else the variant of the check that failed.
    pub(super) fn verify(
        self,
        keys: &KeySet,
        expected: &TokenExpectation<'_>,
        trace: &mut Trace,
    ) -> Result<VerifiedLogoutToken, LogoutTokenError> {
        self.jws.verify(keys, expected.algorithms)?;
        trace.pass("oidc.signature", self.jws.algorithm.name());
        let claims = &self.claims;
        let issuer = text(claims, "iss")?.ok_or(OidcError::MissingClaim { claim: "iss" })?;
        if issuer != expected.issuer {
            let (expected, received) = (expected.issuer.to_owned(), crate::trace::clip(issuer));
            return Err(OidcError::Issuer { expected, received }.into());
        }
        trace.pass("oidc.issuer", issuer);
        let (client, ..) = audience(claims, expected)?;
        trace.pass("oidc.audience", &client);
        let (issued_at, keep_until) = times(claims, expected)?;
        let is_logout = |events: &Map<String, Value>| events.get(EVENT).is_some_and(Value::is_object);
        if !claims.get("events").and_then(Value::as_object).is_some_and(is_logout) {
            return Err(LogoutTokenError::NoLogout);
        }
        if claims.contains_key("nonce") {
            return Err(LogoutTokenError::Nonce);
        }
        let subject = claims.contains_key("sub").then(|| subject(claims)).transpose()?;
        let session = short(claims, "sid")?;
        if subject.is_none() && session.is_none() {
            return Err(LogoutTokenError::Nobody);
        }
        let id = short(claims, "jti")?.ok_or(OidcError::MissingClaim { claim: "jti" })?;
        Ok(VerifiedLogoutToken { client, subject, session, id, issued_at, keep_until })
    }
}

/// Issued just now, and not over yet if it says when; gives that moment, and the end of the time in which it passes here.
fn times(
    claims: &Map<String, Value>,
    expected: &TokenExpectation<'_>,
) -> Result<(OffsetDateTime, OffsetDateTime), LogoutTokenError> {
    let (now, skew) = (expected.now, expected.clock_skew);
    let issued_at = instant(claims, "iat")?.ok_or(OidcError::MissingClaim { claim: "iat" })?;
    if issued_at > now.saturating_add(skew) {
        return Err(OidcError::IssuedInFuture { issued_at, now }.into());
    }
    let last = issued_at.saturating_add(FRESH + skew);
    if now > last {
        return Err(LogoutTokenError::TooOld { issued_at, now });
    }
    match instant(claims, "exp")? {
        Some(expires_at) if now >= expires_at.saturating_add(skew) => {
            Err(OidcError::Expired { expires_at, now }.into())
        }
        // Longer than that, for the sweep may come a moment early.
        _ => Ok((issued_at, last.saturating_add(Duration::MINUTE))),
    }
}

fn short(claims: &Map<String, Value>, claim: &'static str) -> Result<Option<String>, OidcError> {
    let Some(text) = text(claims, claim)? else { return Ok(None) };
    let fits = (1..=LONGEST).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits {
        Ok(Some(text.to_owned()))
    } else {
        Err(OidcError::ClaimType { claim, wanted: "a text of 1 to 255 characters" })
    }
}

impl Refusal for LogoutTokenError {
    fn code(&self) -> Code {
        match self {
            Self::Missing => Code::OidcLogoutMissing,
            Self::Token(error) => error.code(),
            Self::TooOld { .. } => Code::OidcLogoutTooOld,
            Self::NoLogout => Code::OidcLogoutEvent,
            Self::Nonce => Code::OidcLogoutNonce,
            Self::Nobody => Code::OidcLogoutNobody,
            Self::Replayed => Code::OidcLogoutReplayed,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Token(error) => error.expected(),
            Self::TooOld { now, .. } => Some(format!("issued after {}", iso(now.saturating_sub(FRESH)))),
            Self::NoLogout => Some(EVENT.to_owned()),
            _ => None,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Token(error) => error.received(),
            Self::TooOld { issued_at, .. } => Some(iso(*issued_at)),
            _ => None,
        }
    }
}
