//! `gatehouse audit verify` where the book is whole, and the index of who gave what is not: it leads nobody astray.

use crate::audit_keeping::until;
use crate::audit_world::{audit, book, open};
use crate::book::at;
use crate::house::{Directory, House};
use crate::saml_identity::NOW;
use gatehouse::store::{AuditRecord, Store, Visit};
use gatehouse::words::iso;
use serde_json::json;
use tokio::task::JoinSet;

/// A block of the index and some records more.
const RECORDS: i64 = 16_400;
const SESSION: &str = "ASIA1000000000000042";
const INDEXED: &str = "SELECT count(*) FROM audit_who";

/// A house in whose book record after record gave credentials, with a full block in the index.
async fn indexed() -> House {
    let (directory, clock, url) = open("").await.close().await;
    let (store, ended) = Store::open(&at(&directory.path().join("gatehouse.db"))).await.expect("a store");
    for some in (1..=RECORDS).collect::<Vec<_>>().chunks(1_000) {
        let mut writing = JoinSet::new();
        for id in some.iter().map(|number| format!("ASIA{}", 1_000_000_000_000_000 + number)) {
            let (store, record) = (store.clone(), json!({ "eventTime": iso(NOW), "accessKeyId": id }).to_string());
            let audit = Some(AuditRecord::read(NOW.unix_timestamp(), record));
            writing.spawn(async move { store.commit(Visit { audit, ..Visit::default() }).await.expect("written") });
        }
        writing.join_all().await;
    }
    drop(store);
    ended.await.expect("ended");
    let house = House::serve(directory, clock, url).await;
    until(&house, INDEXED, "64").await;
    house
}

async fn verified(directory: &Directory) -> (Option<i32>, String) {
    audit(directory.path(), &["verify"]).await
}

#[tokio::test]
async fn an_index_that_is_not_what_the_records_come_to_is_named_and_misleads_nobody() {
    let house = indexed().await;
    let (directory, clock, url) = house.close().await;
    book(&directory).run(&format!(
        "INSERT INTO role_session (access_key_id, role, session_name, issued, expires)
         VALUES ('{SESSION}', 'r', 'n', {0}, {0} + 3600)",
        NOW.unix_timestamp()
    ));
    let (status, said) = verified(&directory).await;
    assert!(status == Some(0) && said.starts_with("The book is whole: 16400 records in 1 chain; "), "{said}");

    let node = book(&directory).rows("SELECT name FROM node").concat().concat();
    let remedy = format!("DELETE FROM audit_who WHERE node = '{node}'");
    let sentence =
        format!("record 16383 of {node}: the index of credentials is not what the records up to here come to");
    for deed in [
        "DELETE FROM audit_who WHERE bucket = (SELECT max(bucket) FROM audit_who)",
        "UPDATE audit_who SET entries = zeroblob(8) WHERE bucket = 7",
        // Of the session as well, which is not said to have been given by nobody.
        "DELETE FROM audit_who WHERE bucket > 0",
    ] {
        book(&directory).run(deed);
        let (status, said) = verified(&directory).await;
        assert!(status == Some(2) && said.contains(&sentence) && said.contains(&remedy), "{status:?}: {said}");
    }

    // As it is told there.
    let house = House::serve(directory, clock, url).await;
    book(&house.directory).run(&remedy);
    until(&house, INDEXED, "64").await;
    let (status, said) = verified(&house.directory).await;
    assert!(status == Some(0) && said.starts_with("The book is whole: "), "{status:?}: {said}");
    house.close().await;
}

/// The index of a chain that is said to have come further than it has.
#[tokio::test]
async fn an_index_of_records_that_are_not_there_is_named() {
    let directory = crate::audit_world::closed("").await;
    book(&directory)
        .run("INSERT INTO audit_who (node, bucket, block, entries) SELECT name, 0, 9, zeroblob(0) FROM node");
    let (status, said) = verified(&directory).await;
    let sentence = ": the index of credentials is not what the records up to here come to";
    assert!(status == Some(2) && said.contains("record 6 of node-") && said.contains(sentence), "{status:?}: {said}");
}
