//! What a session keeps of the token that it was traded for: the condition keys that AWS still has in its later requests
//! (AWS, "Available keys for AWS web identity federation").

use super::context::is_plain;
use super::{FederatedIdentity, TrustError, left_out};
use crate::policy::outlasts_the_token;
use crate::words::RoleArn;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Claims by their names, as JSON that is read where a policy asks: most requests ask none. The subject is the session's
/// own. Nothing is dropped for being long, or a Deny would be: a session whose token would not fit is refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenSubject(Box<RawValue>);

impl PartialEq for TokenSubject {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for TokenSubject {}

impl TokenSubject {
    /// Fails when one of the claims says something that no condition sees: what denies by it would not deny.
    pub(super) fn of(
        identity: &FederatedIdentity,
        original_audience: &[String],
        role: &RoleArn,
    ) -> Result<Self, TrustError> {
        let issuer = identity.provider.issuer().unwrap_or_default();
        let lasts = |claim: &str| outlasts_the_token(issuer, claim);
        // No claim stands in for these, however it is spelled.
        let is_ours = |claim: &str| ["aud", "oaud", "sub"].iter().any(|ours| ours.eq_ignore_ascii_case(claim));
        let mut kept = BTreeMap::from([("aud", Cow::Owned(Value::from(identity.audience.as_str())))]);
        for (claim, value) in identity.claims.iter().filter(|(claim, _)| lasts(claim) && !is_ours(claim)) {
            if !is_plain(value) {
                return Err(left_out::not_plain(claim, left_out::sessions_of(role.as_str())));
            }
            if !value.is_null() {
                kept.insert(claim, Cow::Borrowed(value));
            }
        }
        let original = match original_audience {
            [] => None,
            [only] => Some(Value::from(only.as_str())),
            several => Some(Value::from(several)),
        };
        kept.extend(original.filter(|_| lasts("oaud")).map(|value| ("oaud", Cow::Owned(value))));
        Ok(Self(to_raw_value(&kept).expect("claims are plain data")))
    }

    /// `None` if another version of this house wrote what this one cannot read.
    pub(super) fn claims(&self) -> Option<Map<String, Value>> {
        serde_json::from_str(self.0.get()).ok()
    }
}
