//! What a caller was denied, for whoever may read it later.
//!
//! It tells of the role no more than the caller said of it: neither whether there is one, nor its tags, nor, where it is
//! another account's, what its trust policy says. What callers bring as a secret, the external id, is not in it.

use super::context::{self, Asks};
use super::decision::{ASSUME_ROLE, denied_by_own_policies};
use super::mfa::Factors;
use super::{Carried, TrustError, VerifiedCaller, Wanted};
use crate::catalogue::Catalogue;
use crate::policy::{Context, Values};
use std::collections::BTreeMap;

pub struct Denial {
    pub error: TrustError,
    /// What the caller is told instead: that their own policies do not allow it. AWS asks those first, so that whoever may
    /// nothing is told the same of every role, whether it is there and whom it trusts.
    pub told: Option<TrustError>,
    /// An ARN, or `*` where the action knows no resource.
    pub resource: String,
    /// The statements that denied it, as far as the caller's account may know of them.
    pub denied_by: Option<String>,
    /// The condition keys of the request, in lower case.
    pub conditions: BTreeMap<String, Values>,
}

impl Denial {
    /// Whether nothing denied it: the caller's own policies do not speak of it.
    pub fn is_silence(&self) -> bool {
        matches!(self.error, TrustError::CallerNotAllowed { denied: None, .. })
    }

    /// Of a request whose condition keys cannot be told.
    pub(super) fn without_keys(error: TrustError, resource: &str) -> Self {
        Self { error, told: None, resource: resource.to_owned(), denied_by: None, conditions: BTreeMap::new() }
    }

    /// Of a role that was asked for.
    pub fn of_role(catalogue: &Catalogue, caller: &VerifiedCaller, wanted: &Wanted<'_>, error: TrustError) -> Self {
        let (tags, source_identity) = (wanted.tags.clone(), wanted.source_identity.clone());
        let carried = Carried::chained(caller.role_session(), tags, source_identity).unwrap_or_default();
        let factors = Factors::of_caller(caller, wanted.fresh_code, wanted.around.now);
        let known = |external_id| {
            let source_identity = wanted.source_identity.as_ref();
            let asks = Asks { session_name: Some(&wanted.session_name), external_id, source_identity };
            context::caller(catalogue, caller, None, asks, &carried, factors, wanted.around)
        };
        // Whoever is refused what goes along with it may assume the role as such.
        let of_the_role = match &error {
            TrustError::NoSuchRole { .. } | TrustError::ExplicitDeny { .. } | TrustError::NoStatementAllows { .. } => {
                true
            }
            TrustError::CallerNotAllowed { action, .. } => &**action == ASSUME_ROLE,
            _ => false,
        };
        let told = of_the_role.then(|| known(wanted.external_id).ok()).flatten();
        let told = told.and_then(|known| denied_by_own_policies(catalogue, caller, wanted.role, &known));
        let of_own = wanted.role.account() == caller.account() || matches!(error, TrustError::CallerNotAllowed { .. });
        let denied_by = error.denied_by().filter(|_| of_own).map(str::to_owned);
        // Nothing is decided by them any more.
        let conditions = known(None).map(Context::into_sorted).unwrap_or_default();
        Self { error, told, resource: wanted.role.to_string(), denied_by, conditions }
    }
}
