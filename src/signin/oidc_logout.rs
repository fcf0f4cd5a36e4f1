//! Logout by OpenID Connect, in its three ways: the provider's server tells us, the provider's page tells us from within
//! the browser, or somebody signs out here and the provider is told.

use super::SignInError;
use super::attempt::Asked;
use super::logout::{A_LOGOUT, used};
use super::service::{Begun, SignIn};
use crate::catalogue::{OidcProvider, Provider};
use crate::console::Wish;
use crate::oidc::{LogoutTokenError, UnverifiedLogoutToken, VerifiedLogoutToken};
use crate::saml::Parcel;
use crate::store::{Ended, Logout, Redemption, Verdict, Visit};
use crate::sts::{Event, Request, StsError, Who, done};
use std::sync::Arc;

/// A `sid` longer than this is nobody's.
const LONGEST_SESSION: usize = 255;

impl SignIn {
    /// `POST /oidc/backchannel-logout/{provider}`.
    pub async fn hear_logout(&self, name: &str, token: Option<&str>, request: &mut Request) -> Result<(), SignInError> {
        let outcome = self.heard_from(name, token, request).await;
        self.conclude("OidcLogout", name, &outcome, request);
        outcome
    }

    async fn heard_from(&self, name: &str, token: Option<&str>, request: &mut Request) -> Result<(), SignInError> {
        let (provider, oidc) = self.openid(name)?;
        let outcome = self.proved_by_token(oidc, token.ok_or(LogoutTokenError::Missing)?, request).await;
        let token = self.sts.judged(outcome, |_| A_LOGOUT, request).await?;
        let person =
            token.subject.as_deref().map(|subject| self.sts.keys.person_at(&oidc.issuer, &token.client, subject));
        let login =
            token.session.as_deref().map(|session| self.sts.keys.login_at(&oidc.issuer, &token.client, session));
        let redeem = vec![used(&oidc.issuer, &token.id, token.keep_until)];
        let event = Event { name: "OidcLogout", who: Who::Provider(provider), role: "", request };
        let order = Logout { ordered: Some(token.issued_at.unix_timestamp()), ..order(person, login, oidc, request) };
        match self.end(&event, order, redeem).await? {
            Verdict::Done => Ok(()),
            Verdict::Spent | Verdict::LoggedOut | Verdict::Taken | Verdict::Barred(_) => {
                Err(LogoutTokenError::Replayed.into())
            }
        }
    }

    /// With a turn only once its keys are here, for whoever waits for an issuer takes none from others.
    async fn proved_by_token(
        &self,
        oidc: &OidcProvider,
        text: &str,
        request: &mut Request,
    ) -> Result<VerifiedLogoutToken, SignInError> {
        let (relying_party, now) = (&oidc.relying_party, request.now);
        let token = UnverifiedLogoutToken::decode(text)?;
        let keys = relying_party.keys_for_logout(&token, now, &mut request.trace).await;
        let keys = keys.map_err(LogoutTokenError::from)?;
        let _turn = self.sts.turn(request).await?;
        Ok(relying_party.verify_logout(&keys, token, now, &mut request.trace)?)
    }

    /// `GET /oidc/frontchannel-logout/{provider}`: nobody has signed this, so it counts for what it knows, the `sid`, which
    /// nobody guesses. Whether there was such a session is not told.
    pub async fn overhear_logout(
        &self,
        name: &str,
        issuer: Option<&str>,
        session: Option<&str>,
        request: &mut Request,
    ) -> Result<String, SignInError> {
        let outcome = self.overheard(name, issuer, session, request).await;
        // A stranger's guess leaves nothing behind but a count.
        if !matches!(outcome, Ok((_, false))) {
            self.conclude("OidcFrontChannelLogout", name, &outcome, request);
        }
        outcome.map(|(issuer, _)| issuer)
    }

    /// The issuer, and whether something has ended.
    async fn overheard(
        &self,
        name: &str,
        issuer: Option<&str>,
        session: Option<&str>,
        request: &mut Request,
    ) -> Result<(String, bool), SignInError> {
        let (provider, oidc) = self.openid(name)?;
        let session = session.filter(|session| (1..=LONGEST_SESSION).contains(&session.len()));
        let (Some(session), true) = (session, issuer == Some(oidc.issuer.as_str())) else {
            return Err(SignInError::FrontChannel);
        };
        let client = oidc.relying_party.login_client().unwrap_or_default();
        let login = self.sts.keys.login_at(&oidc.issuer, client, session);
        let order = order(None, Some(login), oidc, request);
        let lives = self.sts.store.login_lives(&login, order.revokes(), order.now).await.map_err(StsError::from)?;
        if lives {
            let event = Event { name: "OidcLogout", who: Who::Provider(provider), role: "", request };
            self.end(&event, order, Vec::new()).await?;
        }
        Ok((oidc.issuer.clone(), lives))
    }

    /// Somebody who came from there has signed out here; what the browser carries there, if the provider wants to know.
    /// `elsewhere` is what then ends as well.
    pub(super) async fn tell_provider(
        &self,
        provider: &Provider,
        oidc: &OidcProvider,
        elsewhere: Visit,
        request: &mut Request,
    ) -> Result<Option<Begun>, SignInError> {
        let attempt = self.attempt(provider, Wish::default(), Asked::EndSession, request.now);
        let back = format!("{}oidc/logout/{}", self.public_url, self.sts.catalogue.name_of(provider));
        // A provider that cannot be asked is one that cannot be told.
        let told = oidc.relying_party.end_session(&back, &attempt.handle, request.now).await;
        let Ok(Some(url)) = told else { return Ok(None) };
        self.commit(elsewhere).await?;
        self.begun(&attempt, Parcel::Redirect(url)).map(Some)
    }

    /// `GET /oidc/logout/{provider}`: the provider has sent the browser back. It may have asked the person and heard "no", so
    /// this says only that it was told.
    pub fn back_from_logout(
        &self,
        name: &str,
        state: &str,
        cookie: Option<&str>,
        request: &mut Request,
    ) -> Result<(), SignInError> {
        let outcome = self.openid(name).and_then(|(provider, _)| {
            let attempt = self.open(cookie, state, request.now).ok_or(SignInError::NoAttempt)?;
            match attempt.asked {
                Asked::EndSession if attempt.provider == provider.arn.as_str() => Ok(()),
                Asked::EndSession => Err(SignInError::OtherProvider),
                Asked::Saml { .. } | Asked::Logout { .. } | Asked::Oidc { .. } => Err(SignInError::NoAttempt),
            }
        });
        self.conclude("OidcEndSession", name, &outcome, request);
        outcome
    }

    fn openid(&self, name: &str) -> Result<(&Arc<Provider>, &OidcProvider), SignInError> {
        let unknown = || SignInError::UnknownProvider(crate::trace::clip(name));
        let provider = self.sts.catalogue.provider_named(name).filter(|p| p.signs_people_in()).ok_or_else(unknown)?;
        Ok((provider, provider.oidc().ok_or_else(unknown)?))
    }

    async fn end(&self, event: &Event<'_>, order: Logout, redeem: Vec<Redemption>) -> Result<Verdict, SignInError> {
        let audit = Some(done(event, &[("revokes", order.revokes().into())]));
        self.commit(Visit { redeem, logout: Some(order), audit, ..Visit::default() }).await
    }
}

fn order(person: Option<[u8; 32]>, login: Option<[u8; 32]>, oidc: &OidcProvider, request: &Request) -> Logout {
    let ended = vec![Ended { person, login, revokes: oidc.logout_revokes }];
    Logout { ended, ordered: None, now: request.now.unix_timestamp() }
}
