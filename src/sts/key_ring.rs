//! Which keys of a kind there are, and what each of them is for at this moment.
//!
//! A new key joins the ring, and every node takes it up, before the first of them uses it; the one before it stays as long as
//! something that was made with it can be alive. The ring is in the store; the keys lie where [`KeyStore`] keeps them.

use super::action::LONGEST_TOKEN_LIFE;
use super::keys::{KeyError, KeyStore};
use super::lacks::Lacks;
use super::seals::Root;
use crate::store::{DECISIONS_KEPT, RingKey, SpentKey};
use crate::words::Secret;
use time::{Duration, OffsetDateTime};

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyKind {
    /// Seals session tokens and whatever else travels or is kept sealed.
    Session,
    /// A pair, one for each algorithm: they sign tokens that tell others who somebody is.
    Issuer,
    /// A pair: one signs what we say to SAML identity providers, to the other they encrypt.
    Saml,
}

/// What a key is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyState {
    /// Known to all, used by nobody. It comes into use then, or when it is told.
    Upcoming {
        from: Option<OffsetDateTime>,
    },
    Active,
    /// Good for what it has made, until then or until the next key joins the ring.
    Retired {
        until: Option<OffsetDateTime>,
    },
    /// Nothing that it has made is alive.
    Spent,
}

/// The ring of one kind, in the order in which the keys come into use; at least one.
pub struct KeyRing {
    kind: KeyKind,
    keys: Vec<RingKey>,
}

/// The plain names of their files.
pub const SESSION_KEY: &str = "session.key";
pub const RS256_KEY: &str = "issuer-rs256.pem";
pub const ES384_KEY: &str = "issuer-es384.pem";
pub const SAML_SIGNING_KEY: &str = "saml.pem";
pub const SAML_ENCRYPTION_KEY: &str = "saml-encryption.pem";
/// The id of the first key, which was there before there was a ring: it lies under its plain name.
const FIRST: &str = "first";
/// No ring holds more: at a key a day, whatever one of them seals has ended when it goes.
pub const MOST_KEYS: i64 = 32;
/// Nodes' clocks differ, and a sweep comes when it comes.
const MARGIN: Duration = Duration::DAY;

impl KeyKind {
    pub const ALL: [Self; 3] = [Self::Session, Self::Issuer, Self::Saml];

    pub fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Issuer => "issuer",
            Self::Saml => "saml",
        }
    }

    /// The plain names of its files.
    pub fn files(self) -> &'static [&'static str] {
        match self {
            Self::Session => &[SESSION_KEY],
            Self::Issuer => &[RS256_KEY, ES384_KEY],
            Self::Saml => &[SAML_SIGNING_KEY, SAML_ENCRYPTION_KEY],
        }
    }

    /// How long a key is known before it is used; none: until somebody who has told the identity providers says so.
    pub fn lead(self) -> Option<Duration> {
        match self {
            Self::Session => Some(Duration::MINUTE),
            // As long as others keep a key set, if they keep it for as long as is usual.
            Self::Issuer => Some(Duration::DAY),
            Self::Saml => None,
        }
    }

    /// How long a key stays after the next has come into use; none: until another is made.
    fn stays(self) -> Option<Duration> {
        match self {
            // Of what a session key seals, decisions live longest.
            Self::Session => Some(Duration::seconds(DECISIONS_KEPT) + MARGIN),
            Self::Issuer => Some(Duration::seconds(LONGEST_TOKEN_LIFE) + MARGIN),
            Self::Saml => None,
        }
    }
}

impl KeyRing {
    /// The keys of this kind among `all`, which are in the order in which they come into use. Where a ring has not begun
    /// yet, it is the key that was there before there were rings.
    pub fn of(kind: KeyKind, all: &[RingKey]) -> Self {
        let mut keys: Vec<RingKey> = all.iter().filter(|key| key.kind == kind.name()).cloned().collect();
        if keys.is_empty() {
            keys.push(Self::first(kind, OffsetDateTime::UNIX_EPOCH));
        }
        Self { kind, keys }
    }

    /// The first key of a ring that begins now.
    pub fn first(kind: KeyKind, now: OffsetDateTime) -> RingKey {
        let at = now.unix_timestamp();
        RingKey { kind: kind.name().to_owned(), id: FIRST.to_owned(), made: at, active_from: Some(at) }
    }

    /// A key that joins the ring now, under an id of eight hex digits.
    pub fn next(kind: KeyKind, id: [u8; 4], now: OffsetDateTime) -> RingKey {
        let id = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let active_from = kind.lead().map(|lead| (now + lead).unix_timestamp());
        RingKey { kind: kind.name().to_owned(), id, made: now.unix_timestamp(), active_from }
    }

    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether a file of this name is a key of this kind that is not on the ring.
    pub fn disowns(&self, file: &str) -> bool {
        let stands_for = |plain: &&str| {
            let (stem, ending) = plain.rsplit_once('.').expect("a key file has an ending");
            let middle = file.strip_prefix(stem).and_then(|rest| rest.strip_suffix(ending)?.strip_suffix('.'));
            let is_id = |id: &str| id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            middle.is_some_and(|middle| middle.is_empty() || middle.strip_prefix('-').is_some_and(is_id))
        };
        let mut named = self.everything().flat_map(|key| key.names);
        self.kind.files().iter().any(stands_for) && !named.any(|name| name == file)
    }

