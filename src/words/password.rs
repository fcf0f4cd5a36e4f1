//! Passwords, kept as Argon2id hashes (RFC 9106) in PHC strings: `$argon2id$v=19$m=65536,t=3,p=1$salt$hash`.

use super::{Secret, sha256};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::fmt;
use std::ops::RangeInclusive;
use zeroize::Zeroizing;

/// What a password is compared with. As [`Secret`]: no `Debug`, no `==`.
pub struct PasswordHash {
    cost: PasswordCost,
    salt: Vec<u8>,
    hash: Secret,
    fingerprint: [u8; 32],
}

/// What one comparison costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// In KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
}

/// Why a text is no such hash. It is not repeated. In the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAPasswordHash {
    #[error(
        "is not a PHC string, as in $argon2id$v=19$m=65536,t=3,p=1$…$… (`argon2 \"$(head -c 16 /dev/urandom | base64)\" -id -k 65536 -t 3 -p 1 -l 32 -e` makes one)"
    )]
    Form,
    #[error("is not argon2id, the one variant that withstands both side channels and guessing on graphics cards")]
    Variant,
    #[error("is not of version 19 (v=19) of Argon2")]
    Version,
    #[error("costs whoever guesses too little ({0}); at least m=19456 (19 MiB) and t=2 are needed")]
    Weak(PasswordCost),
    #[error("costs us too much at each sign-in ({0}); at most m=262144 (256 MiB), t=10 and p=16 are allowed")]
    Dear(PasswordCost),
    #[error("has a salt that is not 8 to 64 bytes in base64 without padding")]
    Salt,
    #[error("has a hash that is not 16 to 64 bytes in base64 without padding")]
    Length,
}

/// OWASP's least for Argon2id with two passes.
const LEAST: PasswordCost = PasswordCost { memory: 19 * 1_024, passes: 2, lanes: 1 };
/// One comparison at a time, in memory that a small machine has, and done before a person gives up.
const MOST: PasswordCost = PasswordCost { memory: 256 * 1_024, passes: 10, lanes: 16 };
const SALT: RangeInclusive<usize> = 8..=64;
const HASH: RangeInclusive<usize> = 16..=64;

impl PasswordHash {
    /// Strict: one spelling, these parameters in this order and no others.
    pub fn parse(text: &str) -> Result<Self, NotAPasswordHash> {
        let parts: Vec<&str> = text.split('$').collect();
        let ["", variant, version, parameters, salt, hash] = parts[..] else { return Err(NotAPasswordHash::Form) };
        if variant != "argon2id" {
            let known = ["argon2i", "argon2d"].contains(&variant);
            return Err(if known { NotAPasswordHash::Variant } else { NotAPasswordHash::Form });
        }
        if version != "v=19" {
            return Err(NotAPasswordHash::Version);
        }
        let cost = PasswordCost::parse(parameters).ok_or(NotAPasswordHash::Form)?;
        if cost.memory < LEAST.memory || cost.passes < LEAST.passes || cost.lanes < LEAST.lanes {
            return Err(NotAPasswordHash::Weak(cost));
        }
        if cost.memory > MOST.memory || cost.passes > MOST.passes || cost.lanes > MOST.lanes {
            return Err(NotAPasswordHash::Dear(cost));
        }
        let decoded = |text: &str, length: RangeInclusive<usize>| {
            STANDARD_NO_PAD.decode(text).ok().filter(|bytes| length.contains(&bytes.len()))
        };
        let salt = decoded(salt, SALT).ok_or(NotAPasswordHash::Salt)?;
        let hash = Secret::new(decoded(hash, HASH).ok_or(NotAPasswordHash::Length)?);
        let fingerprint = sha256(text.as_bytes());
        Ok(Self { cost, salt, hash, fingerprint })
    }

    /// Of no password, and compared at this cost all the same: for users who have none, or are none.
    pub fn nobodys(cost: PasswordCost) -> Self {
        Self { cost, salt: vec![0; 16], hash: Secret::new([0; 32]), fingerprint: [0; 32] }
    }

    /// The place of a hash that was left shut.
    pub fn shut() -> Self {
        Self::nobodys(LEAST)
    }

    /// Whether it is the password, at [`PasswordHash::cost`].
    pub fn verify(&self, password: &Secret) -> bool {
        let mut computed = Zeroizing::new(vec![0; self.hash.expose().len()]);
        let PasswordCost { memory, passes, lanes } = self.cost;
        let Ok(parameters) = Params::new(memory, passes, lanes, Some(computed.len())) else { return false };
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
        let hashed = argon2.hash_password_into(password.expose(), &self.salt, &mut computed);
        hashed.is_ok() && self.hash.matches(&computed)
    }

    pub fn cost(&self) -> PasswordCost {
        self.cost
    }

    /// By which it is told from the hash of another password, or of the same one with another salt.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }
}

impl PasswordCost {
    fn parse(text: &str) -> Option<Self> {
        let parameters: Vec<&str> = text.split(',').collect();
        let [memory, passes, lanes] = parameters[..] else { return None };
        let number = |text: &str, name: &str| {
            let digits = text.strip_prefix(name)?;
            let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
            digits.parse::<u32>().ok().filter(|_| plain)
        };
        Some(Self { memory: number(memory, "m=")?, passes: number(passes, "t=")?, lanes: number(lanes, "p=")? })
    }
}

impl fmt::Display for PasswordCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={},t={},p={}", self.memory, self.passes, self.lanes)
    }
}
