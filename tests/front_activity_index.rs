//! The book on its page where it has an index, and records that no index has yet.

use crate::audit_keeping::until;
use crate::book::{Book, at};
use crate::front::{ADMIN, CORP};
use crate::house::{Browser, Directory, House};
use crate::pages_world::{AUDITOR, open, page, sign_in};
use crate::saml_identity::NOW;
use crate::store_notes::session;
use aws_lc_rs::digest::{SHA256, digest};
use gatehouse::store::{AuditRecord, Gathered, SessionRecord, Store, Visit};
use gatehouse::words::whose;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const INDEXED: &str = "SELECT count(*) FROM audit_block";
const SESSION: &str = "ASIASESSIONOFALICE00";
/// Of those by whom few records are.
const RARE: [i64; 4] = [10, 4_090, 4_100, 8_250];

/// Ten seconds from record to record; the clock of whoever wrote some of them was fast.
fn time(number: i64) -> i64 {
    let fast = if (4_000..4_095).contains(&number) { 20_003 } else { 0 };
    NOW.unix_timestamp() - 100_000 + 10 * number + fast
}

fn record(number: i64) -> Value {
    let through = |subject: &str| json!({ "type": "SAMLUser", "providerArn": CORP, "userName": subject });
    let (event, who) = match number {
        20 => ("Hers", through("alice")),
        30 => (
            "Theirs",
            json!({ "type": "SAMLUser", "providerArn": CORP.replace("111122223333", "444455556666"), "userName": "erin" }),
        ),
        5_000 => (
            "Hers",
            json!({ "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Admin/x",
            "accountId": "111122223333", "accessKeyId": SESSION }),
        ),
        number if RARE.contains(&number) => ("Rare", through("erin")),
        _ => ("Filler", through("filler")),
    };
    let mut record = json!({ "eventName": event, "userIdentity": who, "requestID": format!("00000000-0000-4000-8000-{number:012}") });
    if number % 40 == 0 || number == 4_100 {
        record["errorCode"] = json!("AccessDenied");
    }
    if RARE.contains(&number) {
        record["accessKeyId"] = json!(format!("ASIAOFERIN{number:010}"));
    }
    record
}

fn path(house: &House) -> PathBuf {
    house.directory.path().join("gatehouse.db")
}

/// A gateway that has written so many records.
async fn open_with(records: i64) -> House {
    let (directory, clock, url) = open().await.close().await;
    let (store, ended) = Store::open(&at(&directory.path().join("gatehouse.db"))).await.expect("a store");
    let alice = SessionRecord { whose: Some(whose([CORP], "alice")), ..session(SESSION).expect("a session") };
    store.commit(Visit { session: Some(alice), ..Visit::default() }).await.expect("written");
    for some in (1..=records).collect::<Vec<_>>().chunks(1_000) {
        let mut writing = JoinSet::new();
        for number in some.iter().copied() {
            let store = store.clone();
            let audit = Some(AuditRecord::read(time(number), record(number).to_string()));
            writing.spawn(async move { store.commit(Visit { audit, ..Visit::default() }).await.expect("written") });
        }
        writing.join_all().await;
    }
    drop(store);
    ended.await.expect("ended");
    House::serve(directory, clock, url).await
}

/// The numbers of the records of each page, from this one on.
async fn pages(house: &House, browser: &mut Browser, path: &str) -> Vec<Vec<i64>> {
    let (mut pages, mut path) = (Vec::new(), path.to_owned());
    loop {
        let shown = page(house, browser, &path).await;
        let ids = shown.split("Whole record 00000000-0000-4000-").skip(1);
        pages.push(ids.map(|rest| rest[..17].replace("8000-", "").replace("9000-", "-").parse().unwrap()).collect());
        let mut links = shown.split("<a href=\"").filter(|rest| rest.starts_with("/console/activity"));
        match links.find(|rest| rest.contains("rel=\"next\"")) {
            Some(rest) => path = rest[..rest.find('"').unwrap()].replace("&#38;", "&").replace("&amp;", "&"),
            None => return pages,
        }
    }
}

async fn all(house: &House, browser: &mut Browser, query: &str) -> Vec<i64> {
    pages(house, browser, &format!("/console/activity/all?{query}")).await.concat()
}

