//! Several people side by side in one browser.

use serde::{Deserialize, Serialize};

/// Which of a browser's sessions: each has a cookie and pages of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Nth(u8);

/// Each costs a browser one cookie in every request.
const MOST: u8 = 9;

impl Nth {
    pub const FIRST: Self = Self(1);

    pub fn all() -> impl Iterator<Item = Self> {
        (1..=MOST).map(Self)
    }

    /// `1` to `9`, in this one spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::all().find(|nth| nth.number().to_string() == text)
    }

    pub fn number(self) -> u8 {
        self.0
    }
}

impl Default for Nth {
    fn default() -> Self {
        Self::FIRST
    }
}

impl TryFrom<u8> for Nth {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        Self::all().find(|nth| nth.0 == number).ok_or("there is no session of that number")
    }
}

impl From<Nth> for u8 {
    fn from(nth: Nth) -> Self {
        nth.0
    }
}
