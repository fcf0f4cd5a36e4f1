//! Wrong codes and passwords are counted and lock their factor; a code is accepted once.

use crate::book::at;
use crate::house::{Directory, shelf};
use gatehouse::store::{Attempt, Attempted, Factor, Shown, Store};
use gatehouse::words::UserArn;

const WRONG: Shown = Shown::WrongCode;
const NOW: i64 = 1_924_948_800;

fn user(name: &str) -> UserArn {
    format!("arn:aws:iam::111122223333:user/{name}").parse().expect("an ARN")
}

async fn open(directory: &Directory) -> Store {
    Store::open(&at(&directory.path().join("gatehouse.db"))).await.expect("a store").0
}

async fn attempt(store: &Store, shown: Shown, now: i64) -> Attempted {
    store.attempt(Attempt { user: user("ops"), shown, now, if_it_locks: None }).await.expect("a decision")
}

/// Five wrong ones, none of which meets a lock.
async fn lock(store: &Store, now: i64) {
    for count in 1..=5 {
        assert_eq!(attempt(store, WRONG, now).await, Attempted::Wrong, "the wrong code {count}");
    }
}

#[tokio::test]
async fn the_fifth_wrong_code_in_a_row_locks_for_a_minute() {
    let directory = shelf();
    let store = open(&directory).await;
    let until = NOW + 60;
    for count in 1..=4 {
        assert_eq!(attempt(&store, WRONG, NOW).await, Attempted::Wrong, "{count}");
        assert_eq!(store.locked_until(&user("ops"), Factor::Totp, NOW).await.unwrap(), None, "{count}");
    }
    assert_eq!(attempt(&store, WRONG, NOW).await, Attempted::Wrong);
    assert_eq!(store.locked_until(&user("ops"), Factor::Totp, NOW).await.unwrap(), Some(until));
    for shown in [WRONG, Shown::Code { step: 100 }, WRONG, WRONG, WRONG, WRONG] {
        assert_eq!(attempt(&store, shown, until - 1).await, Attempted::Locked { until }, "right or wrong");
    }
    assert_eq!(attempt(&store, Shown::Code { step: 100 }, until).await, Attempted::Accepted, "nothing was used up");
}

#[tokio::test]
async fn each_further_lock_is_twice_as_long_and_none_longer_than_an_hour() {
    let directory = shelf();
    let store = open(&directory).await;
    let mut now = NOW;
    for seconds in [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600] {
        lock(&store, now).await;
        assert_eq!(attempt(&store, WRONG, now).await, Attempted::Locked { until: now + seconds });
        now += seconds;
    }
    assert_eq!(attempt(&store, Shown::Code { step: 1 }, now).await, Attempted::Accepted);
    lock(&store, now).await;
    assert_eq!(attempt(&store, WRONG, now).await, Attempted::Locked { until: now + 60 }, "a right code forgives");
}

#[tokio::test]
async fn a_right_code_forgets_the_wrong_ones_before_it_and_a_reused_one_does_not() {
    let directory = shelf();
    let store = open(&directory).await;
    for step in 1..=3 {
        for _ in 0..4 {
            assert_eq!(attempt(&store, WRONG, NOW).await, Attempted::Wrong);
        }
        assert_eq!(attempt(&store, Shown::Code { step }, NOW).await, Attempted::Accepted);
    }
    for _ in 0..4 {
        attempt(&store, WRONG, NOW).await;
    }
    assert_eq!(attempt(&store, Shown::Code { step: 3 }, NOW).await, Attempted::Reused);
    assert_eq!(attempt(&store, WRONG, NOW).await, Attempted::Wrong);
    assert_eq!(attempt(&store, WRONG, NOW).await, Attempted::Locked { until: NOW + 60 });
}

#[tokio::test]
async fn a_code_is_good_once_and_none_before_it_after_a_restart_as_well() {
    let directory = shelf();
    let store = open(&directory).await;
    assert_eq!(attempt(&store, Shown::Code { step: 100 }, NOW).await, Attempted::Accepted);
    drop(store);
    let store = open(&directory).await;
    for step in [100, 99, 0] {
        assert_eq!(attempt(&store, Shown::Code { step }, NOW).await, Attempted::Reused, "{step}");
    }
    assert_eq!(attempt(&store, Shown::Code { step: 101 }, NOW).await, Attempted::Accepted);
}

#[tokio::test]
async fn users_and_factors_are_apart() {
    let directory = shelf();
    let store = open(&directory).await;
    lock(&store, NOW).await;
    let other = Attempt { user: user("other"), shown: Shown::Code { step: 1 }, now: NOW, if_it_locks: None };
    assert_eq!(store.attempt(other).await.unwrap(), Attempted::Accepted);
    assert_eq!(attempt(&store, Shown::Password, NOW).await, Attempted::Accepted);
    assert_eq!(attempt(&store, Shown::Password, NOW).await, Attempted::Accepted, "a password is good again");
    for _ in 0..5 {
        assert_eq!(attempt(&store, Shown::WrongPassword, NOW).await, Attempted::Wrong);
    }
    assert_eq!(attempt(&store, Shown::Password, NOW).await, Attempted::Locked { until: NOW + 60 });
    assert_eq!(store.locked_until(&user("ops"), Factor::Password, NOW + 60).await.unwrap(), None);
}

/// Two gateways on one database, and everybody at once.
#[tokio::test(flavor = "multi_thread")]
async fn many_attempts_at_once_are_decided_one_by_one() {
    let directory = shelf();
    let stores = [open(&directory).await, open(&directory).await];
    let all = async |shown: Shown| {
        let attempts = (0..40).map(|n| {
            let store = stores[n % 2].clone();
            tokio::spawn(async move { attempt(&store, shown, NOW).await })
        });
        let mut outcomes = Vec::new();
        for attempt in attempts.collect::<Vec<_>>() {
            outcomes.push(attempt.await.expect("an outcome"));
        }
        outcomes
    };
    let count = |outcomes: &[Attempted], of: Attempted| outcomes.iter().filter(|outcome| **outcome == of).count();
    let codes = all(Shown::Code { step: 7 }).await;
    assert_eq!(count(&codes, Attempted::Accepted), 1, "{codes:?}");
    assert_eq!(count(&codes, Attempted::Reused), 39, "{codes:?}");
    let guesses = all(WRONG).await;
    assert_eq!(count(&guesses, Attempted::Wrong), 5, "{guesses:?}");
    assert_eq!(count(&guesses, Attempted::Locked { until: NOW + 60 }), 35, "{guesses:?}");
}
