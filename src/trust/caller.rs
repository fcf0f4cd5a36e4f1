//! Who signed a request.

use super::switch::SignedInWith;
use super::{Carried, FederatedSession, RoleSession, UserSession};
use crate::catalogue::{Catalogue, NamedPolicy, Role, User};
use crate::policy::{Permissions, Policy};
use crate::sigv4::ProvenSignature;
use crate::words::{AccountId, FederatedName, RoleArn, SessionName, SessionTag, SourceIdentity};
use std::sync::Arc;
use time::OffsetDateTime;

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
    /// Somebody with the credentials that a user made for them.
    FederatedUser {
        user: Arc<User>,
        session: Box<FederatedSession>,
        name: FederatedName,
    },
    /// A user in a browser, with password and code, since then.
    SignedIn {
        user: Arc<User>,
        at: OffsetDateTime,
    },
}

/// A caller whose signature held, or whose password and code.
pub struct VerifiedCaller {
    caller: Caller,
    /// Of a role's session that is worn in a browser.
    signed_in_with: Option<SignedInWith>,
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
            Caller::FederatedUser { user, session, .. } => {
                session.access_key_id == id && session.user == user.arn.as_str()
            }
            Caller::SignedIn { .. } => false,
        };
        theirs.then_some(Self { caller, signed_in_with: None })
    }

    /// A user who has shown password and code, of which [`super::UserIdentity`] is the proof.
    pub(super) fn signed_in(user: Arc<User>, at: OffsetDateTime) -> Self {
        Self { caller: Caller::SignedIn { user, at }, signed_in_with: None }
    }

    /// Whoever wears a session in a browser: the seal of the console's session has told, which its cookie has opened. Only the
    /// STS calls this, which a test of the architecture holds it to.
    pub fn in_a_browser(caller: Caller) -> Self {
        Self { caller, signed_in_with: None }
    }

    /// What a session is called whose name nobody chose: as the user, or by their id where a name of one letter is none for
    /// a session.
    pub fn own_session_name(&self) -> Option<SessionName> {
        let user = self.user()?;
        user.arn.name().parse().or_else(|_| user.id.parse()).ok()
    }

    /// Nobody has signed: for asking what would be. What comes of it stays within `trust`, where nothing is minted.
    pub(super) fn supposed(caller: Caller) -> Self {
        Self { caller, signed_in_with: None }
    }

    pub(super) fn set_sign_in(&mut self, with: SignedInWith) {
        self.signed_in_with = Some(with);
    }

    pub(super) fn signed_in_with(&self) -> Option<&SignedInWith> {
        self.signed_in_with.as_ref()
    }

    pub fn who(&self) -> &Caller {
        &self.caller
    }

    /// By what they signed.
    pub fn access_key_id(&self) -> Option<&str> {
        match &self.caller {
            Caller::User { access_key_id, .. } => Some(access_key_id),
            Caller::UserSession { session, .. } => Some(&session.access_key_id),
            Caller::RoleSession { session, .. } => Some(&session.access_key_id),
            Caller::FederatedUser { session, .. } => Some(&session.access_key_id),
            Caller::SignedIn { .. } => None,
        }
    }

    pub fn account(&self) -> AccountId {
        match &self.caller {
            Caller::User { user, .. }
            | Caller::UserSession { user, .. }
            | Caller::FederatedUser { user, .. }
            | Caller::SignedIn { user, .. } => user.arn.account(),
            Caller::RoleSession { role, .. } => role.account(),
        }
    }

    /// The ARN as GetCallerIdentity tells it.
    pub fn arn(&self) -> String {
        match &self.caller {
            Caller::User { user, .. } | Caller::UserSession { user, .. } | Caller::SignedIn { user, .. } => {
                user.arn.as_str().to_owned()
            }
            Caller::RoleSession { role, name, .. } => role.session(name),
            Caller::FederatedUser { user, name, .. } => name.arn(user.arn.account()),
        }
    }

    /// The ARN of the role whose session it is, or of the user who made it for somebody: what names that speaks of this caller
    /// as well.
    pub(super) fn stands_for(&self) -> Option<&str> {
        match &self.caller {
            Caller::User { .. } | Caller::UserSession { .. } | Caller::SignedIn { .. } => None,
            Caller::RoleSession { session, .. } => Some(&session.role),
            Caller::FederatedUser { session, .. } => Some(&session.user),
        }
    }

    /// `AIDA…`, `AROA…:session`, or `<account>:<name>` of a federated user.
    pub fn user_id(&self) -> String {
        match &self.caller {
            Caller::User { user, .. } | Caller::UserSession { user, .. } | Caller::SignedIn { user, .. } => {
                user.id.clone()
            }
            Caller::RoleSession { role, name, .. } => format!("{}:{name}", Role::id_of(role)),
            Caller::FederatedUser { user, name, .. } => format!("{}:{name}", user.arn.account()),
        }
    }

    /// The user who signed, with whichever credentials of their own.
    pub fn user(&self) -> Option<&User> {
        match &self.caller {
            Caller::User { user, .. } | Caller::UserSession { user, .. } | Caller::SignedIn { user, .. } => Some(user),
            Caller::RoleSession { .. } | Caller::FederatedUser { .. } => None,
        }
    }

    pub fn role_session(&self) -> Option<&RoleSession> {
        match &self.caller {
            Caller::RoleSession { session, .. } => Some(session),
            Caller::User { .. }
            | Caller::UserSession { .. }
            | Caller::FederatedUser { .. }
            | Caller::SignedIn { .. } => None,
        }
    }

    /// What the session carries, if it is of a kind that carries anything.
    fn carried(&self) -> Option<&Carried> {
        match &self.caller {
            Caller::User { .. } | Caller::UserSession { .. } | Caller::SignedIn { .. } => None,
            Caller::RoleSession { session, .. } => Some(&session.carried),
            Caller::FederatedUser { session, .. } => Some(&session.carried),
        }
    }

    /// The principal's tags: the session's own, which go before those of its role.
    pub fn tags<'a>(&'a self, catalogue: &'a Catalogue) -> impl Iterator<Item = &'a SessionTag> {
        let own = self.carried().map(|carried| &carried.tags);
        let of_role = self.worn(catalogue).into_iter().flat_map(|role| role.tags.iter());
        let unset = move |tag: &&SessionTag| own.is_none_or(|tags| tags.get(&tag.key).is_none());
        own.into_iter().flat_map(|tags| tags.iter()).chain(of_role.filter(unset))
    }

    pub fn source_identity(&self) -> Option<&SourceIdentity> {
        self.carried().and_then(|carried| carried.source_identity.as_ref())
    }

    /// When the credentials end; a user's access key does not by itself.
    pub fn expires(&self) -> Option<OffsetDateTime> {
        match &self.caller {
            Caller::User { .. } | Caller::SignedIn { .. } => None,
            Caller::UserSession { session, .. } => Some(session.expires),
            Caller::RoleSession { session, .. } => Some(session.expires),
            Caller::FederatedUser { session, .. } => Some(session.expires),
        }
    }

    /// The sessions that one assumed by this caller descends from.
    pub(super) fn lineage(&self) -> Vec<String> {
        match &self.caller {
            Caller::User { .. } | Caller::SignedIn { .. } => Vec::new(),
            Caller::UserSession { session, .. } => vec![session.access_key_id.clone()],
            Caller::FederatedUser { session, .. } => vec![session.access_key_id.clone()],
            Caller::RoleSession { session, .. } => {
                session.ancestors.iter().chain([&session.access_key_id]).cloned().collect()
            }
        }
    }

    /// The policies that the session was limited by when it began. A federated user who was given none is allowed nothing
    /// by the user's (AWS STS, "GetFederationToken").
    pub(super) fn session_policies(&self, catalogue: &Catalogue) -> Vec<NamedPolicy> {
        let policies = self.carried().map(|carried| carried.policies.compile(catalogue)).unwrap_or_default();
        if policies.is_empty() && matches!(self.caller, Caller::FederatedUser { .. }) {
            return vec![NamedPolicy { name: "no session policy".into(), policy: Arc::new(Policy::default()) }];
        }
        policies
    }

    /// What this caller is permitted now, by its policies and within those of its session. A session of a role that is gone
    /// is permitted nothing.
    pub(super) fn permissions<'a>(
        &'a self,
        catalogue: &'a Catalogue,
        session_policies: &'a [NamedPolicy],
    ) -> Permissions<'a> {
        let (policies, boundary) = self.own_policies(catalogue);
        let identity = Permissions::of(policies.iter().map(NamedPolicy::named));
        let session = session_policies.iter().map(NamedPolicy::named).collect();
        Permissions { boundary: boundary.map(NamedPolicy::named), session, ..identity }
    }

    /// The user's or the role's, and the role's boundary.
    pub(super) fn own_policies<'a>(&'a self, catalogue: &'a Catalogue) -> (&'a [NamedPolicy], Option<&'a NamedPolicy>) {
        match &self.caller {
            Caller::User { user, .. }
            | Caller::UserSession { user, .. }
            | Caller::FederatedUser { user, .. }
            | Caller::SignedIn { user, .. } => (user.policies.as_slice(), None),
            Caller::RoleSession { .. } => match self.worn(catalogue) {
                Some(role) => (role.policies.as_slice(), role.boundary.as_ref()),
                None => (&[], None),
            },
        }
    }

    /// The role whose session this is, as it is now.
    pub(super) fn worn<'a>(&self, catalogue: &'a Catalogue) -> Option<&'a Role> {
        match &self.caller {
            Caller::User { .. }
            | Caller::UserSession { .. }
            | Caller::FederatedUser { .. }
            | Caller::SignedIn { .. } => None,
            Caller::RoleSession { role, .. } => catalogue.role(role).map(|role| &**role),
        }
    }
}
