//! A database that goes away and comes back.

use crate::audit_world::audit;
use crate::book::Book;
use crate::cluster_world::{Cluster, chains};
use crate::command_backup::{backup, settings};
use crate::command_sessions::{is_good, revoke};
use crate::front::{ADMIN, admin, assume_with_saml, good};
use crate::front_signed::{assume, get_caller_identity, user};
use crate::house::{Directory, House};
use crate::key_ring_world::until;
use crate::postgres_server::{PostgresServer, lay_down_password};
use crate::store_notes::{NOW, session};
use gatehouse::app::restore;
use gatehouse::config::{Secrets, load_untested};
use gatehouse::store::{AuditRecord, SessionRecord, Store, StoreError, Verdict, Visit};
use std::time::Duration;

#[tokio::test]
async fn without_its_database_a_node_gives_nothing_and_goes_on_verifying_until_its_list_is_old() {
    let cluster = Cluster::open("").await;
    let (a, b) = (&cluster.a, &cluster.b);
    let (session, revoked) = (admin(a, "1").await, admin(a, "2").await);
    let assertion = good(a, "3");
    revoke(b, &["--session", &revoked.id]).await;
    for node in [a, b] {
        until(async || get_caller_identity(node, &revoked).await.status == 403, "it is heard of").await;
    }

    cluster.server.stop();
    for node in [a, b] {
        for answer in [assume_with_saml(node, ADMIN, &assertion).await, assume(node, &user(), ADMIN, &[]).await] {
            assert_eq!(answer.refusal(), (503, "ServiceUnavailable"), "{}", answer.body);
        }
        until(async || node.get("/readyz").await.status == 503, "it is not ready").await;
        assert_eq!(node.get("/healthz").await.status, 200, "a restart would not help");
        node.clock.let_pass(Duration::from_secs(15));
    }
    for node in [a, b] {
        is_good(node, &session).await;
        assert_eq!(get_caller_identity(node, &revoked).await.refusal(), (403, "ExpiredToken"));
    }
    a.clock.let_pass(Duration::from_secs(31));
    for node in [a, b] {
        assert_eq!(get_caller_identity(node, &session).await.refusal(), (503, "ServiceUnavailable"), "nobody can know");
        assert_eq!(get_caller_identity(node, &user()).await.status, 200, "a long-lived key is on no list");
    }

    cluster.server.go_on();
    for node in [a, b] {
        until(async || node.get("/readyz").await.status == 200, "it is ready again").await;
        is_good(node, &session).await;
    }
    assert_eq!(assume_with_saml(b, ADMIN, &assertion).await.status, 200, "what was not given was not used up");
    assert_eq!(assume_with_saml(a, ADMIN, &assertion).await.refusal().0, 400, "now it is");
    assert_eq!(assume(a, &user(), ADMIN, &[]).await.status, 200);
    let chains = cluster.chains();
    assert!(chains.contains_key("operator"), "{chains:?}");
    let book = cluster.book();
    assert_eq!(book.rows("SELECT 1 FROM role_session").len(), 4);
    let unrecorded = "SELECT 1 FROM role_session WHERE NOT EXISTS
         (SELECT 1 FROM audit WHERE replace(record, access_key_id, '') <> record)";
    assert!(book.rows(unrecorded).is_empty(), "each is in the book");
}

/// Nobody who comes afterwards loses anything by a restart that nobody noticed.
#[tokio::test]
async fn a_server_that_was_restarted_meanwhile_is_connected_to_anew_without_a_word() {
    let cluster = Cluster::open("").await;
    admin(&cluster.a, "1").await;
    cluster.server.stop();
    cluster.server.go_on();
    let answers = [assume(&cluster.a, &user(), ADMIN, &[]).await, assume(&cluster.b, &user(), ADMIN, &[]).await];
    for answer in answers {
        // Somebody who asks each second may have come at the wrong moment, and begun a pause.
        assert!([200, 503].contains(&answer.status), "{}", answer.body);
    }
    for node in [&cluster.a, &cluster.b] {
        until(async || assume(node, &user(), ADMIN, &[]).await.status == 200, "it gives again").await;
    }
    cluster.chains();
}

/// As when a standby takes over that had not heard of the last commits: numbers are given once more.
#[tokio::test]
async fn what_is_revoked_is_heard_of_though_commits_were_lost() {
    let cluster = Cluster::open("").await;
    let (a, b) = (&cluster.a, &cluster.b);
    let [first, second, third, fourth] =
        [admin(a, "1").await, admin(a, "2").await, admin(a, "3").await, admin(a, "4").await];
    for session in [&first, &second] {
        revoke(b, &["--session", &session.id]).await;
        for node in [a, b] {
            until(async || get_caller_identity(node, session).await.status == 403, "it is heard of").await;
        }
    }
    // More than there were have come by the time that anybody looks.
    cluster.book().run(&format!(
        "BEGIN; DELETE FROM revocation; SELECT setval(pg_get_serial_sequence('revocation', 'number'), 1, false);
         INSERT INTO revocation (access_key_id, until) VALUES ('{}', 4102444800), ('ASIA2', 4102444800), ('ASIA3', 4102444800);
         COMMIT",
        third.id
    ));
    revoke(a, &["--session", &fourth.id]).await;
    for node in [a, b] {
        for session in [&third, &fourth] {
            until(async || get_caller_identity(node, session).await.status == 403, "it is heard of").await;
        }
        for session in [&first, &second] {
            assert_eq!(
                get_caller_identity(node, session).await.refusal(),
                (403, "ExpiredToken"),
                "it has not forgotten"
            );
        }
    }
}

