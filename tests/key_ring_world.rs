//! Keys that are rotated beside a house, and what shows which of them it uses.

use crate::front_signed::{call, get_caller_identity, user};
use crate::house::{Credentials, House, keys_of};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatehouse::ambient::Random;
use gatehouse::app::{self, Former, KeyOrderError, ListedKey};
use gatehouse::config::{Loaded, Secrets, load_untested};
use gatehouse::sts::{KeyKind, Purpose};
use time::{Duration, OffsetDateTime};

/// Far longer than a house needs to look at its ring.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

pub(crate) fn loaded(house: &House) -> Loaded {
    let file = house.directory.path().join("gatehouse.toml");
    load_untested(&file, Secrets::Read, house.clock.now()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

/// As an operator does, at the time that the house's clock shows.
pub(crate) async fn try_to_rotate(house: &House, kind: KeyKind) -> Result<ListedKey, KeyOrderError> {
    order(house, kind, Former::Stay).await
}

pub(crate) async fn order(house: &House, kind: KeyKind, former: Former) -> Result<ListedKey, KeyOrderError> {
    app::rotate(&loaded(house).settings, kind, former, house.clock.now(), Random).await
}

/// A new session key that the house knows.
pub(crate) async fn rotate(house: &House) -> ListedKey {
    let key = try_to_rotate(house, KeyKind::Session).await.unwrap_or_else(|error| panic!("{error}"));
    let by = forged(house, &root(house, &key.id), house.clock.now() + Duration::HOUR);
    until(async || get_caller_identity(house, &by).await.status == 200, "the new key is taken up").await;
    key
}

/// A new session key that is in use.
pub(crate) async fn rotate_and_use(house: &House) -> ListedKey {
    let key = rotate(house).await;
    house.clock.advance(Duration::MINUTE);
    key
}

pub(crate) async fn until(mut holds: impl AsyncFnMut() -> bool, what: &str) {
    let waited = async {
        while !holds().await {
            // Whoever asks a process waits for it: here the time is looked at.
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

/// A session key of the ring.
pub(crate) fn root(house: &House, id: &str) -> Vec<u8> {
    let name = if id == "first" { "session.key".to_owned() } else { format!("session-{id}.key") };
    std::fs::read(house.directory.path().join("keys").join(name)).expect("a key")
}

/// A session of a role until then, as whoever has come by the key can make it.
pub(crate) fn forged(house: &House, root: &[u8], expires: OffsetDateTime) -> Credentials {
    forged_at(root, "ASIAABCDEFGHIJKLMNOP", house.clock.now(), expires)
}

/// The same of another time, and under another access key id.
pub(crate) fn forged_at(root: &[u8], id: &str, issued: OffsetDateTime, expires: OffsetDateTime) -> Credentials {
    let keys = keys_of(root);
    let (issued, expires) = (issued.unix_timestamp(), expires.unix_timestamp());
    let role = crate::front::ADMIN;
    let plain = serde_json::json!({"k": id, "r": role, "n": "alice", "i": issued, "e": expires, "s": "alice"});
    let token = keys.seals.seal_text(Purpose::SessionToken, plain.to_string().as_bytes(), &Random);
    let secret = keys.secret(id, &token).expose_str().expect("text").to_owned();
    Credentials { id: id.into(), secret, token: Some(token) }
}

/// The id of the key that sealed a session token.
pub(crate) fn sealed_by(session: &Credentials) -> Vec<u8> {
    let token = session.token.as_deref().expect("a token");
    URL_SAFE_NO_PAD.decode(&token[..8]).expect("base64url")[1..5].to_vec()
}

/// A session of the user's own, of a day and a half.
pub(crate) async fn own(house: &House) -> Credentials {
    let form = [("Action", "GetSessionToken"), ("Version", "2011-06-15"), ("DurationSeconds", "129600")];
    call(house, &user(), &form).await.credentials()
}

pub(crate) async fn is_good(house: &House, by: &Credentials) {
    let answer = get_caller_identity(house, by).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Refused as whoever has a token that this house did not seal.
pub(crate) async fn is_unknown(house: &House, by: &Credentials) {
    let answer = get_caller_identity(house, by).await;
    assert_eq!(answer.refusal(), (403, "InvalidClientTokenId"), "{}", answer.body);
    assert_eq!(house.code(&answer).await, "sts.token-does-not-fit");
}
