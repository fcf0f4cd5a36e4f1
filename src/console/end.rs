//! Ending sessions from the console: on the same path as an operator's orders, with who gave them in the book.

use super::own::Own;
use super::sessions::{ADMIT, ALL, OpenBrowser, REVOKE};
use super::wearer::Wearer;
use super::{Console, ConsoleError, ConsoleSession, Original, SessionId};
use crate::store::{Ending, LiveSession, Revoke, Revoked, Verdict, Visit};
use crate::sts::{Event, Request, done, ordered};
use crate::words::{ProviderArn, RoleArn, hex};
use serde_json::{Value, json};

/// What somebody wants to have ended.
pub enum ToEnd<'a> {
    /// A session, by its access key id.
    Session(&'a str),
    /// A browser's, by its hash.
    Browser(&'a str),
    /// Everything of whoever asks, this session as well.
    Mine,
    /// Everybody's in a role of the account.
    Role(&'a str),
}

/// What that comes to.
pub enum WouldEnd {
    Session {
        session: Box<LiveSession>,
        /// How many others were made with it, up to [`MOST_COUNTED`].
        others: usize,
    },
    Browser(Box<OpenBrowser>),
    Mine {
        browsers: usize,
        roles: usize,
        more: bool,
    },
    Role(RoleArn),
}

/// More than this are not counted for a question.
pub const MOST_COUNTED: usize = 1_000;

impl Console {
    /// For the question whether it shall be: nothing ends.
    pub async fn would_end(
        &self,
        what: &ToEnd<'_>,
        id: &SessionId,
        session: &ConsoleSession,
        request: &mut Request,
    ) -> Result<WouldEnd, ConsoleError> {
        Ok(match what {
            ToEnd::Session(key) => {
                let (found, _) = self.endable(key, session, request).await?;
                let others = self.sts.store.descendants(key, request.now.unix_timestamp(), MOST_COUNTED).await?;
                WouldEnd::Session { session: Box::new(found), others }
            }
            ToEnd::Browser(hash) => {
                WouldEnd::Browser(Box::new(self.own_browser(hash, id, session, request.now).await?))
            }
            ToEnd::Mine => {
                let own = self.own_sessions(id, session, &crate::store::SessionPlace::first(), request.now).await?;
                WouldEnd::Mine { browsers: own.browsers.len(), roles: own.roles.len(), more: own.next.is_some() }
            }
            ToEnd::Role(arn) => WouldEnd::Role(self.endable_role(arn, session, request).await?),
        })
    }

    /// Ends it, with all that descends from it. It is in the book, and refused by this node, when this returns; the others
    /// hear of it within a second.
    pub async fn end(
        &self,
        what: &ToEnd<'_>,
        id: &SessionId,
        session: &ConsoleSession,
        request: &mut Request,
    ) -> Result<Revoked, ConsoleError> {
        match what {
            ToEnd::Session(key) => {
                let (_, own) = self.endable(key, session, request).await?;
                let hand = self.hand(session, own, request)?;
                self.revoke(Ending::Session((*key).to_owned()), None, &hand, request).await
            }
            ToEnd::Browser(hash) => {
                let browser = self.own_browser(hash, id, session, request.now).await?;
                self.end_browser(&browser, session, request).await
            }
            ToEnd::Mine => {
                let whose = match self.own(session) {
                    Own::Person(whose) => whose,
                    Own::Browser { .. } => {
                        let here = self.own_browser(&hex(&id.hash()), id, session, request.now).await?;
                        return self.end_browser(&here, session, request).await;
                    }
                    Own::Nobody => return Err(ConsoleError::NotSignedIn),
                };
                let hand = self.hand(session, true, request)?;
                self.revoke(Ending::Whose(whose), None, &hand, request).await
            }
            ToEnd::Role(arn) => {
                let role = self.endable_role(arn, session, request).await?;
                let before = Some(request.now.unix_timestamp() + 1);
                let hand = self.hand(session, false, request)?;
                self.revoke(Ending::Role(role.to_string()), before, &hand, request).await
            }
        }
    }

    /// Lets a person in again who is barred at a provider of the account.
    pub async fn admit(
        &self,
        provider: &str,
        subject: &str,
        session: &ConsoleSession,
        request: &mut Request,
    ) -> Result<(), ConsoleError> {
        let caller = self.may(session, ADMIT, ALL, request).await?;
        let arn: ProviderArn = provider.parse().map_err(|_| ConsoleError::NotThere)?;
        if arn.account() != caller.account() {
            return Err(ConsoleError::NotThere);
        }
        let hand = Wearer::User(Box::new(caller));
        let event = Event { name: "AdmitPerson", who: hand.who(), role: "", request };
        let audit = Some(ordered(&event, json!({ "provider": provider, "subject": subject }))(Value::Null));
        let admit = Some((subject.to_owned(), provider.to_owned()));
        match self.sts.store.commit(Visit { admit, audit, ..Visit::default() }).await? {
            Verdict::Done => Ok(()),
            _ => Err(ConsoleError::NotThere),
        }
    }

    async fn endable_role(
        &self,
        arn: &str,
        session: &ConsoleSession,
        request: &mut Request,
    ) -> Result<RoleArn, ConsoleError> {
        let caller = self.may(session, REVOKE, ALL, request).await?;
        let role = arn.parse::<RoleArn>().ok().filter(|role| role.account() == caller.account());
        role.filter(|role| self.sts.catalogue.role(role).is_some()).ok_or(ConsoleError::NotThere)
    }

    /// Ends the browser, and the sessions that it has at hand: so credentials that were copied out of it end as well.
    /// Who orders it is looked up once, before anything ends: it may be one of their own sessions.
    async fn end_browser(
        &self,
        browser: &OpenBrowser,
        session: &ConsoleSession,
        request: &mut Request,
    ) -> Result<Revoked, ConsoleError> {
        let hand = self.hand(session, true, request)?;
        let event = Event { name: "ConsoleSignOut", who: hand.who(), role: "", request };
        let audit = Some(done(&event, &[]));
        // It may have gone on under another id since it was looked up: then nothing has ended.
        match self.sts.store.commit(Visit { end_browser: Some(browser.hash), audit, ..Visit::default() }).await? {
            Verdict::Done => {}
            _ => return Err(ConsoleError::NotThere),
        }
        let mut ended = Revoked { sessions: 0, console: 1, on_record: true };
        for key in &browser.keys {
            let more = self.revoke(Ending::Session(key.clone()), None, &hand, request).await?;
            ended =
                Revoked { sessions: ended.sessions + more.sessions, console: ended.console + more.console, ..ended };
        }
        Ok(ended)
    }

    async fn revoke(
        &self,
        ending: Ending,
        before: Option<i64>,
        hand: &Wearer,
        request: &Request,
    ) -> Result<Revoked, ConsoleError> {
        let event = Event { name: "RevokeSessions", who: hand.who(), role: "", request };
        let told = ordered(&event, ending.parameters());
        let record = move |ended: Revoked| {
            told(json!({ "sessionsEnded": ended.sessions, "consoleSessionsEnded": ended.console }))
        };
        let order = Revoke { ending, before, known: true, now: request.now.unix_timestamp() };
        let ended = self.sts.store.revoke(order, record).await?.ok_or(ConsoleError::NotThere)?;
        self.sts.revocations.learn(&self.sts.store).await?;
        Ok(ended)
    }

    /// Who does it: with what is their own the person, with what is others' the principal whose policies allow it.
    fn hand(&self, session: &ConsoleSession, own: bool, request: &Request) -> Result<Wearer, ConsoleError> {
        let person = if own { self.wearer(&session.original) } else { None };
        match (person, &session.original) {
            (Some(person), _) => Ok(person),
            (None, Original::User(_)) if own => Err(ConsoleError::NotSignedIn),
            (None, _) => Ok(Wearer::User(Box::new(self.principal(session, request.now)?))),
        }
    }
}
