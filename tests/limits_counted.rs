//! What is counted takes a fixed room, asks for no memory, and forgets those first who have done least.

use crate::allocations;
use gatehouse::ambient::{Clock, Stopwatch};
use gatehouse::limits::{Limits, Places, Rates, Source};
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

const RATES: Rates = Rates { per_source: 10, per_principal: 10, failures_per_source: 10 };

fn now() -> Instant {
    Clock::system().steady()
}

fn source(n: u32) -> Source {
    IpAddr::V4(Ipv4Addr::from_bits(0x0b00_0000 + n)).into()
}

#[test]
fn a_hundred_thousand_addresses_take_no_more_room_than_one() {
    let (begun, flooder) = (now(), IpAddr::V6(Ipv6Addr::LOCALHOST).into());
    let limits = Limits::new(RATES, begun);
    let spent = (0..20).filter(|_| limits.source(flooder, begun)).count();
    for _ in 0..40 {
        limits.failed(flooder, begun);
    }
    let watch = Stopwatch::start();
    let (asked, admitted) = allocations::during(|| (0..100_000).filter(|n| limits.source(source(*n), begun)).count());
    let took = HOUR - watch.left_of(HOUR).unwrap_or_default();
    eprintln!("{} ns for a request of an address that is new", took.as_nanos() / 100_000);
    assert_eq!((asked, admitted, spent), (0, 100_000, 10), "each finds a place, and no memory is asked for");
    let (asked, _) =
        allocations::during(|| (0..100_000).for_each(|n| assert!(limits.failed(source(n), begun).is_some())));
    assert_eq!(asked, 0);
    assert!(!limits.source(flooder, begun), "whoever floods is remembered, however many come after");
    assert_eq!(limits.failed(flooder, begun), None);
    let watch = Stopwatch::start();
    let admitted = (0..1_000_000).filter(|_| limits.source(flooder, begun)).count();
    let took = HOUR - watch.left_of(HOUR).unwrap_or_default();
    eprintln!("{} ns for a request of an address that is known", took.as_nanos() / 1_000_000);
    assert_eq!(admitted, 0);
}

const HOUR: Duration = Duration::from_secs(3_600);

/// A tenth of a second for each of ten, exactly.
#[test]
fn each_is_worked_off_in_its_time() {
    let begun = now();
    let limits = Limits::new(RATES, begun);
    let at = |millis| begun + Duration::from_millis(millis);
    let admitted = |count: usize, millis| (0..count).filter(|_| limits.source(source(1), at(millis))).count();
    assert_eq!(admitted(12, 0), 10);
    assert_eq!(admitted(1, 99), 0);
    assert_eq!(admitted(2, 100), 1);
    assert_eq!(admitted(5, 350), 2);
    assert_eq!(admitted(20, 60_000), 10, "what is not used is not saved up");
    let held = |millis| limits.failed(source(1), at(millis)).map(|wait| wait.as_millis());
    assert!((0..10).all(|_| held(0) == Some(0)));
    assert_eq!([held(0), held(0), held(50)], [Some(100), Some(200), Some(250)]);
    // Made up in advance for ten seconds at most, and that fades too.
    (0..1_000).for_each(|paper| limits.verified(source(1), paper, at(60_000)));
    let told = |millis| (0..500).filter(|_| limits.failed(source(1), at(millis)).is_some()).count();
    assert_eq!(told(60_000), 100 + 10 + 10);
    (0..1_000).for_each(|paper| limits.verified(source(2), paper, at(60_000)));
    assert_eq!((0..500).filter(|_| limits.failed(source(2), at(69_000)).is_some()).count(), 10 + 10 + 10);
}

fn is_ready<T>(future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// One who tries to fill the hall leaves room for others; one who has failed too often has fewer looked at at a time.
#[tokio::test]
async fn the_hall_has_room_for_whoever_comes_next() {
    let begun = now();
    let limits = Limits::new(RATES, begun);
    for (who, failed, looked_at) in [(1, 0, 64), (2, 10, 4)] {
        (0..failed).for_each(|_| assert!(limits.failed(source(who), begun).is_some()));
        let mut waiting = Vec::new();
        let mut turns = Vec::new();
        let crowded = loop {
            let mut turn = Box::pin(limits.turn(source(who), begun));
            match is_ready(turn.as_mut()) {
                Some(Ok(turn)) => turns.push(turn),
                Some(Err(crowded)) => break crowded,
                None => waiting.push(turn),
            }
        };
        let inside = turns.len() + waiting.len();
        eprintln!("{inside} inside, {} of them looked at; the next is told: {crowded:?}", turns.len());
        assert_eq!((turns.len(), inside), (looked_at, 205));
        let next = pin!(limits.turn(source(who + 10), begun));
        assert!(is_ready(next).is_some_and(|turn| turn.is_ok()), "somebody else has their turn at once");
        // In the order in which they came.
        assert!(waiting.iter_mut().all(|turn| is_ready(turn.as_mut()).is_none()));
        drop(turns.pop());
        let (first, rest) = waiting.split_first_mut().expect("some wait");
        assert!(rest.iter_mut().rev().all(|turn| is_ready(turn.as_mut()).is_none()));
        assert!(is_ready(first.as_mut()).is_some_and(|turn| turn.is_ok()), "the first of them has it now");
    }
    assert!(is_ready(pin!(limits.turn(source(1), begun))).is_some_and(|turn| turn.is_ok()), "everybody has left");
}

/// Whoever has a whole /56 has 256 networks in it: they hold no more than four sources may.
#[test]
fn a_subscriber_holds_no_more_places_for_having_many_networks() {
    let places = Arc::new(Places::default());
    let at = |address: &str| address.parse::<IpAddr>().expect("an address");
    let mut held = Vec::new();
    for network in 0..4 {
        for n in 0..256 {
            let place = places.enter(at(&format!("2001:db8:0:12{network:02x}::{n:x}")));
            held.push(place.unwrap_or_else(|| panic!("{n} of the network {network}")));
        }
        let next = at(&format!("2001:db8:0:12{network:02x}::ffff"));
        assert!(places.enter(next).is_none(), "one of the network {network} too many");
    }
    assert!(places.enter(at("2001:db8:0:12ff::1")).is_none(), "a fifth network of theirs");
    assert!(places.enter(at("2001:db8:0:1300::1")).is_some(), "the neighbour's");
    held.pop();
    assert!(places.enter(at("2001:db8:0:12ff::1")).is_some(), "one has left");
    drop(held);
    let (v4, other) = (at("203.0.113.1"), at("203.0.113.2"));
    let held: Vec<_> = (0..256).map_while(|_| places.enter(v4)).collect();
    assert_eq!(held.len(), 256);
    assert!(places.enter(at("::ffff:203.0.113.1")).is_none(), "the same in other clothes");
    assert!(places.enter(other).is_some());
}
