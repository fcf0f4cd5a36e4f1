//! What the house does about its book by itself: it signs, lays down outside, removes what is old, and sweeps.

use crate::audit_ship::answer;
use crate::audit_world::{audit, book, open, six};
use crate::book::{Book, at};
use crate::front::ADMIN;
use crate::front_signed::{assume, call, user};
use crate::house::{House, KEEP};
use crate::key_ring_world::loaded;
use gatehouse::app::{self, audit_key, verify};
use gatehouse::store::{Keep, Store};
use std::io::{BufRead, Cursor, Read};
use std::path::Path;
use std::time::Duration as Wait;
use time::Duration;

/// Waits until the database says so.
pub(crate) async fn until(house: &House, query: &'static str, expected: &str) {
    let comes = async {
        while house.rows(query).await.concat().concat() != expected {
            tokio::time::sleep(Wait::from_millis(20)).await;
        }
    };
    let came = tokio::time::timeout(Wait::from_secs(60), comes).await;
    assert!(came.is_ok(), "{query}: {:?}", house.rows(query).await);
}

const SIGNED: &str = "SELECT max(number) FROM audit_checkpoint WHERE kind = 'end'";

#[tokio::test]
async fn old_records_go_and_the_chain_still_verifies() {
    let house = open("[audit]\nretention = \"2d\"\nanchor = { file = \"outside\" }").await;
    six(&house).await;
    house.clock.advance(Duration::minutes(2));
    until(&house, SIGNED, "6").await;
    house.clock.advance(Duration::days(3));
    assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
    house.clock.advance(Duration::minutes(2));
    until(&house, "SELECT min(number) FROM audit", "7").await;
    let (directory, ..) = house.close().await;
    let anchor = directory.path().join("outside").display().to_string();
    let arguments = ["verify", "--anchor", &anchor];
    let (status, said) = audit(directory.path(), &arguments).await;
    assert!(status == Some(0) && said.starts_with("The book is whole: 1 record in 1 chain; "), "{said}");
    let begin = book(&directory).rows("SELECT kind, number FROM audit_checkpoint WHERE kind = 'begin'");
    assert_eq!(begin, [["begin", "6"]]);
    // Nobody removes more than was signed for.
    book(&directory).run("UPDATE audit SET number = 8");
    let (status, said) = audit(directory.path(), &arguments).await;
    assert!(status == Some(2) && said.contains("record 7 of node-") && said.contains("it is missing"), "{said}");
    book(&directory).run("UPDATE audit SET number = 7; DELETE FROM audit_checkpoint WHERE kind = 'begin'");
    let (status, said) = audit(directory.path(), &arguments).await;
    assert!(status == Some(2) && said.contains("record 1 of node-") && said.contains("it is missing"), "{said}");
}

/// What was changed is evidence, however old.
#[tokio::test]
async fn what_is_not_as_it_was_signed_is_not_removed() {
    let house = open("[audit]\nretention = \"2d\"").await;
    six(&house).await;
    house.clock.advance(Duration::minutes(2));
    until(&house, SIGNED, "6").await;
    book(&house.directory).run("UPDATE audit SET hash = zeroblob(32) WHERE number = 6");
    house.clock.advance(Duration::days(3));
    assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
    house.clock.advance(Duration::minutes(2));
    until(&house, SIGNED, "7").await;
    house.clock.advance(Duration::minutes(2));
    assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
    until(&house, SIGNED, "8").await;
    // The first may have been signed for by itself.
    assert_eq!(house.rows("SELECT number FROM audit WHERE number = 6").await, [["6"]]);
    house.close().await;
}

