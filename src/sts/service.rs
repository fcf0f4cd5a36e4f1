//! The service: one request in, one answer out, everything in between on record.

use super::action::{
    Action, AssumeRole, AssumeRoleWithSaml, AssumeRoleWithWebIdentity, DecodeAuthorizationMessage, GetAccessKeyInfo,
    GetFederationToken, GetSessionToken, GetWebIdentityToken, SessionPolicyWish,
};
use super::assertion::Addressee;
use super::caller::Signatory;
use super::{
    Answer, CallerIdentity, Ending, Event, Form, Keys, MOST_DRAWS, Minted, Revocations, SealedLately, Stale, StsError,
    Verifiers, Who, audit, caller,
};
use crate::ambient::{Clock, Random};
use crate::catalogue::Catalogue;
use crate::issuer::Issuer;
use crate::limits::{Limits, Source};
use crate::metrics::Metrics;
use crate::sigv4::{RawRequest, SignedRequest};
use crate::store::{Redemption, Refused, Store, TraceRecord, Verdict, Visit};
use crate::trace::{Refusal, Trace};
use crate::trust::{Counted, Session, SessionPolicies, Surroundings, VerifiedCaller};
use crate::words::{AccountId, iso};
use std::net::IpAddr;
use std::sync::Arc;
use time::OffsetDateTime;

/// The STS. One for the whole process.
pub struct Sts {
    pub catalogue: Arc<Catalogue>,
    pub store: Store,
    pub keys: Arc<Keys>,
    pub issuer: Arc<Issuer>,
    pub clock: Clock,
    pub random: Random,
    pub addressee: Arc<Addressee>,
    /// Verify SAML messages.
    pub verifiers: Arc<Verifiers>,
    pub limits: Arc<Limits>,
    pub redeem_once: bool,
    /// What unsigned requests are told to be for.
    pub region: String,
    pub revocations: Arc<Revocations>,
    pub metrics: Arc<Metrics>,
    pub sealed_lately: SealedLately,
}

/// What is known of a request besides its parameters. Made once, at the gateway.
pub struct Request {
    pub trace: Trace,
    pub now: OffsetDateTime,
    /// The client's address, for counting and for the audit record.
    pub source: IpAddr,
    pub user_agent: String,
    /// Whether it came over TLS.
    pub over_tls: bool,
    /// How the client called us.
    pub host: Option<String>,
    /// Which the signature is for; ours, while none has been verified, and for whoever only learns who they are.
    pub region: String,
}

impl Request {
    pub fn surroundings(&self) -> Surroundings {
        let (source, user_agent) = (Some(self.source), self.user_agent.clone());
        Surroundings {
            now: self.now,
            source,
            user_agent,
            over_tls: Some(self.over_tls),
            region: Some(self.region.clone()),
        }
    }

    /// Whose the request is, for whoever looks for its record. What was asked with a role is nobody's by itself.
    pub fn tell_of(&mut self, caller: &VerifiedCaller) {
        let whose = caller.user().map_or("", |user| user.arn.as_str());
        self.trace.about.account(caller.account().as_str());
        self.trace.about.person(caller.arn(), whose);
    }

    /// The same, with a record of its own, for what is asked on paper.
    pub fn on_paper(&self) -> Self {
        let (user_agent, region) = (self.user_agent.clone(), self.region.clone());
        Self { trace: Trace::new("on paper"), user_agent, region, host: self.host.clone(), ..*self }
    }

    /// Who is counted as one with the sender.
    pub fn sender(&self) -> Source {
        self.source.into()
    }
}

impl Signatory {
    /// They signed a request of ours.
    fn told(self, request: &mut Request) -> VerifiedCaller {
        self.tell(&mut request.trace);
        request.tell_of(&self.caller);
        request.region = self.region;
        self.caller
    }
}

impl Sts {
    /// Runs the action that the form asks for. Whatever comes of it is in the book or counted when this returns.
    pub async fn run(&self, form: &Form<'_>, raw: RawRequest<'_>, request: &mut Request) -> Result<Answer, StsError> {
        let action = Action::named(form);
        let what = action.as_ref().map_or("Unknown", |action| action.name());
        let outcome = match action {
            Ok(action) => self.run_action(action, form, raw, request).await,
            Err(error) => Err(error.into()),
        };
        self.answered(what, form.get("PrincipalArn").unwrap_or_default(), &outcome, request);
        outcome
    }

    /// [`Sts::conclude`] of what programs ask, who are shown no steps of what they are given: those need not stay.
    pub(super) fn answered<T>(
        &self,
        what: &'static str,
        provider: &str,
        outcome: &Result<T, StsError>,
        request: &mut Request,
    ) {
        match outcome {
            Err(error) => self.conclude(what, provider, Some(error), request),
            // Whoever only learns who they are leaves none.
            Ok(_) if what == "GetCallerIdentity" => {}
            Ok(_) => {
                let (at, trace) = (request.now.unix_timestamp(), request.trace.taken());
                self.store.keep(TraceRecord { at, what, outcome: "allow", trace, unverified: false });
            }
        }
    }

