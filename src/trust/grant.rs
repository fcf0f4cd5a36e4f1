//! The permission to mint, once.

use super::session::is_chained;
use super::{Carried, SessionPolicies};
use crate::catalogue::Role;
use crate::words::SessionName;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// What a decision gives when it allows. Not `Clone`: one decision, one set of credentials. Only `decide` and
/// `decide_for_caller` make one.
pub struct RoleGrant {
    pub(super) role: Arc<Role>,
    pub(super) session_name: SessionName,
    pub(super) bearer: Bearer,
    pub(super) carried: Carried,
    pub(super) longest: Duration,
    pub(super) ends: Option<OffsetDateTime>,
    pub(super) statement: String,
    pub(super) given_by: Vec<String>,
}

/// Who is behind the session, for its token and for the audit record.
#[derive(Clone)]
pub struct Bearer {
    pub provider: Option<String>,
    pub subject: String,
    /// The sessions that the new one descends from.
    pub ancestors: Vec<String>,
}

impl RoleGrant {
    /// The same with less: session policies only ever take away.
    pub fn limited_by(mut self, policies: SessionPolicies) -> Self {
        self.carried.policies = policies;
        self
    }

    pub fn role(&self) -> &Role {
        &self.role
    }

    pub fn session_name(&self) -> &SessionName {
        &self.session_name
    }

    /// What the session will carry beside its name.
    pub fn carried(&self) -> &Carried {
        &self.carried
    }

    /// Who is behind the one session that it is for, and what that carries.
    pub fn used_up(self) -> (Bearer, Carried) {
        (self.bearer, self.carried)
    }

    /// The longest duration that may be asked for: the role's maximum, or one hour for a chained session.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// The moment that nothing outlives, whatever was asked for.
    pub fn ends(&self) -> Option<OffsetDateTime> {
        self.ends
    }

    /// The statement of the trust policy that allowed it.
    pub fn statement(&self) -> &str {
        &self.statement
    }

    /// The names of the provider's rules that gave the role, if rules did.
    pub fn given_by(&self) -> &[String] {
        &self.given_by
    }

    /// Whether a role session assumed this role.
    pub fn is_chained(&self) -> bool {
        is_chained(&self.bearer.ancestors, &self.bearer.subject)
    }
}
