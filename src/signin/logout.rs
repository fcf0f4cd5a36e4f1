//! Single logout: an identity provider says that somebody's login has ended, or is told so.

use super::SignInError;
use super::attempt::Asked;
use super::service::{Begun, SignIn};
use crate::catalogue::{Protocol, Provider, SamlProvider};
use crate::console::{ConsoleSession, Original, SessionId, Wish};
use crate::saml::logout::{
    Addressed, AuthenticMessage, AuthenticRequest, AuthenticResponse, Carried, LogoutAnswer, LogoutCall, LogoutError,
    UnverifiedMessage,
};
use crate::saml::metadata::{Endpoint, IdentityProvider};
use crate::saml::request::new_request_id;
use crate::saml::{Binding, Parcel};
use crate::store::{Logout, Redemption, Surface, Verdict, Visit};
use crate::sts::{Event, Registration, Request, StsError, Who, distinct_keys, done, in_force};
use crate::trust::FederatedIdentity;
use serde_json::json;
use std::time::Duration;

/// How a logout message was taken.
pub enum LoggedOut {
    /// The identity provider asked, and the browser carries the answer; none if it takes no answers that way.
    There { answer: Option<Parcel> },
    /// It has answered what we told it.
    Here { confirmed: bool },
}

/// How long a message may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

impl SignIn {
    /// `/saml/slo`. `cookie` is the attempt's cookie that belongs to the RelayState, if the browser brought it.
    pub async fn logout(
        &self,
        carried: &Carried<'_>,
        cookie: Option<&str>,
        request: &mut Request,
    ) -> Result<LoggedOut, SignInError> {
        let outcome = self.heard(carried, cookie, request).await;
        self.conclude("SamlLogout", "", &outcome, request);
        outcome
    }

    /// Ends the session here. If its identity provider wants to know: what the browser carries there.
    pub async fn sign_out(
        &self,
        id: &SessionId,
        session: &ConsoleSession,
        request: &mut Request,
    ) -> Result<Option<Begun>, SignInError> {
        // First here: whatever becomes of the message, this much is done.
        self.console.sign_out(id).await?;
        let Original::Federated { identity, .. } = &session.original else { return Ok(None) };
        let Some(provider) = self.sts.catalogue.provider(&identity.provider()) else { return Ok(None) };
        match &provider.protocol {
            Protocol::Saml(saml) => self.tell_identity_provider(provider, saml, identity, request).await,
            Protocol::Oidc(oidc) => self.tell_provider(provider, oidc, identity, request).await,
            Protocol::Social(_) => Ok(None),
        }
    }

    async fn tell_identity_provider(
        &self,
        provider: &Provider,
        saml: &SamlProvider,
        identity: &FederatedIdentity,
        request: &mut Request,
    ) -> Result<Option<Begun>, SignInError> {
        let now = request.now;
        let metadata = saml.metadata.current(now).ok();
        let service = metadata.as_deref().and_then(service);
        let (Some((binding, endpoint)), Some((name_id, index)), Some(origin)) =
            (service, identity.login(), self.sts.keys.origin(identity))
        else {
            return Ok(None);
        };
        let (person, logins, revokes) = (Some(origin.person), origin.login.into_iter().collect(), saml.logout_revokes);
        let order = Logout { person, logins, revokes, now: now.unix_timestamp() };
        let event = Event { name: "ConsoleSignOut", who: Who::Federated(identity), role: "", request };
        let audit = Some(done(&event, json!({ "ConsoleSignOut": "Success", "revokes": revokes })));
        self.commit(Visit { logout: Some(order), audit, ..Visit::default() }, revokes, request).await?;

        let request_id = new_request_id(self.sts.random.bytes());
        let asked = Asked::Logout { request_id: request_id.clone() };
        let attempt = self.attempt(provider, Wish::default(), asked, now);
        let call = LogoutCall { id: &request_id, now, name_id: &name_id, session_index: index };
        let parcel = call.send(&self.service_provider, binding, &endpoint.location, &attempt.handle);
        Ok(Some(self.begun(&attempt, parcel)))
    }

    async fn heard(
        &self,
        carried: &Carried<'_>,
        cookie: Option<&str>,
        request: &mut Request,
    ) -> Result<LoggedOut, SignInError> {
        let message = UnverifiedMessage::decode(carried)?;
        let (issuer, relay_state) = (message.issuer().to_owned(), message.relay_state().map(str::to_owned));
        let registrations = in_force(&self.sts.catalogue, &issuer, request.now, &mut Vec::new())?;
        match self.proved(message, &registrations, request).await? {
            AuthenticMessage::Request(asked) => {
                self.asked(asked, &issuer, &registrations, relay_state.as_deref(), request).await
            }
            AuthenticMessage::Response(answer) => {
                self.answered(answer, &registrations, relay_state.as_deref(), cookie, request)
            }
        }
    }

