//! A 12-digit account number.

use std::fmt;
use std::str::FromStr;

/// An account's id: exactly twelve ASCII digits, leading zeros kept (AWS account identifiers).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId([u8; 12]);

impl AccountId {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("twelve ASCII digits")
    }
}

/// The text was not twelve digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an account id is exactly 12 digits, as in \"111122223333\"")]
pub struct NotAnAccount;

impl FromStr for AccountId {
    type Err = NotAnAccount;

    fn from_str(text: &str) -> Result<Self, NotAnAccount> {
        let digits: [u8; 12] = text.as_bytes().try_into().map_err(|_| NotAnAccount)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(NotAnAccount);
        }
        Ok(Self(digits))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
