//! Session keys that are rotated while people work.

use crate::front::{CLOSED, USER, admin, open};
use crate::front_console::{answer_to, begin, who};
use crate::front_logout::{credentials, is_in, sign_in};
use crate::front_signed::{assume, call, get_caller_identity};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Answer, Browser, Credentials, House, program};
use crate::key_ring_world::{
    forged, forged_at, is_good, is_unknown, loaded, order, own, root, rotate, rotate_and_use, sealed_by, try_to_rotate,
    until,
};
use crate::saml_identity::RSA;
use crate::saml_logout::{self, redirect, request};
use gatehouse::ambient::Random;
use gatehouse::app::{self, App, Former, load};
use gatehouse::config::{Peers, Secrets};
use gatehouse::sts::{KeyKind, KeyState};
use time::Duration;

#[tokio::test]
async fn a_new_key_seals_after_a_minute_and_the_former_ones_open() {
    let house = open("").await;
    let first = own(&house).await;
    let mut sessions = vec![first.clone(), admin(&house, "1").await];
    for round in ["a", "b"] {
        rotate(&house).await;
        house.clock.advance(Duration::seconds(59));
        let before = own(&house).await;
        assert_eq!(sealed_by(&before), sealed_by(sessions.last().expect("one")), "{round}: known, but not used yet");
        house.clock.advance(Duration::SECOND);
        let after = admin(&house, round).await;
        assert_ne!(sealed_by(&after), sealed_by(&before), "{round}");
        sessions.extend([before, after]);
    }
    for session in &sessions {
        is_good(&house, session).await;
    }
    // What a session of the first key assumes has a token of the present one.
    let chained = assume(&house, &sessions[1], "arn:aws:iam::444455556666:role/Guest", &[]).await.credentials();
    assert_eq!(sealed_by(&chained), sealed_by(sessions.last().expect("one")));
    is_good(&house, &chained).await;
    // A session ends when it ends, whatever sealed it.
    house.clock.advance(Duration::hours(36));
    assert_eq!(get_caller_identity(&house, &first).await.refusal(), (403, "ExpiredToken"));
    house.close().await;
}

#[tokio::test]
async fn a_restart_finds_every_key() {
    let house = open("").await;
    let old = own(&house).await;
    rotate_and_use(&house).await;
    let new = own(&house).await;
    rotate(&house).await;
    let (directory, clock, url) = house.close().await;
    let house = House::serve(directory, clock, url).await;
    is_good(&house, &old).await;
    is_good(&house, &new).await;
    assert_eq!(sealed_by(&own(&house).await), sealed_by(&new), "the third waits still");
    house.clock.advance(Duration::MINUTE);
    assert_ne!(sealed_by(&own(&house).await), sealed_by(&new));
    house.close().await;
}

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
        is_unknown(&house, &by).await;
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
    let record = house.rows("SELECT record FROM audit WHERE node LIKE '%-operator'").await.pop().expect("a record");
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
    assert_eq!(files, 6, "the index, the session key and two pairs");
    assert!(one.is_ok() || other.is_ok());
    house.close().await;
}

#[tokio::test]
async fn a_key_of_which_nothing_is_alive_is_removed() {
    let house = open("").await;
    let stolen = root(&house, "first");
    rotate_and_use(&house).await;
    let kept = async |house: &House| house.rows("SELECT id FROM key_ring WHERE kind = 'session'").await.len();
    house.clock.advance(Duration::days(15) - Duration::SECOND);
    // The round that has taken up another key has seen that the first is to be kept.
    rotate(&house).await;
    assert_eq!(kept(&house).await, 3);
    house.clock.advance(Duration::SECOND);
    until(async || kept(&house).await == 2, "the first key is removed").await;
    assert!(!house.directory.path().join("keys/session.key").exists());
    is_unknown(&house, &forged(&house, &stolen, house.clock.now() + Duration::HOUR)).await;
    let session = own(&house).await;
    let (directory, clock, url) = house.close().await;
    let house = House::serve(directory, clock, url).await;
    is_good(&house, &session).await;
    assert!(!house.directory.path().join("keys/session.key").exists(), "and is not made again");
    house.close().await;
}