    /// A key that is in use from now on, in the place of others which strangers have.
    pub fn instead(kind: KeyKind, id: [u8; 4], now: OffsetDateTime) -> RingKey {
        RingKey { active_from: Some(now.unix_timestamp()), ..Self::next(kind, id, now) }
    }

    /// Whether there has never been another key than the first.
    pub fn is_new(&self) -> bool {
        self.keys.len() == 1 && self.holds_first()
    }

    pub fn holds_first(&self) -> bool {
        self.keys.iter().any(|key| key.id == FIRST)
    }

    /// Every key with what it is for.
    pub fn states(&self, now: OffsetDateTime) -> impl Iterator<Item = (&RingKey, KeyState)> {
        let (active, now) = (self.active(now), now.unix_timestamp());
        self.keys.iter().enumerate().map(move |(place, key)| {
            let state = match place.cmp(&active) {
                std::cmp::Ordering::Equal => KeyState::Active,
                std::cmp::Ordering::Greater => KeyState::Upcoming { from: key.active_from.and_then(instant) },
                std::cmp::Ordering::Less => {
                    let successor = self.keys[place + 1].active_from.unwrap_or(i64::MAX);
                    let until = self.kind.stays().map(|stays| successor.saturating_add(stays.whole_seconds()));
                    match until {
                        Some(until) if until <= now => KeyState::Spent,
                        until => KeyState::Retired { until: until.and_then(instant) },
                    }
                }
            };
            (key, state)
        })
    }

    /// The keys that count, in the order in which they come into use.
    pub fn kept(&self, now: OffsetDateTime) -> impl Iterator<Item = (&RingKey, KeyState)> {
        self.states(now).filter(|(_, state)| *state != KeyState::Spent)
    }

    /// Those of which nothing is alive.
    pub fn spent(&self, now: OffsetDateTime) -> impl Iterator<Item = SpentKey> {
        self.states(now).filter(|(_, state)| *state == KeyState::Spent).map(|(key, _)| self.spend(key))
    }

    /// Those that go when another joins: where no time ends them, that does.
    pub fn make_room(&self, now: OffsetDateTime) -> impl Iterator<Item = SpentKey> {
        let goes = |state| matches!(state, KeyState::Retired { until: None } | KeyState::Spent);
        self.states(now).filter(move |(_, state)| goes(*state)).map(|(key, _)| self.spend(key))
    }

    /// All of them.
    pub fn everything(&self) -> impl Iterator<Item = SpentKey> {
        self.keys.iter().map(|key| self.spend(key))
    }

    /// Where the key in use lies.
    pub fn in_use(&self, now: OffsetDateTime) -> Vec<String> {
        self.spend(&self.keys[self.active(now)]).names
    }

    /// The youngest key whose time has come. Before all of their times, somebody has set the clock back: it is the oldest.
    fn active(&self, now: OffsetDateTime) -> usize {
        let now = now.unix_timestamp();
        self.keys.iter().rposition(|key| key.active_from.is_some_and(|from| from <= now)).unwrap_or(0)
    }

    fn spend(&self, key: &RingKey) -> SpentKey {
        let names = self.kind.files().iter().map(|plain| key_name(key, plain)).collect();
        SpentKey { kind: key.kind.clone(), id: key.id.clone(), names }
    }
}

/// Where a key lies, by the plain name of its file.
pub fn key_name(key: &RingKey, plain: &str) -> String {
    match plain.rsplit_once('.') {
        Some((stem, ending)) if key.id != FIRST => format!("{stem}-{}.{ending}", key.id),
        _ => plain.to_owned(),
    }
}

/// The session keys that count, as far as they can be read.
pub async fn load_roots(ring: &KeyRing, store: &KeyStore, now: OffsetDateTime, lacks: &mut Lacks) -> Vec<Root> {
    let mut roots = Vec::new();
    for (key, state) in ring.kept(now) {
        let secret = load_root(store, key_name(key, SESSION_KEY)).await;
        let root = secret.map(|secret| Root::new(&secret, key.active_from.unwrap_or(i64::MAX)));
        roots.extend(lacks.note(state, root));
    }
    roots
}

async fn load_root(store: &KeyStore, name: String) -> Result<Secret, KeyError> {
    let secret = store.load(&name).await?.ok_or_else(|| KeyError::Missing(name.clone()))?;
    if secret.expose().len() == 32 { Ok(secret) } else { Err(KeyError::Damaged(name)) }
}

fn instant(seconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}
