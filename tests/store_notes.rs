//! What is written together: a visit that is lost leaves nothing behind, and a note that cannot be written takes nothing
//! with it.

use crate::book::{Book, at};
use crate::house::shelf;
use crate::store_batch::one_chain;
use gatehouse::store::{
    AuditRecord, DecisionRecord, Redemption, Refused, SealedQuestion, SessionRecord, Store, Surface, TraceRecord,
    Verdict, Visit, Wearer,
};
use gatehouse::trace::Trace;
use std::path::Path;

pub(crate) const NOW: i64 = 1_924_948_800;

pub(crate) fn audit() -> Option<AuditRecord> {
    Some(AuditRecord::read(NOW, "{}".to_owned()))
}

fn redemption(paper: &str) -> Redemption {
    let (issuer, role) = ("https://idp.example".to_owned(), "arn:aws:iam::111122223333:role/R".to_owned());
    let paper = paper.to_owned();
    Redemption { issuer, paper, surface: Surface::Api, role, once: true, keep_until: NOW + 60, login: None }
}

pub(crate) fn session(id: &str) -> Option<SessionRecord> {
    Some(SessionRecord {
        access_key_id: id.to_owned(),
        wearer: Wearer::User { arn: "arn:aws:iam::111122223333:user/a".to_owned() },
        issued: NOW,
        expires: NOW + 60,
        origin: None,
        parent: None,
        principal: "arn:aws:iam::111122223333:user/a".to_owned(),
        provider: None,
        subject: "arn:aws:iam::111122223333:user/a".to_owned(),
        paper: None,
        whose: None,
    })
}

/// How many records the book has.
fn booked(path: &Path) -> usize {
    Book::open(path).rows("SELECT 1 FROM audit").len()
}

#[tokio::test]
async fn a_visit_that_is_lost_leaves_nothing_behind() {
    let directory = shelf();
    let path = directory.path().join("gatehouse.db");
    let store = Store::open(&at(&path)).await.expect("a store").0;
    let visit = |paper: Option<&str>, id: &str| {
        let redeem = paper.map(redemption).into_iter().collect();
        store.commit(Visit { redeem, session: session(id), audit: audit(), ..Visit::default() })
    };
    assert_eq!(visit(Some("one"), "ASIA1").await.unwrap(), Verdict::Done);
    assert_eq!(visit(Some("one"), "ASIA1").await.unwrap(), Verdict::Spent, "the paper comes first");
    assert_eq!(visit(None, "ASIA1").await.unwrap(), Verdict::Taken);
    assert_eq!(visit(Some("two"), "ASIA1").await.unwrap(), Verdict::Taken);
    assert_eq!(booked(&path), 1, "what was lost is not in the book");
    assert_eq!(visit(Some("two"), "ASIA2").await.unwrap(), Verdict::Done, "the paper was not used up");
    assert_eq!(visit(Some("two"), "ASIA3").await.unwrap(), Verdict::Spent);
    assert_eq!(visit(None, "ASIA3").await.unwrap(), Verdict::Done, "nor was the id");
    assert_eq!(booked(&path), 3);
    let twice = vec![redemption("three"), redemption("three")];
    let twice = Visit { redeem: twice, session: session("ASIA4"), audit: audit(), ..Visit::default() };
    assert_eq!(store.commit(twice).await.unwrap(), Verdict::Spent);
    assert_eq!(visit(Some("three"), "ASIA4").await.unwrap(), Verdict::Done, "neither is used up");
    one_chain(&Book::open(&path), 4);
}

/// A statement that the server knows already is asked about no sooner than at the commit.
#[tokio::test]
async fn what_is_given_beside_a_note_that_cannot_be_written_is_given_once() {
    let directory = shelf();
    let path = directory.path().join("gatehouse.db");
    let store = Store::open(&at(&path)).await.expect("a store").0;
    no_trace_70(&path);
    let given = |paper, id| {
        let redeem = vec![redemption(paper)];
        store.commit(Visit { redeem, session: session(id), audit: audit(), ..Visit::default() })
    };
    for (paper, noted, id) in [("one", "1", "ASIA1"), ("two", "70", "ASIA2"), ("three", "3", "ASIA3")] {
        // So many wait for no others.
        (0..127).for_each(|n| store.keep(trace(&format!("{paper} {n}"))));
        store.keep(trace(noted));
        assert_eq!(given(paper, id).await.unwrap(), Verdict::Done, "{noted}");
        assert_eq!(given(paper, "ASIA4").await.unwrap(), Verdict::Spent);
        assert_eq!(store.kept_trace(noted).await.unwrap().is_some(), noted != "70");
    }
    let book = Book::open(&path);
    assert_eq!(book.rows("SELECT 1 FROM role_session").len(), 3);
    one_chain(&book, 3);
}

/// From now on the database does not take it.
fn no_trace_70(path: &Path) {
    let book = Book::open(path);
    book.run(match &book {
        Book::File(_) => {
            "CREATE TRIGGER bad BEFORE INSERT ON trace WHEN NEW.id = '70' BEGIN SELECT RAISE(ABORT, 'bad'); END"
        }
        Book::Server(_) => {
            "CREATE FUNCTION bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'bad'; END $$;
             CREATE TRIGGER bad BEFORE INSERT ON trace FOR EACH ROW WHEN (NEW.id = '70') EXECUTE FUNCTION bad()"
        }
    });
}

fn trace(id: &str) -> TraceRecord {
    TraceRecord { at: NOW, what: "AssumeRole", outcome: "allow", trace: Trace::new(id), unverified: false }
}

#[tokio::test]
async fn a_note_that_cannot_be_written_takes_nothing_with_it() {
    let directory = shelf();
    let path = directory.path().join("gatehouse.db");
    let store = Store::open(&at(&path)).await.expect("a store").0;
    no_trace_70(&path);
    // While somebody else writes, the others queue up behind the first.
    let held = Book::held(&path);
    for n in 0..150 {
        store.keep(trace(&n.to_string()));
    }
    let refused = |code| Refused { source: "203.0.113.9".to_owned(), provider: String::new(), code, at: NOW };
    store.count(refused("sts.parameters"));
    store.count(refused("sts.parameters"));
    for _ in 0..3 {
        let question = Some(SealedQuestion { person: [2; 32], sealed: vec![3] });
        assert!(store.remember(DecisionRecord { mark: [1; 32], at: NOW, question }));
    }
    drop(held);
    assert_eq!(store.commit(Visit { audit: audit(), ..Visit::default() }).await.unwrap(), Verdict::Done);
    // Notes are written behind the answer, and before the next.
    assert_eq!(store.commit(Visit::default()).await.unwrap(), Verdict::Done);
    for n in 0..150 {
        assert_eq!(store.kept_trace(&n.to_string()).await.unwrap().is_some(), n != 70, "{n}");
    }
    assert_eq!(Book::open(&path).rows("SELECT count FROM refusal WHERE code = 'sts.parameters'"), [["2"]]);
    let decisions = Store::kept_decisions(&at(&path), 0).await.unwrap().expect("a book");
    assert_eq!(decisions.iter().map(|kept| kept.count).collect::<Vec<_>>(), [3]);
    assert_eq!(booked(&path), 1);
}
