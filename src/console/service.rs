//! The service that the sign-in rooms and the pages talk to.

use super::choices::{Choice, wearable};
use super::session::{ConsoleSession, Original, SessionId};
use super::switch::SwitchWish;
use super::wearer::Wearer;
use super::{BreakGlass, ConsoleError, Destinations, Nth, Simulator};
use crate::store::{ConsoleRecord, Origin, Redemption, Verdict, Visit};
use crate::sts::{Credentials, Event, Purpose, Request, Sts, StsError, done};
use crate::trust::{FederatedIdentity, Session};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

pub struct Console {
    pub sts: Arc<Sts>,
    pub destinations: Destinations,
    pub session_duration: Duration,
    /// Password sign-in of users, if it is on.
    pub break_glass: Option<BreakGlass>,
    pub simulator: Simulator,
}

/// A browser that has just been signed in, and where it goes from here.
pub struct Arrived {
    pub id: SessionId,
    pub next: Next,
    pub expires: OffsetDateTime,
}

pub enum Next {
    /// Several roles can be worn: ask which.
    Choose,
    /// A role is worn already; perhaps there was a wish to go somewhere.
    Go(Option<String>),
    /// The role that was wished for wants a second factor: back to the identity provider.
    StepUp(String),
}

impl Console {
    /// Signs somebody in who came through an identity provider. `redeem` uses their paper up. With exactly one role
    /// that can be worn (or one that they named before), it is put on at once.
    pub async fn sign_in(
        &self,
        identities: &[FederatedIdentity],
        redeem: Vec<Redemption>,
        wish: &Wish,
        request: &mut Request,
    ) -> Result<Arrived, ConsoleError> {
        let Some(identity) = identities.first() else { return Err(ConsoleError::NotSignedIn) };
        self.sts.paced(&identity.counted_as())?;
        let registrations = identities.iter().map(|identity| identity.provider().to_string()).collect();
        let original = Original::Federated { identity: Box::new(identity.clone()), registrations };
        let wearer = Wearer::Person(Box::new(identity.clone()));
        let choices = self.choices_of(&original, &wearer, request).await?;
        if let (Some(role), Some(_), None) = (&wish.role, &wish.step_up, &wish.switch)
            && let Err(refusal) = self.grant_for(&original, role, request)
        {
            // They were sent back for this role alone, and what they came with does not give it: once is enough.
            let event = Event { name: "ConsoleLogin", who: wearer.who(), role, request };
            return Err(self.sts.deny(&event, refusal).await.into());
        }
        let lasts =
            request.now + identity.console_duration().unwrap_or(self.session_duration).min(self.session_duration);
        let expires = identity.ends.map_or(lasts, |ends| ends.min(lasts));
        if expires <= request.now {
            let event = Event { name: "ConsoleLogin", who: wearer.who(), role: "", request };
            return Err(self.sts.deny(&event, StsError::NothingLeft).await.into());
        }
        let session = ConsoleSession::new(original, None, expires, request).bound_for(wish.destination.clone());
        self.enter(session, &wearer, redeem, &choices, wish, request).await
    }

    /// Opens the session, and puts the first role on if it is clear which.
    pub(super) async fn enter(
        &self,
        session: ConsoleSession,
        wearer: &Wearer,
        redeem: Vec<Redemption>,
        choices: &[Choice],
        wish: &Wish,
        request: &mut Request,
    ) -> Result<Arrived, ConsoleError> {
        let recent = self.recent_of(&session.original).await;
        let session = ConsoleSession { recent, ..session };
        let id = SessionId::draw(&self.sts.random);
        let event = Event { name: "ConsoleLogin", who: wearer.who(), role: "", request };
        let audit = Some(done(&event, &[]));
        let visit = Visit { redeem, console: Some(self.seal(&id, &session)), audit, ..Visit::default() };
        let lost = match self.sts.store.commit(visit).await? {
            Verdict::Done => None,
            Verdict::LoggedOut => Some(StsError::LoggedOut),
            Verdict::Barred(bar) => Some(bar.into()),
            Verdict::Spent | Verdict::Taken => Some(StsError::Replayed),
        };
        if let Some(error) = lost {
            return Err(self.sts.deny(&event, error).await.into());
        }
        self.remember(&session.original, None, Ok(()), request);
        self.first_role(id, session, choices, wish, request).await
    }

