//! Who is behind a record: the same as the store reads out of its text, which need not be read for it.

use super::Who;
use crate::store::Behind;
use crate::trust::{Caller, Session};

/// Of a switch it is whoever switched, not what they became. `whose` is [`crate::trust::FederatedIdentity::whose`] of a
/// bearer, where that is known already.
pub(super) fn behind(who: &Who<'_>, whose: Option<&str>) -> Behind {
    match who {
        Who::Federated(identity) => whose.map_or_else(|| Behind::known(&identity.whose()), Behind::known),
        Who::Caller(caller, _) | Who::AskedAbout { principal: caller, .. } => match caller.who() {
            Caller::User { user, .. } | Caller::SignedIn { user, .. } => Behind::known(user.arn.as_str()),
            Caller::UserSession { session, .. } => Behind::known(&session.user),
            Caller::RoleSession { session, .. } => Behind::Session(session.access_key_id.clone()),
            Caller::FederatedUser { session, .. } => Behind::Session(session.access_key_id.clone()),
        },
        Who::Session(Session::User(session)) => Behind::known(&session.user),
        Who::Session(session) => Behind::Session(session.access_key_id().to_owned()),
        Who::Former { user, .. } => Behind::known(user),
        Who::User(user) => Behind::known(user.arn.as_str()),
        Who::Provider(_) => Behind::Nobody,
    }
}
