//! Who is behind a session, as it stays through every role that is assumed from it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// 2 to 64 characters of `[A-Za-z0-9_+=,.@-]` (STS `sourceIdentityType`), which has no colon and so cannot begin with
/// the reserved `aws:`. ASCII only, as [`super::SessionName`] is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceIdentity(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a source identity is 2 to 64 characters of letters, digits and _+=,.@-")]
pub struct NotASourceIdentity;

impl SourceIdentity {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SourceIdentity {
    type Err = NotASourceIdentity;

    fn from_str(text: &str) -> Result<Self, NotASourceIdentity> {
        match text.parse::<super::SessionName>() {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err(NotASourceIdentity),
        }
    }
}

impl fmt::Display for SourceIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
