//! Switching to another role, and coming back.
//!
//! Whoever signed in stays who they are: it is always they who ask, never the role that they have switched to, so that nobody
//! gathers permissions by walking from role to role. While they have switched, only the permissions of that role count
//! ([`Console::worn`]); those of before wait, sealed in the same session, and are there again at once when they come back. What
//! they were before ends what they have switched to: it lasts no longer, and falls with it.

use super::service::{Arrived, Console, Next, Wish};
use super::session::{ConsoleSession, Original, SessionId};
use super::switched::{Switched, Target, with_latest};
use super::wearer::Wearer;
use super::{ConsoleError, Nth};
use crate::catalogue::Provider;
use crate::store::{Verdict, Visit};
use crate::sts::{Event, Minted, Request, StsError, Who, exited, switched};
use crate::trace::Refusal;
use crate::trust::{self, Asking, Asks, RoleGrant, RoleSession, Session, TrustError, VerifiedCaller};
use crate::words::{RoleArn, SessionName};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use time::OffsetDateTime;

/// What came of it.
pub enum Switching {
    Done(Arrived),
    /// The role wants a second factor: back to the identity provider, with this wish.
    SecondFactor(Arc<Provider>, Wish),
}

/// Where somebody wanted to switch to who was sent for a second factor.
#[derive(Clone, Serialize, Deserialize)]
pub struct SwitchWish {
    /// The role that they wore (ARN), to come back to.
    pub from: Option<String>,
    pub to: Target,
}

/// Somebody has come back.
pub struct Returned {
    pub arrived: Arrived,
    /// Whether the role that they came from has ended meanwhile, so that they wear none.
    pub ended: bool,
}

impl Console {
    /// Switches, under a new session id; the old one is worth nothing from then on.
    pub async fn switch(
        &self,
        id: &SessionId,
        session: ConsoleSession,
        to: &Target,
        nth: Nth,
        request: &mut Request,
    ) -> Result<Switching, ConsoleError> {
        let (base, role) = (self.base_of(&session, request.now)?, arn(to)?);
        let granted = self.grant_to_switch(&session.original, base.as_ref(), &role, request);
        if let Err(refusal @ StsError::Trust(TrustError::MfaMissing { .. })) = &granted
            && let Some((provider, person)) = self.second_factor(&session.original, base.as_ref(), &role)
        {
            request.trace.note(refusal.code().name(), format!("back to {} for {role}", provider.arn));
            let from = base.as_ref().map(|base| base.role.clone());
            let (switch, destination) = (Some(SwitchWish { from, to: to.clone() }), session.destination.clone());
            let role = Some(to.role.clone());
            return Ok(Switching::SecondFactor(
                provider,
                Wish { role, destination, step_up: Some(person), nth, switch, ..Wish::default() },
            ));
        }
        self.change(id, session, base, to, granted, request).await.map(Switching::Done)
    }

    /// The same for somebody who has just come back, with a second factor or without: nobody is sent twice. They wear what
    /// they wore before, if that is still theirs.
    pub(super) async fn switch_at_once(
        &self,
        mut id: SessionId,
        session: ConsoleSession,
        from: Option<&str>,
        to: &Target,
        request: &mut Request,
    ) -> Result<Arrived, ConsoleError> {
        let outcome = self.wear_and_switch(&mut id, session, from, to, request).await;
        if outcome.is_err() {
            // Refused as others are who come for one role alone: without a session.
            self.sign_out(&id).await?;
        }
        outcome
    }

    async fn wear_and_switch(
        &self,
        id: &mut SessionId,
        session: ConsoleSession,
        from: Option<&str>,
        to: &Target,
        request: &mut Request,
    ) -> Result<Arrived, ConsoleError> {
        let destination = session.destination.clone();
        if let Some(from) = from {
            *id = self.put_on(id, session.bound_for(None), from, request).await?.id;
        }
        let session = self.session(id, request.now).await?.bound_for(destination);
        let (base, role) = (self.base_of(&session, request.now)?, arn(to)?);
        let granted = self.grant_to_switch(&session.original, base.as_ref(), &role, request);
        self.change(id, session, base, to, granted, request).await
    }

