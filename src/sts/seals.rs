//! The seals of the house: one that seals, those before it, which open what they sealed as long as that can be alive, and
//! one that is about to come into use.
//!
//! Which seal a thing needs stands in front of it. One that no seal here has is refused without a look anywhere: a new key
//! is known to every node a minute before the first of them seals with it, and a stranger must not make us ask the store.

use super::action::LONGEST_USER_SESSION;
use super::authorization_message;
use super::seal::Seal;
use crate::ambient::{Clock, Random};
use crate::store::{DECISIONS_KEPT, RECENT_ROLES_KEPT};
use crate::words::{LONGEST_CONSOLE_SESSION, Secret};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use time::Duration;

/// What a sealed thing is for. What is kept in the store under somebody's hash is sealed for that [`Row`] alone: whoever
/// writes the database and has a cookie of their own must not find another person behind it.
#[derive(Clone, Copy)]
pub enum Purpose {
    SessionToken,
    SignInAttempt,
    /// An attempt that signs nobody in, so that neither passes for the other.
    TestLogin,
    /// What came of that.
    TestFinding(Row),
    ConsoleSession(Row),
    SignInToken(Row),
    AuthorizationMessage,
    /// A question that was decided, kept to be put again.
    Decision,
    /// Where somebody switched to before.
    RecentRoles(Row),
}

/// The hash under which the store keeps it.
pub type Row = [u8; 32];

/// A session key of the ring: what it seals, and the secrets of the credentials that it sealed the tokens of.
pub struct Root {
    seal: Seal,
    derivation: hmac::Key,
    /// Seconds since 1970.
    from: i64,
}

/// Replaced whole when a key joins or leaves the ring.
pub struct Seals {
    /// In the order in which they come into use; at least one.
    roots: RwLock<Arc<Vec<Root>>>,
    clock: Clock,
}

/// Stands for the ring of one time: it equals another as long as no key has joined or left. It keeps no key.
pub(super) struct Ring(Weak<Vec<Root>>);

impl PartialEq for Ring {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

/// What a seal has opened.
pub(super) struct Opened {
    pub(super) plain: Vec<u8>,
    /// No honest clock showed more when it was sealed, in seconds since 1970: what says that it was made later was made by
    /// somebody who has come by the key.
    pub(super) latest: i64,
}

/// A node whose clock is slow seals with the former key for a little longer.
const CLOCKS: Duration = Duration::minutes(5);

impl Root {
    /// `secret` is 32 bytes, the same on every node; it seals `from` then on.
    pub fn new(secret: &Secret, from: i64) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
        let derivation = hmac::sign(&key, b"gatehouse derivation v1");
        Self { seal: Seal::new(secret), derivation: hmac::Key::new(hmac::HMAC_SHA256, derivation.as_ref()), from }
    }
}

impl Seals {
    /// The roots in the order in which they come into use, at least one.
    pub fn new(roots: Vec<Root>, clock: Clock) -> Self {
        assert!(!roots.is_empty(), "whoever has no key does not start");
        Self { roots: RwLock::new(Arc::new(roots)), clock }
    }

    /// Takes up the ring as it is now.
    pub fn renew(&self, roots: Vec<Root>) {
        if !roots.is_empty() {
            *self.roots.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(roots);
        }
    }

    /// The ring as it is now.
    pub(super) fn ring(&self) -> Ring {
        Ring(Arc::downgrade(&self.roots()))
    }

    pub fn seal(&self, purpose: Purpose, plain: &[u8], random: &Random) -> Vec<u8> {
        let roots = self.roots();
        self.present(&roots).seal.seal(&purpose.label(), plain, random)
    }

    /// The content, if the house made it for this purpose, nobody changed it, and what was sealed with that key can be
    /// alive: whoever has come by a former key makes nothing with it that is taken after that.
    pub fn open(&self, purpose: Purpose, sealed: &[u8]) -> Option<Vec<u8>> {
        self.opened(purpose, sealed).map(|opened| opened.plain)
    }