/// Nobody who puts a copy back is there alone for sure: a node may be cut off from its database just then.
#[tokio::test]
async fn a_node_under_which_a_copy_is_put_back_believes_nothing_from_before() {
    let cluster = Cluster::open("").await;
    let (a, b) = (&cluster.a, &cluster.b);
    let (before, file) = (admin(a, "1").await, backup(a).await);
    let own = std::fs::read_to_string(a.directory.path().join("gatehouse.toml")).expect("a configuration");
    let database = cluster.server.database().await;
    let elsewhere = a.directory.write("elsewhere.toml", PostgresServer::instead(&own, &database));
    let loaded =
        load_untested(&elsewhere, Secrets::Read, a.clock.now()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    restore(&loaded.settings, &file, a.clock.now()).await.expect("it is put back");
    cluster.server.replace(&own, &database).await;
    for node in [a, b] {
        until(async || get_caller_identity(node, &before).await.status == 403, "it is from before").await;
    }
    a.clock.advance(time::Duration::seconds(2));
    until(async || assume(b, &user(), ADMIN, &[]).await.status == 200, "it gives again").await;
    let answer = assume_with_saml(b, ADMIN, &good(a, "2")).await;
    assert_eq!((answer.status, &*b.code(&answer).await), (400, "sts.before-restore"), "{}", answer.body);
    let after = assume(b, &user(), ADMIN, &[]).await.credentials();
    is_good(a, &after).await;
    revoke(a, &["--session", &after.id]).await;
    for node in [a, b] {
        until(async || get_caller_identity(node, &after).await.status == 403, "it is heard of").await;
    }
}

/// What was signed of orders that a restore has lost is told of as lost: those of afterwards have numbers of their own.
#[tokio::test]
async fn orders_after_a_restore_do_not_stand_in_the_place_of_those_before() {
    let Cluster { a, b, server: _server } = Cluster::open("[audit]\nanchor = { file = \"outside\" }").await;
    let session = admin(&a, "1").await;
    revoke(&a, &["--session", &session.id]).await;
    let file = backup(&a).await;
    for _ in 0..2 {
        revoke(&a, &["--session", &session.id]).await;
    }
    let outside = a.directory.path().join("outside");
    let signed = async || {
        // It is signed for when it has not grown from one minute to the next.
        a.clock.advance(time::Duration::seconds(61));
        tokio::time::sleep(Duration::from_millis(500)).await;
        std::fs::read_to_string(&outside).is_ok_and(|text| text.contains("\"node\":\"operator\",\"number\":3"))
    };
    until(signed, "it is signed for").await;
    b.close().await;
    let (directory, clock, url) = a.close().await;
    restore(&settings(&directory), &file, clock.now()).await.expect("it is put back");
    clock.advance(time::Duration::seconds(2));
    let a = House::serve(directory, clock, url).await;
    for _ in 0..3 {
        revoke(&a, &["--session", &session.id]).await;
    }
    assert_eq!(a.rows("SELECT DISTINCT node FROM audit WHERE node LIKE 'operator%'").await.len(), 2);
    let anchor = outside.display().to_string();
    let (status, said) = audit(a.directory.path(), &["verify", "--anchor", &anchor]).await;
    assert!(status == Some(0) && said.contains(" was lost when a backup was put back at "), "{status:?}: {said}");
    a.close().await;
}

/// Orders that wait together are committed together; one that the server cannot take fails by itself: whether it is said of
/// a statement that is waited for, or of one that is answered when the commit is on its way already.
#[tokio::test]
async fn what_the_server_does_not_take_of_one_is_not_the_others_loss() {
    // PostgreSQL has no text with a zero in it.
    one_is_not_taken("b\0", "{}").await;
    one_is_not_taken("b", r#"{"is":"bad"}"#).await;
}

async fn one_is_not_taken(subject: &str, record: &str) {
    let (server, directory) = (PostgresServer::shared(), Directory::new());
    let database = server.database().await;
    lay_down_password(&directory);
    let path = directory.path().join("gatehouse.db");
    directory.write("gatehouse.toml", server.store(&database));
    let store = Store::open(&server.address(&database)).await.expect("it opens").0;
    let trigger = "CREATE FUNCTION bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'bad'; END $$;
         CREATE TRIGGER bad BEFORE INSERT ON audit FOR EACH ROW WHEN (NEW.record LIKE '%bad%') EXECUTE FUNCTION bad()";
    Book::open(&path).run(trigger);
    let held = Book::held(&path);
    let visit = |id: &str, name: &str, record: &str| {
        let session = session(id).map(|session| SessionRecord { subject: name.to_owned(), ..session });
        let audit = Some(AuditRecord::read(NOW, record.to_owned()));
        store.commit(Visit { session, audit, ..Visit::default() })
    };
    let all = async {
        tokio::join!(
            visit("ASIA1", "a", "{}"),
            visit("ASIA2", subject, record),
            visit("ASIA3", "c", "{}"),
            visit("ASIA4", "d", "{}")
        )
    };
    let release = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(held);
    };
    let (all, ()) = tokio::join!(all, release);
    assert!(matches!(all.1, Err(StoreError::Write(_))), "{:?}", all.1);
    assert_eq!([all.0, all.2, all.3].map(Result::unwrap), [Verdict::Done; 3]);
    let book = Book::open(&path);
    assert_eq!(chains(&book).into_values().collect::<Vec<_>>(), [3]);
    assert_eq!(book.rows("SELECT access_key_id FROM role_session ORDER BY 1").concat(), ["ASIA1", "ASIA3", "ASIA4"]);
}