#[tokio::test]
async fn what_was_sealed_before_is_opened_after() {
    let house = saml_logout::open("").await;
    let (mut before, mut under_way) = (Browser::default(), Browser::default());
    sign_in(&house, &mut before, "1").await;
    let (relay_state, asked) = begin(&house, &mut under_way, "").await;
    let worn = credentials(&house, &mut before).await;
    let url = login_url(&signin_token(&house, &worn, &[]).await, "");
    rotate_and_use(&house).await;
    let response = answer_to(&house, &asked, "2", false);
    let form = [("SAMLResponse", response.as_str()), ("RelayState", &relay_state)];
    assert_eq!(under_way.post(&house, "/saml/acs", &form).await.status, 303, "a sign-in that was under way");
    assert!(is_in(&house, &mut before).await, "a console session");
    let shown = credentials(&house, &mut before).await;
    assert_eq!((shown.id, shown.secret), (worn.id, worn.secret), "the credentials that it shows");
    let mut elsewhere = Browser::default();
    let arrived = elsewhere.get(&house, &url).await;
    elsewhere.follow(&house, arrived).await;
    assert_eq!(who(&house, &mut elsewhere).await["signed_in"], true, "a sign-in URL");
    house.close().await;
}

#[tokio::test]
async fn a_message_is_decoded_for_a_day() {
    let house = open(AUDITOR).await;
    let refused = assume(&house, &auditor(), CLOSED, &[]).await;
    let message = refused.element("Message").split_once("Encoded authorization failure message: ").expect("one").1;
    rotate_and_use(&house).await;
    house.clock.advance(Duration::DAY - Duration::minutes(2));
    let decoded = decode(&house, message).await;
    assert!(decoded.element("DecodedMessage").contains("role/Closed"), "{}", decoded.body);
    house.clock.advance(Duration::HOUR);
    assert_eq!(decode(&house, message).await.refusal(), (400, "InvalidAuthorizationMessageException"));
    house.close().await;
}

/// People are found in the store under keys that do not change with the session key.
#[tokio::test]
async fn a_logout_finds_who_came_before() {
    let house = saml_logout::open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    rotate_and_use(&house).await;
    let (directory, clock, url) = house.close().await;
    let house = House::serve(directory, clock, url).await;
    assert!(is_in(&house, &mut browser).await);
    let told = Browser::default().get(&house, &redirect("SAMLRequest", &request(&house), None, &RSA)).await;
    assert_eq!(told.status, 303, "{}", told.body);
    assert!(!is_in(&house, &mut browser).await);
    house.close().await;
}

/// The key of a house that has never heard of rings is the first on the ring.
#[tokio::test]
async fn what_was_sealed_before_there_were_rings_is_opened() {
    let house = saml_logout::open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let session = own(&house).await;
    let (directory, clock, url) = house.close().await;
    std::fs::remove_file(directory.path().join("keys/index.key")).expect("removed");
    for statement in ["DROP TABLE key_ring", "DELETE FROM _sqlx_migrations WHERE version >= 12"] {
        crate::running::rows(&directory, statement).await;
    }
    let house = House::serve(directory, clock, url).await;
    is_good(&house, &session).await;
    rotate_and_use(&house).await;
    is_good(&house, &session).await;
    let told = Browser::default().get(&house, &redirect("SAMLRequest", &request(&house), None, &RSA)).await;
    assert_eq!((told.status, is_in(&house, &mut browser).await), (303, false), "{}", told.body);
    house.close().await;
}

