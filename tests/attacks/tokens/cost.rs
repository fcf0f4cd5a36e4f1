//! Bad work is cheap: a token that is made to cost is refused within 10 ms of processor time, even in a test build.

use super::heavy;
use super::property::verify;
use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// What anything may cost that an unknown sender asks for.
const MOST: Duration = Duration::from_millis(10);

/// The processor time of this thread; the best of a few tries, for others' caches are in the way.
fn cost(token: &str) -> Duration {
    let now = || Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock"));
    let once = || {
        let before = now();
        let _ = verify(token);
        now() - before
    };
    (0..5).map(|_| once()).min().unwrap_or_default()
}

#[test]
fn bad_tokens_are_cheap() {
    let mut dear = Vec::new();
    for (name, token) in heavy::tokens() {
        assert!(token.len() > 19_000, "{name} is too short to cost: {}", token.len());
        assert!(verify(&token).is_err(), "{name}");
        let spent = cost(&token);
        if spent > MOST {
            dear.push(format!("{name}: {spent:?}"));
        }
    }
    assert_eq!(dear, Vec::<String>::new());
}
