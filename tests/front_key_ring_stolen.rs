//! Session keys that somebody has come by, and what ends what they make with them.

use crate::front::open;
use crate::front_logout::{credentials, is_in, sign_in};
use crate::front_signed::get_caller_identity;
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Browser, House};
use crate::key_ring_world::{forged, forged_at, is_good, is_unknown, order, own, root, rotate, rotate_and_use, until};
use crate::saml_logout;
use gatehouse::app::Former;
use gatehouse::sts::{KeyKind, KeyState};
use time::Duration;

/// Whoever has come by a former key can make what it could have sealed, and nothing when all of that has ended.
#[tokio::test]
async fn a_former_key_opens_nothing_that_it_cannot_have_sealed() {
    let house = open("").await;
    let stolen = root(&house, "first");
    is_unknown(&house, &forged(&house, &[9; 32], house.clock.now() + Duration::HOUR)).await;
    rotate_and_use(&house).await;
    let (id, rotated, hours) = ("ASIAABCDEFGHIJKLMNOP", house.clock.now(), Duration::hours);
    house.clock.advance(Duration::minutes(5));
    let now = house.clock.now();
    is_good(&house, &forged_at(&stolen, id, now, now + Duration::HOUR)).await;
    house.clock.advance(hours(36) - Duration::SECOND);
    let now = house.clock.now();
    for (issued, expires, good) in [
        (now, now + Duration::HOUR, false),
        (now - hours(35), now + Duration::SECOND, false),
        (rotated + Duration::minutes(5) + Duration::SECOND, now + Duration::SECOND, false),
        (rotated + Duration::minutes(5), now + Duration::SECOND, true),
    ] {
        let by = forged_at(&stolen, id, issued, expires);
        if good { is_good(&house, &by).await } else { is_unknown(&house, &by).await }
    }
    house.clock.advance(Duration::SECOND);
    is_unknown(&house, &forged_at(&stolen, id, rotated + Duration::minutes(5), rotated + hours(36))).await;
    house.close().await;
}

/// Whoever has come by the key in use is held to what the house itself makes: it cannot be dated ahead, nor be of another
/// form than what is ended by its access key id.
#[tokio::test]
async fn a_forged_session_is_bounded_as_the_others_are() {
    let house = open("").await;
    let (stolen, now, id) = (root(&house, "first"), house.clock.now(), "ASIAABCDEFGHIJKLMNOP");
    for (id, issued, expires, good) in [
        (id, now, now + Duration::hours(36), true),
        (id, now, now + Duration::hours(36) + Duration::SECOND, false),
        (id, now + Duration::minutes(5), now + Duration::HOUR, true),
        (id, now + Duration::minutes(5) + Duration::SECOND, now + Duration::HOUR, false),
        ("ASIAABCDEFGHIJKLMNO1", now, now + Duration::HOUR, false),
        ("ASIAABCDEFGHIJKLMNOPQ", now, now + Duration::HOUR, false),
        ("BSIAABCDEFGHIJKLMNOP", now, now + Duration::HOUR, false),
    ] {
        let by = forged_at(&stolen, id, issued, expires);
        if good { is_good(&house, &by).await } else { is_unknown(&house, &by).await }
    }
    house.close().await;
}

/// What a stolen key can make ends when the operator says so, on a house that serves, with all that was honest.
#[tokio::test]
async fn a_compromised_key_ends_with_all_that_it_has_made() {
    let house = saml_logout::open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let worn = credentials(&house, &mut browser).await;
    let url = login_url(&signin_token(&house, &worn, &[]).await, "");
    let (first, honest) = (root(&house, "first"), own(&house).await);
    let second = rotate_and_use(&house).await;
    let (since, upcoming) = (own(&house).await, rotate(&house).await);
    let stolen = [first, root(&house, &second.id), root(&house, &upcoming.id)];
    let new = order(&house, KeyKind::Session, Former::Go).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(new.state, KeyState::Active);
    let forge =
        |key: &Vec<u8>| forged_at(key, "ASIAABCDEFGHIJKLMNOP", house.clock.now(), house.clock.now() + Duration::HOUR);
    until(async || get_caller_identity(&house, &honest).await.status != 200, "it is heard of").await;
    is_good(&house, &forge(&root(&house, &new.id))).await;
    for by in stolen.iter().map(forge).chain([honest, since, worn]) {
        // So many were refused while the keys were waited for that not every trace is kept.
        assert_eq!(get_caller_identity(&house, &by).await.refusal(), (403, "InvalidClientTokenId"));
    }
    assert!(!is_in(&house, &mut browser).await);
    assert_ne!(house.get(&url).await.status, 303);
    let fresh = own(&house).await;
    is_good(&house, &fresh).await;
    let files = |directory: &std::path::Path| {
        let names =
            std::fs::read_dir(directory.join("keys")).expect("keys").map(|file| file.expect("a file").file_name());
        names.filter(|name| name.to_string_lossy().starts_with("session")).collect::<Vec<_>>()
    };
    assert_eq!(files(house.directory.path()), [format!("session-{}.key", new.id).as_str()]);
    let record = house.rows("SELECT record FROM audit WHERE node LIKE '%operator'").await.pop().expect("a record");
    let record: serde_json::Value = serde_json::from_str(&record[0]).expect("JSON");
    assert_eq!(record["requestParameters"], serde_json::json!({"kind": "session", "compromised": true}));
    assert_eq!(record["responseElements"]["removed"], serde_json::json!(["first", second.id, upcoming.id]));
    let (directory, clock, url) = house.close().await;
    let house = House::serve(directory, clock, url).await;
    is_good(&house, &fresh).await;
    assert_eq!(files(house.directory.path()).len(), 1, "the first is not made again");
    sign_in(&house, &mut browser, "2").await;
    assert!(is_in(&house, &mut browser).await);
    house.close().await;
}

#[tokio::test]
async fn of_two_that_find_a_key_compromised_one_is_late() {
    let house = open("").await;
    let go = async || order(&house, KeyKind::Saml, Former::Go).await;
    let (one, other) = tokio::join!(go(), go());
    let files = std::fs::read_dir(house.directory.path().join("keys")).expect("keys").count();
    assert_eq!(files, 7, "the index, the session key, that of the book and two pairs");
    assert!(one.is_ok() || other.is_ok());
    house.close().await;
}
