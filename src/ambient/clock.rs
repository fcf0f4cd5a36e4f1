//! What time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use time::OffsetDateTime;

/// The system's clock, or one that stands still until it is moved.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Held(Arc<AtomicI64>),
}

impl Clock {
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that shows `at` until [`Clock::advance`] moves it.
    pub fn held(at: OffsetDateTime) -> Self {
        Self(Source::Held(Arc::new(AtomicI64::new(at.unix_timestamp()))))
    }

    /// Moves a held clock and every clone of it; the system's clock takes no orders.
    pub fn advance(&self, by: time::Duration) {
        if let Source::Held(at) = &self.0 {
            at.fetch_add(by.whole_seconds(), Ordering::SeqCst);
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    pub fn now(&self) -> OffsetDateTime {
        match &self.0 {
            Source::System => OffsetDateTime::now_utc(),
            Source::Held(at) => {
                OffsetDateTime::from_unix_timestamp(at.load(Ordering::SeqCst)).expect("a time in this era")
            }
        }
    }
}
