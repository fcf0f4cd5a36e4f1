//! One provider, as this house relies on it.

use super::documents::Documents;
use super::overage::GroupsDesk;
use super::pace::Pace;
use super::verify::{audience, subject, text};
use super::{
    Algorithm, ClientAuthentication, CompactJws, Discovery, GroupsSource, KeySet, LoginClient, LogoutTokenError,
    OidcError, TokenExpectation, UnverifiedLogoutToken, UnverifiedToken, VerifiedLogoutToken, VerifiedToken,
    check_issuer, spellings,
};
use crate::outbound::{Fetcher, OutboundRules};
use crate::store::{Address, Store, StoreError};
use crate::trace::{Code, Refusal, Trace};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// Absent: a token's groups are those that it holds.
    pub groups: Option<GroupsSource>,
}

/// The keys of an issuer, for people to look at.
pub struct KeysInForce {
    /// From the configuration; there they stay as they are.
    pub fixed: bool,
    /// Where they are fetched from, as far as that is known.
    pub place: Option<String>,
    /// Id and algorithms of each.
    pub keys: Vec<(Option<String>, String)>,
    pub fetched: Option<OffsetDateTime>,
    /// The last attempt, if it failed.
    pub failed: Option<Code>,
}

/// Where a provider's keys come from.
pub enum KeySource {
    /// The issuer's discovery document and the key set that it names.
    Discovery,
    /// The same, as another registration of this issuer already follows them: they are fetched once for both.
    SharedWith(Arc<RelyingParty>),
    /// The key set at this address; there is no discovery document to believe.
    Published(String),
    /// Keys from the configuration; nothing is fetched for tokens.
    Fixed(KeySet),
}

/// Verifies one issuer's tokens and signs people in there. Shared behind an `Arc`.
pub struct RelyingParty {
    pub(super) settings: Settings,
    pub(super) fetcher: Fetcher,
    fixed: Option<Arc<KeySet>>,
    documents: Arc<Documents>,
    pub(super) groups: Option<GroupsDesk>,
    /// Of codes, which everybody can invent.
    pace: Mutex<Pace>,
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
}

impl RelyingParty {
    /// Fetches nothing yet.
    ///
    /// # Errors
    /// [`OidcError::IssuerUrl`], and [`OidcError::NoUsableKey`] for fixed keys of which none can be used.
    pub fn new(settings: RelyingPartySettings) -> Result<Self, OidcError> {
        let RelyingPartySettings {
            issuer,
            client_ids,
            audiences,
            clock_skew,
            algorithms,
            keys,
            login,
            fetcher,
            groups,
        } = settings;
        check_issuer(&issuer)?;
        let own = |key_set| Documents::new(issuer.clone(), key_set, fetcher.clone());
        let (fixed, documents) = match keys {
            KeySource::Fixed(keys) if keys.is_empty() => return Err(OidcError::NoUsableKey),
            KeySource::Fixed(keys) => (Some(Arc::new(keys)), own(None)),
            KeySource::Published(address) => (None, own(Some(address))),
            KeySource::Discovery => (None, own(None)),
            KeySource::SharedWith(other) => (None, other.documents.clone()),
        };
        let settings = Settings { issuer, client_ids, audiences, clock_skew, algorithms, login };
        let groups = groups.map(|source| GroupsDesk::new(source, fetcher.clone()));
        Ok(Self { settings, fetcher, fixed, documents, pace: Mutex::default(), groups })
    }

    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    pub fn clock_skew(&self) -> Duration {
        self.settings.clock_skew
    }

    /// Whether a token that is for this client is for us.
    pub fn is_ours(&self, client: &str) -> bool {
        self.settings.client_ids.iter().any(|id| id == client) || self.login_client() == Some(client)
    }

    /// Whether a token may be made for it beside the client that it is ours by.
    pub fn accepts(&self, audience: &str) -> bool {
        self.is_ours(audience) || self.settings.audiences.iter().any(|one| one == audience)
    }

    /// Our client id there, if people sign in.
    pub fn login_client(&self) -> Option<&str> {
        Some(self.settings.login.as_ref()?.client_id.as_str())
    }

    /// What is asked for besides `openid`, if people sign in.
    pub fn login_scopes(&self) -> &[String] {
        self.settings.login.as_ref().map_or(&[], |login| &login.scopes)
    }

    pub fn client_ids(&self) -> &[String] {
        &self.settings.client_ids
    }