    /// Comes back, under a new session id. Nobody is asked: who they were before was never gone.
    pub async fn switch_back(
        &self,
        id: &SessionId,
        session: ConsoleSession,
        request: &mut Request,
    ) -> Result<Returned, ConsoleError> {
        let Some(left) = &session.switched else { return Err(ConsoleError::NotSwitched) };
        let base = self.base(&session, request.now);
        let ended = session.worn.is_some() && base.is_none();
        let was = self.sts.keys.open(&left.token).ok_or(ConsoleError::NotSwitched)?;
        let event = Event { name: "ExitRole", who: Who::Session(&was), role: &left.to.role, request };
        let audit = Some(exited(&event, &self.before(&session.original, base.as_ref())));
        let worn = session.worn.clone().filter(|_| !ended);
        let back = ConsoleSession { worn, switched: None, destination: None, ..session.clone() };
        let new_id = SessionId::draw(&self.sts.random);
        let visit = Visit { replace_console: Some((id.hash(), self.seal(&new_id, &back))), audit, ..Visit::default() };
        if self.sts.store.commit(visit).await? != Verdict::Done {
            // The session was ended or changed meanwhile: whoever was first has decided.
            return Err(ConsoleError::NotSignedIn);
        }
        Ok(Returned { arrived: Arrived { id: new_id, next: Next::Go(None), expires: session.expires }, ended })
    }

    /// The role that was worn before switching; none where none was. It must hold as long as what it leads to.
    fn base_of(&self, session: &ConsoleSession, now: OffsetDateTime) -> Result<Option<RoleSession>, ConsoleError> {
        match (self.base(session, now), &session.worn) {
            (Some(Session::Role(base)), _) => Ok(Some(base)),
            // AWS: what GetFederationToken gives assumes no role.
            (Some(Session::FederatedUser(_) | Session::User(_)), _) => Err(ConsoleError::NoSwitching),
            (None, Some(_)) => Err(ConsoleError::BaseEnded),
            (None, None) => Ok(None),
        }
    }

    /// First what the person's identity provider gives them, then what the role may assume that they wear.
    fn grant_to_switch(
        &self,
        original: &Original,
        base: Option<&RoleSession>,
        role: &RoleArn,
        request: &mut Request,
    ) -> Result<(RoleGrant, Wearer), StsError> {
        self.tell_of(original, role.as_str(), request);
        let directly = match original {
            Original::RoleSession { .. } => None,
            Original::User(_) => match self.wearer(original) {
                Some(Wearer::User(user)) => return self.assumed_by(*user, role, request),
                _ => None,
            },
            Original::Federated { .. } => Some(self.grant_for(original, role.as_str(), request)),
        };
        let caller = base.and_then(|base| self.base_asks(original, base, request));
        match (directly, caller) {
            (Some(Ok(granted)), _) => Ok(granted),
            (directly, Some(caller)) => {
                let assumed = self.assumed_by(caller, role, request);
                match (directly, assumed) {
                    (Some(Err(wants @ StsError::Trust(TrustError::MfaMissing { .. }))), Err(_)) => Err(wants),
                    (_, assumed) => assumed,
                }
            }
            (Some(Err(refusal)), None) => Err(refusal),
            (None, None) => Err(TrustError::NoSuchRole { role: role.to_string() }.into()),
        }
    }

    fn assumed_by(
        &self,
        caller: VerifiedCaller,
        role: &RoleArn,
        request: &mut Request,
    ) -> Result<(RoleGrant, Wearer), StsError> {
        let around = request.surroundings();
        let granted = trust::decide_switch(&self.sts.catalogue, &caller, role, &around, &mut request.trace);
        Ok((granted?, Wearer::User(Box::new(caller))))
    }

    fn base_asks(&self, original: &Original, base: &RoleSession, request: &mut Request) -> Option<VerifiedCaller> {
        let person = self.registered(original, base.provider.as_deref());
        let person = person.as_ref().map(|(provider, identity)| (&**provider, identity));
        let caller = self.sts.worn_by(Session::Role(base.clone()), request.now).ok().flatten()?;
        // Whoever came with credentials that are a link of a chain goes on as such: nobody walks from role to role by sign-in
        // URLs and leaves the hour of a chain behind.
        if matches!(original, Original::RoleSession { .. }) && base.is_chained() {
            return Some(caller);
        }
        Some(caller.switching(person, request.now, &mut request.trace))
    }

