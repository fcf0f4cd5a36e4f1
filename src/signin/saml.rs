//! Sign-in by SAML: the request, and the answer at the assertion consumer.

use super::attempt::Asked;
use super::service::{Begun, SignIn, SignedIn, Solicited};
use super::{Attempt, SignInError};
use crate::catalogue::Provider;
use crate::console::Wish;
use crate::saml::request::{authn_request_redirect, new_request_id};
use crate::store::Surface;
use crate::sts::{Accepted, Arrival, Request, redemption};
use crate::trust::FederatedIdentity;
use time::OffsetDateTime;

impl SignIn {
    pub(super) fn begin_saml(&self, provider: &Provider, wish: Wish, now: OffsetDateTime) -> Begun {
        let request_id = new_request_id(self.sts.random.bytes());
        let attempt = self.attempt(provider, wish, Asked::Saml { request_id: request_id.clone() }, now);
        let location = provider.saml().and_then(|saml| saml.identity_provider.sso_redirect.as_deref());
        let redirect = location.map(|location| {
            authn_request_redirect(&self.service_provider, location, &request_id, now, Some(&attempt.handle))
        });
        self.begun(&attempt, redirect.unwrap_or_default())
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
        let asked_id = match attempt.map(|attempt| &attempt.asked) {
            Some(Asked::Saml { request_id }) => Some(request_id.clone()),
            _ => None,
        };
        let solicited = if asked_id.is_some() { Solicited::Asked } else { Solicited::Unasked };
        let accepted = self.sts.accept_response(response, Arrival::Browser(asked_id), request).await?;
        if attempt.is_some_and(|attempt| !accepted.iter().any(|a| a.provider.arn.as_str() == attempt.provider)) {
            return Err(SignInError::OtherProvider);
        }
        let identities: Vec<FederatedIdentity> = accepted.iter().map(|accepted| accepted.identity.clone()).collect();
        let redeem = accepted.first().map(|first: &Accepted| redemption(first, Surface::Browser, "", true));
        let wish = attempt.map(|attempt| attempt.wish.clone()).unwrap_or_default();
        let arrived = self.console.sign_in(&identities, redeem.into_iter().collect(), &wish, request).await?;
        Ok(SignedIn { arrived, solicited })
    }
}
