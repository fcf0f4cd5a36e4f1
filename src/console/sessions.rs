//! Sessions as people see them: their own without any permission, those of the account if they may.

use super::own::{Browser, Own};
use super::{Console, ConsoleError, ConsoleSession, SessionId};
use crate::store::{BarredPerson, FoundSession, LiveSession, OpenConsole, SessionPlace};
use crate::sts::{Purpose, Request, is_session_id};
use crate::trust::Session;
use crate::words::hex;
use time::OffsetDateTime;

/// What is somebody's own.
pub struct OwnSessions {
    pub browsers: Vec<OpenBrowser>,
    pub roles: Vec<LiveSession>,
    /// Where the next page of roles begins.
    pub next: Option<SessionPlace>,
}

/// A browser that is signed in.
pub struct OpenBrowser {
    /// The hash of what is in its cookie, in hex.
    pub id: String,
    pub(super) hash: [u8; 32],
    /// Whether it is the one that asks.
    pub here: bool,
    pub browser: Browser,
    pub opened: i64,
    pub expires: i64,
    /// The ARN of whoever is worn.
    pub worn: Option<String>,
    /// The access key ids of the sessions that it has at hand and that end with it.
    pub(super) keys: Vec<String>,
}

/// A page of an account's sessions.
pub struct AccountSessions {
    pub account: String,
    pub sessions: Vec<LiveSession>,
    pub next: Option<SessionPlace>,
    /// Whether the page is short because the search has not come to the end.
    pub searched_in_part: bool,
}

pub(super) const LIST: &str = "gatehouse:ListSessions";
pub(super) const REVOKE: &str = "gatehouse:RevokeSession";
/// Letting in is no ending, and who may end may not therefore undo a bar, which only an operator can set.
pub(super) const ADMIT: &str = "gatehouse:AdmitPerson";
pub(super) const ALL: &str = "session/*";
/// On a page.
const PAGE: usize = 50;
/// As many browsers of one person are listed.
const MOST_BROWSERS: usize = 100;

impl Console {
    pub async fn own_sessions(
        &self,
        id: &SessionId,
        session: &ConsoleSession,
        after: &SessionPlace,
        now: OffsetDateTime,
    ) -> Result<OwnSessions, ConsoleError> {
        let (own, seconds) = (self.own(session), now.unix_timestamp());
        let open = self.sts.store.consoles_of(own.all(), seconds, MOST_BROWSERS).await?;
        let mut browsers: Vec<OpenBrowser> = open.into_iter().filter_map(|open| self.browser(open, id)).collect();
        if let Own::Browser { worn, .. } = &own {
            browsers.retain(|browser| browser.here);
            browsers.iter_mut().for_each(|browser| browser.keys.retain(|key| key != worn));
        }
        let (mut roles, more) = match &own {
            Own::Person(whose) => (self.sts.store.sessions_of(whose, after, seconds, PAGE + 1).await?, true),
            Own::Browser { switched: Some(key), .. } => {
                (self.sts.store.sessions_under(key, seconds, PAGE).await?, false)
            }
            Own::Browser { switched: None, .. } | Own::Nobody => (Vec::new(), false),
        };
        let next = if more { cut(&mut roles) } else { None };
        Ok(OwnSessions { browsers, roles, next })
    }

    /// Everybody's of the account, in whose access key id, principal or subject `part` occurs.
    pub async fn account_sessions(
        &self,
        session: &ConsoleSession,
        part: &str,
        after: &SessionPlace,
        request: &mut Request,
    ) -> Result<AccountSessions, ConsoleError> {
        let caller = self.may(session, LIST, ALL, request).await?;
        let (account, now) = (caller.account().to_string(), request.now.unix_timestamp());
        if is_session_id(part) {
            let found = self.sts.store.live_session(part, now).await?;
            let sessions = found.filter(|found| found.account == account).map(|found| found.session);
            let sessions = sessions.into_iter().collect();
            return Ok(AccountSessions { account, sessions, next: None, searched_in_part: false });
        }
        let (mut sessions, reached) = self.sts.store.sessions_in(&account, part, after, now, PAGE + 1).await?;
        let next = cut(&mut sessions);
        let searched_in_part = next.is_none() && reached.is_some();
        Ok(AccountSessions { account, sessions, next: next.or(reached), searched_in_part })
    }

