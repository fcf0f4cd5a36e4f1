//! GetFederationToken: may a user hand on a part of what they may do?

use super::context::{self, Asks};
use super::decision::permitted;
use super::mfa::Factors;
use super::{Caller, Carried, Denial, SessionPolicies, Surroundings, VerifiedCaller};
use crate::catalogue::{AccessKey, Catalogue, User};
use crate::trace::Trace;
use crate::words::{FederatedName, SessionTags};
use std::sync::Arc;

/// The permission to make credentials for somebody, once. Only [`decide_for_federated_user`] makes one.
pub struct FederationGrant {
    pub(super) user: Arc<User>,
    pub(super) made_with: String,
    pub(super) name: FederatedName,
    pub(super) carried: Carried,
}

impl FederationGrant {
    /// The user who gives.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The user's access key that the credentials will end with.
    pub fn made_with(&self) -> &str {
        &self.made_with
    }

    /// [`AccessKey::fingerprint`] of it.
    pub fn key_fingerprint(&self) -> String {
        let key = self.user.access_keys.iter().find(|key| key.id == self.made_with);
        key.map(AccessKey::fingerprint).unwrap_or_default().to_owned()
    }

    pub fn name(&self) -> &FederatedName {
        &self.name
    }

    /// Tags, none of them transitive, and session policies.
    pub fn carried(&self) -> &Carried {
        &self.carried
    }

    /// The same within these policies; within none the credentials are good for nothing that the user's own policies allow.
    pub fn limited_by(mut self, policies: SessionPolicies) -> Self {
        self.carried.policies = policies;
        self
    }
}

/// The user's own policies must allow `sts:GetFederationToken` on the federated user's ARN, and `sts:TagSession` as well
/// where there are tags (IAM User Guide, "Granting permissions to create temporary security credentials"). Only a user who
/// signs with a long-lived key can have such a grant: `None` for everybody else.
pub fn decide_for_federated_user(
    catalogue: &Catalogue,
    caller: &VerifiedCaller,
    name: &FederatedName,
    tags: SessionTags,
    around: &Surroundings,
    trace: &mut Trace,
) -> Option<Result<FederationGrant, Box<Denial>>> {
    let Caller::User { user, access_key_id } = caller.who() else { return None };
    let carried = Carried { tags, ..Carried::default() };
    let resource = name.arn(user.arn.account());
    let factors = Factors::of_caller(caller, false, around.now);
    let known = match context::caller(catalogue, caller, None, Asks::default(), &carried, factors, around) {
        Ok(known) => known,
        Err(error) => return Some(Err(Box::new(Denial::without_keys(error, &resource)))),
    };
    for action in [GET_FEDERATION_TOKEN].into_iter().chain(carried.needs()) {
        if let Err(denial) = permitted(catalogue, caller, action, &resource, known.clone(), trace) {
            return Some(Err(denial));
        }
    }
    Some(Ok(FederationGrant { user: user.clone(), made_with: access_key_id.clone(), name: name.clone(), carried }))
}

const GET_FEDERATION_TOKEN: &str = "sts:GetFederationToken";