#[tokio::test]
async fn what_is_in_the_index_and_what_is_not_yet_is_found_as_one() {
    let house = open_with(8_300).await;
    until(&house, INDEXED, "8").await;
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    assert_eq!(all(&house, &mut auditor, "principal=erin").await, [8_250, 4_090, 4_100, 10], "in the order of time");
    assert_eq!(all(&house, &mut auditor, "event=Rare").await, [8_250, 4_090, 4_100, 10]);
    assert_eq!(all(&house, &mut auditor, "key=ASIAOFERIN0000004090").await, [4_090]);
    assert_eq!(all(&house, &mut auditor, "principal=erin&since=2031-01-01T00:00:00Z").await, [8_250, 4_090]);
    let (since, until) = ("since=2030-12-31T19:36:40Z", "until=2030-12-31T19:36:40Z");
    assert_eq!(all(&house, &mut auditor, &format!("principal=erin&{since}")).await, [8_250, 4_090, 4_100]);
    assert_eq!(all(&house, &mut auditor, &format!("principal=erin&{until}")).await, [4_100, 10]);
    assert_eq!(all(&house, &mut auditor, "principal=erin&outcome=refused").await, [4_100]);
    assert_eq!(all(&house, &mut auditor, "event=Filler&principal=erin").await, [0; 0]);
    let refused = pages(&house, &mut auditor, "/console/activity/all?outcome=refused").await;
    assert_eq!(refused.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 50, 50, 8]);
    let refused = refused.concat();
    assert!(refused.iter().map(|number| time(*number)).is_sorted_by(|one, other| one > other), "{refused:?}");
    let mut everything = all(&house, &mut auditor, "until=2030-12-31T10:00:00Z").await;
    assert!(everything.iter().map(|number| time(*number)).is_sorted_by(|one, other| one > other));
    everything.sort_unstable();
    let told = |number: &i64| time(*number) <= 1_924_941_600 && *number != 30;
    assert_eq!(everything, (1..=8_300).filter(told).collect::<Vec<_>>(), "each of the account's, once");
    let mut alice = sign_in(&house, "2", "alice", &[ADMIN]).await;
    assert_eq!(pages(&house, &mut alice, "/console/activity?event=Hers").await.concat(), [5_000, 20]);
    house.close().await;
}

/// Whoever can write the database can show nobody what is not theirs by it, short of writing the record anew.
#[tokio::test]
async fn what_the_index_names_is_shown_only_if_the_record_says_so() {
    let house = open_with(4_200).await;
    until(&house, INDEXED, "4").await;
    let hash = |parts: [&str; 3]| {
        let text: Vec<u8> =
            parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), part.as_bytes()].concat()).collect();
        digest(&SHA256, &text).as_ref()[..16].to_vec()
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (erin, alice) = (hash(["principal", "111122223333", "erin"]), hash(["whose", &whose([CORP], "alice"), ""]));
    for (hash, own) in [(&erin, "000a"), (&alice, "0014")] {
        let (bucket, entries) = (hash[0] % 16, format!("{}000400051e00{own}001e", hex(&hash[..8])));
        let forged = format!("UPDATE audit_found SET entries = X'{entries}' WHERE bucket = {bucket}");
        Book::open(&path(&house)).run(&forged);
    }
    Book::open(&path(&house)).run(&format!("UPDATE audit SET whose = X'{}' WHERE number IN (5, 4199)", hex(&alice)));
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    assert_eq!(all(&house, &mut auditor, "principal=erin").await, [4_100, 10]);
    let mut alice = sign_in(&house, "2", "alice", &[ADMIN]).await;
    assert_eq!(pages(&house, &mut alice, "/console/activity?until=2031-01-01T11:59:59Z").await.concat(), [20]);
    house.close().await;
}

/// One chain is of a node that is no more: its records are the negative numbers here.
#[tokio::test]
async fn the_chains_of_several_nodes_are_read_as_one_book() {
    let house = open_with(4_200).await;
    let copied = "INSERT INTO audit (node, number, at, hash, record, whose)
         SELECT 'node-gone', number, at + 5, hash, replace(record, '-8000-', '-9000-'), whose FROM audit";
    Book::open(&path(&house)).run(copied);
    let mut auditor = sign_in(&house, "1", "carol", &[AUDITOR]).await;
    let indexed = async {
        while house.rows("SELECT count(*) FROM audit_block").await != [["8"]] {
            house.clock.advance(time::Duration::seconds(61));
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), indexed).await.expect("each of them is indexed");
    assert_eq!(all(&house, &mut auditor, "event=Rare").await, [-4_090, 4_090, -4_100, 4_100, -10, 10]);
    let refused = pages(&house, &mut auditor, "/console/activity/all?outcome=refused").await;
    assert_eq!(refused.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 50, 50, 12]);
    let at = |number: &i64| time(number.abs()) + if *number < 0 { 5 } else { 0 };
    assert!(refused.concat().iter().map(at).is_sorted_by(|one, other| one > other), "{refused:?}");
    house.close().await;
}

/// What was removed from the book is in no index.
#[tokio::test]
async fn the_index_goes_with_the_records() {
    let house = open_with(8_300).await;
    until(&house, INDEXED, "8").await;
    let (directory, clock, _) = house.close().await;
    let book = Book::open(&directory.path().join("gatehouse.db"));
    let node = book.rows("SELECT name FROM node").concat().concat();
    let (store, ended) = Store::open(&at(&directory.path().join("gatehouse.db"))).await.expect("a store");
    let left = || book.rows("SELECT count(DISTINCT block), min(block) FROM audit_found").concat();
    for (upto, expected) in [(4_094, ["5", "3"]), (4_095, ["4", "4"]), (8_200, ["0", ""])] {
        while book.rows("SELECT min(number) FROM audit").concat().concat() != (upto + 1).to_string() {
            store.forget_records(node.clone(), upto).await.expect("removed");
        }
        assert_eq!(left(), expected, "up to {upto}");
    }
    drop((store, clock));
    ended.await.expect("ended");
}

