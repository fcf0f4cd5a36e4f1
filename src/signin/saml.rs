//! Sign-in by SAML: the request, and the answer at the assertion consumer.

use super::attempt::{Asked, Tester};
use super::service::{Begun, SignIn, SignedIn, Solicited};
use super::{Attempt, SignInError};
use crate::catalogue::{Provider, SamlProvider};
use crate::console::Wish;
use crate::saml::request::{AuthnRequest, new_request_id};
use crate::store::Surface;
use crate::sts::{Arrival, Request, Solicitation, StsError, redemption};
use crate::trust::FederatedIdentity;
use time::OffsetDateTime;

impl SignIn {
    pub(super) fn begin_saml(
        &self,
        provider: &Provider,
        saml: &SamlProvider,
        wish: Wish,
        tester: Option<Tester>,
        now: OffsetDateTime,
    ) -> Result<Begun, SignInError> {
        let idp = saml.metadata.current(now).map_err(StsError::from)?;
        let (binding, location) = saml.sign_on(&idp).ok_or(SignInError::NoBinding)?;
        let id = new_request_id(self.sts.random.bytes());
        // For a second factor the person authenticates anew, and in the way that shows one.
        let mfa = provider.mfa.as_ref().filter(|_| wish.step_up.is_some());
        let contexts = mfa.map(|mfa| &mfa.contexts).filter(|contexts| !contexts.is_empty());
        let force_authn = saml.force_authn || mfa.is_some();
        let asked = Asked::Saml { request_id: id.clone(), authn_since: force_authn.then_some(now) };
        let attempt = self.attempt(provider, wish, asked, now).by(tester);
        let contexts = contexts.unwrap_or(&saml.authn_context);
        let request = AuthnRequest { id: &id, now, force_authn, contexts };
        let parcel = request.send(&self.service_provider, binding, location, Some(&attempt.handle));
        self.begun(&attempt, parcel)
    }

    /// `POST /saml/acs`. `cookie` is the attempt's cookie that belongs to the RelayState, if the browser brought it.
    pub async fn finish_saml(
        &self,
        response: &str,
        relay_state: &str,
        cookie: Option<&str>,
        request: &mut Request,
    ) -> Result<SignedIn, SignInError> {
        let attempt = self.open(cookie, relay_state, request.now);
        let outcome = self.accept(response, attempt.as_ref(), request).await;
        self.conclude("SamlSignIn", attempt.as_ref().map_or("", |attempt| &attempt.provider), &outcome, request);
        outcome
    }

    async fn accept(
        &self,
        response: &str,
        attempt: Option<&Attempt>,
        request: &mut Request,
    ) -> Result<SignedIn, SignInError> {
        let asked = attempt.and_then(Attempt::solicitation);
        let solicited = if asked.is_some() { Solicited::Asked } else { Solicited::Unasked };
        let accepted = self.sts.accept_response(response, Arrival::Browser(asked), request).await?;
        if attempt.is_some_and(|attempt| !accepted.iter().any(|a| a.provider.arn.as_str() == attempt.provider)) {
            return Err(SignInError::OtherProvider);
        }
        let identities: Vec<FederatedIdentity> = accepted.iter().map(|accepted| accepted.identity.clone()).collect();
        let redeem = redemption(&accepted, &self.sts.keys, Surface::Browser, "", true);
        let wish = attempt.map(|attempt| attempt.wish.clone()).unwrap_or_default();
        let (wish, solicited) = Self::settled(&wish, identities.first(), solicited);
        let arrived = self.console.sign_in(&identities, redeem.into_iter().collect(), &wish, request).await?;
        Ok(SignedIn { arrived, solicited, nth: wish.nth, former: wish.former })
    }
}

impl Attempt {
    /// The request that a response must fit.
    pub(super) fn solicitation(&self) -> Option<Solicitation> {
        match &self.asked {
            Asked::Saml { request_id, authn_since } => {
                Some(Solicitation { request_id: request_id.clone(), authn_since: *authn_since })
            }
            Asked::Logout { .. } | Asked::EndSession | Asked::Oidc { .. } => None,
        }
    }
}
