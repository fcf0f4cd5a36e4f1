//! The service behind `/saml/…` and `/oidc/…`.

use super::SignInError;
use super::attempt::{Asked, Attempt, Tester};
use crate::catalogue::{Protocol, Provider};
use crate::console::{Arrived, Console, ConsoleError, ConsoleSession, Nth, Wish};
use crate::saml::{Parcel, ServiceProvider};
use crate::sts::{Purpose, Request, Sts};
use crate::trust::{FederatedIdentity, admits};
use std::sync::Arc;
use time::OffsetDateTime;
use url::Url;

pub struct SignIn {
    pub sts: Arc<Sts>,
    pub console: Arc<Console>,
    pub service_provider: Arc<ServiceProvider>,
    pub public_url: Url,
}

/// What the browser carries to the provider, and the cookie that it takes along.
pub struct Begun {
    pub parcel: Parcel,
    pub handle: String,
    /// Sealed.
    pub cookie: String,
}

/// With its name and its flags no cookie may have more than 4,096 octets (RFC 6265 §6.1). Browsers drop a longer one without
/// a word, and the answer would belong to no attempt.
const MOST_SEALED: usize = 4_000;

/// Somebody who is in.
pub struct SignedIn {
    pub arrived: Arrived,
    pub solicited: Solicited,
    /// Which of the browser's sessions it is.
    pub nth: Nth,
    /// Whose place in the browser it takes, if that was known when it began.
    pub former: Option<[u8; 32]>,
}

/// Whether this browser had asked for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Solicited {
    Asked,
    Unasked,
}

impl SignIn {
    /// Begins a sign-in at the named provider.
    pub async fn begin(&self, name: &str, wish: Wish, request: &mut Request) -> Result<Begun, SignInError> {
        let outcome = self.try_to_begin(name, wish, request).await;
        if outcome.is_err() {
            self.conclude("SignInBegin", "", &outcome, request);
        }
        outcome
    }

    async fn try_to_begin(&self, name: &str, wish: Wish, request: &mut Request) -> Result<Begun, SignInError> {
        let unknown = || SignInError::UnknownProvider(crate::trace::clip(name));
        let provider = self.sts.catalogue.provider_named(name).filter(|p| p.signs_people_in()).ok_or_else(unknown)?;
        admits(provider).map_err(SignInError::Disabled)?;
        self.begin_at(provider, self.console.admitted(&wish)?, None, request.now).await
    }

    /// Back to the identity provider, if a second factor there is all that the session lacks for the role.
    pub async fn step_up(
        &self,
        session: &ConsoleSession,
        role: &str,
        nth: Nth,
        former: Option<[u8; 32]>,
        request: &mut Request,
    ) -> Option<Result<Begun, SignInError>> {
        let (provider, wish) = self.console.step_up(session, role, nth, request)?;
        let wish = Wish { former, ..wish };
        let outcome = self.begin_at(&provider, wish, None, request.now).await;
        if outcome.is_ok() {
            request.trace.note("signin.step-up", format!("back to {} for {role}", provider.arn));
        }
        self.conclude("SignInStepUp", provider.arn.as_str(), &outcome, request);
        Some(outcome)
    }

    /// Back to the identity provider, for whoever wants to switch to a role that wants a second factor.
    pub async fn step_up_to_switch(
        &self,
        provider: &Provider,
        wish: Wish,
        request: &mut Request,
    ) -> Result<Begun, SignInError> {
        let outcome = self.begin_at(provider, wish, None, request.now).await;
        self.conclude("SignInStepUp", provider.arn.as_str(), &outcome, request);
        outcome
    }

    pub(super) async fn begin_at(
        &self,
        provider: &Provider,
        wish: Wish,
        tester: Option<Tester>,
        now: OffsetDateTime,
    ) -> Result<Begun, SignInError> {
        match &provider.protocol {
            Protocol::Oidc(oidc) => self.begin_oidc(provider, oidc, wish, tester, now).await,
            Protocol::Saml(saml) => self.begin_saml(provider, saml, wish, tester, now),
            Protocol::Social(_) => Err(SignInError::UnknownProvider(provider.name.clone())),
        }
    }

    /// The address under which a provider sends people back: one for each, so that answers cannot be mixed up.
    pub fn oidc_redirect_uri(&self, provider: &Provider) -> String {
        format!("{}oidc/callback/{}", self.public_url, self.sts.catalogue.name_of(provider))
    }

    /// What of an attempt may be long is where it is to lead.
    pub(super) fn begun(&self, attempt: &Attempt, parcel: Parcel) -> Result<Begun, SignInError> {
        let cookie = attempt.seal(&self.sts.keys.seals, &self.sts.random);
        if cookie.len() > MOST_SEALED {
            return Err(ConsoleError::LongDestination.into());
        }
        Ok(Begun { parcel, handle: attempt.handle.clone(), cookie })
    }

    pub(super) fn attempt(&self, provider: &Provider, wish: Wish, asked: Asked, now: OffsetDateTime) -> Attempt {
        Attempt::new(provider.arn.to_string(), wish, asked, now, &self.sts.random)
    }

    pub(super) fn open(&self, cookie: Option<&str>, handle: &str, now: OffsetDateTime) -> Option<Attempt> {
        Attempt::open(Purpose::SignInAttempt, cookie?, handle, &self.sts.keys.seals, now)
    }

    /// What the person who came back is taken to have wished for. Somebody else than was sent for a second factor has
    /// wished for nothing, and must not take the place of whoever was without a question.
    pub(super) fn settled(
        wish: &Wish,
        identity: Option<&FederatedIdentity>,
        solicited: Solicited,
    ) -> (Wish, Solicited) {
        let sent = wish.step_up.as_ref();
        match (sent, identity) {
            (Some(sent), Some(identity)) if identity.person() != *sent => {
                (Wish { nth: wish.nth, ..Wish::default() }, Solicited::Unasked)
            }
            _ => (wish.clone(), solicited),
        }
    }

    /// Counts a refusal of what was not even looked at, and keeps its trace.
    pub fn refused(&self, what: &'static str, error: &SignInError, request: &mut Request) {
        self.sts.conclude(what, "", Some(error), request);
    }

    /// Puts what came of it where people can read it.
    pub(super) fn conclude<T>(
        &self,
        what: &'static str,
        provider: &str,
        outcome: &Result<T, SignInError>,
        request: &mut Request,
    ) {
        self.sts.conclude(what, provider, outcome.as_ref().err(), request);
    }
}