/// Whoever may write the database does not have the house remove what it keeps.
#[tokio::test]
async fn nothing_is_removed_that_the_house_did_not_sign_for() {
    let house = open("").await;
    six(&house).await;
    house.clock.advance(Duration::minutes(2));
    until(&house, SIGNED, "6").await;
    let begin = "INSERT INTO audit_checkpoint (node, kind, number, at, hash, signature)
         SELECT node, 'begin', number, at, hash, signature FROM audit_checkpoint";
    book(&house.directory).run(begin);
    for signed in ["7", "8"] {
        assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
        house.clock.advance(Duration::minutes(2));
        until(&house, SIGNED, signed).await;
    }
    assert_eq!(house.rows("SELECT min(number) FROM audit").await, [["1"]]);
    house.close().await;
}

/// A place outside that fails costs nobody their credentials, and is told of.
#[tokio::test]
async fn an_anchor_that_fails_holds_nobody_up() {
    let house = open("[audit]\nanchor = { file = \"outside/anchor\" }").await;
    six(&house).await;
    house.clock.advance(Duration::minutes(2));
    until(&house, SIGNED, "6").await;
    assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
    // The place is there at last: what is laid down is the latest.
    std::fs::create_dir(house.directory.path().join("outside")).expect("made");
    house.clock.advance(Duration::minutes(2));
    until(&house, SIGNED, "7").await;
    laid_down(&house.directory.path().join("outside/anchor"), "\"number\":7").await;
    house.close().await;
}

/// Waits until a line outside says so.
async fn laid_down(path: &Path, piece: &str) {
    let comes = async {
        while !std::fs::read_to_string(path).is_ok_and(|text| text.contains(piece)) {
            tokio::time::sleep(Wait::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Wait::from_secs(60), comes).await.expect("laid down");
}

/// An anchor that is read when this has been done.
struct Behind<F>(Option<F>, Cursor<Vec<u8>>);

impl<F: FnOnce()> Read for Behind<F> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.fill_buf()?;
        self.1.read(buffer)
    }
}

impl<F: FnOnce()> BufRead for Behind<F> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if let Some(deed) = self.0.take() {
            deed();
        }
        self.1.fill_buf()
    }

    fn consume(&mut self, read: usize) {
        self.1.consume(read);
    }
}

/// The chains have been read when the oldest records go, and what was signed of those has not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_while_the_book_is_verified_is_not_cut_off() {
    let house = open("[audit]\nretention = \"2d\"\nanchor = { file = \"outside\" }").await;
    six(&house).await;
    house.clock.advance(Duration::minutes(2));
    until(&house, SIGNED, "6").await;
    house.clock.advance(Duration::days(1));
    assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
    house.clock.advance(Duration::minutes(2));
    let outside = house.directory.path().join("outside");
    laid_down(&outside, "\"number\":7").await;
    let retention = || {
        house.clock.advance(Duration::days(1) + Duration::minutes(5));
        let begins = || Book::open(&house.directory.path().join("gatehouse.db")).rows("SELECT min(number) FROM audit");
        for _ in 0..3_000 {
            if begins() == [["7"]] {
                return;
            }
            std::thread::sleep(Wait::from_millis(20));
        }
        panic!("nothing is removed");
    };
    let mut anchor = Behind(Some(retention), Cursor::new(std::fs::read(&outside).expect("an anchor")));
    let settings = loaded(&house).settings;
    let key = audit_key(&settings).await.expect("a key");
    let mut book = app::book(&settings).await.expect("a book");
    let held = verify(&mut book, &key, Some(&mut anchor)).await.unwrap_or_else(|fault| panic!("{fault}"));
    assert!(held.records == 7 && held.anchored >= 2, "{held:?}");
    drop((anchor, book));
    house.close().await;
}

#[tokio::test]
async fn a_clock_that_ran_ahead_once_is_not_waited_for() {
    let house = open("").await;
    six(&house).await;
    for (hours, signed) in [(6, "7"), (-6, "8")] {
        house.clock.advance(Duration::hours(hours));
        assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
        until(&house, SIGNED, signed).await;
    }
    house.close().await;
}

