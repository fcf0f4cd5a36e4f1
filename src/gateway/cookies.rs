//! The cookies: their names, their flags, and reading them back.
//!
//! Over TLS every name begins with `__Host-`, so that no other host of the domain can set or read them. Plain HTTP
//! (loopback development) cannot have that prefix, nor a cookie that comes along with another site's post.

use crate::console::Nth;
use crate::signin::{Attempt, Begun};
use axum::http::{HeaderMap, HeaderValue, header};

pub(super) struct Cookies {
    secure: bool,
}

/// A session that waits for "yes, sign me in as X".
const PENDING: &str = "pending";
/// What the sign-in page and its form have in common.
const SIGN_IN: &str = "signin";
/// Sign-ins that may be under way beside one that begins: in other windows, or left behind.
const ATTEMPTS_KEPT: usize = 4;
/// Octets of their values together: with the one that begins, a line of cookies stays below the 8 kB that a proxy takes.
const ATTEMPTS_LENGTH: usize = 4_096;
/// More cookies than this are not looked through.
const MOST: usize = 100;

impl Cookies {
    pub(super) fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// The console session of that number: `s1` to `s9`.
    pub(super) fn session<'a>(&self, headers: &'a HeaderMap, nth: Nth) -> Option<&'a str> {
        self.read(headers, &session_name(nth))
    }

    pub(super) fn pending<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        self.read(headers, PENDING)
    }

    pub(super) fn sign_in<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        self.read(headers, SIGN_IN)
    }

    /// The cookie of the attempt that a RelayState or state speaks of.
    pub(super) fn attempt<'a>(&self, headers: &'a HeaderMap, handle: &str) -> Option<&'a str> {
        if Attempt::is_handle(handle) { self.read(headers, &format!("a-{handle}")) } else { None }
    }

    pub(super) fn set_session(&self, nth: Nth, id: &str) -> HeaderValue {
        self.set(&session_name(nth), id, "Lax", None)
    }

    pub(super) fn end_session(&self, nth: Nth) -> HeaderValue {
        self.set(&session_name(nth), "", "Lax", Some(0))
    }

    pub(super) fn set_pending(&self, id: &str) -> HeaderValue {
        self.set(PENDING, id, "Lax", Some(600))
    }

    pub(super) fn end_pending(&self) -> HeaderValue {
        self.set(PENDING, "", "Lax", Some(0))
    }

    /// Against login CSRF: another site's post does not bring a Lax cookie along, and could not read or set what the form
    /// must repeat of it. Strict would keep it back from a link that leads here as well, and so have the page that
    /// opens draw another, and end the form that is open in another tab.
    pub(super) fn set_sign_in(&self, id: &str) -> HeaderValue {
        self.set(SIGN_IN, id, "Lax", None)
    }

    pub(super) fn end_sign_in(&self) -> HeaderValue {
        self.set(SIGN_IN, "", "Lax", Some(0))
    }

    /// The cookie of an attempt that begins, and the end of all before it but the newest few: whoever is led to begin again and
    /// again would soon carry more of them than any request may. Browsers send the oldest first (RFC 6265 §5.4).
    pub(super) fn begin_attempt(&self, headers: &HeaderMap, begun: &Begun) -> Vec<HeaderValue> {
        let before = self.pairs(headers).filter_map(|(name, value)| Some((name.strip_prefix("a-")?, value)));
        let mut before: Vec<_> = before.filter(|(handle, _)| Attempt::is_handle(handle)).collect();
        before.reverse();
        let mut length = 0;
        let few = before.iter().take(ATTEMPTS_KEPT).take_while(|(_, value)| {
            length += value.len();
            length <= ATTEMPTS_LENGTH
        });
        let old = before.iter().skip(few.count());
        old.filter_map(|(handle, _)| self.end_attempt(handle)).chain([self.set_attempt(begun)]).collect()
    }

    /// SameSite=None: it must come along when the identity provider posts the answer from its own site.
    fn set_attempt(&self, begun: &Begun) -> HeaderValue {
        self.set(&format!("a-{}", begun.handle), &begun.cookie, self.cross_site(), Some(600))
    }

    pub(super) fn end_attempt(&self, handle: &str) -> Option<HeaderValue> {
        Attempt::is_handle(handle).then(|| self.set(&format!("a-{handle}"), "", self.cross_site(), Some(0)))
    }

    fn cross_site(&self) -> &'static str {
        if self.secure { "None" } else { "Lax" }
    }

    fn set(&self, name: &str, value: &str, same_site: &str, max_age: Option<u32>) -> HeaderValue {
        let (prefix, secure) = if self.secure { ("__Host-", "; Secure") } else { ("", "") };
        let age = max_age.map(|age| format!("; Max-Age={age}")).unwrap_or_default();
        let text = format!("{prefix}{name}={value}; Path=/; HttpOnly{secure}; SameSite={same_site}{age}");
        HeaderValue::from_str(&text).expect("names and values are of our own alphabet")
    }

    /// The value of that name. Where there are two, one is somebody's injection, and nobody can tell which (session
    /// fixation): then neither counts.
    fn read<'a>(&self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let mut found = self.pairs(headers).filter(|(n, _)| *n == name).map(|(_, value)| value);
        let value = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// Our cookies as they came: names without the prefix, and values.
    fn pairs<'a>(&self, headers: &'a HeaderMap) -> impl Iterator<Item = (&'a str, &'a str)> {
        let prefix = if self.secure { "__Host-" } else { "" };
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = all.flat_map(|line| line.split(';')).take(MOST).filter_map(|pair| pair.trim().split_once('='));
        pairs.filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value)))
    }
}

fn session_name(nth: Nth) -> String {
    format!("s{}", nth.number())
}
