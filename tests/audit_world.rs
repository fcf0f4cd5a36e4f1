//! A book with some records in it, and `gatehouse audit` beside it.

use crate::book::Book;
use crate::front::{ADMIN, WORLD, admin, files};
use crate::front_signed::{assume, user};
use crate::house::{Address, Credentials, Directory, House};
use crate::running::{ended, gatehouse};
use crate::saml_identity::NOW;
use std::path::Path;
use std::sync::Arc;

pub(crate) const GUEST: &str = "arn:aws:iam::444455556666:role/Guest";

/// `settings` are the tables `[audit]` and `[trace]`.
pub(crate) async fn open(settings: &str) -> House {
    House::open(NOW, &files(), |_: &Address| format!("{settings}\n{WORLD}")).await
}

/// Runs the command: exit status, and what it said.
pub(crate) async fn audit(directory: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut process = gatehouse();
    process.arg("audit").args(arguments).arg("--config").arg(directory.join("gatehouse.toml"));
    let (status, stdout, stderr) = tokio::task::spawn_blocking(move || ended(&mut process)).await.expect("it ran");
    let said: String =
        stderr.lines().filter(|line| line.starts_with("gatehouse: ")).map(|line| format!("{line}\n")).collect();
    (status, stdout + &said)
}

/// Six records: an assertion's, what was assumed with it and with that, and three of a user's. What the first gave.
pub(crate) async fn six(house: &House) -> Credentials {
    let first = admin(house, "1").await;
    let second = assume(house, &first, GUEST, &[]).await.credentials();
    assert_eq!(assume(house, &second, ADMIN, &[]).await.status, 403);
    for _ in 0..3 {
        assert_eq!(assume(house, &user(), ADMIN, &[]).await.status, 200);
    }
    assert_eq!(house.rows("SELECT number FROM audit").await.len(), 6);
    first
}

/// A closed house with those, and what it signed at its end. If it was slow to begin it has signed for the first of them
/// before, which is taken away.
pub(crate) async fn closed(settings: &str) -> Arc<Directory> {
    let house = open(settings).await;
    six(&house).await;
    let directory = house.close().await.0;
    book(&directory).run("DELETE FROM audit_checkpoint WHERE number < 6");
    let anchor = directory.path().join("outside");
    if let Some(last) = std::fs::read_to_string(anchor).ok().as_deref().and_then(|text| text.lines().last()) {
        directory.write("outside", format!("{last}\n"));
    }
    directory
}

pub(crate) fn book(directory: &Directory) -> Book {
    Book::open(&directory.path().join("gatehouse.db"))
}