    /// The public half of the key that the login authenticates with, if it has one.
    pub fn client_key_set(&self) -> Option<serde_json::Value> {
        match &self.settings.login.as_ref()?.authentication {
            ClientAuthentication::Key(key) => Some(key.key_set()),
            ClientAuthentication::Public | ClientAuthentication::Secret(_) => None,
        }
    }

    /// Whether this issuer's keys are found by discovery, and fetched by these rules.
    pub fn follows(&self, issuer: &str, rules: &OutboundRules) -> bool {
        self.fixed.is_none()
            && self.documents.key_set.is_none()
            && self.issuer() == issuer
            && self.fetcher.rules() == rules
    }

    /// Goes on from what `former` knows, if its documents are of the same place and fetched by the same rules.
    pub fn succeed(&self, former: &Self) -> bool {
        let same = self.issuer() == former.issuer()
            && self.documents.key_set == former.documents.key_set
            && self.fetcher.rules() == former.fetcher.rules();
        if same {
            self.documents.succeed(&former.documents);
        }
        same
    }

    /// Takes up the documents that `store` has kept from an earlier day, if they would be accepted today, and keeps
    /// the good ones there from now on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn restore(&self, store: &Store, now: OffsetDateTime) -> Result<(), StoreError> {
        self.documents.restore(store, now).await
    }

    /// [`RelyingParty::restore`] from the database at `address`, where nothing is kept: for explaining.
    ///
    /// # Errors
    /// When there is a database that cannot be read.
    pub async fn restore_from(&self, address: &Address, now: OffsetDateTime) -> Result<(), StoreError> {
        self.documents.restore_from(address, now).await
    }

    /// Verifies a token that was handed in (web identity, token exchange). A `nonce` is compared when given.
    ///
    /// # Errors
    /// Those of [`UnverifiedToken::verify`], and [`OidcError::Groups`]; when the keys cannot be had, the reason, of which
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

    /// The first step of [`RelyingParty::verify_token`], and the one that may wait for others: the keys to verify it by. Next are
    /// [`RelyingParty::verify_by`] and [`RelyingParty::with_groups`].
    ///
    /// # Errors
    /// The reason why the keys cannot be had.
    pub async fn keys_for_token(
        &self,
        token: &UnverifiedToken,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<Arc<KeySet>, OidcError> {
        self.keys_for(&token.jws, now, trace).await
    }

    /// # Errors
    /// Those of [`UnverifiedToken::verify`].
    pub fn verify_by(
        &self,
        keys: &KeySet,
        token: UnverifiedToken,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<VerifiedToken, OidcError> {
        token.verify(keys, &self.expectation(now, LoginExpectation::default()), trace)
    }

    /// As [`RelyingParty::verify_token`], where the keys are those of the configuration; `None` if they are to be fetched.
    /// The directory is not asked for groups that the token leaves out.
    ///
    /// # Errors
    /// Those of [`UnverifiedToken::verify`].
    pub fn verify_by_fixed_keys(
        &self,
        token: UnverifiedToken,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Option<Result<VerifiedToken, OidcError>> {
        let keys = self.fixed.as_ref()?;
        Some(token.verify(keys, &self.expectation(now, LoginExpectation::default()), trace))
    }

    /// As [`RelyingParty::verify_token`], with the keys that are at hand; `None` if there are none. Nothing is fetched, and
    /// the directory is not asked for groups that the token leaves out.
    ///
    /// # Errors
    /// Those of [`UnverifiedToken::verify`].
    pub fn verify_by_keys_at_hand(
        &self,
        token: UnverifiedToken,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Option<Result<VerifiedToken, OidcError>> {
        let keys = self.fixed.clone().or_else(|| self.documents.keys.at_hand(now).map(|(keys, _)| keys))?;
        Some(token.verify(&keys, &self.expectation(now, LoginExpectation::default()), trace))
    }

    /// What tokens are verified with at this moment.
    pub fn keys_in_force(&self, now: OffsetDateTime) -> KeysInForce {
        let (place, at_hand, failed) = match &self.fixed {
            Some(fixed) => (None, Some((fixed.clone(), None)), None),
            None => {
                let documents = &self.documents;
                let discovery = documents.discovery.at_hand(now).map(|(discovery, _)| discovery.jwks_uri.clone());
                let at_hand = documents.keys.at_hand(now).map(|(keys, fetched)| (keys, Some(fetched)));
                (documents.key_set.clone().or(discovery), at_hand, documents.keys.failure())
            }
        };
        let (keys, fetched) = at_hand.map_or((Vec::new(), None), |(keys, fetched)| (keys.names(), fetched));
        KeysInForce { fixed: self.fixed.is_some(), place, keys, fetched, failed: failed.map(|error| error.code()) }
    }

    pub(super) async fn verify_for(
        &self,
        token: UnverifiedToken,
        now: OffsetDateTime,
        login: LoginExpectation<'_>,
        trace: &mut Trace,
    ) -> Result<VerifiedToken, OidcError> {
        let keys = self.keys_for(&token.jws, now, trace).await?;
        let token = token.verify(&keys, &self.expectation(now, login), trace)?;
        self.with_groups(token, now, trace).await
    }

    /// The keys to verify by what the issuer says about a logout.
    ///
    /// # Errors
    /// The reason why they cannot be had.
    pub async fn keys_for_logout(
        &self,
        token: &UnverifiedLogoutToken,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<Arc<KeySet>, OidcError> {
        self.keys_for(&token.jws, now, trace).await
    }

    /// Verifies what the issuer says about a logout, made out to the login's client.
    ///
    /// # Errors
    /// Those of [`UnverifiedLogoutToken::verify`].
    pub fn verify_logout(
        &self,
        keys: &KeySet,
        token: UnverifiedLogoutToken,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<VerifiedLogoutToken, LogoutTokenError> {
        let login = self.settings.login.as_ref().ok_or(OidcError::LoginUnconfigured)?;
        let client = Some(login.client_id.as_str());
        token.verify(keys, &self.expectation(now, LoginExpectation { client, ..LoginExpectation::default() }), trace)
    }

    /// Whom a token with these claims would be about, whom for, and its original audience (beside an authorized party),
    /// were it signed and in force. The issuer may be left out, and the audience where there is one client.
    ///
    /// # Errors
    /// Those of [`UnverifiedToken::verify`] about issuer, subject and audience.
    pub fn would_take(&self, claims: &mut Map<String, Value>) -> Result<(String, String, Vec<String>), OidcError> {
        let Settings { issuer, client_ids, .. } = &self.settings;
        claims.entry("iss").or_insert_with(|| issuer.as_str().into());
        if let [only] = client_ids.as_slice() {
            claims.entry("aud").or_insert_with(|| only.as_str().into());
        }
        let named = text(claims, "iss")?.unwrap_or_default();
        if !spellings(issuer).any(|spelled| spelled == named) {
            return Err(OidcError::Issuer { expected: issuer.clone(), received: named.to_owned() });
        }
        let subject = subject(claims)?;
        // At the API, or else after a login. No time is looked at.
        let made_out = |client| {
            let login = LoginExpectation { client, ..LoginExpectation::default() };
            audience(claims, &self.expectation(OffsetDateTime::UNIX_EPOCH, login))
        };
        let found = made_out(None).or_else(|error| match self.login_client() {
            Some(client) => made_out(Some(client)).map_err(|_| error),
            None => Err(error),
        });
        found.map(|(audience, all, has_party)| (subject, audience, if has_party { all } else { Vec::new() }))
    }

    fn expectation<'a>(&'a self, now: OffsetDateTime, login: LoginExpectation<'a>) -> TokenExpectation<'a> {
        let Settings { issuer, client_ids, audiences, clock_skew, algorithms, .. } = &self.settings;
        TokenExpectation {
            issuer,
            client_ids,
            audiences,
            algorithms,
            clock_skew: *clock_skew,
            now,
            nonce: login.nonce,
            login_client: login.client,
            access_token: login.access_token,
        }
    }

    pub(super) async fn discovery(&self, now: OffsetDateTime) -> Result<Arc<Discovery>, OidcError> {
        self.documents.discovery(now).await
    }

    pub(super) fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key set to verify with: a newer one when the cached set does not know the token's key.
    async fn keys_for(
        &self,
        jws: &CompactJws,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<Arc<KeySet>, OidcError> {
        if let Some(fixed) = &self.fixed {
            return Ok(fixed.clone());
        }
        let arrived = self.documents.keys_generation();
        let keys = self.documents.keys(now).await?;
        if !matches!(keys.find(jws.key_id.as_deref(), jws.algorithm), Err(OidcError::UnknownKey { .. })) {
            return Ok(keys);
        }
        trace.note("oidc.key", "not in the key set; asking for a newer one");
        Ok(Box::pin(self.documents.newer_keys(arrived, now)).await?.unwrap_or(keys))
    }
}
