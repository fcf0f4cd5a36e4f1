//! Whole and decimal numbers, compared digit by digit: no rounding, whatever their length.

use std::cmp::Ordering;

/// `-12.50` is a sign, the digits `12` and the digits `5`.
#[derive(PartialEq, Eq)]
pub(super) struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    /// An optional minus sign, digits, and perhaps a point with more digits. No exponent, no plus, no white space.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (minus, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let is_zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: minus && !is_zero, whole, fraction })
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Without leading zeros the longer whole part is the larger one; without trailing zeros texts of digits after
        // the point are in the order of their numbers.
        let sizes = |n: &Self| n.whole.len();
        let larger =
            sizes(self).cmp(&sizes(other)).then(self.whole.cmp(other.whole)).then(self.fraction.cmp(other.fraction));
        match (self.negative, other.negative) {
            (false, false) => larger,
            (true, true) => larger.reverse(),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
