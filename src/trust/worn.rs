//! How a role would be worn: what a grant comes to, told and not given.

use super::{Carried, RoleGrant, TrustError};
use crate::words::SessionName;
use time::{Duration, OffsetDateTime};

/// Nothing can be minted from it.
#[derive(Clone)]
pub struct Worn {
    pub session_name: SessionName,
    /// Tags and source identity.
    pub carried: Carried,
    /// The longest duration that may be asked for.
    pub longest: Duration,
    /// The end of the identity provider's own session, which nothing outlives.
    pub ends: Option<OffsetDateTime>,
    /// The statement of the role's trust policy that lets them in.
    pub statement: String,
    /// The names of the provider's rules that give the role, if rules do.
    pub given_by: Vec<String>,
}

impl Worn {
    /// As a session would be made: of whole seconds, of which at least one is left.
    pub(super) fn unless_over(self, now: OffsetDateTime) -> Result<Self, TrustError> {
        let issued = now.replace_nanosecond(0).unwrap_or(now);
        if self.ends.is_some_and(|ends| ends <= issued) { Err(TrustError::NothingLeft) } else { Ok(self) }
    }
}

impl From<RoleGrant> for Worn {
    fn from(grant: RoleGrant) -> Self {
        let RoleGrant { session_name, carried, longest, ends, statement, given_by, .. } = grant;
        Self { session_name, carried, longest, ends, statement, given_by }
    }
}