#[tokio::test]
async fn an_order_that_cannot_be_carried_out_changes_nothing() {
    let house = open("").await;
    let refused = async |kind| try_to_rotate(&house, kind).await.err().expect("refused").to_string();
    let key = rotate(&house).await;
    assert_eq!(
        refused(KeyKind::Session).await,
        format!(
            "the key {} is there already and comes into use at 2031-01-01T12:01:00Z; rotate again after that",
            key.id
        )
    );
    let (one, other) = tokio::join!(try_to_rotate(&house, KeyKind::Saml), try_to_rotate(&house, KeyKind::Saml));
    assert!(one.is_ok() != other.is_ok(), "of two at once one wins");
    assert!(refused(KeyKind::Saml).await.contains("is there already and waits"));
    let files = std::fs::read_dir(house.directory.path().join("keys")).expect("keys").count();
    assert_eq!(files, 9, "the index, two session keys and three pairs");
    let records = house.rows("SELECT record FROM audit WHERE node LIKE '%-operator'").await;
    assert_eq!(records.len(), 2);
    let record: serde_json::Value = serde_json::from_str(&records[0][0]).expect("JSON");
    assert_eq!((&record["eventName"], &record["requestParameters"]["kind"]), (&"RotateKeys".into(), &"session".into()));
    let elements = serde_json::json!({"id": key.id, "activeFrom": "2031-01-01T12:01:00Z", "removed": []});
    assert_eq!(record["responseElements"], elements);

    // Keys that are not the gateway's.
    house.clock.advance(Duration::MINUTE);
    let keys = house.directory.path().join("keys");
    std::fs::rename(&keys, house.directory.path().join("elsewhere")).expect("renamed");
    let sentence = refused(KeyKind::Session).await;
    assert!(
        sentence.starts_with(&format!("the key \"session-{}.key\" is on the ring, but not here; ", key.id)),
        "{sentence}"
    );
    assert!(!keys.exists());
    house.close().await;
}

#[tokio::test]
async fn a_ring_has_room_for_so_many() {
    let house = open("").await;
    for _ in 0..31 {
        try_to_rotate(&house, KeyKind::Session).await.unwrap_or_else(|error| panic!("{error}"));
        house.clock.advance(Duration::MINUTE);
    }
    let full = try_to_rotate(&house, KeyKind::Session).await.err().expect("refused").to_string();
    assert!(full.starts_with("32 keys of this kind are there"), "{full}");
    let states = app::keys(&loaded(&house).settings, house.clock.now()).await.unwrap_or_else(|error| panic!("{error}"));
    let active: Vec<_> = states.iter().filter(|key| key.state == KeyState::Active).map(|key| key.kind).collect();
    assert_eq!((states.len(), active), (34, vec![KeyKind::Session, KeyKind::Issuer, KeyKind::Saml]));
    house.close().await;
}

#[tokio::test]
async fn a_key_that_is_spoilt_or_gone_is_named() {
    let house = open("").await;
    let key = rotate_and_use(&house).await;
    let (directory, clock, _) = house.close().await;
    let file = directory.path().join("keys").join(format!("session-{}.key", key.id));
    let starts = async || {
        let loaded = load(&directory.path().join("gatehouse.toml"), Secrets::Read, Peers::Real, clock.now());
        let loaded = loaded.unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        App::build(loaded, clock.clone(), Random, program()).await.err().map(|error| error.to_string())
    };
    let whole = std::fs::read(&file).expect("a key");
    std::fs::write(&file, &whole[..31]).expect("written");
    assert_eq!(
        starts().await.expect("refused"),
        format!("the key \"session-{}.key\" does not have the form it should have; restore it from a backup", key.id)
    );
    std::fs::remove_file(&file).expect("removed");
    assert!(starts().await.expect("refused").contains("is on the ring, but not here"));
    assert!(!file.exists(), "no other is made in its place");
    std::fs::write(&file, &whole).expect("written");
    for name in ["issuer-rs256.pem", "issuer-es384.pem", "saml.pem", "saml-encryption.pem"] {
        let file = directory.path().join("keys").join(name);
        let whole = std::fs::read(&file).expect("a key");
        std::fs::remove_file(&file).expect("removed");
        let sentence = starts().await.expect("refused");
        assert!(sentence.starts_with(&format!("the key \"{name}\" is on the ring, but not here; ")), "{sentence}");
        assert!(!file.exists(), "{name}");
        std::fs::write(&file, &whole).expect("written");
    }
    assert_eq!(starts().await, None);
}

