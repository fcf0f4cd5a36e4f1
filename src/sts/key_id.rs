//! Access key ids of temporary credentials: `ASIA` and 80 bits in base32, a one, the account's 40, 22 of the time and 17
//! random ones; AWS's have the account in the same place.
//!
//! So the id alone tells the account: on every node, without the store, also after the session has ended, and to the tools
//! that read AWS's ids. It is no secret and proves nothing. What is given at one time is recorded side by side, however much
//! else is on record: the time counts sixteenths of a second and begins anew every three days, when no session of the round
//! before is left. With a thousand sessions of an account a second, one draw in four thousand meets an id that is in use:
//! then another is drawn.

use crate::ambient::Random;
use crate::words::AccountId;
use time::OffsetDateTime;

const PREFIX: &str = "ASIA";
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LETTERS: u32 = 16;
/// Below the account: the slot, then noise.
const OWN_BITS: u32 = 39;
const SLOT_BITS: u32 = 22;
const SLOTS_A_SECOND: i64 = 16;
const RANDOM_BITS: u32 = OWN_BITS - SLOT_BITS;
/// Ids of AWS's older form, which say nothing of an account, begin with a zero.
const TELLS_ACCOUNT: u128 = 1 << 79;
const MOST_ACCOUNT: u128 = 999_999_999_999;

pub(super) fn draw(account: AccountId, now: OffsetDateTime, random: &Random) -> String {
    let noise = u128::from(u64::from_be_bytes(random.bytes()) >> (64 - RANDOM_BITS));
    let of_the_second = i64::from(now.nanosecond()) * SLOTS_A_SECOND / 1_000_000_000;
    let slot = (now.unix_timestamp() * SLOTS_A_SECOND + of_the_second).rem_euclid(1 << SLOT_BITS) as u128;
    let account: u64 = account.as_str().parse().expect("twelve digits");
    let bits = TELLS_ACCOUNT | u128::from(account) << OWN_BITS | slot << RANDOM_BITS | noise;
    let letter = |n: u32| char::from(ALPHABET[(bits >> (5 * n) & 31) as usize]);
    let mut id = String::with_capacity(PREFIX.len() + LETTERS as usize);
    id.push_str(PREFIX);
    id.extend((0..LETTERS).rev().map(letter));
    id
}

/// Whether a session's id can be this, of whatever session and wherever it was made.
pub fn is_well_formed(id: &str) -> bool {
    bits(id).is_some()
}

/// The account that an id tells, of whatever session and wherever it was made.
pub(super) fn account(id: &str) -> Option<AccountId> {
    let bits = bits(id)?;
    let account = (bits & !TELLS_ACCOUNT) >> OWN_BITS;
    let tells = bits & TELLS_ACCOUNT != 0 && account <= MOST_ACCOUNT;
    tells.then(|| format!("{account:012}").parse().ok()).flatten()
}

fn bits(id: &str) -> Option<u128> {
    let letters = id.strip_prefix(PREFIX).filter(|rest| rest.len() == LETTERS as usize)?;
    letters.bytes().try_fold(0_u128, |bits, letter| {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        Some(bits << 5 | u128::from(value))
    })
}
