//! A server that waits for a standby with each commit, and somebody who breaks its wait off.

use crate::cluster_world::Cluster;
use crate::front::ADMIN;
use crate::front_signed::{assume, user};
use crate::house::House;
use crate::key_ring_world::until;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

async fn status(house: &House) -> u16 {
    assume(house, &user(), ADMIN, &[]).await.status
}

/// The server then says that it has committed, or says nothing any more; and shows to everybody what it has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_standby_has_is_not_given() {
    for order in ["pg_cancel_backend", "pg_terminate_backend"] {
        is_not_given_after(order).await;
    }
}

async fn is_not_given_after(order: &str) {
    let cluster = Cluster::open("").await;
    let (a, b) = (&cluster.a, &cluster.b);
    assert_eq!(status(a).await, 200);
    let (book, over) = (cluster.book(), Arc::new(AtomicBool::new(false)));
    let breaking_off = std::thread::spawn({
        let (book, over) = (cluster.book(), over.clone());
        let order = format!("SELECT {order}(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
        move || {
            while !over.load(Ordering::SeqCst) {
                book.rows(&order);
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    });
    book.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    book.run("SELECT pg_reload_conf()");
    for house in [a, b] {
        until(async || status(house).await == 503, "the server waits").await;
        assert_eq!(status(house).await, 503, "{order}");
    }
    book.run("ALTER SYSTEM RESET synchronous_standby_names");
    book.run("SELECT pg_reload_conf()");
    for house in [a, b] {
        until(async || status(house).await == 200, "it gives again").await;
    }
    over.store(true, Ordering::SeqCst);
    breaking_off.join().expect("no panic");
    cluster.chains();
}

/// A server that wants a vacuum says so with each transaction; all are on disk and at the standby as ever.
#[tokio::test]
async fn a_warning_of_something_else_stops_nothing() {
    let cluster = Cluster::open("").await;
    cluster.book().run(
        "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE WARNING 'it must be vacuumed soon'; RETURN NULL; END $$;
         CREATE TRIGGER warn AFTER INSERT ON audit EXECUTE FUNCTION warn();
         CREATE TRIGGER warn AFTER UPDATE ON node EXECUTE FUNCTION warn()",
    );
    assert_eq!(status(&cluster.a).await, 200);
    assert_eq!(cluster.book().rows("SELECT count(*) FROM audit")[0][0], "1");
    cluster.chains();
}
