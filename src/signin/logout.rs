//! Single logout: an identity provider says that somebody's login has ended, or is told so.

use super::SignInError;
use super::attempt::Asked;
use super::service::{Begun, SignIn};
use crate::catalogue::{Protocol, Provider, SamlProvider};
use crate::console::{ConsoleSession, Original, SessionId, Wish};
use crate::saml::logout::{
    Addressed, AuthenticMessage, AuthenticRequest, AuthenticResponse, Carried, LogoutAnswer, LogoutCall, LogoutError,
    LogoutRequest, UnverifiedMessage,
};
use crate::saml::metadata::{Endpoint, IdentityProvider};
use crate::saml::request::new_request_id;
use crate::saml::{Binding, Parcel};
use crate::store::{Ended, Logout, Redemption, StoreError, Verdict, Visit};
use crate::sts::{AskedKeys, Event, Registration, Request, StsError, Who, distinct_keys, done, in_force};
use crate::trust::FederatedIdentity;
use std::sync::Arc;
use time::OffsetDateTime;

/// How a logout message was taken.
pub enum LoggedOut {
    /// The identity provider asked, and the browser carries the answer; none if it takes no answers that way.
    There { answer: Option<Parcel> },
    /// It has answered what we told it.
    Here { confirmed: bool },
}