    /// Beside the threads that serve, as responses are.
    async fn proved(
        &self,
        message: UnverifiedMessage,
        registrations: &[Registration],
        request: &mut Request,
    ) -> Result<AuthenticMessage, SignInError> {
        let turn = tokio::time::timeout(PATIENCE, self.sts.verifying.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(StsError::Busy.into()) };
        let (keys, addressee) = (distinct_keys(registrations), self.sts.addressee.clone());
        let mut trace = request.trace.clone();
        let proved = tokio::task::spawn_blocking(move || {
            let outcome = message.authenticate(&keys, addressee.witness.as_ref(), &mut trace);
            drop(turn);
            (outcome, trace)
        });
        let (outcome, trace) = proved.await.map_err(|_| StsError::VerifierFailed)?;
        request.trace = trace;
        Ok(outcome?)
    }

    async fn asked(
        &self,
        asked: AuthenticRequest,
        issuer: &str,
        registrations: &[Registration],
        relay_state: Option<&str>,
        request: &mut Request,
    ) -> Result<LoggedOut, SignInError> {
        let (provider, saml, metadata) = vouching(registrations, asked.key_fingerprint())?;
        let order = asked.confirm(&self.addressed(saml, request), &mut request.trace)?;
        let named = |index: Option<&str>| self.sts.keys.origin_of(issuer, &order.name_id, index);
        let logins = order.session_indexes.iter().filter_map(|index| named(Some(index)).login).collect();
        let mut known = registrations.iter().filter_map(|registration| registration.provider.saml());
        let revokes = known.any(|saml| saml.logout_revokes);
        let (person, now) = (Some(named(None).person), request.now.unix_timestamp());
        let event = Event { name: "SamlLogout", who: Who::Provider(provider), role: "", request };
        let elements = json!({ "SamlLogout": "Success", "subject": order.name_id.value, "revokes": revokes });
        let visit = Visit {
            // Somebody else's copy of it ends nothing that has begun since.
            redeem: vec![Redemption {
                issuer: issuer.to_owned(),
                paper: format!("logout {}", order.id),
                surface: Surface::Browser,
                role: String::new(),
                once: true,
                keep_until: order.keep_until.unix_timestamp(),
            }],
            logout: Some(Logout { person, logins, revokes, now }),
            audit: Some(done(&event, elements)),
            ..Visit::default()
        };
        if self.commit(visit, revokes, request).await? != Verdict::Done {
            return Err(LogoutError::Replayed.into());
        }
        let id = new_request_id(self.sts.random.bytes());
        let answer = LogoutAnswer { id: &id, now: request.now, in_response_to: &order.id };
        let answer = service(metadata).map(|(binding, endpoint)| {
            answer.send(&self.service_provider, binding, endpoint.for_responses(), relay_state)
        });
        Ok(LoggedOut::There { answer })
    }

    fn answered(
        &self,
        answer: AuthenticResponse,
        registrations: &[Registration],
        relay_state: Option<&str>,
        cookie: Option<&str>,
        request: &mut Request,
    ) -> Result<LoggedOut, SignInError> {
        let (_, saml, _) = vouching(registrations, answer.key_fingerprint())?;
        let attempt = self.open(cookie, relay_state.unwrap_or_default(), request.now).ok_or(SignInError::NoAttempt)?;
        let Asked::Logout { request_id } = &attempt.asked else { return Err(SignInError::NoAttempt) };
        if !registrations.iter().any(|registration| registration.provider.arn.as_str() == attempt.provider) {
            return Err(SignInError::OtherProvider);
        }
        let answer = answer.confirm(&self.addressed(saml, request), request_id, &mut request.trace)?;
        Ok(LoggedOut::Here { confirmed: answer.confirmed })
    }

    fn addressed(&self, saml: &SamlProvider, request: &Request) -> Addressed<'_> {
        Addressed { now: request.now, clock_skew: saml.clock_skew, destination: &self.service_provider.slo_url }
    }

    /// What was revoked is known to this node before anybody hears of it.
    pub(super) async fn commit(&self, visit: Visit, revokes: bool, request: &Request) -> Result<Verdict, SignInError> {
        let verdict = self.sts.store.commit(visit).await.map_err(StsError::from)?;
        if revokes && verdict == Verdict::Done {
            let now = request.now.unix_timestamp();
            self.sts.revocations.learn(&self.sts.store, now).await.map_err(StsError::from)?;
        }
        Ok(verdict)
    }
}

/// The first registration that holds the key which verified.
fn vouching<'r>(
    registrations: &'r [Registration],
    fingerprint: &str,
) -> Result<(&'r Provider, &'r SamlProvider, &'r IdentityProvider), SignInError> {
    let holds = |metadata: &IdentityProvider| metadata.keys.iter().any(|key| key.fingerprint() == fingerprint);
    let found = registrations.iter().find(|registration| holds(&registration.metadata));
    let found = found.and_then(|it| Some((&*it.provider, it.provider.saml()?, &*it.metadata)));
    found.ok_or(SignInError::OtherProvider)
}

/// Where the identity provider hears of logouts: by redirect if it takes that.
fn service(metadata: &IdentityProvider) -> Option<(Binding, &Endpoint)> {
    [Binding::Redirect, Binding::Post].into_iter().find_map(|binding| Some((binding, metadata.slo(binding)?)))
}
