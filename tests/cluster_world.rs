//! Two gateways on one database, as behind a load balancer: one public URL, no disk in common, and a caller who comes now to
//! the one and now to the other.

use crate::book::Book;
use crate::front::{WORLD, files};
use crate::house::{Directory, House, free_port};
use crate::postgres_server::{PostgresServer, lay_down_password};
use crate::saml_identity::NOW;
use aws_lc_rs::digest::{SHA256, digest};
use gatehouse::ambient::Clock;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) struct Cluster {
    /// Makes what is made out to both: its own URL is the public one.
    pub(crate) a: House,
    pub(crate) b: House,
    /// Behind the gateways: they end first.
    pub(crate) server: PostgresServer,
}

impl Cluster {
    /// [`WORLD`], with `more` configuration.
    pub(crate) async fn open(more: &str) -> Self {
        Self::of(&format!("{more}\n{WORLD}"), &files()).await
    }

    /// Both start at once, on a database in which there is nothing.
    pub(crate) async fn of(world: &str, files: &[(&str, String)]) -> Self {
        let server = PostgresServer::start();
        let (database, clock, ports) = (server.database().await, Clock::held(NOW), [free_port(), free_port()]);
        let node = async |port: u16| {
            let directory = Arc::new(Directory::new());
            for (name, text) in files {
                directory.write(name, text);
            }
            lay_down_password(&directory);
            directory.write("wrapping-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
            let (public, store) = (ports[0], server.store(&database));
            directory.write(
                "gatehouse.toml",
                format!(
                    "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{public}\"\nhosts = [\"127.0.0.1:{port}\"]\n[store]\n{store}[keys]\ndirectory = \"keys\"\nwrapping_key = {{ file = \"wrapping-key\" }}\n{world}"
                ),
            );
            House::serve(directory, clock.clone(), format!("http://127.0.0.1:{port}")).await
        };
        let (a, b) = tokio::join!(node(ports[0]), node(ports[1]));
        Self { a, b, server }
    }

    pub(crate) fn book(&self) -> Book {
        Book::open(&self.a.directory.path().join("gatehouse.db"))
    }

    /// How many records each chain has, each of which holds.
    pub(crate) fn chains(&self) -> BTreeMap<String, usize> {
        chains(&self.book())
    }
}

/// See [`Cluster::chains`].
pub(crate) fn chains(book: &Book) -> BTreeMap<String, usize> {
    let mut ends: BTreeMap<String, (usize, Vec<u8>)> = BTreeMap::new();
    for row in book.rows("SELECT node, number, encode(hash, 'hex'), record FROM audit ORDER BY node, number") {
        let (count, former) = ends.entry(row[0].clone()).or_insert((0, vec![0; 32]));
        *count += 1;
        assert_eq!(row[1], count.to_string(), "no record is missing in {}", row[0]);
        *former = digest(&SHA256, &[former.as_slice(), row[3].as_bytes()].concat()).as_ref().to_vec();
        let hash: String = former.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(row[2], hash, "{} of {}", row[1], row[0]);
    }
    ends.into_iter().map(|(node, (count, _))| (node, count)).collect()
}