/// A closed house with a full block of either index in its book: record after record gave credentials of the next number,
/// from ASIA1000000000000000 on.
async fn full() -> Arc<Directory> {
    let (directory, ..) = open().await.close().await;
    let path = directory.path().join("gatehouse.db");
    let (store, ended) = Store::open(&at(&path)).await.expect("a store");
    let first = json!({ "eventName": "First", "accessKeyId": "ASIA1000000000000000" }).to_string();
    let audit = Some(AuditRecord::read(time(1), first));
    store.commit(Visit { audit, ..Visit::default() }).await.expect("written");
    drop(store);
    ended.await.expect("ended");
    give(&Book::open(&path), 1, 1_000_000_000_000_000);
    directory
}

/// Records behind this one, up to the same number.
fn give(book: &Book, after: i64, ids: i64) {
    book.run(&format!(
        "WITH RECURSIVE n (i) AS (SELECT {after} UNION ALL SELECT i + 1 FROM n WHERE i < 16400)
         INSERT INTO audit (node, number, at, hash, record) SELECT node, number + i, at, hash,
             replace(record, '1000000000000000', CAST({ids} + i AS TEXT)) FROM audit, n WHERE number = 1"
    ));
}

/// Which record gave which credentials is known when the records have been read for the other index, or else they are read
/// once more: it comes to the same.
#[tokio::test]
async fn what_was_given_is_indexed_the_same_however_it_was_read() {
    let directory = full().await;
    let path = directory.path().join("gatehouse.db");
    let book = Book::open(&path);
    let (store, ended) = Store::open(&at(&path)).await.expect("a store");
    let (end, mut reader) = (store.chain_end(), store.book());
    let end = (end.node.as_str(), end.number);
    let mut written = Vec::new();
    // All in one go; with a break, after which nothing is known of what was before; not at all; and with a block in between
    // that somebody else has read.
    for (breaks, others) in [(vec![], None), (vec![5], None), ((0..16).collect(), None), (vec![], Some(5))] {
        book.run("DELETE FROM audit_who; DELETE FROM audit_found; DELETE FROM audit_block");
        let (mut gathered, mut elsewhere, mut block) = (Gathered::default(), Gathered::default(), 0);
        loop {
            let whose = if others == Some(block) { &mut elsewhere } else { &mut gathered };
            if !store.index_found_in_next_block(&mut reader, end, whose).await.expect("indexed") {
                break;
            }
            if breaks.contains(&block) {
                gathered = Gathered::default();
            }
            let is_whole = store.index_next_block(&mut reader, end.0, &mut gathered).await.expect("indexed");
            block += 1;
            assert_eq!(is_whole, block == 16, "{block}");
        }
        written.push(book.rows("SELECT bucket, block, hex(entries) FROM audit_who ORDER BY bucket"));
    }
    assert_eq!(written[0].len(), 64);
    assert!(written.iter().all(|rows| *rows == written[0]));
    let found = reader.who("ASIA1000000000009999").await.expect("read").expect("found");
    assert_eq!(found.number, 10_000);
    drop((store, reader));
    ended.await.expect("ended");
}

/// A database that has lost what it committed last goes on with the same numbers, and gives them to other records.
#[tokio::test]
async fn what_was_lost_is_in_no_index() {
    let directory = full().await;
    let path = directory.path().join("gatehouse.db");
    let book = Book::open(&path);
    let (store, ended) = Store::open(&at(&path)).await.expect("a store");
    let (end, mut reader, mut gathered) = (store.chain_end(), store.book(), Gathered::default());
    let end = (end.node.as_str(), end.number);
    for _ in 0..8 {
        assert!(store.index_found_in_next_block(&mut reader, end, &mut gathered).await.expect("indexed"));
    }
    book.run(
        "DELETE FROM audit WHERE number > 5000; DELETE FROM audit_found WHERE block >= 4; DELETE FROM audit_block WHERE block >= 4",
    );
    let half = store.index_found_in_next_block(&mut reader, end, &mut gathered).await.expect("read");
    assert!(!half, "however far the chain is said to have come");
    give(&book, 5_000, 2_000_000_000_000_000);
    while store.index_found_in_next_block(&mut reader, end, &mut gathered).await.expect("indexed") {
        store.index_next_block(&mut reader, end.0, &mut gathered).await.expect("indexed");
    }
    assert_eq!(book.rows("SELECT count(*) FROM audit_who").concat(), ["64"]);
    for (id, number) in
        [("ASIA1000000000004999", Some(5_000)), ("ASIA2000000000005999", Some(6_000)), ("ASIA1000000000005999", None)]
    {
        assert_eq!(reader.who(id).await.expect("read").map(|entry| entry.number), number, "{id}");
    }
    drop((store, reader));
    ended.await.expect("ended");
}
