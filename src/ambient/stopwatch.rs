//! How long something takes.

use std::time::{Duration, Instant};

/// Bounds a wait. It says nothing about the time of day, and nothing about what is valid.
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "with the clock, the one place that reads the monotonic clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// What is left of `whole`, or nothing when it is over.
    pub fn left_of(&self, whole: Duration) -> Option<Duration> {
        whole.checked_sub(self.0.elapsed()).filter(|left| !left.is_zero())
    }
}
