//! What a restore must not make anybody forget: codes and locks, and that it has lost a part of the book.

use crate::audit_keeping::until;
use crate::audit_world::{audit, book, open, six};
use crate::command_backup::{backup, lose, put_back, settings};
use crate::front::{ADMIN, WORLD, files};
use crate::front_signed::{assume, call, get_caller_identity, user};
use crate::front_users::{self, code, with_code};
use crate::house::House;
use crate::key_ring_world::loaded;
use crate::saml_identity::NOW;
use gatehouse::app::{back_up, restore};
use gatehouse::words::iso;
use time::Duration;

/// What a factor has seen since the backup was made is in no backup.
#[tokio::test]
async fn a_code_that_was_accepted_before_is_not_accepted_again() {
    let house = front_users::open().await;
    let file = backup(&house).await;
    let used = code(&house, 0);
    assert_eq!(with_code(&house, &user(), "Mfa", &used).await.status, 200);
    let house = put_back(house, &file).await;
    // Nor is one that might have been used, of the step that was tolerated then.
    for code in [used, code(&house, 1)] {
        let answer = with_code(&house, &user(), "Mfa", &code).await;
        assert_eq!((answer.status, &*house.code(&answer).await), (403, "sts.mfa-reused-code"));
    }
    house.clock.advance(Duration::seconds(60));
    assert_eq!(with_code(&house, &user(), "Mfa", &code(&house, 0)).await.status, 200);
}

/// The clock of whoever gave it may have been ahead of that of whoever puts the copy back.
#[tokio::test]
async fn a_session_of_a_clock_that_was_ahead_is_from_before_as_well() {
    let house = open("").await;
    let file = backup(&house).await;
    house.clock.advance(Duration::seconds(50));
    let ahead = assume(&house, &user(), ADMIN, &[]).await.credentials();
    house.clock.advance(Duration::seconds(-50));
    let house = put_back(house, &file).await;
    let is_former = async |house: &House| {
        let answer = get_caller_identity(house, &ahead).await;
        assert_eq!((answer.refusal(), &*house.code(&answer).await), ((403, "ExpiredToken"), "sts.session-revoked"));
    };
    is_former(&house).await;
    // What would count as given before is not given, on any way.
    let own = [("Action", "GetSessionToken"), ("Version", "2011-06-15")];
    for answer in [assume(&house, &user(), ADMIN, &[]).await, call(&house, &user(), &own).await] {
        assert_eq!(
            (answer.refusal(), &*house.code(&answer).await),
            ((503, "ServiceUnavailable"), "sts.just-restored"),
            "{}",
            answer.body
        );
    }
    // Whoever has keys of their own is served as before, so it is ready, and says what it is not ready for.
    assert_eq!(get_caller_identity(&house, &user()).await.status, 200);
    let ready = house.get("/readyz").await;
    // Two seconds have passed, and the restore counts to the end of the second that it was in.
    let until = iso(house.clock.now() + Duration::seconds(59));
    assert!(
        ready.status == 200 && ready.body.starts_with(&format!("ready, but nothing is given before {until}, ")),
        "{}",
        ready.body
    );
    house.clock.advance(Duration::MINUTE);
    assert_eq!(house.get("/readyz").await.body, "ready\n");
    let after = assume(&house, &user(), ADMIN, &[]).await.credentials();
    assert_eq!(get_caller_identity(&house, &after).await.status, 200);
    is_former(&house).await;
    house.close().await;
}

#[tokio::test]
async fn a_factor_that_is_locked_stays_locked() {
    let house = front_users::open().await;
    let early = backup(&house).await;
    let wrong = (0..).map(|n| format!("{n:06}")).find(|wrong| (-1..=2).all(|step| *wrong != code(&house, step)));
    let wrong = wrong.expect("one of them");
    for _ in 0..5 {
        assert_eq!(with_code(&house, &user(), "Mfa", &wrong).await.status, 403);
    }
    let late = house.directory.path().join("late");
    back_up(&loaded(&house).settings, &late, house.clock.now()).await.expect("a backup");
    let (directory, clock, url) = house.close().await;
    let is_locked = async |directory| {
        let house = House::serve(directory, clock.clone(), url.clone()).await;
        let answer = with_code(&house, &user(), "Mfa", &wrong).await;
        assert_eq!(house.code(&answer).await, "sts.mfa-locked", "{}", answer.body);
        house.close().await.0
    };
    // As the former store knows, and as only the backup knows.
    restore(&settings(&directory), &early, clock.now()).await.expect("it is put back");
    let directory = is_locked(directory).await;
    lose(&directory);
    for file in [early, late] {
        restore(&settings(&directory), &file, clock.now()).await.expect("it is put back");
    }
    is_locked(directory).await;
}

/// What was signed of records that the backup does not have is told of, and hides nothing behind it.
#[tokio::test]
async fn what_a_restore_has_lost_is_no_fault_of_the_book() {
    for keys in ["", "wrapping_key = { file = \"wrapping\" }\n"] {
        has_lost(keys).await;
    }
}

