//! By which rule something ends when it does.
//!
//! It is found out anew each time from what is known: each rule gives a moment, and the one that gives the end has set it.
//! Where two give the same, the first is named.

use super::service::Console;
use super::session::{ConsoleSession, Original};
use crate::catalogue::Role;
use crate::trust::Session;
use time::{Duration, OffsetDateTime};

/// What has set an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetBy {
    /// The end of the person's own session at the identity provider: SessionNotOnOrAfter, or what its token says.
    IdentityProvider,
    /// The SessionDuration attribute of the assertion.
    Assertion,
    /// `console.session_duration`.
    ConsoleDuration,
    /// The console session, which nothing that is put on in it outlives.
    ConsoleSession,
    /// The role's `max_session`.
    RoleMaximum,
    /// A role that was assumed with a role's credentials lasts an hour at most.
    Chain,
    /// What they have switched from, which no switch outlives.
    Former,
    /// What the console was opened with.
    Credentials,
    /// What somebody asked for: with the sign-in URL, where twelve hours are the most, or when the credentials were made.
    Asked,
}

/// Ends are kept by the second, and what is left until them is not.
fn same(one: OffsetDateTime, other: OffsetDateTime) -> bool {
    (one - other).abs() <= Duration::SECOND
}

impl Console {
    /// What has set the end of the console session.
    pub fn session_set_by(&self, session: &ConsoleSession, now: OffsetDateTime) -> SetBy {
        match &session.original {
            Original::Federated { identity, .. } => match identity.console_duration() {
                _ if identity.ends.is_some_and(|ends| same(ends, session.expires)) => SetBy::IdentityProvider,
                Some(asserted) if asserted < self.session_duration => SetBy::Assertion,
                _ => SetBy::ConsoleDuration,
            },
            Original::User(_) => SetBy::ConsoleDuration,
            Original::RoleSession { .. } => match self.base(session, now) {
                Some(worn) if same(worn.expires(), session.expires) => SetBy::Credentials,
                _ => SetBy::Asked,
            },
        }
    }

    /// How long a role would last that is put on now.
    pub fn would_last(&self, session: &ConsoleSession, role: &Role, now: OffsetDateTime) -> Duration {
        let asserted = match &session.original {
            Original::Federated { identity, .. } => identity.console_duration(),
            Original::RoleSession { .. } | Original::User(_) => None,
        };
        let longest = asserted.map_or(role.max_session, |asserted| asserted.min(role.max_session));
        longest.min(session.expires - now)
    }

    /// What has set the end of what is worn.
    pub fn worn_set_by(&self, session: &ConsoleSession, worn: &Session, now: OffsetDateTime) -> SetBy {
        let former = self.base(session, now).filter(|_| session.switched.is_some());
        if former.is_some_and(|former| same(former.expires(), worn.expires())) {
            return SetBy::Former;
        }
        let lasts = worn.expires() - worn.issued();
        let role = worn.role().and_then(|role| self.sts.catalogue.role(&role.parse().ok()?));
        let federated = match &session.original {
            Original::Federated { identity, .. } => Some(identity),
            Original::RoleSession { .. } | Original::User(_) => None,
        };
        let chooses = !matches!(session.original, Original::RoleSession { .. });
        let ends = federated.and_then(|identity| identity.ends);
        let asserted = federated.and_then(|identity| identity.console_duration());
        match worn {
            _ if ends.is_some_and(|ends| same(ends, worn.expires())) => SetBy::IdentityProvider,
            _ if chooses && same(session.expires, worn.expires()) => SetBy::ConsoleSession,
            Session::Role(of) if session.switched.is_none() && of.is_chained() && lasts == Duration::HOUR => {
                SetBy::Chain
            }
            _ if asserted == Some(lasts) => SetBy::Assertion,
            _ if role.is_some_and(|role| role.max_session == lasts) => SetBy::RoleMaximum,
            _ => SetBy::Asked,
        }
    }
}
