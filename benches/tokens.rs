//! Tokens that are made to cost are refused within a bound of processor time. `make bench`.
#![allow(clippy::print_stdout)]

#[allow(dead_code)]
#[path = "../tests/attacks/tokens/heavy.rs"]
mod heavy;
#[allow(dead_code)]
#[path = "../tests/oidc_issuer.rs"]
mod oidc_issuer;
#[allow(dead_code, unused_imports)]
#[path = "../tests/attacks/tokens/property.rs"]
mod property;

use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// CPU for a token that is refused.
const MOST: Duration = Duration::from_millis(10);

fn main() {
    println!("\nTokens that are made to cost; ms of processor time until they are refused, median of 21");
    for (name, token) in heavy::tokens() {
        let cost = || {
            let before = used();
            let refused = property::verify(&token).err();
            (used() - before, refused)
        };
        let mut times: Vec<_> = (0..21).map(|_| cost()).collect();
        times.sort_unstable_by_key(|(spent, _)| *spent);
        let (spent, refused) = &times[times.len() / 2];
        let refused = refused.as_ref().expect(name);
        println!("{name:50} {:8} {:8.3}  {refused}", token.len(), spent.as_secs_f64() * 1_000.0);
        assert!(*spent < MOST, "{name}: {spent:?}");
    }
}

fn used() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock").into()
}
