//! Who signed a request.

use super::RoleSession;
use crate::catalogue::{Catalogue, NamedPolicy, Role, User};
use crate::policy::Permissions;
use crate::sigv4::ProvenSignature;
use crate::words::{AccountId, RoleArn, SessionName};
use std::sync::Arc;

/// The identity behind an access key.
pub enum Caller {
    User(Arc<User>),
    Session { session: Box<RoleSession>, role: RoleArn, name: SessionName },
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
            Caller::User(user) => user.access_keys.iter().any(|key| key.id == id),
            Caller::Session { session, .. } => session.access_key_id == id,
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

    pub fn account(&self) -> AccountId {
        match &self.caller {
            Caller::User(user) => user.arn.account(),
            Caller::Session { role, .. } => role.account(),
        }
    }

    /// The ARN as GetCallerIdentity tells it.
    pub fn arn(&self) -> String {
        match &self.caller {
            Caller::User(user) => user.arn.to_string(),
            Caller::Session { role, name, .. } => role.session(name),
        }
    }

    /// `AIDA…`, or `AROA…:session`.
    pub fn user_id(&self) -> String {
        match &self.caller {
            Caller::User(user) => user.id(),
            Caller::Session { role, name, .. } => format!("{}:{name}", Role::id_of(role)),
        }
    }

    pub fn session(&self) -> Option<&RoleSession> {
        match &self.caller {
            Caller::Session { session, .. } => Some(session),
            Caller::User(_) => None,
        }
    }

    /// The policies that the session was limited by when it began.
    pub(super) fn session_policies(&self, catalogue: &Catalogue) -> Vec<NamedPolicy> {
        self.session().map(|session| session.carried.policies.compile(catalogue)).unwrap_or_default()
    }

    /// What this caller is permitted now, by its policies and within those of its session. A session of a role that is gone is permitted nothing.
    pub(super) fn permissions<'a>(
        &'a self,
        catalogue: &'a Catalogue,
        session_policies: &'a [NamedPolicy],
    ) -> Permissions<'a> {
        let (policies, boundary) = match (&self.caller, self.worn(catalogue)) {
            (Caller::User(user), _) => (user.policies.as_slice(), None),
            (Caller::Session { .. }, Some(role)) => (role.policies.as_slice(), role.boundary.as_ref()),
            (Caller::Session { .. }, None) => (&[][..], None),
        };
        let identity = Permissions::of(policies.iter().map(NamedPolicy::named));
        let session = session_policies.iter().map(NamedPolicy::named).collect();
        Permissions { boundary: boundary.map(NamedPolicy::named), session, ..identity }
    }

    /// The role whose session this is, as it is now.
    pub(super) fn worn<'a>(&self, catalogue: &'a Catalogue) -> Option<&'a Role> {
        match &self.caller {
            Caller::User(_) => None,
            Caller::Session { role, .. } => catalogue.role(role).map(|role| &**role),
        }
    }
}