    async fn first_role(
        &self,
        id: SessionId,
        session: ConsoleSession,
        choices: &[Choice],
        wish: &Wish,
        request: &mut Request,
    ) -> Result<Arrived, ConsoleError> {
        if let Some(SwitchWish { from, to }) = &wish.switch {
            return self.switch_at_once(id, session, from.as_deref(), to, request).await;
        }
        let wished =
            wish.role.as_deref().and_then(|wished| choices.iter().find(|choice| choice.role.arn.as_str() == wished));
        let only = match choices {
            [only] if !only.needs_mfa => Some(only),
            _ => None,
        };
        match wished.or(only) {
            Some(choice) if choice.needs_mfa => {
                Ok(Arrived { id, next: Next::StepUp(choice.role.arn.to_string()), expires: session.expires })
            }
            Some(choice) => {
                // A user comes unasked, always.
                let waits = session.destination.clone().filter(|_| matches!(session.original, Original::User(_)));
                self.put_on_first(&id, session, choice.role.arn.as_str(), waits, request).await
            }
            None => Ok(Arrived { id, next: Next::Choose, expires: session.expires }),
        }
    }

    /// What can be worn at first, or the refusal of somebody who has shown who they are, in the book.
    pub(super) async fn choices_of(
        &self,
        original: &Original,
        wearer: &Wearer,
        request: &mut Request,
    ) -> Result<Vec<Choice>, ConsoleError> {
        let (around, sts) = (request.surroundings(), &self.sts);
        let choices = wearable(&sts.catalogue, original, &around, &sts.metrics, &mut request.trace);
        let refusal = match choices.map_err(StsError::Trust) {
            Ok(choices) => return Ok(choices),
            Err(refusal) => refusal,
        };
        self.remember(original, None, Err(&refusal), request);
        let event = Event { name: "ConsoleLogin", who: wearer.who(), role: "", request };
        Err(match self.sts.deny(&event, refusal).await {
            StsError::Trust(refusal) => ConsoleError::NoChoice(Box::new(refusal)),
            other => other.into(),
        })
    }

    /// The session behind a cookie, if it has not ended.
    pub async fn session(&self, id: &SessionId, now: OffsetDateTime) -> Result<ConsoleSession, ConsoleError> {
        self.sts.revocations.known().map_err(StsError::from)?;
        let hash = id.hash();
        let sealed = self.sts.store.console_session(&hash, now.unix_timestamp()).await?;
        let plain = sealed.and_then(|sealed| self.sts.keys.seals.open(Purpose::ConsoleSession(hash), &sealed));
        let session: Option<ConsoleSession> = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        // Whoever writes the database may have put off the end that stands beside it.
        let session = session.filter(|session| session.expires > now);
        let is_somebody = |session: &ConsoleSession| match &session.original {
            Original::Federated { .. } => true,
            // Whoever came by a sign-in URL is nothing but what they wear.
            Original::RoleSession { .. } => self.base(session, now).is_some(),
            Original::User(_) => self.wearer(&session.original).is_some(),
        };
        session.filter(is_somebody).ok_or(ConsoleError::NotSignedIn)
    }

    /// Counts a request of whoever is signed in.
    pub fn paced(&self, session: &ConsoleSession, now: OffsetDateTime) -> Result<(), ConsoleError> {
        let paced = match &session.original {
            Original::Federated { identity, .. } => self.sts.paced(&identity.counted_as()),
            Original::RoleSession { .. } => {
                let worn = self.base(session, now).ok_or(ConsoleError::NotSignedIn)?;
                self.sts.paced(&worn.counted_as())
            }
            Original::User(identity) => self.sts.paced(&identity.counted_as()),
        };
        Ok(paced?)
    }

    /// The role that a session has put on, or the federated user that it is, if that has not ended; none if nobody can
    /// tell. What it may do counts only as long as they have not switched: see [`Console::worn`].
    pub fn base(&self, session: &ConsoleSession, now: OffsetDateTime) -> Option<Session> {
        self.opened(session.worn.as_deref()?, now)
    }

    /// What a session may act as, which alone says what it may do: the role that it has switched to, else what it has put on.
    /// The former ends with the latter.
    pub fn worn(&self, session: &ConsoleSession, now: OffsetDateTime) -> Option<Session> {
        let base = self.base(session, now);
        match &session.switched {
            None => base,
            Some(switched) if base.is_some() || session.worn.is_none() => self.opened(&switched.token, now),
            Some(_) => None,
        }
    }

    fn opened(&self, token: &str, now: OffsetDateTime) -> Option<Session> {
        let worn = self.sts.keys.open(token)?;
        let holds = worn.opens_the_console() && self.sts.holds(&worn, now).unwrap_or(false);
        holds.then_some(worn)
    }

