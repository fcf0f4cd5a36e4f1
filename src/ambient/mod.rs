//! The two things that a test must be able to hold in its hand: the time and randomness.
//!
//! Only services of the outer rings own a [`Clock`] or a [`Random`]; everything further in takes `now` and bytes as
//! arguments. The ambient clocks and generators of the standard library are lint errors elsewhere.

mod clock;
mod random;

pub use clock::Clock;
pub use random::Random;