    /// Where a second factor would be asked for, and of whom.
    fn second_factor(
        &self,
        original: &Original,
        base: Option<&RoleSession>,
        role: &RoleArn,
    ) -> Option<(Arc<Provider>, String)> {
        let asks = |provider: &Provider| provider.mfa.is_some() && provider.enabled && provider.signs_people_in();
        let directly = self.registrations_for(original, role).into_iter().find(|(provider, _)| asks(provider));
        let through = || self.registered(original, base?.provider.as_deref()).filter(|(provider, _)| asks(provider));
        let (provider, identity) = directly.or_else(through)?;
        Some((provider, identity.person()))
    }

    async fn change(
        &self,
        id: &SessionId,
        session: ConsoleSession,
        base: Option<RoleSession>,
        to: &Target,
        granted: Result<(RoleGrant, Wearer), StsError>,
        request: &mut Request,
    ) -> Result<Arrived, ConsoleError> {
        let asker = self.asker(&session.original, base.as_ref(), request)?;
        let (granted, wearer) = match granted {
            Ok((grant, wearer)) => (Ok(grant), wearer),
            Err(error) => (Err(error), asker),
        };
        self.remember_switch(&session.original, &wearer, &to.role, granted.as_ref().map(|_| ()), request);
        let event = Event { name: "SwitchRole", who: wearer.who(), role: &to.role, request };
        let end = base.as_ref().map_or(session.expires, |base| base.expires.min(session.expires));
        let mut minted = self.mint_until(end, granted, &wearer, &event).await?;
        if let Some(base) = &base {
            // Whoever ends the one ends the other, however it came about.
            minted.parent = Some(base.access_key_id.clone());
        }
        let before = self.before(&session.original, base.map(Session::Role).as_ref());
        let recent = with_latest(&session.recent, to);
        let kept = self.recent_record(&session.original, &recent, request.now.unix_timestamp());
        let changed = |token: String| ConsoleSession {
            switched: Some(Switched { token, to: to.clone() }),
            recent: recent.clone(),
            destination: None,
            ..session.clone()
        };
        let beside = |minted: &Minted| {
            let audit = Some(switched(&event, minted, &before));
            Visit { audit, recent: kept.clone(), ..Visit::default() }
        };
        let id = self.exchange(id, minted, &event, changed, beside).await?;
        Ok(Arrived { id, next: Next::Go(session.destination), expires: session.expires })
    }

    /// Whoever asks, for the book, whatever comes of it.
    fn asker(
        &self,
        original: &Original,
        base: Option<&RoleSession>,
        request: &mut Request,
    ) -> Result<Wearer, ConsoleError> {
        let of_base = |request| base.and_then(|base| self.base_asks(original, base, request));
        let asker = self.wearer(original).or_else(|| Some(Wearer::User(Box::new(of_base(request)?))));
        asker.ok_or(ConsoleError::NoSwitching)
    }

    /// Who somebody was before they switched, as an ARN where they had one.
    fn before(&self, original: &Original, base: Option<&Session>) -> String {
        base.map_or_else(|| original.label().to_owned(), Session::arn)
    }

    fn remember_switch(
        &self,
        original: &Original,
        wearer: &Wearer,
        role: &str,
        outcome: Result<(), &StsError>,
        request: &mut Request,
    ) {
        match wearer {
            Wearer::Person(_) => self.remember(original, Some(role), outcome, request),
            // Replayed, a role's session has no second factor: what was decided by one would be told as lost.
            Wearer::User(caller) if caller.role_session().is_some() && caller.has_second_factor() => {}
            Wearer::User(caller) => {
                let (worn, own) = (caller.role_session(), caller.own_session_name());
                let worn = worn.map(|session| session.session_name.as_str());
                let session_name = worn.or(own.as_ref().map(SessionName::as_str));
                let (asks, around) =
                    (Asks { role: Some(role), session_name, ..Asks::default() }, request.surroundings());
                let question = Asking::of_caller(&self.sts.catalogue, caller, asks, &around);
                self.sts.remember(question, outcome, request);
            }
        }
    }
}

fn arn(to: &Target) -> Result<RoleArn, ConsoleError> {
    to.role.parse().map_err(|_| ConsoleError::BadSwitch("roleName"))
}