/// What is posted is what a file would have.
#[tokio::test]
async fn an_address_has_what_is_signed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let url = format!("http://{}/anchor", listener.local_addr().expect("an address"));
    let house = open(&format!("[audit]\nanchor = {{ url = \"{url}\", allowed_networks = [\"127.0.0.1\"] }}")).await;
    six(&house).await;
    let posted = tokio::task::spawn_blocking(move || answer(&listener, "200 OK"));
    house.clock.advance(Duration::minutes(2));
    let posted = tokio::time::timeout(Wait::from_secs(60), posted).await.expect("in time").expect("posted");
    assert!(posted.0.starts_with("POST /anchor HTTP/1.1\r\n"), "{}", posted.0);
    let path = house.directory.write("collected", posted.1).display().to_string();
    let (status, said) = audit(house.directory.path(), &["verify", "--anchor", &path]).await;
    assert!(status == Some(0) && said.contains("1 line of the anchor agree"), "{said}");
    house.close().await;
}

/// The same load time and again, and the store as large as it was.
#[tokio::test]
async fn under_constant_load_the_store_does_not_grow() {
    let house = open("[audit]\nretention = \"2d\"\n[trace]\nretention = \"1h\"").await;
    let (beside, ended) = Store::open(&at(&house.directory.path().join("gatehouse.db"))).await.expect("the store");
    let keep = Keep { audit: 2 * 86_400, traces: 3_600, ..KEEP };
    let mut sizes = Vec::new();
    for _ in 0..12 {
        for _ in 0..40 {
            assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
            assert_eq!(
                call(&house, &user(), &[("Action", "GetSessionToken"), ("Version", "2011-06-15")]).await.status,
                200
            );
            assert_eq!(house.sts("AssumeRoleWithSAML", &[("RoleArn", ADMIN)]).await.status, 400);
        }
        let last = house.rows("SELECT max(number) FROM audit").await.concat().concat();
        house.clock.advance(Duration::days(10));
        while house.rows(SIGNED).await.concat().concat() != last {
            tokio::time::sleep(Wait::from_millis(20)).await;
        }
        while beside.sweep(house.clock.now().unix_timestamp(), keep).await.expect("swept") {}
        let size = house.rows("SELECT page_count FROM pragma_page_count").await.concat().concat();
        sizes.push(size.parse::<i64>().expect("a number"));
    }
    let (middle, last) = (sizes[6], sizes[11]);
    assert!(last <= middle + middle / 20, "pages, time after time: {sizes:?}");
    let left = house
        .rows("SELECT (SELECT count(*) FROM role_session), (SELECT count(*) FROM audit), (SELECT count(*) FROM trace)")
        .await;
    let counts: Vec<i64> = left[0].iter().map(|count| count.parse().expect("a number")).collect();
    assert!(counts[0] <= 240 && counts[1] <= 400 && counts[2] <= 120, "{counts:?}");
    drop(beside);
    let _ = ended.await;
    house.close().await;
}

/// As much as they may take up, the oldest gone first.
#[tokio::test]
async fn traces_take_up_no_more_room_than_they_may() {
    let house = open("").await;
    for _ in 0..30 {
        assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
        house.clock.advance(Duration::SECOND);
    }
    until(&house, "SELECT count(*) FROM trace", "30").await;
    let (directory, clock, _) = house.close().await;
    let (store, ended) = Store::open(&at(&directory.path().join("gatehouse.db"))).await.expect("the store");
    let size: i64 =
        book(&directory).rows("SELECT sum(octet_length(steps) + 500) FROM trace")[0][0].parse().expect("a size");
    let keep = Keep { trace_bytes: size / 3, ..KEEP };
    while store.sweep(clock.now().unix_timestamp(), keep).await.expect("swept") {}
    let left = book(&directory).rows("SELECT count(*), min(at) FROM trace");
    let [count, first] = [0, 1].map(|at| left[0][at].parse::<i64>().expect("a number"));
    assert!((8..=11).contains(&count) && first > 1_925_035_200 + 15, "{left:?}");
    drop(store);
    let _ = ended.await;
}
