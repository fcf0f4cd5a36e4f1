//! What a user calls somebody whom they give temporary credentials to.

use super::{AccountId, SessionName};
use std::fmt;
use std::str::FromStr;

/// 2 to 32 characters of `[A-Za-z0-9_+=,.@-]` (STS `userNameType` of GetFederationToken).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FederatedName(SessionName);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the name of a federated user is 2 to 32 characters of letters, digits and _+=,.@-")]
pub struct NotAFederatedName;

impl FederatedName {
    const LONGEST: usize = 32;

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// `arn:aws:sts::<account>:federated-user/<name>`.
    pub fn arn(&self, account: AccountId) -> String {
        format!("arn:aws:sts::{account}:federated-user/{self}")
    }
}

impl FromStr for FederatedName {
    type Err = NotAFederatedName;

    fn from_str(text: &str) -> Result<Self, NotAFederatedName> {
        let name = text.parse().ok().filter(|_| text.len() <= Self::LONGEST);
        name.map(Self).ok_or(NotAFederatedName)
    }
}

impl fmt::Display for FederatedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