    /// What became of a request is counted, if somebody unknown was refused, and its trace kept. `provider` is the one that
    /// they named, if they did.
    pub fn conclude(&self, what: &'static str, provider: &str, refused: Option<&impl Ending>, request: &mut Request) {
        let Some(error) = refused else { return self.keep(what, "allow", false, request) };
        let unverified = !error.is_of_a_verified_principal();
        self.refuse(error, request);
        if unverified {
            self.count(error, provider, request);
        }
        self.keep(what, "refuse", unverified, request);
    }

    /// Each action waits in a place of its own: a request is not to carry the room of all of them from layer to layer.
    async fn run_action(
        &self,
        action: Action,
        form: &Form<'_>,
        raw: RawRequest<'_>,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        match action {
            Action::AssumeRoleWithSaml => {
                Box::pin(self.assume_role_with_saml(&AssumeRoleWithSaml::parse(form)?, request)).await
            }
            Action::AssumeRoleWithWebIdentity => {
                Box::pin(self.assume_role_with_web_identity(&AssumeRoleWithWebIdentity::parse(form)?, request)).await
            }
            Action::AssumeRole => {
                let caller = self.caller(action, raw, request).await?;
                Box::pin(self.assume_role(&AssumeRole::parse(form)?, &caller, request)).await
            }
            Action::GetSessionToken => {
                let caller = self.caller(action, raw, request).await?;
                Box::pin(self.get_session_token(&GetSessionToken::parse(form)?, &caller, request)).await
            }
            Action::GetFederationToken => {
                let caller = self.caller(action, raw, request).await?;
                Box::pin(self.get_federation_token(&GetFederationToken::parse(form)?, &caller, request)).await
            }
            Action::GetAccessKeyInfo => {
                let caller = self.caller(action, raw, request).await?;
                Box::pin(self.access_key_info(&GetAccessKeyInfo::parse(form)?, &caller, request)).await
            }
            Action::DecodeAuthorizationMessage => {
                let caller = self.caller(action, raw, request).await?;
                Box::pin(self.decode_authorization_message(&DecodeAuthorizationMessage::parse(form)?, &caller, request))
                    .await
            }
            Action::GetWebIdentityToken => {
                let caller = self.caller(action, raw, request).await?;
                Box::pin(self.get_web_identity_token(&GetWebIdentityToken::parse(form)?, &caller, request)).await
            }
            Action::GetCallerIdentity => {
                let caller = self.caller(action, raw, request).await?;
                let (arn, user_id, account) = (caller.arn(), caller.user_id(), caller.account());
                Ok(Answer::CallerIdentity(CallerIdentity { arn, user_id, account }))
            }
        }
    }

    /// Who signed, if the action is for them.
    async fn caller(
        &self,
        action: Action,
        raw: RawRequest<'_>,
        request: &mut Request,
    ) -> Result<VerifiedCaller, StsError> {
        let signatory = match self.signatory(raw, request) {
            Ok(signatory) => signatory,
            Err(error) => return Err(Box::pin(self.turn_former_away(action.name(), error, request)).await),
        };
        let (paced, is_for) = (self.paced(&signatory.caller.counted_as()), action.is_for(signatory.caller.who()));
        // Of those who only learn who they are no trace is kept.
        if paced.is_ok() && is_for && action == Action::GetCallerIdentity {
            return Ok(signatory.caller);
        }
        let caller = signatory.told(request);
        paced?;
        if is_for {
            return Ok(caller);
        }
        let event = Event { name: action.name(), who: Who::Caller(&caller, None), role: "", request };
        Err(Box::pin(self.deny(&event, StsError::SessionCredentials)).await)
    }

    /// Of those who did not get in, some are known all the same. They fill the book no faster than others.
    pub(super) async fn turn_former_away(&self, name: &'static str, error: StsError, request: &Request) -> StsError {
        let StsError::Former { user, id, .. } = &error else { return error };
        if let Err(too_often) = self.paced(&Counted::User(user)) {
            return too_often;
        }
        let (user, access_key_id) = (user.clone(), id.clone());
        let who = Who::Former { user: &user, access_key_id: &access_key_id };
        self.deny(&Event { name, who, role: "", request }, error).await
    }

    /// Who signed a request of ours.
    pub(super) fn signer(&self, raw: RawRequest<'_>, request: &mut Request) -> Result<VerifiedCaller, StsError> {
        Ok(self.signatory(raw, request)?.told(request))
    }

    fn signatory(&self, raw: RawRequest<'_>, request: &mut Request) -> Result<Signatory, StsError> {
        self.authenticate(SignedRequest::parse(raw, "sts", request.now)?, request)
    }

    /// Who signed, and for which region. A refusal is in the request's trace.
    pub(super) fn authenticate(&self, signed: SignedRequest<'_>, request: &mut Request) -> Result<Signatory, StsError> {
        let (catalogue, keys, revocations) = (&self.catalogue, &self.keys, &self.revocations);
        caller::authenticate(signed, catalogue, keys, revocations, request.now, &mut request.trace)
    }

    /// Whether what was sealed here is still a session: it has not reached its end, nobody has ended it, and whoever made it
    /// in a user's name could make it again.
    pub fn holds(&self, session: &Session, now: OffsetDateTime) -> Result<bool, Stale> {
        Ok(!session.has_ended(now)
            && !self.revocations.covers(session)?
            && caller::is_made_by_somebody(session, &self.catalogue))
    }

    /// Whoever wears, in a browser that is signed in, what was sealed here; `None` of what holds no more.
    pub fn worn_by(&self, session: Session, now: OffsetDateTime) -> Result<Option<VerifiedCaller>, Stale> {
        let holds = self.holds(&session, now)?;
        Ok(Some(session).filter(|_| holds).and_then(|session| caller::in_a_browser(session, &self.catalogue)))
    }

    /// The session policies that were asked for, if they can be had: managed ones are of the account.
    pub(super) fn session_policies(
        &self,
        asked: &SessionPolicyWish,
        account: AccountId,
    ) -> Result<SessionPolicies, StsError> {
        let policies = SessionPolicies::new(&self.catalogue, account, asked.inline.clone(), &asked.managed);
        policies.map_err(StsError::SessionPolicies)
    }

    /// Puts what was minted on record, or the reason why nothing was: either way it is in the book when this returns.
    pub(super) async fn record(
        &self,
        minted: Result<Minted, StsError>,
        redeem: Vec<Redemption>,
        event: &Event<'_>,
    ) -> Result<Minted, StsError> {
        let recorded = match minted {
            Ok(mut minted) => self.grant(&mut minted, redeem, event).await.map(|()| minted),
            Err(error) => Err(error),
        };
        self.or_deny(recorded, event).await
    }

    /// Puts session, redemptions and audit record on disk together; only then may the credentials leave.
    async fn grant(&self, minted: &mut Minted, redeem: Vec<Redemption>, event: &Event<'_>) -> Result<(), StsError> {
        self.gives(event.request.now)?;
        for _ in 0..MOST_DRAWS {
            let (session, audit) = (Some(minted.record()), Some(audit::grant(event, minted)));
            let visit = Visit { redeem: redeem.clone(), session, audit, ..Visit::default() };
            match self.store.commit(visit).await? {
                Verdict::Done => return Ok(()),
                Verdict::Spent => return Err(StsError::Replayed),
                Verdict::LoggedOut => return Err(StsError::LoggedOut),
                Verdict::Barred(bar) => return Err(bar.into()),
                Verdict::Taken => minted.drawn_again(&self.keys, &self.random)?,
            }
        }
        Err(StsError::taken())
    }

    /// Nothing is given that would count as given before the store was put back.
    pub fn gives(&self, now: OffsetDateTime) -> Result<(), StsError> {
        match self.revocations.gives_nothing_until(now) {
            Some(until) => Err(StsError::JustRestored { until: iso(until) }),
            None => Ok(()),
        }
    }

    /// Writes the denial of a verified principal into the book, before the answer leaves.
    pub async fn deny(&self, event: &Event<'_>, error: StsError) -> StsError {
        if !error.is_of_a_verified_principal() {
            return error;
        }
        let visit = Visit { audit: Some(audit::denial(event, &error)), ..Visit::default() };
        match self.store.commit(visit).await {
            Ok(_) => error,
            Err(unwritten) => unwritten.into(),
        }
    }

    /// The same of whatever came of an action. A denial waits in a place of its own: it is rare.
    pub async fn or_deny<T>(&self, outcome: Result<T, StsError>, event: &Event<'_>) -> Result<T, StsError> {
        match outcome {
            Ok(done) => Ok(done),
            Err(error) => Err(Box::pin(self.deny(event, error)).await),
        }
    }

    /// Ends the request's trace with the reason for its refusal, and counts it.
    pub fn refuse(&self, error: &dyn Refusal, request: &mut Request) {
        request.trace.refuse(error);
        self.metrics.refused(error.code());
    }

    /// Counts a refusal of somebody unknown. Of what they said only a provider that exists is written down.
    pub fn count(&self, error: &dyn Refusal, provider: &str, request: &Request) {
        self.heard_badly(error.code(), request);
        let arn = provider.parse().ok().and_then(|arn| self.catalogue.provider(&arn));
        let provider = arn.or_else(|| self.catalogue.provider_named(provider)).map(|provider| provider.arn.to_string());
        let (source, provider) = (request.sender().to_string(), provider.unwrap_or_default());
        self.store.count(Refused { source, provider, code: error.code().name(), at: request.now.unix_timestamp() });
    }

    /// Keeps the request's trace for people to read, who may see it on a page as well.
    pub fn keep(&self, what: &'static str, outcome: &'static str, unverified: bool, request: &Request) {
        let (at, trace) = (request.now.unix_timestamp(), request.trace.clone());
        self.store.keep(TraceRecord { at, what, outcome, trace, unverified });
    }
}
