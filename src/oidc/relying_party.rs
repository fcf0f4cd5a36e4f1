//! One provider, as this house relies on it.

use super::documents::Documents;
use super::{
    Algorithm, Discovery, KeySet, LoginClient, OidcError, TokenExpectation, UnverifiedToken, VerifiedToken,
    check_issuer,
};
use crate::outbound::Fetcher;
use crate::trace::Trace;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// What the configuration says of a provider.
pub struct RelyingPartySettings {
    /// Compared exactly with the token's `iss`.
    pub issuer: String,
    pub client_ids: Vec<String>,
    /// Accepted `aud` values beside an authorized party of `client_ids`.
    pub audiences: Vec<String>,
    pub clock_skew: Duration,
    /// PS256 and EdDSA, which need the provider's word.
    pub algorithms: Vec<Algorithm>,
    pub keys: KeySource,
    /// Absent: tokens are exchanged, nobody signs in with a browser.
    pub login: Option<LoginClient>,
    pub fetcher: Fetcher,
}

/// Where a provider's keys come from.
pub enum KeySource {
    /// The issuer's discovery document and the key set that it names.
    Discovery,
    /// Keys from the configuration; nothing is fetched for tokens.
    Fixed(KeySet),
}

/// Verifies one issuer's tokens and signs people in there. Owns that issuer's caches; shared behind an `Arc`.
pub struct RelyingParty {
    pub(super) settings: Settings,
    pub(super) fetcher: Fetcher,
    fixed: Option<Arc<KeySet>>,
    documents: Arc<Documents>,
}

pub(super) struct Settings {
    pub(super) issuer: String,
    pub(super) client_ids: Vec<String>,
    pub(super) audiences: Vec<String>,
    pub(super) clock_skew: Duration,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) login: Option<LoginClient>,
}

/// What a login knows of its token beyond the settings.
#[derive(Clone, Copy, Default)]
pub(super) struct LoginExpectation<'a> {
    pub(super) nonce: Option<&'a str>,
    pub(super) client: Option<&'a str>,
    pub(super) access_token: Option<&'a str>,
    pub(super) code: Option<&'a str>,
}

impl RelyingParty {
    /// Fetches nothing yet.
    ///
    /// # Errors
    /// [`OidcError::IssuerUrl`], and [`OidcError::NoUsableKey`] for fixed keys of which none can be used.
    pub fn new(settings: RelyingPartySettings) -> Result<Self, OidcError> {
        let RelyingPartySettings { issuer, client_ids, audiences, clock_skew, algorithms, keys, login, fetcher } =
            settings;
        check_issuer(&issuer)?;
        let fixed = match keys {
            KeySource::Fixed(keys) if keys.is_empty() => return Err(OidcError::NoUsableKey),
            KeySource::Fixed(keys) => Some(Arc::new(keys)),
            KeySource::Discovery => None,
        };
        let documents = Documents::new(issuer.clone(), fetcher.clone());
        let settings = Settings { issuer, client_ids, audiences, clock_skew, algorithms, login };
        Ok(Self { settings, fetcher, fixed, documents })
    }

    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Verifies a token that was handed in (web identity, token exchange). A `nonce` is compared when given.
    ///
    /// # Errors
    /// Those of [`UnverifiedToken::verify`]; when the keys cannot be had, the reason, of which
    /// [`OidcError::is_unreachable`] tells whether trying again may help.
    pub async fn verify_token(
        &self,
        token: UnverifiedToken,
        now: OffsetDateTime,
        nonce: Option<&str>,
        trace: &mut Trace,
    ) -> Result<VerifiedToken, OidcError> {
        self.verify_for(token, now, LoginExpectation { nonce, ..LoginExpectation::default() }, trace).await
    }

    pub(super) async fn verify_for(
        &self,
        token: UnverifiedToken,
        now: OffsetDateTime,
        login: LoginExpectation<'_>,
        trace: &mut Trace,
    ) -> Result<VerifiedToken, OidcError> {
        let keys = self.keys_for(&token, now, trace).await?;
        let Settings { issuer, client_ids, audiences, clock_skew, algorithms, .. } = &self.settings;
        let expected = TokenExpectation {
            issuer,
            client_ids,
            audiences,
            algorithms,
            clock_skew: *clock_skew,
            now,
            nonce: login.nonce,
            login_client: login.client,
            access_token: login.access_token,
            code: login.code,
        };
        token.verify(&keys, &expected, trace)
    }

    pub(super) async fn discovery(&self, now: OffsetDateTime) -> Result<Arc<Discovery>, OidcError> {
        self.documents.discovery(now).await
    }

    /// The key set to verify with: a newer one when the cached set does not know the token's key.
    async fn keys_for(
        &self,
        token: &UnverifiedToken,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<Arc<KeySet>, OidcError> {
        if let Some(fixed) = &self.fixed {
            return Ok(fixed.clone());
        }
        let arrived = self.documents.keys_generation();
        let keys = self.documents.keys(now).await?;
        if !matches!(keys.find(token.key_id(), token.jws.algorithm), Err(OidcError::UnknownKey { .. })) {
            return Ok(keys);
        }
        trace.note("oidc.key", "not in the key set; asking for a newer one");
        Ok(self.documents.newer_keys(arrived, now).await?.unwrap_or(keys))
    }
}
