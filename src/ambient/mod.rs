//! The two things that a test must be able to hold in its hand: the time and randomness.
//!
//! Only services of the outer rings own a [`Clock`] or a [`Random`]; everything further in takes `now` and bytes as
//! arguments. The ambient clocks and generators of the standard library are lint errors elsewhere. A [`Stopwatch`] is
//! for those who wait for something outside.

mod clock;
mod random;
mod stopwatch;

pub use clock::Clock;
pub use random::Random;
pub use stopwatch::Stopwatch;
