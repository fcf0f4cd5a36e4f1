//! `gatehouse audit verify`: what was done to the book shows, each thing by a sentence of its own.

use crate::audit_world::{GUEST, audit, book, closed, open, six};
use crate::book::Book;
use crate::front_signed::assume;
use crate::house::Directory;
use crate::key_ring_world::{forged, root};
use gatehouse::store::link;
use std::time::Duration;

const ANCHOR: &str = "[audit]\nanchor = { file = \"outside\" }";

/// Writes every hash anew from this record on, as whoever can write the database can.
fn rehash(book: &Book, from: i64) {
    let unhex = |text: &str| (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect();
    let mut former: Vec<u8> =
        unhex(&book.rows(&format!("SELECT hex(hash) FROM audit WHERE number = {}", from - 1))[0][0]);
    for row in book.rows(&format!("SELECT number, record FROM audit WHERE number >= {from} ORDER BY number")) {
        former = link(&former, &row[1]);
        let hex: String = former.iter().map(|byte| format!("{byte:02x}")).collect();
        book.run(&format!("UPDATE audit SET hash = unhex('{hex}') WHERE number = {}", row[0]));
    }
}

/// A record that nobody wrote, with a hash that it comes to.
fn put_in(book: &Book, number: i64) {
    for moved in (number..=6).rev() {
        book.run(&format!("UPDATE audit SET number = {} WHERE number = {moved}", moved + 1));
    }
    let copied = format!(
        "INSERT INTO audit (node, number, at, hash, record) SELECT node, {number}, at, hash, replace(record, 'alice', 'bob')
         FROM audit WHERE number = {}",
        number - 1
    );
    book.run(&copied);
    let later = "UPDATE audit SET number = -number WHERE number > ";
    book.run(&format!("{later}{number}"));
    rehash(book, number);
    book.run("UPDATE audit SET number = -number WHERE number < 0");
}

const SWAP: &str = "UPDATE audit SET number = 100 WHERE number = 3; UPDATE audit SET number = 3 WHERE number = 4;
     UPDATE audit SET number = 4 WHERE number = 100;";
const SESSION: &str = "INSERT INTO role_session (access_key_id, role, session_name, issued, expires)
     VALUES ('ASIAABCDEFGHIJKLMNOP', 'r', 'n', 4102444800, 4102448400)";

/// The same, and the index of credentials says that the first record gave it.
const INDEXED: &str = "INSERT INTO audit_who (node, block, bucket, entries)
     SELECT node, 0, 58, unhex('20eef0dcd2c40001') FROM audit WHERE number = 1";

/// Each row: what was done, how, whether the anchor is shown, and what is said of it.
#[tokio::test]
async fn whatever_was_done_to_the_book_is_named() {
    type Deed = fn(&Book);
    let edit = |book: &Book| book.run("UPDATE audit SET record = replace(record, 'worker', 'nobody') WHERE number = 3");
    let rewrite = |book: &Book| {
        book.run("UPDATE audit SET record = replace(record, 'worker', 'nobody') WHERE number = 3");
        rehash(book, 3);
    };
    let cut_whole = |book: &Book| book.run("DELETE FROM audit WHERE number > 4; DELETE FROM audit_checkpoint");
    let chain_gone = |book: &Book| book.run("DELETE FROM audit; DELETE FROM audit_checkpoint");
    let rows: [(&str, Deed, bool, Result<&str, &str>); 17] = [
        (
            "nothing",
            |_| {},
            true,
            Ok(
                "The book is whole: 6 records in 1 chain; 1 checkpoint of it, 5 sessions, and 1 line of the anchor agree.",
            ),
        ),
        (
            "edit",
            edit,
            false,
            Err(
                "record 3 of NODE: it does not come to its hash: it was changed after it was written, or what stood before it was taken out",
            ),
        ),
        (
            "hash",
            |b| b.run("UPDATE audit SET hash = zeroblob(32) WHERE number = 3"),
            false,
            Err("record 3 of NODE: it does not come to its hash"),
        ),
        (
            "time",
            |b| b.run("UPDATE audit SET at = at + 1 WHERE number = 3"),
            false,
            Err("record 3 of NODE: the time that it is kept under was changed after it was written"),
        ),
        (
            "removal",
            |b| b.run("DELETE FROM audit WHERE number = 3"),
            false,
            Err("record 3 of NODE: it is missing, and the chain goes on behind it"),
        ),
        (
            "first removed",
            |b| b.run("DELETE FROM audit WHERE number = 1"),
            false,
            Err("record 1 of NODE: it is missing"),
        ),
        (
            "reorder",
            |b| b.run(SWAP),
            false,
            Err("record 3 of NODE: it is not in its place: record 4 was written there"),
        ),
        (
            "put in",
            |b| put_in(b, 3),
            false,
            Err("record 3 of NODE: it was put in later: record 4 was written to follow record 2"),
        ),
        (
            "cut",
            |b| b.run("DELETE FROM audit WHERE number > 4"),
            false,
            Err(
                "record 6 of NODE: the chain was cut off before it: at 2031-01-01T12:00:00Z it had come as far as this record, and now it ends with record 4",
            ),
        ),
        (
            "cut, and what was signed",
            cut_whole,
            false,
            Ok("The book is whole: 4 records in 1 chain; 0 checkpoints of it, 3 sessions agree."),
        ),
        ("cut, and what was signed", cut_whole, true, Err("record 6 of NODE: the chain was cut off before it")),
        (
            "all of it",
            chain_gone,
            true,
            Err(
                "record 6 of NODE: the chain was cut off before it: at 2031-01-01T12:00:00Z it had come as far as this record, and now it ends with record 0",
            ),
        ),
        (
            "rewritten",
            rewrite,
            false,
            Err(
                "record 6 of NODE: it was written anew, with what comes before or after it: at 2031-01-01T12:00:00Z another record stood there",
            ),
        ),
        (
            "signed hash",
            |b| b.run("UPDATE audit_checkpoint SET hash = zeroblob(32)"),
            false,
            Err("record 6 of NODE: what is said to have been signed about it was not signed by this house's key"),
        ),
        (
            "another begin",
            |b| {
                b.run("DELETE FROM audit WHERE number < 3; INSERT INTO audit_checkpoint (node, kind, number, at, hash, signature) SELECT node, 'begin', 2, at, hash, signature FROM audit_checkpoint")
            },
            false,
            Err("record 2 of NODE: what is said to have been signed about it was not signed"),
        ),
        (
            "session",
            |b| b.run(SESSION),
            false,
            Err("there is a session ASIAABCDEFGHIJKLMNOP, and no record shows who was given it"),
        ),
        (
            "session that the index knows",
            |b| {
                b.run(SESSION);
                b.run(INDEXED);
            },
            false,
            Err("there is a session ASIAABCDEFGHIJKLMNOP, and no record shows who was given it"),
        ),
    ];
    let house = closed(ANCHOR).await;
    let node = book(&house).rows("SELECT name FROM node")[0][0].clone();
    for (what, deed, anchored, expected) in rows {
        let copy = copied(&house);
        // Sessions of those whose records are taken away are another thing.
        if what.starts_with("cut") || what.starts_with("all") {
            book(&copy).run("DELETE FROM role_session WHERE access_key_id NOT IN
                (SELECT json_extract(record, '$.accessKeyId') FROM audit WHERE number <= 4 AND json_extract(record, '$.accessKeyId') IS NOT NULL)");
        }
        deed(&book(&copy));
        let anchor = copy.path().join("outside").display().to_string();
        let arguments: &[&str] = if anchored { &["verify", "--anchor", &anchor] } else { &["verify"] };
        let (status, said) = audit(copy.path(), arguments).await;
        let (wanted, sentence) = match expected {
            Ok(sentence) => (0, sentence),
            Err(sentence) => (2, sentence),
        };
        assert_eq!(status, Some(wanted), "{what}: {said}");
        assert!(said.contains(&sentence.replace("NODE", &node)), "{what}: {said}");
    }
}

/// The files of a closed house, once more.
fn copied(house: &Directory) -> Directory {
    let copy = Directory::new();
    let mut left = vec![house.path().to_owned()];
    while let Some(directory) = left.pop() {
        for entry in std::fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path()) {
            let to = copy.path().join(entry.strip_prefix(house.path()).expect("below"));
            if entry.is_dir() {
                std::fs::create_dir_all(to).expect("made");
                left.push(entry);
            } else {
                std::fs::copy(&entry, to).expect("copied");
            }
        }
    }
    if let Some(server) = house.server() {
        let configuration = std::fs::read_to_string(house.path().join("gatehouse.toml")).expect("a configuration");
        copy.write("gatehouse.toml", server.copied(&configuration));
    }
    copy
}

#[tokio::test]
async fn an_anchor_that_somebody_else_wrote_is_none() {
    let house = closed(ANCHOR).await;
    let path = house.path().join("outside");
    let line = std::fs::read_to_string(&path).expect("an anchor");
    assert_eq!(line.lines().count(), 1, "{line}");
    // What a loss of power cut off says nothing.
    let torn = format!("{}\n{line}", &line[..40]);
    for (text, wanted, sentence) in [
        (torn, 0, "1 line of the anchor agree"),
        (line.replace("\\n6\\n", "\\n7\\n"), 2, "line 1 of the anchor was not signed by this house's key"),
        (format!("{line}{{}}\n"), 2, "line 2 of the anchor was not signed by this house's key"),
    ] {
        std::fs::write(&path, text).expect("written");
        let anchor = path.display().to_string();
        let (status, said) = audit(house.path(), &["verify", "--anchor", &anchor]).await;
        assert!(status == Some(wanted) && said.contains(sentence), "{status:?}: {said}");
    }
    // Nor is a file that says nothing, which would agree with every book.
    for text in ["", "\n", &line[..40], "[server]\nlisten = \"127.0.0.1:1\"\n"] {
        std::fs::write(&path, text).expect("written");
        let anchor = path.display().to_string();
        let (status, said) = audit(house.path(), &["verify", "--anchor", &anchor]).await;
        assert_eq!((status, said), (Some(1), format!("gatehouse: {anchor} holds no line of an anchor\n")), "{text}");
    }
    let (status, said) = audit(house.path(), &["verify", "--anchor", "/nowhere"]).await;
    assert!(status == Some(1) && said.contains("/nowhere: "), "{said}");
}

/// Whoever has come by the house's key makes sessions that no record shows; what is done with them is in the book.
#[tokio::test]
async fn a_session_that_no_record_shows_is_reported() {
    let house = open("").await;
    six(&house).await;
    let stolen = forged(&house, &root(&house, "first"), house.clock.now() + Duration::from_secs(3_600));
    assert_eq!(assume(&house, &stolen, GUEST, &[]).await.status, 200);
    let (status, said) = audit(house.directory.path(), &["verify"]).await;
    let sentence = format!("it tells of credentials {}, and no record shows who was given those", stolen.id);
    assert!(status == Some(2) && said.contains("record 7 of node-") && said.contains(&sentence), "{said}");
    house.close().await;
}

/// The book is there, and what was signed about it; the key is not.
#[tokio::test]
async fn a_key_that_is_gone_is_not_a_book_that_has_not_begun() {
    let house = closed("").await;
    std::fs::remove_file(house.path().join("keys/audit.key")).expect("removed");
    for command in ["verify", "key"] {
        let (status, said) = audit(house.path(), &[command]).await;
        let sentence = "gatehouse: the key \"audit.key\" is on the ring, but not here; ";
        assert!(status == Some(1) && said.starts_with(sentence), "{said}");
    }
    // The control: where there is no book, there is none to have a key of.
    if house.server().is_none() {
        let fresh = copied(&house);
        std::fs::remove_file(fresh.path().join("gatehouse.db")).expect("removed");
        let (status, said) = audit(fresh.path(), &["key"]).await;
        assert!(status == Some(1) && said.contains("has not kept a book yet; start it first"), "{said}");
    }
}

/// With what openssl reads as well.
#[tokio::test]
async fn the_public_key_is_for_others() {
    let house = closed("").await;
    let (status, said) = audit(house.path(), &["key"]).await;
    let lines: Vec<&str> = said.lines().collect();
    let ["-----BEGIN PUBLIC KEY-----", body, "-----END PUBLIC KEY-----"] = lines[..] else { panic!("{said}") };
    assert!(status == Some(0) && body.starts_with("MCowBQYDK2VwAyEA"), "{said}");
    let read = openssl::pkey::PKey::public_key_from_pem(said.as_bytes()).expect("a key");
    assert_eq!(read.id(), openssl::pkey::Id::ED25519);
}
