//! The name of a role session: who wore the role, as it stands in every later ARN.

use std::fmt;
use std::str::FromStr;

/// 2 to 64 characters of `[A-Za-z0-9_+=,.@-]` (STS `roleSessionNameType`). ASCII only: a Unicode "word character"
/// here would be a look-alike in somebody's audit log.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionName(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a session name is 2 to 64 characters of letters, digits and _+=,.@-")]
pub struct NotASessionName;

impl SessionName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SessionName {
    type Err = NotASessionName;

    fn from_str(text: &str) -> Result<Self, NotASessionName> {
        let fits = (2..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(NotASessionName) }
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