    /// What can be worn now; a session that wears a role for good (a sign-in URL's) has no choice, and that is no refusal.
    pub fn choices(&self, session: &ConsoleSession, request: &mut Request) -> Result<Vec<Choice>, ConsoleError> {
        let (around, sts) = (request.surroundings(), &self.sts);
        let choices = wearable(&sts.catalogue, &session.original, &around, &sts.metrics, &mut request.trace);
        choices.map_err(|refusal| ConsoleError::NoChoice(Box::new(refusal)))
    }

    /// The credentials of what a session wears, made again from its sealed token.
    pub fn credentials(&self, session: &ConsoleSession, worn: &Session) -> Option<Credentials> {
        Some(self.sts.keys.with_token(worn.access_key_id(), worn.expires(), session.effective()?.to_owned()))
    }

    /// Keeps the trace of something that was done.
    pub fn allowed(&self, what: &'static str, request: &Request) {
        self.sts.keep(what, "allow", false, request);
    }

    /// Counts a refusal and keeps its trace.
    pub fn refused(&self, what: &'static str, error: &ConsoleError, request: &mut Request) {
        self.sts.conclude(what, "", Some(error), request);
    }

    /// Ends the session on the server.
    pub async fn sign_out(&self, id: &SessionId) -> Result<(), ConsoleError> {
        self.end_former(id.hash()).await
    }

    /// The same by the hash of its id, which is what a sign-in remembers of whose place it is to take.
    pub async fn end_former(&self, former: [u8; 32]) -> Result<(), ConsoleError> {
        let visit = Visit { end_console: Some(former), ..Visit::default() };
        self.sts.store.commit(visit).await?;
        Ok(())
    }

    /// Somebody who came unasked is to be in, under a new session id. `bound_for` is where they go once they have chosen.
    pub async fn confirm(
        &self,
        id: &SessionId,
        session: ConsoleSession,
        bound_for: Option<String>,
    ) -> Result<SessionId, ConsoleError> {
        let new_id = SessionId::draw(&self.sts.random);
        let replace_console = Some((id.hash(), self.seal(&new_id, &session.bound_for(bound_for))));
        match self.sts.store.commit(Visit { replace_console, ..Visit::default() }).await? {
            Verdict::Done => Ok(new_id),
            _ => Err(ConsoleError::NotSignedIn),
        }
    }

    /// By what each registration finds the sessions of this original.
    fn origins(&self, original: &Original) -> Vec<Origin> {
        let Original::Federated { identity, registrations } = original else { return Vec::new() };
        let arns = registrations.iter().filter_map(|arn| arn.parse().ok());
        arns.filter_map(|arn| self.sts.keys.origin(identity, &arn)).collect()
    }

    /// The wish, if it leads to a place that is on the list.
    pub fn admitted(&self, wish: &Wish) -> Result<Wish, ConsoleError> {
        let checked = |text: &String| self.destinations.check(text);
        Ok(Wish { destination: wish.destination.as_ref().map(checked).transpose()?, ..wish.clone() })
    }

    pub(super) fn seal(&self, id: &SessionId, session: &ConsoleSession) -> Box<ConsoleRecord> {
        let plain = serde_json::to_vec(session).expect("a session is plain data");
        let id_hash = id.hash();
        let sealed = self.sts.keys.seals.seal(Purpose::ConsoleSession(id_hash), &plain, &self.sts.random);
        let expires = session.expires.unix_timestamp();
        let (subject, providers) = session.original.ends_by();
        let worn = session.worn.as_deref().and_then(|token| self.sts.keys.open(token));
        Box::new(ConsoleRecord {
            id_hash,
            sealed,
            expires,
            origins: self.origins(&session.original),
            subject,
            providers,
            opened: session.opened,
            worn: worn.map(|worn| worn.access_key_id().to_owned()),
            whose: self.own(session).text().to_owned(),
        })
    }
}

/// What somebody wanted before they were sent to sign in.
#[derive(Default, Clone, serde::Serialize, serde::Deserialize)]
pub struct Wish {
    pub role: Option<String>,
    pub destination: Option<String>,
    /// Who was sent back to their identity provider for the role, because it wants a second factor
    /// ([`FederatedIdentity::person`]). Nobody is sent twice.
    pub step_up: Option<String>,
    /// Which of the browser's sessions it is for.
    #[serde(default)]
    pub nth: Nth,
    /// It is to be switched to, not put on.
    #[serde(default)]
    pub switch: Option<SwitchWish>,
    /// Whose place it takes in this browser: the hash of the session's id. The identity provider's post comes from its own site,
    /// and brings no cookie along that could tell.
    #[serde(default)]
    pub former: Option<[u8; 32]>,
}
