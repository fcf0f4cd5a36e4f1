//! What the house does about its book by itself: it signs, lays down outside, removes what is old, and sweeps.

use crate::audit_ship::answer;
use crate::audit_world::{audit, book, open, six};
use crate::book::at;
use crate::front::ADMIN;
use crate::front_signed::{assume, call, user};
use crate::house::{House, KEEP};
use gatehouse::store::{Keep, Store};
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
    let path = house.directory.path().join("outside/anchor");
    let comes = async {
        while !std::fs::read_to_string(&path).is_ok_and(|text| text.contains("\"number\":7")) {
            tokio::time::sleep(Wait::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Wait::from_secs(60), comes).await.expect("laid down");
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
