//! How a role would be worn: what a grant comes to, told and not given.

use super::{Carried, RoleGrant};
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

impl From<RoleGrant> for Worn {
    fn from(grant: RoleGrant) -> Self {
        let RoleGrant { session_name, carried, longest, ends, statement, given_by, .. } = grant;
        Self { session_name, carried, longest, ends, statement, given_by }
    }
}