/// Anybody can sign out again and again, so of these all count as one that held.
pub(super) const A_LOGOUT: &str = "logout";

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
        let Original::Federated { identity, registrations } = &session.original else {
            self.console.sign_out(id).await?;
            return Ok(None);
        };
        // First here, and all of it at once: whatever becomes of the message, what was promised to end has ended.
        let order = self.order_for(identity, registrations, request);
        let revokes = order.logout.as_ref().is_some_and(Logout::revokes);
        let (first, elsewhere) = if revokes { (order, Visit::default()) } else { (Visit::default(), order) };
        self.commit(Visit { end_console: Some(id.hash()), ..first }).await?;
        let Some(provider) = self.sts.catalogue.provider(&identity.provider()) else { return Ok(None) };
        match &provider.protocol {
            Protocol::Saml(saml) => self.tell_identity_provider(provider, saml, identity, elsewhere, request).await,
            Protocol::Oidc(oidc) => self.tell_provider(provider, oidc, elsewhere, request).await,
            Protocol::Social(_) => Ok(None),
        }
    }

    /// Ends the session here alone, without a word to the identity provider: for whoever goes on to another page at once.
    pub async fn leave(
        &self,
        id: &SessionId,
        session: &ConsoleSession,
        request: &mut Request,
    ) -> Result<(), SignInError> {
        let order = match &session.original {
            Original::Federated { identity, registrations } => self.order_for(identity, registrations, request),
            Original::RoleSession { .. } | Original::User(_) => Visit::default(),
        };
        let revokes = order.logout.as_ref().is_some_and(Logout::revokes);
        let order = if revokes { order } else { Visit::default() };
        self.commit(Visit { end_console: Some(id.hash()), ..order }).await.map(drop)
    }

    /// A provider that is told ends this login everywhere; so do we, where that has not been done already (`elsewhere`).
    async fn tell_identity_provider(
        &self,
        provider: &Provider,
        saml: &SamlProvider,
        identity: &FederatedIdentity,
        elsewhere: Visit,
        request: &mut Request,
    ) -> Result<Option<Begun>, SignInError> {
        let now = request.now;
        let metadata = saml.metadata.current(now).ok();
        let service = metadata.as_deref().and_then(service);
        let (Some((binding, endpoint)), Some((name_id, index))) = (service, identity.login()) else {
            return Ok(None);
        };
        self.commit(elsewhere).await?;

        let request_id = new_request_id(self.sts.random.bytes());
        let asked = Asked::Logout { request_id: request_id.clone() };
        let attempt = self.attempt(provider, Wish::default(), asked, now);
        let call = LogoutCall { id: &request_id, now, name_id: &name_id, session_index: index };
        let parcel = call.send(&self.service_provider, binding, &endpoint.location, &attempt.handle);
        self.begun(&attempt, parcel).map(Some)
    }

    /// The end of this login: of its console sessions, and of the roles that were chosen in them through registrations
    /// that revoke.
    fn order_for(&self, identity: &FederatedIdentity, registrations: &[String], request: &Request) -> Visit {
        let known = registrations.iter().filter_map(|arn| self.sts.catalogue.provider(&arn.parse().ok()?));
        let ended = |provider: &Arc<Provider>| {
            Some(Ended::of(self.sts.keys.origin(identity, &provider.arn)?, provider.logout_revokes()))
        };
        let order =
            Logout { ended: known.filter_map(ended).collect(), ordered: None, now: request.now.unix_timestamp() };
        let event = Event { name: "ConsoleSignOut", who: Who::Federated(identity), role: "", request };
        let audit = Some(done(&event, &[("revokes", order.revokes().into())]));
        Visit { logout: Some(order), audit, ..Visit::default() }
    }

    /// Once more if the signature held with no known key and others have come since, as for responses; without a turn while
    /// those are waited for.
    async fn heard(
        &self,
        carried: &Carried<'_>,
        cookie: Option<&str>,
        request: &mut Request,
    ) -> Result<LoggedOut, SignInError> {
        let turn = self.sts.turn(request).await?;
        let mut asked = Vec::new();
        let mut outcome = self.proved(carried, &mut asked, request).await;
        drop(turn);
        let stranger = matches!(&outcome, Err(SignInError::Logout(LogoutError::Saml(e))) if e.is_of_an_unknown_key());
        if stranger && self.sts.has_newer_keys(&asked, request).await {
            let _turn = self.sts.turn(request).await?;
            outcome = self.proved(carried, &mut asked, request).await;
        }
        match self.sts.judged(outcome, |_| A_LOGOUT, request).await? {
            (AuthenticMessage::Request(asked), from) => self.asked(asked, &from, request).await,
            (AuthenticMessage::Response(answer), from) => self.answered(answer, &from, cookie, request),
        }
    }

    /// Beside the threads that serve, as responses are.
    async fn proved(
        &self,
        carried: &Carried<'_>,
        asked: &mut Vec<AskedKeys>,
        request: &mut Request,
    ) -> Result<(AuthenticMessage, Sender), SignInError> {
        let message = UnverifiedMessage::decode(carried)?;
        let (issuer, relay_state) = (message.issuer().to_owned(), message.relay_state().map(str::to_owned));
        let registrations = in_force(&self.sts.catalogue, &issuer, |_| true, request.now, asked)?;
        let (keys, addressee) = (distinct_keys(&registrations), self.sts.addressee.clone());
        let mut trace = request.trace.clone();
        let proved = self.sts.verifiers.verify(move || {
            let witness = addressee.witness.as_ref();
            let outcome = message.authenticate(&keys, &addressee.decryption, witness, &mut trace);
            (outcome, trace)
        });
        let (outcome, trace) = proved.await?;
        request.trace = trace;
        let message = outcome?;
        let holds =
            |it: &Registration| it.metadata.keys.iter().any(|key| key.fingerprint() == message.key_fingerprint());
        let vouching = registrations.into_iter().filter(holds).collect();
        Ok((message, Sender { issuer, relay_state, vouching }))
    }

    async fn asked(
        &self,
        asked: AuthenticRequest,
        from: &Sender,
        request: &mut Request,
    ) -> Result<LoggedOut, SignInError> {
        let (provider, saml, metadata) = from.first()?;
        let order = asked.confirm(&self.addressed(saml, request), &mut request.trace)?;
        let (ordered, now) = (Some(order.issue_instant.unix_timestamp()), request.now.unix_timestamp());
        let logout = Logout { ended: self.meant(&order, from), ordered, now };
        let event = Event { name: "SamlLogout", who: Who::Provider(provider), role: "", request };
        let told = [("subject", (&order.name_id.value).into()), ("revokes", logout.revokes().into())];
        let visit = Visit {
            redeem: vec![used(&from.issuer, &order.id, order.keep_until)],
            logout: Some(logout),
            audit: Some(done(&event, &told)),
            ..Visit::default()
        };
        if self.commit(visit).await? != Verdict::Done {
            return Err(LogoutError::Replayed.into());
        }
        let id = new_request_id(self.sts.random.bytes());
        let answer = LogoutAnswer { id: &id, now: request.now, in_response_to: &order.id };
        let answer = service(metadata).map(|(binding, endpoint)| {
            answer.send(&self.service_provider, binding, endpoint.for_responses(), from.relay_state.as_deref())
        });
        Ok(LoggedOut::There { answer })
    }

    /// What the order is about, as each registration knows it that holds the key.
    fn meant(&self, order: &LogoutRequest, from: &Sender) -> Vec<Ended> {
        let indexes: Vec<Option<&str>> = match &order.session_indexes[..] {
            [] => vec![None],
            named => named.iter().map(|index| Some(index.as_str())).collect(),
        };
        let known = |provider: &Provider, index| {
            let origin = self.sts.keys.origin_of(&provider.arn, &from.issuer, &order.name_id, index);
            Ended::of(origin, provider.logout_revokes())
        };
        let providers = from.vouching.iter().map(|registration| &*registration.provider);
        providers.flat_map(|provider| indexes.iter().map(move |index| known(provider, *index))).collect()
    }

    fn answered(
        &self,
        answer: AuthenticResponse,
        from: &Sender,
        cookie: Option<&str>,
        request: &mut Request,
    ) -> Result<LoggedOut, SignInError> {
        let (_, saml, _) = from.first()?;
        let handle = from.relay_state.as_deref().unwrap_or_default();
        let attempt = self.open(cookie, handle, request.now).ok_or(SignInError::NoAttempt)?;
        let Asked::Logout { request_id } = &attempt.asked else { return Err(SignInError::NoAttempt) };
        if !from.vouching.iter().any(|registration| registration.provider.arn.as_str() == attempt.provider) {
            return Err(SignInError::OtherProvider);
        }
        let answer = answer.confirm(&self.addressed(saml, request), request_id, &mut request.trace)?;
        Ok(LoggedOut::Here { confirmed: answer.confirmed })
    }

    fn addressed(&self, saml: &SamlProvider, request: &Request) -> Addressed<'_> {
        Addressed { now: request.now, clock_skew: saml.clock_skew, destination: &self.service_provider.slo_url }
    }

    /// What was revoked is known to this node before anybody hears of it, and even if nobody waits to hear: so it is not
    /// left half done with a browser that goes away.
    pub(super) async fn commit(&self, visit: Visit) -> Result<Verdict, SignInError> {
        let sts = self.sts.clone();
        let revokes = visit.logout.as_ref().is_some_and(Logout::revokes);
        let committed = tokio::spawn(async move {
            let verdict = sts.store.commit(visit).await?;
            if revokes && verdict == Verdict::Done {
                sts.revocations.learn(&sts.store).await?;
            }
            Ok::<_, StoreError>(verdict)
        });
        let committed = committed.await.unwrap_or_else(|_| Err(StoreError::Write("the writer has ended".into())));
        Ok(committed.map_err(StsError::from)?)
    }
}

/// Who a message is from, once its signature has held.
struct Sender {
    issuer: String,
    relay_state: Option<String>,
    /// The registrations of the issuer that hold the key, at least one.
    vouching: Vec<Registration>,
}

impl Sender {
    /// The one whose settings count.
    fn first(&self) -> Result<(&Provider, &SamlProvider, &IdentityProvider), SignInError> {
        let found = self.vouching.first().and_then(|it| Some((&*it.provider, it.provider.saml()?, &*it.metadata)));
        found.ok_or(SignInError::OtherProvider)
    }
}

/// The use of an order to log somebody out: another copy of it ends nothing that has begun since.
pub(super) fn used(issuer: &str, order: &str, keep_until: OffsetDateTime) -> Redemption {
    Redemption::at_browser(issuer, format!("logout {order}"), keep_until.unix_timestamp())
}

/// Where the identity provider hears of logouts: by redirect if it takes that.
fn service(metadata: &IdentityProvider) -> Option<(Binding, &Endpoint)> {
    [Binding::Redirect, Binding::Post].into_iter().find_map(|binding| Some((binding, metadata.slo(binding)?)))
}
