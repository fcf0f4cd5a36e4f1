//! Bytes that must never be seen.
//!
//! Invariants, not to be weakened: no `Debug`, no `Display`, no `Serialize`, no `==`, no `Clone` by derive elsewhere;
//! the memory is overwritten when it is dropped. Whoever needs the bytes says `expose`, which is easy to search for.

use zeroize::Zeroizing;

/// A key, a password, a token: anything whose sight is its use.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Default for Secret {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Secret {
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The bytes, for the one call that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text; `None` when they are not UTF-8.
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Compares in constant time for equal lengths.
    pub fn matches(&self, other: &[u8]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.0, other).is_ok()
    }
}
