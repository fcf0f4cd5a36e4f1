//! Who signed a request.

use super::RoleSession;
use crate::catalogue::{Catalogue, NamedPolicy, Role, User};
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

    /// The permission policies that hold for this caller now. A session of a role that is gone has none.
    pub(super) fn policies<'a>(&'a self, catalogue: &'a Catalogue) -> &'a [NamedPolicy] {
        match &self.caller {
            Caller::User(user) => &user.policies,
            Caller::Session { role, .. } => catalogue.role(role).map_or(&[], |role| &role.policies),
        }
    }
}