    /// Who is barred in the account, behind the one of this subject and provider; and whether there are more.
    pub async fn barred(
        &self,
        session: &ConsoleSession,
        after: (&str, &str),
        request: &mut Request,
    ) -> Result<(Vec<BarredPerson>, bool), ConsoleError> {
        let caller = self.may(session, LIST, ALL, request).await?;
        let mut barred = self.sts.store.barred_in(caller.account().as_str(), after, PAGE + 1).await?;
        let more = barred.len() > PAGE;
        barred.truncate(PAGE);
        Ok((barred, more))
    }

    pub fn could_list_sessions(&self, session: &ConsoleSession, request: &Request) -> bool {
        self.could(session, LIST, ALL, request)
    }

    pub fn could_revoke_sessions(&self, session: &ConsoleSession, request: &Request) -> bool {
        self.could(session, REVOKE, ALL, request)
    }

    pub fn could_admit(&self, session: &ConsoleSession, request: &Request) -> bool {
        self.could(session, ADMIT, ALL, request)
    }

    /// A live session that is somebody's own, or of their account if they may end it there. Whoever may not is told so
    /// before anything is looked up; and of another account's the same is said as of none.
    pub(super) async fn endable(
        &self,
        id: &str,
        session: &ConsoleSession,
        request: &mut Request,
    ) -> Result<(LiveSession, bool), ConsoleError> {
        if !is_session_id(id) {
            return Err(ConsoleError::NotThere);
        }
        let found = self.sts.store.live_session(id, request.now.unix_timestamp()).await?;
        if let Some(found) = found.as_ref().filter(|found| is_own(&self.own(session), found)) {
            return Ok((found.session.clone(), true));
        }
        let caller = self.may(session, REVOKE, &format!("session/{id}"), request).await?;
        let found = found.filter(|found| found.account == caller.account().as_str());
        found.map(|found| (found.session, false)).ok_or(ConsoleError::NotThere)
    }

    /// One of the browsers in which this person is signed in.
    pub(super) async fn own_browser(
        &self,
        hash: &str,
        id: &SessionId,
        session: &ConsoleSession,
        now: OffsetDateTime,
    ) -> Result<OpenBrowser, ConsoleError> {
        let open = self.own_sessions(id, session, &SessionPlace::first(), now).await?;
        open.browsers.into_iter().find(|browser| browser.id == hash).ok_or(ConsoleError::NotThere)
    }

    fn browser(&self, open: OpenConsole, here: &SessionId) -> Option<OpenBrowser> {
        let hash: [u8; 32] = open.id_hash.try_into().ok()?;
        let plain = self.sts.keys.seals.open(Purpose::ConsoleSession(hash), &open.sealed)?;
        let session: ConsoleSession = serde_json::from_slice(&plain).ok()?;
        // The role that they have put on, and the one that they have switched to, which is then what they wear.
        let switched = session.switched.as_ref().map(|switched| switched.token.as_str());
        let tokens = session.worn.as_deref().into_iter().chain(switched);
        let worn: Vec<Session> = tokens.filter_map(|token| self.sts.keys.open(token)).collect();
        Some(OpenBrowser {
            here: hash == here.hash(),
            id: hex(&hash),
            hash,
            browser: session.browser,
            opened: open.opened,
            expires: open.expires,
            worn: worn.last().map(Session::arn),
            keys: worn.iter().map(|worn| worn.access_key_id().to_owned()).collect(),
        })
    }
}

fn is_own(own: &Own, found: &FoundSession) -> bool {
    match own {
        Own::Person(_) => found.whose.as_ref().is_some_and(|whose| own.is_of(whose)),
        Own::Browser { switched: Some(key), .. } => {
            found.session.access_key_id == *key || found.session.parent.as_ref() == Some(key)
        }
        Own::Browser { switched: None, .. } | Own::Nobody => false,
    }
}

/// To a page, and where the next one begins if there is one.
fn cut(sessions: &mut Vec<LiveSession>) -> Option<SessionPlace> {
    let more = sessions.len() > PAGE;
    sessions.truncate(PAGE);
    let last = sessions.last().filter(|_| more)?;
    Some(SessionPlace { expires: last.expires, access_key_id: last.access_key_id.clone() })
}
