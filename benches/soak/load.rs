//! The requests, each when its turn is, whether the one before it was answered or not.

use crate::mix::{KINDS, Kind, World};
use crate::served::pace::sleep_until;
use crate::served::{Connection, at};
use nix::time::ClockId;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Of all kinds together, a second.
pub(crate) const RATE: f64 = 200.0;
const CALLERS: usize = 32;
/// How much of a wrong answer is shown.
const SHOWN: usize = 300;

/// What was answered to one kind.
#[derive(Default)]
pub(crate) struct Asked {
    /// From when the turn was.
    pub(crate) waits: Vec<Duration>,
    /// Answers that are none of those that are expected, and how often.
    pub(crate) wrong: BTreeMap<String, usize>,
}

/// For so long.
pub(crate) fn run(world: &World, lasts: Duration) -> Vec<Asked> {
    let (turns, turn) = (turns(), AtomicUsize::new(0));
    // The first are made meanwhile.
    let began = at(ClockId::CLOCK_MONOTONIC) + Duration::from_secs(1);
    let caller = || {
        let mut connection = Connection::open(world.port);
        let mut asked: Vec<Asked> = KINDS.iter().map(|_| Asked::default()).collect();
        loop {
            let number = turn.fetch_add(1, Ordering::Relaxed);
            let due = Duration::from_secs_f64(number as f64 / RATE);
            if due >= lasts {
                return asked;
            }
            let kind = turns[number % turns.len()];
            let request = (KINDS[kind].make)(world, number);
            sleep_until(began + due);
            let answer = ask(&mut connection, &KINDS[kind], world, &request);
            asked[kind].waits.push(at(ClockId::CLOCK_MONOTONIC) - began - due);
            if let Err(wrong) = answer {
                *asked[kind].wrong.entry(wrong).or_default() += 1;
            }
        }
    };
    let all: Vec<Vec<Asked>> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(caller)).collect();
        callers.into_iter().map(|caller| caller.join().expect("asked")).collect()
    });
    all.into_iter().reduce(together).expect("callers")
}

/// Twenty turns, in which those of a kind are as far from each other as they can be.
fn turns() -> Vec<usize> {
    let places = |(kind, of): (usize, &Kind)| {
        let share = of.share;
        (0..share).map(move |nth| (((2 * nth + 1) as f64 / (2 * share) as f64), kind))
    };
    let mut places: Vec<(f64, usize)> = KINDS.iter().enumerate().flat_map(places).collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    places.into_iter().map(|(_, kind)| kind).collect()
}

fn ask(connection: &mut Connection, kind: &Kind, world: &World, request: &[u8]) -> Result<(), String> {
    let (status, body) = connection.ask(request).map_err(|error| {
        *connection = Connection::open(world.port);
        format!("no answer: {error}")
    })?;
    if status != Some(kind.status) {
        let body: String = String::from_utf8_lossy(&body).chars().take(SHOWN).collect();
        return Err(format!("{status:?} {body}"));
    }
    (kind.learn)(world, &body);
    Ok(())
}

fn together(mut one: Vec<Asked>, other: Vec<Asked>) -> Vec<Asked> {
    for (one, other) in one.iter_mut().zip(other) {
        one.waits.extend(other.waits);
        other.wrong.into_iter().for_each(|(wrong, times)| *one.wrong.entry(wrong).or_default() += times);
    }
    one
}
