//! When a followed document is fetched again.

use time::{Duration, OffsetDateTime};

/// However short its operator or its publisher wants it kept.
pub const SHORTEST_REFRESH: Duration = Duration::minutes(5);
/// After the first failure; it doubles with each further one, up to the interval itself.
const RETRY: Duration = Duration::minutes(1);

/// The time between two attempts, after so many failures in a row.
pub(super) fn interval(refresh: Duration, cache_duration: Option<Duration>, failures: u32) -> Duration {
    let wished = cache_duration.map_or(refresh, |cached| refresh.min(cached.max(SHORTEST_REFRESH)));
    match failures {
        0 => wished,
        failures => wished.min(RETRY * 2_i32.pow((failures - 1).min(12))),
    }
}

/// `interval` after `last`, one tenth sooner or later by the bytes of chance: the gateways of a federation shall not
/// come all at once.
pub(super) fn due(last: OffsetDateTime, interval: Duration, chance: [u8; 2]) -> OffsetDateTime {
    let share = f64::from(u16::from_be_bytes(chance)) / f64::from(u16::MAX);
    last.saturating_add(interval * (0.9 + 0.2 * share))
}
