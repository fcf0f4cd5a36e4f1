//! A disk that is full, or does not take writes any more: nothing is lost, nothing is given without a record, and when it is
//! mended all goes on by itself.

use crate::book::{Book, at};
use crate::house::Directory;
use crate::store_batch::one_chain;
use crate::store_notes::{audit, session};
use gatehouse::store::{AuditRecord, RevocationPlace, Store, StoreError, Verdict, Visit};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system in memory; none for whoever may not mount one.
struct Disk(PathBuf);

impl Disk {
    fn mounted(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).expect("a directory");
        let size = format!("size={size}");
        let disk = Self(at.to_owned());
        let mounted = mount(&["-t", "tmpfs", "-o", &size, "gatehouse-test"], at);
        if !mounted {
            eprintln!("NOT TRIED: only root can mount a small disk");
            std::mem::forget(disk);
            return None;
        }
        Some(disk)
    }

    fn again(&self, how: &str) {
        assert!(mount(&["-o", &format!("remount,{how}")], &self.0), "remounted {how}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], at: &Path) -> bool {
    let told = Command::new("mount").args(arguments).arg(at).output();
    told.is_ok_and(|told| told.status.success())
}

async fn give(store: &Store, id: &str) -> Result<Verdict, StoreError> {
    store.commit(Visit { session: session(id), audit: audit(), ..Visit::default() }).await
}

fn given(path: &Path) -> usize {
    Book::open(path).rows("SELECT 1 FROM role_session").len()
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_given_and_nothing_is_lost() {
    let directory = Directory::new();
    let Some(disk) = Disk::mounted(&directory.path().join("small"), "2m") else { return };
    let path = disk.0.join("gatehouse.db");
    let (store, ended) = Store::open(&at(&path)).await.expect("a store");
    assert_eq!(give(&store, "ASIA1").await.expect("room"), Verdict::Done);
    let filler = disk.0.join("filler");
    std::fs::write(&filler, vec![0; 4 << 20]).expect_err("full");
    let large = AuditRecord::read(1, json!({ "filler": "x".repeat(64 * 1_024) }).to_string());
    let large = Visit { session: session("ASIA2"), audit: Some(large), ..Visit::default() };
    let refused = store.commit(large).await.expect_err("no room");
    assert!(matches!(&refused, StoreError::Write(why) if why.contains("full")), "{refused}");
    assert_eq!(given(&path), 1);
    std::fs::remove_file(&filler).expect("room again");
    store.ping().await.expect("ready again");
    assert_eq!(give(&store, "ASIA3").await.expect("room"), Verdict::Done);
    assert_eq!(given(&path), 2);
    one_chain(&Book::open(&path), 2);
    drop(store);
    ended.await.expect("it ends");
}

#[tokio::test]
async fn a_disk_that_takes_no_writes_any_more_stops_what_is_given() {
    let directory = Directory::new();
    let Some(disk) = Disk::mounted(&directory.path().join("small"), "8m") else { return };
    let path = disk.0.join("gatehouse.db");
    let (store, ended) = Store::open(&at(&path)).await.expect("a store");
    drop(store);
    ended.await.expect("it ends");
    disk.again("ro");
    let refused = Store::open(&at(&path)).await.err().expect("refused");
    assert!(refused.to_string().contains(&path.display().to_string()), "{refused}");
    disk.again("rw");
    assert!(Store::open(&at(&path)).await.is_ok());
}

#[tokio::test]
async fn a_file_that_is_taken_away_is_missed_at_once() {
    let directory = Directory::new();
    let (path, away) = (directory.path().join("gatehouse.db"), directory.path().join("away.db"));
    let (store, _ended) = Store::open(&at(&path)).await.expect("a store");
    assert_eq!(give(&store, "ASIA1").await.expect("written"), Verdict::Done);
    std::fs::rename(&path, &away).expect("away");
    let refused = give(&store, "ASIA2").await.expect_err("nowhere to write");
    assert!(matches!(&refused, StoreError::Write(why) if why.contains("not where it was")), "{refused}");
    store.ping().await.expect_err("not ready");
    // Another in its place knows nothing of what was ended or used up.
    std::fs::copy(&away, &path).expect("another");
    give(&store, "ASIA2").await.expect_err("not there either");
    assert!(store.revocations(&RevocationPlace::default(), 0).await.is_err(), "nor is it read");
    std::fs::rename(&away, &path).expect("back");
    store.ping().await.expect("ready again");
    assert_eq!(give(&store, "ASIA2").await.expect("written"), Verdict::Done);
    one_chain(&Book::open(&path), 2);
}

/// By somebody who keeps the database to themselves for longer than anybody is kept waiting.
#[tokio::test]
async fn a_database_that_is_locked_too_long_is_told_of() {
    let directory = Directory::new();
    let path = directory.path().join("gatehouse.db");
    let (store, _ended) = Store::open(&at(&path)).await.expect("a store");
    let held = Book::held(&path);
    let refused = give(&store, "ASIA1").await.expect_err("locked");
    assert!(matches!(&refused, StoreError::Write(why) if why.contains("locked")), "{refused}");
    drop(held);
    store.ping().await.expect("ready again");
    assert_eq!(give(&store, "ASIA1").await.expect("written"), Verdict::Done);
    one_chain(&Book::open(&path), 1);
}
