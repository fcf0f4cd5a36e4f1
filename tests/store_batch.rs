//! What is written together is decided one by one.

use crate::book::{Book, at};
use crate::house::shelf;
use crate::store_notes::{NOW, audit, session};
use aws_lc_rs::digest::{SHA256, digest};
use gatehouse::store::{Bar, PaperRecord, SessionRecord, Store, Verdict, Visit};
use tokio::task::JoinSet;

fn alone(session: SessionRecord) -> Visit {
    Visit { session: Some(session), audit: audit(), ..Visit::default() }
}

fn named(id: &str) -> SessionRecord {
    session(id).expect("a session")
}

fn of_paper(id: &str, hash: &str) -> SessionRecord {
    let paper = Some(PaperRecord { hash: hash.to_owned(), ends: NOW + 60, issued: None });
    SessionRecord { paper, ..named(id) }
}

/// In the order in which they are given; while somebody else writes, they queue up behind the first.
async fn together(store: &Store, path: &std::path::Path, visits: Vec<Visit>) -> Vec<Verdict> {
    let held = Book::held(path);
    let (mut under_way, count) = (JoinSet::new(), visits.len());
    for (place, visit) in visits.into_iter().enumerate() {
        let store = store.clone();
        under_way.spawn(async move { (place, store.commit(visit).await.expect("decided")) });
    }
    // Each of them has run as far as its order by then.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    drop(held);
    let mut verdicts = vec![Verdict::Spent; count];
    while let Some(decided) = under_way.join_next().await {
        let (place, verdict) = decided.expect("no panic");
        verdicts[place] = verdict;
    }
    verdicts
}

#[tokio::test]
async fn each_session_of_a_batch_is_decided_by_itself() {
    let directory = shelf();
    let path = directory.path().join("gatehouse.db");
    let (store, _ended) = Store::open(&at(&path)).await.expect("a store");
    store.commit(alone(named("ASIAparent"))).await.expect("done");
    // Where nobody is barred, it is not asked about each.
    let unbarred = ["ASIAone", "ASIAtwo", "ASIAone", "ASIAparent", "ASIAthree"].map(|id| alone(named(id))).into();
    let verdicts = together(&store, &path, unbarred).await;
    assert_eq!(verdicts, [Verdict::Done, Verdict::Done, Verdict::Taken, Verdict::Taken, Verdict::Done]);
    let bars = "INSERT INTO revocation (access_key_id, until) VALUES ('ASIAgone', 5000000000);
         INSERT INTO barred_paper (paper, until) VALUES ('barred', 5000000000);
         INSERT INTO barred_person (subject, provider, since) VALUES ('eve', 'corp', 1)";
    Book::open(&path).run(bars);
    let of = |subject: &str, id: &str| SessionRecord {
        provider: Some("corp".to_owned()),
        subject: subject.to_owned(),
        ..named(id)
    };
    let child = |parent: &str, id: &str| SessionRecord { parent: Some(parent.to_owned()), ..named(id) };
    // The first goes alone: what follows is one batch, of several statements.
    let mut visits = vec![alone(named("ASIAfirst"))];
    visits.extend((0..70).map(|n| alone(named(&format!("ASIA{n}")))));
    let mut expected = vec![Verdict::Done; 71];
    let mut case = |session, verdict| {
        visits.push(alone(session));
        expected.push(verdict);
    };
    case(named("ASIA3"), Verdict::Taken);
    case(of("eve", "ASIAeve"), Verdict::Barred(Bar::Person));
    case(of("adam", "ASIAadam"), Verdict::Done);
    case(of_paper("ASIApaper", "good"), Verdict::Done);
    case(of_paper("ASIAbarred", "barred"), Verdict::Barred(Bar::Paper));
    case(child("ASIAgone", "ASIAorphan"), Verdict::Barred(Bar::Session));
    case(child("ASIAparent", "ASIAchild"), Verdict::Done);
    case(named("ASIAchild"), Verdict::Taken);
    case(named("ASIAtwin"), Verdict::Done);
    case(named("ASIAtwin"), Verdict::Taken);
    visits.push(Visit { audit: audit(), ..Visit::default() });
    expected.push(Verdict::Done);
    let verdicts = together(&store, &path, visits).await;
    assert_eq!(verdicts, expected);
    let book = Book::open(&path);
    let done = expected.iter().filter(|verdict| **verdict == Verdict::Done).count();
    assert_eq!(
        book.rows("SELECT 1 FROM role_session").len(),
        done + 3,
        "all but the record without a session, and the parent"
    );
    one_chain(&book, done + 4);
}

/// That many records, each bound to the one before it.
pub(crate) fn one_chain(book: &Book, records: usize) {
    let chain = book.rows("SELECT number, record, hex(hash) FROM audit ORDER BY number");
    let (mut former, mut number) = (vec![0; 32], 0);
    for record in &chain {
        former = digest(&SHA256, &[&former, record[1].as_bytes()].concat()).as_ref().to_vec();
        number += 1;
        assert_eq!(record[0], number.to_string());
        assert_eq!(record[2], former.iter().map(|byte| format!("{byte:02X}")).collect::<String>());
    }
    assert_eq!(chain.len(), records);
}
