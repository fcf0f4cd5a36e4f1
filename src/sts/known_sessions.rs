//! Sessions that have signed something lately: what their tokens say, and the keys that they sign with. Whoever signs all
//! day long is spared the opening of the token, its secret and the chain of HMACs.
//!
//! A session is kept once a signature of it was verified. Whoever knows no more than an access key's id, or has no more than
//! a token, puts nothing in here, and nothing out of it, whatever they send. What is kept says what the token said, as long
//! as the ring of seals is the one that opened it. Whether the session has ended, was revoked or is nobody's any more is
//! looked at each time.

use super::seals::Ring;
use crate::sigv4::SigningKeys;
use crate::trust::Session;
use crate::words::Secret;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use time::{Duration, OffsetDateTime};

/// A session, and what its requests are signed with. As [`Secret`]: no `Debug`, no `==`.
pub(super) struct KnownSession {
    pub(super) session: Session,
    pub(super) secret: Secret,
    pub(super) signing_keys: SigningKeys,
    /// What it was opened from.
    pub(super) token: Secret,
    /// By which it was opened, and when.
    pub(super) ring: Ring,
    pub(super) opened: OffsetDateTime,
    /// How many bytes it had in the token.
    pub(super) size: usize,
}

/// Those that were used lately, by access key id, and those of the time before, which are gone if nobody uses them again.
#[derive(Default)]
pub(super) struct KnownSessions(Mutex<Shelves>);

#[derive(Default)]
struct Shelves {
    recent: Shelf,
    former: Shelf,
    turned: Option<OffsetDateTime>,
}

type Shelf = HashMap<String, Arc<KnownSession>>;

/// On each of the two shelves.
const MOST: usize = 2_048;
/// Larger ones are opened each time: what is kept takes 50 MB at the very most, and usually a tenth of that.
const LARGEST: usize = 4_096;
const TURN_EVERY: Duration = Duration::HOUR;

impl KnownSessions {
    /// The session of this token, if it is known and the token would still be opened.
    pub(super) fn of(&self, id: &str, token: &str, ring: &Ring, now: OffsetDateTime) -> Option<Arc<KnownSession>> {
        let fits = |known: &&Arc<KnownSession>| {
            // Of a clock that was set back it is asked anew what it makes of the token.
            known.ring == *ring && known.opened <= now && known.token.matches(token.as_bytes())
        };
        let shelves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = [&shelves.recent, &shelves.former].into_iter().find_map(|shelf| shelf.get(id).filter(fits));
        found.cloned()
    }

    /// Keeps a session of which a signature was verified just now.
    pub(super) fn keep(&self, known: Arc<KnownSession>, now: OffsetDateTime) {
        if known.size <= LARGEST {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).put(known, now);
        }
    }
}

impl Shelves {
    fn put(&mut self, known: Arc<KnownSession>, now: OffsetDateTime) {
        if now - *self.turned.get_or_insert(now) >= TURN_EVERY {
            self.turn(now);
        }
        let id = known.session.access_key_id();
        if self.recent.get(id).is_some_and(|kept| Arc::ptr_eq(kept, &known)) {
            return;
        }
        if self.recent.len() >= MOST {
            self.turn(now);
        }
        self.recent.insert(id.to_owned(), known);
    }

    fn turn(&mut self, now: OffsetDateTime) {
        (self.former, self.turned) = (std::mem::take(&mut self.recent), Some(now));
    }
}
