//! Break glass with strangers at it: what many can take up, and what the time of an answer tells.

use crate::break_glass_world::{PASSWORD, Visitor, all_files, code, compared, counted, dear_files};
use crate::house::House;
use gatehouse::ambient::Stopwatch;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

type Answers = JoinSet<(u16, String)>;

/// One attempt of each at once.
async fn all_at_once(house: &Arc<House>, addresses: impl Iterator<Item = [u8; 4]>) -> Answers {
    let mut visitors = Vec::new();
    for address in addresses {
        visitors.push(Visitor::from(address, house).await);
    }
    let mut answers = JoinSet::new();
    for visitor in visitors {
        let house = house.clone();
        answers.spawn(async move { visitor.attempts(&house, "nobody", "x", "123456").await });
    }
    answers
}

async fn next(answers: &mut Answers) -> (u16, String) {
    answers.join_next().await.expect("another").expect("an answer")
}

fn busy() -> (u16, String) {
    (503, "console.user-busy".to_owned())
}

fn refused() -> (u16, String) {
    (403, "console.user-refused".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_stands_in_the_queue_twice() {
    let (house, admin) = counted(dear_files()).await;
    let house = Arc::new(house);
    let somebody = Visitor::from([127, 0, 0, 3], &house).await;
    let mut flood = all_at_once(&house, std::iter::repeat_n([127, 0, 0, 2], 8)).await;
    // One is being compared, and one waits.
    for _ in 0..6 {
        assert_eq!(next(&mut flood).await, busy());
    }
    assert_eq!(compared(&house, &admin).await, 0, "they were told at once");
    assert_eq!(somebody.attempts(&house, "nobody", "x", "123456").await, refused(), "two were before them");
    assert_eq!((next(&mut flood).await, next(&mut flood).await), (refused(), refused()));
    assert_eq!(compared(&house, &admin).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_has_an_end() {
    let (house, admin) = counted(dear_files()).await;
    let house = Arc::new(house);
    let mut crowd = all_at_once(&house, (1..=40).map(|last| [127, 0, 1, last])).await;
    // One is being compared, and 32 wait.
    for _ in 0..7 {
        assert_eq!(next(&mut crowd).await, busy());
    }
    assert_eq!(compared(&house, &admin).await, 0, "they were told at once");
    let mut served = 0;
    while !crowd.is_empty() {
        let answer = next(&mut crowd).await;
        assert!(answer == busy() || answer == refused(), "{answer:?}");
        served += u64::from(answer == refused());
    }
    assert!((1..33).contains(&served), "in three seconds the others had no turn: {served}");
    assert_eq!(compared(&house, &admin).await, served, "who waited in vain has tried nothing");
}

/// The turn ends with the comparison, and not with what is written and waited for afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_written_down_keeps_nobody_waiting() {
    let (house, admin) = counted(all_files()).await;
    let house = Arc::new(house);
    let (first, second) = (Visitor::from([127, 0, 0, 2], &house).await, Visitor::from([127, 0, 0, 3], &house).await);
    let book = house.hold_the_book();
    let there = house.clone();
    let asked = tokio::spawn(async move { first.attempts(&there, "ops", "wrong", "123456").await });
    while compared(&house, &admin).await == 0 {}
    assert_eq!(second.attempts(&house, "nobody", "x", "123456").await, refused());
    drop(book);
    assert_eq!(asked.await.expect("an answer"), refused());
}

/// Attempts that nobody waits for count like others: against the user, and in the count of refusals.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_away_is_counted() {
    let (house, admin) = counted(all_files()).await;
    let house = Arc::new(house);
    let visitor = Visitor::from([127, 0, 0, 2], &house).await;
    let book = house.hold_the_book();
    let there = house.clone();
    let asked = tokio::spawn(async move { visitor.attempts(&there, "ops", "wrong", "123456").await });
    while compared(&house, &admin).await == 0 {}
    asked.abort();
    assert!(asked.await.is_err(), "gone before the answer");
    drop(book);
    let counted = "SELECT source, code, count FROM refusal";
    let row = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            match house.rows(counted).await.as_slice() {
                [] => tokio::task::yield_now().await,
                rows => return rows.to_vec(),
            }
        }
    });
    assert_eq!(row.await.expect("a count"), [["127.0.0.2", "console.wrong-password", "1"]]);
    assert_eq!(house.rows("SELECT wrong FROM user_factor").await, [["1"]]);
}

/// Beside the right password more is written than beside a wrong one. While the book is slow, that must not show.
#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_an_answer_is_rounded() {
    let (house, admin) = counted(all_files()).await;
    let house = Arc::new(house);
    let visitor = Visitor::from([127, 0, 0, 2], &house).await;
    let book = house.hold_the_book();
    let (there, wrong) = (house.clone(), if code(&house) == "000000" { "111111" } else { "000000" });
    let asked = tokio::spawn(async move { visitor.attempts(&there, "ops", PASSWORD, wrong).await });
    // The comparison ends after this, and before the sleep begins.
    let mut since = Stopwatch::start();
    loop {
        let asking = Stopwatch::start();
        if compared(&house, &admin).await == 1 {
            break;
        }
        since = asking;
    }
    tokio::time::sleep(Duration::from_millis(205)).await;
    drop(book);
    assert_eq!(asked.await.expect("an answer"), refused());
    assert!(since.left_of(Duration::from_millis(400)).is_none(), "an answer between two beats");
}
