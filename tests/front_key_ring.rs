//! Session keys that are rotated while people work.

use crate::front::{CLOSED, USER, admin, open};
use crate::front_console::{answer_to, begin, who};
use crate::front_logout::{credentials, is_in, sign_in};
use crate::front_signed::{assume, call, get_caller_identity};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Answer, Browser, Credentials, House};
use crate::key_ring_world::{
    forged, is_good, is_unknown, loaded, own, root, rotate, rotate_and_use, sealed_by, try_to_rotate, until,
};
use crate::saml_identity::RSA;
use crate::saml_logout::{self, redirect, request};
use gatehouse::app;
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
    for statement in ["DROP TABLE key_ring", "DELETE FROM migration WHERE number = 12"] {
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
    assert_eq!(files, 10, "the index, two session keys, that of the book and three pairs");
    let records = house.rows("SELECT record FROM audit WHERE node LIKE '%operator'").await;
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
