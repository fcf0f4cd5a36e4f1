//! Databases of other versions.

use crate::book::Book;
use crate::house::Directory;
use crate::store_notes::{audit, session};
use aws_lc_rs::digest::{SHA256, digest};
use gatehouse::store::{Store, StoreError, Verdict, Visit};

const FORMER: &str = include_str!("fixtures/store/version-0.1.sql");

#[tokio::test]
async fn a_database_of_the_first_version_is_taken_over_with_what_is_in_it() {
    let directory = Directory::new();
    let path = directory.path().join("gatehouse.db");
    Book::made(&path).run(FORMER);
    let id = Book::open(&path).rows("SELECT access_key_id FROM role_session").concat().concat();
    for round in 0..2 {
        let (store, committer) = Store::open(&path).await.expect("it opens");
        let again = store.commit(Visit { session: session(&id), audit: audit(), ..Visit::default() });
        assert_eq!(again.await.expect("decided"), Verdict::Taken, "the session is there");
        let visit = Visit { session: session(&format!("ASIA{round}")), audit: audit(), ..Visit::default() };
        assert_eq!(store.commit(visit).await.expect("decided"), Verdict::Done);
        drop(store);
        committer.await.expect("it ends");
    }
    let book = Book::open(&path);
    assert_eq!(book.rows("SELECT version FROM _sqlx_migrations EXCEPT SELECT number FROM migration").len(), 0);
    let mut former = vec![0; 32];
    let records = book.rows("SELECT record, hex(hash) FROM audit ORDER BY number");
    assert_eq!(records.len(), 3);
    for record in records {
        former = digest(&SHA256, &[&former, record[0].as_bytes()].concat()).as_ref().to_vec();
        assert_eq!(record[1], former.iter().map(|byte| format!("{byte:02X}")).collect::<String>(), "one chain");
    }
}

#[tokio::test]
async fn a_database_of_a_later_version_is_left_alone() {
    let directory = Directory::new();
    let path = directory.path().join("gatehouse.db");
    let (store, committer) = Store::open(&path).await.expect("it opens");
    drop(store);
    committer.await.expect("it ends");
    Book::open(&path).run("INSERT INTO migration (number) VALUES (9999)");
    let refused = Store::open(&path).await.err().expect("refused");
    assert!(matches!(refused, StoreError::Migrate(_)), "{refused}");
    assert_eq!(refused.to_string(), "the database cannot be brought to this version: step 9999 is of a later version");
}
