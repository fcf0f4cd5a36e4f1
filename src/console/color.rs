//! The colour that somebody gives a role, so that they see at a glance where they are.

use serde::{Deserialize, Serialize};

/// Six hexadecimal digits, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color(String);

/// Those that AWS's console offers, with their names.
pub const PALETTE: [(&str, &str); 5] =
    [("Red", "f2b0a9"), ("Orange", "fbbf93"), ("Yellow", "fad791"), ("Green", "b7ca9d"), ("Blue", "99bce3")];

impl Color {
    /// `#?[0-9A-Fa-f]{6}`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        let fits = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| Self(digits.to_ascii_lowercase()))
    }

    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Black or white, whichever is read better on it (WCAG 2.2, "contrast ratio"): of the two one always has 4.5 to 1.
    pub fn ink(&self) -> &'static str {
        let light = self.luminance() + 0.05;
        if light / 0.05 >= 1.05 / light { "000000" } else { "ffffff" }
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(&self) -> f64 {
        let part = |from: usize| {
            let value = f64::from(u8::from_str_radix(&self.0[from..from + 2], 16).unwrap_or_default()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
    }
}

impl TryFrom<String> for Color {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("this is no colour")
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.0
    }
}
