//! Numbers, compared digit by digit: no rounding, whatever their length.

use std::cmp::Ordering;

/// `-12.50e3` is a sign, the digits `12` and `5`, and where the point stands: it is -0.125 times ten to the fifth.
pub(super) struct Decimal<'a> {
    negative: bool,
    /// Without zeros at the beginning of the first and at the end of the last.
    digits: [&'a str; 2],
    power: i64,
}

/// Zero is smaller than whatever has digits.
const OF_ZERO: i64 = i64::MIN;

impl<'a> Decimal<'a> {
    /// An optional minus sign, digits, perhaps a point with more digits, perhaps an exponent: what JSON calls a number, and
    /// zeros before it. No plus, no white space.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (minus, unsigned) = text.strip_prefix('-').map_or((false, text), |unsigned| (true, unsigned));
        let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let (digits, before_point) = match (whole, fraction) {
            ("", "") => return Some(Self { negative: false, digits: ["", ""], power: OF_ZERO }),
            ("", fraction) => {
                let digits = fraction.trim_start_matches('0');
                (["", digits], digits.len() as i64 - fraction.len() as i64)
            }
            (whole, "") => ([whole.trim_end_matches('0'), ""], whole.len() as i64),
            (whole, fraction) => ([whole, fraction], whole.len() as i64),
        };
        Some(Self { negative: minus, digits, power: before_point + i64::from(exponent) })
    }

    /// Times a billion, without what then stands behind the point. `None` if that has more than 28 digits.
    pub(super) fn billionths(&self) -> Option<i128> {
        const MOST: i64 = 28;
        let count = self.power.saturating_add(9).max(0);
        let digits = self.digits().chain(std::iter::repeat(b'0')).take(usize::try_from(count).ok()?);
        let sum = || digits.fold(0, |so_far, digit| so_far * 10 + i128::from(digit - b'0'));
        (count <= MOST).then(sum).map(|size| if self.negative { -size } else { size })
    }

    fn digits(&self) -> impl Iterator<Item = u8> {
        self.digits.iter().flat_map(|digits| digits.bytes())
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Without zeros at the end, digits behind the same point are in the order of their numbers.
        let larger = || self.power.cmp(&other.power).then_with(|| self.digits().cmp(other.digits()));
        match (self.negative, other.negative) {
            (false, false) => larger(),
            (true, true) => larger().reverse(),
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

impl Eq for Decimal<'_> {}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
