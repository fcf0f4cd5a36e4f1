//! Who puts a role on.

use crate::sts::Who;
use crate::trust::{FederatedIdentity, VerifiedCaller};
use time::Duration;

/// The original identity, as it is known where the role is given.
pub(super) enum Wearer {
    /// At one registration of their identity provider.
    Person(Box<FederatedIdentity>),
    User(Box<VerifiedCaller>),
}

impl Wearer {
    pub(super) fn who(&self) -> Who<'_> {
        match self {
            Self::Person(identity) => Who::Federated(identity),
            Self::User(caller) => Who::Caller(caller, None),
        }
    }

    /// How long it may last, if the identity provider says so.
    pub(super) fn longest(&self) -> Option<Duration> {
        match self {
            Self::Person(identity) => identity.console_duration(),
            Self::User(_) => None,
        }
    }
}
