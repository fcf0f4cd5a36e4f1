//! Requests at a constant rate, as many people send them who do not wait for each other: whoever is answered late has waited
//! since the time at which its turn was, not since a connection was free for it (no coordinated omission).

use super::{CONNECTIONS, Connection, Row, at};
use nix::time::{ClockId, ClockNanosleepFlags, clock_nanosleep};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Of the waits, in ms.
#[derive(Clone, Copy)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
}

impl Row {
    /// So many requests a second for so long.
    pub(crate) fn at_rate(&self, rate: f64, lasts: Duration) -> Latency {
        let (began, turn) = (at(ClockId::CLOCK_MONOTONIC), AtomicU32::new(0));
        let caller = || {
            let mut connection = Connection::open(self.port);
            let mut waits = Vec::new();
            loop {
                let after = Duration::from_secs_f64(f64::from(turn.fetch_add(1, Ordering::Relaxed)) / rate);
                let Some(request) = self.request().filter(|_| after < lasts) else { return waits };
                sleep_until(began + after);
                connection.send(request, self.status);
                waits.push(at(ClockId::CLOCK_MONOTONIC) - began - after);
            }
        };
        let mut waits: Vec<Duration> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(caller)).collect();
            callers.into_iter().flat_map(|caller| caller.join().expect("answered")).collect()
        });
        waits.sort_unstable();
        let of = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
        Latency { p50: of(0.5), p99: of(0.99), p999: of(0.999) }
    }
}

pub(crate) fn sleep_until(time: Duration) {
    let time = time.into();
    while clock_nanosleep(ClockId::CLOCK_MONOTONIC, ClockNanosleepFlags::TIMER_ABSTIME, &time).is_err() {}
}