/// Only the key in use of a kind is needed, and none keeps those of another kind back.
#[tokio::test]
async fn a_spoilt_key_keeps_no_other_back() {
    let house = open("").await;
    let first = own(&house).await;
    let issuer = try_to_rotate(&house, KeyKind::Issuer).await.unwrap_or_else(|error| panic!("{error}"));
    rotate_and_use(&house).await;
    let (directory, clock, url) = house.close().await;
    let keys = directory.path().join("keys");
    let pem = keys.join(format!("issuer-rs256-{}.pem", issuer.id));
    let [upcoming, retired] = [&pem, &keys.join("session.key")].map(|file| {
        let whole = std::fs::read(file).expect("a key");
        std::fs::write(file, &whole[1..]).expect("written");
        whole
    });
    let house = House::serve(directory, clock, url).await;
    is_unknown(&house, &first).await;
    std::fs::write(keys.join("session.key"), retired).expect("written");
    until(async || get_caller_identity(&house, &first).await.status == 200, "the retired key is taken up").await;
    let before = own(&house).await;
    rotate_and_use(&house).await;
    assert_ne!(sealed_by(&own(&house).await), sealed_by(&before), "the session keys go on");
    assert_eq!(house.get("/readyz").await.status, 200);
    house.clock.advance(Duration::DAY);
    until(async || house.get("/readyz").await.status == 503, "the issuer's key in use is lacking").await;
    assert_eq!(house.get("/readyz").await.body, "a key that is in use could not be taken up\n");
    std::fs::write(pem, upcoming).expect("written");
    until(async || house.get("/readyz").await.status == 200, "it is taken up").await;
    house.close().await;
}

/// A house that cannot read what took a stolen key's place believes the stolen one no more all the same.
#[tokio::test]
async fn a_key_that_has_left_the_ring_is_believed_no_more() {
    let house = open("").await;
    let (stolen, honest) = (root(&house, "first"), own(&house).await);
    is_good(&house, &honest).await;
    house.rows("UPDATE key_ring SET id = 'deadbeef' WHERE kind = 'session' RETURNING id").await;
    until(async || house.get("/readyz").await.status == 503, "the key in use is lacking").await;
    is_unknown(&house, &honest).await;
    is_unknown(&house, &forged(&house, &stolen, house.clock.now() + Duration::HOUR)).await;
    let file = house.directory.path().join("keys/session-deadbeef.key");
    std::fs::write(file, [7; 32]).expect("written");
    until(async || house.get("/readyz").await.status == 200, "the new key is taken up").await;
    is_good(&house, &forged(&house, &[7; 32], house.clock.now() + Duration::HOUR)).await;
    house.close().await;
}

/// A house that cannot take up a new key serves on with those it has, and takes it up when it can be read.
#[tokio::test]
async fn a_key_that_cannot_be_read_yet_keeps_nobody_out() {
    let house = open("").await;
    let before = own(&house).await;
    let key = try_to_rotate(&house, KeyKind::Session).await.unwrap_or_else(|error| panic!("{error}"));
    let file = house.directory.path().join("keys").join(format!("session-{}.key", key.id));
    let whole = std::fs::read(&file).expect("a key");
    std::fs::write(&file, "").expect("written");
    house.clock.advance(Duration::MINUTE);
    is_good(&house, &before).await;
    std::fs::write(&file, whole).expect("written");
    until(async || sealed_by(&own(&house).await) != sealed_by(&before), "it is taken up").await;
    house.close().await;
}

const AUDITOR: &str = r#"
[[user]]
arn = "arn:aws:iam::111122223333:user/auditor"
access_keys = [{ id = "AKIAIOSFODNN7AUDITOR", secret = { file = "ops-secret" } }]
policies = [{ name = "all", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}]}' }]
"#;

fn auditor() -> Credentials {
    Credentials { id: "AKIAIOSFODNN7AUDITOR".into(), secret: USER.1.into(), token: None }
}

async fn decode(house: &House, message: &str) -> Answer {
    let form = [("Action", "DecodeAuthorizationMessage"), ("Version", "2011-06-15"), ("EncodedMessage", message)];
    call(house, &auditor(), &form).await
}
