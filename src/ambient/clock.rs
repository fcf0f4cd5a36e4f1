//! What time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;
use time::OffsetDateTime;
use tokio::sync::Notify;

/// The system's clock, or one that stands still until it is moved.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Held(Arc<Held>),
}

struct Held {
    at: AtomicI64,
    moved: Notify,
    begun: Instant,
    /// Seconds.
    passed: AtomicU64,
}

/// The system's clock can be set while somebody sleeps, so they look again at least this often.
const LONGEST_SLEEP: std::time::Duration = std::time::Duration::from_secs(60);

impl Clock {
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that shows `at` until [`Clock::advance`] moves it.
    pub fn held(at: OffsetDateTime) -> Self {
        let (at, moved, passed) = (AtomicI64::new(at.unix_timestamp()), Notify::new(), AtomicU64::new(0));
        Self(Source::Held(Arc::new(Held { at, moved, begun: monotonic(), passed })))
    }

    /// Moves a held clock and every clone of it; the system's clock takes no orders.
    pub fn advance(&self, by: time::Duration) {
        if let Source::Held(held) = &self.0 {
            held.at.fetch_add(by.whole_seconds(), Ordering::SeqCst);
            held.moved.notify_waiters();
        }
    }

    /// Lets time pass for [`Clock::steady`] of a held clock and every clone of it; its hands stay where they are.
    pub fn let_pass(&self, by: std::time::Duration) {
        if let Source::Held(held) = &self.0 {
            held.passed.fetch_add(by.as_secs(), Ordering::SeqCst);
        }
    }

    /// Tells how old something is that this process has learnt: it only grows, whoever sets the clock.
    pub fn steady(&self) -> Instant {
        match &self.0 {
            Source::System => monotonic(),
            Source::Held(held) => held.begun + std::time::Duration::from_secs(held.passed.load(Ordering::SeqCst)),
        }
    }

    /// Returns when the clock shows `at` or later; with a held one, when somebody has moved it there.
    pub async fn sleep_until(&self, at: OffsetDateTime) {
        loop {
            match &self.0 {
                Source::System => {
                    let Ok(left) = std::time::Duration::try_from(at - self.now()) else { return };
                    tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
                }
                Source::Held(held) => {
                    let mut moved = std::pin::pin!(held.moved.notified());
                    // From here on no move is missed.
                    moved.as_mut().enable();
                    if self.now() >= at {
                        return;
                    }
                    moved.await;
                }
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    pub fn now(&self) -> OffsetDateTime {
        match &self.0 {
            Source::System => OffsetDateTime::now_utc(),
            Source::Held(held) => {
                OffsetDateTime::from_unix_timestamp(held.at.load(Ordering::SeqCst)).expect("a time in this era")
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "with the stopwatch, the one place that reads the monotonic clock")]
fn monotonic() -> Instant {
    Instant::now()
}
