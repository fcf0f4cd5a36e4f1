//! How a node comes to a database on a server: over which line, as which version, and with which chain.

use crate::book::Book;
use crate::cluster_world::chains;
use crate::house::Directory;
use crate::postgres_server::{PostgresServer, lay_down_password};
use crate::store_notes::{NOW, audit, session};
use gatehouse::store::{Address, PutBack, Server, Store, StoreError, Verdict, Visit, steps};
use gatehouse::words::Secret;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A directory from which the database can be looked into.
fn beside(server: &PostgresServer, database: &str) -> (Directory, Book) {
    let directory = Directory::new();
    lay_down_password(&directory);
    let configuration = directory.write("gatehouse.toml", server.store(database));
    let book = Book::open(&configuration.with_file_name("gatehouse.db"));
    (directory, book)
}

async fn write(store: &Store, id: &str) {
    let visit = Visit { session: session(id), audit: audit(), ..Visit::default() };
    assert_eq!(store.commit(visit).await.expect("decided"), Verdict::Done);
}

async fn refused(address: &Address) -> String {
    match Store::open(address).await {
        Ok(_) => panic!("it opened"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_that_start_at_once_bring_an_empty_database_to_this_version_together() {
    let server = PostgresServer::start();
    let database = server.database().await;
    let address = server.address(&database);
    let starting: Vec<_> = (0..8)
        .map(|_| {
            let address = address.clone();
            tokio::spawn(async move { Store::open(&address).await.expect("it opens") })
        })
        .collect();
    let mut stores = Vec::new();
    for started in starting {
        stores.push(started.await.expect("no panic"));
    }
    for (n, (store, _)) in stores.iter().enumerate() {
        write(store, &format!("ASIA{n}")).await;
        write(store, &format!("ASIB{n}")).await;
    }
    let (_directory, book) = beside(&server, &database);
    assert_eq!(chains(&book).into_values().collect::<Vec<_>>(), [2; 8], "each its own chain");

    // Whoever comes when some have gone goes on where they left off.
    for (store, committer) in stores.drain(..) {
        drop(store);
        committer.await.expect("it ends");
    }
    let store = reopened(&address, &book).await;
    write(&store, "ASIAC").await;
    let after = chains(&book);
    assert_eq!((after.len(), after.values().sum::<usize>()), (8, 17));
}

/// Once the server has noticed that those before have gone.
async fn reopened(address: &Address, book: &Book) -> Store {
    while book.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'") != Vec::<Vec<String>>::new() {
        tokio::task::yield_now().await;
    }
    Store::open(address).await.expect("it opens").0
}

#[tokio::test]
async fn the_next_version_may_have_been_here_and_none_after_that() {
    let server = PostgresServer::shared();
    let database = server.database().await;
    let address = server.address(&database);
    drop(Store::open(&address).await.expect("it opens"));
    let (_directory, book) = beside(&server, &database);
    book.run("INSERT INTO migration (number) VALUES (199); ALTER TABLE role_session ADD COLUMN later TEXT");
    let store = Store::open(&address).await.expect("it opens").0;
    write(&store, "ASIA1").await;
    book.run("INSERT INTO migration (number) VALUES (200)");
    let sentence = refused(&address).await;
    assert!(sentence.ends_with("go back one version at a time"), "{sentence}");
}

/// Whoever came in meanwhile would go on by what was there before.
#[tokio::test]
async fn while_a_copy_is_put_back_nobody_comes_in() {
    let server = PostgresServer::shared();
    let address = server.address(&server.database().await);
    let (store, committer) = Store::open(&address).await.expect("it opens");
    let steps = steps();
    let put_back = || PutBack { at: NOW, made: NOW, steps: &steps, record: audit().expect("a record") };
    let refused = put_back().hold(&address).await.err().expect("somebody has it open");
    assert!(refused.to_string().contains("is in use; stop the gateway"), "{refused}");
    drop(store);
    committer.await.expect("it ends");
    let held = put_back().hold(&address).await.expect("nobody has it open any more");
    assert!(Store::open(&address).await.is_err(), "it waits for a while, and gives up");
    drop(held);
    let store = Store::open(&address).await.expect("it opens").0;
    write(&store, "ASIA1").await;
}

/// What changes every row there is takes longer than the server and whoever is served have patience for.
#[tokio::test]
async fn a_large_database_is_brought_along_and_put_back_in_its_own_time() {
    let server = PostgresServer::shared();
    let database = server.database().await;
    let address = server.address(&database);
    let (_directory, book) = beside(&server, &database);
    book.run(
        "CREATE FUNCTION of_tests.step() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(11); END $$;
         CREATE FUNCTION of_tests.rows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(16); RETURN NULL; END $$;
         CREATE EVENT TRIGGER step ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION of_tests.step()",
    );
    let (store, committer) = Store::open(&address).await.expect("it opens");
    write(&store, "ASIA1").await;
    drop(store);
    committer.await.expect("it ends");
    book.run(
        "DROP EVENT TRIGGER step; CREATE TRIGGER rows BEFORE DELETE ON audit FOR EACH STATEMENT EXECUTE FUNCTION of_tests.rows()",
    );
    let steps = steps();
    let put_back = PutBack { at: NOW, made: NOW, steps: &steps, record: audit().expect("a record") };
    let held = put_back.hold(&address).await.expect("nobody has it open");
    let filled = held.fill(std::iter::empty()).await.expect("it waits");
    filled.commit(None).await.expect("committed");
    assert_eq!(chains(&book).into_values().collect::<Vec<_>>(), [1], "the record of the restore alone");
}

#[tokio::test]
async fn what_is_written_by_one_is_news_to_the_others() {
    let server = PostgresServer::shared();
    let address = server.address(&server.database().await);
    let (_one, other) =
        (Store::open(&address).await.expect("it opens"), Store::open(&address).await.expect("it opens"));
    let mut news = other.0.news();
    let hour = std::time::Duration::from_secs(3_600);
    let order = gatehouse::store::Revoke {
        ending: gatehouse::store::Ending::Session("ASIA1".into()),
        before: None,
        known: true,
        now: 1_924_948_800,
    };
    let heard = async { tokio::join!(news.within(hour), order.run(&address, |_| audit().expect("a record"))) };
    let (_, ended) = tokio::time::timeout(std::time::Duration::from_secs(60), heard).await.expect("it is heard of");
    assert!(ended.expect("done").is_some());
}

#[tokio::test]
async fn the_line_is_encrypted_and_the_server_proves_who_it_is() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let server = PostgresServer::start_with_tls();
    let database = server.database().await;
    let address = server.address(&database);
    let store = Store::open(&address).await.expect("it opens").0;
    write(&store, "ASIA1").await;
    let (_directory, book) = beside(&server, &database);
    let lines =
        "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'gatehouse'";
    assert_eq!(book.rows(lines), [["t"]]);

    // Authorities that have not signed it: those of this system.
    let port = server.port();
    let url = format!("postgres://gate@127.0.0.1:{port}/{database}?sslmode=verify-full");
    let stranger = Server::parse(&url).expect("an address").with_password(Secret::new(*b"a password of tests"));
    let sentence = refused(&Address::Server(Arc::new(stranger))).await;
    assert!(sentence.contains("certificate") || sentence.contains("authorities"), "{sentence}");
}

#[tokio::test]
async fn a_server_that_cannot_be_used_is_named_with_what_is_wrong() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let server = PostgresServer::start();
    let (database, port) = (server.database().await, server.port());
    let at = |tail: &str, password: &str| {
        let server = Server::parse(&format!("postgres://gate@127.0.0.1:{port}/{tail}")).expect("an address");
        Address::Server(Arc::new(server.with_password(Secret::new(password))))
    };
    let mut sentences = BTreeSet::new();
    for (address, piece) in [
        (at(&database, "hush-hush"), "password authentication failed"),
        (at("nowhere", "a password of tests"), "database \"nowhere\" does not exist"),
        (at(&format!("{database}?sslmode=verify-full"), "a password of tests"), "TLS"),
    ] {
        let sentence = refused(&address).await;
        let whole = sentence.starts_with("the database at ") && sentence.contains(piece);
        assert!(whole && !sentence.contains("hush") && !sentence.contains("a password of"), "{sentence}");
        sentences.insert(sentence);
    }
    server.stop();
    let sentence = refused(&at(&database, "a password of tests")).await;
    assert!(sentence.contains(&format!("{database} on 127.0.0.1:{port} cannot be opened")), "{sentence}");
    let error = Store::open(&at(&database, "x")).await.err().expect("refused");
    assert!(matches!(error, StoreError::Open { .. }));
}
