//! Who is counted as one, where it is counted how often somebody asks.

use super::{Caller, FederatedIdentity, RoleSession, Session, UserIdentity, VerifiedCaller};

/// Each kind stands by itself, so that nobody is counted as somebody whose name they bear elsewhere; and nothing of it is
/// chosen by who is counted, so that another name is neither a fresh start nor somebody else's burden.
#[derive(Hash)]
pub enum Counted<'a> {
    /// Issuer and subject.
    Federated(&'a str, &'a str),
    /// A user's ARN, whichever credentials of their own they use.
    User(&'a str),
    /// The role, the provider if one stands at the beginning, and who began it: the subject there, a user's ARN, or of a
    /// session that another assumed, the access key id of the first of them.
    Role(&'a str, Option<&'a str>, &'a str),
    /// The user who made the credentials, and what they call whom these are for.
    FederatedUser(&'a str, &'a str),
}

impl FederatedIdentity {
    pub fn counted_as(&self) -> Counted<'_> {
        let (issuer, subject) = self.named();
        Counted::Federated(issuer, subject)
    }
}

impl UserIdentity {
    pub fn counted_as(&self) -> Counted<'_> {
        Counted::User(self.arn())
    }
}

impl Session {
    pub fn counted_as(&self) -> Counted<'_> {
        match self {
            Self::Role(session) => session.counted_as(),
            Self::User(session) => Counted::User(&session.user),
            Self::FederatedUser(session) => Counted::FederatedUser(&session.user, &session.name),
        }
    }
}

impl VerifiedCaller {
    pub fn counted_as(&self) -> Counted<'_> {
        match self.who() {
            Caller::User { user, .. } | Caller::UserSession { user, .. } | Caller::SignedIn { user, .. } => {
                Counted::User(user.arn.as_str())
            }
            Caller::RoleSession { session, .. } => session.counted_as(),
            Caller::FederatedUser { session, .. } => Counted::FederatedUser(&session.user, &session.name),
        }
    }
}

impl RoleSession {
    /// The subject of a chained one has in it the name that its maker chose for the session before.
    fn counted_as(&self) -> Counted<'_> {
        let first = self.ancestors.first().filter(|_| self.is_chained());
        Counted::Role(&self.role, self.provider.as_deref(), first.unwrap_or(&self.subject))
    }
}
