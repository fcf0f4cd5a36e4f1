//! One-time passwords of authenticator apps (RFC 6238: HMAC-SHA-1, 30 seconds, six digits).

use super::{Secret, sha256};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use time::OffsetDateTime;

/// What the device and we share. As [`Secret`]: no `Debug`, no `==`.
pub struct TotpSecret(Secret);

/// Why a text is no such secret. It is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotATotpSecret {
    #[error("is not base32: letters and the digits 2 to 7, without spaces, with whole bytes and right padding or none")]
    Base32,
    #[error(
        "has {bits} bits; at least 80 are needed, and 128 are better (`head -c 20 /dev/urandom | base32` makes 160)"
    )]
    Short { bits: usize },
}

const STEP: i64 = 30;
const LEAST_BITS: usize = 80;

impl TotpSecret {
    /// Base32 (RFC 4648 §6) in either case, with its padding or without.
    pub fn parse(text: &str) -> Result<Self, NotATotpSecret> {
        let bytes = base32(text).ok_or(NotATotpSecret::Base32)?;
        match bytes.expose().len() * 8 {
            bits if bits < LEAST_BITS => Err(NotATotpSecret::Short { bits }),
            _ => Ok(Self(bytes)),
        }
    }

    /// The place of a secret that was left shut.
    pub fn shut() -> Self {
        Self(Secret::new(Vec::new()))
    }

    /// Tells one secret from another, and nothing of either: at least 80 bits of chance stand behind it.
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(self.0.expose())
    }

    /// The time step that a code is of: now, or the one before or after it, for clocks that are a little off and people
    /// that are a little slow. All three are compared, whatever the first says.
    pub fn step_of(&self, code: &str, now: OffsetDateTime) -> Option<i64> {
        let present = now.unix_timestamp().div_euclid(STEP);
        let compared = [present - 1, present, present + 1].map(|step| {
            let same = verify_slices_are_equal(self.code(step).as_bytes(), code.as_bytes()).is_ok();
            same.then_some(step)
        });
        compared.into_iter().flatten().max()
    }

    /// RFC 4226 §5.3.
    fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.0.expose());
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[19] & 15);
        let number = u32::from_be_bytes([tag[at] & 127, tag[at + 1], tag[at + 2], tag[at + 3]]);
        format!("{:06}", number % 1_000_000)
    }
}

fn base32(text: &str) -> Option<Secret> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let whole = matches!(digits.len() % 8, 0 | 2 | 4 | 5 | 7);
    let padded = padding == 0 || (padding < 8 && text.len().is_multiple_of(8));
    if !whole || !padded {
        return None;
    }
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(digits.len() * 5 / 8), 0_u16, 0);
    for digit in digits.bytes() {
        let value = match digit.to_ascii_uppercase() {
            letter @ b'A'..=b'Z' => letter - b'A',
            number @ b'2'..=b'7' => number - b'2' + 26,
            _ => return None,
        };
        (bits, count) = ((bits << 5) | u16::from(value), count + 5);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    // What is left over of the last digit means nothing, and so must be nothing.
    (bits == 0).then(|| Secret::new(bytes))
}
