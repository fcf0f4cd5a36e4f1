//! Who signed a request.

use super::{RoleSession, UserSession};
use crate::catalogue::{Catalogue, NamedPolicy, Role, User};
use crate::policy::Permissions;
use crate::sigv4::ProvenSignature;
use crate::words::{AccountId, RoleArn, SessionName};
use std::sync::Arc;

/// The identity behind an access key.
pub enum Caller {
    /// With a long-lived access key.
    User {
        user: Arc<User>,
        access_key_id: String,
    },
    /// A user, with temporary credentials of their own.
    UserSession {
        user: Arc<User>,
        session: UserSession,
    },
    RoleSession {
        session: Box<RoleSession>,
        role: RoleArn,
        name: SessionName,
    },
}

/// A caller whose signature held.
pub struct VerifiedCaller {
    caller: Caller,
}

impl VerifiedCaller {
    /// The proof is used up: one signature, one caller. `None` when it was made with a key that is not this caller's.
    pub fn new(proof: ProvenSignature, caller: Caller) -> Option<Self> {
        let id = proof.access_key_id();
        let theirs = match &caller {
            Caller::User { user, access_key_id } => {
                access_key_id == id && user.access_keys.iter().any(|key| key.active && key.id == id)
            }
            Caller::UserSession { user, session } => session.access_key_id == id && session.user == user.arn.as_str(),
            Caller::RoleSession { session, .. } => session.access_key_id == id,
        };
        theirs.then_some(Self { caller })
    }

    /// Nobody has signed: for asking what would be. What comes of it stays within `trust`, where nothing is minted.
    pub(super) fn supposed(caller: Caller) -> Self {
        Self { caller }
    }

    pub fn who(&self) -> &Caller {
        &self.caller
    }

    pub fn access_key_id(&self) -> &str {
        match &self.caller {
            Caller::User { access_key_id, .. } => access_key_id,
            Caller::UserSession { session, .. } => &session.access_key_id,
            Caller::RoleSession { session, .. } => &session.access_key_id,
        }
    }

    pub fn account(&self) -> AccountId {
        match &self.caller {
            Caller::User { user, .. } | Caller::UserSession { user, .. } => user.arn.account(),
            Caller::RoleSession { role, .. } => role.account(),
        }
    }

    /// The ARN as GetCallerIdentity tells it.
    pub fn arn(&self) -> String {
        match &self.caller {
            Caller::User { user, .. } | Caller::UserSession { user, .. } => user.arn.to_string(),
            Caller::RoleSession { role, name, .. } => role.session(name),
        }
    }

    /// `AIDA…`, or `AROA…:session`.
    pub fn user_id(&self) -> String {
        match &self.caller {
            Caller::User { user, .. } | Caller::UserSession { user, .. } => user.id(),
            Caller::RoleSession { role, name, .. } => format!("{}:{name}", Role::id_of(role)),
        }
    }

    /// The user who signed, with whichever credentials.
    pub fn user(&self) -> Option<&User> {
        match &self.caller {
            Caller::User { user, .. } | Caller::UserSession { user, .. } => Some(user),
            Caller::RoleSession { .. } => None,
        }
    }

    pub fn role_session(&self) -> Option<&RoleSession> {
        match &self.caller {
            Caller::RoleSession { session, .. } => Some(session),
            Caller::User { .. } | Caller::UserSession { .. } => None,
        }
    }

    /// The sessions that one assumed by this caller descends from.
    pub(super) fn lineage(&self) -> Vec<String> {
        match &self.caller {
            Caller::User { .. } => Vec::new(),
            Caller::UserSession { session, .. } => vec![session.access_key_id.clone()],
            Caller::RoleSession { session, .. } => {
                session.ancestors.iter().chain([&session.access_key_id]).cloned().collect()
            }
        }
    }

    /// The policies that the session was limited by when it began.
    pub(super) fn session_policies(&self, catalogue: &Catalogue) -> Vec<NamedPolicy> {
        self.role_session().map(|session| session.carried.policies.compile(catalogue)).unwrap_or_default()
    }

    /// What this caller is permitted now, by its policies and within those of its session. A session of a role that is gone is permitted nothing.
    pub(super) fn permissions<'a>(
        &'a self,
        catalogue: &'a Catalogue,
        session_policies: &'a [NamedPolicy],
    ) -> Permissions<'a> {
        let (policies, boundary) = match (self.user(), self.worn(catalogue)) {
            (Some(user), _) => (user.policies.as_slice(), None),
            (None, Some(role)) => (role.policies.as_slice(), role.boundary.as_ref()),
            (None, None) => (&[][..], None),
        };
        let identity = Permissions::of(policies.iter().map(NamedPolicy::named));
        let session = session_policies.iter().map(NamedPolicy::named).collect();
        Permissions { boundary: boundary.map(NamedPolicy::named), session, ..identity }
    }

    /// The role whose session this is, as it is now.
    pub(super) fn worn<'a>(&self, catalogue: &'a Catalogue) -> Option<&'a Role> {
        match &self.caller {
            Caller::User { .. } | Caller::UserSession { .. } => None,
            Caller::RoleSession { role, .. } => catalogue.role(role).map(|role| &**role),
        }
    }
}
