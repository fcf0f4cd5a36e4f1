//! Putting a role on.

use super::choices::{decide_for, registrations};
use super::service::{Arrived, Console, Next, Wish};
use super::session::{ConsoleSession, Original, SessionId};
use super::wearer::Wearer;
use super::{ConsoleError, Nth};
use crate::catalogue::Provider;
use crate::store::{Verdict, Visit};
use crate::sts::{Event, MOST_DRAWS, Minted, Request, StsError, grant, mint};
use crate::trust::{self, Asked, Asking, Asks, FederatedIdentity, RoleGrant, TrustError};
use crate::words::{RoleArn, SessionName};
use std::sync::Arc;
use time::OffsetDateTime;

impl Console {
    /// Puts a role on, under a new session id; the old id is worth nothing from then on.
    pub async fn put_on(
        &self,
        id: &SessionId,
        session: ConsoleSession,
        role: &str,
        request: &mut Request,
    ) -> Result<Arrived, ConsoleError> {
        self.put_on_first(id, session, role, None, request).await
    }

    /// The same as part of a sign-in; where they wanted to go may have to wait until that is confirmed.
    pub(super) async fn put_on_first(
        &self,
        id: &SessionId,
        session: ConsoleSession,
        role: &str,
        waits: Option<String>,
        request: &mut Request,
    ) -> Result<Arrived, ConsoleError> {
        self.tell_of(&session.original, role, request);
        let Some(first) = self.wearer(&session.original) else { return Err(ConsoleError::NotAChoice(role.into())) };
        let (granted, wearer) = match self.grant_for(&session.original, role, request) {
            Ok((grant, wearer)) => (Ok(grant), wearer),
            Err(error) => (Err(error), first),
        };
        self.remember(&session.original, Some(role), granted.as_ref().map(|_| ()), request);
        let event = Event { name: "ConsoleChooseRole", who: wearer.who(), role, request };
        let minted = self.mint_until(session.expires, granted, &wearer, &event).await?;
        let becomes =
            |token| ConsoleSession { worn: Some(token), destination: waits.clone(), switched: None, ..session.clone() };
        let beside = |minted: &Minted| Visit {
            audit: Some(grant(&event, minted)),
            role_use: self.role_use(&session, role, event.request.now),
            ..Visit::default()
        };
        let id = self.exchange(id, minted, &event, becomes, beside).await?;
        Ok(Arrived { id, next: Next::Go(session.destination), expires: session.expires })
    }

    /// Puts on record what was minted, together with what the session becomes by its token and what is written beside
    /// it, under a new id; the old one is worth nothing from then on.
    pub(super) async fn exchange(
        &self,
        id: &SessionId,
        mut minted: Minted,
        event: &Event<'_>,
        becomes: impl Fn(String) -> ConsoleSession,
        beside: impl Fn(&Minted) -> Visit,
    ) -> Result<SessionId, ConsoleError> {
        self.sts.gives(event.request.now)?;
        let new_id = SessionId::draw(&self.sts.random);
        for _ in 0..MOST_DRAWS {
            let token = minted.credentials.session_token.expose_str().unwrap_or_default().to_owned();
            let visit = Visit {
                session: Some(minted.record()),
                replace_console: Some((id.hash(), self.seal(&new_id, &becomes(token)))),
                ..beside(&minted)
            };
            match self.sts.store.commit(visit).await? {
                Verdict::Done => return Ok(new_id),
                // The session was ended or changed meanwhile: whoever was first has decided.
                Verdict::Spent | Verdict::LoggedOut => return Err(ConsoleError::NotSignedIn),
                Verdict::Barred(bar) => return Err(self.sts.deny(event, bar.into()).await.into()),
                Verdict::Taken => minted.drawn_again(&self.sts.keys, &self.sts.random)?,
            }
        }
        Err(StsError::taken().into())
    }

    /// Keeps what was asked, of every registration that was, with what came of it; of a user of ours what they chose.
    pub(super) fn remember(
        &self,
        original: &Original,
        role: Option<&str>,
        outcome: Result<(), &StsError>,
        request: &mut Request,
    ) {
        let around = request.surroundings();
        if let (Some(Wearer::User(caller)), Some(role)) = (self.wearer(original), role) {
            let session_name = caller.own_session_name();
            let session_name = session_name.as_ref().map(SessionName::as_str);
            let asks = Asks { role: Some(role), session_name, ..Asks::default() };
            let question = Asking::of_caller(&self.sts.catalogue, &caller, asks, &around);
            self.sts.remember(question, outcome, request);
        }
        let account = role.and_then(|role| role.parse::<RoleArn>().ok()).map(|role| role.account());
        for (provider, identity) in registrations(&self.sts.catalogue, original) {
            if account.is_none_or(|account| account == provider.account()) {
                let asks = Asks { role, ..Asks::default() };
                let question = Asking::of_federated(&self.sts.catalogue, &provider, &identity, asks, &around);
                self.sts.remember(question, outcome, request);
            }
        }
    }