/// With keys in a directory, or wrapped in the store.
async fn has_lost(keys: &str) {
    let files: Vec<_> = files().into_iter().chain([("wrapping", format!("{}=\n", "A".repeat(43)))]).collect();
    let config = format!("{keys}[audit]\nanchor = {{ file = \"outside\" }}\n{WORLD}");
    let house = House::open(NOW, &files, |_| config).await;
    six(&house).await;
    let file = backup(&house).await;
    house.clock.advance(Duration::minutes(2));
    assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
    let house = put_back(house, &file).await;
    let (directory, ..) = house.close().await;
    let anchor = directory.path().join("outside").display().to_string();
    let arguments = ["verify", "--anchor", &anchor];
    let (status, said) = audit(directory.path(), &arguments).await;
    let lost = "What 1 line of the anchor told of was lost when a backup was put back at 2031-01-01T12:02:00Z.";
    assert!(status == Some(0) && said.contains(lost), "{status:?}: {said}");
    // Whoever writes the database can write a record of a restore, but not what the house signs about it.
    book(&directory).run("DELETE FROM audit_checkpoint WHERE kind = 'restored'");
    let (status, said) = audit(directory.path(), &arguments).await;
    assert!(status == Some(2) && said.contains("the chain was cut off before it"), "{status:?}: {said}");
    // Of a restore that no record tells of, nothing is lost.
    book(&directory).run(
        "DELETE FROM audit WHERE node IN (SELECT node FROM audit WHERE record LIKE '%RestoreBackup%'); DELETE FROM audit_checkpoint",
    );
    let (status, said) = audit(directory.path(), &arguments).await;
    assert!(status == Some(2) && said.contains("the chain was cut off before it"), "{status:?}: {said}");
}

/// Nor does the record of a restore hide what was cut off later, whatever time it is kept under.
#[tokio::test]
async fn what_was_cut_off_after_a_restore_is_not_lost_by_it() {
    let config = format!("[audit]\nanchor = {{ file = \"outside\" }}\n{WORLD}");
    let house = House::open(NOW, &files(), |_| config).await;
    six(&house).await;
    let file = backup(&house).await;
    let house = put_back(house, &file).await;
    house.clock.advance(Duration::minutes(2));
    let given = assume(&house, &user(), ADMIN, &[]).await.credentials();
    let (directory, ..) = house.close().await;
    let anchor = directory.path().join("outside").display().to_string();
    let arguments = ["verify", "--anchor", &anchor];
    assert_eq!(audit(directory.path(), &arguments).await.0, Some(0));
    let own = "node = (SELECT name FROM node)";
    book(&directory).run(&format!(
        "DELETE FROM audit WHERE {own} AND number > 1; DELETE FROM role_session WHERE access_key_id = '{}';
         DELETE FROM audit_checkpoint WHERE {own} AND kind = 'end' AND number > 1",
        given.id
    ));
    let (status, said) = audit(directory.path(), &arguments).await;
    assert!(status == Some(2) && said.contains("the chain was cut off before it"), "{status:?}: {said}");
    book(&directory).run("UPDATE audit SET at = at + 3600 WHERE record LIKE '%RestoreBackup%'");
    let (status, said) = audit(directory.path(), &arguments).await;
    let sentence = "the time that it is kept under was changed after it was written";
    assert!(status == Some(2) && said.contains(sentence), "{status:?}: {said}");
}

/// What was signed of a restore outlasts its record.
#[tokio::test]
async fn what_was_lost_is_known_for_lost_when_no_record_tells_of_the_restore_any_more() {
    let config = format!("[audit]\nretention = \"2d\"\nanchor = {{ file = \"outside\" }}\n{WORLD}");
    let house = House::open(NOW, &files(), |_| config).await;
    six(&house).await;
    let file = backup(&house).await;
    house.clock.advance(Duration::minutes(2));
    assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
    let house = put_back(house, &file).await;
    let signed = "SELECT max(number) FROM audit_checkpoint WHERE kind = 'end' AND node = (SELECT name FROM node)";
    until(&house, signed, "1").await;
    house.clock.advance(Duration::days(3));
    assert_eq!(assume(&house, &user(), ADMIN, &[]).await.status, 200);
    house.clock.advance(Duration::minutes(2));
    until(&house, "SELECT count(*) FROM audit WHERE record LIKE '%RestoreBackup%'", "0").await;
    let (directory, ..) = house.close().await;
    let anchor = directory.path().join("outside").display().to_string();
    let (status, said) = audit(directory.path(), &["verify", "--anchor", &anchor]).await;
    let lost = "What 1 line of the anchor told of was lost when a backup was put back at 2031-01-01T12:02:00Z.";
    assert!(status == Some(0) && said.contains(lost), "{status:?}: {said}");
    // From when on it was lost is signed as well.
    book(&directory).run("UPDATE audit_checkpoint SET made = made - 3600 WHERE kind = 'restored'");
    let (status, said) = audit(directory.path(), &["verify", "--anchor", &anchor]).await;
    assert!(status == Some(2) && said.contains("was not signed by this house's key"), "{status:?}: {said}");
}
