//! Keys, listed and changed from beside a gateway that may be running.

use super::keys::{beside, make};
use super::{AppError, sessions};
use crate::ambient::Random;
use crate::config::Settings;
use crate::store::{self, NewKey, Place, RingKey, SpentKey, Store};
use crate::sts::{KeyError, KeyKind, KeyRing, KeyState, KeyStore, MOST_KEYS, key_name};
use crate::words::iso;
use serde_json::json;
use time::OffsetDateTime;

/// A key, by what everybody may know of it.
pub struct ListedKey {
    pub kind: KeyKind,
    pub id: String,
    pub made: OffsetDateTime,
    pub state: KeyState,
}

/// Why an order is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum KeyOrderError {
    #[error("{0}")]
    App(#[from] AppError),
    #[error("a gateway of this configuration has no keys yet; start it first")]
    NoKeys,
    #[error("the key {id} is there already and comes into use at {}; rotate again after that", iso(*.at))]
    OnItsWay { id: String, at: OffsetDateTime },
    #[error(
        "the key {id} is there already and waits; give identity providers the metadata, then `gatehouse keys activate`"
    )]
    Waits { id: String },
    #[error(
        "{MOST_KEYS} keys of this kind are there, as many as are kept; rotate again when the oldest has ended (`gatehouse keys list`)"
    )]
    Full,
    #[error(
        "somebody else has changed the keys of this kind at the same time; look (`gatehouse keys list`), and order it again"
    )]
    Changed,
    #[error("no SAML key waits to be used; `gatehouse keys rotate --kind saml` makes one")]
    NothingWaits,
}

/// Every key, those of a kind in the order in which they come into use.
pub async fn keys(settings: &Settings, now: OffsetDateTime) -> Result<Vec<ListedKey>, KeyOrderError> {
    let all = ring_keys(settings).await?;
    Ok(KeyKind::ALL.into_iter().flat_map(|kind| listed(&KeyRing::of(kind, &all), now).collect::<Vec<_>>()).collect())
}

/// What becomes of the keys that are there when another joins them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Former {
    /// They stay as long as something that they have made can be alive.
    Stay,
    /// Somebody may have come by them: all of them go at once, with whatever they have made, also one on its way.
    Go,
}

/// Puts a new key on the ring, with a record in the book. Gateways on the same store take it up within a second or two.
pub async fn rotate(
    settings: &Settings,
    kind: KeyKind,
    former: Former,
    now: OffsetDateTime,
    random: Random,
) -> Result<ListedKey, KeyOrderError> {
    let ring = KeyRing::of(kind, &ring_keys(settings).await?);
    let key_store = beside(settings);
    let (key, spent, place): (_, Vec<SpentKey>, _) = match former {
        Former::Stay => {
            stands_in_the_way(&ring, now).map_or(Ok(()), Err)?;
            let spent = ring.make_room(now).collect();
            (KeyRing::next(kind, random.bytes(), now), spent, Place::Among(MOST_KEYS))
        }
        Former::Go => (KeyRing::instead(kind, random.bytes(), now), ring.everything().collect(), Place::Alone),
    };
    is_here(&ring, &key_store, now).await.map_err(AppError::from)?;
    let (mut names, mut wrapped) = (Vec::new(), Vec::new());
    for plain in kind.files() {
        let (name, secret) = (key_name(&key, plain), make(kind, plain, &settings.saml.entity_id, now, random));
        let laid = secret.and_then(|secret| key_store.lay_down(&name, &secret, &random)).map_err(AppError::from)?;
        wrapped.extend(laid.map(|laid| (name.clone(), laid)));
        names.push(name);
    }
    let made = key.id.clone();
    let gone: Vec<String> = spent.iter().flat_map(|spent| spent.names.clone()).collect();
    let parameters = json!({ "kind": kind.name(), "compromised": former == Former::Go });
    let record = sessions::record("RotateKeys", &parameters, &elements(&key, &spent), now);
    let joined = NewKey { key, wrapped, spent, place }.join(&settings.store.address, record).await;
    // A commit that seems to have failed may have happened all the same: only the ring can tell. Where it cannot be
    // read, the key stays where it is.
    let ring = KeyRing::of(kind, &ring_keys(settings).await?);
    let listed = listed(&ring, now).find(|key| key.id == made);
    // Of two who rotate at once, one comes too late: that key is on no ring and goes again.
    let nobodys = if listed.is_some() { gone } else { names };
    nobodys.iter().try_for_each(|name| key_store.remove(name)).map_err(AppError::from)?;
    match (listed, joined, former) {
        (Some(listed), ..) => Ok(listed),
        (None, Err(error), _) => Err(AppError::from(error).into()),
        (None, Ok(_), Former::Stay) => Err(stands_in_the_way(&ring, now).unwrap_or(KeyOrderError::Full)),
        (None, Ok(_), Former::Go) => Err(KeyOrderError::Changed),
    }
}

fn listed(ring: &KeyRing, now: OffsetDateTime) -> impl Iterator<Item = ListedKey> {
    ring.states(now).map(|(key, state)| ListedKey {
        kind: ring.kind(),
        id: key.id.clone(),
        made: OffsetDateTime::from_unix_timestamp(key.made).unwrap_or(OffsetDateTime::UNIX_EPOCH),
        state,
    })
}

/// Whoever cannot read the key in use has other keys than the gateway, or wraps them otherwise: nobody would find theirs.
async fn is_here(ring: &KeyRing, key_store: &KeyStore, now: OffsetDateTime) -> Result<(), KeyError> {
    for name in ring.in_use(now) {
        key_store.load(&name).await?.ok_or(KeyError::Missing(name))?;
    }
    Ok(())
}

/// Brings the SAML key that waits into use; its id.
pub async fn activate(settings: &Settings, now: OffsetDateTime) -> Result<String, KeyOrderError> {
    let kind = KeyKind::Saml.name();
    let record = |id: &str| sessions::record("ActivateKey", &json!({ "kind": kind }), &json!({ "id": id }), now);
    let activated = store::activate(&settings.store.address, kind, now.unix_timestamp(), record).await;
    activated.map_err(AppError::from)?.ok_or(KeyOrderError::NothingWaits)
}

async fn ring_keys(settings: &Settings) -> Result<Vec<RingKey>, KeyOrderError> {
    let all = Store::kept_key_ring(&settings.store.address).await.map_err(AppError::from)?;
    all.filter(|all| !all.is_empty()).ok_or(KeyOrderError::NoKeys)
}

fn stands_in_the_way(ring: &KeyRing, now: OffsetDateTime) -> Option<KeyOrderError> {
    let full = ring.states(now).count() as i64 >= MOST_KEYS;
    let upcoming = ring.states(now).find_map(|(key, state)| match state {
        KeyState::Upcoming { from: Some(at) } => Some(KeyOrderError::OnItsWay { id: key.id.clone(), at }),
        KeyState::Upcoming { from: None } => Some(KeyOrderError::Waits { id: key.id.clone() }),
        KeyState::Active | KeyState::Retired { .. } | KeyState::Spent => None,
    });
    upcoming.or(full.then_some(KeyOrderError::Full))
}

fn elements(key: &RingKey, spent: &[SpentKey]) -> serde_json::Value {
    let active_from = key.active_from.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok()).map(iso);
    let removed: Vec<&str> = spent.iter().map(|spent| spent.id.as_str()).collect();
    json!({ "id": key.id, "activeFrom": active_from, "removed": removed })
}