    /// [`Seals::open`], with what is known of the key.
    pub(super) fn opened(&self, purpose: Purpose, sealed: &[u8]) -> Option<Opened> {
        let (named, now) = (Seal::named_by(sealed)?, self.clock.now().unix_timestamp());
        let roots = self.roots();
        let successors = roots.iter().skip(1).map(Some).chain([None]);
        let alive = |successor: Option<&Root>| {
            let longest = (purpose.longest() + CLOCKS).whole_seconds();
            successor.is_none_or(|successor| now < successor.from.saturating_add(longest))
        };
        let mut named = roots.iter().zip(successors).filter(|(root, _)| root.seal.id() == named);
        named.find_map(|(root, successor)| {
            let plain = root.seal.open(&purpose.label(), sealed).filter(|_| alive(successor))?;
            let latest = successor.map_or(now, |successor| now.min(successor.from));
            Some(Opened { plain, latest: latest.saturating_add(CLOCKS.whole_seconds()) })
        })
    }

    /// [`Seals::seal`] as base64url text.
    pub fn seal_text(&self, purpose: Purpose, plain: &[u8], random: &Random) -> String {
        URL_SAFE_NO_PAD.encode(self.seal(purpose, plain, random))
    }

    /// [`Seals::open`] of base64url text.
    pub fn open_text(&self, purpose: Purpose, text: &str) -> Option<Vec<u8>> {
        self.open(purpose, &URL_SAFE_NO_PAD.decode(text).ok()?)
    }

    /// A keyed hash under the key that sealed the text, or the present one if that is none of ours.
    pub(super) fn derive(&self, sealed: &str, feed: impl FnOnce(&mut hmac::Context)) -> hmac::Tag {
        // Eight characters hold the version, the key id and one byte more.
        let mut head = [0; 6];
        let decoded = sealed.as_bytes().first_chunk::<8>().map(|text| URL_SAFE_NO_PAD.decode_slice(text, &mut head));
        let named = decoded.filter(Result::is_ok).and_then(|_| Seal::named_by(&head));
        let roots = self.roots();
        let root = roots.iter().find(|root| Some(root.seal.id()) == named).unwrap_or_else(|| self.present(&roots));
        let mut context = hmac::Context::with_key(&root.derivation);
        feed(&mut context);
        context.sign()
    }

    fn roots(&self) -> Arc<Vec<Root>> {
        self.roots.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The youngest whose time has come. Before all of their times, somebody has set the clock back: it is the oldest.
    fn present<'a>(&self, roots: &'a [Root]) -> &'a Root {
        let now = self.clock.now().unix_timestamp();
        roots.iter().rev().find(|root| root.from <= now).unwrap_or(&roots[0])
    }
}

impl Purpose {
    /// No text of one purpose begins another's, and each row's is as long as every other: no two are alike.
    fn label(self) -> Cow<'static, [u8]> {
        let of_row = |what: &[u8], row: Row| Cow::Owned([what, b"\0", &row].concat());
        let of_all = |what: &'static [u8]| Cow::Borrowed(what);
        match self {
            Self::SessionToken => of_all(b"session token"),
            Self::SignInAttempt => of_all(b"sign-in attempt"),
            Self::TestLogin => of_all(b"test login"),
            Self::TestFinding(row) => of_row(b"test finding", row),
            Self::ConsoleSession(row) => of_row(b"console session", row),
            Self::SignInToken(row) => of_row(b"sign-in token", row),
            Self::AuthorizationMessage => of_all(b"authorization message"),
            Self::Decision => of_all(b"decision"),
            Self::RecentRoles(row) => of_row(b"recent roles", row),
        }
    }

    /// How long what was sealed for it can be alive. A session key is kept for the longest of them.
    fn longest(self) -> Duration {
        match self {
            Self::SessionToken => Duration::seconds(LONGEST_USER_SESSION),
            Self::ConsoleSession(_) => LONGEST_CONSOLE_SESSION,
            Self::SignInAttempt | Self::TestLogin | Self::TestFinding(_) | Self::SignInToken(_) => Duration::HOUR,
            Self::AuthorizationMessage => authorization_message::LIFE,
            Self::Decision => Duration::seconds(DECISIONS_KEPT),
            Self::RecentRoles(_) => Duration::seconds(RECENT_ROLES_KEPT),
        }
    }
}