    /// Whether the original identity is given the role, so that it can be put on, perhaps after a second factor.
    pub fn gives(&self, session: &ConsoleSession, role: &str, request: &mut Request) -> bool {
        let granted = self.grant_for(&session.original, role, request);
        matches!(granted, Ok(_) | Err(StsError::Trust(TrustError::MfaMissing { .. })))
    }

    /// The provider where a second factor would give the role that nothing gives now, and what the person comes back
    /// with.
    pub fn step_up(
        &self,
        session: &ConsoleSession,
        role: &str,
        nth: Nth,
        request: &mut Request,
    ) -> Option<(Arc<Provider>, Wish)> {
        let Original::Federated { identity, .. } = &session.original else { return None };
        let arn: RoleArn = role.parse().ok()?;
        let mut there = None;
        for (provider, identity) in self.registrations_for(&session.original, &arn) {
            match self.ask(&provider, &identity, &arn, request) {
                Ok(_) => return None,
                Err(TrustError::MfaMissing { .. }) if provider.signs_people_in() => drop(there.get_or_insert(provider)),
                Err(_) => {}
            }
        }
        let (role, destination) = (Some(role.to_owned()), session.destination.clone());
        there.map(|provider| {
            (provider, Wish { role, destination, step_up: Some(identity.person()), nth, ..Wish::default() })
        })
    }

    /// Whoever may choose; nobody where a role is worn for good.
    pub(super) fn wearer(&self, original: &Original) -> Option<Wearer> {
        match original {
            Original::Federated { identity, .. } => Some(Wearer::Person(identity.clone())),
            Original::RoleSession { .. } => None,
            Original::User(identity) => {
                self.break_glass.as_ref()?;
                identity.caller(&self.sts.catalogue).map(|caller| Wearer::User(Box::new(caller)))
            }
        }
    }

    /// The role, and its wearer as they are known where it is given.
    pub(super) fn grant_for(
        &self,
        original: &Original,
        role: &str,
        request: &mut Request,
    ) -> Result<(RoleGrant, Wearer), StsError> {
        let no_such = || TrustError::NoSuchRole { role: crate::trace::clip(role) };
        let arn: RoleArn = role.parse().map_err(|_| no_such())?;
        if let Some(Wearer::User(caller)) = self.wearer(original) {
            let (around, trace) = (request.surroundings(), &mut request.trace);
            trace.enter(Some(arn.account().as_str()));
            let granted = decide_for(&self.sts.catalogue, &caller, &arn, &around, trace);
            if granted.is_ok() {
                trace.enter(None);
            }
            return Ok((granted?, Wearer::User(caller)));
        }
        let mut refusal = no_such();
        for (provider, identity) in self.registrations_for(original, &arn) {
            request.trace.enter(Some(arn.account().as_str()));
            match self.ask(&provider, &identity, &arn, request) {
                Ok(grant) => {
                    request.trace.enter(None);
                    return Ok((grant, Wearer::Person(Box::new(identity))));
                }
                Err(error) => refusal = error,
            }
        }
        Err(refusal.into())
    }

    /// The identity at this registration of its.
    pub(super) fn registered(
        &self,
        original: &Original,
        provider: Option<&str>,
    ) -> Option<(Arc<Provider>, FederatedIdentity)> {
        registrations(&self.sts.catalogue, original).into_iter().find(|(it, _)| Some(it.arn.as_str()) == provider)
    }

    /// A role and its provider are in the same account.
    pub(super) fn registrations_for(
        &self,
        original: &Original,
        role: &RoleArn,
    ) -> Vec<(Arc<Provider>, FederatedIdentity)> {
        let mut all = registrations(&self.sts.catalogue, original);
        all.retain(|(provider, _)| provider.account() == role.account());
        all
    }

    fn ask(
        &self,
        provider: &Provider,
        identity: &FederatedIdentity,
        role: &RoleArn,
        request: &mut Request,
    ) -> Result<RoleGrant, TrustError> {
        let (around, trace) = (request.surroundings(), &mut request.trace);
        let (catalogue, metrics, asked) = (&self.sts.catalogue, Some(&*self.sts.metrics), Asked::Role(role, None));
        let offers = trust::offers(catalogue, provider, identity, asked, &around, metrics, trace)?;
        let offer = offers.into_iter().next().ok_or_else(|| TrustError::NoSuchRole { role: role.to_string() })?;
        trust::decide(offer, trace)
    }

    /// What was granted, as long as the role allows, but no longer than the assertion said or the console session lasts. A
    /// denial is in the book when this returns.
    pub(super) async fn mint_until(
        &self,
        end: OffsetDateTime,
        granted: Result<RoleGrant, StsError>,
        wearer: &Wearer,
        event: &Event<'_>,
    ) -> Result<Minted, StsError> {
        let (sts, now) = (&self.sts, event.request.now);
        let minted = granted.and_then(|grant| {
            let longest = wearer.longest().map_or(grant.longest(), |asserted| asserted.min(grant.longest()));
            mint(grant, Some(longest.min(end - now)), now, &sts.keys, &sts.random)
        });
        let minted = sts.or_deny(minted, event).await?;
        Ok(match wearer {
            Wearer::Person(identity) => minted.from_paper_of(identity, &sts.keys, now),
            Wearer::User(_) => minted,
        })
    }
}
